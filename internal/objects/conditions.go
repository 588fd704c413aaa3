package objects

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// MessageLimit keeps a condition's message readable, and far below the API
// server's limit.
const MessageLimit = 1024

// Verdict is a condition without its type.
type Verdict struct {
	Status  metav1.ConditionStatus
	Reason  string
	Message string
}

// True is a condition that holds.
func True(reason, format string, args ...any) Verdict {
	return Verdict{metav1.ConditionTrue, reason, fmt.Sprintf(format, args...)}
}

// False is a condition that does not hold.
func False(reason, format string, args ...any) Verdict {
	return Verdict{metav1.ConditionFalse, reason, fmt.Sprintf(format, args...)}
}

// Unknown is a condition that may hold or not.
func Unknown(reason, format string, args ...any) Verdict {
	return Verdict{metav1.ConditionUnknown, reason, fmt.Sprintf(format, args...)}
}

// Set puts the verdict into the conditions. The time of the transition stays as it is where
// the status does.
func (v Verdict) Set(conditions *[]metav1.Condition, conditionType string, generation int64, now metav1.Time) {
	meta.SetStatusCondition(conditions, metav1.Condition{
		Type:               conditionType,
		Status:             v.Status,
		Reason:             v.Reason,
		Message:            Shorten(v.Message, MessageLimit),
		ObservedGeneration: generation,
		LastTransitionTime: now,
	})
}

// SetKstatus sets the conditions by which kubectl wait, Flux and Argo CD tell what
// stands still from what is on its way: Stalled with the first reason that needs a person,
// Reconciling while something is awaited that comes by itself. Both are there only while
// they are True. A drift is neither: its declaration is understood and worked with.
func SetKstatus(conditions *[]metav1.Condition, generation int64, now metav1.Time, verdicts ...Verdict) {
	var stalled, awaited Verdict
	for _, v := range verdicts {
		switch {
		case stalled.Status == "" && v.Status != metav1.ConditionTrue && strings.HasPrefix(v.Reason, "Fix"):
			stalled = True(v.Reason, "%s", v.Message)
		case awaited.Status == "" && v.Status == metav1.ConditionUnknown && strings.HasPrefix(v.Reason, "Awaiting"):
			awaited = True(v.Reason, "%s", v.Message)
		}
	}
	if stalled.Status != "" {
		awaited = Verdict{}
	}
	for name, v := range map[string]Verdict{driftv1alpha1.ConditionStalled: stalled, driftv1alpha1.ConditionReconciling: awaited} {
		if v.Status == "" {
			meta.RemoveStatusCondition(conditions, name)
		} else {
			v.Set(conditions, name, generation, now)
		}
	}
}

// Shorten keeps as many characters as the API server counts.
func Shorten(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut := 0
	for range limit - 1 {
		_, size := utf8.DecodeRuneInString(s[cut:])
		cut += size
	}
	return s[:cut] + "…"
}

// CurrentVerdict is a condition as it stands, zero where there is none.
func CurrentVerdict(conditions []metav1.Condition, conditionType string) Verdict {
	for _, c := range conditions {
		if c.Type == conditionType {
			return Verdict{c.Status, c.Reason, c.Message}
		}
	}
	return Verdict{}
}

// JoinPaths names paths in a message.
func JoinPaths(paths []resource.Path) string {
	texts := make([]string, 0, len(paths))
	for _, path := range paths {
		texts = append(texts, path.String())
	}
	return strings.Join(texts, ", ")
}

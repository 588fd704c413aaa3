package controller

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// messageLimit keeps a condition's message readable, and far below the API
// server's limit.
const messageLimit = 1024

// verdict is a condition without its type.
type verdict struct {
	status  metav1.ConditionStatus
	reason  string
	message string
}

func True(reason, format string, args ...any) verdict {
	return verdict{metav1.ConditionTrue, reason, fmt.Sprintf(format, args...)}
}

func False(reason, format string, args ...any) verdict {
	return verdict{metav1.ConditionFalse, reason, fmt.Sprintf(format, args...)}
}

func Unknown(reason, format string, args ...any) verdict {
	return verdict{metav1.ConditionUnknown, reason, fmt.Sprintf(format, args...)}
}

func (v verdict) set(conditions *[]metav1.Condition, conditionType string, generation int64, now metav1.Time) {
	meta.SetStatusCondition(conditions, metav1.Condition{
		Type:               conditionType,
		Status:             v.status,
		Reason:             v.reason,
		Message:            shorten(v.message, messageLimit),
		ObservedGeneration: generation,
		LastTransitionTime: now,
	})
}

// SetKstatus sets the conditions by which kubectl wait, Flux and Argo CD tell what
// stands still from what is on its way: Stalled with the first reason that needs a person,
// Reconciling while something is awaited that comes by itself. Both are there only while
// they are True. A drift is neither: its declaration is understood and worked with.
func SetKstatus(conditions *[]metav1.Condition, generation int64, now metav1.Time, verdicts ...verdict) {
	var stalled, awaited verdict
	for _, v := range verdicts {
		switch {
		case stalled.status == "" && v.status != metav1.ConditionTrue && strings.HasPrefix(v.reason, "Fix"):
			stalled = True(v.reason, "%s", v.message)
		case awaited.status == "" && v.status == metav1.ConditionUnknown && strings.HasPrefix(v.reason, "Awaiting"):
			awaited = True(v.reason, "%s", v.message)
		}
	}
	if stalled.status != "" {
		awaited = verdict{}
	}
	for name, v := range map[string]verdict{driftv1alpha1.ConditionStalled: stalled, driftv1alpha1.ConditionReconciling: awaited} {
		if v.status == "" {
			meta.RemoveStatusCondition(conditions, name)
		} else {
			v.set(conditions, name, generation, now)
		}
	}
}

// shorten keeps as many characters as the API server counts.
func shorten(s string, limit int) string {
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

// currentVerdict is a condition as it stands, zero where there is none.
func currentVerdict(conditions []metav1.Condition, conditionType string) verdict {
	for _, c := range conditions {
		if c.Type == conditionType {
			return verdict{c.Status, c.Reason, c.Message}
		}
	}
	return verdict{}
}

// JoinPaths names paths in a message.
func JoinPaths(paths []resource.Path) string {
	texts := make([]string, 0, len(paths))
	for _, path := range paths {
		texts = append(texts, path.String())
	}
	return strings.Join(texts, ", ")
}

// kindStatus is what the account's status says of a kind; zero where it says nothing.
func kindStatus(account *driftv1alpha1.CloudAccount, kind string) driftv1alpha1.KindStatus {
	for _, k := range account.Status.Kinds {
		if k.Kind == kind {
			return k
		}
	}
	return driftv1alpha1.KindStatus{}
}

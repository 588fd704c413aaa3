package controller

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// Whoever has to confirm something copies the command out of the account's condition: it is
// there whole, with the longest names there are, and however many kinds are behind.
func TestCommandsAreShownWhole(t *testing.T) {
	account := strings.Repeat("a", 63) // the API server takes no longer name
	since := ptr.To(metav1.NewTime(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)))
	command := func(kind string) string {
		return fmt.Sprintf("kubectl annotate cloudaccount %s %s=%s-10000-0123456789ab --overwrite", account, driftv1alpha1.ConfirmDisappearanceAnnotation, kind)
	}
	for name, waits := range map[string]func(i int) bool{
		"one, after others that fell behind": func(i int) bool { return i == len(kinds.All())-1 },
		"two of many":                        func(i int) bool { return i == 3 || i == 7 },
		"all":                                func(int) bool { return true },
	} {
		t.Run(name, func(t *testing.T) {
			var status driftv1alpha1.CloudAccountStatus
			waiting := 0
			for i, kind := range kinds.All() {
				k := driftv1alpha1.KindStatus{Kind: kind.Name, Reason: driftv1alpha1.ReasonServerError, Message: strings.Repeat("é", 1024), BehindSince: since}
				if waits(i) {
					waiting++
					k = driftv1alpha1.KindStatus{Kind: kind.Name, Reason: driftv1alpha1.ReasonFixMassDisappearance, ConfirmationToken: kind.Name + "-10000-0123456789ab",
						Message: "10000 of 10000 declared vanished at once; nothing is concluded of these until somebody confirms it: " + command(kind.Name)}
				}
				status.Kinds = append(status.Kinds, k)
			}
			status.LastSyncTime = since
			verdict := synced(&status, &accountPass{})
			var conditions []metav1.Condition
			verdict.Set(&conditions, driftv1alpha1.ConditionSynced, 1, *since)
			message := conditions[0].Message
			if utf8.RuneCountInString(message) > objects.MessageLimit || strings.HasSuffix(message, "…") {
				t.Errorf("the message was cut short at its end: %s", message)
			}
			whole := 0
			for _, kind := range kinds.All() {
				whole += strings.Count(message, command(kind.Name))
				if !strings.Contains(message, kind.Name) {
					t.Errorf("%s is not named", kind.Name)
				}
			}
			if shown := strings.Count(message, "kubectl annotate"); whole != shown || whole < min(waiting, 2) {
				t.Errorf("%d of %d commands are whole, with %d to give: %s", whole, shown, waiting, message)
			}
		})
	}
}

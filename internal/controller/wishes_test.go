package controller

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func TestWishesAfterARestart(t *testing.T) {
	for name, c := range map[string]struct {
		why      string
		verdict  verdict
		observed int64
		wished   bool
	}{
		"new":                   {"nobody has looked", verdict{}, 0, true},
		"in sync, before":       {"the field was seen then, and is not now", yes(driftv1alpha1.ReasonInSync, ""), 2, true},
		"not looked at yet":     {"the sync is on its way", unknown(driftv1alpha1.ReasonAwaitingInventory, ""), 2, true},
		"looked at, and hidden": {"another sync would see no more", unknown(driftv1alpha1.ReasonFixFieldsUnseen, ""), 2, false},
		"edited since":          {"the field may be new", unknown(driftv1alpha1.ReasonFixFieldsUnseen, ""), 1, true},
	} {
		p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Name: "web-1", Generation: 2}}
		p.Status.ObservedGeneration = c.observed
		if c.verdict.status != "" {
			c.verdict.set(&p.Status.Conditions, driftv1alpha1.ConditionInSync, c.observed, metav1.NewTime(noon))
		}
		asked := 0
		w := newWishes(func(types.NamespacedName) { asked++ })
		first, second := w.make(p), w.make(p)
		if first != c.wished || second != c.wished || (asked == 1) != c.wished || asked > 1 {
			t.Errorf("%s: waits %v and %v, asked %d times, although %s", name, first, second, asked, c.why)
		}
	}
}

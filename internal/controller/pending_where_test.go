package controller

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// What nobody asked for before is looked for at once, and awaited until then.
func TestUnseenWhereIsAwaited(t *testing.T) {
	droplet := objectstest.Live(t, "Droplet", "1", "web-1", nil, nil)
	droplet.Observed.Unseen = []string{"backups", "backup_policy"}
	v := snapshotOf(t, "Droplet", droplet)
	d := quietDetector()
	p := objectstest.Named("Droplet", "web-1", map[string]intstr.IntOrString{"backup_policy.plan": intstr.FromString("daily")}, nil)
	for _, want := range []string{driftv1alpha1.ReasonAwaitingInventory, driftv1alpha1.ReasonFixFieldsUnseen} {
		run := detection{provisioned: p}
		if err := d.look(t.Context(), v, &run); err != nil {
			t.Fatal(err)
		}
		d.draftPlan(&run)
		if run.binding.id != "" || run.binding.ready.Reason != want {
			t.Errorf("bound to %q, %+v, want %s", run.binding.id, run.binding.ready, want)
		}
		d.pending.attempt(types.NamespacedName{Namespace: "infra", Name: "production"})(func(string) bool { return true })
	}
}

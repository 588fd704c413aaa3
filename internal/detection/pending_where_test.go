package detection

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// What nobody asked for before is looked for at once, and awaited until then.
func TestUnseenWhereIsAwaited(t *testing.T) {
	droplet := objectstest.Live(t, "Droplet", "1", "web-1", nil, nil)
	droplet.Observed.Unseen = []string{"backups", "backup_policy"}
	d := quietDetector()
	p := objectstest.Named("Droplet", "web-1", map[string]intstr.IntOrString{"backup_policy.plan": intstr.FromString("daily")}, nil)
	v := binding.NewSnapshot(objectstest.Recorded("Droplet"), []driftv1alpha1.CloudProvisioned{*p}, nil, []driftv1alpha1.CloudResource{droplet})
	for _, want := range []string{driftv1alpha1.ReasonAwaitingInventory, driftv1alpha1.ReasonFixFieldsUnseen} {
		run := detectionRun{provisioned: p}
		if err := d.look(t.Context(), v, &run); err != nil {
			t.Fatal(err)
		}
		d.draftPlan(&run)
		if run.binding.ID != "" || run.binding.Ready.Reason != want {
			t.Errorf("bound to %q, %+v, want %s", run.binding.ID, run.binding.Ready, want)
		}
		d.pending.Attempt(types.NamespacedName{Namespace: "infra", Name: "production"})(func(string) bool { return true })
	}
}

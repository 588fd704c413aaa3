package detection

import (
	"testing"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// Two declarations of one name may be bound to a new resource one after the other. Both
// have to begin with its first episode: the name of the drift then refuses the second.
func TestEpisodesAreTheResourcesOwn(t *testing.T) {
	for why, c := range map[string]struct {
		before string
		want   int64
	}{
		"bound for the first time":              {"", 1},
		"bound to another before":               {"1", 1},
		"bound to this one, four episodes long": {"2", 5},
	} {
		p := objectstest.Named("Droplet", "web-1", nil, map[string]string{"size_slug": `"s-1"`})
		p.Status.ResourceID = c.before
		if c.before != "" {
			p.Status.Fields = []driftv1alpha1.FieldStatus{{Path: "size_slug", Episode: 4}}
		}
		live := objectstest.Live(t, "Droplet", "2", "web-1", map[string]any{"size_slug": "s-2"}, nil)
		v := binding.NewSnapshot(objectstest.Recorded("Droplet"), []driftv1alpha1.CloudProvisioned{*p}, nil, []driftv1alpha1.CloudResource{live})
		d, run := quietDetector(), detectionRun{provisioned: p}
		if err := d.look(t.Context(), v, &run); err != nil {
			t.Fatal(err)
		}
		d.draftPlan(&run)
		if len(run.plan.Open) != 1 || run.plan.Open[0].Episode != c.want || len(run.plan.Memory) != 1 {
			t.Errorf("%s: opens %+v and remembers %+v, want episode %d", why, run.plan.Open, run.plan.Memory, c.want)
		}
	}
}

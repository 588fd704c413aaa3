package objects_test

import (
	"encoding/json"
	"strings"
	"testing"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// An operator that did not read a field yet says nothing of it.
func TestAFieldThatWasNeverRecordedIsUnseen(t *testing.T) {
	stored := &driftv1alpha1.CloudResource{Spec: driftv1alpha1.CloudResourceSpec{Kind: "Droplet", ID: "1"}}
	stored.Observed = objectstest.Observation(t, objectstest.Droplet([]any{"web"}, nil))
	delete(stored.Observed.Attrs, "memory")
	if value, seen := objects.ResourceOf(stored).Lookup(resource.Path{"memory"}); seen {
		t.Errorf("memory was never recorded, and is seen as %v", value)
	}
	kind, _ := kinds.Lookup("Droplet")
	plan := drift.NewPlan(drift.Input{
		Subject: drift.Subject{Account: "a", Ref: resource.Ref{Kind: "Droplet", ID: "1"}},
		Schema:  kind.Schema, Desired: map[string]any{"memory": json.Number("4096")}, Presence: resource.Present,
		Observed: objects.ResourceOf(stored), MaxNew: -1,
	})
	if len(plan.Open) != 0 || len(plan.Result.Unseen) != 1 {
		t.Errorf("opens %d drifts, and %v is unseen", len(plan.Open), plan.Result.Unseen)
	}
}

// A value that DigitalOcean gave as null is one, on the way through the API too.
func TestANullComesBackAsSeen(t *testing.T) {
	r := objectstest.Droplet(nil, nil)
	r.Values["vpc_uuid"], r.Values["size_slug"] = nil, nil
	raw, err := json.Marshal(driftv1alpha1.CloudResource{Observed: objectstest.Observation(t, r)})
	if err != nil {
		t.Fatal(err)
	}
	var back driftv1alpha1.CloudResource
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vpc_uuid", "size_slug"} {
		if value, seen := objects.ResourceOf(&back).Lookup(resource.Path{resource.Segment(name)}); value != nil || !seen {
			t.Errorf("%s: %v, seen %v", name, value, seen)
		}
	}
}

func TestATopLevelFieldOfAnyNameComesBack(t *testing.T) {
	in := resource.Resource{Ref: resource.Ref{Kind: "CDN", ID: "1"}, Name: "x",
		Values: map[string]any{"name": "x", "endpoint": "x.cdn.example"}}
	back := objects.ResourceOf(&driftv1alpha1.CloudResource{Observed: objectstest.Observation(t, in)})
	if value, seen := back.Lookup(resource.Path{"endpoint"}); value != "x.cdn.example" || !seen {
		t.Errorf("endpoint comes back as %v, seen %v", value, seen)
	}
}

// What the API could not hold is unseen, so that neither the resource nor its kind is lost.
// Its limits are 1,024 characters for a name, 256 for the other columns and for a tag, and
// 1,024 tags.
func TestWhatCannotBeRecordedIsUnseen(t *testing.T) {
	many := make([]any, 1025)
	for i := range many {
		many[i] = "a"
	}
	for why, c := range map[string]struct {
		field string
		value any
		want  bool
	}{
		"a long name":                  {"name", strings.Repeat("é", 1025), false},
		"a name that is a number":      {"name", json.Number(strings.Repeat("1", 1025)), false},
		"the longest name":             {"name", strings.Repeat("é", 1024), true},
		"a long region":                {"region", strings.Repeat("é", 257), false},
		"the longest region":           {"region", strings.Repeat("é", 256), true},
		"a long tag":                   {"tags", []any{strings.Repeat("é", 257)}, false},
		"many tags":                    {"tags", many, false},
		"as many as there may be":      {"tags", many[1:], true},
		"tags that are something else": {"tags", "web", false},
	} {
		in := resource.Resource{Ref: resource.Ref{Kind: "Volume", ID: "volume-1"}, Values: map[string]any{c.field: c.value}}
		out := &driftv1alpha1.CloudResource{Observed: objectstest.Observation(t, in)}
		if _, seen := objects.ResourceOf(out).Lookup(resource.Path{resource.Segment(c.field)}); seen != c.want {
			t.Errorf("%s: seen %v, unseen are %v", why, seen, out.Observed.Unseen)
		}
	}
}

// A change of the order alone is recorded where the order means something, and nowhere else.
func TestTheDigestKeepsAnOrderThatMeansSomething(t *testing.T) {
	of := func(kind, field string, values ...any) string {
		nested := map[string]any{field: values}
		if kind == "KubernetesCluster" {
			nested = map[string]any{"cluster_autoscaler_configuration": nested}
		}
		return objects.DigestOf(resource.Resource{Ref: resource.Ref{Kind: kind, ID: "1"}, Values: nested})
	}
	if of("KubernetesCluster", "expanders", "priority", "random") == of("KubernetesCluster", "expanders", "random", "priority") {
		t.Error("the autoscaler asks its expanders one after the other: another order is another observation")
	}
	if of("Droplet", "tags", "a", "b") != of("Droplet", "tags", "b", "a") {
		t.Error("tags in another order are the same observation")
	}
}

func BenchmarkDigest(b *testing.B) {
	r := objectstest.Droplet([]any{"web", "prod"}, []any{"droplet_agent", "private_networking"})
	b.ReportAllocs()
	for b.Loop() {
		objects.DigestOf(r)
	}
}

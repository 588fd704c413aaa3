package controller

import (
	"encoding/json"
	"testing"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func droplet(tags, features []any, unseen ...string) resource.Resource {
	return resource.Resource{
		Ref: resource.Ref{Kind: "Droplet", ID: "1"}, Name: "web-1",
		Fields: map[string]any{"name": "web-1", "region": "nyc3", "size_slug": "s-1vcpu-1gb", "status": "active", "tags": tags},
		Attrs: map[string]any{
			"features": features, "memory": json.Number("1024"), "vcpus": json.Number("1"), "disk": json.Number("25"),
			"networks": map[string]any{"v6": []any{}, "v4": []any{
				map[string]any{"ip_address": "198.51.100.7", "netmask": "255.255.240.0", "gateway": "198.51.100.1", "type": "public"},
				map[string]any{"ip_address": "10.100.0.2", "netmask": "255.255.240.0", "gateway": "", "type": "private"},
			}},
			"image":    map[string]any{"id": json.Number("195932982"), "slug": "ubuntu-24-04-x64", "name": "24.04 (LTS) x64", "type": "base"},
			"vpc_uuid": "760e09ef-dc84-11e8-981e-3cfdfeaae000", "volume_ids": []any{}, "backup_ids": []any{}, "snapshot_ids": []any{},
		},
		Unseen: unseen,
	}
}

func list(texts ...string) []any {
	out := make([]any, 0, len(texts))
	for _, text := range texts {
		out = append(out, text)
	}
	return out
}

func observation(t *testing.T, r resource.Resource) driftv1alpha1.Observation {
	t.Helper()
	out, err := observationOf(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An operator that did not read a field yet says nothing of it.
func TestAFieldThatWasNeverRecordedIsUnseen(t *testing.T) {
	stored := &driftv1alpha1.CloudResource{Spec: driftv1alpha1.CloudResourceSpec{Kind: "Droplet", ID: "1"}}
	stored.Observed = observation(t, droplet(list("web"), nil))
	delete(stored.Observed.Attrs, "memory")
	if value, seen := resourceOf(stored).Lookup(resource.Path{"memory"}); seen {
		t.Errorf("memory was never recorded, and is seen as %v", value)
	}
	kind, _ := kinds.Lookup("Droplet")
	plan := drift.NewPlan(drift.Input{
		Subject: drift.Subject{Account: "a", Ref: resource.Ref{Kind: "Droplet", ID: "1"}},
		Schema:  kind.Schema, Desired: map[string]any{"memory": json.Number("4096")}, Presence: resource.Present,
		Observed: resourceOf(stored), MaxNew: -1,
	})
	if len(plan.Open) != 0 || len(plan.Result.Unseen) != 1 {
		t.Errorf("opens %d drifts, and %v is unseen", len(plan.Open), plan.Result.Unseen)
	}
}

// A value that DigitalOcean gave as null is one, on the way through the API too.
func TestANullComesBackAsSeen(t *testing.T) {
	r := droplet(nil, nil)
	r.Attrs["vpc_uuid"], r.Fields["size_slug"] = nil, nil
	raw, err := json.Marshal(driftv1alpha1.CloudResource{Observed: observation(t, r)})
	if err != nil {
		t.Fatal(err)
	}
	var back driftv1alpha1.CloudResource
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vpc_uuid", "size_slug"} {
		if value, seen := resourceOf(&back).Lookup(resource.Path{resource.Segment(name)}); value != nil || !seen {
			t.Errorf("%s: %v, seen %v", name, value, seen)
		}
	}
}

func TestATopLevelFieldOfAnyNameComesBack(t *testing.T) {
	in := resource.Resource{Ref: resource.Ref{Kind: "CDN", ID: "1"}, Name: "x",
		Fields: map[string]any{"name": "x", "endpoint": "x.cdn.example"}}
	back := resourceOf(&driftv1alpha1.CloudResource{Observed: observation(t, in)})
	if value, seen := back.Lookup(resource.Path{"endpoint"}); value != "x.cdn.example" || !seen {
		t.Errorf("endpoint comes back as %v, seen %v", value, seen)
	}
}

func BenchmarkDigest(b *testing.B) {
	r := droplet(list("web", "prod"), list("droplet_agent", "private_networking"))
	b.ReportAllocs()
	for b.Loop() {
		digestOf(r)
	}
}

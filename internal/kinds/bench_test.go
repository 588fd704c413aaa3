package kinds

import (
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// A sweep plans this for each CloudProvisioned: ten thousand have to stay well
// below a second.
func BenchmarkPlanInSync(b *testing.B) {
	kind, _ := Lookup("Droplet")
	in := drift.Input{
		Subject: drift.Subject{Account: "production", Ref: resource.Ref{Kind: "Droplet", ID: "3164444"}},
		Schema:  kind.Schema,
		Desired: object(b, `{"name":"web-1","region":"nyc3","size_slug":"s-2vcpu-4gb","tags":["web","prod"],
			"image":"ubuntu-24-04-x64","backup_policy":{"plan":"daily"}}`),
		Observed: live(kind, object(b, `{"name":"web-1","region":"nyc3","size_slug":"s-2vcpu-4gb","tags":["prod","web"],
			"image":{"id":1,"slug":"ubuntu-24-04-x64","type":"base"},"backup_policy":{"plan":"daily","hour":4}}`)),
		Presence: resource.Present,
		MaxNew:   -1,
	}
	b.ReportAllocs()
	for b.Loop() {
		if plan := drift.NewPlan(in); !plan.Empty() || plan.Result.Fields != 6 {
			b.Fatalf("%+v", plan)
		}
	}
}

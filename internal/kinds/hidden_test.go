package kinds

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// What of a rule's peers a token may not see is unknown; the rest is compared.
func TestWhatATokenMayNotSeeOfARule(t *testing.T) {
	const cluster = "41b74c5d-9bd0-5555-5555-a57c495b81a3"
	rule := func(port string, sources map[string]any) map[string]any {
		return map[string]any{"protocol": "tcp", "ports": port, "sources": sources}
	}
	any1 := func(values ...any) []any { return values }
	hidden := []string{"inbound_rules[*].sources.kubernetes_ids", "inbound_rules[*].sources.tags"}
	const path = `inbound_rules["tcp/5432"]`
	for _, c := range []struct {
		why             string
		desired, live   []any
		unseen          []string
		differs, unsees []string
	}{
		{"hidden ids", any1(rule("5432", map[string]any{"kubernetes_ids": any1(cluster)})),
			any1(rule("5432", map[string]any{})), hidden, nil, []string{path + ".sources.kubernetes_ids"}},
		{"as a token sees that may", any1(rule("5432", map[string]any{"kubernetes_ids": any1(cluster)})),
			any1(rule("5432", map[string]any{})), nil, []string{path}, nil},
		{"the rest of the rule differs", any1(rule("5432", map[string]any{"kubernetes_ids": any1(cluster), "addresses": any1("10.0.0.1")})),
			any1(rule("5432", map[string]any{"addresses": any1("0.0.0.0/0")})), hidden, []string{path}, []string{path + ".sources.kubernetes_ids"}},
		{"what is shown was seen", any1(rule("5432", map[string]any{"tags": any1("web")})),
			any1(rule("5432", map[string]any{"tags": any1("db")})), hidden, []string{path}, nil},
		{"a rule of hidden peers only may be left out whole", any1(rule("5432", map[string]any{"tags": any1("web")})),
			any1(), hidden, nil, []string{path + ".sources.tags"}},
		{"one that would be shown is gone", any1(rule("5432", map[string]any{"tags": any1("web"), "addresses": any1("10.0.0.1")})),
			any1(), hidden, []string{path}, nil},
		{"a rule that nobody declared is there, whomever it lets in", any1(),
			any1(rule("5432", map[string]any{})), hidden, []string{path}, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			k, _ := Lookup("Firewall")
			desired := map[string]any{"inbound_rules": c.desired}
			live := resource.Resource{Values: map[string]any{"inbound_rules": c.live}, Unseen: c.unseen}
			got := drift.Differences(k.Schema, desired, live, nil)
			var differs, unsees []string
			for _, d := range got.Differences {
				differs = append(differs, d.Path.String())
			}
			for _, p := range got.Unseen {
				unsees = append(unsees, p.String())
			}
			if diff := cmp.Diff([][]string{c.differs, c.unsees}, [][]string{differs, unsees}); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			// Accepting what differs leaves no difference, and keeps what nobody can see.
			for _, d := range got.Differences {
				adopted, err := drift.Adopt(k.Schema, desired, d.Actual, d.Path)
				if err != nil {
					t.Fatal(err)
				}
				again := drift.Differences(k.Schema, adopted, live, nil)
				if len(again.Differences) > 0 || len(again.Unseen) != len(got.Unseen) {
					t.Errorf("after accepting: %+v", again)
				}
			}
		})
	}
}

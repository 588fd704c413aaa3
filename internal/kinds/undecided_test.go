package kinds

import (
	"encoding/json"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Whatever leaves something open leaves it open inside every other comparison, and inside
// two of them; and what is certain stays certain.
func TestEveryWrapperKeepsWhatIsUnknown(t *testing.T) {
	wrappers := map[string]func(drift.Comparison) drift.Comparison{
		"Unset":      drift.Unset,
		"Default":    func(c drift.Comparison) drift.Comparison { return drift.Default(json.Number("0"), c) },
		"Also":       func(c drift.Comparison) drift.Comparison { return drift.Also(c, func(d any) any { return d }) },
		"Tolerating": func(c drift.Comparison) drift.Comparison { return drift.Tolerating(c, "agent") },
		"With": func(c drift.Comparison) drift.Comparison {
			return drift.With(func(resource.Resource) drift.Comparison { return c })
		},
		"shown":  func(c drift.Comparison) drift.Comparison { return shown{c} },
		"seeing": func(c drift.Comparison) drift.Comparison { return seeing{c, func(live any) any { return live }} },
		"either": func(c drift.Comparison) drift.Comparison { return either{c, c} },
		"image":  func(c drift.Comparison) drift.Comparison { return image{c} },
	}
	retired := map[string]any{"id": json.Number("7"), "slug": nil, "type": "base", "public": true}
	backup := seeing{drift.SetFoldCase, func(live any) any { return append([]any{"backups"}, asList(live)...) }}
	const hidden = "f[*].sources.tags"
	ruleOf := func(sources map[string]any) []any {
		return []any{map[string]any{"protocol": "tcp", "ports": "22", "sources": sources}}
	}
	for _, c := range []struct {
		why           string
		comparison    drift.Comparison
		desired, live any
		unseen        []string
		want          string
	}{
		{"every resource has one, and none is shown", shown{count}, "300", nil, nil, "unknown"},
		{"it is shown", shown{count}, "300", json.Number("60"), nil, "different"},
		{"and equal", shown{count}, "300", json.Number("300"), nil, "equal"},
		{"seen in two ways, equal in one", either{drift.SetFoldCase, backup}, []any{"backups", "ipv6"}, []any{"ipv6"}, nil, "unknown"},
		{"equal in the other", either{drift.SetFoldCase, backup}, []any{"ipv6"}, []any{"ipv6"}, nil, "unknown"},
		{"different in both", either{drift.SetFoldCase, backup}, []any{"x"}, []any{"ipv6"}, nil, "different"},
		{"an image that lost its slug", image{drift.Alias("id", "slug")}, "debian-9-x64", retired, nil, "unknown"},
		{"declared as an object", image{drift.Alias("id", "slug")}, map[string]any{"slug": "debian-9-x64"}, retired, nil, "unknown"},
		{"by its id", image{drift.Alias("id", "slug")}, "7", retired, nil, "equal"},
		{"by another id", image{drift.Alias("id", "slug")}, "8", retired, nil, "different"},
		{"peers that are hidden", rules, ruleOf(map[string]any{"tags": []any{"web"}}), ruleOf(map[string]any{}), []string{hidden}, "unknown"},
		{"and peers that are not", rules, ruleOf(map[string]any{"tags": []any{"web"}}), ruleOf(map[string]any{"tags": []any{"db"}}), []string{hidden}, "different"},
	} {
		check := func(name string, comparison drift.Comparison) {
			t.Helper()
			s := drift.Schema{Kind: "X", Fields: []drift.Field{{Path: "f", Compare: comparison}}}
			live := resource.Resource{Values: map[string]any{"f": c.live}, Unseen: c.unseen}
			r := drift.Differences(s, map[string]any{"f": c.desired}, live, nil)
			got := "not compared"
			switch {
			case len(r.Differences) > 0:
				got = "different"
			case len(r.Unseen) > 0:
				got = "unknown"
			case r.Fields > 0:
				got = "equal"
			}
			if got != c.want {
				t.Errorf("%s, in %s: %s, want %s: %+v", c.why, name, got, c.want, r)
			}
		}
		check("nothing", c.comparison)
		for outer, wrap := range wrappers {
			check(outer, wrap(c.comparison))
			for inner, wrapInner := range wrappers {
				check(outer+" of "+inner, wrap(wrapInner(c.comparison)))
			}
		}
	}
}

package drift

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var dropletLike = Schema{Kind: "Thing", Fields: []Field{
	{Path: "name"},
	{Path: "size_slug", Compare: FoldCase},
	{Path: "tags", Compare: SetFoldCase, Holds: Texts},
	{Path: "image", Compare: Alias("id", "slug")},
	{Path: "flavour", Compare: Alias("slug"), Members: Named("slug")},
	{Path: "backup_policy.plan", Compare: FoldCase},
	{Path: "backup_policy.hour", Compare: Number},
	{Path: "rules", Compare: Keyed(elementKey, same, both)},
	{Path: "volume_ids", Compare: Subset(Fold)},
	{Path: "networks"},
	{Path: "networks.v4", Compare: Addresses},
	{Path: "timeout", Compare: Default("60", Number)},
	{Path: "version", Compare: Upgraded(2)},
	{Path: "count", Compare: Between(2, 5)},
	{Path: "zone", Compare: With(func(r resource.Resource) Comparison {
		if r.ID == "folded" {
			return FoldCase
		}
		return Loose
	})},
}}

func TestAdopt(t *testing.T) {
	cases := []struct{ why, desired, actual, at, want string }{
		{"a leaf", `{"size_slug":"a","name":"x"}`, `"b"`, "size_slug", `{"size_slug":"b","name":"x"}`},
		{"a nested leaf, and nothing beside it", `{"backup_policy":{"plan":"daily","hour":4}}`, `"weekly"`, "backup_policy.plan",
			`{"backup_policy":{"plan":"weekly","hour":4}}`},
		{"what is gone becomes null, so that the field stays declared", `{"name":"x"}`, `null`, "name", `{"name":null}`},
		{"an object that was never there", `{"backup_policy":{"plan":"daily"}}`, `null`, "backup_policy.plan", `{"backup_policy":{"plan":null}}`},
		{"an object declared as none", `{"backup_policy":null}`, `{"plan":"daily"}`, "backup_policy", `{"backup_policy":{"plan":"daily"}}`},
		{"a set keeps the order and the spelling of what stays", `{"tags":["Web","old","Prod"]}`, `["db","prod","web"]`, "tags",
			`{"tags":["Web","Prod","db"]}`},
		{"a set that nobody changed stays", `{"tags":["Web"]}`, `["web"]`, "tags", `{"tags":["Web"]}`},
		{"a slug for a slug", `{"image":"debian"}`, `"ubuntu"`, "image", `{"image":"ubuntu"}`},
		{"an element that changed", `{"rules":[{"id":"a","x":1},{"id":"b"}]}`, `{"id":"a","x":2}`, "rules.a",
			`{"rules":[{"id":"a","x":2},{"id":"b"}]}`},
		{"an element that was added", `{"rules":[{"id":"b"}]}`, `{"id":"tcp/22"}`, `rules["tcp/22"]`,
			`{"rules":[{"id":"b"},{"id":"tcp/22"}]}`},
		{"an element that is gone", `{"rules":[{"id":"a"},{"id":"b"}]}`, `null`, "rules.a", `{"rules":[{"id":"b"}]}`},
		{"the last element", `{"rules":[{"id":"a"}]}`, `null`, "rules.a", `{"rules":[]}`},
		{"the first element", `{"rules":null}`, `{"id":"a"}`, "rules.a", `{"rules":[{"id":"a"}]}`},
		{"an element that is declared twice", `{"rules":[{"id":"a","x":1},{"id":"b"},{"id":"a","x":2}]}`, `{"id":"a","x":3}`, "rules.a",
			`{"rules":[{"id":"a","x":3},{"id":"b"}]}`},
		{"an element that is there already", `{"rules":[{"id":"a","x":"1"}]}`, `{"id":"a","x":1}`, "rules.a", `{"rules":[{"id":"a","x":"1"}]}`},
		{"a list of rules that was something else", `{"rules":"none"}`, `[{"id":"a"}]`, "rules", `{"rules":[{"id":"a"}]}`},
		{"a subset loses what is gone", `{"volume_ids":["a","b"]}`, `["b"]`, "volume_ids", `{"volume_ids":["b"]}`},
		{"below a field that names some of its own", `{"networks":{"v6":"x","v4":["1.2.3.4"]}}`, `"y"`, "networks.v6",
			`{"networks":{"v6":"y","v4":["1.2.3.4"]}}`},
		{"a default", `{"timeout":null}`, `30`, "timeout", `{"timeout":30}`},
		{"back to the default", `{"timeout":30}`, `"60"`, "timeout", `{"timeout":"60"}`},
		{"an older version", `{"version":"1.31"}`, `"1.30"`, "version", `{"version":"1.30"}`},
		{"a count beyond its bounds", `{"count":3}`, `7`, "count", `{"count":7}`},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			desired := object(t, c.desired)
			got, err := Adopt(dropletLike, desired, value(t, c.actual), path(t, c.at))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(object(t, c.want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(object(t, c.desired), desired); diff != "" {
				t.Errorf("the input was changed: -before +after:\n%s", diff)
			}
		})
	}
}

func TestAdoptRefuses(t *testing.T) {
	large := Cap(strings.Repeat("x", maxValue))
	cases := []struct {
		why, desired string
		actual       any
		at           resource.Path
		says         string
	}{
		{"the field was taken out meanwhile", `{"name":"x"}`, "b", resource.Path{"size_slug"}, "not declared"},
		{"so was the object around it", `{"backup_policy":null}`, "daily", resource.Path{"backup_policy", "plan"}, "not declared"},
		{"no such field", `{"sise":"x"}`, "b", resource.Path{"sise"}, "not declared"},
		{"no path at all", `{"name":"x"}`, "b", nil, "not declared"},
		{"an element is whole", `{"rules":[{"id":"a"}]}`, "b", resource.Path{"rules", "a", "x"}, "not declared"},
		{"a value of another element", `{"rules":[{"id":"a"}]}`, map[string]any{"id": "b"}, resource.Path{"rules", "a"}, "can't be written there"},
		{"only a hash of it is known", `{"name":"x"}`, large, resource.Path{"name"}, "take the value from the observation"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := Adopt(dropletLike, object(t, c.desired), c.actual, c.at)
			if err == nil {
				t.Fatalf("adopted as %v", got)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
		})
	}
}

func TestGoneIsNotAccepted(t *testing.T) {
	_, err := FieldPath(Existence)
	if !errors.Is(err, ErrGone) || !strings.Contains(err.Error(), "remove the CloudProvisioned") {
		t.Errorf("got %v", err)
	}
	if got, err := FieldPath(`["(existence)"]`); err != nil || len(got) != 1 {
		t.Errorf("a key of that spelling is a key: %v, %v", got, err)
	}
}

package drift

import (
	"slices"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var shaped = Schema{Kind: "Thing", Fields: []Field{
	{Path: "region", Compare: Alias("slug"), Holds: OneText, Members: Members{"slug": {Holds: OneText}, "name": {Holds: OneText}}},
	{Path: "tags", Compare: SetFoldCase, Holds: Texts},
	{Path: "ids", Compare: Number, Holds: Numbers},
	{Path: "on", Compare: Default(false, Loosely(Fold, Truth)), Holds: OneBoolean},
	{Path: "count", Compare: Number, Holds: OneNumber},
	{Path: "policy.plan", Compare: FoldCase, Holds: OneText},
	{Path: "policy.steps", Holds: Objects, Members: Members{"at": {Holds: OneNumber}}},
	{Path: "rules", Key: elementKey, Holds: Objects, Elements: []Field{
		{Path: "id", Holds: OneText}, {Path: "on", Holds: OneBoolean, Compare: Default(false, Loose)},
		{Path: "cdn.ttl", Holds: OneNumber}, {Path: "routes", Ordered: true, Holds: Texts},
		{Path: "envs", Key: elementKey, Holds: Objects, Elements: []Field{{Path: "id", Holds: OneText}, {Path: "value", Holds: OneText}}}}},
	{Path: "free"},
}}

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		why, desired, live string
		unseen             []string
		// says are the paths that are told, differs those that drift.
		says, differs, unknown []string
	}{
		{why: "what is shown as an object, by another name that it has", desired: `{"region":{"slug":"nyc3","name":"x"}}`, live: `{"region":"nyc3"}`, unknown: []string{"region.name"}},
		{why: "by a name that it has not", desired: `{"region":{"slug":"nyc3","foo":1}}`, live: `{"region":"nyc3"}`, says: []string{"region.foo"}},
		{why: "that is empty", desired: `{"region":{"slug":"nyc3","foo":null}}`, live: `{"region":"nyc3"}`, says: []string{"region.foo"}},
		{why: "with a value of another shape", desired: `{"region":{"slug":["nyc3"]}}`, live: `{"region":"nyc3"}`, says: []string{"region.slug"}},
		{why: "both, each of its own", desired: `{"region":{"slug":["nyc3"],"foo":1}}`, live: `{"region":"nyc3"}`, says: []string{"region.foo", "region.slug"}},
		{why: "of a list the first is told, and once", desired: `{"tags":["a",{"b":1},{"c":1}]}`, live: `{}`, says: []string{"tags"}},
		{why: "what is empty stands for none", desired: `{"tags":{},"on":[],"count":{"a":[]},"policy":"","ids":[{}]}`, live: `{}`},
		{why: "a shape that the field has after all, since it is live", desired: `{"count":"many","tags":[["a"]]}`, live: `{"count":"many","tags":[["a"]]}`},
		{why: "and no more", desired: `{"count":"many"}`, live: `{"count":3}`, says: []string{"count"}},
		{why: "nor where it can't be seen", desired: `{"count":"many"}`, live: `{"count":"many"}`, unseen: []string{"count"}, says: []string{"count"}},
		{why: "an object by its fields, as something else", desired: `{"policy":["daily"]}`, live: `{"policy":{"plan":"daily"}}`, says: []string{"policy"}},
		{why: "as none", desired: `{"policy":null}`, live: `{"policy":{"plan":"daily"}}`, differs: []string{"policy"}},
		{why: "a list of objects in it", desired: `{"policy":{"plan":"daily","steps":[{"at":"noon"}]}}`, live: `{"policy":{"plan":"weekly"}}`,
			says: []string{"policy.steps.at"}, differs: []string{"policy.plan"}},
		{why: "elements", desired: `{"rules":[{"id":"a"},{"id":"b","on":{},"cdn":{"ttl":"x"},"routes":[{}],"envs":[{"id":"e","value":{"x":1}}]}]}`, live: `{"rules":[{"id":"a"}]}`,
			says: []string{"rules.cdn.ttl", "rules.envs.value"}},
		{why: "an object within them, as something else", desired: `{"rules":[{"id":"a","cdn":5}]}`, live: `{"rules":[{"id":"a","cdn":{"ttl":5}}]}`, says: []string{"rules.cdn"}},
		{why: "elements whose live value has that shape", desired: `{"rules":[{"id":"a","cdn":{"ttl":"x"}}]}`, live: `{"rules":[{"id":"a","cdn":{"ttl":"x"}}]}`},
		{why: "one that has it, and another that differs", desired: `{"rules":[{"id":"a","cdn":{"ttl":"x"}},{"id":"b","on":true}]}`,
			live: `{"rules":[{"id":"a","cdn":{"ttl":"x"}},{"id":"b"}]}`, says: []string{"rules.cdn.ttl"}},
		{why: "of a field without a shape nothing is known", desired: `{"free":[{"a":1}]}`, live: `{"free":1}`, differs: []string{"free"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			result := Differences(shaped, object(t, c.desired), resource.Resource{Values: object(t, c.live), Unseen: c.unseen}, nil)
			var says, unknown []string
			for _, u := range result.Unknown {
				says = append(says, u.Path.String())
			}
			for _, p := range result.Unseen {
				unknown = append(unknown, p.String())
			}
			differs := pathsOf(result.Differences)
			if !slices.Equal(says, c.says) || !slices.Equal(unknown, c.unknown) || !slices.Equal(differs, c.differs) {
				t.Errorf("told %v, unknown %v, differing %v; want %v, %v, %v", says, unknown, differs, c.says, c.unknown, c.differs)
			}
		})
	}
}

// A message says where the value is, and never what it is: it may be a secret.
func TestShapesAreExplained(t *testing.T) {
	desired := object(t, `{"rules":[{"id":"a"},{"id":"b","envs":[{"id":"x"},{"id":"y","value":["SECRET"]}]}],"count":"SECRET","tags":[{"SECRET":"SECRET"}]}`)
	var says []string
	for _, u := range Differences(shaped, desired, resource.Resource{}, nil).Unknown {
		says = append(says, u.Explain("Thing"))
	}
	want := "count is a text, and the field holds a number; rules[1].envs[1].value is a list, and the field holds a text; tags[0] is an object, and the field holds texts"
	if got := strings.Join(says, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Whatever is declared and live in the same way is in order, whatever its shape: an accept
// writes live values.
func TestLiveValuesAreTaken(t *testing.T) {
	g := newGenerator(11)
	for range rounds {
		for _, name := range []string{"tags", "ids", "on", "count"} {
			desired := map[string]any{name: g.value(3)}
			live := resource.Resource{Values: desired}
			if got := Differences(shaped, desired, live, nil); len(got.Unknown)+len(got.Differences) > 0 {
				t.Fatalf("%s is refused, or differs from itself: %+v", resource.Canonical(desired), got)
			}
		}
	}
}

package drift

import (
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestProgressOfAnAcceptance(t *testing.T) {
	const from, to, third = `{"size_slug":"s-1"}`, `{"size_slug":"s-2"}`, `{"size_slug":"s-3"}`
	for name, c := range map[string]struct {
		why, desired, live string
		inManifest         bool
		change             func(*Input)
		want               Progress
		differs            string
	}{
		"accepted":                           {"only the accept wrote it", to, to, false, nil, Pending, ""},
		"applied again":                      {"the acceptance stands in", from, to, false, nil, Pending, ""},
		"the live value moves":               {"what was accepted is desired", from, third, false, nil, Pending, "s-2 s-3"},
		"and goes back while it is declared": {"that is a drift like any other", to, from, false, nil, Pending, "s-2 s-1"},
		"landed":                             {"the manifest says it", to, to, true, nil, Landed, ""},
		"landed and moved":                   {"it is compared as always", to, third, true, nil, Landed, "s-2 s-3"},
		"lapsed":                             {"everything agrees as it did", from, from, false, nil, Lapsed, ""},
		"superseded":                         {"the manifest says another value", third, to, false, nil, Superseded, "s-3 s-2"},
		"removed":                            {"the manifest says nothing any more", `{"tags":[]}`, to, false, nil, Superseded, ""},
		"not seen":                           {"nobody knows whether it agrees", from, from, false, func(in *Input) { in.Observed.Unseen = []string{"size_slug"} }, Pending, ""},
		"ignored":                            {"it is not compared, and stands in all the same", from, to, false, func(in *Input) { in.Ignore = []resource.Path{{"size_slug"}} }, Pending, ""},
		"being resolved": {"what is written now is the next accept's", third, third, false, func(in *Input) {
			in.Drifts = []Drift{{Name: "next", Field: "size_slug", Episode: 2, State: Open, Resolving: true}}
		}, Pending, ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := Input{Schema: dropletLike, Presence: resource.Present, MaxNew: -1, Desired: object(t, c.desired),
				Accepted: []Acceptance{{Path: "size_slug", From: "s-1", To: "s-2", InManifest: c.inManifest}},
				Observed: resource.Resource{Values: object(t, c.live)}}
			if c.change != nil {
				c.change(&in)
			}
			plan := NewPlan(in)
			differs := ""
			for _, difference := range plan.Result.Differences {
				differs += resource.Short(difference.Expected, 48) + " " + resource.Short(difference.Actual, 48)
			}
			if plan.Progress["size_slug"] != c.want || differs != c.differs {
				t.Errorf("%s, differs %q; want %s, %q, because %s", plan.Progress["size_slug"], differs, c.want, c.differs, c.why)
			}
		})
	}
}

// Nothing is decided of what nobody can see.
func TestNoProgressWithoutTheResource(t *testing.T) {
	for _, presence := range []resource.Presence{resource.Unknown, resource.Absent} {
		in := Input{Schema: dropletLike, Presence: presence, Desired: map[string]any{"size_slug": "s-3"},
			Accepted: []Acceptance{{Path: "size_slug", From: "s-1", To: "s-2"}}}
		if got := NewPlan(in).Progress; len(got) > 0 {
			t.Errorf("%v: %v", presence, got)
		}
	}
}

// A member of an element that was accepted may be accepted after it; the manifest has neither.
func TestAcceptanceWithinAnAcceptedElement(t *testing.T) {
	listed := Schema{Kind: "Thing", Fields: []Field{{Path: "rules", Key: elementKey, Elements: []Field{{Path: "id"}, {Path: "x"}}}}}
	accepted := []Acceptance{
		{Path: "rules.a.x", From: value(t, `1`), To: value(t, `2`)},
		{Path: "rules.a", From: nil, To: value(t, `{"id":"a","x":1}`)},
	}
	for _, c := range []struct {
		why, desired, effective string
		element, member         Standing
	}{
		{"the manifest has neither", `{"rules":[{"id":"b"}]}`, `{"rules":[{"id":"b"},{"id":"a","x":2}]}`, StandsIn, StandsIn},
		{"both were written", `{"rules":[{"id":"b"},{"id":"a","x":2}]}`, `{"rules":[{"id":"b"},{"id":"a","x":2}]}`, Declared, Declared},
		{"the manifest has the element as it was accepted", `{"rules":[{"id":"a","x":1}]}`, `{"rules":[{"id":"a","x":2}]}`, Declared, StandsIn},
		{"the manifest has another member", `{"rules":[{"id":"a","x":3}]}`, `{"rules":[{"id":"a","x":3}]}`, Overruled, Overruled},
	} {
		got, standing := Effective(listed, object(t, c.desired), accepted)
		if standing["rules.a"] != c.element || standing["rules.a.x"] != c.member || string(resource.Canonical(got)) != c.effective {
			t.Errorf("%s: %s, %v; want %s", c.why, resource.Canonical(got), standing, c.effective)
		}
	}
	if outer := Within(accepted, resource.Path{"rules", "a", "x"}); len(outer) != 1 || outer[0].Path != "rules.a" {
		t.Errorf("within %+v", outer)
	}
}

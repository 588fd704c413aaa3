package drift

import (
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestEffective(t *testing.T) {
	for _, c := range []struct {
		why, desired, path, from, to string
		want                         string
		standing                     Standing
	}{
		{"the old manifest is applied again", `{"size_slug":"s-1","name":"x"}`, "size_slug", `"s-1"`, `"s-2"`, `{"size_slug":"s-2","name":"x"}`, StandsIn},
		{"in another spelling", `{"size_slug":"S-1"}`, "size_slug", `"s-1"`, `"s-2"`, `{"size_slug":"s-2"}`, StandsIn},
		{"the new value is declared", `{"size_slug":"S-2"}`, "size_slug", `"s-1"`, `"s-2"`, `{"size_slug":"S-2"}`, Declared},
		{"a third value is declared", `{"size_slug":"s-3"}`, "size_slug", `"s-1"`, `"s-2"`, `{"size_slug":"s-3"}`, Overruled},
		{"the field is declared no more", `{"name":"x"}`, "size_slug", `"s-1"`, `"s-2"`, `{"name":"x"}`, Overruled},
		{"a leaf of an object", `{"backup_policy":{"plan":"daily","hour":4}}`, "backup_policy.plan", `"daily"`, `"weekly"`,
			`{"backup_policy":{"plan":"weekly","hour":4}}`, StandsIn},
		{"an element that was added", `{"rules":[{"id":"b"}]}`, "rules.a", `null`, `{"id":"a","x":1}`, `{"rules":[{"id":"b"},{"id":"a","x":1}]}`, StandsIn},
		{"an element that was declared since", `{"rules":[{"id":"a","x":1}]}`, "rules.a", `null`, `{"id":"a","x":1}`, `{"rules":[{"id":"a","x":1}]}`, Declared},
		{"an element that is gone", `{"rules":[{"id":"a"},{"id":"b"}]}`, "rules.a", `{"id":"a"}`, `null`, `{"rules":[{"id":"b"}]}`, StandsIn},
		{"an element that was added, and is declared otherwise since", `{"rules":[{"id":"a","x":3}]}`, "rules.a", `null`, `{"id":"a","x":1}`,
			`{"rules":[{"id":"a","x":3}]}`, Overruled},
		{"an element that is gone, and is declared otherwise since", `{"rules":[{"id":"a","x":3}]}`, "rules.a", `{"id":"a","x":1}`, `null`,
			`{"rules":[{"id":"a","x":3}]}`, Overruled},
		{"a set in another order", `{"tags":["b","a"]}`, "tags", `["a","b"]`, `["a"]`, `{"tags":["a"]}`, StandsIn},
		{"a value that the field can't have", `{"tags":[{"name":"a"}]}`, "tags", `["a"]`, `["b"]`, `{"tags":[{"name":"a"}]}`, Overruled},
		{"a name that its object does not have", `{"flavour":{"slgu":"a"}}`, "flavour", `"a"`, `"b"`, `{"flavour":{"slgu":"a"}}`, Overruled},
		{"beside a field that can't be compared", `{"tags":[{"name":"a"}],"size_slug":"s-1"}`, "size_slug", `"s-1"`, `"s-2"`, `{"tags":[{"name":"a"}],"size_slug":"s-2"}`, StandsIn},
		{"what is no field", `{"name":"x"}`, "colour", `"a"`, `"b"`, `{"name":"x"}`, Overruled},
	} {
		t.Run(c.why, func(t *testing.T) {
			desired := object(t, c.desired)
			before := string(resource.Canonical(desired))
			got, standing := Effective(dropletLike, desired, []Acceptance{{Path: c.path, From: value(t, c.from), To: value(t, c.to)}})
			if string(resource.Canonical(got)) != string(resource.Canonical(value(t, c.want))) || standing[c.path] != c.standing {
				t.Errorf("got %s, %s; want %s, %s", resource.Canonical(got), standing[c.path], c.want, c.standing)
			}
			if string(resource.Canonical(desired)) != before {
				t.Error("the declaration itself was changed")
			}
		})
	}
}

// Two acceptances of one list keep each other.
func TestAcceptancesOfOneList(t *testing.T) {
	desired := object(t, `{"rules":[{"id":"a","x":1},{"id":"b"}]}`)
	got, standing := Effective(dropletLike, desired, []Acceptance{
		{Path: "rules.a", From: value(t, `{"id":"a","x":1}`), To: value(t, `{"id":"a","x":2}`)},
		{Path: "rules.b", From: value(t, `{"id":"b"}`), To: nil},
	})
	if want := `{"rules":[{"id":"a","x":2}]}`; string(resource.Canonical(got)) != want {
		t.Errorf("got %s, %v; want %s", resource.Canonical(got), standing, want)
	}
}

// Whatever differs, once it is accepted, stands in until it is declared: nothing differs
// meanwhile, and nothing does then.
func TestWhatIsAcceptedDiffersNoMore(t *testing.T) {
	g := newGenerator(9)
	fields := []string{"name", "size_slug", "tags", "image", "rules", "volume_ids", "timeout"}
	tried := 0
	for range rounds {
		field := fields[g.IntN(len(fields))]
		desired := map[string]any{field: g.value(3)}
		live := resource.Resource{Values: map[string]any{field: g.mutated(desired[field], 3)}}
		var accepted []Acceptance
		for _, d := range Differences(dropletLike, desired, live, nil).Differences {
			if expected, differs := Expected(dropletLike, desired, d.Actual, d.Path); differs {
				accepted = append(accepted, Acceptance{Path: d.Path.String(), From: expected, To: d.Actual})
			}
		}
		if len(accepted) == 0 {
			continue
		}
		tried++
		effective, standing := Effective(dropletLike, desired, accepted)
		for path, is := range standing {
			if is != StandsIn {
				t.Fatalf("%s of %s is %s: %+v", path, resource.Canonical(desired), is, accepted)
			}
		}
		if left := Differences(dropletLike, effective, live, nil).Differences; len(left) > 0 {
			t.Fatalf("desired %s, live %s: %s differs still", resource.Canonical(desired), resource.Canonical(live.Values), left[0].Path)
		}
		again, standing := Effective(dropletLike, effective, accepted)
		for path, is := range standing {
			if is != Declared {
				t.Fatalf("%s, once it is declared in %s, is %s", path, resource.Canonical(again), is)
			}
		}
	}
	if tried < rounds/10 {
		t.Errorf("only %d were tried", tried)
	}
}

// What stands in for a declared value opens no drift, and closes the one that there was.
func TestPlansRestOnWhatIsEffective(t *testing.T) {
	in := Input{Schema: dropletLike, Presence: resource.Present, MaxNew: -1,
		Desired:  map[string]any{"size_slug": "s-1"},
		Accepted: []Acceptance{{Path: "size_slug", From: "s-1", To: "s-2"}},
		Observed: resource.Resource{Values: map[string]any{"size_slug": "s-2"}},
		Drifts:   []Drift{{Name: "old", Field: "size_slug", Episode: 1, State: Open}},
	}
	if plan := NewPlan(in); len(plan.Open) > 0 || len(plan.Stale) != 1 {
		t.Errorf("opens %v, closes %v", plan.Open, plan.Stale)
	}
	in.Observed.Values["size_slug"] = "s-3"
	if plan := NewPlan(in); len(plan.Refresh) != 1 || plan.Refresh[0].Expected != "s-2" {
		t.Errorf("refreshes %+v: the accepted value is the desired one", plan.Refresh)
	}
}

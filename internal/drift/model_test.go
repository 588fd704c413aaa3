package drift

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// model is the API server as far as plans go: drifts by name, and the memory.
type model struct {
	t      *testing.T
	drifts map[string]Drift
	memory []Memory
}

func (m *model) plan(in Input) Plan {
	in.Memory = m.memory
	in.Drifts = slices.Collect(maps.Values(m.drifts)) // in any order
	return NewPlan(in)
}

// apply carries a plan out, and stops after some steps, as a crash would.
func (m *model) apply(p Plan, steps int) {
	step := func() bool { steps--; return steps >= 0 }
	if !step() {
		return
	}
	m.memory = p.Memory
	for _, o := range p.Open {
		if !step() {
			return
		}
		if old, exists := m.drifts[o.Name]; exists && !old.open() {
			m.t.Fatalf("%s is opened again after it was %s", o.Name, old.State)
		}
		m.drifts[o.Name] = Drift{Name: o.Name, Field: o.Field, Episode: o.Episode}
		if step() { // the status is a write of its own
			m.write(o.Name, Open, o.Observation)
		}
	}
	for _, r := range p.Refresh {
		if step() {
			m.write(r.Name, Open, r.Observation)
		}
	}
	for _, name := range p.Stale {
		if step() {
			m.write(name, "Stale", m.drifts[name].Observation)
		}
	}
}

func (m *model) write(name string, state State, observation string) {
	drift, exists := m.drifts[name]
	if !exists || !drift.open() || drift.Resolving {
		m.t.Fatalf("%s can't be written: %+v", name, drift)
	}
	drift.State, drift.Observation = state, observation
	m.drifts[name] = drift
}

// check holds whatever happened: one open drift a field, none for what is equal.
func (m *model) check(in Input) {
	m.t.Helper()
	open := map[string]string{}
	for name, drift := range m.drifts {
		if !drift.open() {
			continue
		}
		if other, twice := open[drift.Field]; twice {
			m.t.Fatalf("%s has two open drifts, %s and %s", drift.Field, name, other)
		}
		open[drift.Field] = name
	}
	if in.Presence != resource.Present {
		return
	}
	result := Differences(in.Schema, in.Desired, in.Observed, in.Ignore)
	for _, difference := range result.Differences {
		drift := m.drifts[open[difference.Path.String()]]
		if drift.Name == "" {
			m.t.Fatalf("%s differs and has no open drift", difference.Path)
		}
		if want := Observation(drift.Field, difference.Expected, difference.Actual); drift.Observation != want && !drift.Resolving {
			m.t.Fatalf("%s is open with an old observation", drift.Name)
		}
		delete(open, drift.Field)
	}
	for field, name := range open {
		if at, err := FieldPath(field); !m.drifts[name].Resolving && (err != nil || !pathSet(result.Unseen).touch(at)) {
			m.t.Fatalf("%s is open, and nothing differs", name)
		}
	}
}

func (m *model) noise(g generator) {
	for name, drift := range m.drifts {
		switch {
		case drift.State != Open:
		case drift.Resolving && g.IntN(2) == 0:
			drift.State, drift.Resolving = "Accepted", false
		case g.IntN(8) == 0:
			drift.Resolving = true
		}
		m.drifts[name] = drift
	}
}

// A plan that was carried out leaves nothing to plan, whatever came before it: the
// world changes, people resolve drifts, nobody can look for a while, and the
// operator dies between any two writes.
func TestPlanningAgainIsEmpty(t *testing.T) {
	for seed := range uint64(60) {
		g := newGenerator(seed)
		m := &model{t: t, drifts: map[string]Drift{}}
		for range 40 {
			in := world(g)
			for g.IntN(3) == 0 {
				m.apply(m.plan(in), g.IntN(6)) // a crash
			}
			m.apply(m.plan(in), 1<<20)
			m.check(in)
			again := m.plan(in)
			if !again.Empty() {
				t.Fatalf("seed %d: planning again gives %s", seed, outline(again))
			}
			if diff := cmp.Diff(m.memory, again.Memory, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d: the memory is another the second time: %s", seed, diff)
			}
			m.noise(g)
		}
	}
}

func world(g generator) Input {
	fields := []string{"name", "size_slug", "tags", "image", "rules", "backup_policy", "networks"}
	desired, attrs := map[string]any{}, map[string]any{}
	in := Input{Subject: subject, Schema: dropletLike, Desired: desired, Presence: resource.Present, MaxNew: -1}
	for _, field := range fields {
		value := g.value(2)
		if field == "rules" && g.IntN(2) == 0 {
			value = []any{map[string]any{"id": g.value(0)}, map[string]any{"id": "a", "x": g.value(0)}}
		}
		if field == "backup_policy" {
			value = map[string]any{"plan": g.value(0), "hour": g.value(0)}
		}
		if g.IntN(5) > 0 {
			desired[field] = value
		}
		attrs[field] = g.mutated(value, 2)
		if g.IntN(8) == 0 {
			in.Observed.Unseen = append(in.Observed.Unseen, field)
		}
		if g.IntN(10) == 0 {
			in.Ignore = append(in.Ignore, resource.Path{resource.Segment(field)})
		}
	}
	in.Observed.Values = attrs
	switch g.IntN(10) {
	case 0:
		in.Presence = resource.Unknown
	case 1:
		in.Presence = resource.Absent
	}
	return in
}

// Episodes only grow, so that a name is never used twice.
func TestEpisodesGrow(t *testing.T) {
	g := newGenerator(99)
	m := &model{t: t, drifts: map[string]Drift{}}
	highest := map[string]int64{}
	opened := 0
	for range 300 {
		plan := m.plan(world(g))
		for _, o := range plan.Open {
			if o.Episode != highest[o.Field]+1 {
				t.Fatalf("%s: episode %d follows %d", o.Field, o.Episode, highest[o.Field])
			}
			highest[o.Field] = o.Episode
			opened++
		}
		m.apply(plan, 1<<20)
		m.noise(g)
	}
	if opened < 200 {
		t.Errorf("only %d drifts were opened: the property was hardly tried", opened)
	}
}

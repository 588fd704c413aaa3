package drift

import (
	"cmp"
	"maps"
	"slices"
)

// planner holds what NewPlan knows of each field, by its path.
type planner struct {
	in        Input
	plan      Plan
	memory    map[string]Memory
	highest   map[string]int64 // of the episodes that have a drift
	holder    map[string]Drift // the one open drift of the field
	differing map[string]bool
	begun     int
	notSeen   *paths // the plan's Result.Unseen
}

func newPlanner(in Input) *planner {
	p := &planner{
		in:        in,
		memory:    make(map[string]Memory),
		highest:   make(map[string]int64),
		holder:    make(map[string]Drift),
		differing: make(map[string]bool),
	}
	for _, memory := range in.Memory {
		p.memory[memory.Path] = memory
	}
	resolved := make(map[string]bool)
	for _, drift := range in.Drifts {
		p.highest[drift.Field] = max(p.highest[drift.Field], drift.Episode)
		resolved[drift.Name] = !drift.open()
		if holder, held := p.holder[drift.Field]; drift.open() && (!held || drift.precedes(holder)) {
			p.holder[drift.Field] = drift
		}
	}
	for field, highest := range p.highest {
		p.remember(field, max(highest, p.memory[field].Episode), p.memory[field].OpenDrift)
	}
	for field, memory := range p.memory {
		if holder, held := p.holder[field]; held {
			p.remember(field, memory.Episode, holder.Name)
		} else if resolved[memory.OpenDrift] {
			p.remember(field, memory.Episode, "")
		}
	}
	return p
}

// precedes chooses between two open drifts of one field, which only a write from
// outside can make: the one that is being resolved, then the younger.
func (d Drift) precedes(other Drift) bool {
	if d.Resolving != other.Resolving {
		return d.Resolving
	}
	return d.Episode > other.Episode
}

func (p *planner) remember(field string, episode int64, openDrift string) {
	p.memory[field] = Memory{Path: field, Episode: episode, OpenDrift: openDrift}
}

// differs plans what a difference of a field takes.
func (p *planner) differs(field string, expected, actual any) {
	p.differing[field] = true
	observation := Observation(field, expected, actual)
	if holder, held := p.holder[field]; held {
		if !holder.Resolving && (holder.State == New || holder.Observation != observation) {
			p.plan.Refresh = append(p.plan.Refresh, Refreshing{
				Name: holder.Name, Field: field,
				Expected: expected, Actual: actual, Observation: observation,
			})
		}
		return
	}
	episode, ok := p.episode(field)
	if !ok {
		p.plan.Withheld++
		return
	}
	name := p.in.Subject.Name(field, episode)
	p.remember(field, episode, name)
	p.plan.Open = append(p.plan.Open, Opening{
		Name: name, Field: field, Episode: episode,
		Expected: expected, Actual: actual, Observation: observation,
	})
}

// MostFields is how many fields the API server lets a CloudProvisioned remember, and
// so how many drifts it may have open. No resource has as many fields; a list that
// somebody declares may.
const MostFields = 1024

// full says whether no more drifts may be open. What is only remembered makes room.
func (p *planner) full() bool {
	if len(p.memory) < MostFields {
		return false
	}
	open := 0
	for _, memory := range p.memory {
		if memory.OpenDrift != "" {
			open++
		}
	}
	return open >= MostFields
}

// episode is the one to open. An episode that was taken, but whose drift nobody
// has seen, is taken up again: either the create never happened, or the cache is
// behind and the API server will refuse it by its name. ok is false where no
// other may begin now.
func (p *planner) episode(field string) (episode int64, ok bool) {
	memory := p.memory[field]
	if memory.Episode > p.highest[field] && memory.OpenDrift != "" &&
		memory.OpenDrift == p.in.Subject.Name(field, memory.Episode) {
		return memory.Episode, true
	}
	if p.full() {
		return 0, false
	}
	if p.in.MaxNew >= 0 && p.begun >= p.in.MaxNew {
		return 0, false
	}
	p.begun++
	return max(memory.Episode, p.highest[field]) + 1, true
}

// close plans the end of the open drifts that nothing speaks for any more, but
// for the fields that nothing is known of now.
func (p *planner) close(unknown func(field string) bool) {
	for _, drift := range p.in.Drifts {
		current := p.differing[drift.Field] && p.holder[drift.Field].Name == drift.Name
		if drift.open() && !drift.Resolving && !current && !unknown(drift.Field) {
			p.plan.Stale = append(p.plan.Stale, drift.Name)
		}
	}
	slices.Sort(p.plan.Stale)
	for field, memory := range p.memory {
		if !p.differing[field] && !p.holder[field].Resolving && !unknown(field) {
			p.remember(field, memory.Episode, "")
		}
	}
}

// unseen says whether a field is, holds, or lies in one that could not be observed.
func (p *planner) unseen(field string) bool {
	path, err := FieldPath(field)
	return err == nil && p.notSeen.touch(path)
}

func (p *planner) finish() Plan {
	p.plan.Memory = slices.SortedFunc(maps.Values(p.memory), func(a, b Memory) int {
		return cmp.Compare(a.Path, b.Path)
	})
	return p.plan
}

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

var acceptPoints = []crashpoint.Point{
	crashpoint.AcceptApproved, crashpoint.AcceptIntended, crashpoint.AcceptApplied, crashpoint.AcceptClosed,
}

// What people do in the cluster.
var peopleOperations = []operation{
	{"declare", 8, (*sequence).declareSomething},
	{"declare again", 3, (*sequence).declareAgain},
	{"undeclare", 4, func(s *sequence) {
		if name, ok := s.someDeclaration(); ok {
			s.undeclare(name)
		}
	}},
	{"edit", 10, (*sequence).editSomething},
	{"apply from Git", 2, (*sequence).applyFromGit},
	{"accept", 14, func(s *sequence) {
		if d := s.someDrift(); d != nil {
			s.note("  %s: %v", d.Name, s.accept(d.Name, ""))
		}
	}},
	{"accept what was seen", 4, func(s *sequence) {
		if d := s.someDrift(); d != nil {
			s.note("  %s: %v", d.Name, s.accept(d.Name, d.Status.Observation))
		}
	}},
	{"accept something outdated", 2, (*sequence).acceptOutdated},
	{"accept and withdraw", 2, func(s *sequence) {
		if d := s.someDrift(); d != nil && s.accept(d.Name, "") {
			s.withdraw(d.Name)
		}
	}},
	{"accept and crash", 6, func(s *sequence) {
		point := one(s, acceptPoints)
		if d := s.someDrift(); d != nil {
			for _, o := range s.operators {
				o.guard.armPoint(point)
			}
			s.note("  %s, %s: %v", d.Name, point, s.accept(d.Name, ""))
			pause(s.ctx, 50*time.Millisecond)
		}
	}},
	{"accept two at once", 5, (*sequence).acceptTwo},
	{"accept while somebody edits", 5, (*sequence).acceptAndEdit},
	{"accept while it changes", 3, (*sequence).acceptAndChange},
}

// ignorable are the fields of a kind that a declaration may ignore.
func ignorable(kind string) []string { return slices.Sorted(maps.Keys(subjectOf(kind).fields)) }

func anys[T any](in []T) []any {
	out := make([]any, 0, len(in))
	for _, v := range in {
		out = append(out, v)
	}
	return out
}

// randomDesired is a random desired state: of each field the live value, or another.
func (s *sequence) randomDesired(kind string, live object) map[string]any {
	out := map[string]any{}
	pools := subjectOf(kind).pools(s)
	for _, field := range slices.Sorted(maps.Keys(pools)) {
		if s.chance(0.5) {
			out[field] = s.value(field, pools, live)
		}
	}
	if len(out) == 0 {
		field := slices.Sorted(maps.Keys(pools))[0]
		out[field] = s.value(field, pools, live)
	}
	if s.chance(0.04) {
		out["sizes"] = "nobody knows this field"
	}
	return out
}

func (s *sequence) value(field string, pools map[string][]any, live object) any {
	if is, ok := live.values[field]; ok && s.chance(0.5) {
		return is
	}
	return one(s, pools[field])
}

// declareSomething declares a resource by its id or its name; now and then one
// that is not there.
func (s *sequence) declareSomething() {
	kind := one(s, s.weighed(func(subject) bool { return true })).kind
	r, ok := s.any(kind)
	if !ok || s.chance(0.05) {
		kind, r = "Droplet", ref{"Droplet", aNumber(s)}
	}
	live := s.cloud.now()[r]
	selector := driftv1alpha1.ResourceSelector{Kind: kind, ID: r.id}
	if s.chance(0.3) && live.name != "" {
		selector = driftv1alpha1.ResourceSelector{Kind: kind, Name: live.name}
		if s.chance(0.5) {
			selector.Where = whereOf(kind, live)
		}
	}
	s.declareAs(selector, live)
}

func (s *sequence) declareAs(selector driftv1alpha1.ResourceSelector, live object) {
	// The first letter decides which of two of the same second is the older.
	name := fmt.Sprintf("%c-%s-%d", 'a'+rune(s.rng.IntN(26)), strings.ToLower(selector.Kind), s.next())
	if s.chance(0.15) {
		name = "recurring"
	}
	var ignore []string
	if s.chance(0.2) {
		ignore = []string{one(s, append(ignorable(selector.Kind), `inbound_rules["tcp/22"]`))}
	}
	values := s.randomDesired(selector.Kind, live)
	s.note("  %s: %s %s%s %v %v ignoring %v", name, selector.Kind, selector.ID, selector.Name, selector.Where, values, ignore)
	s.declare(name, selector, values, ignore)
}

func (s *sequence) someDeclaration() (string, bool) {
	names := s.declarations()
	if len(names) == 0 {
		return "", false
	}
	return one(s, names), true
}

// declareAgain declares what is declared already, by the other kind of reference
// where that is possible.
func (s *sequence) declareAgain() {
	name, ok := s.someDeclaration()
	if !ok {
		return
	}
	p := current[*driftv1alpha1.CloudProvisioned](s.recorder)[name]
	if p == nil {
		return
	}
	selector := p.Spec.Resource
	r := ref{selector.Kind, p.Status.ResourceID}
	live := s.cloud.now()[r]
	if s.chance(0.5) {
		switch {
		case selector.ID != "" && live.name != "":
			selector.ID, selector.Name = "", live.name
		case selector.Name != "" && r.id != "":
			selector.ID, selector.Name, selector.Where = r.id, "", nil
		}
	}
	s.declareAs(selector, live)
}

func (s *sequence) editSomething() {
	if name, ok := s.someDeclaration(); ok {
		s.editRandomly(name)()
	}
}

// editRandomly draws an edit and returns it, to be made now or while something
// else happens.
func (s *sequence) editRandomly(name string) func() {
	p := current[*driftv1alpha1.CloudProvisioned](s.recorder)[name]
	if p == nil {
		return func() {}
	}
	live := s.cloud.now()[ref{p.Spec.Resource.Kind, p.Status.ResourceID}]
	pools := subjectOf(p.Spec.Resource.Kind).pools(s)
	field := one(s, slices.Sorted(maps.Keys(pools)))
	value, what := s.value(field, pools, live), s.rng.IntN(10)
	ignore := some(s, ignorable(p.Spec.Resource.Kind))
	s.note("  %s: %s to %v, %d, ignoring %v", name, field, value, what, ignore)
	return func() {
		s.edit(name, func(p *driftv1alpha1.CloudProvisioned) bool {
			switch {
			case what == 0:
				p.Spec.Ignore = ignore
			case what <= 2 && len(p.Spec.Desired) > 1:
				delete(p.Spec.Desired, field)
			default:
				maps.Copy(p.Spec.Desired, encoded(map[string]any{field: value}))
			}
			return true
		})
	}
}

// applyFromGit replaces a declaration by what it said first, and drops what the
// operator has written on it: an accept has to survive that, or be made again.
func (s *sequence) applyFromGit() {
	name, ok := s.someDeclaration()
	if !ok {
		return
	}
	s.mu.Lock()
	original, known := s.original[name]
	s.mu.Unlock()
	if !known {
		return
	}
	s.note("  %s: %v", name, original)
	s.edit(name, func(p *driftv1alpha1.CloudProvisioned) bool {
		p.Spec.Desired = encoded(original)
		delete(p.Annotations, driftv1alpha1.LastAcceptedAnnotation)
		return true
	})
}

func (s *sequence) someDrift() *driftv1alpha1.CloudDrift {
	open := s.openDrifts()
	if len(open) == 0 {
		return nil
	}
	return one(s, open)
}

func (s *sequence) acceptOutdated() {
	d := s.someDrift()
	if d == nil {
		return
	}
	inForce := s.cluster.policiesInForce()
	if s.accept(d.Name, strings.Repeat("0", 64)) && inForce && s.cluster.policiesInForce() {
		s.broken("an approval of an observation that never was is admitted on %s", d.Name)
	}
	s.cluster.stats.approval("refused at admission")
}

// acceptTwo accepts two drifts of one CloudProvisioned at the same time.
func (s *sequence) acceptTwo() {
	open := s.openDrifts()
	for i, d := range open {
		for _, other := range open[i+1:] {
			if other.Spec.ProvisionedRef == d.Spec.ProvisionedRef {
				s.note("  %s and %s", d.Name, other.Name)
				for _, name := range []string{d.Name, other.Name} {
					s.racing.Go(func() { s.accept(name, "") })
				}
				return
			}
		}
	}
}

func (s *sequence) acceptAndEdit() {
	d := s.someDrift()
	if d == nil {
		return
	}
	s.note("  %s", d.Name)
	edit, again := s.editRandomly(d.Spec.ProvisionedRef.Name), s.chance(0.5)
	s.racing.Go(func() { s.accept(d.Name, "") })
	s.racing.Go(func() {
		edit()
		if again {
			edit()
		}
	})
}

func (s *sequence) acceptAndChange() {
	d := s.someDrift()
	if d == nil {
		return
	}
	s.note("  %s", d.Name)
	s.racing.Go(func() { s.accept(d.Name, "") })
	s.resizeDroplet()
	s.changeFirewall()
	s.sync()
}

package main

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// acceptances: each one that stands in for a declared value follows from an accept, and ends
// for a reason that there was.
func (j *judge) acceptances() {
	j.people.mu.Lock()
	defer j.people.mu.Unlock()
	for _, l := range declared(j.h) {
		for i := 1; i < len(l.states); i++ {
			was, is := l.states[i-1].object, l.states[i].object
			if asJSON(was.Status.Fields) == asJSON(is.Status.Fields) {
				continue
			}
			for _, f := range is.Status.Fields {
				before := remembered(was.Status, f.Path).Acceptance
				if asJSON(before) != asJSON(f.Acceptance) && f.Acceptance != nil {
					j.acceptance(l, i, f.Path, before, f.Acceptance)
				}
			}
			for _, f := range was.Status.Fields {
				if a := f.Acceptance; a != nil && a.Git == driftv1alpha1.GitPending && remembered(is.Status, f.Path).Acceptance == nil &&
					was.Status.ResourceID == is.Status.ResourceID {
					j.say("%s: the acceptance of %s by %s was forgotten", l.name, f.Path, a.Drift)
				}
			}
		}
	}
}

// acceptance judges one change of what is remembered of a field.
func (j *judge) acceptance(l life[*driftv1alpha1.CloudProvisioned], i int, path string, was, is *driftv1alpha1.Acceptance) {
	d := j.acceptedDrift(l, path, is.Drift)
	switch {
	case d == nil && !j.h.gap:
		j.say("%s: %s is remembered as accepted by %s, and there is no such drift", l.name, path, is.Drift)
	case d == nil:
	case is.Git == driftv1alpha1.GitPending:
		j.begins(l, i, d, was, is)
	case was == nil || was.Drift != is.Drift || was.Git != driftv1alpha1.GitPending:
		// It may be found to have ended by whoever finds that it began.
		if was != nil && was.Drift == is.Drift {
			j.say("%s: the acceptance of %s by %s was %s, and became %s", l.name, path, is.Drift, was.Git, is.Git)
		}
	case !j.ends(l, i, d, was, is):
		j.say("%s: the acceptance of %s by %s is %s, and was not: it was accepted from %s to %s, and declared is %s", l.name, path, is.Drift, is.Git,
			text(decodedValue(was.From)), text(decodedValue(was.To)), canonical(l.states[i].object.Spec.Desired))
	}
}

// acceptedDrift is the life of an accepted drift of a declaration's field.
func (j *judge) acceptedDrift(owner life[*driftv1alpha1.CloudProvisioned], path, name string) *life[*driftv1alpha1.CloudDrift] {
	for _, l := range drifts(j.h) {
		if of, ok := j.owner(l.first().object); ok && of.uid == owner.uid && l.name == name && l.first().object.Spec.Field == path &&
			slices.ContainsFunc(l.states, func(s state[*driftv1alpha1.CloudDrift]) bool {
				return s.object.Status.State == driftv1alpha1.DriftAccepted
			}) {
			return &l
		}
	}
	return nil
}

// acceptedState is the drift as it was accepted.
func acceptedState(l *life[*driftv1alpha1.CloudDrift]) state[*driftv1alpha1.CloudDrift] {
	return l.states[slices.IndexFunc(l.states, func(s state[*driftv1alpha1.CloudDrift]) bool {
		return s.object.Status.State == driftv1alpha1.DriftAccepted
	})]
}

func (j *judge) begins(l life[*driftv1alpha1.CloudProvisioned], i int, d *life[*driftv1alpha1.CloudDrift], was, is *driftv1alpha1.Acceptance) {
	a := acceptedState(d)
	if a.revision > l.states[i].revision {
		j.say("%s: %s is remembered as accepted before it was", l.name, d.name)
	}
	if was != nil && was.Drift == is.Drift {
		j.say("%s: the acceptance by %s began again, after it was %s", l.name, d.name, was.Git)
	}
	from := a.object.Status.Expected
	if was != nil && was.Git == driftv1alpha1.GitPending {
		from = was.From // the manifest has said nothing since
	}
	if asJSON(is.To) != asJSON(a.object.Status.Resolution.Value) || asJSON(is.From) != asJSON(from) {
		j.say("%s: the acceptance by %s is remembered as one from %s to %s", l.name, d.name, asJSON(is.From), asJSON(is.To))
	}
}

// ends says whether there was a reason for the end of an acceptance.
func (j *judge) ends(l life[*driftv1alpha1.CloudProvisioned], i int, d *life[*driftv1alpha1.CloudDrift], was, is *driftv1alpha1.Acceptance) bool {
	p, path := l.states[i].object, d.first().object.Spec.Field
	kind := p.Spec.Resource.Kind
	// What holds the field may be accepted too, and stand in for what holds this one.
	outer := slices.DeleteFunc(standIns(l.states[i-1].object), func(a standIn) bool { return a.path == path || !isWithin(path, a.path) })
	want := desired{values: decoded(p.Spec.Desired), accepted: outer}
	says := func(value any) bool { return want.declares(path) && saysSame(kind, want.effective(kind), path, value) }
	exactly := func(value any) bool {
		return want.declares(path) && saysExactly(kind, want.effective(kind), path, value)
	}
	from, to := decodedValue(was.From), decodedValue(was.To)
	switch is.Git {
	case driftv1alpha1.GitLanded:
		return says(to) && slices.ContainsFunc(j.people.attempts[l.uid], func(written string) bool {
			return saysSame(kind, flatten(kind, decoded(encodedText(written))), path, to)
		})
	case driftv1alpha1.GitSuperseded:
		return !exactly(from) && !exactly(to)
	case driftv1alpha1.GitLapsed:
		return says(from) && j.agreed(l.states[i], ref{kind, d.first().object.Spec.ResourceRef.ID}, path, acceptedState(d).arrived)
	case driftv1alpha1.GitWithdrawn:
		return j.people.takenBack[d.uid]
	case driftv1alpha1.GitPending: // is no end
	}
	return false
}

// agreed says whether at some time since then a field was as it is declared.
func (j *judge) agreed(s state[*driftv1alpha1.CloudProvisioned], r ref, path string, since time.Time) bool {
	if j.clock.ambiguous() {
		since = time.Time{}
	}
	for _, o := range j.cloud.during(r, since.Add(-2*tolerance), s.arrived) {
		if o != nil && !apart(r.kind, path, decoded(s.object.Spec.Desired), *o) {
			return true
		}
	}
	return false
}

// restored says whether a change of a declaration is the taking back of an accept: somebody
// asked for it, and it wrote what was declared before, and nothing else.
func (j *judge) restored(was, is *driftv1alpha1.CloudProvisioned, byUID map[types.UID]life[*driftv1alpha1.CloudDrift]) bool {
	kind := is.Spec.Resource.Kind
	old, now := flatten(kind, decoded(was.Spec.Desired)), flatten(kind, decoded(is.Spec.Desired))
	for _, f := range was.Status.Fields {
		a := f.Acceptance
		if a == nil || a.Git != driftv1alpha1.GitPending || !saysSame(kind, now, f.Path, decodedValue(a.From)) {
			continue
		}
		rest, others := without(old, f.Path), without(now, f.Path)
		asked := false
		for uid, d := range byUID {
			asked = asked || d.name == a.Drift && j.people.takenBack[uid]
		}
		if asked && asJSON(rest) == asJSON(others) {
			return true
		}
	}
	return false
}

// fromGit says whether a change of a declaration is GitOps' own: each of its applies brings
// another revision.
func fromGit(was, is *driftv1alpha1.CloudProvisioned) bool {
	revision := is.Annotations[revisionAnnotation]
	return revision != "" && revision != was.Annotations[revisionAnnotation]
}

// widest is the path that an accept may change: the whole element, where that was not there.
func widest(old map[string]string, path string) string {
	if strings.Contains(path, `"]`) && at(old, elementOf(path)) == "" {
		return elementOf(path)
	}
	return path
}

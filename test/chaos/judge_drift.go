package main

import (
	"encoding/json"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// owner is the life of the CloudProvisioned that a drift is of.
func (j *judge) owner(d *driftv1alpha1.CloudDrift) (life[*driftv1alpha1.CloudProvisioned], bool) {
	controller := metav1.GetControllerOf(d)
	for _, l := range declared(j.h) {
		if controller != nil && l.uid == controller.UID {
			return l, true
		}
	}
	return life[*driftv1alpha1.CloudProvisioned]{}, false
}

// drift checks the life of one drift.
func (j *judge) drift(l life[*driftv1alpha1.CloudDrift]) {
	owner, ok := j.owner(l.first().object)
	if !ok {
		if !j.h.gap {
			j.say("drift %s has no CloudProvisioned", l.name)
		}
		return
	}
	j.episodeTaken(l, owner)
	for i, s := range l.states {
		d := s.object
		var was *driftv1alpha1.CloudDrift
		if i > 0 {
			was = l.states[i-1].object
		}
		if was != nil && resolved(was) && asJSON(was.Status) != asJSON(d.Status) {
			j.say("drift %s changed after it was resolved", l.name)
		}
		if d.Status.State == "" {
			continue
		}
		if was == nil || valuesOf(was) != valuesOf(d) {
			j.valuesTrue(s, owner)
		}
		if was != nil && was.Status.Resolution != nil && (d.Status.Resolution != nil || resolved(d)) && valuesOf(was) != valuesOf(d) {
			j.say("drift %s was refreshed while its resolution was under way", l.name)
		}
		abandoned := owner.deleted != 0 && owner.deletedSince < s.revision
		if d.Status.State == driftv1alpha1.DriftStale && was != nil && !resolved(was) && !abandoned {
			switch {
			case was.Status.Resolution != nil && j.h.gap: // it may have been taken back, which went by unseen
			case was.Status.Resolution != nil:
				j.say("drift %s went stale while its resolution was under way", l.name)
			case !j.wentAway(l, i, owner):
				j.say("drift %s went stale at revision %d, and %s differed all the time", l.name, s.revision, d.Spec.Field)
			}
		}
	}
}

func asJSON(v any) string {
	out, _ := json.Marshal(v)
	return string(out)
}

func valuesOf(d *driftv1alpha1.CloudDrift) pair {
	return pair{asJSON(d.Status.Expected), asJSON(d.Status.Actual)}
}

// episodeTaken: the memory held the episode before the drift was created.
func (j *judge) episodeTaken(l life[*driftv1alpha1.CloudDrift], owner life[*driftv1alpha1.CloudProvisioned]) {
	if j.h.gap {
		return
	}
	first := l.first()
	spec := first.object.Spec
	before := owner.before(first.revision)
	if before == nil {
		j.say("drift %s is older than its CloudProvisioned", l.name)
		return
	}
	for _, s := range owner.states {
		m := remembered(s.object.Status, spec.Field)
		if s.revision < first.revision && m.Episode == spec.Episode && m.OpenDrift == l.name {
			return
		}
	}
	j.say("drift %s was created, and its episode was not taken before", l.name)
}

// valuesTrue: the recorded actual value was true at some time before, the expected
// one was declared, and the two differ.
func (j *judge) valuesTrue(s state[*driftv1alpha1.CloudDrift], owner life[*driftv1alpha1.CloudProvisioned]) {
	d := s.object
	r, field := ref{d.Spec.ResourceRef.Kind, d.Spec.ResourceRef.ID}, d.Spec.Field
	values := pair{text(decodedValue(d.Status.Expected)), text(decodedValue(d.Status.Actual))}
	if values.expected == values.actual {
		j.say("drift %s says that %q differs from itself", d.Name, values.actual)
	}
	wasTrue, wasDeclared := false, field == existence
	for _, o := range j.cloud.during(r, time.Time{}, s.arrived) {
		wasTrue = wasTrue || field == existence && o == nil || field != existence && o != nil && alike(at(o.fields, field), values.actual)
	}
	for _, p := range owner.states {
		if p.revision < s.revision {
			declared := desired{values: decoded(p.object.Spec.Desired), accepted: standIns(p.object)}
			wasDeclared = wasDeclared || alike(at(declared.effective(r.kind), field), values.expected)
		}
	}
	if !wasTrue {
		j.say("drift %s says that %s of %s is %q, which it never was", d.Name, field, r, values.actual)
	}
	if !wasDeclared && !j.h.gap {
		j.say("drift %s says that %s is declared as %q, which it never was", d.Name, field, values.expected)
	}
}

// tolerance is for how far an operator's caches may be behind.
const tolerance = 3 * time.Second

// wentAway: at some time after the observation that the drift rested on, until it
// went stale at the ith state, the field did not differ.
func (j *judge) wentAway(l life[*driftv1alpha1.CloudDrift], i int, owner life[*driftv1alpha1.CloudProvisioned]) bool {
	stale := l.states[i]
	d := stale.object
	r := ref{d.Spec.ResourceRef.Kind, d.Spec.ResourceRef.ID}
	opened := l.states[i-1]
	for k := i - 1; k >= 0 && valuesOf(l.states[k].object) == valuesOf(d); k-- {
		opened = l.states[k]
	}
	if j.isDuplicate(owner, r, opened.revision, stale.revision) {
		return true
	}
	from := j.restedOn(r, d, opened)
	var states []desired
	for k, p := range owner.states {
		next := k+1 < len(owner.states) && owner.states[k+1].arrived.Before(opened.arrived.Add(-tolerance))
		if p.revision > stale.revision || next {
			continue
		}
		if bound := boundID(p.object); bound != "" && bound != r.id {
			return true // it is bound to another resource
		}
		states = append(states, desired{decoded(p.object.Spec.Desired), p.object.Spec.Ignore, standIns(p.object)})
	}
	for _, o := range j.cloud.during(r, from, stale.arrived) {
		for _, each := range states {
			if (o != nil || d.Spec.Field == existence) && !differs(r.kind, d.Spec.Field, each, o) {
				return true
			}
		}
	}
	return false
}

// isDuplicate says whether an older declaration of the resource was there between two
// revisions: then the owner's drifts are no longer what decides.
func (j *judge) isDuplicate(owner life[*driftv1alpha1.CloudProvisioned], r ref, from, until uint64) bool {
	for _, other := range declared(j.h) {
		if other.uid == owner.uid || other.deleted != 0 && other.deleted < from || !older(other.first().object, owner.first().object) {
			continue
		}
		for _, s := range other.states {
			if s.revision < until && s.object.Spec.Resource.Kind == r.kind && boundID(s.object) == r.id {
				return true
			}
		}
	}
	return false
}

// restedOn is the time of the observation that a drift was opened, or refreshed
// last, on: of the last one before it that showed its actual value, or of an
// earlier one that a cache may still have held.
func (j *judge) restedOn(r ref, d *driftv1alpha1.CloudDrift, opened state[*driftv1alpha1.CloudDrift]) time.Time {
	from := opened.arrived.Add(-tolerance)
	actual := text(decodedValue(d.Status.Actual))
	found := false
	for _, l := range resources(j.h) {
		if refOf(l.first().object) != r {
			continue
		}
		for _, s := range slices.Backward(l.states) {
			absent := s.object.Observed.AbsentSince != nil
			if s.revision > opened.revision || absent != (d.Spec.Field == existence) ||
				!absent && at(observedFields(s.object), d.Spec.Field) != actual {
				continue
			}
			if !found || opened.arrived.Sub(s.arrived) < tolerance {
				from, found = j.asked(s.object.Observed.ObservedAt.Time), true
			}
		}
	}
	return from
}

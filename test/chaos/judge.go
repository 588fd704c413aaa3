package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// judge holds every state that any object was in against what was true at the
// time, and against what was written before.
type judge struct {
	h      history
	cloud  truths
	clock  *clock
	people *people
	// lied and lagged are the sequence's.
	lied, lagged bool
	// disturbed says that an admission policy was away meanwhile.
	disturbed bool
	wrong     []string
}

// truths is what a judge asks of the cloud.
type truths interface {
	during(r ref, from, until time.Time) []*object
	counts(kind string, from, until time.Time) (least, most int)
	deletions(kind string) int
	// alone says whether at some moment until then a resource was the only one that a
	// selector means.
	alone(r ref, means func(*object) bool, until time.Time) bool
}

func (j *judge) say(format string, args ...any) {
	j.wrong = append(j.wrong, fmt.Sprintf(format, args...))
}

// verdicts are all that was wrong.
func (j *judge) verdicts() []string {
	j.inventory()
	j.accounts()
	j.memories()
	j.bindings()
	j.onlyOneOpen()
	for _, l := range drifts(j.h) {
		j.drift(l)
	}
	j.accepts()
	j.acceptances()
	return j.wrong
}

// asked is the earliest time that an observation may be of: when it was asked for,
// by the operator's own account.
func (j *judge) asked(observedAt time.Time) time.Time {
	switch {
	case j.clock.ambiguous():
		return time.Time{}
	case j.lagged:
		return j.clock.wall(observedAt).Add(-6 * time.Second)
	default:
		return j.clock.wall(observedAt).Add(-2 * time.Millisecond)
	}
}

func refOf(r *driftv1alpha1.CloudResource) ref { return ref{r.Spec.Kind, r.Spec.ID} }

// inventory: each observation was true at its time, and none replaced a newer one.
func (j *judge) inventory() {
	for _, l := range resources(j.h) {
		r := refOf(l.first().object)
		for i, s := range l.states {
			o := s.object.Observed
			if i > 0 {
				was := l.states[i-1].object.Observed
				if was.ObservedAt.Equal(&o.ObservedAt) && was.Digest == o.Digest && (was.AbsentSince == nil) == (o.AbsentSince == nil) {
					continue
				}
				if o.ObservedAt.Before(&was.ObservedAt) && !j.clock.ambiguous() {
					j.say("%s: the observation of %s replaced the newer one of %s", r, o.ObservedAt, was.ObservedAt)
				}
			}
			if ok, why := j.was(r, s.object, s.arrived); !ok {
				j.say("%s at revision %d, observed at %s: %s", r, s.revision, o.ObservedAt, why)
			}
		}
		if l.deleted != 0 && !j.wasAbsent(r, j.asked(l.last().object.Observed.ObservedAt.Time), l.deletedAt) {
			j.say("%s: its CloudResource was deleted, and it was there all the time", r)
		}
	}
}

func (j *judge) was(r ref, held *driftv1alpha1.CloudResource, until time.Time) (ok bool, why string) {
	from := j.asked(held.Observed.ObservedAt.Time)
	if held.Observed.AbsentSince != nil {
		return j.wasAbsent(r, from, until), "it is recorded as absent, and was there all the time"
	}
	why = "it is recorded as there, and was not"
	for _, o := range j.cloud.during(r, from, until) {
		if o == nil {
			continue
		}
		if ok, why = shows(held, *o); ok {
			return true, ""
		}
	}
	return false, why
}

func (j *judge) wasAbsent(r ref, from, until time.Time) bool {
	for _, o := range j.cloud.during(r, from, until) {
		if o == nil {
			return true
		}
	}
	return false
}

// accounts: what a status counts was there to be counted, and nobody was asked to
// confirm what did not vanish.
func (j *judge) accounts() {
	for _, l := range lives[*driftv1alpha1.CloudAccount](j.h) {
		seen := map[string]metav1.Time{}
		for _, s := range l.states {
			status := s.object.Status
			if status.TeamUUID != "" && status.TeamUUID != dosim.DefaultTeam {
				j.say("the account was pinned to the team %s", status.TeamUUID)
			}
			for _, k := range status.Kinds {
				if k.Reason == driftv1alpha1.ReasonFixMassDisappearance && j.cloud.deletions(k.Kind) <= 10 && !j.lied {
					j.say("a mass disappearance of the kind %s is reported after %d deletions", k.Kind, j.cloud.deletions(k.Kind))
				}
				if k.ObservedAt == nil || k.Resources == nil || seen[k.Kind].Time.Equal(k.ObservedAt.Time) {
					continue
				}
				seen[k.Kind] = *k.ObservedAt
				if j.lied || j.lagged || j.clock.ambiguous() {
					continue
				}
				// The status keeps whole seconds.
				least, most := j.cloud.counts(k.Kind, j.asked(k.ObservedAt.Time), s.arrived)
				if n := int(*k.Resources); n < least || n > most {
					j.say("a complete listing of the kind %s is reported with %d resources; there were %d to %d", k.Kind, n, least, most)
				}
			}
		}
	}
}

// memories: what a declaration's status counts never goes back. Episodes are those of the
// resource that it is bound to.
func (j *judge) memories() {
	for _, l := range declared(j.h) {
		for i := 1; i < len(l.states); i++ {
			was, is := l.states[i-1].object.Status, l.states[i].object.Status
			if is.SpecVersion < was.SpecVersion || is.ObservedGeneration < was.ObservedGeneration {
				j.say("%s: specVersion or observedGeneration went from %d, %d back to %d, %d",
					l.name, was.SpecVersion, was.ObservedGeneration, is.SpecVersion, is.ObservedGeneration)
			}
			if was.ResourceID != is.ResourceID {
				continue
			}
			for _, f := range was.Fields {
				if now := remembered(is, f.Path); now.Episode < f.Episode {
					j.say("%s: the memory of %s went from episode %d back to %d", l.name, f.Path, f.Episode, now.Episode)
				}
			}
		}
	}
}

// bindings: what is referred to by name was bound when only one resource had it. Before
// the listing is complete, the first that comes is not the only one.
func (j *judge) bindings() {
	if j.lied || j.lagged || j.h.gap {
		return
	}
	for _, l := range declared(j.h) {
		bound := ""
		for _, s := range l.states {
			selector, id := s.object.Spec.Resource, s.object.Status.ResourceID
			if selector.Name == "" || id == "" || id == bound {
				continue
			}
			bound = id
			means := func(o *object) bool {
				if o == nil || o.name != selector.Name {
					return false
				}
				for field, value := range selector.Where {
					if o.fields[field] != value.String() {
						return false
					}
				}
				return true
			}
			if !j.cloud.alone(ref{selector.Kind, id}, means, s.arrived) {
				j.say("%s was bound to %s at revision %d, which never was the only one named %q", l.name, id, s.revision, selector.Name)
			}
		}
	}
}

func remembered(status driftv1alpha1.CloudProvisionedStatus, path string) driftv1alpha1.FieldStatus {
	for _, f := range status.Fields {
		if f.Path == path {
			return f
		}
	}
	return driftv1alpha1.FieldStatus{}
}

// onlyOneOpen: at no moment two open drifts of one field of one resource, but for those of a
// declaration that is deleted: the garbage collector takes them one after the other, and the
// next declaration of the resource does not wait for it.
func (j *judge) onlyOneOpen() {
	open := map[string]map[types.UID]*driftv1alpha1.CloudDrift{}
	undeclared := map[types.UID]bool{}
	abandoned := func(_ types.UID, d *driftv1alpha1.CloudDrift) bool {
		owner := metav1.GetControllerOf(d)
		return owner != nil && undeclared[owner.UID]
	}
	for _, r := range j.h.records {
		if p, ok := r.object.(*driftv1alpha1.CloudProvisioned); ok && r.deleted {
			undeclared[p.UID] = true
		}
		d, ok := r.object.(*driftv1alpha1.CloudDrift)
		if !ok {
			continue
		}
		key := strings.ToLower(d.Spec.ResourceRef.Kind+" "+d.Spec.ResourceRef.ID) + " " + d.Spec.Field
		if open[key] == nil {
			open[key] = map[types.UID]*driftv1alpha1.CloudDrift{}
		}
		if r.deleted || resolved(d) {
			delete(open[key], d.UID)
			continue
		}
		open[key][d.UID] = d
		maps.DeleteFunc(open[key], abandoned)
		if len(open[key]) > 1 {
			j.say("at revision %d there are %d open drifts of %s: %v", r.revision, len(open[key]), key, slices.Sorted(maps.Keys(open[key])))
		}
	}
}

package main

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// accepts: every change of a declaration is somebody's edit, or the one writing of
// an accept whose approval was recorded before; and every drift that ended as
// accepted was written once.
func (j *judge) accepts() {
	j.people.mu.Lock()
	defer j.people.mu.Unlock()
	byUID := map[types.UID]life[*driftv1alpha1.CloudDrift]{}
	for _, l := range drifts(j.h) {
		byUID[l.uid] = l
	}
	written := map[types.UID]int{}
	for _, l := range declared(j.h) {
		for i := 1; i < len(l.states); i++ {
			j.specChange(l, i, byUID, written)
		}
	}
	for uid, l := range byUID {
		j.acceptEnded(l, written[uid])
	}
}

// specChange judges one change of a declaration and counts whose accept it was.
func (j *judge) specChange(l life[*driftv1alpha1.CloudProvisioned], i int, byUID map[types.UID]life[*driftv1alpha1.CloudDrift], written map[types.UID]int) {
	was, is := l.states[i-1].object, l.states[i].object
	before, after := canonical(was.Spec.Desired), canonical(is.Spec.Desired)
	mark := is.Annotations[driftv1alpha1.LastAcceptedAnnotation]
	marked := mark != "" && mark != was.Annotations[driftv1alpha1.LastAcceptedAnnotation]
	byPeople := fromGit(was, is) || j.people.edits[is.ResourceVersion] || before != after && !marked && slices.Contains(j.people.attempts[l.uid], after)
	if before == after && !marked || byPeople || j.h.gap {
		return
	}
	if !marked && j.restored(was, is, byUID) {
		return
	}
	if !marked {
		j.say("%s: its desired state went from %s to %s, and nobody wrote that", l.name, before, after)
		return
	}
	for uid, d := range byUID {
		if d.name+"/"+string(uid) != mark || d.first().object.Spec.ProvisionedRef.Name != l.name {
			continue
		}
		at := d.before(l.states[i].revision)
		if at == nil || d.deleted != 0 && d.deleted < l.states[i].revision {
			continue
		}
		written[uid]++
		j.written(at.object, was, is)
		return
	}
	j.say("%s: the accept of %s was written, and there is no such drift", l.name, mark)
}

// written judges the writing of one accept: the approval was recorded, and nothing
// but the field has changed, to the approved value.
func (j *judge) written(d *driftv1alpha1.CloudDrift, was, is *driftv1alpha1.CloudProvisioned) {
	if d.Status.Resolution == nil || d.Status.Resolution.Verb != driftv1alpha1.VerbAccept {
		j.say("%s: the accept of %s was written before its approval was recorded", is.Name, d.Name)
		return
	}
	approved := text(decodedValue(d.Status.Resolution.Value))
	kind, field := is.Spec.Resource.Kind, d.Spec.Field
	old, now := flatten(kind, decoded(was.Spec.Desired)), flatten(kind, decoded(is.Spec.Desired))
	if wrote := at(now, field); !alike(wrote, approved) {
		j.say("%s: the accept of %s wrote %q, and %q was approved", is.Name, d.Name, wrote, approved)
	}
	whole := widest(old, field)
	old, now = without(old, whole), without(now, whole)
	if !maps.Equal(old, now) {
		j.say("%s: the accept of %s changed more than %s: from %v to %v", is.Name, d.Name, field, old, now)
	}
}

// acceptEnded judges how a drift ended against how often its accept was written.
func (j *judge) acceptEnded(l life[*driftv1alpha1.CloudDrift], written int) {
	d := l.last().object
	accepted := d.Status.State == driftv1alpha1.DriftAccepted
	if written > 1 && !j.overwritten(l) {
		j.say("the accept of %s was written %d times", l.name, written)
	}
	if !j.h.gap && accepted != (written > 0) && l.deleted == 0 && !j.overwritten(l) && !j.undone(d) {
		j.say("drift %s is %s, and its accept was written %d times", l.name, d.Status.State, written)
	}
	if !accepted {
		return
	}
	if d.Status.Resolution == nil || d.Status.ResolvedBy != accepter || d.Status.Resolution.User != accepter {
		j.say("drift %s is accepted, and not by %s: %+v", l.name, accepter, d.Status)
		return
	}
	value := text(decodedValue(d.Status.Resolution.Value))
	approved := slices.ContainsFunc(j.people.approvals[l.uid], func(a approval) bool {
		return a.observation == d.Status.Resolution.Observation && a.value == value
	})
	// An answer that was lost may have been an approval.
	if !approved && !j.h.gap {
		j.say("drift %s was accepted at the value %q, which nobody approved", l.name, value)
	}
}

// overwritten says whether somebody took the mark of an accept off the declaration
// while it was being carried out, so that it had to be made again, or was not needed
// any more.
func (j *judge) overwritten(l life[*driftv1alpha1.CloudDrift]) bool {
	d := l.last().object
	owner, ok := j.owner(d)
	if !ok {
		return true
	}
	resolvedAt := l.last().revision
	if i := slices.IndexFunc(l.states, func(s state[*driftv1alpha1.CloudDrift]) bool { return resolved(s.object) }); i >= 0 {
		resolvedAt = l.states[i].revision
	}
	for i := 1; i < len(owner.states); i++ {
		if resolved(d) && owner.states[i].revision > resolvedAt {
			break // the mark was no longer needed
		}
		was := owner.states[i-1].object.Annotations[driftv1alpha1.LastAcceptedAnnotation]
		if was == d.Name+"/"+string(d.UID) && owner.states[i].object.Annotations[driftv1alpha1.LastAcceptedAnnotation] == "" {
			return true
		}
	}
	return false
}

// undone says whether somebody declared another value once an accept was written, where an
// admission policy was away: then its mark may be anybody's, and the approval is taken back.
func (j *judge) undone(d *driftv1alpha1.CloudDrift) bool {
	owner, ok := j.owner(d)
	if !ok || !j.disturbed {
		return false
	}
	marked := ""
	for _, state := range owner.states {
		p := state.object
		if p.Annotations[driftv1alpha1.LastAcceptedAnnotation] != d.Name+"/"+string(d.UID) {
			continue
		}
		desired := canonical(p.Spec.Desired)
		if marked == "" {
			marked = desired
		}
		if desired != marked {
			return true
		}
	}
	return false
}

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// history is every state that every object was in, in the order of their writing.
type history struct {
	records []record
	// gap says that some states may be missing.
	gap bool
}

// life is the states of one object of type T.
type life[T client.Object] struct {
	uid    types.UID
	name   string
	states []state[T]
	// deleted is when it was deleted, by revision; 0: it is there.
	deleted   uint64
	deletedAt time.Time
	// deletedSince is the revision after which it may have been gone: an earlier one than
	// deleted where the deletion went by unseen.
	deletedSince uint64
}

type state[T client.Object] struct {
	revision uint64
	arrived  time.Time
	object   T
}

func (l life[T]) first() state[T] { return l.states[0] }
func (l life[T]) last() state[T]  { return l.states[len(l.states)-1] }

// before is the last state of an older revision, nil where there is none.
func (l life[T]) before(revision uint64) *state[T] {
	for i := len(l.states) - 1; i >= 0; i-- {
		if l.states[i].revision < revision {
			return &l.states[i]
		}
	}
	return nil
}

// lives are the objects of one type in the order in which they came.
func lives[T client.Object](h history) []life[T] {
	var out []life[T]
	index := map[types.UID]int{}
	for _, r := range h.records {
		o, ok := r.object.(T)
		if !ok {
			continue
		}
		i, known := index[o.GetUID()]
		if !known {
			i = len(out)
			index[o.GetUID()] = i
			out = append(out, life[T]{uid: o.GetUID(), name: o.GetName()})
		}
		if r.deleted {
			out[i].deleted, out[i].deletedAt, out[i].deletedSince = r.revision, r.arrived, r.since
			continue
		}
		out[i].states = append(out[i].states, state[T]{r.revision, r.arrived, o})
	}
	return slices.DeleteFunc(out, func(l life[T]) bool { return len(l.states) == 0 })
}

func drifts(h history) []life[*driftv1alpha1.CloudDrift] { return lives[*driftv1alpha1.CloudDrift](h) }

func declared(h history) []life[*driftv1alpha1.CloudProvisioned] {
	return lives[*driftv1alpha1.CloudProvisioned](h)
}

func resources(h history) []life[*driftv1alpha1.CloudResource] {
	return lives[*driftv1alpha1.CloudResource](h)
}

// objects are the UIDs of all that ever was.
func (h history) objects() map[types.UID]bool {
	out := map[types.UID]bool{}
	for _, r := range h.records {
		out[r.object.GetUID()] = true
	}
	return out
}

// render is the history for people.
func (h history) render(began time.Time) string {
	var b strings.Builder
	for _, r := range h.records {
		what := map[bool]string{false: "", true: " DELETED"}[r.deleted]
		fmt.Fprintf(&b, "%8.3f %d %s %s%s ", r.arrived.Sub(began).Seconds(), r.revision,
			strings.TrimPrefix(fmt.Sprintf("%T", r.object), "*v1alpha1."), r.object.GetName(), what)
		var shown any
		switch o := r.object.(type) {
		case *driftv1alpha1.CloudResource:
			shown = map[string]any{"observed": o.Observed}
		case *driftv1alpha1.CloudDrift:
			shown = map[string]any{"annotations": o.Annotations, "spec": o.Spec, "status": o.Status}
		case *driftv1alpha1.CloudProvisioned:
			shown = map[string]any{"annotations": o.Annotations, "generation": o.Generation, "spec": o.Spec, "status": o.Status}
		case *driftv1alpha1.CloudAccount:
			shown = map[string]any{"annotations": o.Annotations, "status": o.Status}
		}
		text, _ := json.Marshal(shown)
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String()
}

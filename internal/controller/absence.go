package controller

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// What may vanish of a kind at once without a person's word: this many, or this
// share of it, whichever is more.
const (
	believedAbsences = 10
	believedShare    = 0.05
)

// suspect is a resource that a complete listing did not hold.
type suspect struct {
	name, id string
	// current is nil where the inventory never held it: it was only declared.
	current  *driftv1alpha1.CloudResource
	declared bool
	// foreign says that current was left by a deleted account of the same name: no
	// listing of this one has ever shown it.
	foreign bool
	// listed says that the listing did hold it, so that its own answer is still owed.
	listed bool
}

// seen says whether the account's inventory ever held it as there.
func (s suspect) seen() bool {
	return s.current != nil && !s.foreign && s.current.Observed.AbsentSince == nil
}

// suspects are what is held, or only declared, and not in the complete listing.
// What was observed after the listing began says nothing against it.
func (v inventory) suspects(listing resource.Listing, held map[string]*driftv1alpha1.CloudResource, declared map[string]string) []suspect {
	now := v.clock.Now()
	listed := make(map[string]bool, listing.Len())
	for id := range listing.IDs() {
		listed[cloudResourceName(v.account.Name, resource.Ref{Kind: v.kind, ID: id})] = true
	}
	var out []suspect
	for name, r := range held {
		if listed[name] || newer(r, listing.StartedAt, now) {
			continue
		}
		_, isDeclared := declared[name]
		out = append(out, suspect{name: name, id: r.Spec.ID, current: r, declared: isDeclared, foreign: !v.owns(r)})
	}
	for name, id := range declared {
		if !listed[name] && held[name] == nil {
			out = append(out, suspect{name: name, id: id, declared: true})
		}
	}
	slices.SortFunc(out, func(a, b suspect) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	return out
}

// vanished are the suspects that were there at the last complete listing.
func vanished(all []suspect) []suspect {
	return slices.DeleteFunc(slices.Clone(all), func(s suspect) bool { return !s.seen() })
}

// present is how many of what is held were there at the last complete listing.
func (v inventory) present(held map[string]*driftv1alpha1.CloudResource) int {
	n := 0
	for _, r := range held {
		if v.owns(r) && r.Observed.AbsentSince == nil {
			n++
		}
	}
	return n
}

// massDisappearance is the token that confirms the disappearance of so many of
// those that were present, "" where so few vanished that nobody has to.
func massDisappearance(kind string, all []suspect, present int) string {
	gone := vanished(all)
	if len(gone) <= believedAbsences || float64(len(gone)) <= believedShare*float64(present) {
		return ""
	}
	ids := make([]any, 0, len(gone))
	for _, s := range gone {
		ids = append(ids, s.id)
	}
	return fmt.Sprintf("%s-%d-%s", kind, len(gone), resource.Hash(ids...)[:12])
}

// settle asks for each suspect by its id, believes only a 404, and writes what came
// of it. One that could not be asked for stays what it was; the error says so.
func (v inventory) settle(ctx context.Context, cloud Cloud, held map[string]*driftv1alpha1.CloudResource, all []suspect) error {
	there, gone, err := v.ask(ctx, cloud, all)
	v.record(ctx, held, there)
	for _, a := range gone {
		if v.writes.end() {
			break
		}
		v.writes.add(v.entomb(ctx, a))
	}
	return err
}

// absence is a suspect that was proven gone.
type absence struct {
	suspect
	askedAt metav1.MicroTime
}

// ask says which of the suspects are there after all, and which are gone. Where an
// error ends it, what was found until then holds: of very many, some are asked for
// in this hour and some in the next. A tombstone is not asked for again.
func (v inventory) ask(ctx context.Context, cloud Cloud, all []suspect) (there []resource.Resource, gone []absence, _ error) {
	for _, s := range all {
		entombed := s.current != nil && !s.seen()
		switch {
		case entombed && !s.declared: // nothing refers to it any more, or it is another account's
			gone = append(gone, absence{suspect: s})
			continue
		case entombed && !s.foreign:
			continue
		}
		askedAt := metav1.NewMicroTime(v.clock.Now())
		found, err := cloud.Get(ctx, v.kind, s.id)
		switch class := digitalocean.ClassOf(err); {
		case err == nil:
			there = append(there, found)
		case class == digitalocean.NotFound:
			gone = append(gone, absence{s, askedAt})
		case !s.seen() && !s.listed && ofOneID[class]:
			// Its declaration waits; the kind as a whole is known all the same.
		default:
			return there, gone, fmt.Errorf("asking for %s %s by its id: %w", v.kind, s.id, err)
		}
	}
	return there, gone, nil
}

// ofOneID are the classes of errors that one declared id may always be answered
// with, so that it must not keep its kind from being known.
var ofOneID = map[digitalocean.Class]bool{
	digitalocean.Invalid: true, digitalocean.ServerError: true, digitalocean.Malformed: true,
}

// entomb records that a resource was proven gone: as a tombstone while anything
// declared refers to it, else by deleting its CloudResource.
func (v inventory) entomb(ctx context.Context, a absence) error {
	switch current := a.current; {
	case a.declared:
		gone := driftv1alpha1.Observation{}
		if current != nil {
			gone = *current.Observed.DeepCopy()
		}
		if gone.AbsentSince == nil {
			gone.AbsentSince = ptr.To(metav1.NewTime(v.clock.Now()))
		}
		gone.ObservedAt = a.askedAt
		return v.put(ctx, a.name, resource.Ref{Kind: v.kind, ID: a.id}, current, gone)
	case current == nil:
		return nil
	default:
		err := v.client.Delete(ctx, current.DeepCopy(), client.Preconditions{UID: &current.UID, ResourceVersion: &current.ResourceVersion})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting CloudResource %s: %w", a.name, err)
		}
		return nil
	}
}

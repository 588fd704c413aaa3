package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// What may vanish of a kind at once without a person's word: this many, or this
// share of it, whichever is more.
const (
	believedAbsences = 10
	believedShare    = 0.05
)

// missingResource is a resource that a complete listing did not hold.
type missingResource struct {
	name, id string
	// current is nil where the inventory never held it: it was only declared.
	current  *driftv1alpha1.CloudResource
	declared bool
	// foreign says that current was left by a deleted account of the same name: no
	// listing of this one has ever shown it.
	foreign bool
	// listed says that the listing did hold it, so that its own answer is still owed.
	listed bool
	// orphan says that its parent is proven gone, and it with it.
	orphan bool
}

// seen says whether the account's inventory ever held it as there.
func (s missingResource) seen() bool {
	return s.current != nil && !s.foreign && s.current.Observed.AbsentSince == nil
}

// missing are what is held, or only declared, and was not listed where it would have been.
// What was observed after that listing began says nothing against it.
func (v store) missing(p *kindPass, held map[string]*driftv1alpha1.CloudResource) []missingResource {
	now := v.Clock.Now()
	listed := v.listedNames(p.listing)
	var out []missingResource
	for name, r := range held {
		if listed[name] {
			continue
		}
		if since, concludes := p.concludes(r.Spec.ID); !concludes || objects.ObservedAfter(r, since, now) {
			continue
		}
		_, isDeclared := p.declared.ids[name]
		out = append(out, missingResource{name: name, id: r.Spec.ID, current: r, declared: isDeclared, foreign: !v.owns(r)})
	}
	slices.SortFunc(out, func(a, b missingResource) int { return cmp.Compare(a.name, b.name) })
	return out
}

// onlyDeclared are the ids that are declared, and that neither the listings nor the
// inventory have.
func (v store) onlyDeclared(p *kindPass, held map[string]*driftv1alpha1.CloudResource) []missingResource {
	listed := v.listedNames(p.listing)
	var out []missingResource
	for name, id := range p.declared.ids {
		if _, concludes := p.concludes(id); concludes && !listed[name] && held[name] == nil {
			out = append(out, missingResource{name: name, id: id, declared: true})
		}
	}
	return out
}

func (v store) listedNames(listing resource.Listing) map[string]bool {
	listed := make(map[string]bool, listing.Len())
	for id := range listing.IDs() {
		listed[objects.CloudResourceName(v.account.Name, resource.Ref{Kind: v.kind, ID: id})] = true
	}
	return listed
}

// vanished are the declared ones of these that were there at the last complete listing. What
// nobody declared harms nobody by vanishing.
func vanished(all []missingResource) []missingResource {
	return slices.DeleteFunc(slices.Clone(all), func(s missingResource) bool { return !s.seen() || !s.declared || s.listed || s.orphan })
}

// presentDeclared is how many of the declared resources were there at the last complete
// listing.
func (v store) presentDeclared(held map[string]*driftv1alpha1.CloudResource, declared map[string]string) int {
	n := 0
	for name := range declared {
		if r := held[name]; r != nil && v.owns(r) && r.Observed.AbsentSince == nil {
			n++
		}
	}
	return n
}

// massDisappearance is the token that confirms the disappearance of so many of the
// declared resources that were present, "" where so few vanished that nobody has to. It
// names this disappearance: should the same vanish again, it is another one.
func massDisappearance(kind string, gone []missingResource, present int, now time.Time) string {
	if len(gone) <= believedAbsences || float64(len(gone)) <= believedShare*float64(present) {
		return ""
	}
	ids := make([]any, 0, len(gone)+1)
	for _, s := range gone {
		ids = append(ids, s.id)
	}
	ids = append(ids, withheldAt(gone, metav1.NewTime(now)).UTC().Format(time.RFC3339))
	return fmt.Sprintf("%s-%d-%s", kind, len(gone), resource.Hash(ids...)[:12])
}

// settlement is what came of asking for what was missing.
type settlement struct {
	// gone are the ids that were proven gone.
	gone []string
	// unanswered is why some that are declared could not be asked for.
	unanswered error
	// owed is why some that the listing did hold, and somebody else wrote meanwhile,
	// could not be asked for.
	owed error
	// refused is why asking for more would only be answered in the same way.
	refused error
}

// settle asks for each missing resource by its id, believes only a 404, and writes what came
// of it. Nothing is concluded of a resource that could not be asked for, or that waits for
// a person; where it is declared, its CloudResource says so. Orphans went with their parent.
// What is withheld is so since now, or since before.
func (v store) settle(ctx context.Context, cloud Cloud, held map[string]*driftv1alpha1.CloudResource, all, withheld, orphans []missingResource, now time.Time) settlement {
	waiting := map[string]bool{}
	for _, s := range withheld {
		waiting[s.name] = true
	}
	answers := v.ask(ctx, cloud, slices.DeleteFunc(slices.Clone(all), func(s missingResource) bool { return waiting[s.name] }))
	v.record(ctx, held, answers.there)
	asked := metav1.NewMicroTime(v.Clock.Now())
	for _, s := range orphans {
		answers.gone = append(answers.gone, absence{s, asked})
	}
	out := settlement{unanswered: answers.unanswered, owed: answers.owed, refused: answers.refused}
	for _, a := range answers.gone {
		if v.writes.Ended() {
			break
		}
		out.gone = append(out.gone, a.id)
		v.writes.Add(v.recordAbsence(ctx, a))
	}
	since := withheldAt(withheld, metav1.NewTime(now))
	for _, s := range withheld {
		v.writes.Add(v.withhold(ctx, s, since))
	}
	for _, s := range answers.open {
		v.writes.Add(v.withhold(ctx, s, metav1.NewTime(now)))
	}
	return out
}

// absence is a missing resource that was proven gone.
type absence struct {
	missingResource
	askedAt metav1.MicroTime
}

// answers are what came of asking for missing resources.
type answers struct {
	there []resource.Resource
	gone  []absence
	// open are the declared ones that were there and could not be asked for; unanswered
	// says why.
	open       []missingResource
	unanswered error
	// owed is why some that the listing did hold could not be asked for.
	owed error
	// refused is why no more were asked for.
	refused error
}

// ask says which of the missing resources are there after all, which are gone, and which of the
// declared ones that were there could not be asked for. A tombstone is not asked for
// again.
func (v store) ask(ctx context.Context, cloud Cloud, all []missingResource) answers {
	var out answers
	for _, s := range all {
		switch isTombstone := s.current != nil && !s.seen(); {
		case isTombstone && !s.declared: // nothing refers to it any more, or it is another account's
			out.gone = append(out.gone, absence{missingResource: s})
			continue
		case isTombstone && !s.foreign:
			continue
		case !s.declared && !s.listed && v.cannotBeAskedFor(s.id):
			// The complete listing is all that there is to go by.
			out.gone = append(out.gone, absence{missingResource: s})
			continue
		}
		askedAt := metav1.NewMicroTime(v.Clock.Now())
		found, err := resource.Resource{}, out.refused
		if err == nil {
			found, err = cloud.Get(ctx, v.kind, s.id)
		}
		switch class := digitalocean.ClassOf(err); {
		case err == nil:
			out.there = append(out.there, found)
		case class == digitalocean.NotFound:
			out.gone = append(out.gone, absence{s, askedAt})
		default:
			if out.refused == nil && endsAsking[class] {
				out.refused = err
			}
			out.unknown(s, fmt.Errorf("asking for %s %s by its id: %w", v.kind, s.id, err))
		}
	}
	return out
}

// unknown takes a missing resource that DigitalOcean gave no answer about. Where nobody
// declared the resource, or no listing has ever shown it, nothing else depends on it.
func (a *answers) unknown(s missingResource, err error) {
	switch {
	case s.listed:
		a.owed = cmp.Or(a.owed, err)
	case s.seen() && s.declared:
		a.open = append(a.open, s)
		a.unanswered = cmp.Or(a.unanswered, err)
	}
}

// withoutUndeclared takes out what is to be asked for last: what was there and nobody
// declared. It comes back with the next listing, should it be there after all.
func (v store) withoutUndeclared(all []missingResource) (rest, undeclared []missingResource) {
	for _, s := range all {
		if s.seen() && !s.declared && !s.listed && !v.cannotBeAskedFor(s.id) {
			undeclared = append(undeclared, s)
		} else {
			rest = append(rest, s)
		}
	}
	return rest, undeclared
}

// endsAsking are the classes of errors after which the next question would only be
// answered in the same way; an error without a class is not DigitalOcean's.
var endsAsking = map[digitalocean.Class]bool{
	digitalocean.Throttled: true, digitalocean.Denied: true, digitalocean.Unreachable: true, "": true,
}

// cannotBeAskedFor says whether an id has not the form that ids of the kind have.
func (v store) cannotBeAskedFor(id string) bool {
	kind, known := kinds.Lookup(v.kind)
	return known && kind.ValidateID(id) != nil
}

// withhold records that nothing is concluded of a resource that the listing does not
// show. A CloudResource that was never recorded, or says so already, is left alone.
func (v store) withhold(ctx context.Context, s missingResource, since metav1.Time) error {
	if s.current == nil || s.current.Observed.WithheldSince != nil || s.current.Observed.AbsentSince != nil || !v.owns(s.current) {
		return nil
	}
	observed := *s.current.Observed.DeepCopy()
	observed.WithheldSince = &since
	return client.IgnoreNotFound(v.update(ctx, s.current, observed))
}

// recordAbsence records that a resource was proven gone: as a tombstone while anything
// declared refers to it, otherwise by deleting its CloudResource.
func (v store) recordAbsence(ctx context.Context, a absence) error {
	switch current := a.current; {
	case a.declared:
		gone := driftv1alpha1.Observation{}
		if current != nil {
			gone = *current.Observed.DeepCopy()
			gone.WithheldSince = nil
		}
		if gone.AbsentSince == nil {
			gone.AbsentSince = ptr.To(metav1.NewTime(v.Clock.Now()))
		}
		gone.ObservedAt = a.askedAt
		return v.put(ctx, a.name, resource.Ref{Kind: v.kind, ID: a.id}, current, gone)
	case current == nil:
		return nil
	default:
		err := v.Client.Delete(ctx, current.DeepCopy(), client.Preconditions{UID: &current.UID, ResourceVersion: &current.ResourceVersion})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting CloudResource %s: %w", a.name, err)
		}
		return nil
	}
}

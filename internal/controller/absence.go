package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
}

// suspects are what is held, or only declared, and not in the complete listing.
// What was observed after the listing began says nothing against it.
func suspects(account string, listing resource.Listing, held map[string]*driftv1alpha1.CloudResource, declared map[string]string, now time.Time) []suspect {
	listed := make(map[string]bool, len(listing.Resources))
	for i := range listing.Resources {
		listed[cloudResourceName(account, listing.Resources[i].Ref)] = true
	}
	var out []suspect
	for name, r := range held {
		if listed[name] || newer(r, listing.StartedAt, now) {
			continue
		}
		_, isDeclared := declared[name]
		out = append(out, suspect{name: name, id: r.Spec.ID, current: r, declared: isDeclared})
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
	return slices.DeleteFunc(slices.Clone(all), func(s suspect) bool {
		return s.current == nil || s.current.Observed.AbsentSince != nil
	})
}

// massDisappearance is the token that confirms the disappearance, "" where so few
// vanished that nobody has to.
func massDisappearance(kind string, all []suspect, held map[string]*driftv1alpha1.CloudResource) string {
	gone := vanished(all)
	present := 0
	for _, r := range held {
		if r.Observed.AbsentSince == nil {
			present++
		}
	}
	if len(gone) <= believedAbsences || float64(len(gone)) <= believedShare*float64(present) {
		return ""
	}
	ids := make([]any, 0, len(gone))
	for _, s := range gone {
		ids = append(ids, s.id)
	}
	return fmt.Sprintf("%s-%d-%s", kind, len(gone), resource.Hash(ids...)[:12])
}

// settle asks for each suspect by its id, and believes only a 404. One that could
// not be asked for stays what it was; the error says so, unless DigitalOcean
// refused the question itself and the inventory never held such a thing: then the
// kind as a whole is known all the same.
func (v inventory) settle(ctx context.Context, cloud Cloud, held map[string]*driftv1alpha1.CloudResource, all []suspect) error {
	for _, s := range all {
		if v.writes.end() {
			return nil
		}
		if s.current != nil && s.current.Observed.AbsentSince != nil {
			if s.declared {
				continue // a tombstone, still referred to
			}
			v.writes.add(v.entomb(ctx, s.name, s.id, s.current, false, metav1.MicroTime{}))
			continue
		}
		askedAt := metav1.NewMicroTime(v.clock.Now())
		found, err := cloud.Get(ctx, v.kind, s.id)
		switch {
		case err == nil:
			v.record(ctx, held, []resource.Resource{found})
		case digitalocean.ClassOf(err) == digitalocean.NotFound:
			v.writes.add(v.entomb(ctx, s.name, s.id, s.current, s.declared, askedAt))
		case digitalocean.ClassOf(err) == digitalocean.Invalid && s.current == nil:
		default:
			return fmt.Errorf("asking for %s %s, which the listing did not hold: %w", v.kind, s.id, err)
		}
	}
	return nil
}

package inventory

import (
	"slices"
	"sync"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// kindPass is what a sync does about one kind.
type kindPass struct {
	kind     kinds.Kind
	store    store
	cloud    Cloud
	declared declarations
	before   map[string]*driftv1alpha1.CloudResource
	// listing is all that was listed. Once it is recorded, it holds no values.
	listing resource.Listing
	report  kindReport
	// undeclared are what the listing did not show and nobody declared.
	undeclared []missingResource
	// listed is closed when the listing is there, or will not be.
	listed chan struct{}
	// begun says that the account's status says that the inventory of the kind is changing.
	begun bool

	// The rest is of a kind whose parents are each asked for their children.

	// parents is the listing of the parents; Complete is false where there is none.
	parents resource.Listing
	// scopes are by the parents' canonical ids.
	scopes map[string]*scope
	mu     sync.Mutex
	// ended says that asking more parents would only be answered in the same way.
	ended  bool
	failed int
}

// scope is what one parent was asked.
type scope struct {
	parent string
	// listedAt is when its complete listing was asked for, zero where none came.
	listedAt time.Time
	// gone says that asking for the parent was answered 404.
	gone bool
	// problem is why no complete listing came; none where it was not asked for.
	problem Problem
}

func (s *scope) behind() bool { return s.listedAt.IsZero() && !s.gone }

// concludes says whether a resource of that id would have been listed, were it there, and
// when that listing began.
func (p *kindPass) concludes(id string) (since time.Time, ok bool) {
	if !p.kind.PerParent() {
		return p.listing.StartedAt, p.listing.Complete
	}
	if !p.parents.Complete {
		return time.Time{}, false
	}
	scope := p.scopes[p.parentKey(p.kind.ParentOf(id))]
	if scope == nil || scope.gone {
		return p.parents.StartedAt, true
	}
	return scope.listedAt, !scope.behind()
}

// concludesAny says whether there is anything that a listing says is missing.
func (p *kindPass) concludesAny() bool {
	return p.listing.Complete || p.parents.Complete && p.scopes != nil
}

func (p *kindPass) parentKey(id string) string {
	return objects.CanonicalID(resource.Ref{Kind: p.kind.Parent, ID: id})
}

// behind are the parents whose children could not be listed, and why the first could not.
func (p *kindPass) behind() (ids []string, why Problem) {
	for _, scope := range p.scopes {
		if scope.behind() {
			ids = append(ids, scope.parent)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		if problem := p.scopes[p.parentKey(id)].problem; problem.Exists() {
			return ids, problem
		}
	}
	return ids, Problem{}
}

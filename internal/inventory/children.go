package inventory

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

const (
	// parentsAtOnce is how many parents are asked for their children at once.
	parentsAtOnce = 4
	// mostFailedParents is how many parents may fail before the others wait for the next
	// sync: an endpoint that answers none of a thousand is not asked a thousand times.
	mostFailedParents = 8
)

// listChildren asks each parent for its children, whoever has waited longest first, and
// records what each shows. A parent that fails spoils nothing of the others'.
func (s *syncRun) listChildren(ctx, asking context.Context, p, parent *kindPass) error {
	if ready, err := s.prepare(ctx, p, parent); err != nil || !ready {
		return err
	}
	p.listing = resource.Listing{Kind: p.report.kind, StartedAt: p.parents.StartedAt}
	p.scopes = map[string]*scope{}
	for id := range p.parents.IDs() {
		p.scopes[p.parentKey(id)] = &scope{parent: id}
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parentsAtOnce)
	for _, id := range s.scopes.inTurn(s.account, p.report.kind, slices.Collect(p.parents.IDs())) {
		if within.Err() != nil || p.hasEnded() || asking.Err() != nil {
			break
		}
		group.Go(func() error { return s.listScope(within, asking, p, p.scopes[p.parentKey(id)]) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	behind, why := p.behind()
	if p.listing.Complete = len(behind) == 0; p.listing.Complete {
		return nil
	}
	if !why.Exists() {
		why = Problem{Reason: driftv1alpha1.ReasonUnreachable, Message: fmt.Sprintf("listing the kind %s did not end within %s", p.report.kind, longestListing)}
	}
	if len(behind) > 1 || len(p.scopes) > 1 {
		why.Message = fmt.Sprintf("%d of %d could not be listed: %s", len(behind), len(p.scopes), why.Message)
	}
	p.report.problem = why
	if len(behind) <= driftv1alpha1.MostBehindParents {
		p.report.behind = behind
	}
	return nil
}

// listScope lists what one parent has, and records it.
func (s *syncRun) listScope(ctx, asking context.Context, p *kindPass, scope *scope) error {
	startedAt := s.Clock.Now()
	listing, err := s.ask(ctx, asking, p, scope.parent)
	class := digitalocean.ClassOf(err)
	if class != digitalocean.Throttled { // else its turn is still to come
		s.scopes.attempted(s.account, p.report.kind, scope.parent, startedAt, err == nil)
	}
	switch {
	case class == digitalocean.NotFound:
		scope.gone = true // it went since it was listed
		return nil
	case err != nil:
		found, ok := kindProblem(ctx, err)
		if !ok {
			return err
		}
		scope.problem = found
		s.endedBy(p, found)
		return nil
	}
	if len(listing.Resources) > 0 {
		if err := s.begin(ctx, p); err != nil {
			return err
		}
	}
	p.store.record(ctx, p.before, listing.Resources)
	scope.listedAt = listing.StartedAt
	p.add(listing)
	return nil
}

// endedBy decides whether any other parent is asked after a problem with one. What is
// refused for want of budget is so of these listings alone: others may have more.
func (s *syncRun) endedBy(p *kindPass, found Problem) {
	if found.Reason == driftv1alpha1.ReasonFixCredentials {
		s.stopFor(found)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed++
	switch found.Reason {
	case driftv1alpha1.ReasonThrottled, driftv1alpha1.ReasonFixCredentials, driftv1alpha1.ReasonFixScopes:
		p.ended = true
	default:
		p.ended = p.ended || p.failed >= mostFailedParents
	}
}

func (p *kindPass) hasEnded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// add keeps the ids of what one parent has. Its values are recorded, and needed no more.
func (p *kindPass) add(listing resource.Listing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, res := range listing.Resources {
		p.listing.Resources = append(p.listing.Resources, resource.Resource{Ref: res.Ref})
	}
	p.listing.Unchanged = append(p.listing.Unchanged, listing.Unchanged...)
}

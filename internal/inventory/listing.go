package inventory

import (
	"context"
	"fmt"

	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// list lists a whole kind and records what it shows. asking ends when listing has taken too
// long; what was listed until then is recorded all the same.
func (s *syncRun) list(ctx, asking context.Context, p, parent *kindPass) error {
	if ready, err := s.prepare(ctx, p, parent); err != nil || !ready {
		return err
	}
	var err error
	if p.listing, err = s.ask(ctx, asking, p, ""); err != nil {
		return s.failed(ctx, p, err)
	}
	held, err := p.store.held(ctx)
	if err != nil {
		return err
	}
	if len(p.listing.Resources) > 0 || len(p.store.missing(p, held)) > 0 {
		if err := s.begin(ctx, p); err != nil {
			return err
		}
	}
	// A CloudResource that was refused keeps no other from being written.
	p.store.record(ctx, held, p.listing.Resources)
	return nil
}

// prepare finds out what a listing needs, once the parents are listed. Where nothing can be
// listed, the report says why.
func (s *syncRun) prepare(ctx context.Context, p, parent *kindPass) (ready bool, err error) {
	p.cloud = s.cloud
	p.store = store{Access: s.Access, account: s.account, kind: p.report.kind, writes: &objects.Failures{}, crds: s.crds}
	if p.declared, err = p.store.declarations(ctx, p.kind); err != nil {
		return false, err
	}
	p.store.declared = p.declared.ids
	p.report.missed = p.declared.some || objects.KindStatus(s.account, p.report.kind).ObservedAt != nil
	if parent != nil {
		<-parent.listed
		if p.parents = parent.listing; !p.parents.Complete {
			p.report.problem = withoutParents(parent.report)
			return false, nil
		}
	}
	// A budget that one kind has spent may still have room for another; where it has none,
	// the limiter says so without a request.
	if stop := s.stopped(); stop.Reason == driftv1alpha1.ReasonFixCredentials {
		p.report.problem = stop
		return false, nil
	}
	if !p.declared.fields.HasAny(p.kind.Costly.NeededBy...) {
		p.cloud = p.cloud.Without(p.report.kind, p.kind.Costly.Paths...)
	}
	p.before, err = p.store.held(ctx)
	return err == nil, err
}

// ask lists what is to be listed at once: a whole kind, or what one parent has. A listing that
// is not complete comes with an error, and so does one of a token of which it is not certain
// that it is the account's.
func (s *syncRun) ask(ctx, asking context.Context, p *kindPass, parent string) (resource.Listing, error) {
	listing, err := p.cloud.Knowing(p.store.knows(p.before)).List(asking, p.report.kind, parent)
	if err != nil && asking.Err() != nil && ctx.Err() == nil {
		err = &digitalocean.Error{Class: digitalocean.Unreachable, Doing: "listing the kind " + p.report.kind,
			Message: fmt.Sprintf("it did not end within %s", longestListing)}
	}
	if err == nil && !listing.Complete {
		err = &digitalocean.Error{Class: digitalocean.Incomplete, Doing: "listing the kind " + p.report.kind,
			Message: "it ended without an error and is not complete"}
	}
	if unknown := s.whose.known(ctx); unknown != nil {
		err = unknown
	}
	listing.Complete = err == nil
	return listing, err
}

// withoutParents is why children can't be listed: the token may not see their parents
// either, or these could not be listed.
func withoutParents(parents kindReport) Problem {
	if parents.problem.Reason == driftv1alpha1.ReasonFixScopes {
		return parents.problem
	}
	return Problem{Reason: driftv1alpha1.ReasonIncomplete,
		Message: fmt.Sprintf("the kind %s, which these belong to, could not be listed completely", parents.kind)}
}

// begin says in the account's status that the inventory of a kind is about to change, unless
// it says so. While it changes, resources of one name come and go one by one, and no name is
// bound.
func (s *syncRun) begin(ctx context.Context, p *kindPass) error {
	s.beginning.Lock()
	defer s.beginning.Unlock()
	if p.begun || objects.KindStatus(s.account, p.report.kind).RecordedAt == nil {
		return nil
	}
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		live := &driftv1alpha1.CloudAccount{}
		if err := s.Live.Get(ctx, client.ObjectKeyFromObject(s.account), live); err != nil {
			return err
		}
		KindIn(&live.Status, p.report.kind).RecordedAt = nil
		return s.Client.Status().Update(ctx, live)
	})
	if err != nil {
		return fmt.Errorf("saying that the inventory of the kind %s is about to change: %w", p.report.kind, err)
	}
	p.begun = true
	return nil
}

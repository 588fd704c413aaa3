package inventory

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// syncRun is one sync of an account. Its units are the listings: one of a whole kind, or one
// of what each parent has. All are made side by side, and each is recorded by itself. Only
// when all whole kinds are listed is anything asked for that they did not show, so
// that no number of declared ids can keep a kind from being listed; and no kind waits for
// the thousand listings of another.
type syncRun struct {
	*Syncer
	account *driftv1alpha1.CloudAccount
	cloud   Cloud
	// told is called with what was found of a kind, as soon as it is certain.
	told func(kindReport)
	// whose is answered before anything is recorded, or told.
	whose *identity

	// beginning is held by one kind at a time, because all write one status.
	beginning sync.Mutex

	mu sync.Mutex
	// stop is why asking for more would only be refused in the same way.
	stop Problem
	// gone are the resources that were proven gone in this sync.
	gone map[resource.Ref]bool
}

func newSyncRun(s *Syncer, account *driftv1alpha1.CloudAccount, cloud Cloud, whose *identity, told func(kindReport)) *syncRun {
	return &syncRun{Syncer: s, account: account, cloud: cloud, whose: whose, told: told, gone: map[resource.Ref]bool{}}
}

// run returns what it found of each kind, parents before children. The error is of what
// no kind can be looked at without.
func (s *syncRun) run(ctx context.Context) ([]kindReport, error) {
	var whole, children []*kindPass
	byKind := map[string]*kindPass{}
	for _, kind := range kinds.All() {
		p := &kindPass{kind: kind, listed: make(chan struct{}), report: kindReport{kind: kind.Name}}
		byKind[kind.Name] = p
		if kind.PerParent() {
			children = append(children, p)
		} else {
			whole = append(whole, p)
		}
	}
	listing, within := errgroup.WithContext(ctx)
	asking, cancel := context.WithTimeout(within, longestListing)
	defer cancel()
	listing.Go(func() error {
		if err := s.each(within, whole, func(ctx context.Context, p *kindPass) error {
			return s.list(ctx, asking, p, byKind[p.kind.Parent])
		}); err != nil {
			return err
		}
		return s.settleAll(within, whole, byKind)
	})
	listing.Go(func() error {
		return s.each(within, children, func(ctx context.Context, p *kindPass) error {
			return s.listChildren(ctx, asking, p, byKind[p.kind.Parent])
		})
	})
	if err := listing.Wait(); err != nil {
		return nil, err
	}
	if err := s.settleAll(ctx, children, byKind); err != nil {
		return nil, err
	}
	s.askLast(ctx, append(whole, children...))
	reports := make([]kindReport, 0, len(byKind))
	for _, kind := range kinds.All() {
		reports = append(reports, byKind[kind.Name].report)
	}
	return reports, nil
}

// each lists kinds side by side, what has a parent when that is listed.
func (s *syncRun) each(ctx context.Context, passes []*kindPass, list func(ctx context.Context, p *kindPass) error) error {
	group, within := errgroup.WithContext(ctx)
	for _, p := range passes {
		group.Go(func() error {
			defer close(p.listed)
			return list(within, p)
		})
	}
	return group.Wait()
}

// settleAll settles kinds one after the other, and tells what was found of each.
func (s *syncRun) settleAll(ctx context.Context, passes []*kindPass, byKind map[string]*kindPass) error {
	for _, p := range passes {
		if err := s.settle(ctx, p, byKind[p.kind.Parent]); err != nil {
			return err
		}
		s.told(p.report)
	}
	return nil
}

// failed puts what went wrong with one kind into its report.
func (s *syncRun) failed(ctx context.Context, p *kindPass, err error) error {
	found, ok := kindProblem(ctx, err)
	if !ok {
		return err
	}
	p.report.problem, p.report.behind = found, nil // of which parents is not known
	if found.Reason == driftv1alpha1.ReasonThrottled || found.Reason == driftv1alpha1.ReasonFixCredentials {
		s.stopFor(found)
	}
	return nil
}

func (s *syncRun) stopFor(p Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = p
}

// refused remembers that asking for more would only be answered in the same way.
func (s *syncRun) refused(outcome settlement) {
	if outcome.refused == nil {
		return
	}
	found, _ := cloudProblem(outcome.refused)
	s.stopFor(found)
}

func (s *syncRun) stopped() Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop
}

package inventory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// syncRun is one sync of an account. It lists all kinds first, side by side, and
// records what they show; only then does it ask for what they did not show, so that no
// number of declared ids can keep a kind from being listed.
type syncRun struct {
	*Syncer
	account *driftv1alpha1.CloudAccount
	cloud   Cloud

	// beginning is held by one kind at a time, because all write one status.
	beginning sync.Mutex

	mu sync.Mutex
	// stop is why asking for more would only be refused in the same way.
	stop Problem
	// gone are the resources that were proven gone in this sync.
	gone map[resource.Ref]bool
}

func newSyncRun(s *Syncer, account *driftv1alpha1.CloudAccount, cloud Cloud) *syncRun {
	return &syncRun{Syncer: s, account: account, cloud: cloud, gone: map[resource.Ref]bool{}}
}

// kindPass is what a sync does about one kind.
type kindPass struct {
	kind     kinds.Kind
	store    store
	cloud    Cloud
	declared declarations
	before   map[string]*driftv1alpha1.CloudResource
	listing  resource.Listing
	report   kindReport
	// undeclared are what the listing did not show and nobody declared.
	undeclared []missingResource
	// listed is closed when the listing is there, or will not be.
	listed chan struct{}
}

// run returns what it found of each kind, parents before children. The error is of what
// no kind can be looked at without.
func (s *syncRun) run(ctx context.Context) ([]kindReport, error) {
	var passes []*kindPass
	byKind := map[string]*kindPass{}
	for _, kind := range kinds.All() {
		p := &kindPass{kind: kind, listed: make(chan struct{}), report: kindReport{kind: kind.Schema.Kind}}
		passes, byKind[kind.Schema.Kind] = append(passes, p), p
	}
	listing, within := errgroup.WithContext(ctx)
	asking, cancel := context.WithTimeout(within, longestListing)
	defer cancel()
	for _, p := range passes {
		listing.Go(func() error {
			defer close(p.listed)
			parent := byKind[p.kind.Parent]
			if parent != nil {
				<-parent.listed
			}
			return s.list(within, asking, p, parent)
		})
	}
	if err := listing.Wait(); err != nil {
		return nil, err
	}
	for _, p := range passes {
		if err := s.settle(ctx, p, byKind[p.kind.Parent]); err != nil {
			return nil, err
		}
	}
	s.askLast(ctx, passes)
	reports := make([]kindReport, 0, len(passes))
	for _, p := range passes {
		reports = append(reports, p.report)
	}
	return reports, nil
}

// list lists one kind and records what it shows. asking ends when listing has taken too
// long; what was listed until then is recorded all the same.
func (s *syncRun) list(ctx, asking context.Context, p, parent *kindPass) error {
	p.cloud = s.cloud
	p.store = store{Access: s.Access, account: s.account, kind: p.report.kind, writes: &objects.Failures{}, crds: s.crds}
	var err error
	if p.declared, err = p.store.declarations(ctx, p.kind); err != nil {
		return err
	}
	p.report.missed = p.declared.some || objects.KindStatus(s.account, p.report.kind).ObservedAt != nil
	parents := resource.Listing{}
	if parent != nil {
		if parents = parent.listing; !parents.Complete {
			p.report.problem = withoutParents(parent.report)
			return nil
		}
	}
	// A budget that one kind has spent may still have room for another; where it has none,
	// the limiter says so without a request.
	if stop := s.stopped(); stop.Reason == driftv1alpha1.ReasonFixCredentials {
		p.report.problem = stop
		return nil
	}
	if !p.declared.fields.HasAny(p.kind.Costly.NeededBy...) {
		p.cloud = p.cloud.Without(p.report.kind, p.kind.Costly.Paths...)
	}
	if p.before, err = p.store.held(ctx); err != nil {
		return err
	}
	p.listing, err = p.cloud.Knowing(p.store.knows(p.before)).List(asking, p.report.kind, parents)
	if err != nil && asking.Err() != nil && ctx.Err() == nil {
		err = &digitalocean.Error{Class: digitalocean.Unreachable, Doing: "listing the kind " + p.report.kind,
			Message: fmt.Sprintf("it did not end within %s", longestListing)}
	}
	if err == nil && !p.listing.Complete {
		err = &digitalocean.Error{Class: digitalocean.Incomplete, Doing: "listing the kind " + p.report.kind,
			Message: "it ended without an error and is not complete"}
	}
	if err != nil {
		p.listing.Complete = false
		return s.failed(ctx, p, err)
	}
	held, err := p.store.held(ctx)
	if err != nil {
		return err
	}
	if err := s.begin(ctx, p, held); err != nil {
		return err
	}
	// A CloudResource that was refused keeps no other from being written.
	p.store.record(ctx, held, p.listing.Resources)
	return nil
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

// begin says in the account's status that the inventory of a kind is about to change, if it
// is. While it changes, resources of one name come and go one by one, and no name is bound.
func (s *syncRun) begin(ctx context.Context, p *kindPass, held map[string]*driftv1alpha1.CloudResource) error {
	if objects.KindStatus(s.account, p.report.kind).RecordedAt == nil ||
		len(p.listing.Resources) == 0 && len(p.store.missingFrom(p.listing, held, p.declared.ids)) == 0 {
		return nil
	}
	s.beginning.Lock()
	defer s.beginning.Unlock()
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
	return nil
}

// failed puts what went wrong with one kind into its report.
func (s *syncRun) failed(ctx context.Context, p *kindPass, err error) error {
	found, ok := kindProblem(ctx, err)
	if !ok {
		return err
	}
	p.report.problem = found
	if found.Reason == driftv1alpha1.ReasonThrottled || found.Reason == driftv1alpha1.ReasonFixCredentials {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stop = found
	}
	return nil
}

// refused remembers that asking for more would only be answered in the same way.
func (s *syncRun) refused(outcome settlement) {
	if outcome.refused == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop, _ = cloudProblem(outcome.refused)
}

func (s *syncRun) stopped() Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop
}

// settle finds out what became of the resources that a complete listing did not show.
func (s *syncRun) settle(ctx context.Context, p, parent *kindPass) error {
	if !p.listing.Complete {
		return nil
	}
	held, err := p.store.held(ctx)
	if err != nil {
		return err
	}
	missing := p.store.missingFrom(p.listing, held, p.declared.ids)
	missing = append(missing, p.store.overtaken(p.before, held, p.listing)...)
	missing, orphans, err := s.withoutParents(ctx, p, parent, missing)
	if err != nil {
		return s.failed(ctx, p, err)
	}
	missing, p.undeclared = p.store.withoutUndeclared(missing)
	now := s.Clock.Now() // the token names the time since which they are withheld
	withheld, token := s.unconfirmed(p, missing, held, now)
	outcome := p.store.settle(ctx, p.cloud, held, missing, withheld, orphans, now)
	for _, id := range outcome.gone {
		s.gone[resource.Ref{Kind: p.report.kind, ID: id}] = true
	}
	s.refused(outcome)
	if err := p.store.writes.Joined(outcome.owed); err != nil {
		return s.failed(ctx, p, err)
	}
	p.report.observedAt, p.report.resources = p.listing.StartedAt, p.listing.Len()
	p.report.recordedAt = s.Clock.Now()
	switch {
	case token != "":
		p.report.confirmationToken = token
		p.report.problem = Problem{Reason: driftv1alpha1.ReasonFixMassDisappearance, Message: fmt.Sprintf(
			"%d of %d declared vanished at once; nothing is concluded of these until somebody confirms it: kubectl annotate cloudaccount %s %s=%s --overwrite",
			len(withheld), p.store.presentDeclared(held, p.declared.ids), s.account.Name, driftv1alpha1.ConfirmDisappearanceAnnotation, token)}
	case outcome.unanswered != nil:
		p.report.problem, _ = kindProblem(ctx, outcome.unanswered)
		if !p.report.problem.Exists() {
			return outcome.unanswered
		}
	default:
		s.confirmations.settled(s.account, p.report.kind)
	}
	return nil
}

// unconfirmed are the declared resources whose absence waits for a person, and the
// token that confirms it; none where few enough vanished, or somebody confirmed it.
func (s *syncRun) unconfirmed(p *kindPass, missing []missingResource, held map[string]*driftv1alpha1.CloudResource, now time.Time) ([]missingResource, string) {
	gone := vanished(missing)
	token := massDisappearance(p.report.kind, gone, p.store.presentDeclared(held, p.declared.ids), now)
	if token == "" || s.confirmations.confirmIfCovered(s.account, p.report.kind, token, gone) {
		return nil, ""
	}
	return gone, token
}

// withoutParents takes out of what is missing the children whose parent is proven gone.
// These went with it: nobody has to be asked, neither DigitalOcean nor a person.
func (s *syncRun) withoutParents(ctx context.Context, p, parent *kindPass, missing []missingResource) (rest, orphans []missingResource, _ error) {
	if parent == nil {
		return missing, nil, nil
	}
	listed := map[string]bool{}
	for id := range parent.listing.IDs() {
		listed[objects.CanonicalID(resource.Ref{Kind: parent.report.kind, ID: id})] = true
	}
	for _, id := range p.listing.GoneParents {
		delete(listed, objects.CanonicalID(resource.Ref{Kind: parent.report.kind, ID: id}))
	}
	parents, err := parent.store.held(ctx)
	if err != nil {
		return nil, nil, err
	}
	asked := map[string]bool{}
	for _, each := range missing {
		id, _, _ := strings.Cut(each.id, "/")
		ref := resource.Ref{Kind: parent.report.kind, ID: id}
		key := objects.CanonicalID(ref)
		isGone, known := asked[key]
		if !known {
			isGone = !listed[key] && s.provenGone(ctx, parent, ref, parents[objects.CloudResourceName(s.account.Name, ref)])
			asked[key] = isGone
		}
		if isGone {
			each.orphan = true
			orphans = append(orphans, each)
		} else {
			rest = append(rest, each)
		}
	}
	return rest, orphans, nil
}

// provenGone says whether a parent that no listing shows was answered 404, now or before.
func (s *syncRun) provenGone(ctx context.Context, parent *kindPass, ref resource.Ref, held *driftv1alpha1.CloudResource) bool {
	switch {
	case s.gone[ref]:
		return true
	case held != nil && held.Observed.AbsentSince != nil:
		return true
	case held != nil && held.Observed.WithheldSince != nil || s.stopped().Exists():
		return false
	}
	_, err := parent.cloud.Get(ctx, ref.Kind, ref.ID)
	return digitalocean.ClassOf(err) == digitalocean.NotFound
}

// How many ids are asked for in one sync, over all kinds, that no verdict waits for
// urgently: what vanished and nobody declared, and what was declared and no listing has
// ever shown. The others have their turn in a later sync; neither a cluster that is
// replaced nor a thousand declarations of what does not exist may spend the token's
// requests.
const (
	mostUndeclaredAsked = 200
	mostDeclaredAsked   = 200
)

// askLast asks for what no kind's verdicts depend on, once every kind is done. What comes
// of it concerns these ids alone, never their kind.
func (s *syncRun) askLast(ctx context.Context, passes []*kindPass) {
	order := slices.Clone(passes)
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	left := mostUndeclaredAsked
	for _, p := range order {
		left -= s.ask(ctx, p, left, func(map[string]*driftv1alpha1.CloudResource) []missingResource { return p.undeclared })
	}
	left = mostDeclaredAsked
	for _, p := range order {
		left -= s.ask(ctx, p, left, func(held map[string]*driftv1alpha1.CloudResource) []missingResource {
			return p.store.onlyDeclared(p.listing, held, p.declared.ids)
		})
	}
}

// ask asks for as many of some of a kind as may be asked for, any of them first, so that
// all get their turn. It returns how many these were.
func (s *syncRun) ask(ctx context.Context, p *kindPass, most int, of func(held map[string]*driftv1alpha1.CloudResource) []missingResource) int {
	if !p.listing.Complete || most <= 0 || s.stopped().Exists() || ctx.Err() != nil {
		return 0
	}
	held, err := p.store.held(ctx)
	if err != nil {
		return 0 // they are asked for in the next sync
	}
	all := slices.Clone(of(held))
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:min(len(all), most)]
	if len(all) == 0 {
		return 0
	}
	p.store.writes = &objects.Failures{}
	outcome := p.store.settle(ctx, p.cloud, held, all, nil, nil, s.Clock.Now())
	s.refused(outcome)
	if p.store.writes.Joined(nil) == nil && !p.report.observedAt.IsZero() {
		p.report.recordedAt = s.Clock.Now()
	}
	return len(all)
}

// withheldAt is when the first of these was withheld.
func withheldAt(all []missingResource, now metav1.Time) metav1.Time {
	first := now
	for _, each := range all {
		if each.current == nil {
			continue
		}
		if at := each.current.Observed.WithheldSince; at != nil && at.Before(&first) {
			first = *at
		}
	}
	return first
}

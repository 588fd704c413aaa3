package controller

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// syncer makes one sync of an account. It lists all kinds first, side by side, and
// records what they show; only then does it ask for what they did not show, so that no
// number of declared ids can keep a kind from being listed.
type syncer struct {
	reconciler *accountReconciler
	account    *driftv1alpha1.CloudAccount
	cloud      Cloud

	mu sync.Mutex
	// stop is why asking for more would only be refused in the same way.
	stop problem
	// gone are the resources that were proven gone in this sync.
	gone map[resource.Ref]bool
}

func newSyncer(r *accountReconciler, account *driftv1alpha1.CloudAccount, cloud Cloud) *syncer {
	return &syncer{reconciler: r, account: account, cloud: cloud, gone: map[resource.Ref]bool{}}
}

// kindPass is what a sync does about one kind.
type kindPass struct {
	kind     kinds.Kind
	store    inventory
	cloud    Cloud
	declared declarations
	before   map[string]*driftv1alpha1.CloudResource
	listing  resource.Listing
	report   kindReport
	// listed is closed when the listing is there, or will not be.
	listed chan struct{}
}

// run returns what it found of each kind, parents before children. The error is of what
// no kind can be looked at without.
func (s *syncer) run(ctx context.Context) ([]kindReport, error) {
	var passes []*kindPass
	byKind := map[string]*kindPass{}
	for _, kind := range kinds.All() {
		p := &kindPass{kind: kind, listed: make(chan struct{}), report: kindReport{kind: kind.Schema.Kind}}
		passes, byKind[kind.Schema.Kind] = append(passes, p), p
	}
	listing, within := errgroup.WithContext(ctx)
	for _, p := range passes {
		listing.Go(func() error {
			defer close(p.listed)
			parents := resource.Listing{}
			if parent := byKind[p.kind.Parent]; parent != nil {
				<-parent.listed
				parents = parent.listing
			}
			return s.list(within, p, parents)
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
	reports := make([]kindReport, 0, len(passes))
	for _, p := range passes {
		s.askForDeclared(ctx, p)
		reports = append(reports, p.report)
	}
	return reports, nil
}

// list lists one kind and records what it shows.
func (s *syncer) list(ctx context.Context, p *kindPass, parents resource.Listing) error {
	r := s.reconciler
	p.cloud = s.cloud
	p.store = inventory{
		client: r.client, live: r.live, announcer: r.announcer, clock: r.clock,
		account: s.account, kind: p.report.kind, writes: &failures{},
	}
	if p.kind.Parent != "" && !parents.Complete {
		p.report.problem = problem{reason: driftv1alpha1.ReasonIncomplete,
			message: fmt.Sprintf("the kind %s, which these belong to, could not be listed completely", p.kind.Parent)}
		return nil
	}
	if p.report.problem = s.stopped(); p.report.problem.exists() {
		return nil
	}
	var err error
	if p.declared, err = p.store.declarations(ctx, p.kind); err != nil {
		return err
	}
	if !p.declared.fields.HasAny(p.kind.Costly.NeededBy...) {
		p.cloud = p.cloud.Without(p.report.kind, p.kind.Costly.Paths...)
	}
	if p.before, err = p.store.held(ctx); err != nil {
		return err
	}
	p.listing, err = p.cloud.Knowing(p.store.knows(p.before)).List(ctx, p.report.kind, parents)
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
	// A CloudResource that was refused keeps no other from being written.
	p.store.record(ctx, held, p.listing.Resources)
	return nil
}

// failed puts what went wrong with one kind into its report.
func (s *syncer) failed(ctx context.Context, p *kindPass, err error) error {
	found, ok := kindProblem(ctx, err)
	if !ok {
		return err
	}
	p.report.problem = found
	if found.reason == driftv1alpha1.ReasonThrottled || found.reason == driftv1alpha1.ReasonFixCredentials {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stop = found
	}
	return nil
}

func (s *syncer) stopped() problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop
}

// settle finds out what became of the resources that a complete listing did not show.
func (s *syncer) settle(ctx context.Context, p, parent *kindPass) error {
	if !p.listing.Complete {
		return nil
	}
	held, err := p.store.held(ctx)
	if err != nil {
		return err
	}
	missing := p.store.suspects(p.listing, held, p.declared.ids)
	missing = append(missing, p.store.overtaken(p.before, held, p.listing)...)
	missing, orphans, err := s.withoutParents(ctx, p, parent, missing)
	if err != nil {
		return s.failed(ctx, p, err)
	}
	withheld, token := s.unconfirmed(p, missing, held)
	outcome := p.store.settle(ctx, p.cloud, held, missing, withheld, orphans)
	for _, id := range outcome.gone {
		s.gone[resource.Ref{Kind: p.report.kind, ID: id}] = true
	}
	if err := p.store.writes.after(outcome.owed); err != nil {
		return s.failed(ctx, p, err)
	}
	p.report.observedAt, p.report.resources = p.listing.StartedAt, p.listing.Len()
	p.report.recordedAt = s.reconciler.clock.Now()
	switch {
	case token != "":
		p.report.confirmationToken = token
		p.report.problem = problem{reason: driftv1alpha1.ReasonFixMassDisappearance, message: fmt.Sprintf(
			"%d of %d declared vanished at once; nothing is concluded of these until somebody confirms it: kubectl annotate cloudaccount %s %s=%s --overwrite",
			len(withheld), p.store.presentDeclared(held, p.declared.ids), s.account.Name, driftv1alpha1.ConfirmDisappearanceAnnotation, token)}
	case outcome.unanswered != nil:
		p.report.problem, _ = kindProblem(ctx, outcome.unanswered)
		if !p.report.problem.exists() {
			return outcome.unanswered
		}
	default:
		s.reconciler.confirmations.settled(s.account, p.report.kind)
	}
	return nil
}

// unconfirmed are the declared resources whose absence waits for a person, and the
// token that confirms it; none where few enough vanished, or somebody confirmed it.
func (s *syncer) unconfirmed(p *kindPass, missing []suspect, held map[string]*driftv1alpha1.CloudResource) ([]suspect, string) {
	gone := vanished(missing)
	token := massDisappearance(p.report.kind, gone, p.store.presentDeclared(held, p.declared.ids), s.reconciler.clock.Now())
	if token == "" || s.reconciler.confirmations.cover(s.account, p.report.kind, token, gone) {
		return nil, ""
	}
	return gone, token
}

// withoutParents takes out of what is missing the children whose parent is proven gone.
// These went with it: nobody has to be asked, neither DigitalOcean nor a person.
func (s *syncer) withoutParents(ctx context.Context, p, parent *kindPass, missing []suspect) (rest, orphans []suspect, _ error) {
	if parent == nil {
		return missing, nil, nil
	}
	listed := map[string]bool{}
	for id := range parent.listing.IDs() {
		listed[canonicalID(resource.Ref{Kind: parent.report.kind, ID: id})] = true
	}
	for _, id := range p.listing.GoneParents {
		delete(listed, canonicalID(resource.Ref{Kind: parent.report.kind, ID: id}))
	}
	parents, err := parent.store.held(ctx)
	if err != nil {
		return nil, nil, err
	}
	asked := map[string]bool{}
	for _, each := range missing {
		id, _, _ := strings.Cut(each.id, "/")
		ref := resource.Ref{Kind: parent.report.kind, ID: id}
		key := canonicalID(ref)
		isGone, known := asked[key]
		if !known {
			isGone = !listed[key] && s.provenGone(ctx, parent, ref, parents[cloudResourceName(s.account.Name, ref)])
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
func (s *syncer) provenGone(ctx context.Context, parent *kindPass, ref resource.Ref, held *driftv1alpha1.CloudResource) bool {
	switch {
	case s.gone[ref]:
		return true
	case held != nil && held.Observed.AbsentSince != nil:
		return true
	case held != nil && held.Observed.WithheldSince != nil || s.stopped().exists():
		return false
	}
	_, err := parent.cloud.Get(ctx, ref.Kind, ref.ID)
	return digitalocean.ClassOf(err) == digitalocean.NotFound
}

// mostDeclaredAsked is how many ids that no listing has ever shown are asked for in one
// sync. The others have their turn in a later one: what is declared must not be able to
// spend the token's requests.
const mostDeclaredAsked = 200

// askForDeclared asks for ids that are only declared. What comes of it concerns these
// alone, never their kind.
func (s *syncer) askForDeclared(ctx context.Context, p *kindPass) {
	if p.report.observedAt.IsZero() || s.stopped().exists() || ctx.Err() != nil {
		return
	}
	held, err := p.store.held(ctx)
	if err != nil {
		return // they are asked for in the next sync
	}
	only := p.store.onlyDeclared(p.listing, held, p.declared.ids)
	rand.Shuffle(len(only), func(i, j int) { only[i], only[j] = only[j], only[i] })
	p.store.writes = &failures{}
	outcome := p.store.settle(ctx, p.cloud, held, only[:min(len(only), mostDeclaredAsked)], nil, nil)
	if found, ok := cloudProblem(outcome.unanswered); ok && found.reason == driftv1alpha1.ReasonThrottled {
		s.stop = found
	}
}

// withheldAt is when the first of these was withheld.
func withheldAt(all []suspect, now metav1.Time) metav1.Time {
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

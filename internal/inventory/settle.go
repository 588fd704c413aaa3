package inventory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// settle finds out what became of the resources that a complete listing did not show.
func (s *syncRun) settle(ctx context.Context, p, parent *kindPass) error {
	if !p.concludesAny() {
		return nil
	}
	held, err := p.store.held(ctx)
	if err != nil {
		return err
	}
	missing := p.store.missing(p, held)
	if len(missing) > 0 {
		if err := s.begin(ctx, p); err != nil {
			return err
		}
	}
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
	p.report.listed(p.listing, s.Clock.Now(), s.scopes.oldest(s.account, p.report.kind))
	switch {
	case token != "":
		p.report.confirmationToken = token
		p.report.problem = Problem{Reason: driftv1alpha1.ReasonFixMassDisappearance, Message: fmt.Sprintf(
			"%d of %d declared vanished at once; nothing is concluded of these until somebody confirms it: kubectl annotate cloudaccount %s %s=%s --overwrite",
			len(withheld), p.store.presentDeclared(held, p.declared.ids), s.account.Name, driftv1alpha1.ConfirmDisappearanceAnnotation, token)}
	case outcome.unanswered != nil && p.listing.Complete:
		p.report.problem, _ = kindProblem(ctx, outcome.unanswered)
		if !p.report.problem.Exists() {
			return outcome.unanswered
		}
	case p.listing.Complete:
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
		key := p.parentKey(id)
		listed[key] = p.scopes[key] == nil || !p.scopes[key].gone
	}
	parents, err := parent.store.held(ctx)
	if err != nil {
		return nil, nil, err
	}
	asked := map[string]bool{}
	for _, each := range missing {
		ref := resource.Ref{Kind: parent.report.kind, ID: p.kind.ParentOf(each.id)}
		key := p.parentKey(ref.ID)
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
		left -= s.askSome(ctx, p, left, func(map[string]*driftv1alpha1.CloudResource) []missingResource { return p.undeclared })
	}
	left = mostDeclaredAsked
	for _, p := range order {
		left -= s.askSome(ctx, p, left, func(held map[string]*driftv1alpha1.CloudResource) []missingResource {
			return p.store.onlyDeclared(p, held)
		})
	}
}

// askSome asks for as many of some of a kind as may be asked for, any of them first, so that
// all get their turn. It returns how many these were.
func (s *syncRun) askSome(ctx context.Context, p *kindPass, most int, of func(held map[string]*driftv1alpha1.CloudResource) []missingResource) int {
	if !p.concludesAny() || most <= 0 || s.stopped().Exists() || ctx.Err() != nil {
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

package controller

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// syncReport is what one sync found, to be put into the account's status.
type syncReport struct {
	startedAt, endedAt time.Time
	team               digitalocean.Account
	// problem concerns the whole account: no kind was looked at.
	problem problem
	kinds   []kindReport
	rate    digitalocean.RateLimit
}

// took is not negative, although the clock may have been set back meanwhile.
func (s syncReport) took() time.Duration { return max(s.endedAt.Sub(s.startedAt), 0) }

// kindReport is what it found of one kind.
type kindReport struct {
	kind    string
	problem problem
	// observedAt is when the listing was asked for, zero where it is not complete.
	observedAt time.Time
	resources  int
	// confirmationToken is set with FixMassDisappearance.
	confirmationToken string
}

// sync refreshes the account's inventory. What DigitalOcean did not answer, or the
// API server did not take, is in the report, and nothing was concluded from it. The
// error is of what no kind can be looked at without: it is retried as it is.
func (r *accountReconciler) sync(ctx context.Context, account *driftv1alpha1.CloudAccount, cloud Cloud) (syncReport, error) {
	report := syncReport{startedAt: r.clock.Now()}
	err := r.lookAtAll(ctx, account, cloud, &report)
	report.endedAt = r.clock.Now()
	report.rate = cloud.RateLimit()
	r.metrics.synced(&report, err)
	return report, err
}

func (r *accountReconciler) lookAtAll(ctx context.Context, account *driftv1alpha1.CloudAccount, cloud Cloud, report *syncReport) error {
	team, err := cloud.Account(ctx)
	if err != nil {
		p, ok := cloudProblem(err)
		if !ok {
			return err
		}
		report.problem = p
		return nil
	}
	report.team = team
	if report.problem = otherTeam(account.Status.TeamUUID, team); report.problem.exists() {
		return nil
	}
	if err := r.pin(ctx, account, team); err != nil {
		return err
	}
	listings := map[string]resource.Listing{}
	var stop problem
	for _, kind := range kinds.All() {
		k := kindReport{kind: kind.Schema.Kind}
		if stop.exists() {
			k.problem = stop
		} else if k, err = r.syncKind(ctx, account, cloud, kind, listings); err != nil {
			return err
		}
		report.kinds = append(report.kinds, k)
		if endsSync(k.problem) {
			stop = k.problem
		}
	}
	return nil
}

// endsSync says whether asking for more kinds would only be refused in the same way.
func endsSync(p problem) bool {
	return p.reason == driftv1alpha1.ReasonThrottled || p.reason == driftv1alpha1.ReasonFixCredentials
}

// syncKind lists one kind and records it, if the listing is complete.
func (r *accountReconciler) syncKind(ctx context.Context, account *driftv1alpha1.CloudAccount, cloud Cloud, kind kinds.Kind, listings map[string]resource.Listing) (kindReport, error) {
	report := kindReport{kind: kind.Schema.Kind}
	if kind.Parent != "" && !listings[kind.Parent].Complete {
		report.problem = problem{reason: driftv1alpha1.ReasonIncomplete,
			message: fmt.Sprintf("the kind %s, which these belong to, could not be listed completely", kind.Parent)}
		return report, nil
	}
	store := inventory{
		client: r.client, live: r.live, announcer: r.announcer, clock: r.clock,
		account: account, kind: report.kind, writes: &failures{},
	}
	declared, err := store.declarations(ctx, kind)
	if err != nil {
		return report, err
	}
	if !declared.fields.HasAny(kind.Costly.NeededBy...) {
		cloud = cloud.Without(report.kind, kind.Costly.Paths...)
	}
	before, err := store.held(ctx)
	if err != nil {
		return report, err
	}
	listing, err := cloud.Knowing(store.knows(before)).List(ctx, report.kind, listings[kind.Parent])
	if err == nil && !listing.Complete {
		err = &digitalocean.Error{Class: digitalocean.Incomplete, Doing: "listing the kind " + report.kind,
			Message: "it ended without an error and is not complete"}
	}
	if err != nil {
		return withProblem(ctx, report, err)
	}
	listings[report.kind] = listing

	held, err := store.held(ctx)
	if err != nil {
		return report, err
	}
	missing, present := store.suspects(listing, held, declared.ids), store.present(held)
	token := massDisappearance(report.kind, missing, present)
	if token != "" && !r.confirmations.cover(account, report.kind, token, vanished(missing)) {
		report.confirmationToken = token
		report.problem = problem{reason: driftv1alpha1.ReasonFixMassDisappearance, message: fmt.Sprintf(
			"%d of %d vanished at once; nothing is concluded until somebody confirms it: kubectl annotate cloudaccount %s %s=%s --overwrite",
			len(vanished(missing)), present, account.Name, driftv1alpha1.ConfirmDisappearanceAnnotation, token)}
		return report, nil
	}
	// A CloudResource that was refused keeps no other from being written, nor what is
	// gone from being deleted: that may be what makes room.
	store.record(ctx, held, listing.Resources)
	err = store.settle(ctx, cloud, held, append(missing, store.overtaken(before, held, listing)...))
	if err = store.writes.after(err); err != nil {
		return withProblem(ctx, report, err)
	}
	r.confirmations.settled(account, report.kind)
	report.observedAt = listing.StartedAt
	report.resources = listing.Len()
	return report, nil
}

func withProblem(ctx context.Context, report kindReport, err error) (kindReport, error) {
	p, ok := kindProblem(ctx, err)
	if !ok {
		return report, err
	}
	report.problem = p
	return report, nil
}

// datedProblem is a problem and since when it has lasted.
type datedProblem struct {
	problem
	since time.Time
}

// problems are those of the whole account, else each kind's.
func (s syncReport) problems(status *driftv1alpha1.CloudAccountStatus) []datedProblem {
	since := func(kind string) time.Time {
		for _, k := range status.Kinds {
			if (kind == "" || k.Kind == kind) && k.BehindSince != nil {
				return k.BehindSince.Time
			}
		}
		return time.Time{}
	}
	if s.problem.exists() {
		return []datedProblem{{s.problem, since("")}}
	}
	var out []datedProblem
	for _, k := range s.kinds {
		if k.problem.exists() {
			out = append(out, datedProblem{k.problem, since(k.kind)})
		}
	}
	return out
}

// wholeProblem is the problem that concerns the account as a whole: one of its
// token, wherever it showed.
func (s syncReport) wholeProblem() problem {
	if s.problem.exists() {
		return s.problem
	}
	for _, k := range s.kinds {
		if k.problem.reason == driftv1alpha1.ReasonFixCredentials {
			return k.problem
		}
	}
	return problem{}
}

// into puts the report into the status. Counts of drifts are the sweep's.
func (s syncReport) into(status *driftv1alpha1.CloudAccountStatus) {
	status.LastSyncTime = ptr.To(metav1.NewTime(s.startedAt))
	status.LastSyncSeconds = ptr.To(int32((s.took() + time.Second - 1) / time.Second))
	if s.rate.Known {
		status.RateLimit = driftv1alpha1.RateLimitStatus{
			Limit: ptr.To(int32(s.rate.Limit)), Remaining: ptr.To(int32(s.rate.Remaining)),
		}
		if !s.rate.ResetAt.IsZero() {
			status.RateLimit.ResetAt = ptr.To(metav1.NewTime(s.rate.ResetAt))
		}
	}
	if s.problem.exists() {
		for _, kind := range kinds.All() {
			fallBehind(kindIn(status, kind.Schema.Kind), s.problem, s.startedAt)
		}
		return
	}
	nameTeam(status, s.team)
	for _, report := range s.kinds {
		k := kindIn(status, report.kind)
		if report.problem.exists() {
			fallBehind(k, report.problem, s.startedAt)
			k.ConfirmationToken = report.confirmationToken
			continue
		}
		*k = driftv1alpha1.KindStatus{
			Kind:       report.kind,
			ObservedAt: ptr.To(metav1.NewTime(report.observedAt)),
			Resources:  ptr.To(int32(report.resources)),
		}
	}
}

func fallBehind(k *driftv1alpha1.KindStatus, p problem, since time.Time) {
	k.Reason, k.Message, k.ConfirmationToken = p.reason, p.message, ""
	if k.BehindSince == nil {
		k.BehindSince = ptr.To(metav1.NewTime(since))
	}
}

func kindIn(status *driftv1alpha1.CloudAccountStatus, kind string) *driftv1alpha1.KindStatus {
	for i := range status.Kinds {
		if status.Kinds[i].Kind == kind {
			return &status.Kinds[i]
		}
	}
	status.Kinds = append(status.Kinds, driftv1alpha1.KindStatus{Kind: kind})
	return &status.Kinds[len(status.Kinds)-1]
}

package inventory

import (
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Report is what one sync found, to be put into the account's status.
type Report struct {
	// Account is the account as it was when the sync began.
	Account *driftv1alpha1.CloudAccount
	// Ended is false for what is certain while the sync is still under way.
	Ended bool
	// StartedAt is when the account was asked for, EndedAt when all was written.
	StartedAt, EndedAt time.Time
	// Counts says that the sync was due or asked for, and not only tried again because the
	// last one failed: a kind that it does not bring counts as missed.
	Counts bool
	team   digitalocean.Account
	// Problem concerns the whole account: no kind was looked at.
	Problem Problem
	kinds   []kindReport
	rate    digitalocean.RateLimit
}

// took is not negative, although the clock may have been set back meanwhile.
func (s *Report) took() time.Duration { return max(s.EndedAt.Sub(s.StartedAt), 0) }

// kindReport is what the sync found of one kind.
type kindReport struct {
	kind string
	// problem is why there is no complete listing or, where observedAt is set, why
	// nothing is concluded of some resources that it did not show.
	problem Problem
	// observedAt is when the listing was asked for, zero where it is not complete or
	// could not be recorded; recordedAt is when all of it was recorded.
	observedAt, recordedAt time.Time
	// behind are the parents whose children could not be listed, where what the others have
	// was listed and recorded; that was asked for at othersAt.
	behind   []string
	othersAt time.Time
	// oldest is, where observedAt is zero, since when each parent has been listed at least
	// once; zero where one was not.
	oldest    time.Time
	resources int
	// confirmationToken is set with FixMassDisappearance.
	confirmationToken string
	// counted says that the status says of this sync what it brought of the kind.
	counted bool
	// missed says that something of the kind is declared, or that it was listed before.
	missed bool
}

// listed puts in what was listed, once all of it is recorded.
func (k *kindReport) listed(listing resource.Listing, recordedAt, oldest time.Time) {
	k.recordedAt = recordedAt
	switch {
	case listing.Complete:
		k.observedAt, k.resources = listing.StartedAt, listing.Len()
	case len(k.behind) > 0:
		k.othersAt = listing.StartedAt
	default:
		k.oldest = oldest
	}
}

// hidden says that the token may not see the kind, and that nobody misses it.
func (k kindReport) hidden() bool {
	return k.problem.Reason == driftv1alpha1.ReasonFixScopes && !k.missed
}

// Hidden says whether the token may not see a kind of which nothing is declared, and which
// was never listed. A token that was restricted on purpose, or before this version knew the
// kind, leaves nothing to be mended.
func (s *Report) Hidden(kind string) bool {
	for _, k := range s.kinds {
		if k.kind == kind {
			return k.hidden()
		}
	}
	return false
}

// outcome is the sync in two labels; err is the API server's.
func (s *Report) outcome(err error) (outcome, reason string) {
	switch whole := s.WholeProblem(); {
	case err != nil:
		return metrics.OutcomeFailed, metrics.ReasonKubernetes
	case whole.Exists():
		return metrics.OutcomeFailed, whole.Reason
	}
	for _, k := range s.kinds {
		if k.problem.Exists() && !k.hidden() {
			return metrics.OutcomePartial, k.problem.Reason
		}
	}
	return metrics.OutcomeComplete, driftv1alpha1.ReasonSynced
}

// datedProblem is a problem and since when it has lasted.
type datedProblem struct {
	Problem
	since time.Time
}

// problems are the problem of the whole account or, where it has none, those of each kind.
func (s *Report) problems(status *driftv1alpha1.CloudAccountStatus) []datedProblem {
	since := func(kind string) time.Time {
		for _, k := range status.Kinds {
			if (kind == "" || k.Kind == kind) && k.BehindSince != nil {
				return k.BehindSince.Time
			}
		}
		return time.Time{}
	}
	if s.Problem.Exists() {
		return []datedProblem{{s.Problem, since("")}}
	}
	var out []datedProblem
	for _, k := range s.kinds {
		switch {
		case !k.problem.Exists():
		case k.observedAt.IsZero():
			out = append(out, datedProblem{k.problem, since(k.kind)})
		default: // of some resources only: the whole is not listed again for these at once
			out = append(out, datedProblem{k.problem, s.StartedAt.Add(-MostRetry)})
		}
	}
	return out
}

// WholeProblem is the problem that concerns the account as a whole: one of its
// token, wherever it showed.
func (s *Report) WholeProblem() Problem {
	if s.Problem.Exists() {
		return s.Problem
	}
	for _, k := range s.kinds {
		if k.problem.Reason == driftv1alpha1.ReasonFixCredentials {
			return k.problem
		}
	}
	return Problem{}
}

// Brought says whether the sync listed a kind completely.
func (s *Report) Brought(kind string) bool {
	for _, k := range s.kinds {
		if k.kind == kind {
			return !k.observedAt.IsZero()
		}
	}
	return false
}

// Into puts the report into the status. Counts of drifts are the sweep's.
func (s *Report) Into(status *driftv1alpha1.CloudAccountStatus) {
	if s.Ended {
		s.endInto(status)
	}
	if s.Problem.Exists() {
		for _, kind := range kinds.All() {
			k := KindIn(status, kind.Schema.Kind)
			FallBehind(k, s.Problem, s.StartedAt)
			if s.Counts {
				k.MissedSyncs++
			}
		}
		return
	}
	if s.Ended {
		nameTeam(status, s.team)
	}
	for _, report := range s.kinds {
		k := KindIn(status, report.kind)
		if report.observedAt.IsZero() {
			report.fallBehind(k, s.StartedAt, s.Counts && !report.counted)
			continue
		}
		*k = driftv1alpha1.KindStatus{
			Kind:              report.kind,
			FieldTable:        objects.FieldTable(report.kind),
			ObservedAt:        ptr.To(metav1.NewTime(report.observedAt)),
			RecordedAt:        ptr.To(metav1.NewMicroTime(report.recordedAt)),
			Resources:         clamped(report.resources),
			Reason:            report.problem.Reason,
			Message:           report.problem.Message,
			ConfirmationToken: report.confirmationToken,
			// The counts of the last sweep, until the one that follows.
			Managed: k.Managed, Unmanaged: k.Unmanaged, Owned: k.Owned, OpenDrifts: k.OpenDrifts, Ignored: k.Ignored,
		}
	}
}

// endInto says when the sync was made, and with which team and budget.
func (s *Report) endInto(status *driftv1alpha1.CloudAccountStatus) {
	// Somebody may have reset the status meanwhile, and another operator pinned it.
	if !s.Problem.Exists() {
		s.Problem = otherTeam(status.TeamUUID, s.team)
	}
	status.LastSyncTime = ptr.To(metav1.NewTime(s.StartedAt))
	status.LastSyncSeconds = ptr.To(int32((s.took() + time.Second - 1) / time.Second))
	if s.rate.Known {
		status.RateLimit = driftv1alpha1.RateLimitStatus{Limit: clamped(s.rate.Limit), Remaining: clamped(s.rate.Remaining)}
		// A time that is years off was given in another unit, and says nothing.
		if at := s.rate.ResetAt; !at.IsZero() && at.Sub(s.EndedAt).Abs() < 24*time.Hour {
			status.RateLimit.ResetAt = ptr.To(metav1.NewTime(s.rate.ResetAt))
		}
	}
}

// fallBehind says that not all of the kind was listed, and of which parents.
func (k *kindReport) fallBehind(status *driftv1alpha1.KindStatus, at time.Time, counts bool) {
	missed := int32(0)
	if counts {
		missed = 1
	}
	parents := k.parentsBehind(status, missed)
	FallBehind(status, k.problem, at)
	status.MissedSyncs += missed
	status.BehindParents, status.OthersObservedAt = parents, nil
	switch {
	case len(parents) > 0:
		status.ConfirmationToken = k.confirmationToken
		status.OthersObservedAt = ptr.To(metav1.NewTime(k.othersAt))
		status.RecordedAt = ptr.To(metav1.NewMicroTime(k.recordedAt))
	case !k.oldest.IsZero() && (status.ObservedAt == nil || k.oldest.After(status.ObservedAt.Time)):
		// It takes more than one sync to ask all parents, and each was asked since.
		status.ObservedAt, status.MissedSyncs = ptr.To(metav1.NewTime(k.oldest)), missed
	}
}

// parentsBehind are the parents that are behind, with what the status said of each before.
func (k *kindReport) parentsBehind(status *driftv1alpha1.KindStatus, missed int32) []driftv1alpha1.BehindParent {
	known, _ := kinds.Lookup(k.kind)
	var out []driftv1alpha1.BehindParent
	for _, id := range k.behind {
		was := objects.FreshnessIn(*status, known, id)
		out = append(out, driftv1alpha1.BehindParent{ID: id, ObservedAt: was.ObservedAt, MissedSyncs: was.MissedSyncs + missed})
	}
	return out
}

// clamped is a foreign number as the API can hold it.
func clamped(n int) *int32 {
	return ptr.To(int32(min(max(n, 0), math.MaxInt32)))
}

// FallBehind says of a kind that a sync did not bring it; since is when it fell behind, should
// it not have been behind before.
func FallBehind(k *driftv1alpha1.KindStatus, p Problem, since time.Time) {
	k.Reason, k.Message, k.ConfirmationToken = p.Reason, p.Message, ""
	k.FieldTable = objects.FieldTable(k.Kind) // it was tried with this one
	k.BehindParents, k.OthersObservedAt = nil, nil
	if k.BehindSince == nil {
		k.BehindSince = ptr.To(metav1.NewTime(since))
	}
}

// KindIn is what the status says of a kind, which is added where it is missing.
func KindIn(status *driftv1alpha1.CloudAccountStatus, kind string) *driftv1alpha1.KindStatus {
	for i := range status.Kinds {
		if status.Kinds[i].Kind == kind {
			return &status.Kinds[i]
		}
	}
	status.Kinds = append(status.Kinds, driftv1alpha1.KindStatus{Kind: kind})
	return &status.Kinds[len(status.Kinds)-1]
}

package controller

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
)

// Report is what one sync found, to be put into the account's status.
type Report struct {
	startedAt, endedAt time.Time
	// counts says that the sync was due or asked for, and is not one that failed and is
	// only tried again: a kind that it does not bring counts as missed.
	counts bool
	team   digitalocean.Account
	// problem concerns the whole account: no kind was looked at.
	problem problem
	kinds   []kindReport
	rate    digitalocean.RateLimit
}

// took is not negative, although the clock may have been set back meanwhile.
func (s Report) took() time.Duration { return max(s.endedAt.Sub(s.startedAt), 0) }

// kindReport is what it found of one kind.
type kindReport struct {
	kind string
	// problem is why there is no complete listing or, where observedAt is set, why
	// nothing is concluded of some resources that it did not show.
	problem problem
	// observedAt is when the listing was asked for, zero where it is not complete or
	// could not be recorded; recordedAt is when all of it was recorded.
	observedAt, recordedAt time.Time
	resources              int
	// confirmationToken is set with FixMassDisappearance.
	confirmationToken string
}

// outcome is the sync in two labels; err is the API server's.
func (s *Report) outcome(err error) (outcome, reason string) {
	switch whole := s.wholeProblem(); {
	case err != nil:
		return metrics.OutcomeFailed, metrics.ReasonKubernetes
	case whole.exists():
		return metrics.OutcomeFailed, whole.reason
	}
	for _, k := range s.kinds {
		if k.problem.exists() {
			return metrics.OutcomePartial, k.problem.reason
		}
	}
	return metrics.OutcomeComplete, driftv1alpha1.ReasonSynced
}

// datedProblem is a problem and since when it has lasted.
type datedProblem struct {
	problem
	since time.Time
}

// problems are those of the whole account, else each kind's.
func (s Report) problems(status *driftv1alpha1.CloudAccountStatus) []datedProblem {
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
		switch {
		case !k.problem.exists():
		case k.observedAt.IsZero():
			out = append(out, datedProblem{k.problem, since(k.kind)})
		default: // of some resources only: the whole is not listed again for these at once
			out = append(out, datedProblem{k.problem, s.startedAt.Add(-mostRetry)})
		}
	}
	return out
}

// wholeProblem is the problem that concerns the account as a whole: one of its
// token, wherever it showed.
func (s Report) wholeProblem() problem {
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

// brought says whether the sync listed a kind completely.
func (s Report) brought(kind string) bool {
	for _, k := range s.kinds {
		if k.kind == kind {
			return !k.observedAt.IsZero()
		}
	}
	return false
}

// into puts the report into the status. Counts of drifts are the sweep's.
func (s Report) into(status *driftv1alpha1.CloudAccountStatus) {
	status.LastSyncTime = ptr.To(metav1.NewTime(s.startedAt))
	status.LastSyncSeconds = ptr.To(int32((s.took() + time.Second - 1) / time.Second))
	if s.rate.Known {
		status.RateLimit = driftv1alpha1.RateLimitStatus{Limit: clamped(s.rate.Limit), Remaining: clamped(s.rate.Remaining)}
		// A time that is years off was given in another unit, and says nothing.
		if at := s.rate.ResetAt; !at.IsZero() && at.Sub(s.endedAt).Abs() < 24*time.Hour {
			status.RateLimit.ResetAt = ptr.To(metav1.NewTime(s.rate.ResetAt))
		}
	}
	if s.problem.exists() {
		for _, kind := range kinds.All() {
			k := kindIn(status, kind.Schema.Kind)
			fallBehind(k, s.problem, s.startedAt)
			if s.counts {
				k.MissedSyncs++
			}
		}
		return
	}
	nameTeam(status, s.team)
	for _, report := range s.kinds {
		k := kindIn(status, report.kind)
		if report.observedAt.IsZero() {
			fallBehind(k, report.problem, s.startedAt)
			if s.counts {
				k.MissedSyncs++
			}
			continue
		}
		*k = driftv1alpha1.KindStatus{
			Kind:              report.kind,
			FieldTable:        objects.FieldTable(report.kind),
			ObservedAt:        ptr.To(metav1.NewTime(report.observedAt)),
			RecordedAt:        ptr.To(metav1.NewMicroTime(report.recordedAt)),
			Resources:         clamped(report.resources),
			Reason:            report.problem.reason,
			Message:           report.problem.message,
			ConfirmationToken: report.confirmationToken,
		}
	}
}

// clamped is a foreign number as the API can hold it.
func clamped(n int) *int32 {
	return ptr.To(int32(min(max(n, 0), math.MaxInt32)))
}

func fallBehind(k *driftv1alpha1.KindStatus, p problem, since time.Time) {
	k.Reason, k.Message, k.ConfirmationToken = p.reason, p.message, ""
	k.FieldTable = objects.FieldTable(k.Kind) // it was tried with this one
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

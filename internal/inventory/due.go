package inventory

import (
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// SyncDue says whether the inventory has to be refreshed now.
func SyncDue(account *driftv1alpha1.CloudAccount, t objects.Timetable, c Connection, now time.Time) bool {
	status := &account.Status
	switch {
	case status.LastSyncTime == nil, status.NextSyncTime == nil:
		return true
	case account.Generation != status.ObservedGeneration:
		return true
	case SyncRequest(account) != "" && SyncRequest(account) != status.LastHandledSyncRequest:
		return true
	case c.changed:
		return true
	case confirms(account):
		return true
	case status.LastSyncTime.After(now.Add(time.Minute)):
		return true // the clock went back: the next time would be too far off
	default:
		return !now.Before(status.NextSyncTime.Time) || !now.Before(t.Sync.Next(status.LastSyncTime.Time))
	}
}

// DueOrAskedFor says whether a sync is due by the schedule or asked for, and not only tried again.
func DueOrAskedFor(account *driftv1alpha1.CloudAccount, t objects.Timetable, now time.Time) bool {
	last := account.Status.LastSyncTime
	return last == nil || !now.Before(t.Sync.Next(last.Time)) ||
		SyncRequest(account) != "" && SyncRequest(account) != account.Status.LastHandledSyncRequest
}

// ReadWithOtherFields says whether the last attempt at a kind was an operator's that knows
// other fields of it, or did not know the kind, or was cut short while it recorded.
func ReadWithOtherFields(account *driftv1alpha1.CloudAccount) bool {
	for _, kind := range kinds.All() {
		status := objects.KindStatus(account, kind.Schema.Kind)
		if status.FieldTable != kind.FieldTable() {
			return true
		}
		if status.ObservedAt != nil && status.BehindSince == nil && status.RecordedAt == nil {
			return true // a sync was cut short while it recorded
		}
	}
	return false
}

// SyncRequest is the request for a sync as the status can repeat it.
func SyncRequest(account *driftv1alpha1.CloudAccount) string {
	return objects.Shorten(account.Annotations[driftv1alpha1.SyncAnnotation], objects.MessageLimit)
}

// confirms says whether the account's annotation answers a mass disappearance
// that is waiting for it.
func confirms(account *driftv1alpha1.CloudAccount) bool {
	token := account.Annotations[driftv1alpha1.ConfirmDisappearanceAnnotation]
	if token == "" {
		return false
	}
	for _, k := range account.Status.Kinds {
		if k.ConfirmationToken == token {
			return true
		}
	}
	return false
}

// A sync that failed is tried again after as long as it has been failing, so that the waits
// double by themselves, and within these two.
const (
	// firstRetry is the shortest wait.
	firstRetry = 30 * time.Second
	// MostRetry is the longest wait.
	MostRetry = 10 * time.Minute
)

// NextSync is when the next sync is due: by the schedule, or sooner where the last
// sync failed in a way that heals by itself. report is nil where no sync was made just now.
func NextSync(account *driftv1alpha1.CloudAccount, report *Report, t objects.Timetable, now time.Time) time.Time {
	if report == nil {
		if account.Status.NextSyncTime != nil {
			return account.Status.NextSyncTime.Time
		}
		return t.Sync.Next(now)
	}
	next := t.Sync.Next(report.StartedAt)
	for _, p := range report.problems(&account.Status) {
		if at := retryTime(p.Problem, p.since, report.StartedAt); !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next
}

// retryTime is zero for a problem whose mending is noticed.
func retryTime(p Problem, since, now time.Time) time.Time {
	switch p.Reason {
	case driftv1alpha1.ReasonFixCredentials, driftv1alpha1.ReasonFixMassDisappearance:
		return time.Time{}
	case driftv1alpha1.ReasonFixScopes, driftv1alpha1.ReasonRefused, driftv1alpha1.ReasonFixRefusedWrite, driftv1alpha1.ReasonFixCRDs:
		return now.Add(MostRetry)
	}
	wait := firstRetry
	if !since.IsZero() {
		wait = min(max(now.Sub(since), firstRetry), MostRetry)
	}
	// What DigitalOcean says is the earliest. A Retry-After of a second, over and
	// over, is no reason to list everything each second.
	if at := now.Add(wait); at.After(p.retryAt) {
		return at
	}
	return p.retryAt
}

package inventory

import (
	"strings"
	"testing"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// quiet is an account that nothing is due for at objectstest.Noon: it syncs and sweeps once a
// day, at midnight.
func TestSyncDue(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		change func(*driftv1alpha1.CloudAccount)
		due    bool
	}{
		"nothing": {"the schedule has not come due", func(*driftv1alpha1.CloudAccount) {}, false},
		"a request": {"somebody waits", func(a *driftv1alpha1.CloudAccount) {
			a.Annotations[driftv1alpha1.SyncAnnotation] = "now"
		}, true},
		"a request that was answered": {"once is enough", func(a *driftv1alpha1.CloudAccount) {
			a.Annotations[driftv1alpha1.SyncAnnotation], a.Status.LastHandledSyncRequest = "now", "now"
		}, false},
		"a long one that was answered": {"the status repeats only its beginning", func(a *driftv1alpha1.CloudAccount) {
			a.Annotations[driftv1alpha1.SyncAnnotation] = strings.Repeat("ä", 1000)
			a.Status.LastHandledSyncRequest = SyncRequest(a)
		}, false},
	} {
		account := objectstest.Quiet()
		c.change(account)
		if due := SyncDue(account, new(objects.Timetables).Of(account), Connection{}, objectstest.Noon); due != c.due {
			t.Errorf("%s: due %v, although %s", name, due, c.why)
		}
	}
}

func TestRetryTime(t *testing.T) {
	for name, c := range map[string]struct {
		problem Problem
		since   time.Duration
		want    time.Duration
	}{
		"first failure":                     {Problem{Reason: driftv1alpha1.ReasonUnreachable}, 0, 30 * time.Second},
		"as long as it has lasted":          {Problem{Reason: driftv1alpha1.ReasonServerError}, 2 * time.Minute, 2 * time.Minute},
		"ten minutes at most":               {Problem{Reason: driftv1alpha1.ReasonIncomplete}, time.Hour, 10 * time.Minute},
		"when DigitalOcean says so":         {Problem{Reason: driftv1alpha1.ReasonThrottled, retryAt: objectstest.Noon.Add(time.Hour)}, 0, time.Hour},
		"not at once, whatever it says":     {Problem{Reason: driftv1alpha1.ReasonThrottled, retryAt: objectstest.Noon.Add(time.Second)}, 0, 30 * time.Second},
		"nor where it goes on saying so":    {Problem{Reason: driftv1alpha1.ReasonThrottled, retryAt: objectstest.Noon.Add(time.Second)}, 5 * time.Minute, 5 * time.Minute},
		"with a Retry-After of 0":           {Problem{Reason: driftv1alpha1.ReasonThrottled, retryAt: objectstest.Noon}, time.Hour, 10 * time.Minute},
		"a scope may be given at any time":  {Problem{Reason: driftv1alpha1.ReasonFixScopes}, 0, 10 * time.Minute},
		"another token is noticed at once":  {Problem{Reason: driftv1alpha1.ReasonFixCredentials}, 0, -1},
		"a confirmation is noticed at once": {Problem{Reason: driftv1alpha1.ReasonFixMassDisappearance}, 0, -1},
		"a quota may be raised at any time": {Problem{Reason: driftv1alpha1.ReasonFixRefusedWrite}, 0, 10 * time.Minute},
		"a write that failed, at first":     {Problem{Reason: driftv1alpha1.ReasonWriteFailed}, 0, 30 * time.Second},
		"a write that goes on failing":      {Problem{Reason: driftv1alpha1.ReasonWriteFailed}, 2 * time.Minute, 2 * time.Minute},
	} {
		var since time.Time
		if c.since > 0 {
			since = objectstest.Noon.Add(-c.since)
		}
		got := retryTime(c.problem, since, objectstest.Noon)
		if c.want < 0 && !got.IsZero() || c.want >= 0 && !got.Equal(objectstest.Noon.Add(c.want)) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

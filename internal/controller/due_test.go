package controller

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// quiet is an account that nothing is due for at objectstest.Noon: it syncs and sweeps once a
// day, at midnight.
func quiet() *driftv1alpha1.CloudAccount {
	return &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{UID: "quiet", Annotations: map[string]string{}},
		Spec:       driftv1alpha1.CloudAccountSpec{SyncSchedule: "0 0 * * *", DetectionSchedule: "0 0 * * *"},
		Status: driftv1alpha1.CloudAccountStatus{
			LastSyncTime:      ptr.To(metav1.NewTime(objectstest.Noon.Add(-time.Hour))),
			NextSyncTime:      ptr.To(metav1.NewTime(objectstest.Noon.Add(12 * time.Hour))),
			LastDetectionTime: ptr.To(metav1.NewTime(objectstest.Noon.Add(-time.Hour))),
		},
	}
}

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
			a.Status.LastHandledSyncRequest = syncRequest(a)
		}, false},
	} {
		account := quiet()
		c.change(account)
		if due := syncDue(account, new(objects.Timetables).Of(account), connection{}, objectstest.Noon); due != c.due {
			t.Errorf("%s: due %v, although %s", name, due, c.why)
		}
	}
}

func TestRetryTime(t *testing.T) {
	for name, c := range map[string]struct {
		problem problem
		since   time.Duration
		want    time.Duration
	}{
		"first failure":                     {problem{reason: driftv1alpha1.ReasonUnreachable}, 0, 30 * time.Second},
		"as long as it has lasted":          {problem{reason: driftv1alpha1.ReasonServerError}, 2 * time.Minute, 2 * time.Minute},
		"ten minutes at most":               {problem{reason: driftv1alpha1.ReasonIncomplete}, time.Hour, 10 * time.Minute},
		"when DigitalOcean says so":         {problem{reason: driftv1alpha1.ReasonThrottled, retryAt: objectstest.Noon.Add(time.Hour)}, 0, time.Hour},
		"not at once, whatever it says":     {problem{reason: driftv1alpha1.ReasonThrottled, retryAt: objectstest.Noon.Add(time.Second)}, 0, 30 * time.Second},
		"nor where it goes on saying so":    {problem{reason: driftv1alpha1.ReasonThrottled, retryAt: objectstest.Noon.Add(time.Second)}, 5 * time.Minute, 5 * time.Minute},
		"with a Retry-After of 0":           {problem{reason: driftv1alpha1.ReasonThrottled, retryAt: objectstest.Noon}, time.Hour, 10 * time.Minute},
		"a scope may be given at any time":  {problem{reason: driftv1alpha1.ReasonFixScopes}, 0, 10 * time.Minute},
		"another token is noticed at once":  {problem{reason: driftv1alpha1.ReasonFixCredentials}, 0, -1},
		"a confirmation is noticed at once": {problem{reason: driftv1alpha1.ReasonFixMassDisappearance}, 0, -1},
		"a quota may be raised at any time": {problem{reason: driftv1alpha1.ReasonFixRefusedWrite}, 0, 10 * time.Minute},
		"a write that failed, at first":     {problem{reason: driftv1alpha1.ReasonWriteFailed}, 0, 30 * time.Second},
		"a write that goes on failing":      {problem{reason: driftv1alpha1.ReasonWriteFailed}, 2 * time.Minute, 2 * time.Minute},
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

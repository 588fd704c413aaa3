package controller

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// quiet is an account that nothing is due for at noon: it syncs and sweeps once a
// day, at midnight.
func quiet() *driftv1alpha1.CloudAccount {
	return &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{UID: "quiet", Annotations: map[string]string{}},
		Spec:       driftv1alpha1.CloudAccountSpec{SyncSchedule: "0 0 * * *", DetectionSchedule: "0 0 * * *"},
		Status: driftv1alpha1.CloudAccountStatus{
			LastSyncTime:      ptr.To(metav1.NewTime(noon.Add(-time.Hour))),
			NextSyncTime:      ptr.To(metav1.NewTime(noon.Add(12 * time.Hour))),
			LastDetectionTime: ptr.To(metav1.NewTime(noon.Add(-time.Hour))),
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
		if due := syncDue(account, new(timetables).of(account), connection{}, noon); due != c.due {
			t.Errorf("%s: due %v, although %s", name, due, c.why)
		}
	}
}

func TestSweepDue(t *testing.T) {
	withheld := func(a *driftv1alpha1.CloudAccount) {
		no("", "").set(&a.Status.Conditions, driftv1alpha1.ConditionReady, 1, metav1.NewTime(noon))
		yes("", "").set(&a.Status.Conditions, driftv1alpha1.ConditionDriftsWithheld, 1, metav1.NewTime(noon))
	}
	hourly := func(a *driftv1alpha1.CloudAccount) { a.Spec.SyncSchedule = "30 * * * *" }
	for name, c := range map[string]struct {
		why     string
		change  func(*driftv1alpha1.CloudAccount)
		blocked bool
		after   time.Duration // since the last sweep, an hour before noon
		due     bool
	}{
		"nothing":                     {"it is for midnight", hourly, false, time.Hour, false},
		"a missed sync":               {"each sync sweeps, and none is made", hourly, true, 30 * time.Minute, true},
		"before the sync that is due": {"nothing was missed", hourly, true, 29 * time.Minute, false},
		"drifts withheld":             {"the limit is one of a minute", withheld, false, time.Minute, true},
		"drifts withheld just now":    {"the minute is not over", withheld, false, 59 * time.Second, false},
	} {
		account := quiet()
		c.change(account)
		now := noon.Add(-time.Hour).Add(c.after)
		if due := sweepDue(account, new(timetables).of(account), c.blocked, now); due != c.due {
			t.Errorf("%s: due %v, although %s", name, due, c.why)
		}
	}
}

func TestLastSyncSecondsAreNotNegative(t *testing.T) {
	var status driftv1alpha1.CloudAccountStatus
	syncReport{startedAt: noon, endedAt: noon.Add(-time.Hour)}.into(&status) // the clock was set back meanwhile
	if got := *status.LastSyncSeconds; got != 0 {
		t.Errorf("%d seconds", got)
	}
}

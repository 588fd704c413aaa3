package detection

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

func TestSweepDue(t *testing.T) {
	withheld := func(a *driftv1alpha1.CloudAccount) {
		objects.False("", "").Set(&a.Status.Conditions, driftv1alpha1.ConditionReady, 1, metav1.NewTime(objectstest.Noon))
		objects.True("", "").Set(&a.Status.Conditions, driftv1alpha1.ConditionDriftsWithheld, 1, metav1.NewTime(objectstest.Noon))
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
		account := objectstest.Quiet()
		c.change(account)
		now := objectstest.Noon.Add(-time.Hour).Add(c.after)
		if due := SweepDue(account, new(objects.Timetables).Of(account), c.blocked, now); due != c.due {
			t.Errorf("%s: due %v, although %s", name, due, c.why)
		}
	}
}

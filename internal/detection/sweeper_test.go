package detection

import (
	"context"
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

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

// A sweep that is ended before everything was compared says so: what it has counted until
// then is not the account's. One that is not has counted all of it.
func TestSweepThatIsCutShort(t *testing.T) {
	for name, c := range map[string]struct {
		cut  bool
		want error
	}{
		"cut short":  {true, context.Canceled},
		"to its end": {false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			account := objectstest.Recorded("Droplet")
			account.Spec.MaxNewDriftsPerMinute = ptr.To[int32](1)
			live := objectstest.Live(t, "Droplet", "3164444", "web-1", map[string]any{"region": "fra1", "size_slug": "s-2vcpu-4gb", "vpc_uuid": "a"}, nil)
			declared := objectstest.Named("Droplet", "web-1", nil, map[string]string{"region": `"nyc3"`, "size_slug": `"s-1vcpu-1gb"`, "vpc_uuid": `"b"`})
			stored := objectstest.Stored(t, interceptor.Funcs{
				// All is listed before the first comparison, which looks a declaration up again
				// where something would be written.
				Get: func(inner context.Context, stored client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
					if _, isDeclaration := o.(*driftv1alpha1.CloudProvisioned); isDeclaration && c.cut {
						cancel()
					}
					return stored.Get(inner, key, o, opts...)
				},
			}, account, declared, &live)
			detector := NewDetector(objectstest.Access(stored, stored), &objects.Timetables{}, NewPendingRequests(func(types.NamespacedName) {}))
			result, err := NewSweeper(stored, detector, func(*driftv1alpha1.CloudProvisioned) {}).Sweep(ctx, account)
			if !errors.Is(err, c.want) || (err != nil) != c.cut {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if result.withheld != 2 && !c.cut {
				t.Errorf("%d drifts are withheld, want two of three", result.withheld)
			}
		})
	}
}

package detection

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// liveAccount is what the API server has, past the cache.
type liveAccount struct {
	client.Reader
	account *driftv1alpha1.CloudAccount
	asked   int
}

func (l *liveAccount) Get(_ context.Context, _ client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	l.asked++
	l.account.DeepCopyInto(into.(*driftv1alpha1.CloudAccount))
	return nil
}

// While a sync records, resources come and go one by one, and the cache may not have heard
// that it began. What is new to be said of a name waits; what was said is not asked about.
func TestWhatIsNewOfANameIsConfirmed(t *testing.T) {
	one, two := objectstest.Live(t, "Droplet", "1", "web-1", nil, nil), objectstest.Live(t, "Droplet", "2", "web-1", nil, nil)
	for name, resources := range map[string][]driftv1alpha1.CloudResource{"bound": {one}, "none": nil, "several": {one, two}} {
		d, p := quietDetector(), objectstest.Named("Droplet", "web-1", nil, nil)
		account := objectstest.Recorded("Droplet")
		bound, err := binding.Binder{In: binding.NewSnapshot(account, []driftv1alpha1.CloudProvisioned{*p}, nil, resources), Now: objectstest.Noon.Add(2 * time.Hour)}.Bind(t.Context(), p, account)
		if err != nil {
			t.Fatal(err)
		}
		live := &liveAccount{account: account.DeepCopy()}
		d.Live = live
		run := detectionRun{provisioned: p, account: account, binding: bound}
		if err := d.confirmName(t.Context(), &run); err != nil || live.asked != 1 {
			t.Errorf("%s, as the cache has it: asked %d times: %v", name, live.asked, err)
		}
		live.account.Status.Kinds[0].RecordedAt = nil
		if err := d.confirmName(t.Context(), &run); !apierrors.IsConflict(err) {
			t.Errorf("%s, while a sync records: %v", name, err)
		}
		run.binding.Ready.Set(&p.Status.Conditions, driftv1alpha1.ConditionReady, 1, metav1.NewTime(objectstest.Noon))
		p.Status.ResourceID, live.asked = run.binding.ID, 0
		if err := d.confirmName(t.Context(), &run); err != nil || live.asked != 0 {
			t.Errorf("%s, said before: asked %d times: %v", name, live.asked, err)
		}
	}
}

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
	"github.com/arcadiacloud/clouddrift/internal/drift"
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

// liveDeclaration is what the API server has of one declaration, nil for none.
type liveDeclaration struct {
	client.Reader
	declared *driftv1alpha1.CloudProvisioned
	asked    int
}

func (l *liveDeclaration) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	l.asked++
	if l.declared == nil {
		return apierrors.NewNotFound(driftv1alpha1.GroupVersion.WithResource("cloudprovisioneds").GroupResource(), key.Name)
	}
	l.declared.DeepCopyInto(into.(*driftv1alpha1.CloudProvisioned))
	return nil
}

// The cache may still have an older declaration that was deleted, or meant another resource
// by now, while the observation in it is the latest: nothing goes stale in its favour.
func TestAnOlderDeclarationIsConfirmed(t *testing.T) {
	older := objectstest.Named("Droplet", "web-1", nil, nil)
	older.Name, older.UID, older.Status.ResourceID = "older", "older", "1"
	changed := func(change func(*driftv1alpha1.CloudProvisioned)) *driftv1alpha1.CloudProvisioned {
		out := older.DeepCopy()
		change(out)
		return out
	}
	for why, c := range map[string]struct {
		live     *driftv1alpha1.CloudProvisioned
		conflict bool
	}{
		"as the cache has it": {older, false},
		"it was deleted":      {nil, true},
		"it is being deleted": {changed(func(p *driftv1alpha1.CloudProvisioned) {
			p.DeletionTimestamp, p.Finalizers = &metav1.Time{Time: objectstest.Noon}, []string{"a/b"}
		}), true},
		"it was made anew":               {changed(func(p *driftv1alpha1.CloudProvisioned) { p.UID = "younger" }), true},
		"it is bound to another by now":  {changed(func(p *driftv1alpha1.CloudProvisioned) { p.Status.ResourceID = "2" }), true},
		"somebody labelled it meanwhile": {changed(func(p *driftv1alpha1.CloudProvisioned) { p.Labels = map[string]string{"a": "b"} }), false},
	} {
		t.Run(why, func(t *testing.T) {
			d := quietDetector()
			live := &liveDeclaration{declared: c.live}
			d.Live = live
			run := detectionRun{provisioned: objectstest.Named("Droplet", "web-1", nil, nil), binding: binding.Binding{Older: older},
				plan: drift.Plan{Stale: []string{"a-drift"}}}
			if err := d.confirm(t.Context(), &run); apierrors.IsConflict(err) != c.conflict || !c.conflict && err != nil || live.asked != 1 {
				t.Errorf("asked %d times: %v", live.asked, err)
			}
			run.plan, live.asked = drift.Plan{}, 0
			if err := d.confirm(t.Context(), &run); err != nil || live.asked != 0 {
				t.Errorf("with nothing to write: asked %d times: %v", live.asked, err)
			}
		})
	}
}

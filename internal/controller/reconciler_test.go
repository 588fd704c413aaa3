package controller

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/detection"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// reconcilerOf is one of an account in memory.
func reconcilerOf(cached, live client.WithWatch) *accountReconciler {
	access := objectstest.Access(cached, live)
	tables, pending, crds := &objects.Timetables{}, detection.NewPendingRequests(func(types.NamespacedName) {}), inventory.NewCRDGuard(live, access.Clock)
	return &accountReconciler{
		Access: access, timetables: tables, pending: pending, metrics: metrics.NewPasses(), crds: crds,
		connector: inventory.NewConnector(live, nil, nil), runs: inventory.NewRuns(inventory.NewSyncer(access, crds, metrics.NewPasses()), func(types.NamespacedName) {}),
		sweeper: detection.NewSweeper(cached, detection.NewDetector(access, tables, pending), nil),
	}
}

func TestADeletedAccountIsForgotten(t *testing.T) {
	account := objectstest.Account()
	c := objectstest.Stored(t, interceptor.Funcs{}, account)
	r := reconcilerOf(c, c)
	name := client.ObjectKeyFromObject(account)
	r.remember(name, "u")
	if err := c.Delete(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: name}); err != nil {
		t.Fatal(err)
	}
	if len(r.known) != 0 {
		t.Errorf("%d names are kept of an account that is gone", len(r.known))
	}
}

// A cache that is behind makes no sync be thrown away.
func TestAStatusIsWrittenAlthoughTheCacheIsBehind(t *testing.T) {
	account := objectstest.Account()
	live := objectstest.Stored(t, interceptor.Funcs{}, account)
	stale := &driftv1alpha1.CloudAccount{}
	if err := live.Get(t.Context(), client.ObjectKeyFromObject(account), stale); err != nil {
		t.Fatal(err)
	}
	cached := interceptor.NewClient(live, interceptor.Funcs{Get: func(ctx context.Context, w client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
		if a, ok := o.(*driftv1alpha1.CloudAccount); ok {
			stale.DeepCopyInto(a)
			return nil
		}
		return w.Get(ctx, key, o, opts...)
	}})
	current := stale.DeepCopy()
	current.Annotations = map[string]string{"somebody": "annotates"}
	if err := live.Update(t.Context(), current); err != nil {
		t.Fatal(err)
	}
	r := reconcilerOf(cached, live)
	pass := &accountPass{account: stale.DeepCopy(), timetable: r.timetables.Of(stale), startedAt: objectstest.Noon, report: &inventory.Report{Account: stale, Ended: true, StartedAt: objectstest.Noon, EndedAt: objectstest.Noon}}
	if err := r.writeStatus(t.Context(), pass, false); err != nil {
		t.Error(err)
	}
}

// A status that the API server refuses is told in one that it takes, and nothing is
// listed over and over.
func TestARefusedStatusIsToldInASmallerOne(t *testing.T) {
	account := objectstest.Account()
	refused := false
	refuse := func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
		if !refused { // the smaller one is taken
			refused = true
			return apierrors.NewInvalid(schema.GroupKind{Kind: "CloudAccount"}, o.GetName(), nil)
		}
		return c.SubResource(sub).Update(ctx, o, opts...)
	}
	c := objectstest.Stored(t, interceptor.Funcs{SubResourceUpdate: refuse}, account)
	r := reconcilerOf(c, c)
	report := inventory.Report{StartedAt: objectstest.Noon, EndedAt: objectstest.Noon}
	pass := &accountPass{account: account, timetable: r.timetables.Of(account), startedAt: objectstest.Noon, report: &report}
	if err := r.writeStatus(t.Context(), pass, true); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(account), account); err != nil {
		t.Fatal(err)
	}
	for _, conditionType := range []string{driftv1alpha1.ConditionReady, driftv1alpha1.ConditionSynced} {
		if got := objects.CurrentVerdict(account.Status.Conditions, conditionType); got.Status != metav1.ConditionFalse || got.Reason != driftv1alpha1.ReasonFixRefusedWrite {
			t.Errorf("%s: %v", conditionType, got)
		}
	}
	if inventory.SyncDue(account, pass.timetable, inventory.Connection{}, objectstest.Noon.Add(time.Minute)) || inventory.ReadWithOtherFields(account) {
		t.Error("the account would be synced again at once")
	}
}

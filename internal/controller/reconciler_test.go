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
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// reconcilerOf is one of an account in memory.
func reconcilerOf(cached, live client.WithWatch) *accountReconciler {
	access := objectstest.Access(cached, live)
	tables, pending, crds := &objects.Timetables{}, NewPendingRequests(func(types.NamespacedName) {}), NewCRDGuard(live, access.Clock)
	return &accountReconciler{
		Access: access, timetables: tables, pending: pending, metrics: metrics.NewPasses(), crds: crds,
		connector: newConnector(live, nil, nil), syncer: newSyncer(access, crds, metrics.NewPasses()),
		sweeper: newSweeper(cached, newDetector(access, tables, pending), nil),
	}
}

func TestADeletedAccountIsForgotten(t *testing.T) {
	account := objectstest.Account()
	c := objectstest.Stored(t, interceptor.Funcs{}, account)
	r := reconcilerOf(c, c)
	name := client.ObjectKeyFromObject(account)
	r.remember(name, "u")
	r.connector.used("u", connection{})
	r.syncer.confirmations.given[accountKind{"u", "Droplet"}] = confirmation{}
	_, _ = r.sweeper.detector.budgets.take(account, 1)
	r.timetables.Of(account)
	r.pending.unanswered[name], r.pending.early[name] = []*pendingRequest{{}}, objectstest.Noon
	if err := c.Delete(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: name}); err != nil {
		t.Fatal(err)
	}
	for what, left := range map[string]int{
		"tokens": len(r.connector.last), "confirmations": len(r.syncer.confirmations.given),
		"wishes": len(r.pending.unanswered) + len(r.pending.early), "names": len(r.known),
	} {
		if left != 0 {
			t.Errorf("%d %s are kept of an account that is gone", left, what)
		}
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
	pass := &accountPass{account: stale.DeepCopy(), timetable: r.timetables.Of(stale), startedAt: objectstest.Noon, report: &Report{startedAt: objectstest.Noon, endedAt: objectstest.Noon}}
	if err := r.writeStatus(t.Context(), pass, false); err != nil {
		t.Error(err)
	}
}

// A status that the API server refuses is told in one that it takes, and nothing is
// listed over and over.
func TestARefusedStatusIsToldInASmallerOne(t *testing.T) {
	account := objectstest.Account()
	refuse := func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
		if a := o.(*driftv1alpha1.CloudAccount); a.Status.TeamName == "unspeakable" {
			return apierrors.NewInvalid(schema.GroupKind{Kind: "CloudAccount"}, a.Name, nil)
		}
		return c.SubResource(sub).Update(ctx, o, opts...)
	}
	c := objectstest.Stored(t, interceptor.Funcs{SubResourceUpdate: refuse}, account)
	r := reconcilerOf(c, c)
	report := Report{startedAt: objectstest.Noon, endedAt: objectstest.Noon, team: digitalocean.Account{TeamUUID: "team", TeamName: "unspeakable"}}
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
	if syncDue(account, pass.timetable, connection{}, objectstest.Noon.Add(time.Minute)) || readWithOtherFields(account) {
		t.Error("the account would be synced again at once")
	}
}

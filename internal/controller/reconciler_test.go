package controller

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
)

type indexedBuilder struct{ *fake.ClientBuilder }

func (b indexedBuilder) IndexField(_ context.Context, o client.Object, field string, f client.IndexerFunc) error {
	b.WithIndex(o, field, f)
	return nil
}

// storedIn is an API server in memory that holds these.
func storedIn(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(driftv1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(funcs).
		WithStatusSubresource(&driftv1alpha1.CloudAccount{}, &driftv1alpha1.CloudProvisioned{}, &driftv1alpha1.CloudDrift{})
	if err := addIndexes(t.Context(), indexedBuilder{b}); err != nil {
		t.Fatal(err)
	}
	return b.Build()
}

// accessOf is access to what is stored in memory, at noon.
func accessOf(cached, live client.WithWatch) Access {
	return Access{Client: cached, Live: live, Clock: testingclock.NewFakePassiveClock(noon), Events: NewEventRecorder(events.NewFakeRecorder(1000))}
}

// reconcilerOf is one of an account in memory.
func reconcilerOf(cached, live client.WithWatch) *accountReconciler {
	access := accessOf(cached, live)
	tables, pending, crds := &timetables{}, NewPendingRequests(func(types.NamespacedName) {}), NewCRDGuard(live, access.Clock)
	return &accountReconciler{
		Access: access, timetables: tables, pending: pending, metrics: NewPasses(), crds: crds,
		connector: newConnector(live, nil, nil), syncer: newSyncer(access, crds, NewPasses()),
		sweeper: newSweeper(cached, newDetector(access, tables, pending), nil),
	}
}

func accountInMemory() *driftv1alpha1.CloudAccount {
	return &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "a", UID: "u"}}
}

func TestADeletedAccountIsForgotten(t *testing.T) {
	account := accountInMemory()
	c := storedIn(t, interceptor.Funcs{}, account)
	r := reconcilerOf(c, c)
	name := client.ObjectKeyFromObject(account)
	r.remember(name, "u")
	r.connector.used("u", connection{})
	r.syncer.confirmations.given[accountKind{"u", "Droplet"}] = confirmation{}
	_, _ = r.sweeper.detector.budgets.take(account, 1)
	r.timetables.of(account)
	r.pending.unanswered[name], r.pending.early[name] = []*pendingRequest{{}}, noon
	if err := c.Delete(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: name}); err != nil {
		t.Fatal(err)
	}
	schedules := 0
	r.timetables.parsed.Range(func(any, any) bool { schedules++; return true })
	for what, left := range map[string]int{
		"tokens": len(r.connector.last), "confirmations": len(r.syncer.confirmations.given), "schedules": schedules,
		"wishes": len(r.pending.unanswered) + len(r.pending.early), "names": len(r.known),
	} {
		if left != 0 {
			t.Errorf("%d %s are kept of an account that is gone", left, what)
		}
	}
}

// A cache that is behind makes no sync be thrown away.
func TestAStatusIsWrittenAlthoughTheCacheIsBehind(t *testing.T) {
	account := accountInMemory()
	live := storedIn(t, interceptor.Funcs{}, account)
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
	pass := &accountPass{account: stale.DeepCopy(), timetable: r.timetables.of(stale), startedAt: noon, report: &Report{startedAt: noon, endedAt: noon}}
	if err := r.writeStatus(t.Context(), pass, false); err != nil {
		t.Error(err)
	}
}

// A status that the API server refuses is told in one that it takes, and nothing is
// listed over and over.
func TestARefusedStatusIsToldInASmallerOne(t *testing.T) {
	account := accountInMemory()
	refuse := func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
		if a := o.(*driftv1alpha1.CloudAccount); a.Status.TeamName == "unspeakable" {
			return apierrors.NewInvalid(schema.GroupKind{Kind: "CloudAccount"}, a.Name, nil)
		}
		return c.SubResource(sub).Update(ctx, o, opts...)
	}
	c := storedIn(t, interceptor.Funcs{SubResourceUpdate: refuse}, account)
	r := reconcilerOf(c, c)
	report := Report{startedAt: noon, endedAt: noon, team: digitalocean.Account{TeamUUID: "team", TeamName: "unspeakable"}}
	pass := &accountPass{account: account, timetable: r.timetables.of(account), startedAt: noon, report: &report}
	if err := r.writeStatus(t.Context(), pass, true); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(account), account); err != nil {
		t.Fatal(err)
	}
	for _, conditionType := range []string{driftv1alpha1.ConditionReady, driftv1alpha1.ConditionSynced} {
		if got := currentVerdict(account.Status.Conditions, conditionType); got.status != metav1.ConditionFalse || got.reason != driftv1alpha1.ReasonFixRefusedWrite {
			t.Errorf("%s: %v", conditionType, got)
		}
	}
	if syncDue(account, pass.timetable, connection{}, noon.Add(time.Minute)) || readWithOtherFields(account) {
		t.Error("the account would be synced again at once")
	}
}

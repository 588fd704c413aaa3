package controller

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	"github.com/arcadiacloud/clouddrift/internal/resource"
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

// syncerOf is one of an account in memory.
func syncerOf(c client.WithWatch) *syncer {
	access := accessOf(c, c)
	return newSyncer(access, newCRDGuard(access.Live, access.Clock), newPassMetrics())
}

// reconcilerOf is one of an account in memory.
func reconcilerOf(cached, live client.WithWatch) *accountReconciler {
	access := accessOf(cached, live)
	tables, pending, crds := &timetables{}, newWishes(func(types.NamespacedName) {}), newCRDGuard(live, access.Clock)
	return &accountReconciler{
		Access: access, timetables: tables, pending: pending, metrics: newPassMetrics(), crds: crds,
		connector: newConnector(live, nil, nil), syncer: newSyncer(access, crds, newPassMetrics()),
		sweeper: newSweeper(cached, newDetector(access, tables, pending), nil),
	}
}

func accountInMemory() *driftv1alpha1.CloudAccount {
	return &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "a", UID: "u"}}
}

// fakeCloud lists as it is told, and knows no id.
type fakeCloud struct {
	list func(ctx context.Context, kind string) error
	get  func(kind, id string) error

	mu     sync.Mutex
	listed []string
}

func (c *fakeCloud) Account(context.Context) (digitalocean.Account, error) {
	return digitalocean.Account{TeamUUID: "team"}, nil
}

func (c *fakeCloud) Get(_ context.Context, kind, id string) (resource.Resource, error) {
	if c.get == nil {
		return resource.Resource{}, &digitalocean.Error{Class: digitalocean.NotFound}
	}
	return resource.Resource{}, c.get(kind, id)
}
func (c *fakeCloud) Without(string, ...string) Cloud            { return c }
func (c *fakeCloud) Knowing(func(resource.Resource) bool) Cloud { return c }
func (c *fakeCloud) RateLimit() digitalocean.RateLimit          { return digitalocean.RateLimit{} }

func (c *fakeCloud) List(ctx context.Context, kind string, _ resource.Listing) (resource.Listing, error) {
	out := resource.Listing{Kind: kind, StartedAt: noon}
	if err := c.list(ctx, kind); err != nil {
		return out, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listed = append(c.listed, kind)
	out.Complete = true
	return out, nil
}

// One kind whose listing costs more than an hour's requests keeps no other from being
// listed.
func TestNoKindWaitsBehindAnExpensiveOne(t *testing.T) {
	account := accountInMemory()
	c := storedIn(t, interceptor.Funcs{}, account)
	cloud := &fakeCloud{list: func(_ context.Context, kind string) error {
		if kind == "Domain" || kind == "Droplet" {
			return &digitalocean.Error{Class: digitalocean.Throttled, Doing: "listing " + kind}
		}
		return nil
	}}
	s := syncerOf(c)
	for range 5 {
		current := &driftv1alpha1.CloudAccount{}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(account), current); err != nil {
			t.Fatal(err)
		}
		if _, err := s.sync(t.Context(), current, cloud); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(cloud.listed)
	if got, want := slices.Compact(cloud.listed), []string{"Firewall", "Tag", "VPC", "Volume"}; !slices.Equal(got, want) {
		t.Errorf("listed: %v, want %v", got, want)
	}
}

// A listing that never ends says so of its kind, and the others hold.
func TestASyncEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := accountInMemory()
		c := storedIn(t, interceptor.Funcs{}, account)
		s := syncerOf(c)
		began := time.Now()
		report, err := s.sync(t.Context(), account, &fakeCloud{list: func(ctx context.Context, kind string) error {
			if kind == "Volume" {
				<-ctx.Done()
				return &digitalocean.Error{Class: digitalocean.Canceled}
			}
			return nil
		}})
		if err != nil || report.problem.exists() {
			t.Fatalf("%v, %v", err, report.problem)
		}
		if took := time.Since(began); took > longestSync {
			t.Errorf("it took %s", took)
		}
		for _, k := range report.kinds {
			if isBehind := k.observedAt.IsZero(); isBehind != (k.kind == "Volume") {
				t.Errorf("%s: behind %v, %v", k.kind, isBehind, k.problem)
			}
			if k.kind == "Volume" && (k.problem.reason != driftv1alpha1.ReasonUnreachable || !strings.Contains(k.problem.message, "did not end within")) {
				t.Errorf("said: %v", k.problem)
			}
		}
	})
}

// Ids that exist nowhere spend some requests of a sync, after every listing, and leave
// no kind behind, whatever is answered.
func TestDeclaredIDsAreAskedForLast(t *testing.T) {
	account := accountInMemory()
	objects := []client.Object{account}
	for i := range 1000 {
		p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: fmt.Sprint("p", i)}}
		p.Spec.AccountRef.Name, p.Spec.Resource = "a", driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: fmt.Sprint(i + 1)}
		objects = append(objects, p)
	}
	c := storedIn(t, interceptor.Funcs{}, objects...)
	cloud := &fakeCloud{list: func(context.Context, string) error { return nil }}
	asked := map[string]int{}
	cloud.get = func(_, id string) error {
		if len(cloud.listed)%7 != 0 {
			t.Errorf("%s is asked for when only %v were listed", id, cloud.listed)
		}
		asked[id]++
		return &digitalocean.Error{Class: digitalocean.NotFound}
	}
	s := syncerOf(c)
	for n := 1; n <= 5; n++ {
		report, err := s.sync(t.Context(), account, cloud)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range report.kinds {
			if k.problem.exists() {
				t.Errorf("%s is behind: %v", k.kind, k.problem)
			}
		}
		if len(asked) != n*mostDeclaredAsked {
			t.Errorf("sync %d: %d were asked for, want %d", n, len(asked), n*mostDeclaredAsked)
		}
	}
}

// Requests that run out at ids, which are asked for last, leave no kind behind.
func TestASpentBudgetAtDeclaredIDsLeavesNoKindBehind(t *testing.T) {
	account := accountInMemory()
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "p"}}
	p.Spec.AccountRef.Name, p.Spec.Resource = "a", driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: "1"}
	c := storedIn(t, interceptor.Funcs{}, account, p)
	report, err := syncerOf(c).sync(t.Context(), account, &fakeCloud{
		list: func(context.Context, string) error { return nil },
		get:  func(string, string) error { return &digitalocean.Error{Class: digitalocean.Throttled} },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range report.kinds {
		if k.problem.exists() {
			t.Errorf("%s is behind: %v", k.kind, k.problem)
		}
	}
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
	r.pending.synced[name], r.pending.early[name] = []*wish{{}}, noon
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
		"wishes": len(r.pending.synced) + len(r.pending.early), "names": len(r.known),
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
	pass := &accountPass{account: stale.DeepCopy(), timetable: r.timetables.of(stale), startedAt: noon, report: &syncReport{startedAt: noon, endedAt: noon}}
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
	report := syncReport{startedAt: noon, endedAt: noon, team: digitalocean.Account{TeamUUID: "team", TeamName: "unspeakable"}}
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

// What DigitalOcean sends is no reason for the API server to refuse the status.
func TestForeignValuesAreClamped(t *testing.T) {
	var status driftv1alpha1.CloudAccountStatus
	report := syncReport{startedAt: noon, endedAt: noon, team: digitalocean.Account{TeamUUID: strings.Repeat("ü", 500), TeamName: strings.Repeat("ü", 500)}}
	report.rate = digitalocean.RateLimit{Known: true, Limit: math.MaxInt, Remaining: -1, ResetAt: time.Unix(noon.UnixMilli(), 0)}
	report.into(&status)
	if *status.RateLimit.Limit != math.MaxInt32 || *status.RateLimit.Remaining != 0 || status.RateLimit.ResetAt != nil {
		t.Errorf("rate limit: %+v", status.RateLimit)
	}
	if n := len([]rune(status.TeamUUID)); n > longestTeamID || len([]rune(status.TeamName)) > 256 {
		t.Errorf("the team has an id of %d characters", n)
	}
	if other := teamID(digitalocean.Account{TeamUUID: strings.Repeat("ü", 501)}); other == status.TeamUUID {
		t.Error("two teams are taken for one")
	}
}

func TestANamespaceTakesNoMoreThanItsPlaces(t *testing.T) {
	var s shares
	for range accountsOfNamespace {
		if !s.take("greedy") {
			t.Fatal("a place of its own was refused")
		}
	}
	if s.take("greedy") {
		t.Error("the namespace takes more than its places")
	}
	if !s.take("other") {
		t.Error("another namespace has to wait")
	}
	s.giveBack("greedy")
	if !s.take("greedy") {
		t.Error("a place that was given back is not to be had")
	}
}

// CRDs that do not know a field are told, and no resource is written at each sync.
func TestOldCRDsAreNoticed(t *testing.T) {
	account := accountInMemory()
	var written atomic.Int32
	old := true
	c := storedIn(t, interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
		written.Add(1)
		if r, ok := o.(*driftv1alpha1.CloudResource); ok && old {
			r.Observed.FieldTable = ""
		}
		return c.Create(ctx, o, opts...)
	}}, account)
	s := syncerOf(c)
	v := inventory{Access: s.Access, account: account, kind: "Droplet", writes: &failures{}, crds: s.crds}
	seen := make([]resource.Resource, 100)
	for i := range seen {
		seen[i] = droplet(nil, nil)
		seen[i].ID = fmt.Sprint(i + 1)
	}
	v.record(t.Context(), nil, seen)
	if p, ok := kindProblem(t.Context(), v.writes.after(nil)); !ok || p.reason != driftv1alpha1.ReasonFixCRDs {
		t.Errorf("problem: %v", p)
	}
	if n := written.Load(); n > 2*writers {
		t.Errorf("%d were written although the first told enough", n)
	}
	if s.crds.age() == nil {
		t.Error("nobody is told")
	}
	old, v.writes = false, &failures{}
	seen[0].ID = "1000"
	v.record(t.Context(), nil, seen[:1])
	if err := errors.Join(v.writes.after(nil), s.crds.age()); err != nil {
		t.Errorf("after an upgrade of the CRDs: %v", err)
	}
}

func TestAMissingCRDIsNoticed(t *testing.T) {
	missing := true
	c := storedIn(t, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
		if _, ok := l.(*driftv1alpha1.CloudDriftList); ok && missing {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "clouddrifts"}, "")
		}
		return c.List(ctx, l, opts...)
	}})
	clock := testingclock.NewFakePassiveClock(noon)
	g := newCRDGuard(c, clock)
	if p := g.Check(t.Context(), "n"); p.reason != driftv1alpha1.ReasonFixCRDs || !strings.Contains(p.message, "no CloudDrift:") {
		t.Errorf("said: %v", p)
	}
	missing = false
	clock.SetTime(noon.Add(crdsEvery))
	if p := g.Check(t.Context(), "n"); p.exists() {
		t.Errorf("it is back: %v", p)
	}
}

package metrics

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "ns", Name: name} }

func collectorOf(t *testing.T, objects ...client.Object) (*StateCollector, client.WithWatch) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := driftv1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	return NewStateCollector(c, testingclock.NewFakePassiveClock(objectstest.Noon)), c
}

// anAccount has seen its droplets a minute ago, and never its volumes.
func anAccount() *driftv1alpha1.CloudAccount {
	return &driftv1alpha1.CloudAccount{ObjectMeta: named("production"), Status: driftv1alpha1.CloudAccountStatus{
		Conditions: []metav1.Condition{{Type: "Ready", Status: "False", Reason: "FixCredentials"}},
		RateLimit:  driftv1alpha1.RateLimitStatus{Limit: ptr.To[int32](5000), Remaining: ptr.To[int32](4321)},
		Kinds: []driftv1alpha1.KindStatus{
			{Kind: "Droplet", ObservedAt: ptr.To(metav1.NewTime(objectstest.Noon.Add(-time.Minute)))},
			{Kind: "Volume", Reason: "FixScopes"},
		},
	}}
}

func aResource(name string, absent *metav1.Time) *driftv1alpha1.CloudResource {
	return &driftv1alpha1.CloudResource{ObjectMeta: named(name),
		Spec:     driftv1alpha1.CloudResourceSpec{AccountRef: driftv1alpha1.LocalReference{Name: "production"}, Kind: "Droplet", ID: name},
		Observed: driftv1alpha1.Observation{AbsentSince: absent}}
}

func aDeclaration(name, account, kind, resource string, inSync metav1.ConditionStatus) *driftv1alpha1.CloudProvisioned {
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: named(name), Spec: driftv1alpha1.CloudProvisionedSpec{
		AccountRef: driftv1alpha1.LocalReference{Name: account}, Resource: driftv1alpha1.ResourceSelector{Kind: kind},
	}}
	if resource != "" {
		p.Status.ResourceRef = &driftv1alpha1.LocalReference{Name: resource}
	}
	if inSync != "" {
		p.Status.Conditions = []metav1.Condition{{Type: driftv1alpha1.ConditionInSync, Status: inSync}}
	}
	return p
}

func aDrift(name string, change func(*driftv1alpha1.CloudDrift)) *driftv1alpha1.CloudDrift {
	d := &driftv1alpha1.CloudDrift{ObjectMeta: named(name), Spec: driftv1alpha1.CloudDriftSpec{
		AccountRef: driftv1alpha1.LocalReference{Name: "production"}, ResourceRef: driftv1alpha1.ResourceReference{Kind: "Droplet"},
	}}
	change(d)
	return d
}

func inState(state driftv1alpha1.DriftState) func(*driftv1alpha1.CloudDrift) {
	return func(d *driftv1alpha1.CloudDrift) { d.Status.State = state }
}

func TestStateCollectorCountsWhatTheCacheHolds(t *testing.T) {
	edited := aDeclaration("edited", "production", "Droplet", "two", metav1.ConditionTrue)
	edited.Generation = 2
	edited.Status.Ignored = ptr.To[int32](3)
	owned := aResource("three", nil)
	owned.Coverage = driftv1alpha1.Coverage{State: driftv1alpha1.CoverageOwned, Owner: "Kubernetes"}
	for path, git := range map[string]driftv1alpha1.GitState{"size_slug": driftv1alpha1.GitPending, "tags": driftv1alpha1.GitLanded} {
		edited.Status.Fields = append(edited.Status.Fields, driftv1alpha1.FieldStatus{Path: path, Acceptance: &driftv1alpha1.Acceptance{Git: git}})
	}
	c, _ := collectorOf(t, anAccount(),
		aResource("one", nil), covered(aResource("two", nil)), owned, // no sweep has looked at the first
		aResource("gone", ptr.To(metav1.NewTime(objectstest.Noon))), // a tombstone is no resource
		aDeclaration("one", "production", "Droplet", "one", metav1.ConditionTrue),
		aDeclaration("again", "production", "Droplet", "one", ""), // two declarations of one resource, which is counted once
		aDeclaration("gone", "production", "Droplet", "gone", metav1.ConditionFalse),
		edited, // what was said of the generation before says nothing of this one
		aDeclaration("typo", "prodcution", "Dorplet", "", metav1.ConditionUnknown), // whatever somebody wrote is no label
		aDrift("a", inState(driftv1alpha1.DriftOpen)),
		aDrift("b", inState("")), // just created, its status is on its way
		aDrift("c", func(d *driftv1alpha1.CloudDrift) {
			d.Status.State = driftv1alpha1.DriftOpen
			d.Annotations = map[string]string{driftv1alpha1.ResolveAnnotation: driftv1alpha1.ResolveAccept}
		}),
		aDrift("d", func(d *driftv1alpha1.CloudDrift) {
			d.Status.State, d.Status.Resolution = driftv1alpha1.DriftOpen, &driftv1alpha1.Resolution{}
		}),
		aDrift("snoozed", func(d *driftv1alpha1.CloudDrift) {
			d.Status.State, d.Status.Snooze = driftv1alpha1.DriftOpen, &driftv1alpha1.Snooze{Until: metav1.NewTime(objectstest.Noon.Add(time.Second))}
		}),
		aDrift("woken", func(d *driftv1alpha1.CloudDrift) { // counted, though nobody has written so yet
			d.Status.State, d.Status.Snooze = driftv1alpha1.DriftOpen, &driftv1alpha1.Snooze{Until: metav1.NewTime(objectstest.Noon)}
		}),
		aDrift("e", inState(driftv1alpha1.DriftStale)), aDrift("f", inState(driftv1alpha1.DriftStale)),
		aDrift("g", func(d *driftv1alpha1.CloudDrift) { // done, whatever its annotations still say
			d.Status.State = driftv1alpha1.DriftAccepted
			d.Annotations = map[string]string{driftv1alpha1.ResolveAnnotation: driftv1alpha1.ResolveAccept}
		}),
	)
	zeros := func(metric string) string {
		var b strings.Builder
		for _, kind := range kinds.All() {
			if kind.Name != "Droplet" {
				b.WriteString(metric + `{account="production",kind="` + kind.Name + `",namespace="ns"} 0` + "\n")
			}
		}
		return b.String()
	}
	want := map[string]string{
		"clouddrift_open_drifts":         zeros("clouddrift_open_drifts") + `clouddrift_open_drifts{account="production",kind="Droplet",namespace="ns"} 5`,
		"clouddrift_snoozed_drifts":      zeros("clouddrift_snoozed_drifts") + `clouddrift_snoozed_drifts{account="production",kind="Droplet",namespace="ns"} 1`,
		"clouddrift_ignored_differences": zeros("clouddrift_ignored_differences") + `clouddrift_ignored_differences{account="production",kind="Droplet",namespace="ns"} 3`,
		"clouddrift_pending_resolutions": zeros("clouddrift_pending_resolutions") + `clouddrift_pending_resolutions{account="production",kind="Droplet",namespace="ns"} 2`,
		"clouddrift_pending_acceptances": zeros("clouddrift_pending_acceptances") + `clouddrift_pending_acceptances{account="production",kind="Droplet",namespace="ns"} 1`,
		"clouddrift_resolved_drifts": `clouddrift_resolved_drifts{account="production",kind="Droplet",namespace="ns",state="Accepted"} 1
			clouddrift_resolved_drifts{account="production",kind="Droplet",namespace="ns",state="Stale"} 2`,
		"clouddrift_resources": `clouddrift_resources{account="production",kind="Droplet",managed="true",namespace="ns"} 2
			clouddrift_resources{account="production",kind="Droplet",managed="false",namespace="ns"} 1`,
		"clouddrift_coverage": `clouddrift_coverage{account="production",coverage="Managed",kind="Droplet",namespace="ns",owner=""} 1
			clouddrift_coverage{account="production",coverage="Owned",kind="Droplet",namespace="ns",owner="Kubernetes"} 1`,
		"clouddrift_provisioned": `clouddrift_provisioned{account="production",in_sync="True",kind="Droplet",namespace="ns"} 1
			clouddrift_provisioned{account="production",in_sync="False",kind="Droplet",namespace="ns"} 1
			clouddrift_provisioned{account="production",in_sync="Unknown",kind="Droplet",namespace="ns"} 2
			clouddrift_provisioned{account="",in_sync="Unknown",kind="",namespace="ns"} 1`,
		"clouddrift_inventory_age_seconds": `clouddrift_inventory_age_seconds{account="production",kind="Droplet",namespace="ns"} 60`,
		"clouddrift_rate_limit_requests":   `clouddrift_rate_limit_requests{account="production",namespace="ns"} 5000`,
		"clouddrift_rate_limit_remaining":  `clouddrift_rate_limit_remaining{account="production",namespace="ns"} 4321`,
		"clouddrift_account_condition":     `clouddrift_account_condition{account="production",condition="Ready",namespace="ns",reason="FixCredentials",status="False"} 1`,
	}
	got := seriesOf(t, c)
	for metric, series := range want {
		var wanted []string
		for line := range strings.Lines(series) {
			wanted = append(wanted, strings.TrimSpace(line))
		}
		slices.Sort(wanted)
		if diff := cmp.Diff(wanted, got[metric]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", metric, diff)
		}
	}
	if len(got) != len(want) || len(want) != len(stateDescs) {
		t.Errorf("%d metrics are tried, %d came, %d are described", len(want), len(got), len(stateDescs))
	}
}

// seriesOf is what a scrape shows, by metric.
func seriesOf(t *testing.T, c prometheus.Collector) map[string][]string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, family := range families {
		var text strings.Builder
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text.String()) {
			if !strings.HasPrefix(line, "#") {
				out[family.GetName()] = append(out[family.GetName()], strings.TrimSpace(line))
			}
		}
		slices.Sort(out[family.GetName()])
	}
	return out
}

func TestSeriesEndWithWhatTheyCount(t *testing.T) {
	account, drift := anAccount(), aDrift("a", inState(driftv1alpha1.DriftOpen))
	c, written := collectorOf(t, account, drift)
	if testutil.CollectAndCount(c) == 0 {
		t.Fatal("there are no series")
	}
	for _, o := range []client.Object{account, drift} {
		if err := written.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if n := testutil.CollectAndCount(c); n != 0 {
		t.Errorf("%d series are left of what was deleted", n)
	}
}

func TestAnUnfilledCacheDoesNotSpoilTheScrape(t *testing.T) {
	for _, cause := range []error{&cache.ErrCacheNotStarted{}, context.DeadlineExceeded, errors.New("no")} {
		_, c := collectorOf(t, anAccount())
		registry := prometheus.NewRegistry()
		registry.MustRegister(&StateCollector{clock: testingclock.NewFakePassiveClock(objectstest.Noon), cache: interceptor.NewClient(c, interceptor.Funcs{
			List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return cause },
		})})
		if families, err := registry.Gather(); err != nil || len(families) > 0 {
			t.Errorf("%v: %d families, %v", cause, len(families), err)
		}
	}
}

func TestMetricsAreWellNamed(t *testing.T) {
	c, _ := collectorOf(t, anAccount(), covered(aResource("one", nil)), aDrift("a", inState(driftv1alpha1.DriftStale)),
		aDeclaration("one", "production", "Droplet", "one", metav1.ConditionTrue))
	registry := prometheus.NewRegistry()
	passes := NewPasses()
	if err := Register(registry, append(passes.Collectors(), c)...); err != nil {
		t.Fatal(err)
	}
	observe, err := ObserveRequests(registry)
	if err != nil {
		t.Fatal(err)
	}
	observe("Droplet", "", time.Second)
	passes.Synced(OutcomeComplete, driftv1alpha1.ReasonSynced, time.Second)
	passes.Swept(time.Second)
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%+v, %v", problems, err)
	}
	if families, err := registry.Gather(); err != nil || len(families) != len(stateDescs)+5 {
		t.Errorf("%d families, %v", len(families), err)
	}
	if err := Register(registry, NewPasses().Collectors()...); err == nil {
		t.Error("a second registration in one registry went unnoticed")
	}
	if err := Register(nil, c); err != nil {
		t.Errorf("without a registry: %v", err)
	}
}

// The documentation and the alerts name all metrics, and none that there isn't.
func TestMetricsAreDocumented(t *testing.T) {
	read := func(path string) map[string]bool {
		text, err := os.ReadFile(filepath.Join("..", "..", path))
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, name := range regexp.MustCompile(`clouddrift_[a-z_]+`).FindAllString(string(text), -1) {
			names[name] = true
		}
		return names
	}
	described := make(chan *prometheus.Desc, 100)
	for _, c := range append(NewPasses().Collectors(), &StateCollector{}) {
		c.Describe(described)
	}
	close(described)
	// Those are made where they are registered; the test of the names has them.
	metrics := map[string]bool{"clouddrift_api_requests_total": true, "clouddrift_api_request_duration_seconds": true}
	for desc := range described {
		metrics[regexp.MustCompile(`clouddrift_[a-z_]+`).FindString(desc.String())] = true
	}
	documented := read("docs/metrics.md")
	for name := range metrics {
		if !documented[name] {
			t.Errorf("docs/metrics.md does not describe %s", name)
		}
	}
	for _, path := range []string{"docs/metrics.md", "docs/howto.md", "config/prometheus/alerts.yaml"} {
		for name := range read(path) {
			if !metrics[name] && !strings.HasSuffix(name, "_") {
				t.Errorf("%s names %s, which there isn't", path, name)
			}
		}
	}
}

// covered is a resource that a sweep has looked at.
func covered(r *driftv1alpha1.CloudResource) *driftv1alpha1.CloudResource {
	r.Coverage.State = driftv1alpha1.CoverageManaged
	return r
}

package metrics

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func TestASyncIsCountedOnce(t *testing.T) {
	m := NewPasses()
	m.Synced(OutcomePartial, driftv1alpha1.ReasonFixScopes, 3*time.Second)
	if got := testutil.ToFloat64(m.syncs.WithLabelValues(OutcomePartial, driftv1alpha1.ReasonFixScopes)); got != 1 {
		t.Errorf("%v syncs are counted, want 1", got)
	}
	if n := testutil.CollectAndCount(m.syncs) + testutil.CollectAndCount(m.syncDuration); n != 2 {
		t.Errorf("%d series, want 2", n)
	}
}

func TestRequestsAreCountedByKindAndClass(t *testing.T) {
	registry := prometheus.NewRegistry()
	observe, err := ObserveRequests(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range []string{"", "", "Throttled"} {
		observe("Droplet", class, time.Second)
	}
	if n, err := testutil.GatherAndCount(registry, "clouddrift_api_requests_total"); n != 2 || err != nil {
		t.Errorf("%d series, %v", n, err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.Metric {
			for _, label := range m.Label {
				if label.GetName() == "class" {
					got[label.GetValue()] = m.Counter.GetValue()
				}
			}
		}
	}
	if got[answered] != 2 || got["Throttled"] != 1 {
		t.Errorf("counted %v", got)
	}
	if _, err := ObserveRequests(registry); err == nil {
		t.Error("a second registration in one registry went unnoticed")
	}
}

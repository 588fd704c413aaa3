package controller

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
)

// The metrics that count what this process does. What the cluster holds is
// counted by the census. docs/metrics.md describes them all.

// The outcomes of a sync, as a label.
const (
	outcomeComplete = "complete" // every kind was listed completely
	outcomePartial  = "partial"  // some kinds are behind
	outcomeFailed   = "failed"   // no kind was looked at, or not all for the API server
)

// reasonKubernetes is the reason of a sync that the API server stood in the way of.
const reasonKubernetes = "KubernetesAPI"

// passMetrics measures syncs and sweeps.
type passMetrics struct {
	syncs        *prometheus.CounterVec
	syncDuration *prometheus.HistogramVec
	sweeps       prometheus.Histogram
}

func newPassMetrics() *passMetrics {
	// From an account that is nearly empty to one that waits for its rate limit.
	buckets := []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800}
	return &passMetrics{
		syncs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clouddrift_syncs_total",
			Help: "Syncs of accounts by outcome (complete, partial, failed) and reason, as in the account's conditions.",
		}, []string{"outcome", "reason"}),
		syncDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "clouddrift_sync_duration_seconds",
			Help:    "How long syncs took, by outcome: listing, and writing what changed.",
			Buckets: buckets,
		}, []string{"outcome"}),
		sweeps: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "clouddrift_sweep_duration_seconds",
			Help:    "How long it took to compare everything that an account declares with its inventory.",
			Buckets: buckets,
		}),
	}
}

func (m *passMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.syncs, m.syncDuration, m.sweeps}
}

func (m *passMetrics) synced(report *syncReport, err error) {
	outcome, reason := report.outcome(err)
	m.syncs.WithLabelValues(outcome, reason).Inc()
	m.syncDuration.WithLabelValues(outcome).Observe(report.took().Seconds())
}

func (m *passMetrics) swept(took time.Duration) { m.sweeps.Observe(took.Seconds()) }

// outcome is the sync in two labels; err is the API server's.
func (s *syncReport) outcome(err error) (outcome, reason string) {
	switch whole := s.wholeProblem(); {
	case err != nil:
		return outcomeFailed, reasonKubernetes
	case whole.exists():
		return outcomeFailed, whole.reason
	}
	for _, k := range s.kinds {
		if k.problem.exists() {
			return outcomePartial, k.problem.reason
		}
	}
	return outcomeComplete, driftv1alpha1.ReasonSynced
}

// answered is the class of a request that nothing was wrong with.
const answered = "OK"

// ObserveRequests counts requests to DigitalOcean in the registry. What it
// returns is for digitalocean.WithObserver.
func ObserveRequests(registry prometheus.Registerer) (func(digitalocean.Request), error) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clouddrift_api_requests_total",
		Help: "Requests sent to DigitalOcean, retries included, by what was asked for and what came of it (OK, or an error's class).",
	}, []string{"kind", "class"})
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "clouddrift_api_request_duration_seconds",
		Help:    "How long DigitalOcean took to answer, without the wait for the rate limit.",
		Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"kind"})
	if err := register(registry, requests, durations); err != nil {
		return nil, err
	}
	return func(r digitalocean.Request) {
		class := string(r.Class)
		if class == "" {
			class = answered
		}
		requests.WithLabelValues(r.Kind, class).Inc()
		durations.WithLabelValues(r.Kind).Observe(r.Took.Seconds())
	}, nil
}

// register adds all of them; without a registry nothing is published.
func register(registry prometheus.Registerer, collectors ...prometheus.Collector) error {
	if registry == nil {
		return nil
	}
	var errs []error
	for _, c := range collectors {
		errs = append(errs, registry.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return nil
}

package metrics

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of a sync, as a label.
const (
	OutcomeComplete = "complete" // every kind was listed completely
	OutcomePartial  = "partial"  // some kinds are behind
	OutcomeFailed   = "failed"   // no kind was looked at, or not all for the API server
)

// ReasonKubernetes is the reason of a sync that the API server stood in the way of.
const ReasonKubernetes = "KubernetesAPI"

// Passes measures syncs and sweeps.
type Passes struct {
	syncs        *prometheus.CounterVec
	syncDuration *prometheus.HistogramVec
	sweeps       prometheus.Histogram
}

// NewPasses returns metrics that are not registered yet, see Collectors.
func NewPasses() *Passes {
	// From an account that is nearly empty to one that waits for its rate limit.
	buckets := []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800}
	return &Passes{
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

// Collectors are what has to be registered.
func (m *Passes) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.syncs, m.syncDuration, m.sweeps}
}

// Synced counts a sync with its outcome, which is one of those above, and its reason.
func (m *Passes) Synced(outcome, reason string, took time.Duration) {
	m.syncs.WithLabelValues(outcome, reason).Inc()
	m.syncDuration.WithLabelValues(outcome).Observe(took.Seconds())
}

// Swept counts a sweep.
func (m *Passes) Swept(took time.Duration) { m.sweeps.Observe(took.Seconds()) }

// answered is the class of a request that nothing was wrong with.
const answered = "OK"

// ObserveRequests counts requests to DigitalOcean in the registry. What it returns is
// called with each request's kind, the class of its error, "" where there was none, and
// how long the answer took.
func ObserveRequests(registry prometheus.Registerer) (func(kind, class string, took time.Duration), error) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clouddrift_api_requests_total",
		Help: "Requests sent to DigitalOcean, retries included, by what was asked for and what came of it (OK, or an error's class).",
	}, []string{"kind", "class"})
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "clouddrift_api_request_duration_seconds",
		Help:    "How long DigitalOcean took to answer, without the wait for the rate limit.",
		Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"kind"})
	if err := Register(registry, requests, durations); err != nil {
		return nil, err
	}
	return func(kind, class string, took time.Duration) {
		if class == "" {
			class = answered
		}
		requests.WithLabelValues(kind, class).Inc()
		durations.WithLabelValues(kind).Observe(took.Seconds())
	}, nil
}

// Register adds all of them; without a registry nothing is published.
func Register(registry prometheus.Registerer, collectors ...prometheus.Collector) error {
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

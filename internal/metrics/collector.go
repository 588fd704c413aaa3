package metrics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// scrapeTimeout is Prometheus' own default.
const scrapeTimeout = 10 * time.Second

// The labels that say where something belongs. An id or a name is never one.
var byPlace = []string{"namespace", "account", "kind"}

var (
	openDriftsDesc = prometheus.NewDesc("clouddrift_open_drifts",
		"Drifts that are open and not snoozed.", byPlace, nil)
	snoozedDriftsDesc = prometheus.NewDesc("clouddrift_snoozed_drifts",
		"Drifts that are open, and that somebody snoozed until a time that has yet to come.", byPlace, nil)
	ignoredDesc = prometheus.NewDesc("clouddrift_ignored_differences",
		"How many more drifts would be open, were nothing ignored.", byPlace, nil)
	resolvedDriftsDesc = prometheus.NewDesc("clouddrift_resolved_drifts",
		"Resolved drifts that the history still holds, by state.", append(byPlace[:3:3], "state"), nil)
	pendingResolutionsDesc = prometheus.NewDesc("clouddrift_pending_resolutions",
		"Open drifts on which a resolution was asked for that is not done yet.", byPlace, nil)
	pendingAcceptancesDesc = prometheus.NewDesc("clouddrift_pending_acceptances",
		"Accepted values that stand in for declared ones, because the manifest does not say them yet.", byPlace, nil)
	resourcesDesc = prometheus.NewDesc("clouddrift_resources",
		"Live resources in the inventory, by whether a CloudProvisioned declares them. Absent for a kind that was never listed completely.",
		append(byPlace[:3:3], "managed"), nil)
	coverageDesc = prometheus.NewDesc("clouddrift_coverage",
		"Live resources in the inventory by who looks after them: a CloudProvisioned (Managed), nobody (Unmanaged), or something else (Owned), and what that is.",
		append(byPlace[:3:3], "coverage", "owner"), nil)
	provisionedDesc = prometheus.NewDesc("clouddrift_provisioned",
		"CloudProvisioned by the status of their condition InSync.", append(byPlace[:3:3], "in_sync"), nil)
	inventoryAgeDesc = prometheus.NewDesc("clouddrift_inventory_age_seconds",
		"Time since the last complete listing of the kind was asked for. Absent for a kind that was never listed completely.", byPlace, nil)
	rateLimitDesc = prometheus.NewDesc("clouddrift_rate_limit_requests",
		"Requests an hour that DigitalOcean allows the account's token, as the last sync heard it.", byPlace[:2], nil)
	rateLimitRemainingDesc = prometheus.NewDesc("clouddrift_rate_limit_remaining",
		"Requests that the account's token had left after the last sync.", byPlace[:2], nil)
	accountConditionDesc = prometheus.NewDesc("clouddrift_account_condition",
		"The conditions of each CloudAccount; always 1.", append(byPlace[:2:2], "condition", "status", "reason"), nil)

	stateDescs = []*prometheus.Desc{
		openDriftsDesc, snoozedDriftsDesc, ignoredDesc, resolvedDriftsDesc, pendingResolutionsDesc, pendingAcceptancesDesc, resourcesDesc, coverageDesc, provisionedDesc,
		inventoryAgeDesc, rateLimitDesc, rateLimitRemainingDesc, accountConditionDesc,
	}
)

// StateCollector counts what the cache holds, at each scrape, so that a series ends with
// what it counted. Every replica has a cache and reports the same.
type StateCollector struct {
	cache client.Reader
	clock clock.PassiveClock
}

// NewStateCollector counts what the cache holds.
func NewStateCollector(cache client.Reader, clock clock.PassiveClock) *StateCollector {
	return &StateCollector{cache: cache, clock: clock}
}

// Describe implements prometheus.Collector.
func (c *StateCollector) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range stateDescs {
		out <- desc
	}
}

// Collect implements prometheus.Collector. While the cache is not filled there is
// nothing to report, which must not keep the other metrics from being read.
func (c *StateCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	t := tally{}
	if err := c.count(ctx, t); err != nil {
		if _, starting := errors.AsType[*cache.ErrCacheNotStarted](err); !starting {
			log.Log.WithName("metrics").Error(err, "counting what the cache holds")
		}
		return
	}
	for s, value := range t {
		out <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, value, s.labels[:s.count]...)
	}
}

// tally is the value of each series.
type tally map[series]float64

type series struct {
	desc   *prometheus.Desc
	labels [5]string
	count  int
}

func (t tally) add(n float64, desc *prometheus.Desc, labels ...string) {
	s := series{desc: desc, count: len(labels)}
	copy(s.labels[:], labels)
	t[s] += n
}

func (c *StateCollector) count(ctx context.Context, t tally) error {
	accounts, err := c.countAccounts(ctx, t)
	if err != nil {
		return err
	}
	managed, err := c.countProvisioned(ctx, t, accounts)
	if err != nil {
		return err
	}
	if err := c.countResources(ctx, t, managed); err != nil {
		return err
	}
	return c.countDrifts(ctx, t)
}

// countAccounts returns the accounts that there are. Each has its kinds' series,
// at 0 where it can be known that there are none.
func (c *StateCollector) countAccounts(ctx context.Context, t tally) (map[client.ObjectKey]bool, error) {
	var list driftv1alpha1.CloudAccountList
	if err := c.list(ctx, &list); err != nil {
		return nil, err
	}
	accounts := make(map[client.ObjectKey]bool, len(list.Items))
	for i := range list.Items {
		a := &list.Items[i]
		accounts[client.ObjectKeyFromObject(a)] = true
		for _, kind := range kinds.All() {
			name := kind.Schema.Kind
			t.add(0, openDriftsDesc, a.Namespace, a.Name, name)
			t.add(0, snoozedDriftsDesc, a.Namespace, a.Name, name)
			t.add(0, ignoredDesc, a.Namespace, a.Name, name)
			t.add(0, pendingResolutionsDesc, a.Namespace, a.Name, name)
			t.add(0, pendingAcceptancesDesc, a.Namespace, a.Name, name)
			if seen := objects.KindStatus(a, name).ObservedAt; seen != nil {
				t.add(c.clock.Since(seen.Time).Seconds(), inventoryAgeDesc, a.Namespace, a.Name, name)
				t.add(0, resourcesDesc, a.Namespace, a.Name, name, "true")
				t.add(0, resourcesDesc, a.Namespace, a.Name, name, "false")
			}
		}
		if rate := a.Status.RateLimit; rate.Limit != nil && rate.Remaining != nil {
			t.add(float64(*rate.Limit), rateLimitDesc, a.Namespace, a.Name)
			t.add(float64(*rate.Remaining), rateLimitRemainingDesc, a.Namespace, a.Name)
		}
		for _, condition := range a.Status.Conditions {
			t.add(1, accountConditionDesc, a.Namespace, a.Name, condition.Type, string(condition.Status), condition.Reason)
		}
	}
	return accounts, nil
}

// countProvisioned returns the CloudResources that are declared.
func (c *StateCollector) countProvisioned(ctx context.Context, t tally, accounts map[client.ObjectKey]bool) (map[client.ObjectKey]bool, error) {
	var list driftv1alpha1.CloudProvisionedList
	if err := c.list(ctx, &list); err != nil {
		return nil, err
	}
	managed := make(map[client.ObjectKey]bool, len(list.Items))
	for i := range list.Items {
		p := &list.Items[i]
		inSync := metav1.ConditionUnknown
		// A verdict on an earlier generation is none on this one.
		if condition := meta.FindStatusCondition(p.Status.Conditions, driftv1alpha1.ConditionInSync); condition != nil && condition.ObservedGeneration == p.Generation {
			inSync = condition.Status
		}
		account, kind := p.Spec.AccountRef.Name, p.Spec.Resource.Kind
		// Both are whatever somebody wrote; only what exists may become a label.
		if !accounts[client.ObjectKey{Namespace: p.Namespace, Name: account}] {
			account = ""
		}
		if _, known := kinds.Lookup(kind); !known {
			kind = ""
		}
		t.add(1, provisionedDesc, p.Namespace, account, kind, string(inSync))
		if ignored := ptr.Deref(p.Status.Ignored, 0); ignored > 0 && account != "" && kind != "" {
			t.add(float64(ignored), ignoredDesc, p.Namespace, account, kind)
		}
		if pending := objects.CountPending(p); pending > 0 {
			t.add(float64(pending), pendingAcceptancesDesc, p.Namespace, account, kind)
		}
		if ref := p.Status.ResourceRef; ref != nil {
			managed[client.ObjectKey{Namespace: p.Namespace, Name: ref.Name}] = true
		}
	}
	return managed, nil
}

func (c *StateCollector) countResources(ctx context.Context, t tally, managed map[client.ObjectKey]bool) error {
	var list driftv1alpha1.CloudResourceList
	if err := c.list(ctx, &list); err != nil {
		return err
	}
	for i := range list.Items {
		r := &list.Items[i]
		if r.Observed.AbsentSince != nil {
			continue // a tombstone
		}
		declared := "false"
		if managed[client.ObjectKeyFromObject(r)] {
			declared = "true"
		}
		t.add(1, resourcesDesc, r.Namespace, r.Spec.AccountRef.Name, r.Spec.Kind, declared)
		if state := r.Coverage.State; state != "" {
			t.add(1, coverageDesc, r.Namespace, r.Spec.AccountRef.Name, r.Spec.Kind, string(state), r.Coverage.Owner)
		}
	}
	return nil
}

func (c *StateCollector) countDrifts(ctx context.Context, t tally) error {
	var list driftv1alpha1.CloudDriftList
	if err := c.list(ctx, &list); err != nil {
		return err
	}
	for i := range list.Items {
		d := &list.Items[i]
		place := []string{d.Namespace, d.Spec.AccountRef.Name, d.Spec.ResourceRef.Kind}
		switch {
		case objects.IsResolved(d):
			t.add(1, resolvedDriftsDesc, append(place, string(d.Status.State))...)
			continue
		case d.Status.Resolution != nil || objects.AsksForResolution(d):
			t.add(1, pendingResolutionsDesc, place...)
		}
		if objects.IsSnoozed(d, c.clock.Now()) {
			t.add(1, snoozedDriftsDesc, place...)
		} else {
			t.add(1, openDriftsDesc, place...)
		}
	}
	return nil
}

// list reads what is in the cache as it is there; nothing of it is changed.
func (c *StateCollector) list(ctx context.Context, list client.ObjectList) error {
	if err := c.cache.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing %T: %w", list, err)
	}
	return nil
}

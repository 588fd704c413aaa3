package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("Metrics", func() {
	It("show what is in the cluster, and what was done", func(ctx SpecContext) {
		w := newWorld(ctx)
		registry := prometheus.NewRegistry()
		w.options.Registry = registry
		id := w.droplet("web-1")
		w.droplet("web-2")
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})

		By("an open drift of a declared resource")
		drift := w.open(ctx, "size_slug")
		expectMetric(ctx, registry, "clouddrift_open_drifts", 1.0, "kind", "Droplet", "account", accountName, "namespace", w.namespace)
		expectMetric(ctx, registry, "clouddrift_open_drifts", 0.0, "kind", "Volume")
		expectMetric(ctx, registry, "clouddrift_resources", 1.0, "kind", "Droplet", "managed", "true")
		expectMetric(ctx, registry, "clouddrift_resources", 1.0, "kind", "Droplet", "managed", "false")
		expectMetric(ctx, registry, "clouddrift_provisioned", 1.0, "in_sync", "False")
		expectMetric(ctx, registry, "clouddrift_account_condition", 1.0, "condition", "Ready", "status", "True")

		By("accepted")
		w.accept(ctx, drift.Name)
		w.expectState(ctx, drift.Name, driftv1alpha1.DriftAccepted)
		expectMetric(ctx, registry, "clouddrift_open_drifts", 0.0, "kind", "Droplet")
		expectMetric(ctx, registry, "clouddrift_pending_resolutions", 0.0, "kind", "Droplet")
		expectMetric(ctx, registry, "clouddrift_resolved_drifts", 1.0, "kind", "Droplet", "state", "Accepted")

		By("a kind that falls behind grows old")
		w.cloud.AddFault(dosim.Fault{Path: "/v2/volumes", Status: 403})
		w.clock.SetTime(w.clock.Now().Add(time.Hour))
		w.sync(ctx)
		expectMetric(ctx, registry, "clouddrift_syncs_total", 1.0, "outcome", "partial", "reason", driftv1alpha1.ReasonFixScopes)
		expectMetric(ctx, registry, "clouddrift_inventory_age_seconds", BeNumerically("<", 60), "kind", "Droplet")
		expectMetric(ctx, registry, "clouddrift_inventory_age_seconds", BeNumerically(">=", 3600), "kind", "Volume")

		By("deleted")
		w.delete(ctx, w.getAccount(ctx, Default))
		Eventually(ctx, func(g Gomega) {
			g.Expect(metric(g, registry, "clouddrift_account_condition")).To(BeEmpty())
			g.Expect(metric(g, registry, "clouddrift_inventory_age_seconds")).To(BeEmpty())
		}).Should(Succeed())
	})
})

func expectMetric(ctx SpecContext, registry prometheus.Gatherer, name string, value any, labels ...string) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		g.Expect(metric(g, registry, name, labels...)).To(ConsistOf(value))
	}).Should(Succeed())
}

// metric is the values of a metric's series that have these labels.
func metric(g Gomega, registry prometheus.Gatherer, name string, labels ...string) []float64 {
	families, err := registry.Gather()
	g.Expect(err).NotTo(HaveOccurred())
	var out []float64
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.Metric {
			has := map[string]string{}
			for _, label := range m.Label {
				has[label.GetName()] = label.GetValue()
			}
			wanted := true
			for i := 0; i < len(labels); i += 2 {
				wanted = wanted && has[labels[i]] == labels[i+1]
			}
			if wanted {
				out = append(out, m.GetGauge().GetValue()+m.GetCounter().GetValue())
			}
		}
	}
	return out
}

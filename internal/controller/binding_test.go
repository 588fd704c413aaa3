package controller_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

var _ = Describe("A reference by name", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
	})

	record := func(name, kind, data string) string {
		created := w.change("POST", "/v2/domains/example.com/records", map[string]any{"type": kind, "name": name, "data": data, "ttl": 300})
		return fmt.Sprintf("example.com/%.0f", created["domain_record"].(map[string]any)["id"])
	}
	domain := func() { w.change("POST", "/v2/domains", map[string]any{"name": "example.com"}) }
	where := func(ctx context.Context, name string, selector driftv1alpha1.ResourceSelector, desired map[string]any) {
		GinkgoHelper()
		p := w.declaration(name, selector.Kind, "", desired)
		p.Spec.Resource = selector
		Expect(admin.Create(ctx, p)).To(Succeed())
	}
	bound := func(ctx context.Context, name, id string) {
		GinkgoHelper()
		Eventually(ctx, func(g Gomega) { g.Expect(w.provisioned(ctx, g, name).Status.ResourceID).To(Equal(id)) }).Should(Succeed())
		w.expectCondition(ctx, name, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonBound)
	}

	It("is bound to none of several, in none of 50 first syncs", func(ctx SpecContext) {
		for n := range 50 {
			w.droplet(fmt.Sprintf("twin-%d", n))
			w.droplet(fmt.Sprintf("twin-%d", n))
		}
		w.startOperator()
		for n := range 50 {
			w.declareByName(ctx, fmt.Sprintf("twin-%d", n), "Droplet", fmt.Sprintf("twin-%d", n), map[string]any{"size_slug": "s-2vcpu-4gb"})
		}
		w.account(ctx)
		w.sync(ctx)
		for n := range 50 {
			name := fmt.Sprintf("twin-%d", n)
			w.expectCondition(ctx, name, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAmbiguousName, "2 resources")
			Expect(w.provisioned(ctx, Default, name).Status.ResourceID).To(BeEmpty(), "it was bound on the way")
		}
		w.expectDrifts(ctx)
	})

	It("tells namesakes apart by where, and follows what is meant", func(ctx SpecContext) {
		domain()
		first := record("api", "A", "203.0.113.12")
		text := record("api", "TXT", "heritage=external-dns")
		w.startOperator()
		w.account(ctx)
		a := map[string]intstr.IntOrString{"type": intstr.FromString("A")}
		where(ctx, "by-where", driftv1alpha1.ResourceSelector{Kind: "DomainRecord", Name: "API.example.com.", Where: a}, map[string]any{"data": "203.0.113.12"})
		where(ctx, "by-desired", driftv1alpha1.ResourceSelector{Kind: "DomainRecord", Name: "api.example.com"}, map[string]any{"type": "TXT", "ttl": 300})
		where(ctx, "by-name", driftv1alpha1.ResourceSelector{Kind: "DomainRecord", Name: "api.example.com"}, map[string]any{"ttl": 300})
		w.sync(ctx)
		bound(ctx, "by-where", first)
		bound(ctx, "by-desired", text)
		w.expectCondition(ctx, "by-name", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAmbiguousName, "where: {type: TXT}")

		By("another program replacing the record")
		w.change("DELETE", "/v2/domains/example.com/records/"+first[len("example.com/"):], nil)
		second := record("api", "A", "203.0.113.99")
		w.sync(ctx)
		bound(ctx, "by-where", second)
		w.expectDrifts(ctx, "by-where data Open 203.0.113.12 203.0.113.99")
	})

	It("names the where that would do, and refuses one that can't", func(ctx SpecContext) {
		domain()
		record("www", "A", "203.0.113.1")
		third := record("www", "A", "203.0.113.2")
		w.startOperator()
		w.account(ctx)
		selector := driftv1alpha1.ResourceSelector{Kind: "DomainRecord", Name: "www.example.com"}
		where(ctx, "robin", selector, map[string]any{"ttl": 300})
		selector.Where = map[string]intstr.IntOrString{"type": intstr.FromString("A"), "data": intstr.FromString("203.0.113.2")}
		where(ctx, "second", selector, map[string]any{"ttl": 300})
		selector.Where = map[string]intstr.IntOrString{"datum": intstr.FromString("203.0.113.2")}
		where(ctx, "misspelt", selector, map[string]any{"ttl": 300})
		selector.Where = map[string]intstr.IntOrString{"type": intstr.FromString("MX")}
		where(ctx, "none", selector, map[string]any{"ttl": 300})
		w.sync(ctx)
		w.expectCondition(ctx, "robin", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAmbiguousName, "where: {data: 203.0.113.2}")
		bound(ctx, "second", third)
		w.expectCondition(ctx, "misspelt", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixReference, "datum")
		w.expectCondition(ctx, "none", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonResourceNotFound, "none has what resource.where asks for")
	})

	It("takes an id that the inventory holds, and is in nobody's way while it is not bound", func(ctx SpecContext) {
		w.change("POST", "/v2/domains", map[string]any{"name": "_acme-challenge.example.org"})
		id := w.droplet("one")
		w.droplet("one")
		w.startOperator()
		w.account(ctx)
		w.declareByName(ctx, "a-older", "Droplet", "one", map[string]any{"region": "nyc3"})
		w.declare(ctx, "zone", "Domain", "_acme-challenge.example.org", map[string]any{"ttl": 1800})
		w.sync(ctx)
		w.declare(ctx, "b-younger", "Droplet", id, map[string]any{"region": "nyc3"})
		w.sync(ctx)
		bound(ctx, "zone", "_acme-challenge.example.org")
		bound(ctx, "b-younger", id)
		w.expectCondition(ctx, "a-older", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAmbiguousName)
	})

	It("looks at once at what where asks for, and nobody declares", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.change("POST", "/v2/droplets/"+id+"/actions", map[string]any{"type": "enable_backups", "backup_policy": map[string]any{"plan": "daily", "hour": 4}})
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		where(ctx, "backed-up", driftv1alpha1.ResourceSelector{Kind: "Droplet", Name: "web-1",
			Where: map[string]intstr.IntOrString{"backup_policy.plan": intstr.FromString("daily")}}, map[string]any{"region": "nyc3"})
		bound(ctx, "backed-up", id)
	})

	It("is bound to none of several volumes, and to the one of its region", func(ctx SpecContext) {
		volume := func(region string) string {
			created := w.change("POST", "/v2/volumes", map[string]any{"name": "data", "region": region, "size_gigabytes": 10})
			return created["volume"].(map[string]any)["id"].(string)
		}
		volume("nyc3")
		id := volume("fra1")
		w.startOperator()
		w.account(ctx)
		selector := driftv1alpha1.ResourceSelector{Kind: "Volume", Name: "data"}
		where(ctx, "any", selector, map[string]any{"size_gigabytes": 10})
		selector.Where = map[string]intstr.IntOrString{"region": intstr.FromString("fra1")}
		where(ctx, "frankfurt", selector, map[string]any{"size_gigabytes": 10})
		w.sync(ctx)
		w.expectCondition(ctx, "any", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAmbiguousName, "where: {region: fra1} for "+id)
		bound(ctx, "frankfurt", id)
	})
})

package controller_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

var _ = Describe("Coverage", func() {
	var (
		w        *world
		registry *prometheus.Registry
	)
	BeforeEach(func(ctx SpecContext) {
		w, registry = newWorld(ctx), prometheus.NewRegistry()
		w.options.Registry = registry
	})

	// droplets are those in a state, as the API server selects them.
	droplets := func(ctx context.Context, state driftv1alpha1.CoverageState) []string {
		GinkgoHelper()
		var list driftv1alpha1.CloudResourceList
		Expect(admin.List(ctx, &list, client.InNamespace(w.namespace), client.MatchingFields{"coverage.state": string(state), "spec.kind": "Droplet"})).To(Succeed())
		names := []string{}
		for _, r := range list.Items {
			names = append(names, *r.Observed.Name+r.Coverage.Owner)
		}
		return names
	}
	// told are the notes of the events about what appeared.
	told := func(ctx context.Context, g Gomega) []string {
		var list eventsv1.EventList
		g.Expect(admin.List(ctx, &list, client.InNamespace(w.namespace))).To(Succeed())
		notes := []string{}
		for _, e := range list.Items {
			if e.Reason == driftv1alpha1.EventResourceUnmanaged {
				notes = append(notes, e.Regarding.Kind+": "+e.Note)
			}
		}
		return notes
	}
	It("says of each resource who looks after it, and writes that once", func(ctx SpecContext) {
		declared, other := w.droplet("declared"), w.droplet("other")
		w.droplet("node", "k8s", "k8s:1")
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "declared", "Droplet", declared, map[string]any{"region": "nyc3"})
		account := w.sync(ctx)
		Expect(droplets(ctx, driftv1alpha1.CoverageManaged)).To(ConsistOf("declared"))
		Expect(droplets(ctx, driftv1alpha1.CoverageUnmanaged)).To(ConsistOf("other"))
		Expect(droplets(ctx, driftv1alpha1.CoverageOwned)).To(ConsistOf("nodeKubernetes"))
		k := kindOf(account, "Droplet")
		Expect([]int32{*k.Resources, *k.Managed, *k.Unmanaged, *k.Owned}).To(Equal([]int32{3, 1, 1, 1}))
		s := account.Status
		Expect(s.Coverage).To(HavePrefix(fmt.Sprintf("%d of %d (", *s.Managed, *s.Managed+*s.Unmanaged)))
		Expect(*s.Managed + *s.Unmanaged + *s.Owned).To(Equal(*s.Resources))
		Expect(told(ctx, Default)).To(BeEmpty(), "nothing of the first listing is new")
		expectMetric(ctx, registry, "clouddrift_coverage", 1.0, "kind", "Droplet", "coverage", "Owned", "owner", "Kubernetes")
		expectMetric(ctx, registry, "clouddrift_coverage", 1.0, "kind", "Droplet", "coverage", "Managed", "owner", "")
		before := resourceVersions(ctx, w)
		w.sync(ctx)
		Expect(resourceVersions(ctx, w)).To(Equal(before), "a sync that finds nothing new writes no CloudResource")

		By("another is declared, and given up again")
		w.declare(ctx, "other", "Droplet", other, map[string]any{"region": "nyc3"})
		w.sync(ctx)
		Expect(droplets(ctx, driftv1alpha1.CoverageManaged)).To(ConsistOf("declared", "other"))
		w.delete(ctx, w.declaration("other", "Droplet", other, nil))
		Eventually(ctx, func() []string { w.sync(ctx); return droplets(ctx, driftv1alpha1.CoverageUnmanaged) }).Should(ConsistOf("other"))
		Expect(told(ctx, Default)).To(BeEmpty(), "it did not appear")

		By("a node that is no node any more")
		w.change("DELETE", "/v2/tags/k8s", nil)
		w.change("DELETE", "/v2/tags/k8s:1", nil)
		w.sync(ctx)
		Expect(droplets(ctx, driftv1alpha1.CoverageUnmanaged)).To(ConsistOf("other", "node"))
		Expect(*kindOf(w.getAccount(ctx, Default), "Droplet").Owned).To(BeZero())
	})

	It("tells what appears unmanaged, one by one, or together where it is much", func(ctx SpecContext) {
		w.droplet("first")
		w.startOperator()
		w.account(ctx)
		w.declareByName(ctx, "later", "Droplet", "later", map[string]any{"region": "nyc3"})
		w.sync(ctx)
		id := w.droplet("new")
		w.droplet("later")
		w.droplet("node", "k8s", "k8s:1")
		w.sync(ctx)
		Eventually(ctx, func(g Gomega) {
			g.Expect(told(ctx, g)).To(ConsistOf(fmt.Sprintf("CloudResource: Droplet %s (new) appeared, and nobody declares it", id)))
		}).Should(Succeed())
		Expect(droplets(ctx, driftv1alpha1.CoverageManaged)).To(ConsistOf("later"))
		Expect(droplets(ctx, driftv1alpha1.CoverageUnmanaged)).To(ConsistOf("first", "new"))

		Expect(w.cloud.Seed("Droplet", 7)).To(Succeed())
		w.change("POST", "/v2/volumes", map[string]any{"name": "data", "region": "nyc3", "size_gigabytes": 10})
		w.sync(ctx)
		Eventually(ctx, func(g Gomega) {
			g.Expect(told(ctx, g)).To(ContainElement(HavePrefix("CloudAccount: appeared, and nobody declares them: ")))
		}).Should(Succeed())
		Expect(told(ctx, Default)).To(ConsistOf(HavePrefix("CloudResource: "), And(ContainSubstring("7 Droplet"), ContainSubstring("1 Volume"))))
		w.sync(ctx)
		Consistently(ctx, func(g Gomega) { g.Expect(told(ctx, g)).To(HaveLen(2)) }).Should(Succeed())
	})
})

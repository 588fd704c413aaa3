package controller_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

var _ = Describe("Detection", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
	})

	It("passes the tables' smoke test", func(ctx SpecContext) {
		id := w.droplet("web-1", "web", "prod")
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		By("declaring a wrong size and a right region")
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb", "region": "nyc3"})
		w.expectDrifts(ctx, "web-1 size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonBound)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionFalse, driftv1alpha1.ReasonDrifted, "size_slug differs")
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.events(ctx, g, "CloudProvisioned", "web-1")).To(ConsistOf(driftv1alpha1.EventDriftDetected))
		}).Should(Succeed())

		By("accepting it")
		d := w.open(ctx, "size_slug")
		w.accept(ctx, d.Name)
		d = w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
		Expect(d.Status.ResolvedBy).To(Equal("alice"))
		Expect(d.Status.ResolvedAt).NotTo(BeNil())
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		p := w.provisioned(ctx, Default, "web-1")
		Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"s-1vcpu-1gb"`))
		Expect(p.Status.SpecVersion).To(Equal(int64(2)))

		By("detecting again")
		account := w.sync(ctx)
		w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb")
		Expect(*account.Status.OpenDrifts).To(BeZero())
		Eventually(ctx, func(g Gomega) {
			fields := w.provisioned(ctx, g, "web-1").Status.Fields
			g.Expect(fields).To(HaveLen(1))
			g.Expect(fields[0].Acceptance).NotTo(BeNil(), "the accepted value stands in until a manifest says it")
			fields[0].Acceptance = nil
			g.Expect(fields[0]).To(Equal(driftv1alpha1.FieldStatus{Path: "size_slug", Episode: 1}))
		}).Should(Succeed())
	})

	It("opens, refreshes, goes stale, and counts the episodes", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
		w.sync(ctx)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync, "all 1 declared fields")

		w.resize(id, "s-2vcpu-2gb")
		w.sync(ctx)
		w.expectDrifts(ctx, "web-1 size_slug Open s-1vcpu-1gb s-2vcpu-2gb")
		first := w.open(ctx, "size_slug")

		w.resize(id, "s-2vcpu-4gb")
		w.sync(ctx)
		w.expectDrifts(ctx, "web-1 size_slug Open s-1vcpu-1gb s-2vcpu-4gb")
		refreshed := w.drift(ctx, Default, first.Name)
		Expect(refreshed.Status.DetectedAt).To(Equal(first.Status.DetectedAt))
		Expect(refreshed.Status.Observation).NotTo(Equal(first.Status.Observation))

		w.editDesired(ctx, "web-1", "size_slug", "s-2vcpu-4gb")
		stale := w.expectState(ctx, first.Name, driftv1alpha1.DriftStale)
		Expect(stale.Status.ResolvedBy).To(Equal(driftv1alpha1.OperatorUser))

		w.editDesired(ctx, "web-1", "size_slug", "s-1vcpu-1gb")
		second := w.open(ctx, "size_slug")
		Expect(second.Spec.Episode).To(Equal(int64(2)))
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.events(ctx, g, "CloudProvisioned", "web-1")).To(ConsistOf(
				driftv1alpha1.EventDriftDetected, driftv1alpha1.EventDriftStale, driftv1alpha1.EventDriftDetected))
		}).Should(Succeed())
	})

	It("ignores what it is told to, and names fields that it does not know", func(ctx SpecContext) {
		id := w.droplet("web-1", "web")
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		p := w.declaration("web-1", "Droplet", id, map[string]any{
			"region": "nyc3", "tags": []string{"db"}, "size_slgu": "s-1vcpu-1gb"})
		p.Spec.Ignore = []string{"tags"}
		Expect(admin.Create(ctx, p)).To(Succeed())
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixFieldNames,
			"Droplet has no field size_slgu; did you mean size_slug?")
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonFixFieldNames)
		w.expectDrifts(ctx)
	})

	It("names values that a field can't have, and compares the others", func(ctx SpecContext) {
		id := w.droplet("web-1", "web")
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		p := w.declaration("web-1", "Droplet", id, map[string]any{
			"region": map[string]any{"slgu": "nyc3"}, "tags": []any{map[string]any{"name": "web"}}, "monitoring": map[string]any{"enabled": true},
			"size_slug": "s-8vcpu-16gb"})
		Expect(admin.Create(ctx, p)).To(Succeed())
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixFieldNames,
			"monitoring is an object, and the field holds true or false; Droplet has no field region.slgu; did you mean region.slug?; tags[0] is an object, and the field holds texts")
		w.expectDrifts(ctx, "web-1 size_slug Open s-8vcpu-16gb s-1vcpu-1gb")

		By("declaring them as the fields are")
		for field, value := range map[string]any{"region": map[string]any{"slug": "nyc3"}, "tags": "web", "monitoring": "off", "size_slug": "s-1vcpu-1gb"} {
			w.editDesired(ctx, "web-1", field, value)
		}
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
	})

	It("lets the older of two declarations win, and the younger follow when it is gone", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		w.declare(ctx, "a-first", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})
		w.expectDrifts(ctx, "a-first size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
		w.declare(ctx, "b-second", "Droplet", id, map[string]any{"size_slug": "s-4vcpu-8gb"})
		w.expectCondition(ctx, "b-second", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixDuplicate, "a-first")
		w.expectCondition(ctx, "b-second", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonNotReady)
		w.expectDrifts(ctx, "a-first size_slug Open s-2vcpu-4gb s-1vcpu-1gb")

		first := w.open(ctx, "size_slug")
		w.delete(ctx, w.declaration("a-first", "Droplet", id, nil))
		w.delete(ctx, first) // there is no garbage collector here
		w.expectDrifts(ctx, "b-second size_slug Open s-4vcpu-8gb s-1vcpu-1gb")
	})

	It("hands a resource over when an older declaration of it gets bound", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.startOperator()
		w.account(ctx)
		w.declareByName(ctx, "a-first", "Droplet", "web-2", map[string]any{"size_slug": "s-4vcpu-8gb"})
		w.declare(ctx, "b-second", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})
		w.sync(ctx)
		w.expectDrifts(ctx, "b-second size_slug Open s-2vcpu-4gb s-1vcpu-1gb")

		w.change("POST", "/v2/droplets/"+id+"/actions", map[string]any{"type": "rename", "name": "web-2"})
		w.sync(ctx)
		w.expectCondition(ctx, "b-second", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixDuplicate, "a-first")
		w.expectDrifts(ctx, "b-second size_slug Stale s-2vcpu-4gb s-1vcpu-1gb", "a-first size_slug Open s-4vcpu-8gb s-1vcpu-1gb")
	})

	It("leaves no drift of the resource behind that a name was bound to before", func(ctx SpecContext) {
		old := w.droplet("web-1")
		w.startOperator()
		w.account(ctx)
		w.declareByName(ctx, "web", "Droplet", "web-1", map[string]any{"size_slug": "s-2vcpu-4gb"})
		w.sync(ctx)
		Expect(w.open(ctx, "size_slug").Spec.ResourceRef.ID).To(Equal(old))
		w.change("DELETE", "/v2/droplets/"+old, nil)
		replacement := w.droplet("web-1")
		w.sync(ctx)
		w.expectDrifts(ctx, "web size_slug Stale s-2vcpu-4gb s-1vcpu-1gb", "web size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
		d := w.open(ctx, "size_slug")
		Expect(d.Spec.ResourceRef.ID).To(Equal(replacement))
		w.accept(ctx, d.Name)
		w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
	})

	It("says what is wrong with a reference", func(ctx SpecContext) {
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		w.declare(ctx, "no-kind", "Dropplet", "1", map[string]any{"region": "nyc3"})
		w.expectCondition(ctx, "no-kind", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixKind, "did you mean Droplet?")
		w.declare(ctx, "no-id", "Droplet", "web-1", map[string]any{"region": "nyc3"})
		w.expectCondition(ctx, "no-id", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixReference)
		p := w.declaration("no-account", "Droplet", "1", map[string]any{"region": "nyc3"})
		p.Spec.AccountRef.Name = "staging"
		Expect(admin.Create(ctx, p)).To(Succeed())
		w.expectCondition(ctx, "no-account", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAccountRef, "staging")
	})

	It("binds by name: not found, found, ambiguous, bound anew", func(ctx SpecContext) {
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		w.declareByName(ctx, "web", "Droplet", "web-1", map[string]any{"region": "nyc3"})
		w.expectCondition(ctx, "web", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonResourceNotFound)

		first := w.droplet("web-1")
		w.sync(ctx)
		w.expectCondition(ctx, "web", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		Expect(w.provisioned(ctx, Default, "web").Status.ResourceID).To(Equal(first))

		By("keeping what it is bound to when another takes the name too")
		second := w.droplet("web-1")
		w.sync(ctx)
		Expect(w.provisioned(ctx, Default, "web").Status.ResourceID).To(Equal(first))
		By("finding two for a new reference")
		w.declareByName(ctx, "web-too", "Droplet", "web-1", map[string]any{"region": "nyc3"})
		w.expectCondition(ctx, "web-too", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAmbiguousName, first)

		By("binding anew when the bound one is gone and one has the name")
		w.change("DELETE", "/v2/droplets/"+first, nil)
		w.sync(ctx)
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.provisioned(ctx, g, "web").Status.ResourceID).To(Equal(second))
			g.Expect(w.events(ctx, g, "CloudProvisioned", "web")).To(ContainElement(driftv1alpha1.EventRebound))
		}).Should(Succeed())
		w.expectCondition(ctx, "web", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		w.expectDrifts(ctx)
	})

	It("gives a resource that is gone one drift, and takes it back when it returns", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"region": "nyc3", "size_slug": "s-1vcpu-1gb"})
		w.declare(ctx, "never", "Droplet", "999999999", map[string]any{"region": "nyc3"})
		w.sync(ctx)
		w.expectDrifts(ctx, "never (existence) Open present absent")

		w.change("DELETE", "/v2/droplets/"+id, nil)
		w.sync(ctx)
		w.expectDrifts(ctx, "never (existence) Open present absent", "web-1 (existence) Open present absent")
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionFalse, driftv1alpha1.ReasonResourceMissing)
	})

	It("holds drifts back beyond the account's limit, and says so", func(ctx SpecContext) {
		id := w.droplet("web-1", "web")
		w.startOperator()
		w.account(ctx, func(a *driftv1alpha1.CloudAccount) { a.Spec.MaxNewDriftsPerMinute = new(int32(1)) })
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb", "region": "ams3", "tags": []string{"db"}})
		w.sync(ctx)
		Eventually(ctx, func(g Gomega) { g.Expect(w.lines(ctx, g)).To(HaveLen(1)) }).Should(Succeed())
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionFalse, driftv1alpha1.ReasonDrifted, "2 of them wait")
		w.sync(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionDriftsWithheld, metav1.ConditionTrue, driftv1alpha1.ReasonLimitReached, "2 differences")
		w.clock.SetTime(w.clock.Now().Add(61e9))
		w.sync(ctx)
		Eventually(ctx, func(g Gomega) { g.Expect(w.lines(ctx, g)).To(HaveLen(2)) }).Should(Succeed())
	})

	It("takes back that drifts were held back without being asked to sync", func(ctx SpecContext) {
		id := w.droplet("web-1", "web")
		w.startOperator()
		w.account(ctx, func(a *driftv1alpha1.CloudAccount) { a.Spec.MaxNewDriftsPerMinute = new(int32(1)) })
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb", "tags": []string{"db"}})
		w.sync(ctx)
		w.sync(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionDriftsWithheld, metav1.ConditionTrue, driftv1alpha1.ReasonLimitReached, "1 differences")
		w.clock.SetTime(w.clock.Now().Add(61e9))
		w.expectAccount(ctx, driftv1alpha1.ConditionDriftsWithheld, metav1.ConditionFalse, driftv1alpha1.ReasonWithinLimit)
		Expect(*w.getAccount(ctx, Default).Status.OpenDrifts).To(Equal(int32(2)))
	})
})

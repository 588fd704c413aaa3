package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("What another endpoint tells of a kind", func() {
	It("is not taken for hidden because it failed once", func(ctx SpecContext) {
		w := newWorld(ctx)
		id := w.droplet("web-1")
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"backups": false})
		w.sync(ctx)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		before := resourceVersions(ctx, w)

		remove := w.cloud.AddFault(dosim.Fault{Path: "/v2/droplets/backups/policies", Status: 500})
		Expect(kindOf(w.sync(ctx), "Droplet").Reason).To(Equal(driftv1alpha1.ReasonServerError))
		remove()
		Expect(kindOf(w.sync(ctx), "Droplet").Reason).To(BeEmpty())
		Expect(resourceVersions(ctx, w)).To(Equal(before))
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)

		By("a scope that is taken away, and given again")
		remove = w.cloud.AddFault(dosim.Fault{Path: "/v2/droplets/backups/policies", Status: 403})
		Expect(kindOf(w.sync(ctx), "Droplet").Reason).To(BeEmpty())
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonFixFieldsUnseen)
		remove()
		w.sync(ctx)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		for _, r := range w.resources(ctx, Default) {
			Expect(w.events(ctx, Default, "CloudResource", r.Name)).NotTo(ContainElement(driftv1alpha1.EventResourceChanged))
		}
	})

	It("is not waited for again after a restart, where it stays hidden", func(ctx SpecContext) {
		w := newWorld(ctx)
		id := w.droplet("web-1")
		w.cloud.AddFault(dosim.Fault{Path: "/v2/droplets/backups/policies", Status: 403})
		o := w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"backups": false})
		w.sync(ctx)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonFixFieldsUnseen)
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
		o.Stop()
		before := w.provisioned(ctx, Default, "web-1").ResourceVersion
		w.cloud.ClearRequests()
		w.startOperator()
		Consistently(ctx, func(g Gomega) {
			g.Expect(w.cloud.Counts()).To(BeEmpty())
			g.Expect(w.provisioned(ctx, g, "web-1").ResourceVersion).To(Equal(before))
		}).WithTimeout(2 * time.Second).Should(Succeed())
	})
})

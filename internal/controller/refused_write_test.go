package controller_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apiresource "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

var _ = Describe("A write that the API server refuses", func() {
	It("leaves its kind behind, says so, and keeps nothing else from being recorded", func(ctx SpecContext) {
		w := newWorld(ctx)
		for _, name := range []string{"web-1", "web-2", "web-3", "web-4", "web-5"} {
			w.droplet(name)
		}
		remove := w.quota(ctx, 3)
		w.startOperator()
		w.account(ctx)
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady))
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionFalse, driftv1alpha1.ReasonKindsBehind, "Droplet since"))
		behind := kindOf(account, "Droplet")
		Expect(behind.Reason).To(Equal(driftv1alpha1.ReasonFixRefusedWrite))
		Expect(behind.Message).To(And(ContainSubstring("creating CloudResource production-droplet-"), ContainSubstring("exceeded quota"),
			ContainSubstring(" more")))
		Expect(behind.ObservedAt).To(BeNil())
		Expect(kindOf(account, "Volume").ObservedAt).NotTo(BeNil(), "it was listed after the droplets")
		Expect(w.resources(ctx, Default)).To(HaveLen(3))

		By("not listing over and over")
		w.cloud.ClearRequests()
		Consistently(ctx, w.cloud.Counts).WithTimeout(2 * time.Second).Should(BeEmpty())

		By("recovering by itself")
		remove()
		w.clock.SetTime(w.clock.Now().Add(11 * time.Minute))
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
		Expect(len(w.resources(ctx, Default))).To(BeNumerically(">=", 5))
	})

	It("does not keep what is gone from making room", func(ctx SpecContext) {
		w := newWorld(ctx)
		old := w.droplet("old")
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		w.quota(ctx, len(w.resources(ctx, Default)))
		w.change("DELETE", "/v2/droplets/"+old, nil)
		w.droplet("new")
		Expect(kindOf(w.sync(ctx), "Droplet").Reason).To(Equal(driftv1alpha1.ReasonFixRefusedWrite))
		for _, r := range w.resources(ctx, Default) {
			Expect(r.Spec.ID).NotTo(Equal(old))
		}
	})
})

// quota allows so many CloudResources. Its status is what a controller manager
// would write.
func (w *world) quota(ctx context.Context, most int) (remove func()) {
	GinkgoHelper()
	const counted = "count/cloudresources.drift.arcadia.cloud"
	hard := corev1.ResourceList{counted: *apiresource.NewQuantity(int64(most), apiresource.DecimalSI)}
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "few"}, Spec: corev1.ResourceQuotaSpec{Hard: hard}}
	Expect(admin.Create(ctx, quota)).To(Succeed())
	quota.Status = corev1.ResourceQuotaStatus{Hard: hard, Used: corev1.ResourceList{
		counted: *apiresource.NewQuantity(int64(len(w.resources(ctx, Default))), apiresource.DecimalSI),
	}}
	Expect(admin.Status().Update(ctx, quota)).To(Succeed())
	return func() { Expect(admin.Delete(ctx, quota)).To(Succeed()) }
}

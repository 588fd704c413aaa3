package controller_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

var _ = Describe("A drift that was orphaned", func() {
	var w *world
	var id string
	var o *operator
	wrong := map[string]any{"size_slug": "s-2vcpu-4gb"}
	const (
		open  = "web-1 size_slug Open s-2vcpu-4gb s-1vcpu-1gb"
		stale = "web-1 size_slug Stale s-2vcpu-4gb s-1vcpu-1gb"
	)
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		id = w.droplet("web-1")
		o = w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, wrong)
		w.sync(ctx)
		w.expectDrifts(ctx, open)
	})

	It("is closed before the field gets its next episode", func(ctx SpecContext) {
		w.orphan(ctx, "web-1")
		w.declare(ctx, "web-1", "Droplet", id, wrong)
		w.expectDrifts(ctx, stale, open)
		d := w.open(ctx, "size_slug")
		Expect(d.Spec.Episode).To(Equal(int64(2)))
		Expect(metav1.IsControlledBy(d, w.provisioned(ctx, Default, "web-1"))).To(BeTrue())
	})

	It("is closed by the next sweep where nobody declares the resource again", func(ctx SpecContext) {
		d := w.open(ctx, "size_slug")
		w.orphan(ctx, "web-1")
		w.sync(ctx)
		w.expectDrifts(ctx, stale)
		Expect(w.drift(ctx, Default, d.Name).Status.ResolvedBy).To(Equal(driftv1alpha1.OperatorUser))
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ConsistOf(driftv1alpha1.EventDriftStale))
		}).Should(Succeed())
	})

	It("is closed although its resolution had begun", func(ctx SpecContext) {
		held := holdAt(crashpoint.AcceptIntended)
		w.accept(ctx, w.open(ctx, "size_slug").Name)
		Eventually(held.reached).Should(BeClosed())
		o.Stop()
		held.release()
		w.orphan(ctx, "web-1")
		w.declare(ctx, "web-1", "Droplet", id, wrong)
		w.startOperator()
		w.expectDrifts(ctx, stale, open)
		Expect(string(w.provisioned(ctx, Default, "web-1").Spec.Desired["size_slug"].Raw)).To(Equal(`"s-2vcpu-4gb"`))
	})
})

var _ = Describe("History that can't be let go", func() {
	It("keeps no sync from being answered", func(ctx SpecContext) {
		w := newWorld(ctx)
		id := w.droplet("web-1")
		w.startOperator()
		w.account(ctx, func(a *driftv1alpha1.CloudAccount) {
			a.Spec.History = driftv1alpha1.HistoryPolicy{RetainDays: new(int32(0)), RetainEpisodes: new(int32(1))}
		})
		w.sync(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
		for range 2 {
			w.editDesired(ctx, "web-1", "size_slug", "s-2vcpu-4gb")
			d := w.open(ctx, "size_slug")
			w.editDesired(ctx, "web-1", "size_slug", "s-1vcpu-1gb")
			w.expectState(ctx, d.Name, driftv1alpha1.DriftStale)
		}
		allow := w.forbidDeletion(ctx, w.drifts(ctx, Default)[0].DeepCopy())
		w.clock.SetTime(w.clock.Now().Add(time.Minute))
		w.sync(ctx)
		Expect(w.drifts(ctx, Default)).To(HaveLen(2))
		allow()
		Eventually(ctx, func(g Gomega) {
			w.sync(ctx)
			g.Expect(w.drifts(ctx, g)).To(HaveLen(1))
		}).Should(Succeed())
	})
})

// orphan deletes a declaration as --cascade=orphan does, which is the work of the
// garbage collector.
func (w *world) orphan(ctx context.Context, name string) {
	GinkgoHelper()
	w.delete(ctx, w.declaration(name, "Droplet", "", nil))
	for _, d := range w.drifts(ctx, Default) {
		Expect(admin.Patch(ctx, &d, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"ownerReferences":null}}`)))).To(Succeed())
	}
}

// forbidDeletion has the API server refuse to delete CloudDrifts of the namespace,
// and returns when it does, as it shows with one of them.
func (w *world) forbidDeletion(ctx context.Context, one *driftv1alpha1.CloudDrift) (allow func()) {
	GinkgoHelper()
	here := &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.namespace}}
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "keep-" + w.namespace},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{
				NamespaceSelector: here,
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Delete},
					Rule:       admissionv1.Rule{APIGroups: []string{"drift.arcadia.cloud"}, APIVersions: []string{"*"}, Resources: []string{"clouddrifts"}},
				}}},
			},
			Validations: []admissionv1.Validation{{Expression: "false", Message: "kept for the auditors"}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: policy.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}
	allow = func() {
		w.delete(ctx, binding)
		w.delete(ctx, policy)
	}
	Expect(admin.Create(ctx, policy)).To(Succeed())
	Expect(admin.Create(ctx, binding)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { w.delete(ctx, binding); w.delete(ctx, policy) })
	Eventually(ctx, func() error { return admin.Delete(ctx, one, client.DryRunAll) }).Should(MatchError(ContainSubstring("auditors")))
	return allow
}

package access_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arcadiacloud/clouddrift/config/admission"
)

var policyNames = []string{admission.OperatorOnlyPolicy, admission.ResolutionPolicy, admission.LastAcceptedPolicy, admission.SnoozePolicy}

var _ = Describe("the policies", func() {
	It("have expressions that the API server finds nothing wrong with", func(ctx SpecContext) {
		for _, name := range policyNames {
			var policy admissionv1.ValidatingAdmissionPolicy
			Eventually(func() *admissionv1.TypeChecking {
				Expect(admin.client.Get(ctx, client.ObjectKey{Name: name}, &policy)).To(Succeed())
				return policy.Status.TypeChecking
			}).ShouldNot(BeNil(), name)
			Expect(policy.Status.TypeChecking.ExpressionWarnings).To(BeEmpty(), name)
		}
	})

	It("apply to no DELETE, which would hold up garbage collection", func(ctx SpecContext) {
		for _, name := range policyNames {
			var policy admissionv1.ValidatingAdmissionPolicy
			Expect(admin.client.Get(ctx, client.ObjectKey{Name: name}, &policy)).To(Succeed())
			Expect(policy.Spec.FailurePolicy).To(HaveValue(Equal(admissionv1.Fail)))
			for _, rule := range policy.Spec.MatchConstraints.ResourceRules {
				Expect(rule.Operations).To(ConsistOf(admissionv1.Create, admissionv1.Update), name)
			}
		}
	})
})

// check is what the operator itself finds, with its own rights.
func check(ctx context.Context) []string {
	requests.Add(8)
	state, err := admission.Check(ctx, operator.client)
	Expect(err).NotTo(HaveOccurred())
	return state.Problems
}

var _ = Describe("the operator's check of the policies", func() {
	It("is content with what config/default applies", func(ctx SpecContext) {
		Expect(check(ctx)).To(BeEmpty())
	})

	It("does not take a failed look for a missing policy", func(ctx SpecContext) {
		state, err := admission.Check(ctx, nobody.client)
		Expect(err).To(MatchError(ContainSubstring("reading the ValidatingAdmissionPolicy clouddrift-")))
		Expect(state.Problems).To(BeEmpty())
	})

	// What is done to a policy, or to its binding, and what the check says then.
	for _, c := range []struct {
		name    string
		policy  func(*admissionv1.ValidatingAdmissionPolicy)
		binding func(*admissionv1.ValidatingAdmissionPolicyBinding)
		says    string
	}{
		{name: "a validation taken out", says: "the ValidatingAdmissionPolicy %s is not the one of this version",
			policy: func(p *admissionv1.ValidatingAdmissionPolicy) {
				p.Spec.Validations = p.Spec.Validations[:len(p.Spec.Validations)-1]
				p.Spec.Validations = append(p.Spec.Validations, admissionv1.Validation{Expression: "true"})
			}},
		{name: "failures ignored", says: "the ValidatingAdmissionPolicy %s is not the one of this version",
			policy: func(p *admissionv1.ValidatingAdmissionPolicy) {
				ignore := admissionv1.Ignore
				p.Spec.FailurePolicy = &ignore
			}},
		{name: "somebody left out", says: "the ValidatingAdmissionPolicy %s is not the one of this version",
			policy: func(p *admissionv1.ValidatingAdmissionPolicy) {
				p.Spec.MatchConditions = append(p.Spec.MatchConditions, admissionv1.MatchCondition{Name: "mallory", Expression: "request.userInfo.username != 'mallory'"})
			}},
		{name: "auditing only", says: "the ValidatingAdmissionPolicyBinding %s does not deny everywhere",
			binding: func(b *admissionv1.ValidatingAdmissionPolicyBinding) {
				b.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Audit}
			}},
		{name: "a namespace left out", says: "the ValidatingAdmissionPolicyBinding %s does not deny everywhere",
			binding: func(b *admissionv1.ValidatingAdmissionPolicyBinding) {
				b.Spec.MatchResources = &admissionv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}}
			}},
		{name: "auditing as well, which takes nothing away",
			binding: func(b *admissionv1.ValidatingAdmissionPolicyBinding) {
				b.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Deny, admissionv1.Audit}
			}},
	} {
		It("sees "+c.name, func(ctx SpecContext) {
			for _, name := range policyNames {
				var want []string
				if c.says != "" {
					want = []string{sprintf(c.says, name)}
				}
				restore := restoreAfter(ctx, name)
				if c.policy != nil {
					var policy admissionv1.ValidatingAdmissionPolicy
					Expect(admin.client.Get(ctx, client.ObjectKey{Name: name}, &policy)).To(Succeed())
					c.policy(&policy)
					Expect(admin.client.Update(ctx, &policy)).To(Succeed())
				}
				if c.binding != nil {
					var binding admissionv1.ValidatingAdmissionPolicyBinding
					Expect(admin.client.Get(ctx, client.ObjectKey{Name: name}, &binding)).To(Succeed())
					c.binding(&binding)
					Expect(admin.client.Update(ctx, &binding)).To(Succeed())
				}
				Expect(check(ctx)).To(Equal(want))
				restore()
			}
		})
	}

	It("sees a policy or a binding missing", func(ctx SpecContext) {
		for _, name := range policyNames {
			restore := restoreAfter(ctx, name)
			meta := metav1.ObjectMeta{Name: name}
			Expect(admin.client.Delete(ctx, &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta})).To(Succeed())
			Expect(check(ctx)).To(Equal([]string{sprintf("the ValidatingAdmissionPolicyBinding %s is missing", name)}))
			Expect(admin.client.Delete(ctx, &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: meta})).To(Succeed())
			Expect(check(ctx)).To(Equal([]string{
				sprintf("the ValidatingAdmissionPolicy %s is missing", name),
				sprintf("the ValidatingAdmissionPolicyBinding %s is missing", name),
			}))
			restore()
		}
	})
})

// restoreAfter puts the policy and its binding back as they are now, in any case,
// and waits until they are in force again. Applying config/default again would not
// do: server-side apply leaves alone the matchConditions that another added.
func restoreAfter(ctx context.Context, name string) func() {
	policy, binding := &admissionv1.ValidatingAdmissionPolicy{}, &admissionv1.ValidatingAdmissionPolicyBinding{}
	Expect(admin.client.Get(ctx, client.ObjectKey{Name: name}, policy)).To(Succeed())
	Expect(admin.client.Get(ctx, client.ObjectKey{Name: name}, binding)).To(Succeed())
	restore := func(ctx context.Context) {
		for _, object := range []client.Object{policy.DeepCopy(), binding.DeepCopy()} {
			Expect(client.IgnoreNotFound(admin.client.Delete(ctx, object))).To(Succeed())
			object.SetResourceVersion("")
			Expect(admin.client.Create(ctx, object)).To(Succeed())
		}
		Expect(check(ctx)).To(BeEmpty(), name)
		waitForPolicies(ctx)
	}
	DeferCleanup(func(ctx SpecContext) { restore(ctx) })
	return func() { restore(ctx) }
}

var _ = Describe("on a server without MutatingAdmissionPolicy", func() {
	BeforeEach(func(ctx SpecContext) {
		Expect(admin.client.Delete(ctx, &admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: admission.DefaultsPolicy}})).To(Succeed())
		Expect(admin.client.Delete(ctx, &admissionv1.MutatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: admission.DefaultsPolicy}})).To(Succeed())
		DeferCleanup(func(ctx SpecContext) {
			_, _, err := controlPlane.Kubectl(ctx, "", "apply", "--server-side", "-k", "../../config/default")
			Expect(err).NotTo(HaveOccurred())
			waitForPolicies(ctx)
		})
		d := openDrift(ctx)
		Eventually(func() string {
			return errorText(alice.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/resolve=accept", "--dry-run=server"))
		}).Should(ContainSubstring(together))
	})

	It("all annotations are brought, all are removed, and the rules are the same", func(ctx SpecContext) {
		By("the operator's check does not miss it")
		Expect(check(ctx)).To(BeEmpty())
		d := openDrift(ctx)
		Expect(errorText(annotate(ctx, alice, d, values("resolve", "accept")))).To(ContainSubstring(together))
		Expect(errorText(annotate(ctx, alice, d, values("resolve", "accept", "resolved-by", "bob", "resolve-observation", observation)))).
			To(ContainSubstring("must be alice"))
		Expect(annotate(ctx, alice, d, values("resolve", "accept", "resolved-by", "alice", "resolve-observation", observation))).To(Succeed())
		Expect(errorText(annotate(ctx, alice, d, removal("resolve")))).To(ContainSubstring(together))
		Expect(annotate(ctx, alice, d, removal(everything...))).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
	})

	It("config/default-without-mutation is everything else", func(ctx SpecContext) {
		_, _, err := controlPlane.Kubectl(ctx, "", "apply", "--server-side", "--force-conflicts", "-k", "../../config/default-without-mutation")
		Expect(err).NotTo(HaveOccurred())
		Expect(check(ctx)).To(BeEmpty())
	})
})

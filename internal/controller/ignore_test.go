package controller_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("Ignore rules of an account", func() {
	var (
		w        *world
		registry *prometheus.Registry
	)
	BeforeEach(func(ctx SpecContext) {
		w, registry = newWorld(ctx), prometheus.NewRegistry()
		w.options.Registry = registry
		w.startOperator()
	})

	rules := func(ctx context.Context, rules ...driftv1alpha1.IgnoreRule) {
		GinkgoHelper()
		Eventually(ctx, func(g Gomega) {
			a := w.getAccount(ctx, g)
			a.Spec.Ignore = rules
			g.Expect(admin.Update(ctx, a)).To(Succeed())
		}).Should(Succeed())
	}
	rule := func(kind string, fields ...string) driftv1alpha1.IgnoreRule {
		return driftv1alpha1.IgnoreRule{Kind: kind, Fields: fields, Reason: "Kubernetes tags its nodes"}
	}
	ignored := func(ctx context.Context, g Gomega, name string) *int32 {
		return w.provisioned(ctx, g, name).Status.Ignored
	}

	It("take elements out of what is compared, are counted, and let go again", func(ctx SpecContext) {
		id := w.droplet("web-1", "web", "k8s:1")
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"tags": []string{"web"}, "size_slug": "s-1vcpu-1gb"})
		w.sync(ctx)
		w.expectDrifts(ctx, `web-1 tags Open ["web"] ["k8s:1","web"]`)
		drift := w.open(ctx, "tags")
		Expect(ignored(ctx, Default, "web-1")).To(BeNil())

		By("a rule, without a sync being asked for")
		rules(ctx, rule("Droplet", `tags["k8s:*"]`))
		w.expectState(ctx, drift.Name, driftv1alpha1.DriftStale)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync, "but for what is ignored and differs in 1 places")
		Eventually(ctx, func(g Gomega) {
			g.Expect(ignored(ctx, g, "web-1")).To(HaveValue(BeEquivalentTo(1)))
			a := w.getAccount(ctx, g)
			g.Expect(a.Status.Ignored).To(HaveValue(BeEquivalentTo(1)))
			g.Expect(kindOf(a, "Droplet").Ignored).To(HaveValue(BeEquivalentTo(1)))
			g.Expect(kindOf(a, "Volume").Ignored).To(BeNil())
		}).Should(Succeed())
		expectMetric(ctx, registry, "clouddrift_ignored_differences", 1.0, "kind", "Droplet", "account", accountName)
		w.expectAccount(ctx, driftv1alpha1.ConditionIgnoreRulesMatch, metav1.ConditionTrue, driftv1alpha1.ReasonRulesMatch)

		By("what is not ignored drifts, and is accepted without what is")
		w.change("POST", "/v2/tags", map[string]any{"name": "db"})
		w.change("POST", "/v2/tags/db/resources", map[string]any{"resources": []map[string]any{{"resource_id": id, "resource_type": "droplet"}}})
		w.sync(ctx)
		second := w.open(ctx, "tags")
		Expect(string(second.Status.Actual.Raw)).To(MatchJSON(`["db","web"]`))
		w.accept(ctx, second.Name)
		w.expectState(ctx, second.Name, driftv1alpha1.DriftAccepted)
		Expect(string(w.provisioned(ctx, Default, "web-1").Spec.Desired["tags"].Raw)).To(MatchJSON(`["web","db"]`))
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)

		By("no rule any more")
		rules(ctx)
		Expect(w.open(ctx, "tags").Spec.Episode).To(Equal(int64(3)))
		Eventually(ctx, func(g Gomega) {
			g.Expect(ignored(ctx, g, "web-1")).To(BeNil())
			a := w.getAccount(ctx, g)
			g.Expect(a.Status.Ignored).To(BeNil())
			g.Expect(meta.FindStatusCondition(a.Status.Conditions, driftv1alpha1.ConditionIgnoreRulesMatch)).To(BeNil())
		}).Should(Succeed())
		expectMetric(ctx, registry, "clouddrift_ignored_differences", 0.0, "kind", "Droplet")
	})

	It("that can't be understood are told, with what may have been meant, and the others are followed", func(ctx SpecContext) {
		id := w.droplet("web-1", "web")
		w.account(ctx, func(a *driftv1alpha1.CloudAccount) {
			a.Spec.Ignore = []driftv1alpha1.IgnoreRule{rule("Dropplet", "tags"), rule("Droplet", "tagz", "tags[", `["*"]`, "size_slug")}
		})
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"tags": []string{"db"}, "size_slug": "s-2vcpu-4gb"})
		w.sync(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixIgnoreRules,
			`the other rules are followed: ignore[0]: kind "Dropplet" is not known; did you mean Droplet?; ignore[1]: Droplet has no field tagz; did you mean tags?; ignore[1]: path "tags["`)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixIgnoreRules, `ignore[1]: Droplet has no field ["*"]`)
		w.expectAccount(ctx, driftv1alpha1.ConditionStalled, metav1.ConditionTrue, driftv1alpha1.ReasonFixIgnoreRules)
		w.expectDrifts(ctx, `web-1 tags Open ["db"] ["web"]`)

		rules(ctx, rule("Droplet", "size_slug"))
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady)
		Eventually(ctx, func(g Gomega) {
			g.Expect(meta.FindStatusCondition(w.getAccount(ctx, g).Status.Conditions, driftv1alpha1.ConditionStalled)).To(BeNil())
		}).Should(Succeed())
	})

	It("that match nothing are told, and only when everything was compared", func(ctx SpecContext) {
		id := w.droplet("web-1", "web")
		w.account(ctx, func(a *driftv1alpha1.CloudAccount) {
			a.Spec.Ignore = []driftv1alpha1.IgnoreRule{rule("Droplet", `tags["k8s:*"]`, "vpc_uuid", "tags"), rule("Volume", "tags")}
		})
		p := w.declaration("web-1", "Droplet", id, map[string]any{"tags": []string{"web"}})
		p.Spec.Ignore = []string{"tagz"}
		Expect(admin.Create(ctx, p)).To(Succeed())
		w.sync(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionIgnoreRulesMatch, metav1.ConditionFalse, driftv1alpha1.ReasonRuleMatchesNothing,
			`nothing that is declared matches Droplet tags["k8s:*"], Droplet vpc_uuid`)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonBound,
			"nothing that is declared matches what it ignores: tagz (did you mean tags?)")
		Expect(ignored(ctx, Default, "web-1")).To(Equal(ptr.To[int32](0)))

		By("a declaration that can't be compared may be what they are about")
		w.declare(ctx, "gone", "Droplet", "4711", map[string]any{"vpc_uuid": "x"})
		w.sync(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionIgnoreRulesMatch, metav1.ConditionUnknown, driftv1alpha1.ReasonNotAllCompared, `Droplet vpc_uuid`)
		w.delete(ctx, w.declaration("gone", "Droplet", "4711", nil))

		By("tags that the token may not see may hold what they are about")
		Expect(w.cloud.AddToken(dosim.Token{Value: "no-tags", Scopes: []string{"account:read", "droplet:read", "image:read", "vpc:read"}})).To(Succeed())
		w.token(ctx, "no-tags")
		w.sync(ctx)
		rules(ctx, rule("Droplet", `tags["k8s:*"]`))
		w.expectAccount(ctx, driftv1alpha1.ConditionIgnoreRulesMatch, metav1.ConditionUnknown, driftv1alpha1.ReasonNotAllCompared, `Droplet tags["k8s:*"]`)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonFixFieldsUnseen)

		By("also where something else is not understood")
		w.editDesired(ctx, "web-1", "colour", "red")
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixFieldNames,
			"nothing that is declared matches what it ignores: tagz (did you mean tags?)")
	})
})

package controller_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

var _ = Describe("CRDs of an older release", Serial, func() {
	It("are told, spend no writes, and are noticed to be new", func(ctx SpecContext) {
		w := newWorld(ctx)
		Expect(w.cloud.Seed("Droplet", 100)).To(Succeed())
		restore := withoutFieldTable(ctx, w.namespace)
		w.startOperator()
		w.account(ctx)
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixCRDs, "fieldTable"))
		Expect(kindOf(account, "Droplet").Reason).To(Equal(driftv1alpha1.ReasonFixCRDs))
		Expect(len(w.resources(ctx, Default))).To(BeNumerically("<", 100), "it goes on writing in vain")

		restore()
		w.clock.SetTime(w.clock.Now().Add(11 * time.Minute))
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady)
		Expect(len(w.resources(ctx, Default))).To(BeNumerically(">=", 100))
	})
})

// withoutFieldTable gives the API server a CRD that does not know the field.
func withoutFieldTable(ctx context.Context, namespace string) (restore func()) {
	GinkgoHelper()
	path := []string{"schema", "openAPIV3Schema", "properties", "observed", "properties"}
	change := func(how func(properties map[string]any)) {
		GinkgoHelper()
		Expect(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
			crd := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}}
			if err := admin.Get(ctx, client.ObjectKey{Name: "cloudresources.drift.arcadia.cloud"}, crd); err != nil {
				return err
			}
			versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
			version := versions[0].(map[string]any)
			properties, _, _ := unstructured.NestedMap(version, path...)
			how(properties)
			Expect(unstructured.SetNestedMap(version, properties, path...)).To(Succeed())
			Expect(unstructured.SetNestedSlice(crd.Object, versions, "spec", "versions")).To(Succeed())
			return admin.Update(ctx, crd)
		})).To(Succeed())
	}
	operators, err := client.New(operatorConfig, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	kept := func(g Gomega) string {
		r := &driftv1alpha1.CloudResource{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "probe"},
			Spec:       driftv1alpha1.CloudResourceSpec{AccountRef: driftv1alpha1.LocalReference{Name: accountName}, Kind: "Droplet", ID: "1"},
			Observed:   driftv1alpha1.Observation{FieldTable: "probe", Digest: "0", ObservedAt: metav1.NowMicro()},
		}
		g.Expect(operators.Create(ctx, r, client.DryRunAll)).To(Succeed())
		return r.Observed.FieldTable
	}
	var field any
	change(func(properties map[string]any) {
		field = properties["fieldTable"]
		delete(properties, "fieldTable")
	})
	restored := false
	restore = func() {
		GinkgoHelper()
		if restored {
			return
		}
		restored = true
		change(func(properties map[string]any) { properties["fieldTable"] = field })
		Eventually(ctx, kept).Should(Equal("probe"))
	}
	DeferCleanup(func(SpecContext) { restore() })
	Eventually(ctx, kept).Should(BeEmpty())
	return restore
}

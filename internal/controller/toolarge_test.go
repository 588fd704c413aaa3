package controller_test

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

var _ = Describe("A declaration that is too large", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
	})

	deep := func(levels int) string { return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels) }
	wide := func(keys int) string {
		parts := make([]string, keys)
		for n := range parts {
			parts[n] = fmt.Sprintf(`"k%d":1`, n)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	put := func(ctx context.Context, name, field, raw string) {
		GinkgoHelper()
		Expect(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
			p := &driftv1alpha1.CloudProvisioned{}
			if err := admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, p); err != nil {
				return err
			}
			delete(p.Spec.Desired, field)
			if raw != "" {
				p.Spec.Desired[field] = apiextensionsv1.JSON{Raw: []byte(raw)}
			}
			return admin.Update(ctx, p)
		})).To(Succeed())
	}

	DescribeTable("is not looked at, says so, and is compared again once it is small",
		func(ctx SpecContext, raw, says string) {
			id := w.droplet("web-1")
			w.startOperator()
			w.account(ctx)
			w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
			w.sync(ctx)
			w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
			put(ctx, "web-1", "networks", raw)
			w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixTooLarge, says)
			w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonNotReady)
			p := w.provisioned(ctx, Default, "web-1")
			Expect(p.Spec.Desired).To(HaveKey("networks"), "nothing of it is lost")
			Expect(p.Annotations).To(BeEmpty())
			put(ctx, "web-1", "networks", "")
			w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		},
		Entry("deep", deep(900), "levels deep"),
		Entry("deep and wide", strings.Repeat(`{"a":`, 500)+wide(30_000)+strings.Repeat("}", 500), "bytes"),
		Entry("wide", wide(11_000), "values"),
		Entry("a long list", "["+strings.Repeat("1,", 40_000)+"1]", "values"),
		Entry("a long text", `"`+strings.Repeat("x", 140_000)+`"`, "bytes"),
	)

	It("does not go on being in sync where it leaves no room for a status", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
		w.sync(ctx)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)

		By("as many bytes as the API server takes")
		p := w.provisioned(ctx, Default, "web-1")
		least, most := 1_500_000, 1_600_000
		for least+1 < most {
			size := (least + most) / 2
			p.Spec.Desired["networks"] = apiextensionsv1.JSON{Raw: []byte(`"` + strings.Repeat("x", size) + `"`)}
			err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
				current := w.provisioned(ctx, Default, "web-1")
				current.Spec.Desired = p.Spec.Desired
				return admin.Update(ctx, current)
			})
			if err == nil {
				least = size
			} else {
				most = size
			}
		}
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonNotReady)
	})
})

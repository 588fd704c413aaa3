package controller_test

import (
	"context"
	"encoding/json"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// What an etcd holds is written at every change and kept at every node. These are what
// the objects took when the spec was written, and a little more.
var _ = Describe("What is stored", func() {
	It("is not said twice, or for nobody", func(ctx SpecContext) {
		w := newWorld(ctx)
		id := w.droplet("web-1", "web")
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb", "region": "nyc3"})
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)

		Expect(stored(ctx, w.provisioned(ctx, Default, "web-1"))).To(BeNumerically("<", 2000))

		By("creating a CloudResource: the API server notes who owns which field, coarsely")
		resource := func() *driftv1alpha1.CloudResource {
			for _, r := range w.resources(ctx, Default) {
				if r.Spec.ID == id {
					return &r
				}
			}
			Fail("the droplet has no CloudResource")
			return nil
		}
		Expect(ownedFields(resource(), "f:observed")).To(ConsistOf("{}"))
		Expect(ownedFields(resource(), "f:spec")).To(ConsistOf("{}"))
		Expect(stored(ctx, resource())).To(BeNumerically("<", 2000))

		By("writing it anew, again and again: it notes nothing any more")
		for _, size := range []string{"s-2vcpu-2gb", "s-2vcpu-4gb"} {
			w.resize(id, size)
			w.sync(ctx)
			Expect(*resource().Observed.SizeSlug).To(Equal(size))
			Expect(resource().ManagedFields).To(BeEmpty())
		}
		Expect(stored(ctx, resource())).To(BeNumerically("<", 1600))

		By("finding a drift: who annotates it, and when its approval was recorded, can still be seen")
		d := w.open(ctx, "size_slug")
		Expect(ownedFields(d, "f:spec")).To(ConsistOf("{}"))
		Expect(ownedFields(d, "f:status", "f:resolution")).To(BeEmpty())
		Expect(stored(ctx, d)).To(BeNumerically("<", 2000))
		w.accept(ctx, d.Name)
		accepted := w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
		Expect(ownedFields(accepted, "f:metadata", "f:annotations", "f:"+driftv1alpha1.ResolveAnnotation)).To(ConsistOf("{}"))
		Expect(ownedFields(accepted, "f:status", "f:resolution")).To(HaveLen(1))

		By("writing the status of a declaration: whose each declared field is can still be seen")
		p := w.provisioned(ctx, Default, "web-1")
		Expect(ownedFields(p, "f:status")).To(ConsistOf("{}"))
		Expect(ownedFields(p, "f:spec", "f:desired", "f:region")).To(ConsistOf("{}"))
		Expect(stored(ctx, p)).To(BeNumerically("<", 2500), "with an acceptance that Git has yet to say")
		Expect(ownedFields(w.getAccount(ctx, Default), "f:status")).To(ConsistOf("{}"))
	})
})

// ownedFields is what each manager that owns something at the path owns of it.
func ownedFields(o client.Object, path ...string) []string {
	GinkgoHelper()
	var out []string
	for _, entry := range o.GetManagedFields() {
		fields := entry.FieldsV1.GetRawBytes()
		for _, key := range path {
			var at map[string]json.RawMessage
			Expect(json.Unmarshal(fields, &at)).To(Succeed())
			fields = at[key]
			if fields == nil {
				break
			}
		}
		if fields != nil {
			out = append(out, string(fields))
		}
	}
	return out
}

// stored is how long an object's JSON is, as the API server has it.
func stored(ctx context.Context, o client.Object) int {
	GinkgoHelper()
	live := o.DeepCopyObject().(client.Object)
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), live)).To(Succeed())
	text, err := json.Marshal(live)
	Expect(err).NotTo(HaveOccurred())
	return len(text)
}

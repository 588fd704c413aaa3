package access_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func ownedBy(p *driftv1alpha1.CloudProvisioned) []metav1.OwnerReference {
	return []metav1.OwnerReference{{
		APIVersion: driftv1alpha1.GroupVersion.String(), Kind: "CloudProvisioned", Name: p.Name, UID: p.UID,
		Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true),
	}}
}

// owned is one drift in each state, all owned by p.
func owned(ctx context.Context, p *driftv1alpha1.CloudProvisioned) []*driftv1alpha1.CloudDrift {
	drifts := []*driftv1alpha1.CloudDrift{unseenDrift(ctx), openDrift(ctx), approvedDrift(ctx), begunDrift(ctx), resolvedDrift(ctx)}
	for _, d := range drifts {
		d.OwnerReferences = ownedBy(p)
		Expect(operator.client.Update(ctx, d)).To(Succeed())
	}
	return drifts
}

func isGone(ctx context.Context, object client.Object) func() bool {
	return func() bool {
		return apierrors.IsNotFound(admin.client.Get(ctx, client.ObjectKeyFromObject(object), object))
	}
}

var _ = Describe("the policies do not stand in the way of", func() {
	It("garbage collection: a deleted CloudProvisioned takes its drifts with it", func(ctx SpecContext) {
		p := provisioned(ctx)
		drifts := owned(ctx, p)
		Expect(editor.kubectl(ctx, "delete", "cloudprovisioned", p.Name)).To(Succeed())
		for _, d := range drifts {
			Eventually(isGone(ctx, d)).Should(BeTrue())
		}
	})

	It("deletion in the foreground, which waits for the drifts", func(ctx SpecContext) {
		p := provisioned(ctx)
		drifts := owned(ctx, p)
		Expect(editor.kubectl(ctx, "delete", "cloudprovisioned", p.Name, "--cascade=foreground")).To(Succeed())
		for _, object := range drifts {
			Expect(isGone(ctx, object)()).To(BeTrue(), "the owner is gone only after its drifts")
		}
		Expect(isGone(ctx, p)()).To(BeTrue())
	})

	It("orphaning, for which the collector edits ownerReferences", func(ctx SpecContext) {
		p := provisioned(ctx)
		drifts := owned(ctx, p)
		Expect(editor.kubectl(ctx, "delete", "cloudprovisioned", p.Name, "--cascade=orphan")).To(Succeed())
		Eventually(isGone(ctx, p)).Should(BeTrue())
		for _, d := range drifts {
			Expect(live(ctx, d).OwnerReferences).To(BeEmpty())
		}
	})

	It("deleting a drift itself, whatever the propagation", func(ctx SpecContext) {
		for _, propagation := range []metav1.DeletionPropagation{
			metav1.DeletePropagationBackground, metav1.DeletePropagationForeground, metav1.DeletePropagationOrphan,
		} {
			for _, d := range []*driftv1alpha1.CloudDrift{approvedDrift(ctx), resolvedDrift(ctx)} {
				Expect(operator.client.Delete(ctx, d, client.PropagationPolicy(propagation))).To(Succeed())
				Eventually(isGone(ctx, d)).Should(BeTrue(), string(propagation))
			}
		}
	})

	It("deleting a namespace with everything in it", func(ctx SpecContext) {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "closing-"}}
		Expect(admin.client.Create(ctx, ns)).To(Succeed())
		into := func(object client.Object) { object.SetNamespace(ns.Name) }
		p, a, r := newProvisioned(), newAccount(), newResource()
		into(p)
		into(a)
		into(r)
		create(ctx, admin, p)
		create(ctx, admin, a)
		create(ctx, operator, r)
		for _, resolved := range []bool{false, true} {
			d := newDrift()
			into(d)
			d.OwnerReferences = ownedBy(p)
			create(ctx, operator, d)
			d.Status = openStatus()
			if resolved {
				resolve(d)
			}
			Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
		}
		Expect(admin.client.Delete(ctx, ns)).To(Succeed())
		Eventually(isGone(ctx, ns)).Should(BeTrue())
	})
})

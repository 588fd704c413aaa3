package controller_test

import (
	"context"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/hack/stack"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

// What an approval, a recorded one and a mark prove, and what they don't.
var _ = Describe("What is found on an object", func() {
	var w *world
	var o *operator
	var d *driftv1alpha1.CloudDrift
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		id := w.droplet("web-1")
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})
		o = w.startOperator()
		w.sync(ctx)
		d = w.open(ctx, "size_slug")
	})
	size := func(ctx context.Context) string {
		return string(w.provisioned(ctx, Default, "web-1").Spec.Desired["size_slug"].Raw)
	}
	expectRefused := func(ctx context.Context) {
		GinkgoHelper()
		Eventually(ctx, func(g Gomega) {
			now := w.drift(ctx, g, d.Name)
			g.Expect(now.Status.State).To(Equal(driftv1alpha1.DriftOpen))
			g.Expect(now.Status.Resolution).To(BeNil())
			g.Expect(now.Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalRefused))
		}).Should(Succeed())
		Expect(size(ctx)).To(Equal(`"s-2vcpu-4gb"`))
	}

	It("is no approval where the recorded value is not the observed one", func(ctx SpecContext) {
		c, err := client.New(operatorConfig, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
		d.Status.Resolution = &driftv1alpha1.Resolution{
			Verb: driftv1alpha1.VerbAccept, User: "alice", Observation: d.Status.Observation,
			Value: apiextensionsv1.JSON{Raw: []byte(`"s-8vcpu-16gb"`)}, StartedAt: metav1.Now(),
		}
		Expect(c.Status().Update(ctx, d)).To(Succeed())
		expectRefused(ctx)
	})

	It("is no approval where it was recorded and the policies are not in force any more", func(ctx SpecContext) {
		held := holdAt(crashpoint.AcceptIntended)
		w.accept(ctx, d.Name)
		Eventually(held.reached).Should(BeClosed())
		o.Stop()
		held.release()
		mend := takeAway(ctx, 1)
		DeferCleanup(func(ctx SpecContext) { mend(ctx); waitForAdmission(ctx) })
		w.startOperator()
		expectRefused(ctx)
	})

	It("is no approval where it was recorded before the policies came back", func(ctx SpecContext) {
		held := holdAt(crashpoint.AcceptIntended)
		w.accept(ctx, d.Name)
		Eventually(held.reached).Should(BeClosed())
		o.Stop()
		held.release()
		takeAway(ctx, 3)(ctx)
		waitForAdmission(ctx)
		w.startOperator()
		expectRefused(ctx)
	})

	It("is no accept of this drift where the declaration was restored with the mark of another", func(ctx SpecContext) {
		w.accept(ctx, d.Name)
		w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
		saved := w.provisioned(ctx, Default, "web-1")
		Expect(saved.Annotations[driftv1alpha1.LastAcceptedAnnotation]).To(Equal(d.Name + "/" + string(d.UID)))
		Expect(size(ctx)).To(Equal(`"s-1vcpu-1gb"`))

		for name, mark := range map[string]string{
			"as it was":                     saved.Annotations[driftv1alpha1.LastAcceptedAnnotation],
			"as an older version had it":    d.Name,
			"of a UID that nobody ever had": d.Name + "/00000000-0000-0000-0000-000000000000",
		} {
			By("restored with the mark " + name)
			w.delete(ctx, w.provisioned(ctx, Default, "web-1"))
			Eventually(ctx, func(g Gomega) {
				// As the garbage collector does, which does not run here.
				g.Expect(admin.DeleteAllOf(ctx, &driftv1alpha1.CloudDrift{}, client.InNamespace(w.namespace))).To(Succeed())
				g.Expect(w.drifts(ctx, g)).To(BeEmpty())
			}).Should(Succeed())
			restored := w.declaration("web-1", "Droplet", saved.Spec.Resource.ID, map[string]any{"size_slug": "s-2vcpu-4gb"})
			restored.Annotations = map[string]string{driftv1alpha1.LastAcceptedAnnotation: mark}
			Expect(admin.Create(ctx, restored)).To(Succeed())
			w.sync(ctx)
			again := w.open(ctx, "size_slug")
			Expect(again.Name).To(Equal(d.Name))
			Expect(again.UID).NotTo(Equal(d.UID))
			w.accept(ctx, again.Name)
			w.expectState(ctx, again.Name, driftv1alpha1.DriftAccepted)
			Expect(size(ctx)).To(Equal(`"s-1vcpu-1gb"`))
		}
	})
})

var _ = Describe("An API server that has the policies and does not enforce them", func() {
	It("is told from one that does", func(ctx SpecContext) {
		was, wasAdmin, wasOperator := controlPlane, admin, operatorConfig
		DeferCleanup(func() { controlPlane, admin, operatorConfig = was, wasAdmin, wasOperator })
		other, err := stack.Start(ctx, stack.Options{
			CRDs:          []string{filepath.Join("..", "..", "config", "crd", "bases")},
			APIServerArgs: []string{"--disable-admission-plugins=ValidatingAdmissionPolicy"},
			Progress:      GinkgoWriter,
		})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(other.Stop()).To(Succeed()) })
		controlPlane = other
		_, stderr, err := controlPlane.Kubectl(ctx, "", "apply", "--server-side", "-k", filepath.Join("..", "..", "config", "default"))
		Expect(err).NotTo(HaveOccurred(), stderr)
		admin, err = client.New(controlPlane.Config, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
		operatorConfig, err = controlPlane.ServiceAccount("clouddrift-system", "clouddrift-controller-manager")
		Expect(err).NotTo(HaveOccurred())

		w := newWorld(ctx)
		w.options.AdmissionSettling = time.Second
		w.account(ctx)
		w.startOperator()
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAdmission, "does not enforce")
	})
})

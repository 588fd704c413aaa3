package controller_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/config/admission"
)

var _ = Describe("A snooze", func() {
	var (
		w        *world
		o        *operator
		d        *driftv1alpha1.CloudDrift
		registry *prometheus.Registry
	)
	BeforeEach(func(ctx SpecContext) {
		w, registry = newWorld(ctx), prometheus.NewRegistry()
		w.options.Registry = registry
		id := w.droplet("web-1")
		o = w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})
		w.sync(ctx)
		d = w.open(ctx, "size_slug")
	})

	in := func(after time.Duration) string { return w.clock.Now().Add(after).UTC().Format(time.RFC3339) }
	annotate := func(ctx context.Context, args ...string) {
		GinkgoHelper()
		_, stderr, err := controlPlane.Kubectl(ctx, alice, append([]string{"annotate", "--overwrite", "clouddrift", "-n", w.namespace, d.Name}, args...)...)
		Expect(err).NotTo(HaveOccurred(), stderr)
	}
	snoozed := func(ctx context.Context, until string) *driftv1alpha1.Snooze {
		GinkgoHelper()
		var found *driftv1alpha1.Snooze
		Eventually(ctx, func(g Gomega) {
			found = w.drift(ctx, g, d.Name).Status.Snooze
			g.Expect(found).NotTo(BeNil())
			g.Expect(found.Until.UTC().Format(time.RFC3339)).To(Equal(until))
		}).Should(Succeed())
		return found
	}
	awake := func(ctx context.Context) {
		GinkgoHelper()
		Eventually(ctx, func(g Gomega) {
			now := w.drift(ctx, g, d.Name)
			g.Expect(now.Status.Snooze).To(BeNil())
			g.Expect(now.Annotations).NotTo(Or(HaveKey(driftv1alpha1.SnoozeUntilAnnotation), HaveKey(driftv1alpha1.SnoozedByAnnotation), HaveKey(driftv1alpha1.SnoozeReasonAnnotation)))
		}).Should(Succeed())
	}
	counts := func(ctx SpecContext, open, snoozed float64) {
		GinkgoHelper()
		expectMetric(ctx, registry, "clouddrift_open_drifts", open, "kind", "Droplet")
		expectMetric(ctx, registry, "clouddrift_snoozed_drifts", snoozed, "kind", "Droplet")
	}

	It("is kept with who, why and when, does not count as open, and ends by itself", func(ctx SpecContext) {
		counts(ctx, 1, 0)
		until := in(4 * time.Second)
		annotate(ctx, driftv1alpha1.SnoozeUntilAnnotation+"="+until, driftv1alpha1.SnoozeReasonAnnotation+"=after the launch")
		held := snoozed(ctx, until)
		Expect(held.User).To(Equal("alice"))
		Expect(held.Reason).To(Equal("after the launch"))
		Expect(held.Since.Time).To(BeTemporally("~", w.clock.Now(), time.Second))
		counts(ctx, 0, 1)
		By("it stays open, and what is declared differs")
		Expect(w.drift(ctx, Default, d.Name).Status.State).To(Equal(driftv1alpha1.DriftOpen))
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionFalse, driftv1alpha1.ReasonDrifted)
		out, stderr, err := controlPlane.Kubectl(ctx, alice, "get", "clouddrift", "-n", w.namespace, "-o", "wide")
		Expect(err).NotTo(HaveOccurred(), stderr)
		Expect(out).To(And(ContainSubstring("SNOOZED UNTIL"), ContainSubstring(until)))

		By("its time, which the metrics see at once")
		w.clock.SetTime(w.clock.Now().Add(4 * time.Second))
		counts(ctx, 1, 0)
		awake(ctx)
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ConsistOf(driftv1alpha1.EventDriftSnoozed, driftv1alpha1.EventSnoozeEnded))
		}).Should(Succeed())
		w.expectState(ctx, d.Name, driftv1alpha1.DriftOpen)
	})

	It("holds while the values move, is changed, and is taken off", func(ctx SpecContext) {
		until := in(time.Hour)
		annotate(ctx, driftv1alpha1.SnoozeUntilAnnotation+"="+until)
		snoozed(ctx, until)
		w.editDesired(ctx, "web-1", "size_slug", "s-4vcpu-8gb")
		w.expectDrifts(ctx, "web-1 size_slug Open s-4vcpu-8gb s-1vcpu-1gb")
		counts(ctx, 0, 1)
		later := in(2 * time.Hour)
		annotate(ctx, driftv1alpha1.SnoozeUntilAnnotation+"="+later)
		snoozed(ctx, later)
		annotate(ctx, driftv1alpha1.SnoozeUntilAnnotation+"-")
		awake(ctx)
		counts(ctx, 1, 0)
	})

	It("ends where the operator was down when its time came", func(ctx SpecContext) {
		until := in(time.Hour)
		annotate(ctx, driftv1alpha1.SnoozeUntilAnnotation+"="+until)
		snoozed(ctx, until)
		o.Stop()
		w.clock.SetTime(w.clock.Now().Add(2 * time.Hour))
		w.options.Registry = nil
		w.startOperator()
		awake(ctx)
	})

	It("ends with its episode: the next one counts", func(ctx SpecContext) {
		until := in(time.Hour)
		annotate(ctx, driftv1alpha1.SnoozeUntilAnnotation+"="+until)
		snoozed(ctx, until)
		w.accept(ctx, d.Name)
		w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
		counts(ctx, 0, 0)
		w.editDesired(ctx, "web-1", "size_slug", "s-4vcpu-8gb")
		next := w.open(ctx, "size_slug")
		Expect(next.Spec.Episode).To(Equal(int64(2)))
		Expect(next.Status.Snooze).To(BeNil())
		counts(ctx, 1, 0)
		By("the snooze that it had stays as history, after its time too")
		w.clock.SetTime(w.clock.Now().Add(2 * time.Hour))
		w.sync(ctx)
		Expect(w.drift(ctx, Default, d.Name).Status.Snooze).NotTo(BeNil())
	})

	It("is refused where nothing proves who snoozed", func(ctx SpecContext) {
		o.Stop()
		binding := &admissionv1.ValidatingAdmissionPolicyBinding{}
		Expect(admin.Get(ctx, client.ObjectKey{Name: admission.SnoozePolicy}, binding)).To(Succeed())
		w.delete(ctx, binding)
		DeferCleanup(func(ctx SpecContext) {
			binding.ResourceVersion, binding.UID = "", ""
			Expect(client.IgnoreAlreadyExists(admin.Create(ctx, binding))).To(Succeed())
			waitForAdmission(ctx)
		})
		patch := []byte(`{"metadata":{"annotations":{"` + driftv1alpha1.SnoozeUntilAnnotation + `":"` + in(time.Hour) + `","` + driftv1alpha1.SnoozedByAnnotation + `":"bob"}}}`)
		Eventually(ctx, func() error { return admin.Patch(ctx, d, client.RawPatch("application/merge-patch+json", patch)) }).Should(Succeed())
		w.options.Registry = nil
		w.startOperator()
		awake(ctx)
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventSnoozeRefused))
		}).Should(Succeed())
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAdmission, "clouddrift-snooze")
	})
})

package controller_test

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// drifts are all of the namespace.
func (w *world) drifts(ctx context.Context, g Gomega) []driftv1alpha1.CloudDrift {
	var list driftv1alpha1.CloudDriftList
	g.Expect(admin.List(ctx, &list, client.InNamespace(w.namespace))).To(Succeed())
	return list.Items
}

// lines are the drifts as "provisioned field state expected actual".
func (w *world) lines(ctx context.Context, g Gomega) []string {
	out := []string{}
	for _, d := range w.drifts(ctx, g) {
		out = append(out, fmt.Sprintf("%s %s %s %s %s", d.Spec.ProvisionedRef.Name, d.Spec.Field, d.Status.State,
			d.Status.Rendered.Expected, d.Status.Rendered.Actual))
	}
	return out
}

func (w *world) expectDrifts(ctx context.Context, lines ...string) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) { g.Expect(w.lines(ctx, g)).To(ConsistOf(lines)) }).Should(Succeed())
}

// open is the only drift of that field that is open.
func (w *world) open(ctx context.Context, field string) *driftv1alpha1.CloudDrift {
	GinkgoHelper()
	var found *driftv1alpha1.CloudDrift
	Eventually(ctx, func(g Gomega) {
		found = nil
		for _, d := range w.drifts(ctx, g) {
			if d.Spec.Field == field && d.Status.State == driftv1alpha1.DriftOpen {
				g.Expect(found).To(BeNil(), "two open drifts of %s", field)
				found = d.DeepCopy()
			}
		}
		g.Expect(found).NotTo(BeNil(), "no open drift of %s", field)
	}).Should(Succeed())
	return found
}

func (w *world) drift(ctx context.Context, g Gomega, name string) *driftv1alpha1.CloudDrift {
	d := &driftv1alpha1.CloudDrift{}
	g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, d)).To(Succeed())
	return d
}

// expectState waits until the drift is in the state.
func (w *world) expectState(ctx context.Context, name string, state driftv1alpha1.DriftState) *driftv1alpha1.CloudDrift {
	GinkgoHelper()
	var d *driftv1alpha1.CloudDrift
	Eventually(ctx, func(g Gomega) {
		d = w.drift(ctx, g, name)
		g.Expect(d.Status.State).To(Equal(state))
	}).Should(Succeed())
	return d
}

// expectCondition waits for a condition of a CloudProvisioned.
func (w *world) expectCondition(ctx context.Context, name, conditionType string, status metav1.ConditionStatus, reason string, message ...string) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		p := w.provisioned(ctx, g, name)
		g.Expect(p.Status.Conditions).To(haveCondition(conditionType, status, reason, message...))
		g.Expect(p.Status.ObservedGeneration).To(Equal(p.Generation))
	}).Should(Succeed())
}

// expectAccount waits for a condition of the account.
func (w *world) expectAccount(ctx context.Context, conditionType string, status metav1.ConditionStatus, reason string, message ...string) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		g.Expect(w.getAccount(ctx, g).Status.Conditions).To(haveCondition(conditionType, status, reason, message...))
	}).Should(Succeed())
}

// events are the reasons of the events about an object, each as often as it was sent.
func (w *world) events(ctx context.Context, g Gomega, kind, name string) []string {
	var list eventsv1.EventList
	g.Expect(admin.List(ctx, &list, client.InNamespace(w.namespace))).To(Succeed())
	var out []string
	for _, e := range list.Items {
		if e.Regarding.Kind != kind || e.Regarding.Name != name {
			continue
		}
		times := 1
		if e.Series != nil {
			times = int(e.Series.Count)
		}
		for range times {
			out = append(out, e.Reason)
		}
	}
	return out
}

func haveCondition(conditionType string, status metav1.ConditionStatus, reason string, message ...string) types.GomegaMatcher {
	return WithTransform(func(conditions []metav1.Condition) string {
		c := meta.FindStatusCondition(conditions, conditionType)
		if c == nil {
			return "no condition " + conditionType
		}
		return fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message)
	}, And(HavePrefix("%s %s: ", status, reason), ContainSubstring("%s", strings.Join(message, ""))))
}

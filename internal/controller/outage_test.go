package controller_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("DigitalOcean out of order", func() {
	DescribeTable("changes no verdict for as long as it lasts, and is got over without anybody's help",
		func(ctx SpecContext, fault dosim.Fault, conditionType, reason string) {
			w := newWorld(ctx)
			drifted, inSync, gone := w.droplet("drifted"), w.droplet("in-sync"), w.droplet("gone")
			w.startOperator()
			w.account(ctx)
			for name, declared := range map[string][2]string{
				"drifted": {drifted, "s-2vcpu-4gb"}, "in-sync": {inSync, "s-1vcpu-1gb"}, "gone": {gone, "s-1vcpu-1gb"},
			} {
				w.declare(ctx, name, "Droplet", declared[0], map[string]any{"size_slug": declared[1]})
			}
			w.sync(ctx)
			before := "drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb"
			w.expectDrifts(ctx, before)
			recorded := resourceVersions(ctx, w)

			By("changing everything behind its back")
			remove := w.cloud.AddFault(fault)
			w.resize(drifted, "s-2vcpu-4gb")
			w.resize(inSync, "s-2vcpu-2gb")
			w.change(http.MethodDelete, "/v2/droplets/"+gone, nil)
			for range 6 {
				w.clock.SetTime(w.clock.Now().Add(10 * time.Minute))
				w.sync(ctx)
				w.expectAccount(ctx, conditionType, metav1.ConditionFalse, reason)
				Expect(w.lines(ctx, Default)).To(ConsistOf(before))
				Expect(resourceVersions(ctx, w)).To(Equal(recorded), "no CloudResource may be written")
			}

			By("mending it, and letting time pass")
			remove()
			Eventually(ctx, func(g Gomega) []string {
				w.clock.SetTime(w.clock.Now().Add(time.Minute))
				return w.lines(ctx, g)
			}).Should(ConsistOf(
				"drifted size_slug Stale s-2vcpu-4gb s-1vcpu-1gb",
				"in-sync size_slug Open s-1vcpu-1gb s-2vcpu-2gb",
				"gone (existence) Open present absent",
			))
			w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady)
			w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
		},
		Entry("every connection is cut for an hour", dosim.Fault{Cut: true}, driftv1alpha1.ConditionReady, driftv1alpha1.ReasonUnreachable),
		Entry("503 for an hour", dosim.Fault{Status: http.StatusServiceUnavailable}, driftv1alpha1.ConditionReady, driftv1alpha1.ReasonServerError),
		Entry("a storm of 429 with a Retry-After", dosim.Fault{Status: http.StatusTooManyRequests,
			Headers: map[string]string{"Retry-After": "1"}}, driftv1alpha1.ConditionReady, driftv1alpha1.ReasonThrottled),
	)
})

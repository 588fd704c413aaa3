package controller_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("An account that is deleted and made again", func() {
	var w *world
	var id string
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		id = w.droplet("web-1")
		Expect(w.cloud.Seed("Droplet", 20)).To(Succeed())
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
		w.declare(ctx, "never", "Droplet", "999999999", map[string]any{"region": "nyc3"})
		w.sync(ctx)
		w.delete(ctx, w.getAccount(ctx, Default))
	})

	// There is no garbage collector here: it would delete what the old account owns,
	// sooner or later.
	owned := func(ctx SpecContext) (byOld, byNew int) {
		account := w.getAccount(ctx, Default)
		for _, r := range w.resources(ctx, Default) {
			if metav1.IsControlledBy(&r, account) {
				byNew++
			} else {
				byOld++
			}
		}
		return byOld, byNew
	}

	It("takes its inventory over before the garbage collector deletes it", func(ctx SpecContext) {
		before := len(w.resources(ctx, Default))
		w.account(ctx)
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced))
		byOld, byNew := owned(ctx)
		Expect(byOld).To(BeZero())
		Expect(byNew).To(Equal(before))
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		w.expectDrifts(ctx, "never (existence) Open present absent")
		for _, r := range w.resources(ctx, Default) {
			Expect(w.events(ctx, Default, "CloudResource", r.Name)).NotTo(ContainElement(driftv1alpha1.EventResourceChanged))
		}
	})

	It("asks nobody about the inventory of another team", func(ctx SpecContext) {
		Expect(w.cloud.AddToken(dosim.Token{Value: "other", Team: otherTeam, TeamName: "Others"})).To(Succeed())
		w.account(ctx, func(*driftv1alpha1.CloudAccount) { w.token(ctx, "other") })
		account := w.sync(ctx)
		Expect(account.Status.TeamUUID).To(Equal(otherTeam))
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced))
		byOld, _ := owned(ctx)
		Expect(byOld).To(BeZero())
		w.expectDrifts(ctx, "web-1 (existence) Open present absent", "never (existence) Open present absent")
	})
})

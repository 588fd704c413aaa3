package controller_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
)

const otherTeam = "b6f0a0c6-4b4b-4a57-8a53-6f4a3c7b4d9e"

var _ = Describe("The team of an account", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		Expect(w.cloud.AddToken(dosim.Token{Value: "other", Team: otherTeam, TeamName: "Others"})).To(Succeed())
	})

	It("is that of the first token, also when the first sync was cut short", func(ctx SpecContext) {
		id := w.droplet("web-1")
		remove := w.cloud.AddFault(dosim.Fault{Path: "/v2/volumes", Hang: true})
		o := w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.resources(ctx, g)).NotTo(BeEmpty())
			g.Expect(w.getAccount(ctx, g).Status.LastSyncTime).To(BeNil())
		}).Should(Succeed())
		o.Stop()
		remove()
		w.token(ctx, "other")
		w.startOperator()
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixCredentials, "Others")
		Expect(w.getAccount(ctx, Default).Status.TeamUUID).To(Equal(dosim.DefaultTeam))
		for _, r := range w.resources(ctx, Default) {
			Expect(r.Observed.AbsentSince).To(BeNil())
		}
		w.expectDrifts(ctx)
	})

	It("is that of one token where two operators see two", func(ctx SpecContext) {
		slow := newHeldAccounts(w.options.Clouds)
		own := w.options.Clouds
		w.options.Clouds = slow.clouds
		w.startOperator()
		w.account(ctx)
		Eventually(slow.asked).Should(BeClosed())

		w.token(ctx, "other")
		w.options.Clouds = own
		w.startOperator()
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady, "Others")
		w.cloud.ClearRequests()
		close(slow.goOn)
		w.sync(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady, "Others")
		Expect(w.getAccount(ctx, Default).Status.TeamUUID).To(Equal(otherTeam))
		for _, request := range w.cloud.Requests() {
			Expect(request.Team).To(Equal(otherTeam), request.Path)
		}
	})
})

// resources are the CloudResources of the namespace.
func (w *world) resources(ctx context.Context, g Gomega) []driftv1alpha1.CloudResource {
	var list driftv1alpha1.CloudResourceList
	g.Expect(admin.List(ctx, &list, client.InNamespace(w.namespace))).To(Succeed())
	return list.Items
}

// heldAccounts holds an operator where it knows whose its first token is and has
// recorded nothing yet.
type heldAccounts struct {
	own         inventory.CloudFor
	asked, goOn chan struct{}
}

func newHeldAccounts(own inventory.CloudFor) *heldAccounts {
	return &heldAccounts{own: own, asked: make(chan struct{}), goOn: make(chan struct{})}
}

func (h *heldAccounts) clouds(endpoint, token string) (inventory.Cloud, error) {
	cloud, err := h.own(endpoint, token)
	if err != nil || token != dosim.DefaultToken {
		return cloud, err
	}
	return heldAccount{cloud, h}, nil
}

type heldAccount struct {
	inventory.Cloud
	held *heldAccounts
}

func (a heldAccount) Account(ctx context.Context) (digitalocean.Account, error) {
	team, err := a.Cloud.Account(ctx)
	close(a.held.asked)
	<-a.held.goOn
	return team, err
}

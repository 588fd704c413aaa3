package controller_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
)

var _ = Describe("What vanishes", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
	})

	// record makes a record and returns its id, after its domain's name.
	record := func(domain, name, data string) string {
		GinkgoHelper()
		out := w.change(http.MethodPost, "/v2/domains/"+domain+"/records", map[string]any{"type": "A", "name": name, "data": data, "ttl": 1800})
		return fmt.Sprintf("%s/%.0f", domain, out["domain_record"].(map[string]any)["id"])
	}
	domain := func(name string) {
		GinkgoHelper()
		w.change(http.MethodPost, "/v2/domains", map[string]any{"name": name})
	}
	forget := func(id string) {
		GinkgoHelper()
		zone, own, _ := strings.Cut(id, "/")
		w.change(http.MethodDelete, "/v2/domains/"+zone+"/records/"+own, nil)
	}

	It("hides no drift of what is listed: droplets that nobody declared are replaced", func(ctx SpecContext) {
		declared := w.droplet("web-1")
		var replaced []string
		for i := range 12 {
			replaced = append(replaced, w.droplet(fmt.Sprint("pool-", i)))
		}
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", declared, map[string]any{"status": "active", "size_slug": "s-1vcpu-1gb"})
		w.sync(ctx)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)

		for i, id := range replaced {
			w.change(http.MethodDelete, "/v2/droplets/"+id, nil)
			w.droplet(fmt.Sprint("pool-new-", i))
		}
		w.change(http.MethodPost, "/v2/droplets/"+declared+"/actions", map[string]any{"type": "power_off"})
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced))
		w.expectDrifts(ctx, "web-1 status Open active off")
		Expect(liveDroplets(ctx, w)).To(HaveLen(13))
		Expect(account.Status.Coverage).To(HavePrefix("1 of "))
	})

	It("hides no drift of another domain: records are rewritten with new ids", func(ctx SpecContext) {
		domain("example.com")
		domain("example.org")
		hijacked := record("example.org", "www", "203.0.113.12")
		var rewritten []string
		for i := range 12 {
			rewritten = append(rewritten, record("example.com", fmt.Sprint("host-", i), "203.0.113.7"))
		}
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "www", "DomainRecord", hijacked, map[string]any{"data": "203.0.113.12"})
		w.sync(ctx)
		w.expectCondition(ctx, "www", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)

		for i, id := range rewritten {
			forget(id)
			record("example.com", fmt.Sprint("host-", i), "203.0.113.7")
		}
		w.change(http.MethodPut, "/v2/domains/example.org/records/"+hijacked[len("example.org/"):], map[string]any{"type": "A", "data": "198.51.100.66"})
		w.sync(ctx)
		w.expectDrifts(ctx, "www data Open 203.0.113.12 198.51.100.66")
	})

	It("goes with its parent, and nobody is asked: a domain with its records", func(ctx SpecContext) {
		domain("example.com")
		domain("gone.example")
		kept := record("example.com", "www", "203.0.113.12")
		var ids []string
		for i := range 14 {
			ids = append(ids, record("gone.example", fmt.Sprint("host-", i), "203.0.113.7"))
		}
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "www", "DomainRecord", kept, map[string]any{"data": "203.0.113.12"})
		for i, id := range ids {
			w.declare(ctx, fmt.Sprint("host-", i), "DomainRecord", id, map[string]any{"data": "203.0.113.7"})
		}
		w.sync(ctx)
		w.change(http.MethodDelete, "/v2/domains/gone.example", nil)
		w.cloud.ClearRequests()
		account := w.sync(ctx)
		Expect(kindOf(account, "DomainRecord").Reason).To(BeEmpty())
		var lines []string
		for i := range ids {
			lines = append(lines, fmt.Sprintf("host-%d (existence) Open present absent", i))
		}
		w.expectDrifts(ctx, lines...)
		w.expectCondition(ctx, "www", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		Expect(w.cloud.Counts()).NotTo(HaveKey("GET /v2/domains/{domain_name}/records/{domain_record_id}"))
		for key := range w.cloud.Counts() {
			Expect(key).NotTo(MatchRegexp(`records/.`), "the parent's answer settles its children's")
		}
		Expect(account.Status.Coverage).To(HavePrefix("1 of "), "what is gone is not covered")
	})

	It("is no longer InSync where the latest sync could not look, nor known after three that were asked for", func(ctx SpecContext) {
		inSync, drifted := w.droplet("in-sync"), w.droplet("drifted")
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "in-sync", "Droplet", inSync, map[string]any{"size_slug": "s-1vcpu-1gb"})
		w.declare(ctx, "drifted", "Droplet", drifted, map[string]any{"size_slug": "s-2vcpu-4gb"})
		w.sync(ctx)
		w.expectCondition(ctx, "in-sync", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		remove := w.cloud.AddFault(dosim.Fault{Path: "/v2/droplets", Status: 500})
		for range 2 {
			w.sync(ctx)
			w.expectCondition(ctx, "in-sync", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonInventoryStale, "ServerError")
			w.expectCondition(ctx, "drifted", driftv1alpha1.ConditionInSync, metav1.ConditionFalse, driftv1alpha1.ReasonDrifted)
		}
		w.sync(ctx)
		w.expectCondition(ctx, "drifted", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonInventoryStale)
		w.expectDrifts(ctx, "drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
		remove()
		w.sync(ctx)
		w.expectCondition(ctx, "in-sync", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		w.expectCondition(ctx, "drifted", driftv1alpha1.ConditionInSync, metav1.ConditionFalse, driftv1alpha1.ReasonDrifted)
	})

	It("is not read into what an older operator recorded", func(ctx SpecContext) {
		id := w.droplet("web-1")
		o := w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		o.Stop()
		By("as if its table had no memory")
		operators, err := client.New(operatorConfig, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
		for _, r := range w.resources(ctx, Default) {
			if r.Spec.Kind == "Droplet" {
				delete(r.Observed.Attrs, "memory")
				r.Observed.FieldTable = "older"
				Expect(operators.Update(ctx, &r)).To(Succeed())
			}
		}
		account := w.getAccount(ctx, Default)
		for i := range account.Status.Kinds {
			account.Status.Kinds[i].FieldTable = "older"
		}
		Expect(operators.Status().Update(ctx, account)).To(Succeed())
		remove := w.cloud.AddFault(dosim.Fault{Path: "/v2/droplets", Status: 500})
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"memory": 1024, "size_slug": "s-2vcpu-4gb"})
		w.startOperator()
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonAwaitingInventory, "knows other fields")
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionFalse, driftv1alpha1.ReasonKindsBehind)
		w.expectDrifts(ctx)
		remove()
		By("and the sync comes by itself, although the digest is the same")
		w.clock.SetTime(w.clock.Now().Add(time.Minute))
		w.expectDrifts(ctx, "web-1 size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
	})
})

var _ = Describe("Another tenant", func() {
	It("does not wait for accounts whose endpoint does not answer", func(ctx SpecContext) {
		slow, w := newWorld(ctx), newWorld(ctx)
		slow.cloud.AddFault(dosim.Fault{Hang: true})
		w.options.AllowedEndpoints = append(w.options.AllowedEndpoints, slow.cloud.URL())
		w.alsoIn = []string{slow.namespace}
		var waiting atomic.Int32
		pool := digitalocean.NewPool(digitalocean.WithTimeout(time.Minute), digitalocean.WithClock(w.clock.Now))
		w.options.Clouds = func(endpoint, token string) (inventory.Cloud, error) {
			client, err := pool.Client(endpoint, token)
			if err != nil {
				return nil, err
			}
			if endpoint == slow.cloud.URL() {
				return waitingAccount{inventory.NewCloud(client), &waiting}, nil
			}
			return inventory.NewCloud(client), nil
		}
		slow.token(ctx, dosim.DefaultToken)
		for i := range 12 {
			Expect(admin.Create(ctx, &driftv1alpha1.CloudAccount{
				ObjectMeta: metav1.ObjectMeta{Namespace: slow.namespace, Name: fmt.Sprint("slow-", i)},
				Spec: driftv1alpha1.CloudAccountSpec{
					TokenSecretRef: driftv1alpha1.SecretKeyReference{Name: "digitalocean"}, Endpoint: slow.cloud.URL(),
				},
			})).To(Succeed())
		}
		w.startOperator()
		Eventually(ctx, waiting.Load).Should(BeEquivalentTo(8), "a namespace has eight places")
		w.account(ctx)
		for range 3 {
			w.sync(ctx) // well before any request of the others is given up
		}
		Expect(waiting.Load()).To(BeEquivalentTo(8))
	})
})

// waitingAccount counts who waits for an answer.
type waitingAccount struct {
	inventory.Cloud
	waiting *atomic.Int32
}

func (a waitingAccount) Account(ctx context.Context) (digitalocean.Account, error) {
	a.waiting.Add(1)
	defer a.waiting.Add(-1)
	return a.Cloud.Account(ctx)
}

package controller_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("Sync", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
	})

	// baseline is three droplets, one of them declared and drifted, one declared and
	// in sync, so that anything wrongly concluded shows.
	baseline := func(ctx context.Context) (drifted, inSync string) {
		drifted, inSync = w.droplet("drifted"), w.droplet("in-sync")
		w.droplet("undeclared")
		w.startOperator()
		w.account(ctx)
		w.declare(ctx, "drifted", "Droplet", drifted, map[string]any{"size_slug": "s-2vcpu-4gb"})
		w.declare(ctx, "in-sync", "Droplet", inSync, map[string]any{"size_slug": "s-1vcpu-1gb"})
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady))
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced))
		w.expectDrifts(ctx, "drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
		return drifted, inSync
	}

	type fault struct {
		fault  dosim.Fault
		kind   string
		reason string
	}
	DescribeTable("concludes nothing from a listing that fails, says what is behind, and recovers",
		func(ctx SpecContext, f fault) {
			drifted, inSync := baseline(ctx)
			if f.fault.Page > 1 {
				Expect(w.cloud.Seed("Droplet", 250)).To(Succeed())
				w.sync(ctx)
			}
			before := resourceVersions(ctx, w)

			By("changing what would open one drift and close the other, behind the fault")
			if f.kind == "Droplet" {
				w.resize(inSync, "s-2vcpu-2gb")
				w.resize(drifted, "s-2vcpu-4gb")
			}
			remove := w.cloud.AddFault(f.fault)
			account := w.sync(ctx)
			Expect(w.lines(ctx, Default)).To(ConsistOf("drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb"))
			Expect(resourceVersions(ctx, w)).To(Equal(before), "no CloudResource may be written")
			Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionFalse, driftv1alpha1.ReasonKindsBehind, f.kind+" since"))
			behind := kindOf(account, f.kind)
			Expect(behind.Reason).To(Equal(f.reason), behind.Message)
			Expect(behind.BehindSince).NotTo(BeNil())
			Expect(behind.ObservedAt).NotTo(BeNil())

			By("recovering by itself")
			remove()
			w.clock.SetTime(w.clock.Now().Add(11 * time.Minute))
			w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
			if f.kind == "Droplet" {
				w.expectDrifts(ctx, "drifted size_slug Stale s-2vcpu-4gb s-1vcpu-1gb", "in-sync size_slug Open s-1vcpu-1gb s-2vcpu-2gb")
			}
		},
		Entry("500 on the second page", fault{dosim.Fault{Path: "/v2/droplets", Page: 2, Status: 500}, "Droplet", driftv1alpha1.ReasonServerError}),
		Entry("cut in the middle of the second page", fault{dosim.Fault{Path: "/v2/droplets", Page: 2, Cut: true}, "Droplet", driftv1alpha1.ReasonUnreachable}),
		Entry("half a body as if it were all", fault{dosim.Fault{Path: "/v2/droplets", Truncate: true}, "Droplet", driftv1alpha1.ReasonMalformed}),
		Entry("items left out of a page", fault{dosim.Fault{Path: "/v2/droplets", DropItems: 1}, "Droplet", driftv1alpha1.ReasonIncomplete}),
		Entry("an item twice", fault{dosim.Fault{Path: "/v2/droplets", RepeatItem: true}, "Droplet", driftv1alpha1.ReasonIncomplete}),
		Entry("no answer", fault{dosim.Fault{Path: "/v2/droplets", Hang: true}, "Droplet", driftv1alpha1.ReasonUnreachable}),
		Entry("an empty listing with a proxy's page", fault{dosim.Fault{Path: "/v2/droplets", Status: 200, Body: "<html>maintenance</html>"}, "Droplet", driftv1alpha1.ReasonMalformed}),
		Entry("an empty object", fault{dosim.Fault{Path: "/v2/droplets", Status: 200, Body: "{}"}, "Droplet", driftv1alpha1.ReasonMalformed}),
		Entry("404 on the listing", fault{dosim.Fault{Path: "/v2/droplets", Status: 404}, "Droplet", driftv1alpha1.ReasonMalformed}),
		Entry("403 on volumes", fault{dosim.Fault{Path: "/v2/volumes", Status: 403}, "Volume", driftv1alpha1.ReasonFixScopes}),
	)

	It("does not miss a kind that the token never saw and that nobody declares", func(ctx SpecContext) {
		Expect(w.cloud.AddToken(dosim.Token{Value: dosim.DefaultToken, Without: []string{"load_balancer:read", "database:read"}})).To(Succeed())
		w.startOperator()
		w.account(ctx)
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced,
			"the token may not see DatabaseCluster, LoadBalancer, DatabaseFirewall, of which nothing is declared"))
		Expect(kindOf(account, "LoadBalancer").Reason).To(Equal(driftv1alpha1.ReasonFixScopes))

		w.declareByName(ctx, "edge", "LoadBalancer", "edge", map[string]any{"size_unit": 1})
		w.declare(ctx, "sources", "DatabaseFirewall", "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30", map[string]any{"rules": nil})
		account = w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionFalse, driftv1alpha1.ReasonKindsBehind, "LoadBalancer since"))
		Expect(kindOf(account, "DatabaseFirewall").Reason).To(Equal(driftv1alpha1.ReasonFixScopes), "the kind that its parent is of can't be seen")
		w.expectCondition(ctx, "edge", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonAwaitingInventory)
	})

	It("believes an absence only when asking for it is answered 404", func(ctx SpecContext) {
		_, inSync := baseline(ctx)
		By("leaving it out of a listing whose numbers add up")
		w.change("DELETE", "/v2/droplets/"+inSync, nil)
		remove := w.cloud.AddFault(dosim.Fault{Method: http.MethodGet, Path: "/v2/droplets/" + inSync, Status: 500})
		account := w.sync(ctx)
		Expect(kindOf(account, "Droplet").Reason).To(Equal(driftv1alpha1.ReasonServerError))
		Expect(w.lines(ctx, Default)).To(ConsistOf("drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb"))
		remove()
		w.sync(ctx)
		w.expectDrifts(ctx, "drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb", "in-sync (existence) Open present absent")
	})

	It("deletes the CloudResource of what is gone, and keeps a tombstone while it is declared", func(ctx SpecContext) {
		_, inSync := baseline(ctx)
		names := func() []string {
			var list driftv1alpha1.CloudResourceList
			Expect(admin.List(ctx, &list, client.InNamespace(w.namespace))).To(Succeed())
			var out []string
			for _, r := range list.Items {
				if r.Spec.Kind == "Droplet" {
					out = append(out, fmt.Sprintf("%s absent=%v", *r.Observed.Name, r.Observed.AbsentSince != nil))
				}
			}
			return out
		}
		Expect(names()).To(ConsistOf("drifted absent=false", "in-sync absent=false", "undeclared absent=false"))
		for _, d := range w.change("GET", "/v2/droplets?name=undeclared", nil)["droplets"].([]any) {
			w.change("DELETE", fmt.Sprintf("/v2/droplets/%.0f", d.(map[string]any)["id"]), nil)
		}
		w.change("DELETE", "/v2/droplets/"+inSync, nil)
		w.sync(ctx)
		Expect(names()).To(ConsistOf("drifted absent=false", "in-sync absent=true"))
		w.delete(ctx, w.declaration("in-sync", "Droplet", inSync, nil))
		Eventually(ctx, func() []string { w.sync(ctx); return names() }).Should(ConsistOf("drifted absent=false"))
	})

	It("stops at a mass disappearance until a person confirms exactly that", func(ctx SpecContext) {
		Expect(w.cloud.Seed("Droplet", 30)).To(Succeed())
		drifted, inSync := baseline(ctx)
		ids := declareDroplets(ctx, w, 12)
		w.sync(ctx)
		for _, d := range w.change("GET", "/v2/droplets?per_page=200", nil)["droplets"].([]any) {
			if id := fmt.Sprintf("%.0f", d.(map[string]any)["id"]); id != drifted {
				w.change("DELETE", "/v2/droplets/"+id, nil)
			}
		}
		account := w.sync(ctx)
		behind := kindOf(account, "Droplet")
		Expect(behind.Reason).To(Equal(driftv1alpha1.ReasonFixMassDisappearance))
		Expect(behind.Message).To(ContainSubstring("13 of 14 declared vanished"))
		Expect(behind.BehindSince).To(BeNil(), "the listing was complete")
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionFalse, driftv1alpha1.ReasonKindsBehind,
			fmt.Sprintf("kubectl annotate cloudaccount %s %s=%s --overwrite", account.Name, driftv1alpha1.ConfirmDisappearanceAnnotation, behind.ConfirmationToken))
		Expect(w.lines(ctx, Default)).To(ConsistOf("drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb"))
		w.expectCondition(ctx, "in-sync", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonFixMassDisappearance, "confirm-disappearance")

		By("going on with what the listing does show, and with what nobody declared")
		w.resize(drifted, "s-2vcpu-2gb")
		w.sync(ctx)
		w.expectDrifts(ctx, "drifted size_slug Open s-2vcpu-4gb s-2vcpu-2gb")
		Expect(liveDroplets(ctx, w)).To(HaveLen(14), "the drifted one and those that wait; what nobody declared just went")
		w.resize(drifted, "s-1vcpu-1gb")
		w.sync(ctx)

		By("confirming something else")
		w.annotateAccount(ctx, driftv1alpha1.ConfirmDisappearanceAnnotation, "Droplet-1-abc")
		w.sync(ctx)
		Expect(w.lines(ctx, Default)).To(ConsistOf("drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb"))

		By("confirming it")
		w.annotateAccount(ctx, driftv1alpha1.ConfirmDisappearanceAnnotation, kindOf(w.getAccount(ctx, Default), "Droplet").ConfirmationToken)
		lines := []string{"drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb", "in-sync (existence) Open present absent"}
		for _, id := range ids {
			lines = append(lines, "declared-"+id+" (existence) Open present absent")
		}
		w.expectDrifts(ctx, lines...)
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
		_ = inSync
	})

	It("asks for no second confirmation of what is left of the first", func(ctx SpecContext) {
		Expect(w.cloud.Seed("Droplet", 30)).To(Succeed())
		baseline(ctx)
		ids := declareDroplets(ctx, w, 12)
		w.sync(ctx)
		for _, d := range w.change("GET", "/v2/droplets?per_page=200", nil)["droplets"].([]any) {
			w.change("DELETE", fmt.Sprintf("/v2/droplets/%.0f", d.(map[string]any)["id"]), nil)
		}
		behind := kindOf(w.sync(ctx), "Droplet")
		slices.Sort(ids)
		remove := w.cloud.AddFault(dosim.Fault{Method: http.MethodGet, Path: "/v2/droplets/" + ids[len(ids)/2], Status: 500})
		w.annotateAccount(ctx, driftv1alpha1.ConfirmDisappearanceAnnotation, behind.ConfirmationToken)
		Eventually(ctx, func(g Gomega) {
			g.Expect(kindOf(w.getAccount(ctx, g), "Droplet").Reason).To(Equal(driftv1alpha1.ReasonServerError))
		}).Should(Succeed())
		remove()
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced))
	})

	It("takes no other team's token", func(ctx SpecContext) {
		baseline(ctx)
		Expect(w.cloud.AddToken(dosim.Token{Value: "other", Team: "b6f0a0c6-4b4b-4a57-8a53-6f4a3c7b4d9e", TeamName: "Others"})).To(Succeed())
		w.token(ctx, "other")
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixCredentials, "Others")
		Expect(w.lines(ctx, Default)).To(ConsistOf("drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb"))
		w.token(ctx, dosim.DefaultToken)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady)
	})

	It("says what is wrong with the Secret, the token and the endpoint, and notices when it is mended", func(ctx SpecContext) {
		baseline(ctx)
		quiet := func() {
			GinkgoHelper()
			Expect(w.lines(ctx, Default)).To(ConsistOf("drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb"))
			for _, name := range []string{"drifted", "in-sync"} {
				w.expectCondition(ctx, name, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonBound)
			}
		}
		By("a wrong token")
		w.token(ctx, "wrong")
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixCredentials, "401")
		quiet()
		By("no Secret")
		secret := w.secret()
		w.delete(ctx, secret)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixSecret, "does not exist")
		By("a sync that is asked for is answered, and not as a success")
		w.sync(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionFalse, driftv1alpha1.ReasonFixSecret)
		quiet()
		By("a working token, without being asked to sync")
		w.token(ctx, dosim.DefaultToken)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady)
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
		By("an endpoint that is not allowed")
		w.endpoint(ctx, "https://collector.example.com")
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixEndpoint, "--allowed-endpoint")
		quiet()
		w.endpoint(ctx, w.cloud.URL())
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady)
		By("an endpoint that does not answer")
		Expect(w.cloud.Close()).To(Succeed())
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonUnreachable))
		quiet()
	})

	It("says after three missed syncs that nobody can tell, and takes it back", func(ctx SpecContext) {
		baseline(ctx)
		remove := w.cloud.AddFault(dosim.Fault{Path: "/v2/droplets", Status: 503})
		w.clock.SetTime(w.clock.Now().Add(4 * time.Hour))
		w.expectCondition(ctx, "in-sync", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonInventoryStale)
		w.expectCondition(ctx, "drifted", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonInventoryStale)
		Expect(w.lines(ctx, Default)).To(ConsistOf("drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb"))
		remove()
		w.sync(ctx)
		w.expectCondition(ctx, "in-sync", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
	})

	It("says so whatever the detection schedule, also where no sync can be made", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.startOperator()
		w.account(ctx, func(a *driftv1alpha1.CloudAccount) { a.Spec.DetectionSchedule = "0 0 29 2 *" })
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
		w.sync(ctx)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		w.delete(ctx, w.secret())
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixSecret)
		w.clock.SetTime(w.clock.Now().Add(4 * time.Hour))
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonInventoryStale)
	})

	It("waits out a spent budget", func(ctx SpecContext) {
		baseline(ctx)
		reset := time.Now().Add(20 * time.Minute)
		remove := w.cloud.AddFault(dosim.Fault{Path: "/v2/droplets", Status: 429, Headers: map[string]string{
			"ratelimit-limit": "5000", "ratelimit-remaining": "0", "ratelimit-reset": fmt.Sprint(reset.Unix())}})
		account := w.sync(ctx)
		Expect(kindOf(account, "Droplet").Reason).To(Equal(driftv1alpha1.ReasonThrottled))
		Expect(account.Status.NextSyncTime.Time).To(BeTemporally("<=", reset.Add(time.Minute)))
		remove()
	})

	It("stores what is foreign in the size that the API takes", func(ctx SpecContext) {
		Expect(w.cloud.AddToken(dosim.Token{Value: "long", Team: strings.Repeat("t", 500), TeamName: strings.Repeat("ü", 500)})).To(Succeed())
		secret := w.secret()
		secret.Name, secret.StringData = "long", map[string]string{"token": "long"}
		Expect(admin.Create(ctx, secret)).To(Succeed())
		w.startOperator()
		w.account(ctx, func(a *driftv1alpha1.CloudAccount) { a.Spec.TokenSecretRef.Name = "long" })
		w.sync(ctx)
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady))
		Expect(account.Status.TeamUUID).To(HaveLen(128 + len("…") - 1))
	})

	It("takes a rate limit in another unit for none", func(ctx SpecContext) {
		w.cloud.AddFault(dosim.Fault{Path: "/v2/droplets", Status: 429, Headers: map[string]string{
			"ratelimit-limit": "99999999999", "ratelimit-remaining": "0", "ratelimit-reset": fmt.Sprint(time.Now().UnixMilli())}})
		w.startOperator()
		w.account(ctx)
		account := w.sync(ctx)
		if at := account.Status.RateLimit.ResetAt; at != nil {
			Expect(at.Time).To(BeTemporally("~", w.clock.Now(), 2*time.Hour))
		}
		Expect(kindOf(account, "Droplet").Reason).To(Equal(driftv1alpha1.ReasonThrottled))
		w.cloud.ClearRequests()
		Consistently(ctx, w.cloud.Counts).WithTimeout(3*time.Second).Should(BeEmpty(), "it is not listed over and over")
	})

	It("writes only what changed, and lists each kind once", func(ctx SpecContext) {
		Expect(w.cloud.Seed("Droplet", 450)).To(Succeed())
		_, inSync := baseline(ctx)
		before := resourceVersions(ctx, w)
		w.cloud.ClearRequests()
		w.sync(ctx)
		Expect(resourceVersions(ctx, w)).To(Equal(before))
		Expect(w.cloud.Counts()).To(HaveKeyWithValue("GET /v2/droplets", 4), "three pages, and the GPU droplets")

		w.resize(inSync, "s-2vcpu-2gb")
		w.sync(ctx)
		changed := 0
		for name, version := range resourceVersions(ctx, w) {
			if before[name] != version {
				changed++
			}
		}
		Expect(changed).To(Equal(1))
	})

	It("spends calls on backup policies only where somebody declares them", func(ctx SpecContext) {
		_, inSync := baseline(ctx)
		const policies = "GET /v2/droplets/backups/policies"
		Expect(w.cloud.Counts()).NotTo(HaveKey(policies))
		w.editDesired(ctx, "in-sync", "backups", false)
		Eventually(ctx, w.cloud.Counts).Should(HaveKey(policies), "without being asked")
		w.expectCondition(ctx, "in-sync", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		w.change("POST", "/v2/droplets/"+inSync+"/actions", map[string]any{"type": "enable_backups"})
		w.sync(ctx)
		w.expectDrifts(ctx, "drifted size_slug Open s-2vcpu-4gb s-1vcpu-1gb", "in-sync backups Open false true")
	})

	It("is not kept from a kind by a reference that names nothing", func(ctx SpecContext) {
		baseline(ctx)
		w.declare(ctx, "typo", "Volume", "db-data", map[string]any{"size_gigabytes": 10})
		w.declare(ctx, "odd", "Droplet", "123456789012345678", map[string]any{"region": "nyc3"})
		w.expectCondition(ctx, "typo", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixReference)
		for _, answer := range []dosim.Fault{{Status: 422}, {Status: 500}, {Status: 200, Body: "<html>"}} {
			answer.Method, answer.Path = http.MethodGet, "/v2/droplets/123456789012345678"
			remove := w.cloud.AddFault(answer)
			account := w.sync(ctx)
			Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced))
			remove()
		}
		Expect(w.cloud.Counts()).NotTo(HaveKey("GET /v2/volumes/{id}"))
		w.expectCondition(ctx, "odd", driftv1alpha1.ConditionInSync, metav1.ConditionUnknown, driftv1alpha1.ReasonAwaitingInventory)
	})

	It("takes the wall clock's steps", func(ctx SpecContext) {
		_, inSync := baseline(ctx)
		for _, step := range []time.Duration{-3 * time.Hour, 6 * time.Hour, -5 * time.Hour} {
			w.clock.SetTime(w.clock.Now().Add(step))
			w.resize(inSync, "s-2vcpu-2gb")
			w.sync(ctx)
			Expect(w.lines(ctx, Default)).To(ContainElement("in-sync size_slug Open s-1vcpu-1gb s-2vcpu-2gb"))
			w.resize(inSync, "s-1vcpu-1gb")
			w.sync(ctx)
			Expect(w.lines(ctx, Default)).NotTo(ContainElement("in-sync size_slug Open s-1vcpu-1gb s-2vcpu-2gb"))
		}
	})

	It("syncs at the schedule, and once after having been down", func(ctx SpecContext) {
		id := w.droplet("web-1")
		o := w.startOperator()
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		w.resize(id, "s-2vcpu-2gb")
		Consistently(ctx, func(g Gomega) { g.Expect(w.lines(ctx, g)).To(BeEmpty()) }).Should(Succeed())
		w.clock.SetTime(w.clock.Now().Add(time.Hour + 5*time.Minute))
		w.expectDrifts(ctx, "web-1 size_slug Open s-1vcpu-1gb s-2vcpu-2gb")

		o.Stop()
		w.resize(id, "s-1vcpu-1gb")
		w.clock.SetTime(w.clock.Now().Add(26 * time.Hour))
		w.cloud.ClearRequests()
		w.startOperator()
		w.expectDrifts(ctx, "web-1 size_slug Stale s-1vcpu-1gb s-2vcpu-2gb")
		Consistently(ctx, w.cloud.Counts).Should(HaveKeyWithValue("GET /v2/account", 1))
	})

	It("answers a request that is longer than its status can repeat, once", func(ctx SpecContext) {
		w.startOperator()
		w.account(ctx)
		w.sync(ctx)
		w.cloud.ClearRequests()
		w.annotateAccount(ctx, driftv1alpha1.SyncAnnotation, strings.Repeat("x", 2000))
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.getAccount(ctx, g).Status.LastHandledSyncRequest).To(HavePrefix("xxx"))
		}).Should(Succeed())
		Consistently(ctx, w.cloud.Counts).WithTimeout(3 * time.Second).Should(HaveKeyWithValue("GET /v2/account", 1))
	})

	It("does not sync again because it was restarted", func(ctx SpecContext) {
		o := w.startOperator()
		w.account(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced)
		o.Stop()
		w.cloud.ClearRequests()
		w.startOperator()
		Consistently(ctx, w.cloud.Counts).WithTimeout(2 * time.Second).Should(BeEmpty())
	})

	It("knows of every kind what it is asked to compare", func(ctx SpecContext) {
		Expect(w.cloud.SeedDemo()).To(Succeed())
		w.startOperator()
		w.account(ctx)
		account := w.sync(ctx)
		Expect(account.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionSynced, metav1.ConditionTrue, driftv1alpha1.ReasonSynced))
		for _, kind := range []string{"Droplet", "Volume", "VPC", "Firewall", "Tag", "Domain", "DomainRecord"} {
			Expect(*kindOf(account, kind).Resources).To(BeNumerically(">", 0), kind)
		}
	})
})

func kindOf(account *driftv1alpha1.CloudAccount, kind string) driftv1alpha1.KindStatus {
	GinkgoHelper()
	for _, k := range account.Status.Kinds {
		if k.Kind == kind {
			return k
		}
	}
	Fail("the account's status says nothing of " + kind)
	return driftv1alpha1.KindStatus{}
}

func resourceVersions(ctx context.Context, w *world) map[string]string {
	var list driftv1alpha1.CloudResourceList
	Expect(admin.List(ctx, &list, client.InNamespace(w.namespace))).To(Succeed())
	out := map[string]string{}
	for _, r := range list.Items {
		out[r.Name] = r.ResourceVersion
	}
	return out
}

// declareDroplets declares so many of the seeded droplets, by their ids.
func declareDroplets(ctx context.Context, w *world, n int) []string {
	GinkgoHelper()
	var ids []string
	for _, d := range w.change("GET", "/v2/droplets?per_page=200", nil)["droplets"].([]any) {
		name, id := fmt.Sprint(d.(map[string]any)["name"]), fmt.Sprintf("%.0f", d.(map[string]any)["id"])
		if !slices.Contains([]string{"drifted", "in-sync", "undeclared"}, name) && len(ids) < n {
			w.declare(ctx, "declared-"+id, "Droplet", id, map[string]any{"name": name})
			ids = append(ids, id)
		}
	}
	return ids
}

// liveDroplets are the names of the CloudResources of droplets that are not proven gone.
func liveDroplets(ctx context.Context, w *world) []string {
	GinkgoHelper()
	var list driftv1alpha1.CloudResourceList
	Expect(admin.List(ctx, &list, client.InNamespace(w.namespace))).To(Succeed())
	var out []string
	for _, r := range list.Items {
		if r.Spec.Kind == "Droplet" && r.Observed.AbsentSince == nil {
			out = append(out, r.Name)
		}
	}
	return out
}

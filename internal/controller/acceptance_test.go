package controller_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

const (
	declared = "s-2vcpu-4gb" // by the manifest
	resized  = "s-1vcpu-1gb" // what the droplet has, and somebody accepts
)

// applier is a way to bring a manifest into the cluster.
type applier struct {
	name  string
	apply func(ctx context.Context, w *world, desired map[string]any)
	// times is how often the old manifest is applied again.
	times int
}

var appliers = []applier{
	{name: "server-side apply of a GitOps manager, with force", times: 20, apply: func(ctx context.Context, w *world, desired map[string]any) {
		GinkgoHelper()
		manifest := w.manifest(desired)
		Expect(admin.Apply(ctx, client.ApplyConfigurationFromUnstructured(manifest), client.FieldOwner("gitops"), client.ForceOwnership)).To(Succeed())
	}},
	{name: "client-side kubectl apply", times: 20, apply: func(ctx context.Context, w *world, desired map[string]any) {
		GinkgoHelper()
		content, err := json.Marshal(w.manifest(desired).Object)
		Expect(err).NotTo(HaveOccurred())
		path := filepath.Join(GinkgoT().TempDir(), "manifest.json")
		Expect(os.WriteFile(path, content, 0o600)).To(Succeed())
		_, stderr, err := controlPlane.Kubectl(ctx, "", "apply", "-f", path)
		Expect(err).NotTo(HaveOccurred(), stderr)
	}},
	{name: "kubectl replace", times: 3, apply: func(ctx context.Context, w *world, desired map[string]any) {
		GinkgoHelper()
		Eventually(ctx, func(g Gomega) {
			existing := &driftv1alpha1.CloudProvisioned{}
			err := admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: "web-1"}, existing)
			g.Expect(client.IgnoreNotFound(err)).To(Succeed())
			p := w.declaration("web-1", "Droplet", w.dropletID, desired)
			if err != nil {
				g.Expect(admin.Create(ctx, p)).To(Succeed())
				return
			}
			p.ResourceVersion = existing.ResourceVersion
			g.Expect(admin.Update(ctx, p)).To(Succeed())
		}).Should(Succeed())
	}},
}

// manifest is a declaration of web-1 as it is kept in Git.
func (w *world) manifest(desired map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": driftv1alpha1.GroupVersion.String(), "kind": "CloudProvisioned",
		"metadata": map[string]any{"namespace": w.namespace, "name": "web-1"},
		"spec": map[string]any{
			"accountRef": map[string]any{"name": accountName},
			"resource":   map[string]any{"kind": "Droplet", "id": w.dropletID},
			"desired":    desired,
		},
	}}
}

// acceptance is what is remembered of a field of web-1.
func (w *world) acceptance(ctx context.Context, g Gomega, field string) *driftv1alpha1.Acceptance {
	for _, f := range w.provisioned(ctx, g, "web-1").Status.Fields {
		if f.Path == field {
			return f.Acceptance
		}
	}
	return nil
}

// expectGit waits until the acceptance of a field has come so far.
func (w *world) expectGit(ctx context.Context, field string, git driftv1alpha1.GitState) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		accepted := w.acceptance(ctx, g, field)
		g.Expect(accepted).NotTo(BeNil())
		g.Expect(accepted.Git).To(Equal(git))
		p := w.provisioned(ctx, g, "web-1")
		g.Expect(p.Status.ObservedGeneration).To(Equal(p.Generation))
	}).Should(Succeed())
}

// ownedByAccepts are the fields of web-1 that accepts own.
func (w *world) ownedByAccepts(ctx context.Context) string {
	GinkgoHelper()
	var out []string
	for _, f := range w.provisioned(ctx, Default, "web-1").ManagedFields {
		if f.Manager == objects.AcceptManager {
			out = append(out, f.FieldsV1.GetRawString())
		}
	}
	return strings.Join(out, "\n")
}

// ask annotates a drift as alice, in the place of what stands there.
func (w *world) ask(ctx context.Context, drift string, annotations ...string) error {
	_, stderr, err := controlPlane.Kubectl(ctx, alice, append([]string{"annotate", "--overwrite", "clouddrift", "-n", w.namespace, drift}, annotations...)...)
	if err != nil {
		return fmt.Errorf("%w: %s", err, stderr)
	}
	return nil
}

func (w *world) withdraw(ctx context.Context, drift string) {
	GinkgoHelper()
	Expect(w.ask(ctx, drift, driftv1alpha1.ResolveAnnotation+"="+driftv1alpha1.ResolveWithdraw, driftv1alpha1.ResolveReasonAnnotation+"=it was a mistake")).To(Succeed())
}

var _ = Describe("An acceptance", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		w.dropletID = w.droplet("web-1", "web", "blue")
		w.account(ctx)
	})

	inSync := func(ctx context.Context, message string) {
		GinkgoHelper()
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync, message)
	}
	desiredSize := func(ctx context.Context, g Gomega) string {
		return string(w.provisioned(ctx, g, "web-1").Spec.Desired["size_slug"].Raw)
	}
	git := func(size string) map[string]any { return map[string]any{"size_slug": size, "region": "nyc3"} }
	// accepted has the droplet's size accepted, which the manifest declares otherwise.
	accepted := func(ctx context.Context, by applier) *driftv1alpha1.CloudDrift {
		GinkgoHelper()
		by.apply(ctx, w, git(declared))
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		w.accept(ctx, d.Name)
		d = w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
		w.expectGit(ctx, "size_slug", driftv1alpha1.GitPending)
		return d
	}

	for _, by := range appliers {
		It(fmt.Sprintf("outlasts %d times of %s, and lands with the manifest", by.times, by.name), func(ctx SpecContext) {
			d := accepted(ctx, by)
			w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionAcceptancesPending, metav1.ConditionTrue, driftv1alpha1.ReasonNotInManifest, "size_slug is s-1vcpu-1gb, was s-2vcpu-4gb")

			By("the old manifest being applied again and again")
			for range by.times {
				by.apply(ctx, w, git(declared))
			}
			inSync(ctx, "the manifest has yet to say: size_slug is s-1vcpu-1gb, was s-2vcpu-4gb")
			account := w.sync(ctx)
			Expect(account.Status.PendingAcceptances).To(HaveValue(BeEquivalentTo(1)))
			Expect(account.Status.OpenDrifts).To(HaveValue(BeEquivalentTo(0)))
			generation := w.provisioned(ctx, Default, "web-1").Generation
			Consistently(ctx, func(g Gomega) {
				p := w.provisioned(ctx, g, "web-1")
				g.Expect(p.Generation).To(Equal(generation), "nobody writes into the spec")
				g.Expect(desiredSize(ctx, g)).To(Equal(`"` + declared + `"`))
				g.Expect(w.drifts(ctx, g)).To(HaveLen(1))
			}).Should(Succeed())
			Expect(w.acceptance(ctx, Default, "size_slug").Drift).To(Equal(d.Name))
			Expect(w.events(ctx, Default, "CloudProvisioned", "web-1")).NotTo(ContainElement(driftv1alpha1.EventAcceptanceEnded))

			By("the manifest saying it")
			by.apply(ctx, w, git(resized))
			w.expectGit(ctx, "size_slug", driftv1alpha1.GitLanded)
			inSync(ctx, "all 2 declared fields are as declared")
			Expect(w.provisioned(ctx, Default, "web-1").Status.Conditions).NotTo(ContainElement(HaveField("Type", driftv1alpha1.ConditionAcceptancesPending)))
			Expect(w.ownedByAccepts(ctx)).NotTo(ContainSubstring("size_slug"))
			Eventually(ctx, func(g Gomega) {
				g.Expect(w.events(ctx, g, "CloudProvisioned", "web-1")).To(ContainElement(driftv1alpha1.EventAcceptanceEnded))
			}).Should(Succeed())

			By("the manifest leaving it out")
			by.apply(ctx, w, map[string]any{"region": "nyc3"})
			Expect(w.provisioned(ctx, Default, "web-1").Spec.Desired).NotTo(HaveKey("size_slug"))

			By("the old value being declared once more, which is a drift now")
			by.apply(ctx, w, git(declared))
			Expect(w.open(ctx, "size_slug").Spec.Episode).To(BeEquivalentTo(2))
		})

		It("lands where the manifest says it before the old one is applied again, by "+by.name, func(ctx SpecContext) {
			accepted(ctx, by)
			inSync(ctx, "the manifest has yet to say: size_slug is s-1vcpu-1gb, was s-2vcpu-4gb")
			by.apply(ctx, w, git(resized))
			w.expectGit(ctx, "size_slug", driftv1alpha1.GitLanded)
			Expect(w.ownedByAccepts(ctx)).NotTo(ContainSubstring("size_slug"))
			by.apply(ctx, w, map[string]any{"region": "nyc3"})
			Expect(w.provisioned(ctx, Default, "web-1").Spec.Desired).NotTo(HaveKey("size_slug"))
		})

		It("is superseded by a third value, by "+by.name, func(ctx SpecContext) {
			accepted(ctx, by)
			by.apply(ctx, w, git(declared))
			by.apply(ctx, w, git("s-8vcpu-16gb"))
			w.expectGit(ctx, "size_slug", driftv1alpha1.GitSuperseded)
			w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb", "web-1 size_slug Open s-8vcpu-16gb s-1vcpu-1gb")
		})
	}

	gitops := appliers[0]

	It("lapses when the live value is what the manifest says again", func(ctx SpecContext) {
		accepted(ctx, gitops)
		gitops.apply(ctx, w, git(declared))
		w.resize(w.dropletID, declared)
		w.sync(ctx)
		w.expectGit(ctx, "size_slug", driftv1alpha1.GitLapsed)
		inSync(ctx, "all 2 declared fields are as declared")
		By("the next change being a drift from what the manifest says")
		w.resize(w.dropletID, resized)
		w.sync(ctx)
		w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb", "web-1 size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
	})

	It("is what is desired, whatever the live value becomes", func(ctx SpecContext) {
		accepted(ctx, gitops)
		gitops.apply(ctx, w, git(declared))
		w.resize(w.dropletID, "s-4vcpu-8gb")
		w.sync(ctx)
		w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb", "web-1 size_slug Open s-1vcpu-1gb s-4vcpu-8gb")
		By("accepting that too, while the manifest still says the first value")
		next := w.open(ctx, "size_slug")
		w.accept(ctx, next.Name)
		w.expectState(ctx, next.Name, driftv1alpha1.DriftAccepted)
		for range 3 {
			gitops.apply(ctx, w, git(declared))
		}
		inSync(ctx, "size_slug is s-4vcpu-8gb, was s-2vcpu-4gb")
		Expect(w.drifts(ctx, Default)).To(HaveLen(2))
		gitops.apply(ctx, w, git("s-4vcpu-8gb"))
		w.expectGit(ctx, "size_slug", driftv1alpha1.GitLanded)
	})

	It("keeps another one of the same object", func(ctx SpecContext) {
		old := map[string]any{"size_slug": declared, "tags": []any{"web"}}
		gitops.apply(ctx, w, old)
		w.startOperator()
		w.sync(ctx)
		size, tags := w.open(ctx, "size_slug"), w.open(ctx, "tags")
		w.accept(ctx, size.Name)
		w.expectState(ctx, size.Name, driftv1alpha1.DriftAccepted)
		gitops.apply(ctx, w, old)
		w.accept(ctx, tags.Name)
		w.expectState(ctx, tags.Name, driftv1alpha1.DriftAccepted)
		Expect(desiredSize(ctx, Default)).To(Equal(`"`+declared+`"`), "an accept writes nothing but its field")
		gitops.apply(ctx, w, old)
		inSync(ctx, `size_slug is s-1vcpu-1gb, was s-2vcpu-4gb; tags is ["blue","web"], was ["web"]`)
		By("one of them landing")
		gitops.apply(ctx, w, map[string]any{"size_slug": declared, "tags": []any{"blue", "web"}})
		w.expectGit(ctx, "tags", driftv1alpha1.GitLanded)
		w.expectGit(ctx, "size_slug", driftv1alpha1.GitPending)
		Expect(w.drifts(ctx, Default)).To(HaveLen(2))
	})

	It("is superseded where the manifest leaves the field out", func(ctx SpecContext) {
		accepted(ctx, gitops)
		gitops.apply(ctx, w, git(declared))
		w.expectGit(ctx, "size_slug", driftv1alpha1.GitPending)
		gitops.apply(ctx, w, map[string]any{"region": "nyc3"})
		w.expectGit(ctx, "size_slug", driftv1alpha1.GitSuperseded)
		inSync(ctx, "all 1 declared fields")
	})

	Describe("that is withdrawn", func() {
		for name, again := range map[string]bool{"after the old manifest was applied again": true, "before anybody applied anything": false} {
			It("drifts again, "+name, func(ctx SpecContext) {
				d := accepted(ctx, gitops)
				if again {
					gitops.apply(ctx, w, git(declared))
				}
				w.withdraw(ctx, d.Name)
				w.expectGit(ctx, "size_slug", driftv1alpha1.GitWithdrawn)
				w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb", "web-1 size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
				Expect(desiredSize(ctx, Default)).To(Equal(`"` + declared + `"`))
				Expect(w.ownedByAccepts(ctx)).NotTo(ContainSubstring("size_slug"))
				Eventually(ctx, func(g Gomega) {
					noted := w.drift(ctx, g, d.Name)
					g.Expect(noted.Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
					g.Expect(noted.Annotations[driftv1alpha1.WithdrawnAnnotation]).To(And(ContainSubstring(`"by":"alice"`), ContainSubstring(`"reason":"it was a mistake"`)))
					g.Expect(w.events(ctx, g, "CloudProvisioned", "web-1")).To(ContainElement(driftv1alpha1.EventAcceptanceWithdrawn))
				}).Should(Succeed())
				By("asking for it once more, which comes to nothing")
				w.withdraw(ctx, d.Name)
				Eventually(ctx, func(g Gomega) {
					g.Expect(w.drift(ctx, g, d.Name).Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
					g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalRefused))
				}).Should(Succeed())
				By("accepting the drift that opened")
				next := w.open(ctx, "size_slug")
				w.accept(ctx, next.Name)
				w.expectState(ctx, next.Name, driftv1alpha1.DriftAccepted)
				gitops.apply(ctx, w, git(declared))
				inSync(ctx, "the manifest has yet to say")
				Expect(w.acceptance(ctx, Default, "size_slug").Drift).To(Equal(next.Name))
			})
		}

		It("stays where the manifest says it", func(ctx SpecContext) {
			d := accepted(ctx, gitops)
			gitops.apply(ctx, w, git(resized))
			w.expectGit(ctx, "size_slug", driftv1alpha1.GitLanded)
			w.withdraw(ctx, d.Name)
			Eventually(ctx, func(g Gomega) {
				g.Expect(w.drift(ctx, g, d.Name).Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
				g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalRefused))
			}).Should(Succeed())
			Expect(desiredSize(ctx, Default)).To(Equal(`"` + resized + `"`))
			inSync(ctx, "all 2 declared fields are as declared")
		})

		It("is withdrawn once, wherever that is cut short", func(ctx SpecContext) {
			for _, point := range []crashpoint.Point{crashpoint.WithdrawRestored, crashpoint.WithdrawRemembered} {
				By(string(point))
				w = newWorld(ctx)
				w.dropletID = w.droplet("web-1")
				w.account(ctx)
				gitops.apply(ctx, w, git(declared))
				o := w.startOperator()
				w.sync(ctx)
				d := w.open(ctx, "size_slug")
				w.accept(ctx, d.Name)
				w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
				w.expectGit(ctx, "size_slug", driftv1alpha1.GitPending)
				held := holdAt(point)
				w.withdraw(ctx, d.Name)
				Eventually(held.reached).Should(BeClosed())
				o.Stop()
				held.release()
				w.startOperator()
				w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb", "web-1 size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
				Eventually(ctx, func(g Gomega) {
					g.Expect(w.drift(ctx, g, d.Name).Annotations).To(And(HaveKey(driftv1alpha1.WithdrawnAnnotation), Not(HaveKey(driftv1alpha1.ResolveAnnotation))))
				}).Should(Succeed())
				Expect(w.events(ctx, Default, "CloudDrift", d.Name)).NotTo(ContainElement(driftv1alpha1.EventApprovalRefused))
			}
		})
	})

	It("is remembered, wherever the accept is cut short, although the old manifest is applied meanwhile", func(ctx SpecContext) {
		for _, point := range []crashpoint.Point{crashpoint.AcceptApplied, crashpoint.AcceptClosed} {
			By(string(point))
			w = newWorld(ctx)
			w.dropletID = w.droplet("web-1")
			w.account(ctx)
			gitops.apply(ctx, w, git(declared))
			o := w.startOperator()
			w.sync(ctx)
			d := w.open(ctx, "size_slug")
			held := holdAt(point)
			w.accept(ctx, d.Name)
			Eventually(held.reached).Should(BeClosed())
			o.Stop()
			held.release()
			gitops.apply(ctx, w, git(declared))
			w.startOperator()
			w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
			inSync(ctx, "the manifest has yet to say: size_slug is s-1vcpu-1gb, was s-2vcpu-4gb")
			Expect(w.drifts(ctx, Default)).To(HaveLen(1))
			Expect(desiredSize(ctx, Default)).To(Equal(`"` + declared + `"`))
		}
	})
})

var _ = Describe("Acceptances of one keyed list", func() {
	It("keep each other, and land one by one", func(ctx SpecContext) {
		w := newWorld(ctx)
		rule := func(port string, sources ...any) map[string]any {
			return map[string]any{"protocol": "tcp", "ports": port, "sources": map[string]any{"addresses": sources}}
		}
		id := w.change("POST", "/v2/firewalls", map[string]any{"name": "wall", "inbound_rules": []any{
			rule("22", "192.0.2.0/24"), rule("80", "0.0.0.0/0"), rule("443", "0.0.0.0/0"),
		}})["firewall"].(map[string]any)["id"].(string)
		w.account(ctx)
		apply := func(rules ...any) {
			GinkgoHelper()
			manifest := w.manifest(map[string]any{"inbound_rules": rules})
			manifest.Object["spec"].(map[string]any)["resource"] = map[string]any{"kind": "Firewall", "id": id}
			Expect(admin.Apply(ctx, client.ApplyConfigurationFromUnstructured(manifest), client.FieldOwner("gitops"), client.ForceOwnership)).To(Succeed())
		}
		old := []any{rule("22", "10.0.0.0/8"), rule("443", "0.0.0.0/0")}
		apply(old...)
		w.startOperator()
		w.sync(ctx)
		const ssh, web = `inbound_rules["tcp/22"]`, `inbound_rules["tcp/80"]`
		for _, field := range []string{ssh, web} {
			d := w.open(ctx, field)
			w.accept(ctx, d.Name)
			w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
			apply(old...)
		}
		w.expectGit(ctx, ssh, driftv1alpha1.GitPending)
		w.expectGit(ctx, web, driftv1alpha1.GitPending)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync, ssh)
		Expect(w.drifts(ctx, Default)).To(HaveLen(2))

		By("the manifest saying one of them")
		apply(rule("22", "10.0.0.0/8"), rule("443", "0.0.0.0/0"), rule("80", "0.0.0.0/0"))
		w.expectGit(ctx, web, driftv1alpha1.GitLanded)
		w.expectGit(ctx, ssh, driftv1alpha1.GitPending)
		apply(rule("443", "0.0.0.0/0"), rule("80", "0.0.0.0/0"), rule("22", "192.0.2.0/24"))
		w.expectGit(ctx, ssh, driftv1alpha1.GitLanded)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync, "all 1 declared fields are as declared")
		Expect(w.drifts(ctx, Default)).To(HaveLen(2))
	})
})

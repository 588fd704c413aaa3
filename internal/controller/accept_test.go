package controller_test

import (
	"context"
	"fmt"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

var _ = Describe("Accept", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
	})

	// drifted is a declared droplet whose size and tags differ.
	drifted := func(ctx context.Context) (id string) {
		id = w.droplet("web-1", "web", "blue")
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{
			"size_slug": "s-2vcpu-4gb", "tags": []string{"web"}, "region": "nyc3"})
		return id
	}

	It("writes the live value, says who, and owns what each accept wrote", func(ctx SpecContext) {
		drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		size, tags := w.open(ctx, "size_slug"), w.open(ctx, "tags")
		w.accept(ctx, size.Name)
		w.accept(ctx, tags.Name)
		for _, name := range []string{size.Name, tags.Name} {
			d := w.expectState(ctx, name, driftv1alpha1.DriftAccepted)
			Expect(d.Status.ResolvedBy).To(Equal("alice"))
			Expect(d.Status.Resolution.Observation).To(Equal(d.Status.Observation))
		}
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)
		p := w.provisioned(ctx, Default, "web-1")
		Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"s-1vcpu-1gb"`))
		Expect(string(p.Spec.Desired["tags"].Raw)).To(MatchJSON(`["web","blue"]`))
		var written []string
		for _, f := range p.ManagedFields {
			if f.Manager == "clouddrift-accept" {
				written = append(written, f.FieldsV1.GetRawString())
			}
		}
		Expect(written).To(ConsistOf(And(ContainSubstring("f:size_slug"), ContainSubstring("f:tags"))))
	})

	It("applies nothing when the live value moved since the approval", func(ctx SpecContext) {
		id := drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		held := pauseAt(crashpoint.AcceptApproved)
		w.accept(ctx, d.Name)
		Eventually(held.reached).Should(BeClosed())
		By("another resize, and the drift saying so, before the approval is recorded")
		w.resize(id, "s-2vcpu-2gb")
		w.sync(ctx)
		Eventually(ctx, func(g Gomega) {
			g.Expect(string(w.drift(ctx, g, d.Name).Status.Actual.Raw)).To(Equal(`"s-2vcpu-2gb"`))
		}).Should(Succeed())
		held.release()
		Eventually(ctx, func(g Gomega) {
			current := w.drift(ctx, g, d.Name)
			g.Expect(current.Status.State).To(Equal(driftv1alpha1.DriftOpen))
			g.Expect(current.Status.Resolution).To(BeNil())
			g.Expect(current.Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalOutdated))
		}).Should(Succeed())
		Expect(string(w.provisioned(ctx, Default, "web-1").Spec.Desired["size_slug"].Raw)).To(Equal(`"s-2vcpu-4gb"`))
	})

	It("keeps a reason whole, whatever its alphabet", func(ctx SpecContext) {
		drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		reason := strings.Repeat("ж", 1024)
		_, stderr, err := controlPlane.Kubectl(ctx, alice, "annotate", "clouddrift", "-n", w.namespace, d.Name,
			driftv1alpha1.ResolveAnnotation+"="+driftv1alpha1.ResolveAccept, driftv1alpha1.ResolveReasonAnnotation+"="+reason)
		Expect(err).NotTo(HaveOccurred(), stderr)
		Expect(w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted).Status.Resolution.Reason).To(Equal(reason))
	})

	It("takes off an approval whose user's name is too long to be recorded", func(ctx SpecContext) {
		drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		config := rest.CopyConfig(controlPlane.Config)
		config.Impersonate = rest.ImpersonationConfig{UserName: strings.Repeat("long", 300), Groups: []string{"system:masters"}}
		somebody, err := client.New(config, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
		patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, driftv1alpha1.ResolveAnnotation, driftv1alpha1.ResolveAccept)
		Expect(somebody.Patch(ctx, d.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(patch)))).To(Succeed())
		Eventually(ctx, func(g Gomega) {
			current := w.drift(ctx, g, d.Name)
			g.Expect(current.Status.Resolution).To(BeNil())
			g.Expect(current.Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalRefused))
		}).Should(Succeed())
	})

	It("loses no concurrent edit", func(ctx SpecContext) {
		drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		var once sync.Once
		stop := crashpoint.Handle(func(p crashpoint.Point) {
			if p == crashpoint.AcceptIntended {
				once.Do(func() {
					defer GinkgoRecover()
					w.editDesired(context.Background(), "web-1", "monitoring", true)
				})
			}
		})
		defer stop()
		w.accept(ctx, d.Name)
		w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
		p := w.provisioned(ctx, Default, "web-1")
		Expect(string(p.Spec.Desired["monitoring"].Raw)).To(Equal("true"))
		Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"s-1vcpu-1gb"`))
	})

	It("takes an intent back when the declaration moved before it was applied", func(ctx SpecContext) {
		drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		var once sync.Once
		stop := crashpoint.Handle(func(p crashpoint.Point) {
			if p == crashpoint.AcceptIntended {
				once.Do(func() {
					defer GinkgoRecover()
					w.editDesired(context.Background(), "web-1", "size_slug", "s-4vcpu-8gb")
				})
			}
		})
		defer stop()
		w.accept(ctx, d.Name)
		Eventually(ctx, func(g Gomega) {
			current := w.drift(ctx, g, d.Name)
			g.Expect(current.Status.State).To(Equal(driftv1alpha1.DriftOpen))
			g.Expect(current.Status.Resolution).To(BeNil())
			g.Expect(current.Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
			g.Expect(string(current.Status.Expected.Raw)).To(Equal(`"s-4vcpu-8gb"`))
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalOutdated))
		}).Should(Succeed())
		Expect(string(w.provisioned(ctx, Default, "web-1").Spec.Desired["size_slug"].Raw)).To(Equal(`"s-4vcpu-8gb"`))
	})

	It("completes a recorded approval although the live value moves meanwhile", func(ctx SpecContext) {
		// Of two operators, one may have written the value that the other finds outdated.
		id := drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		size, tags := w.open(ctx, "size_slug"), w.open(ctx, "tags")
		var once sync.Once
		stop := crashpoint.Handle(func(p crashpoint.Point) {
			if p == crashpoint.AcceptIntended {
				once.Do(func() {
					defer GinkgoRecover()
					w.resize(id, "s-2vcpu-2gb")
					w.sync(context.Background())
				})
			}
		})
		defer stop()
		w.accept(ctx, size.Name)
		w.expectState(ctx, size.Name, driftv1alpha1.DriftAccepted)
		Expect(string(w.provisioned(ctx, Default, "web-1").Spec.Desired["size_slug"].Raw)).To(Equal(`"s-1vcpu-1gb"`))
		w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb", `web-1 tags Open ["web"] ["blue","web"]`,
			"web-1 size_slug Open s-1vcpu-1gb s-2vcpu-2gb")
		w.accept(ctx, tags.Name)
		w.expectState(ctx, tags.Name, driftv1alpha1.DriftAccepted)
	})

	It("accepts a value that is too large to be recorded", func(ctx SpecContext) {
		var sources []string
		for i := range 1300 {
			sources = append(sources, fmt.Sprintf("2001:db8:%x::/48", i))
		}
		id := w.change("POST", "/v2/firewalls", map[string]any{"name": "wall", "inbound_rules": []any{
			map[string]any{"protocol": "tcp", "ports": "22", "sources": map[string]any{"addresses": sources}},
		}})["firewall"].(map[string]any)["id"].(string)
		w.account(ctx)
		w.declare(ctx, "wall", "Firewall", id, map[string]any{"inbound_rules": []any{}})
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, `inbound_rules["tcp/22"]`)
		Expect(string(d.Status.Actual.Raw)).To(ContainSubstring("sha256"))
		Expect(d.Status.Rendered.Actual).To(HavePrefix(`{"ports":"22","protocol":"tcp","sources":{`))
		w.accept(ctx, d.Name)
		w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
		w.expectCondition(ctx, "wall", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)

		By("one more of them: it is what is shown")
		w.change("POST", "/v2/firewalls/"+id+"/rules", map[string]any{"inbound_rules": []any{
			map[string]any{"protocol": "tcp", "ports": "22", "sources": map[string]any{"addresses": []string{"192.0.2.7"}}},
		}})
		w.sync(ctx)
		d = w.open(ctx, `inbound_rules["tcp/22"]`)
		Expect(d.Status.Rendered).To(Equal(driftv1alpha1.RenderedValues{
			Expected: `{"sources":{"addresses":["…"]}}`, Actual: `{"sources":{"addresses":["192.0.2.7","…"]}}`,
		}))
	})

	It("refuses to accept that a resource is gone", func(ctx SpecContext) {
		w.account(ctx)
		w.declare(ctx, "never", "Droplet", "999999999", map[string]any{"region": "nyc3"})
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "(existence)")
		w.accept(ctx, d.Name)
		Eventually(ctx, func(g Gomega) {
			current := w.drift(ctx, g, d.Name)
			g.Expect(current.Status.State).To(Equal(driftv1alpha1.DriftOpen))
			g.Expect(current.Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalRefused))
		}).Should(Succeed())
	})

	It("refuses what was approved while nothing proves who approves", func(ctx SpecContext) {
		drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		binding := bindingOfResolution(ctx)
		w.delete(ctx, binding)
		restore := func(ctx context.Context) {
			binding.ResourceVersion, binding.UID = "", ""
			Expect(client.IgnoreAlreadyExists(admin.Create(ctx, binding))).To(Succeed())
			waitForAdmission(ctx)
		}
		DeferCleanup(restore)

		By("somebody approving in alice's name, which nothing refuses now")
		Eventually(ctx, func() error {
			patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q,%q:%q,%q:%q}}}`,
				driftv1alpha1.ResolveAnnotation, driftv1alpha1.ResolveAccept,
				driftv1alpha1.ResolvedByAnnotation, "alice",
				driftv1alpha1.ResolveObservationAnnotation, d.Status.Observation)
			return admin.Patch(ctx, d.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(patch)))
		}).Should(Succeed())
		Eventually(ctx, func(g Gomega) {
			g.Expect(w.drift(ctx, g, d.Name).Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalRefused))
		}).Should(Succeed())
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixAdmission, "clouddrift-resolution")

		By("the policies coming back")
		restore(ctx)
		w.expectAccount(ctx, driftv1alpha1.ConditionReady, metav1.ConditionTrue, driftv1alpha1.ReasonReady)
		Consistently(ctx, func(g Gomega) {
			current := w.drift(ctx, g, d.Name)
			g.Expect(current.Status.State).To(Equal(driftv1alpha1.DriftOpen))
			g.Expect(current.Status.Resolution).To(BeNil())
		}).Should(Succeed())
		w.accept(ctx, d.Name)
		w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
	})

	It("says so where the cluster's own policy keeps the value from being written", func(ctx SpecContext) {
		drifted(ctx)
		w.startOperator()
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		forbidPatches(ctx, w.namespace)
		w.accept(ctx, d.Name)
		Eventually(ctx, func(g Gomega) {
			current := w.drift(ctx, g, d.Name)
			g.Expect(current.Status.State).To(Equal(driftv1alpha1.DriftOpen))
			g.Expect(current.Status.Resolution).To(BeNil())
			g.Expect(current.Annotations).NotTo(HaveKey(driftv1alpha1.ResolveAnnotation))
			g.Expect(w.events(ctx, g, "CloudDrift", d.Name)).To(ContainElement(driftv1alpha1.EventApprovalRefused))
		}).Should(Succeed())
	})

	It("is neither lost nor made twice, wherever it is cut short", func(ctx SpecContext) {
		points := []crashpoint.Point{crashpoint.AcceptApproved, crashpoint.AcceptIntended, crashpoint.AcceptApplied, crashpoint.AcceptClosed}
		for _, point := range points {
			By(string(point))
			w = newWorld(ctx)
			drifted(ctx)
			o := w.startOperator()
			w.sync(ctx)
			d := w.open(ctx, "size_slug")
			w.open(ctx, "tags")

			held := holdAt(point)
			w.accept(ctx, d.Name)
			Eventually(held.reached).Should(BeClosed())
			o.Stop()
			held.release()

			By("somebody editing after it was applied, before the operator is back")
			if point == crashpoint.AcceptApplied || point == crashpoint.AcceptClosed {
				w.editDesired(ctx, "web-1", "size_slug", "s-8vcpu-16gb")
			}
			w.startOperator()
			w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)
			w.sync(ctx)
			p := w.provisioned(ctx, Default, "web-1")
			if point == crashpoint.AcceptApplied || point == crashpoint.AcceptClosed {
				Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"s-8vcpu-16gb"`), "an accept that was over is not made again")
				w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb", `web-1 tags Open ["web"] ["blue","web"]`,
					"web-1 size_slug Open s-8vcpu-16gb s-1vcpu-1gb")
			} else {
				Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"s-1vcpu-1gb"`))
				w.expectDrifts(ctx, "web-1 size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb", `web-1 tags Open ["web"] ["blue","web"]`)
			}
			Eventually(ctx, func(g Gomega) {
				for _, field := range w.provisioned(ctx, g, "web-1").Status.Fields {
					if field.OpenDrift != "" {
						g.Expect(w.drift(ctx, g, field.OpenDrift).Status.State).To(Equal(driftv1alpha1.DriftOpen), field.Path)
					}
				}
			}).Should(Succeed())
		}
		fmt.Printf("\nnote: an accept that was cut short was completed at %d crash points\n", len(points))
	})

	It("finishes an accept that was cut short before it makes the next", func(ctx SpecContext) {
		drifted(ctx)
		o := w.startOperator()
		w.sync(ctx)
		size, tags := w.open(ctx, "size_slug"), w.open(ctx, "tags")
		held := holdAt(crashpoint.AcceptApplied)
		w.accept(ctx, size.Name)
		Eventually(held.reached).Should(BeClosed())
		o.Stop()
		held.release()
		w.editDesired(ctx, "web-1", "size_slug", "s-8vcpu-16gb")
		w.accept(ctx, tags.Name)
		w.startOperator()
		w.expectState(ctx, size.Name, driftv1alpha1.DriftAccepted)
		w.expectState(ctx, tags.Name, driftv1alpha1.DriftAccepted)
		p := w.provisioned(ctx, Default, "web-1")
		Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"s-8vcpu-16gb"`))
		Expect(string(p.Spec.Desired["tags"].Raw)).To(MatchJSON(`["web","blue"]`))
	})
})

var _ = Describe("Detection cut short", func() {
	It("goes on where it was, at every point", func(ctx SpecContext) {
		for _, point := range []crashpoint.Point{crashpoint.DetectRemembered, crashpoint.DetectCreated, crashpoint.DetectClosed} {
			By(string(point))
			w := newWorld(ctx)
			id := w.droplet("web-1")
			w.account(ctx)
			o := w.startOperator()
			w.sync(ctx)
			held := holdAt(point)
			w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})
			if point == crashpoint.DetectClosed {
				w.open(ctx, "size_slug")
				w.editDesired(ctx, "web-1", "size_slug", "s-1vcpu-1gb")
			}
			Eventually(held.reached).Should(BeClosed())
			o.Stop()
			held.release()
			w.startOperator()
			w.sync(ctx)
			if point == crashpoint.DetectClosed {
				w.expectDrifts(ctx, "web-1 size_slug Stale s-2vcpu-4gb s-1vcpu-1gb")
			} else {
				w.expectDrifts(ctx, "web-1 size_slug Open s-2vcpu-4gb s-1vcpu-1gb")
			}
			Expect(w.drifts(ctx, Default)[0].Spec.Episode).To(Equal(int64(1)))
		}
	})
})

// hold stands for an operator that ended at a crash point: whoever reaches it
// never goes on.
type hold struct {
	reached chan struct{}
	release func()
}

func holdAt(point crashpoint.Point) *hold {
	h := &hold{reached: make(chan struct{})}
	var once sync.Once
	h.release = crashpoint.Handle(func(p crashpoint.Point) {
		if p == point {
			once.Do(func() { close(h.reached) })
			select {} // as dead as a process that ended, but for its memory
		}
	})
	DeferCleanup(h.release)
	return h
}

// pauseAt has whoever reaches the point first wait there until it is released.
func pauseAt(point crashpoint.Point) *hold {
	h := &hold{reached: make(chan struct{})}
	goOn := make(chan struct{})
	var first, last sync.Once
	stop := crashpoint.Handle(func(p crashpoint.Point) {
		if p == point {
			first.Do(func() { close(h.reached); <-goOn })
		}
	})
	h.release = func() { last.Do(func() { stop(); close(goOn) }) }
	DeferCleanup(h.release)
	return h
}

package controller_test

import (
	"context"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// gate holds back what it is asked to, from the time it is shut until the spec ends.
type gate struct {
	mu     sync.Mutex
	holds  func(client.Object) bool
	opened chan struct{}
}

func newGate() *gate {
	g := &gate{opened: make(chan struct{})}
	DeferCleanup(func() { close(g.opened) })
	return g
}

// shut holds back the first object of which holds is true, and all after it.
func (g *gate) shut(holds func(client.Object) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holds = holds
}

// transform is for a cache of one kind.
func (g *gate) transform(o any) (any, error) {
	g.mu.Lock()
	holds := g.holds
	g.mu.Unlock()
	if object, ok := o.(client.Object); ok && holds != nil && holds(object) {
		<-g.opened
	}
	return o, nil
}

// idle is a cloud that never answers, so that an operator does not sync.
type idle struct{ inventory.Cloud }

func (i idle) Without(string, ...string) inventory.Cloud { return i }

func (i idle) Knowing(func(resource.Resource) bool) inventory.Cloud { return i }

func (idle) List(ctx context.Context, _, _ string) (resource.Listing, error) {
	<-ctx.Done()
	return resource.Listing{}, ctx.Err()
}

func (idle) Account(ctx context.Context) (digitalocean.Account, error) {
	<-ctx.Done()
	return digitalocean.Account{}, ctx.Err()
}

var _ = Describe("An operator whose cache is behind", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
	})

	It("takes back nothing of what the other found in a newer observation", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-1vcpu-1gb"})
		w.startOperator()
		w.sync(ctx)
		w.expectCondition(ctx, "web-1", driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync)

		behind := newGate()
		other := *w
		other.options.Clouds = func(string, string) (inventory.Cloud, error) { return idle{}, nil }
		other.startOperatorWith(map[client.Object]cache.ByObject{
			&driftv1alpha1.CloudResource{}: {Transform: behind.transform},
		})
		behind.shut(func(client.Object) bool { return true })

		w.resize(id, "s-4vcpu-8gb")
		w.sync(ctx)
		d := w.open(ctx, "size_slug")
		w.editDesired(ctx, "web-1", "region", "nyc3") // both look again
		Consistently(ctx, func(g Gomega) {
			g.Expect(w.drift(ctx, g, d.Name).Status.State).To(Equal(driftv1alpha1.DriftOpen))
			g.Expect(w.provisioned(ctx, g, "web-1").Status.Conditions).To(
				haveCondition(driftv1alpha1.ConditionInSync, metav1.ConditionFalse, driftv1alpha1.ReasonDrifted))
		}).Should(Succeed())
	})

	It("closes nothing in favour of an older declaration that is gone", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.account(ctx)
		w.startOperator()
		w.sync(ctx)
		w.declare(ctx, "a-older", "Droplet", id, map[string]any{"region": "nyc3"})
		w.declare(ctx, "younger", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})
		w.expectCondition(ctx, "younger", driftv1alpha1.ConditionReady, metav1.ConditionFalse, driftv1alpha1.ReasonFixDuplicate)

		behind := newGate()
		other := *w
		other.options.Clouds = func(string, string) (inventory.Cloud, error) { return idle{}, nil }
		other.startOperatorWith(map[client.Object]cache.ByObject{
			&driftv1alpha1.CloudProvisioned{}: {Transform: behind.transform},
		})
		behind.shut(func(client.Object) bool { return true })

		Expect(admin.Delete(ctx, w.provisioned(ctx, Default, "a-older"))).To(Succeed())
		d := w.open(ctx, "size_slug")
		Consistently(ctx, func(g Gomega) {
			g.Expect(w.drift(ctx, g, d.Name).Status.State).To(Equal(driftv1alpha1.DriftOpen))
		}).Should(Succeed())
	})

	It("opens no drift of an episode that another operator went on from", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})
		behind := newGate()
		behind.shut(func(o client.Object) bool {
			p, ok := o.(*driftv1alpha1.CloudProvisioned)
			return ok && len(p.Status.Fields) == 1 && p.Status.Fields[0].Episode == 2
		})
		w.startOperatorWith(map[client.Object]cache.ByObject{
			&driftv1alpha1.CloudProvisioned{}: {Transform: behind.transform},
		})
		w.sync(ctx)
		d := w.open(ctx, "size_slug")

		By("another operator taking the next episode, as the first one's name was in use")
		Eventually(ctx, func() error {
			p := w.provisioned(ctx, Default, "web-1")
			p.Status.Fields[0].Episode, p.Status.Fields[0].OpenDrift = 2, ""
			return admin.Status().Update(ctx, p)
		}).Should(Succeed())
		By("the name becoming free")
		Expect(admin.Delete(ctx, d)).To(Succeed())
		Consistently(ctx, func(g Gomega) {
			err := admin.Get(ctx, client.ObjectKeyFromObject(d), &driftv1alpha1.CloudDrift{})
			g.Expect(err).To(MatchError(apierrors.IsNotFound, "IsNotFound"))
		}).Should(Succeed())
	})

	It("does not carry out an approval that is over", func(ctx SpecContext) {
		id := w.droplet("web-1")
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-2vcpu-4gb"})
		behind := newGate()
		behind.shut(func(o client.Object) bool {
			d, ok := o.(*driftv1alpha1.CloudDrift)
			return ok && d.Status.State == driftv1alpha1.DriftAccepted
		})
		w.startOperatorWith(map[client.Object]cache.ByObject{
			&driftv1alpha1.CloudDrift{}: {Transform: behind.transform},
		})
		w.sync(ctx)
		d := w.open(ctx, "size_slug")

		By("another operator closing the drift as soon as the value is written")
		var once sync.Once
		stop := crashpoint.Handle(func(p crashpoint.Point) {
			if p == crashpoint.AcceptApplied {
				once.Do(func() {
					defer GinkgoRecover()
					current := w.drift(ctx, Default, d.Name)
					now := metav1.NewTime(w.clock.Now())
					current.Status.State, current.Status.ResolvedAt = driftv1alpha1.DriftAccepted, &now
					current.Status.ResolvedBy = current.Status.Resolution.User
					Expect(admin.Status().Update(ctx, current)).To(Succeed())
				})
			}
		})
		defer stop()
		w.accept(ctx, d.Name)
		w.expectState(ctx, d.Name, driftv1alpha1.DriftAccepted)

		By("Git bringing the old value back")
		Eventually(ctx, func() error {
			p := w.provisioned(ctx, Default, "web-1")
			p.Annotations = nil
			p.Spec.Desired = values(map[string]any{"size_slug": "s-2vcpu-4gb"})
			return admin.Update(ctx, p)
		}).Should(Succeed())
		Consistently(ctx, func(g Gomega) {
			g.Expect(string(w.provisioned(ctx, g, "web-1").Spec.Desired["size_slug"].Raw)).To(Equal(`"s-2vcpu-4gb"`))
		}).Should(Succeed())
	})
})

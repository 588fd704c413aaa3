package controller_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/config/admission"
)

// forgeryRounds is how often the policies are taken away and put back. Set
// CLOUDDRIFT_FORGERY_ROUNDS for more than the suite has time for.
func forgeryRounds() int {
	if rounds, err := strconv.Atoi(os.Getenv("CLOUDDRIFT_FORGERY_ROUNDS")); err == nil {
		return rounds
	}
	return 5
}

// inWhoseName the forger approves: nobody who ever asked for anything.
const inWhoseName = "carol"

// forger may patch drifts, has no verb accept, and approves in another's name as
// fast as the API server answers.
type forger struct {
	client   client.Client
	target   atomic.Pointer[driftv1alpha1.CloudDrift]
	admitted atomic.Int64
	believed atomic.Int64
	stop     context.CancelFunc
	work     sync.WaitGroup
}

func newForger(ctx context.Context, namespace string) *forger {
	config, err := controlPlane.User("mallory")
	Expect(err).NotTo(HaveOccurred())
	f := &forger{}
	f.client, err = client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	Expect(admin.Create(ctx, &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "patcher", Namespace: namespace},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{driftv1alpha1.GroupVersion.Group}, Resources: []string{"clouddrifts"}, Verbs: []string{"get", "patch", "update"},
		}},
	})).To(Succeed())
	Expect(admin.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "mallory", Namespace: namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "patcher"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "mallory"}},
	})).To(Succeed())
	working, stop := context.WithCancel(context.Background())
	f.stop = stop
	for range 2 {
		f.work.Go(func() {
			for working.Err() == nil {
				if d := f.target.Load(); d != nil {
					f.forge(working, d)
				}
			}
		})
	}
	DeferCleanup(func() { f.stop(); f.work.Wait() })
	return f
}

func (f *forger) forge(ctx context.Context, d *driftv1alpha1.CloudDrift) {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q,%q:%q,%q:%q}}}`,
		driftv1alpha1.ResolveAnnotation, driftv1alpha1.ResolveAccept,
		driftv1alpha1.ResolvedByAnnotation, inWhoseName,
		driftv1alpha1.ResolveObservationAnnotation, d.Status.Observation)
	answer := d.DeepCopy()
	if f.client.Patch(ctx, answer, client.RawPatch(types.MergePatchType, []byte(patch))) != nil {
		return
	}
	f.admitted.Add(1)
	if answer.Status.Resolution != nil && answer.Status.Resolution.User == inWhoseName {
		f.believed.Add(1)
	}
}

// takeAway weakens the policy that proves who approves, and returns what mends it.
func takeAway(ctx context.Context, how int) (mend func(context.Context)) {
	key := client.ObjectKey{Name: admission.ResolutionPolicy}
	policy, binding := &admissionv1.ValidatingAdmissionPolicy{}, &admissionv1.ValidatingAdmissionPolicyBinding{}
	Expect(admin.Get(ctx, key, policy)).To(Succeed())
	Expect(admin.Get(ctx, key, binding)).To(Succeed())
	again := func(ctx context.Context, o client.Object) {
		o.SetResourceVersion("")
		o.SetUID("")
		Expect(admin.Create(ctx, o)).To(Succeed())
	}
	switch how {
	case 0:
		By("the policy deleted")
		Expect(admin.Delete(ctx, policy.DeepCopy())).To(Succeed())
		return func(ctx context.Context) { again(ctx, policy) }
	case 1:
		By("the binding deleted")
		Expect(admin.Delete(ctx, binding.DeepCopy())).To(Succeed())
		return func(ctx context.Context) { again(ctx, binding) }
	case 2:
		By("the binding only auditing")
		was := binding.Spec.ValidationActions
		binding.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Audit}
		Expect(admin.Update(ctx, binding)).To(Succeed())
		return func(ctx context.Context) {
			binding.Spec.ValidationActions = was
			Expect(admin.Update(ctx, binding)).To(Succeed())
		}
	default:
		By("the policy admitting everything")
		was := policy.Spec.Validations
		policy.Spec.Validations = []admissionv1.Validation{{Expression: "true"}}
		Expect(admin.Update(ctx, policy)).To(Succeed())
		return func(ctx context.Context) {
			Expect(admin.Get(ctx, key, policy)).To(Succeed())
			policy.Spec.Validations = was
			Expect(admin.Update(ctx, policy)).To(Succeed())
		}
	}
}

var _ = Describe("While the policies are taken away and put back", func() {
	It("carries out no forged approval, and each rightful one afterwards", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.options.Clock = clock.RealClock{}
		w.options.AdmissionSettling = 5 * time.Second
		id := w.droplet("web-1")
		w.account(ctx)
		w.declare(ctx, "web-1", "Droplet", id, map[string]any{"size_slug": "s-4vcpu-8gb"})
		o := w.startOperator()
		mallory := newForger(ctx, w.namespace)
		sizes := []string{"s-1vcpu-1gb", "s-2vcpu-2gb"}
		rounds := forgeryRounds()
		for round := range rounds {
			w.sync(ctx)
			d := w.open(ctx, "size_slug")
			mallory.target.Store(d)
			before := mallory.admitted.Load()
			mend := takeAway(ctx, round%4)
			down := round%5 == 4
			if down {
				By("the operator not running meanwhile")
				o.Stop()
			}
			Eventually(ctx, mallory.admitted.Load).WithPolling(10 * time.Millisecond).Should(BeNumerically(">", before))
			mend(ctx)
			if down {
				waitForAdmission(ctx)
				o = w.startOperator()
			}
			By("alice approving, again where it was taken off")
			Eventually(ctx, func(g Gomega) {
				now := w.drift(ctx, g, d.Name)
				if now.Status.State == driftv1alpha1.DriftOpen && now.Annotations[driftv1alpha1.ResolveAnnotation] == "" {
					_, _, _ = controlPlane.Kubectl(ctx, alice, "annotate", "clouddrift", "-n", w.namespace, d.Name,
						driftv1alpha1.ResolveAnnotation+"="+driftv1alpha1.ResolveAccept)
				}
				g.Expect(now.Status.State).To(Equal(driftv1alpha1.DriftAccepted))
				g.Expect(now.Status.ResolvedBy).To(Equal("alice"))
			}).WithTimeout(time.Minute).WithPolling(200 * time.Millisecond).Should(Succeed())
			mallory.target.Store(nil)
			w.resize(id, sizes[(round+1)%2])
		}
		Expect(mallory.believed.Load()).To(BeZero())
		var all driftv1alpha1.CloudDriftList
		Expect(admin.List(ctx, &all, client.InNamespace(w.namespace))).To(Succeed())
		for _, d := range all.Items {
			Expect(d.Status.ResolvedBy).NotTo(Equal(inWhoseName), d.Name)
		}
		fmt.Printf("\nnote: of %d forged approvals that the API server admitted in %d rounds, none was carried out\n",
			mallory.admitted.Load(), rounds)
	})
})

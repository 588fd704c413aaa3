package controller_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/config/admission"
	"github.com/arcadiacloud/clouddrift/internal/controller"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

const accountName = "production"

// world is a namespace, a simulated DigitalOcean with a clock that the spec moves,
// and an operator between them.
type world struct {
	namespace string
	cloud     *dosim.Server
	clock     *testingclock.FakePassiveClock
	syncs     int
	// dropletID is the droplet's that manifest declares.
	dropletID string
	options   controller.Options
	// alsoIn are more namespaces that the operator sees.
	alsoIn []string
}

// newWorld starts a cloud, and no operator yet.
func newWorld(ctx context.Context) *world {
	w := &world{
		namespace: newNamespace(ctx),
		cloud:     dosim.New(dosim.WithActionDuration(0)),
		clock:     testingclock.NewFakePassiveClock(time.Now()),
	}
	_, err := w.cloud.Start()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(w.cloud.Close)
	pool := digitalocean.NewPool(
		digitalocean.WithRetries(1, time.Millisecond, 10*time.Millisecond),
		digitalocean.WithTimeout(2*time.Second),
		digitalocean.WithClock(w.clock.Now),
	)
	w.options = controller.Options{
		Clouds: func(endpoint, token string) (inventory.Cloud, error) {
			client, err := pool.Client(endpoint, token)
			if err != nil {
				return nil, err
			}
			return inventory.NewCloud(client), nil
		},
		AllowedEndpoints: []string{w.cloud.URL()},
		Clock:            w.clock,
		SecretPoll:       time.Second,

		AdmissionSettling: admissionSettling,
	}
	return w
}

// operator is one running operator.
type operator struct {
	stop context.CancelFunc
	done chan struct{}
}

// Stop ends it and waits until it is gone.
func (o *operator) Stop() {
	o.stop()
	Eventually(o.done).WithTimeout(10 * time.Second).Should(BeClosed())
}

// startOperator runs an operator that sees this world's namespace alone, as the
// service account that it has in a cluster.
func (w *world) startOperator() *operator { return w.startOperatorWith(nil) }

// startOperatorWith has what its cache gets go through transforms first.
func (w *world) startOperatorWith(transforms map[client.Object]cache.ByObject) *operator {
	namespaces := map[string]cache.Config{w.namespace: {}}
	for _, more := range w.alsoIn {
		namespaces[more] = cache.Config{}
	}
	mgr, err := ctrl.NewManager(rest.CopyConfig(operatorConfig), ctrl.Options{
		Scheme:     scheme,
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
		Cache: cache.Options{
			DefaultNamespaces: namespaces,
			DefaultTransform:  objects.CacheTransform(),
			ByObject:          transforms,
		},
		Client:                  client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		GracefulShutdownTimeout: ptr.To(500 * time.Millisecond),
	})
	Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(context.Background())
	Expect(controller.Setup(ctx, mgr, w.options)).To(Succeed())
	o := &operator{stop: cancel, done: make(chan struct{})}
	go func() {
		defer GinkgoRecover()
		defer close(o.done)
		_ = mgr.Start(ctx) // a worker that is held at a crash point outlasts the shutdown
	}()
	DeferCleanup(o.Stop)
	Expect(mgr.GetCache().WaitForCacheSync(ctx)).To(BeTrue())
	return o
}

// token writes the account's Secret.
func (w *world) token(ctx context.Context, token string) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "digitalocean"}}
	_, err := ctrl.CreateOrUpdate(ctx, admin, secret, func() error {
		secret.Data = map[string][]byte{"token": []byte(token)}
		return nil
	})
	Expect(err).NotTo(HaveOccurred())
}

// account makes the account, with its Secret.
func (w *world) account(ctx context.Context, change ...func(*driftv1alpha1.CloudAccount)) {
	w.token(ctx, dosim.DefaultToken)
	a := &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: accountName},
		Spec: driftv1alpha1.CloudAccountSpec{
			TokenSecretRef: driftv1alpha1.SecretKeyReference{Name: "digitalocean"},
			Endpoint:       w.cloud.URL(),
		},
	}
	for _, c := range change {
		c(a)
	}
	Expect(admin.Create(ctx, a)).To(Succeed())
}

func (w *world) getAccount(ctx context.Context, g Gomega) *driftv1alpha1.CloudAccount {
	a := &driftv1alpha1.CloudAccount{}
	g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: accountName}, a)).To(Succeed())
	return a
}

// annotateAccount sets an annotation on the account, as a person would.
func (w *world) annotateAccount(ctx context.Context, key, value string) {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, key, value)
	a := &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: accountName}}
	Expect(admin.Patch(ctx, a, client.RawPatch("application/merge-patch+json", []byte(patch)))).To(Succeed())
}

// sync asks for a sync and waits until it and the detection on it are over.
func (w *world) sync(ctx context.Context) *driftv1alpha1.CloudAccount {
	GinkgoHelper()
	w.syncs++
	request := fmt.Sprintf("request-%d", w.syncs)
	w.clock.SetTime(w.clock.Now().Add(time.Second))
	w.annotateAccount(ctx, driftv1alpha1.SyncAnnotation, request)
	var account *driftv1alpha1.CloudAccount
	Eventually(ctx, func(g Gomega) {
		account = w.getAccount(ctx, g)
		g.Expect(account.Status.LastHandledSyncRequest).To(Equal(request))
	}).Should(Succeed())
	return account
}

// change does to the cloud what somebody does behind the operator's back, and
// returns the answer.
func (w *world) change(method, path string, body any) map[string]any {
	GinkgoHelper()
	answer, err := w.cloud.Change(method, path, body)
	Expect(err).NotTo(HaveOccurred())
	if len(answer) == 0 {
		return nil
	}
	var out map[string]any
	Expect(json.Unmarshal(answer, &out)).To(Succeed())
	return out
}

// droplet makes a droplet and returns its id.
func (w *world) droplet(name string, tags ...string) string {
	GinkgoHelper()
	out := w.change("POST", "/v2/droplets", map[string]any{
		"name": name, "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "tags": tags,
	})
	return fmt.Sprintf("%.0f", out["droplet"].(map[string]any)["id"])
}

func (w *world) resize(id, size string) {
	GinkgoHelper()
	for _, action := range []map[string]any{{"type": "power_off"}, {"type": "resize", "size": size}, {"type": "power_on"}} {
		w.change("POST", "/v2/droplets/"+id+"/actions", action)
	}
}

// declaration is a CloudProvisioned with these desired fields.
func (w *world) declaration(name, kind, id string, desired map[string]any) *driftv1alpha1.CloudProvisioned {
	return &driftv1alpha1.CloudProvisioned{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: driftv1alpha1.CloudProvisionedSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: accountName},
			Resource:   driftv1alpha1.ResourceSelector{Kind: kind, ID: id},
			Desired:    values(desired),
		},
	}
}

func (w *world) declare(ctx context.Context, name, kind, id string, desired map[string]any) {
	GinkgoHelper()
	Expect(admin.Create(ctx, w.declaration(name, kind, id, desired))).To(Succeed())
}

// declareByName refers to the resource by its name.
func (w *world) declareByName(ctx context.Context, name, kind, resourceName string, desired map[string]any) {
	GinkgoHelper()
	p := w.declaration(name, kind, "", desired)
	p.Spec.Resource.Name = resourceName
	Expect(admin.Create(ctx, p)).To(Succeed())
}

func values(in map[string]any) map[string]apiextensionsv1.JSON {
	out := map[string]apiextensionsv1.JSON{}
	for key, value := range in {
		raw, err := json.Marshal(value)
		Expect(err).NotTo(HaveOccurred())
		out[key] = apiextensionsv1.JSON{Raw: raw}
	}
	return out
}

func (w *world) provisioned(ctx context.Context, g Gomega, name string) *driftv1alpha1.CloudProvisioned {
	p := &driftv1alpha1.CloudProvisioned{}
	g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, p)).To(Succeed())
	return p
}

// editDesired changes one field of the declaration, as somebody with kubectl edit.
func (w *world) editDesired(ctx context.Context, name, field string, value any) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		p := w.provisioned(ctx, g, name)
		maps.Copy(p.Spec.Desired, values(map[string]any{field: value}))
		g.Expect(admin.Update(ctx, p)).To(Succeed())
	}).Should(Succeed())
}

// accept annotates the drift as alice, with kubectl.
func (w *world) accept(ctx context.Context, drift string) {
	GinkgoHelper()
	_, stderr, err := controlPlane.Kubectl(ctx, alice, "annotate", "clouddrift", "-n", w.namespace, drift,
		driftv1alpha1.ResolveAnnotation+"="+driftv1alpha1.ResolveAccept)
	Expect(err).NotTo(HaveOccurred(), stderr)
}

func (w *world) delete(ctx context.Context, o client.Object) {
	GinkgoHelper()
	if err := admin.Delete(ctx, o); !apierrors.IsNotFound(err) {
		Expect(err).NotTo(HaveOccurred())
	}
}

func (w *world) secret() *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "digitalocean"}}
}

func (w *world) endpoint(ctx context.Context, url string) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		a := w.getAccount(ctx, g)
		a.Spec.Endpoint = url
		g.Expect(admin.Update(ctx, a)).To(Succeed())
	}).Should(Succeed())
}

// forbidPatches is a policy of the cluster's own, until the spec ends: declarations in
// the namespace are written whole, by whoever brings them from Git.
func forbidPatches(ctx context.Context, namespace string) {
	GinkgoHelper()
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "only-git-" + namespace},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": namespace}},
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Update},
					Rule: admissionv1.Rule{APIGroups: []string{driftv1alpha1.GroupVersion.Group}, APIVersions: []string{"*"},
						Resources: []string{"cloudprovisioneds"}},
				}}},
			},
			Validations: []admissionv1.Validation{{Expression: "false", Message: "change it in Git", Reason: ptr.To(metav1.StatusReasonForbidden)}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: policy.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}
	Expect(admin.Create(ctx, policy)).To(Succeed())
	Expect(admin.Create(ctx, binding)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		Expect(admin.Delete(ctx, binding)).To(Succeed())
		Expect(admin.Delete(ctx, policy)).To(Succeed())
	})
	var declared driftv1alpha1.CloudProvisionedList
	Expect(admin.List(ctx, &declared, client.InNamespace(namespace))).To(Succeed())
	Eventually(ctx, func() error {
		return admin.Update(ctx, declared.Items[0].DeepCopy(), client.DryRunAll)
	}).Should(MatchError(ContainSubstring("change it in Git")))
}

func bindingOfResolution(ctx context.Context) *admissionv1.ValidatingAdmissionPolicyBinding {
	b := &admissionv1.ValidatingAdmissionPolicyBinding{}
	Expect(admin.Get(ctx, client.ObjectKey{Name: admission.ResolutionPolicy}, b)).To(Succeed())
	return b
}

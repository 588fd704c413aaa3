package flux_test

import (
	"cmp"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/ssa"
	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/hack/stack"
	"github.com/arcadiacloud/clouddrift/internal/controller"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// world is a control plane with the operator on it, a simulated account, and Flux.
type world struct {
	*WithT
	t            *testing.T
	controlPlane *stack.ControlPlane
	admin        client.Client
	cloud        *dosim.Server
	alice        string // a kubeconfig
	flux         *ssa.ResourceManager
}

// in is the world for another test.
func (w *world) in(t *testing.T) *world {
	out := *w
	out.t, out.WithT = t, NewWithT(t)
	out.SetDefaultEventuallyTimeout(30 * time.Second)
	out.SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	return &out
}

// newWorld starts everything; it ends with the test.
func newWorld(t *testing.T) *world {
	ctx := t.Context()
	w := (&world{cloud: dosim.New(dosim.WithActionDuration(0))}).in(t)
	log.SetLogger(logr.Discard())
	_, err := w.cloud.Start()
	w.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = w.cloud.Close() })
	root, err := stack.Root()
	w.Expect(err).NotTo(HaveOccurred())
	w.controlPlane, err = stack.Start(ctx, stack.Options{CRDs: []string{filepath.Join(root, "config", "crd", "bases")}})
	w.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = w.controlPlane.Stop() })
	w.kubectl(ctx, "", "apply", "--server-side", "-k", filepath.Join(root, "config", "default"))

	scheme := runtime.NewScheme()
	w.Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	w.Expect(driftv1alpha1.AddToScheme(scheme)).To(Succeed())
	w.admin, err = client.New(w.controlPlane.Config, client.Options{Scheme: scheme})
	w.Expect(err).NotTo(HaveOccurred())
	w.flux = ssa.NewResourceManager(w.admin, nil, ssa.Owner{Field: fluxManager, Group: "kustomize.toolkit.fluxcd.io"})
	w.alice, err = w.controlPlane.UserKubeconfig("alice")
	w.Expect(err).NotTo(HaveOccurred())
	w.kubectl(ctx, "", "create", "clusterrolebinding", "alice", "--user=alice", "--clusterrole=clouddrift-platform-admin")
	w.Expect(w.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
	w.Expect(w.admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "digitalocean"}, Data: map[string][]byte{"token": []byte(dosim.DefaultToken)},
	})).To(Succeed())
	w.Expect(w.admin.Create(ctx, &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "production"},
		Spec:       driftv1alpha1.CloudAccountSpec{TokenSecretRef: driftv1alpha1.SecretKeyReference{Name: "digitalocean"}, Endpoint: w.cloud.URL()},
	})).To(Succeed())
	w.startOperator(scheme)
	w.kubectl(ctx, "", "wait", "-n", namespace, "cloudaccount/production", "--for=condition=Ready", "--timeout=60s")
	return w
}

// startOperator runs the operator as its service account, until the test ends.
func (w *world) startOperator(scheme *runtime.Scheme) {
	config, err := w.controlPlane.ServiceAccount("clouddrift-system", "clouddrift-controller-manager")
	w.Expect(err).NotTo(HaveOccurred())
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme: scheme, Metrics: metricsserver.Options{BindAddress: "0"},
		Cache:  cache.Options{DefaultTransform: objects.CacheTransform()},
		Client: client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
	})
	w.Expect(err).NotTo(HaveOccurred())
	pool := digitalocean.NewPool()
	ctx, stop := context.WithCancel(context.Background())
	w.Expect(controller.Setup(ctx, mgr, controller.Options{
		Clouds: func(endpoint, token string) (inventory.Cloud, error) {
			c, err := pool.Client(endpoint, token)
			if err != nil {
				return nil, err
			}
			return inventory.NewCloud(c), nil
		},
		AllowedEndpoints: []string{w.cloud.URL()}, AdmissionSettling: 3 * time.Second,
	})).To(Succeed())
	done := make(chan struct{})
	go func() { defer close(done); _ = mgr.Start(ctx) }()
	w.t.Cleanup(func() { stop(); <-done })
}

// accepted is a droplet whose size Flux declares otherwise, and somebody accepted.
func (w *world) accepted(ctx context.Context, name string) *declaration {
	w.t.Helper()
	created, err := w.cloud.Change("POST", "/v2/droplets", map[string]any{"name": name, "region": "nyc3", "size": resized, "image": "ubuntu-24-04-x64"})
	w.Expect(err).NotTo(HaveOccurred())
	var answer struct{ Droplet struct{ ID json.Number } }
	w.Expect(json.Unmarshal(created, &answer)).To(Succeed())
	d := &declaration{name: name, id: answer.Droplet.ID.String()}
	w.Expect(w.apply(ctx, d.of(declared))).To(Equal(ssa.CreatedAction))
	w.kubectl(ctx, "", "annotate", "-n", namespace, "--overwrite", "cloudaccount/production", driftv1alpha1.SyncAnnotation+"="+name)
	w.kubectl(ctx, "", "wait", "-n", namespace, "cloudaccount/production", "--for=jsonpath={.status.lastHandledSyncRequest}="+name, "--timeout=60s")
	w.expectDrifts(ctx, d, driftv1alpha1.DriftOpen)
	w.annotate(ctx, w.drifts(ctx, d)[0].Name, driftv1alpha1.ResolveAccept)
	w.expectDrifts(ctx, d, driftv1alpha1.DriftAccepted)
	w.expectGit(ctx, d, driftv1alpha1.GitPending)
	w.Eventually(func() bool { return w.handedOver(ctx, d) }).Should(BeTrue(), "the mark of the accept is given to Flux last of all")
	return d
}

// handedOver says whether the mark of the last accept belongs to Flux.
func (w *world) handedOver(ctx context.Context, d *declaration) bool {
	return slices.ContainsFunc(w.get(ctx, d).ManagedFields, func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Manager == fluxManager && strings.Contains(entry.FieldsV1.GetRawString(), driftv1alpha1.LastAcceptedAnnotation)
	})
}

// annotate asks for a resolution of a drift, as alice.
func (w *world) annotate(ctx context.Context, drift, ask string) {
	w.t.Helper()
	w.kubectl(ctx, w.alice, "annotate", "--overwrite", "-n", namespace, "clouddrift", drift, driftv1alpha1.ResolveAnnotation+"="+ask)
}

func (w *world) kubectl(ctx context.Context, as string, args ...string) {
	w.t.Helper()
	_, stderr, err := w.controlPlane.Kubectl(ctx, as, args...)
	w.Expect(err).NotTo(HaveOccurred(), stderr)
}

func (w *world) get(ctx context.Context, d *declaration) *driftv1alpha1.CloudProvisioned {
	p := &driftv1alpha1.CloudProvisioned{}
	w.Expect(w.admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: d.name}, p)).To(Succeed())
	return p
}

// drifts are those of a declaration, by episode, that of its size before that of its name.
func (w *world) drifts(ctx context.Context, d *declaration) []driftv1alpha1.CloudDrift {
	var list driftv1alpha1.CloudDriftList
	w.Expect(w.admin.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabels{driftv1alpha1.ProvisionedLabel: d.name})).To(Succeed())
	slices.SortFunc(list.Items, func(a, b driftv1alpha1.CloudDrift) int {
		return cmp.Or(int(a.Spec.Episode-b.Spec.Episode), cmp.Compare(b.Spec.Field, a.Spec.Field))
	})
	return list.Items
}

// expectDrifts waits until the declaration's drifts are in these states.
func (w *world) expectDrifts(ctx context.Context, d *declaration, states ...driftv1alpha1.DriftState) {
	w.t.Helper()
	w.Eventually(func() []driftv1alpha1.DriftState {
		var got []driftv1alpha1.DriftState
		for _, each := range w.drifts(ctx, d) {
			got = append(got, each.Status.State)
		}
		return got
	}).Should(Equal(states))
}

// expectGit waits until what was accepted has come so far, and the status says all of it.
func (w *world) expectGit(ctx context.Context, d *declaration, git driftv1alpha1.GitState) {
	w.t.Helper()
	w.Eventually(func() string {
		p := w.get(ctx, d)
		for _, field := range p.Status.Fields {
			if field.Acceptance != nil && p.Status.ObservedGeneration == p.Generation {
				return string(field.Acceptance.Git)
			}
		}
		return ""
	}).Should(Equal(string(git)))
}

// expectEach waits until what was accepted of the name and of the size have come so far.
func (w *world) expectEach(ctx context.Context, d *declaration, name, size driftv1alpha1.GitState) {
	w.t.Helper()
	w.Eventually(func() map[string]driftv1alpha1.GitState {
		got := map[string]driftv1alpha1.GitState{}
		p := w.get(ctx, d)
		for _, field := range p.Status.Fields {
			if field.Acceptance != nil && p.Status.ObservedGeneration == p.Generation {
				got[field.Path] = field.Acceptance.Git
			}
		}
		return got
	}).Should(Equal(map[string]driftv1alpha1.GitState{"name": name, "size_slug": size}))
}

// open is the declaration's open drift.
func (w *world) open(ctx context.Context, d *declaration) string {
	w.t.Helper()
	all := w.drifts(ctx, d)
	i := slices.IndexFunc(all, func(each driftv1alpha1.CloudDrift) bool { return each.Status.State == driftv1alpha1.DriftOpen })
	w.Expect(i).NotTo(Equal(-1))
	return all[i].Name
}

func message(p *driftv1alpha1.CloudProvisioned, conditionType string) string {
	if c := meta.FindStatusCondition(p.Status.Conditions, conditionType); c != nil {
		return c.Message
	}
	return ""
}

// declaration is a CloudProvisioned as it is kept in Git.
type declaration struct {
	name, id string
	// renamed is the droplet's declared name; "": none is declared.
	renamed string
}

// of is the manifest that declares this size; "" declares none.
func (d *declaration) of(size string) *unstructured.Unstructured {
	desired := map[string]any{"region": "nyc3"}
	if size != "" {
		desired["size_slug"] = size
	}
	if d.renamed != "" {
		desired["name"] = d.renamed
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": driftv1alpha1.GroupVersion.String(), "kind": "CloudProvisioned",
		"metadata": map[string]any{"namespace": namespace, "name": d.name},
		"spec": map[string]any{
			"accountRef": map[string]any{"name": "production"},
			"resource":   map[string]any{"kind": "Droplet", "id": d.id},
			"desired":    desired,
		},
	}}
}

// apply has Flux reconcile a manifest, and returns what it did.
func (w *world) apply(ctx context.Context, manifest *unstructured.Unstructured) ssa.Action {
	w.t.Helper()
	w.flux.SetOwnerLabels([]*unstructured.Unstructured{manifest}, "infra", namespace)
	changes, err := w.flux.ApplyAll(ctx, []*unstructured.Unstructured{manifest}, ssa.DefaultApplyOptions())
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(changes.Entries).To(HaveLen(1))
	return changes.Entries[0].Action
}

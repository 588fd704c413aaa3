package controller_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

const (
	setName     = "infra"
	stateSecret = "tfstate-default-infra"
)

// tfState is a Terraform state that a spec edits.
type tfState map[string]any

// recordedState is what Terraform's provider left, see internal/terraform/testdata.
func recordedState() tfState {
	GinkgoHelper()
	data, err := os.ReadFile(filepath.Join("..", "terraform", "testdata", "state.json"))
	Expect(err).NotTo(HaveOccurred())
	state := tfState{}
	Expect(json.Unmarshal(data, &state)).To(Succeed())
	return state
}

// dropletState is a state with these droplets alone, by their names.
func dropletState(serial int, droplets ...map[string]any) tfState {
	var resources []any
	for _, attributes := range droplets {
		resources = append(resources, map[string]any{
			"mode": "managed", "type": "digitalocean_droplet", "name": attributes["name"],
			"provider":  `provider["registry.terraform.io/digitalocean/digitalocean"]`,
			"instances": []any{map[string]any{"schema_version": 1, "attributes": attributes}},
		})
	}
	return tfState{"version": 4, "serial": serial, "lineage": "9d3f", "resources": resources}
}

func (s tfState) json() []byte {
	GinkgoHelper()
	data, err := json.Marshal(s)
	Expect(err).NotTo(HaveOccurred())
	return data
}

func gzipped(data []byte) []byte {
	GinkgoHelper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	Expect(err).NotTo(HaveOccurred())
	Expect(w.Close()).To(Succeed())
	return b.Bytes()
}

// keepState writes a state as Terraform's kubernetes backend keeps it.
func (w *world) keepState(ctx context.Context, name string, data []byte) {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
	_, err := ctrl.CreateOrUpdate(ctx, admin, secret, func() error {
		secret.Labels = map[string]string{"tfstate": "true", "tfstateSecretSuffix": "infra", "tfstateWorkspace": "default", "app.kubernetes.io/managed-by": "terraform"}
		secret.Annotations = map[string]string{"encoding": "gzip"}
		secret.Data = map[string][]byte{"tfstate": data}
		return nil
	})
	Expect(err).NotTo(HaveOccurred())
}

// lockState takes the Lease as Terraform's kubernetes backend does, and returns who unlocks.
func (w *world) lockState(ctx context.Context) (unlock func()) {
	GinkgoHelper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "lock-" + stateSecret}}
	_, err := ctrl.CreateOrUpdate(ctx, admin, lease, func() error {
		lease.Labels = map[string]string{"tfstate": "true"}
		lease.Annotations = map[string]string{"app.terraform.io/lock-info": `{"ID":"7d9e","Operation":"OperationTypeApply","Who":"kim@laptop","Created":"2026-11-26T06:00:00Z"}`}
		lease.Spec.HolderIdentity = ptr.To("7d9e")
		return nil
	})
	Expect(err).NotTo(HaveOccurred())
	return func() {
		lease.Spec.HolderIdentity = nil
		delete(lease.Annotations, "app.terraform.io/lock-info")
		Expect(admin.Update(ctx, lease)).To(Succeed())
	}
}

// declareSet makes the set, which reads the Secret unless change says otherwise.
func (w *world) declareSet(ctx context.Context, change ...func(*driftv1alpha1.CloudProvisionedSet)) *driftv1alpha1.CloudProvisionedSet {
	GinkgoHelper()
	set := &driftv1alpha1.CloudProvisionedSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: setName},
		Spec: driftv1alpha1.CloudProvisionedSetSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: accountName},
			Terraform:  driftv1alpha1.TerraformSource{SecretRef: &driftv1alpha1.StateSecretReference{Name: stateSecret}},
		},
	}
	for _, c := range change {
		c(set)
	}
	Expect(admin.Create(ctx, set)).To(Succeed())
	return set
}

func (w *world) expectSet(ctx context.Context, status metav1.ConditionStatus, reason string, message ...string) *driftv1alpha1.CloudProvisionedSet {
	GinkgoHelper()
	set := &driftv1alpha1.CloudProvisionedSet{}
	Eventually(ctx, func(g Gomega) {
		g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: setName}, set)).To(Succeed())
		g.Expect(set.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionReady, status, reason, message...))
		g.Expect(set.Status.ObservedGeneration).To(Equal(set.Generation))
	}).Should(Succeed())
	return set
}

// declaredBy are the set's declarations, by Terraform's address.
func (w *world) declaredBy(ctx context.Context, g Gomega) map[string]*driftv1alpha1.CloudProvisioned {
	var list driftv1alpha1.CloudProvisionedList
	g.Expect(admin.List(ctx, &list, client.InNamespace(w.namespace), client.MatchingLabels{driftv1alpha1.SetLabel: setName})).To(Succeed())
	out := map[string]*driftv1alpha1.CloudProvisioned{}
	for i := range list.Items {
		p := &list.Items[i]
		if p.DeletionTimestamp.IsZero() {
			out[p.Annotations[driftv1alpha1.TerraformAddressAnnotation]] = p
		}
	}
	return out
}

func (w *world) expectDeclared(ctx context.Context, addresses ...string) map[string]*driftv1alpha1.CloudProvisioned {
	GinkgoHelper()
	var found map[string]*driftv1alpha1.CloudProvisioned
	Eventually(ctx, func(g Gomega) {
		found = w.declaredBy(ctx, g)
		var got []string
		for address := range found {
			got = append(got, address)
		}
		g.Expect(got).To(ConsistOf(addresses))
	}).Should(Succeed())
	return found
}

var _ = Describe("CloudProvisionedSet", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	web := func(id string) map[string]any {
		return map[string]any{"id": id, "name": "web-" + id, "size": "s-1vcpu-1gb", "region": "nyc3", "tags": []string{"web"}}
	}
	const first, second = "digitalocean_droplet.web-1", "digitalocean_droplet.web-2"

	It("declares all that Terraform has, and nothing differs until somebody changes it", func(ctx SpecContext) {
		Expect(w.cloud.LoadFile(filepath.Join("..", "terraform", "testdata", "account.json"))).To(Succeed())
		w.keepState(ctx, stateSecret, gzipped(recordedState().json()))
		w.account(ctx)
		w.declareSet(ctx)
		w.startOperator()
		set := w.expectSet(ctx, metav1.ConditionTrue, driftv1alpha1.ReasonDeclared, "27 resources are declared; 3 can't be")
		Expect(set.Status.Declared).To(HaveValue(BeEquivalentTo(27)))
		Expect(set.Status.UnmappedResources).To(ContainElement(driftv1alpha1.UnmappedResource{
			Address: "digitalocean_project.adopted", Reason: "digitalocean_project is of no kind that can be declared"}))
		Expect(set.Status.Lineage).NotTo(BeEmpty())
		w.sync(ctx)
		Eventually(ctx, func(g Gomega) {
			for address, p := range w.declaredBy(ctx, g) {
				g.Expect(p.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionInSync, metav1.ConditionTrue, driftv1alpha1.ReasonInSync), address)
			}
		}).Should(Succeed())
		Expect(w.drifts(ctx, Default)).To(BeEmpty())

		By("somebody resizes a droplet of a module")
		const address = "module.web[0].digitalocean_droplet.this"
		p := w.declaredBy(ctx, Default)[address]
		w.resize(p.Spec.Resource.ID, "s-2vcpu-2gb")
		w.sync(ctx)
		w.expectDrifts(ctx, p.Name+" size_slug Open s-1vcpu-1gb s-2vcpu-2gb")
	})

	It("follows the state: what comes, changes and goes", func(ctx SpecContext) {
		w.keepState(ctx, stateSecret, gzipped(dropletState(1, web("1"), web("2")).json()))
		set := w.declareSet(ctx)
		w.startOperator()
		declared := w.expectDeclared(ctx, first, second)
		Expect(metav1.IsControlledBy(declared[first], set)).To(BeTrue())
		Expect(string(declared[first].Spec.Desired["size_slug"].Raw)).To(Equal(`"s-1vcpu-1gb"`))

		By("another size, another droplet in the place of the second, and its tags gone")
		changed, other := web("1"), web("3")
		changed["size"] = "s-2vcpu-2gb"
		delete(changed, "tags")
		w.keepState(ctx, stateSecret, gzipped(dropletState(2, changed, other).json()))
		after := w.expectDeclared(ctx, first, "digitalocean_droplet.web-3")
		Eventually(ctx, func(g Gomega) {
			p := w.declaredBy(ctx, g)[first]
			g.Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"s-2vcpu-2gb"`))
			g.Expect(p.Spec.Desired).NotTo(HaveKey("tags"))
			g.Expect(p.UID).To(Equal(declared[first].UID), "it is the same declaration")
		}).Should(Succeed())
		Expect(w.expectSet(ctx, metav1.ConditionTrue, driftv1alpha1.ReasonDeclared).Status.Serial).To(BeEquivalentTo(2))

		By("a resource that has another address is the same")
		moved := dropletState(3, changed)
		moved["resources"].([]any)[0].(map[string]any)["module"] = "module.a"
		w.keepState(ctx, stateSecret, gzipped(moved.json()))
		moves := w.expectDeclared(ctx, "module.a."+first)
		Expect(moves["module.a."+first].UID).To(Equal(after[first].UID))

		By("everything destroyed")
		w.keepState(ctx, stateSecret, gzipped(dropletState(4).json()))
		w.expectDeclared(ctx)
	})

	It("writes nothing while nothing changes, and takes back what others write", func(ctx SpecContext) {
		w.keepState(ctx, stateSecret, gzipped(dropletState(1, web("1"), web("2")).json()))
		w.declareSet(ctx)
		w.startOperator()
		w.expectDeclared(ctx, first, second)
		name := w.declaredBy(ctx, Default)[first].Name

		By("somebody changes a field of ours, adds one, and ignores another")
		Eventually(ctx, func(g Gomega) {
			p := w.provisioned(ctx, g, name)
			maps.Copy(p.Spec.Desired, values(map[string]any{"size_slug": "s-4vcpu-8gb", "monitoring": true}))
			p.Spec.Ignore = []string{"tags"}
			g.Expect(admin.Update(ctx, p)).To(Succeed())
		}).Should(Succeed())
		Eventually(ctx, func(g Gomega) {
			p := w.provisioned(ctx, g, name)
			g.Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"s-1vcpu-1gb"`))
			g.Expect(string(p.Spec.Desired["monitoring"].Raw)).To(Equal("true"), "what is not ours stays")
			g.Expect(p.Spec.Ignore).To(Equal([]string{"tags"}))
		}).Should(Succeed())
		var versions []string
		look := func() []string {
			var out []string
			for _, p := range w.declaredBy(ctx, Default) {
				out = append(out, p.Name+" "+p.ResourceVersion)
			}
			return append(out, w.expectSet(ctx, metav1.ConditionTrue, driftv1alpha1.ReasonDeclared).ResourceVersion)
		}
		Eventually(ctx, func(g Gomega) { // the detection writes statuses for a moment
			versions = look()
			g.Consistently(look).WithTimeout(500 * time.Millisecond).Should(ConsistOf(versions))
		}).Should(Succeed())
		Consistently(look).WithTimeout(3 * time.Second).Should(ConsistOf(versions))
	})

	It("changes nothing while the state is locked, and says who locked it", func(ctx SpecContext) {
		w.keepState(ctx, stateSecret, gzipped(dropletState(1, web("1")).json()))
		unlock := w.lockState(ctx)
		w.declareSet(ctx)
		w.startOperator()
		set := w.expectSet(ctx, metav1.ConditionUnknown, driftv1alpha1.ReasonAwaitingUnlock, "is locked by kim@laptop since 2026-11-26T06:00:00Z (OperationTypeApply)")
		Expect(set.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionReconciling, metav1.ConditionTrue, driftv1alpha1.ReasonAwaitingUnlock))
		Expect(w.declaredBy(ctx, Default)).To(BeEmpty())
		unlock()
		w.expectDeclared(ctx, first)
		unlock = w.lockState(ctx)
		w.expectSet(ctx, metav1.ConditionUnknown, driftv1alpha1.ReasonAwaitingUnlock)
		w.keepState(ctx, stateSecret, gzipped(dropletState(2).json()))
		Consistently(ctx, func(g Gomega) { g.Expect(w.declaredBy(ctx, g)).To(HaveLen(1)) }).WithTimeout(3 * time.Second).Should(Succeed())
		unlock()
		w.expectDeclared(ctx)
	})

	It("changes nothing where the state can't be read, and says why without a word of it", func(ctx SpecContext) {
		w.keepState(ctx, stateSecret, gzipped(dropletState(1, web("1")).json()))
		w.declareSet(ctx)
		w.startOperator()
		w.expectDeclared(ctx, first)
		for _, c := range []struct {
			why, reason, says string
			data              []byte
		}{
			{"an older format", driftv1alpha1.ReasonFixState, "it has format 3", gzipped([]byte(`{"version":3,"modules":[{"hunter2":1}]}`))},
			{"no JSON", driftv1alpha1.ReasonFixState, "it is not JSON", gzipped([]byte(`hunter2`))},
			{"an encrypted one", driftv1alpha1.ReasonFixState, "encrypted by OpenTofu", gzipped([]byte(`{"encrypted_data":"hunter2","encryption_version":"v0"}`))},
			{"damaged", driftv1alpha1.ReasonFixState, "decompressing the state", append([]byte{0x1f, 0x8b}, "hunter2"...)},
			{"cut short", driftv1alpha1.ReasonFixState, "decompressing the state", gzipped(dropletState(1, web("1")).json())[:60]},
			{"larger than one may be", driftv1alpha1.ReasonFixState, "larger than 8 MiB", gzipped([]byte(`{"version":4,"x":"` + strings.Repeat("hunter2", 2<<20) + `"}`))},
		} {
			By(c.why)
			w.keepState(ctx, stateSecret, c.data)
			set := w.expectSet(ctx, metav1.ConditionFalse, c.reason, c.says)
			Expect(set.Status.Conditions).To(haveCondition(driftv1alpha1.ConditionStalled, metav1.ConditionTrue, c.reason))
			Expect(fmt.Sprint(set.Status)).NotTo(ContainSubstring("hunter2"))
			Expect(w.declaredBy(ctx, Default)).To(HaveLen(1))
		}

		By("a Secret that is no state's")
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: stateSecret}}
		Expect(admin.Patch(ctx, secret, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":null}}`)))).To(Succeed())
		w.expectSet(ctx, metav1.ConditionFalse, driftv1alpha1.ReasonFixSecret, "has no label tfstate=true")
		By("and none")
		Expect(admin.Delete(ctx, secret)).To(Succeed())
		w.expectSet(ctx, metav1.ConditionFalse, driftv1alpha1.ReasonFixSecret, "does not exist")
		Expect(w.declaredBy(ctx, Default)).To(HaveLen(1))

		By("it is there again")
		w.keepState(ctx, stateSecret, dropletState(5, web("1"), web("2")).json())
		w.expectDeclared(ctx, first, second)
	})

	It("reads a state that takes several Secrets", func(ctx SpecContext) {
		data := gzipped(dropletState(1, web("1"), web("2")).json())
		w.keepState(ctx, stateSecret, data[:40])
		w.keepState(ctx, stateSecret+"-part-1", data[40:90])
		w.keepState(ctx, stateSecret+"-part-2", data[90:])
		w.declareSet(ctx)
		w.startOperator()
		w.expectDeclared(ctx, first, second)
	})

	It("leaves a declaration of somebody else's, and takes over one that it left itself", func(ctx SpecContext) {
		w.keepState(ctx, stateSecret, gzipped(dropletState(1, web("1")).json()))
		w.declareSet(ctx)
		w.startOperator()
		declared := w.expectDeclared(ctx, first)[first]
		By("deleted with its declarations left, as the garbage collector leaves them, and made anew")
		set := w.expectSet(ctx, metav1.ConditionTrue, driftv1alpha1.ReasonDeclared)
		Expect(admin.Delete(ctx, set)).To(Succeed())
		Expect(admin.Patch(ctx, declared.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"ownerReferences":null}}`)))).To(Succeed())
		set = w.declareSet(ctx)
		Eventually(ctx, func(g Gomega) {
			p := w.declaredBy(ctx, g)[first]
			g.Expect(p.UID).To(Equal(declared.UID))
			g.Expect(metav1.IsControlledBy(p, set)).To(BeTrue())
		}).Should(Succeed())

		By("one of that name that is not the set's")
		Expect(admin.Delete(ctx, set)).To(Succeed())
		Expect(admin.Delete(ctx, declared.DeepCopy())).To(Succeed())
		Expect(admin.Create(ctx, w.declaration(declared.Name, "Droplet", "99", map[string]any{"region": "fra1"}))).To(Succeed())
		w.declareSet(ctx)
		w.expectSet(ctx, metav1.ConditionFalse, driftv1alpha1.ReasonFixNames, declared.Name)
		Expect(w.provisioned(ctx, Default, declared.Name).Spec.Resource.ID).To(Equal("99"))
	})

	Describe("from a URL", func() {
		var mu sync.Mutex
		var answer http.HandlerFunc
		var server *httptest.Server
		serve := func(h http.HandlerFunc) { mu.Lock(); defer mu.Unlock(); answer = h }
		BeforeEach(func() {
			serve(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) })
			server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				answer(rw, r)
			}))
			DeferCleanup(server.Close)
			w.options.AllowedStateURLs = []string{server.URL + "/states"}
		})
		from := func(path string) func(*driftv1alpha1.CloudProvisionedSet) {
			return func(set *driftv1alpha1.CloudProvisionedSet) {
				set.Spec.Terraform = driftv1alpha1.TerraformSource{URL: server.URL + path}
			}
		}
		again := func(ctx context.Context) { // a URL is asked once a minute, and when the set changes
			Eventually(ctx, func(g Gomega) {
				set := &driftv1alpha1.CloudProvisionedSet{}
				g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: setName}, set)).To(Succeed())
				set.Spec.Defaults = map[driftv1alpha1.DefaultsPolicy]driftv1alpha1.DefaultsPolicy{
					driftv1alpha1.DefaultsOmit: driftv1alpha1.DefaultsInclude, driftv1alpha1.DefaultsInclude: driftv1alpha1.DefaultsOmit}[set.Spec.Defaults]
				g.Expect(admin.Update(ctx, set)).To(Succeed())
			}).Should(Succeed())
		}

		It("declares what is served there, and nothing for any other answer", func(ctx SpecContext) {
			w.declareSet(ctx, from("/states/infra"))
			w.startOperator()
			w.expectSet(ctx, metav1.ConditionUnknown, driftv1alpha1.ReasonAwaitingState, "holds no state yet")
			serve(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(dropletState(1, web("1")).json()) })
			again(ctx)
			w.expectDeclared(ctx, first)
			for _, c := range []struct {
				status         int
				verdict        metav1.ConditionStatus
				reason, header string
			}{
				{http.StatusLocked, metav1.ConditionUnknown, driftv1alpha1.ReasonAwaitingUnlock, ""},
				{http.StatusForbidden, metav1.ConditionFalse, driftv1alpha1.ReasonFixStateURL, ""},
				{http.StatusInternalServerError, metav1.ConditionFalse, driftv1alpha1.ReasonUnreachable, ""},
				{http.StatusFound, metav1.ConditionFalse, driftv1alpha1.ReasonFixStateURL, "/elsewhere"},
			} {
				By(http.StatusText(c.status))
				serve(func(rw http.ResponseWriter, r *http.Request) {
					Expect(r.URL.Path).To(Equal("/states/infra"), "no redirect is followed")
					rw.Header().Set("Location", c.header)
					rw.WriteHeader(c.status)
				})
				again(ctx)
				w.expectSet(ctx, c.verdict, c.reason, fmt.Sprint(c.status))
				Expect(w.declaredBy(ctx, Default)).To(HaveLen(1))
			}
		})

		It("asks only where it may", func(ctx SpecContext) {
			serve(func(http.ResponseWriter, *http.Request) { Fail("it asked") })
			w.declareSet(ctx, from("/statesx/infra"))
			w.startOperator()
			w.expectSet(ctx, metav1.ConditionFalse, driftv1alpha1.ReasonFixStateURL, "--allowed-state-url")
			for _, path := range []string{"/states/../other", "/other", "/"} {
				Eventually(ctx, func(g Gomega) {
					set := &driftv1alpha1.CloudProvisionedSet{}
					g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: setName}, set)).To(Succeed())
					set.Spec.Terraform.URL = server.URL + path
					g.Expect(admin.Update(ctx, set)).To(Succeed())
				}).Should(Succeed())
				w.expectSet(ctx, metav1.ConditionFalse, driftv1alpha1.ReasonFixStateURL, path)
			}
		})

		It("shows nobody a URL that is a secret", func(ctx SpecContext) {
			presigned := func(value string) {
				secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "presigned"}}
				_, err := ctrl.CreateOrUpdate(ctx, admin, secret, func() error {
					secret.Data = map[string][]byte{"url": []byte(value + "\n")}
					return nil
				})
				Expect(err).NotTo(HaveOccurred())
			}
			presigned(server.URL + "/states/infra?signature=hunter2")
			serve(func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("signature") != "hunter2" {
					rw.WriteHeader(http.StatusForbidden)
					return
				}
				_, _ = rw.Write(gzipped(dropletState(1, web("1")).json()))
			})
			w.declareSet(ctx, func(set *driftv1alpha1.CloudProvisionedSet) {
				set.Spec.Terraform = driftv1alpha1.TerraformSource{URLSecretRef: &driftv1alpha1.StateURLReference{Name: "presigned"}}
			})
			w.startOperator()
			w.expectDeclared(ctx, first)
			serve(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusForbidden) })
			again(ctx)
			set := w.expectSet(ctx, metav1.ConditionFalse, driftv1alpha1.ReasonFixStateURL, "403")
			Expect(fmt.Sprint(set.Status)).NotTo(ContainSubstring("hunter2"))
			presigned("http://hunter2:hunter2@127.0.0.1:1/states/infra?signature=hunter2")
			again(ctx)
			set = w.expectSet(ctx, metav1.ConditionFalse, driftv1alpha1.ReasonFixStateURL, "127.0.0.1:1/states/infra is not one")
			Expect(fmt.Sprint(set.Status)).NotTo(ContainSubstring("hunter2"))
			server.Close()
			presigned(server.URL + "/states/infra?signature=hunter2")
			again(ctx)
			set = w.expectSet(ctx, metav1.ConditionFalse, driftv1alpha1.ReasonUnreachable, "connection refused")
			Expect(fmt.Sprint(set.Status)).NotTo(ContainSubstring("hunter2"))
		})
	})
})

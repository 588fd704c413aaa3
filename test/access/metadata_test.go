package access_test

import (
	"context"
	"encoding/json"
	"maps"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func jsonOf(v any) string {
	out, err := json.Marshal(v)
	Expect(err).NotTo(HaveOccurred())
	return string(out)
}

// part is something of an object that only the operator writes.
type part struct {
	name, patch, refused string
}

var driftParts = []part{
	{"an ownerReference to what does not exist, to have it collected",
		`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"gone","uid":"00000000-0000-0000-0000-000000000000"}]}}`,
		"only the operator writes the ownerReferences of a CloudDrift"},
	{"a finalizer", `{"metadata":{"finalizers":["example.com/keep"]}}`, "only the operator writes the finalizers of a CloudDrift"},
	{"a label", `{"metadata":{"labels":{"example.com/mine":"yes"}}}`, "only the operator writes the labels of a CloudDrift"},
	{"one of our labels", `{"metadata":{"labels":{"drift.arcadia.cloud/kind":"Volume"}}}`, "only the operator writes the labels of a CloudDrift"},
	{"all labels away", `{"metadata":{"labels":null}}`, "only the operator writes the labels of a CloudDrift"},
	{"the spec, which nobody changes", `{"spec":{"field":"region"}}`, "the spec of a CloudDrift cannot change"},
}

var _ = Describe("of a CloudDrift, people change only annotations", func() {
	for _, p := range driftParts {
		for _, how := range []struct{ name, kind string }{{"merge patch", "merge"}, {"apply", "apply"}} {
			It("refuses "+p.name+" by "+how.name, func(ctx SpecContext) {
				for _, as := range []user{alice, patcher, greedy} {
					d := openDrift(ctx)
					before := live(ctx, d)
					err := changePart(ctx, as, d, p, how.kind)
					Expect(errorText(err)).To(ContainSubstring(p.refused), as.name)
					Expect(live(ctx, d)).To(Equal(before))
				}
			})
		}
	}

	It("refuses them together with an approval that is right", func(ctx SpecContext) {
		d := openDrift(ctx)
		d.Annotations = approval("alice", observation)
		d.Labels["example.com/mine"] = "yes"
		requests.Add(1)
		Expect(errorText(alice.client.Update(ctx, d))).To(ContainSubstring("only the operator writes the labels"))
	})

	It("refuses to take an ownerReference or a finalizer off", func(ctx SpecContext) {
		d := openDrift(ctx)
		owner := provisioned(ctx)
		d.OwnerReferences = ownedBy(owner)
		d.Finalizers = []string{"drift.arcadia.cloud/test"}
		Expect(operator.client.Update(ctx, d)).To(Succeed())
		for _, as := range []user{alice, patcher, greedy} {
			Expect(errorText(as.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=merge", "-p", `{"metadata":{"ownerReferences":null}}`))).
				To(ContainSubstring("only the operator writes the ownerReferences"))
			Expect(errorText(as.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`))).
				To(ContainSubstring("only the operator writes the finalizers"))
		}
		d.Finalizers = nil
		Expect(operator.client.Update(ctx, d)).To(Succeed())
	})

	It("lets the operator write labels, ownerReferences and finalizers", func(ctx SpecContext) {
		for _, p := range driftParts[1:4] {
			d := openDrift(ctx)
			Expect(operator.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=merge", "-p", p.patch)).To(Succeed())
			Expect(operator.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)).To(Succeed())
		}
	})

	It("does not let status in through the main resource", func(ctx SpecContext) {
		d := openDrift(ctx)
		before := live(ctx, d)
		Expect(alice.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=merge", "-p",
			`{"status":{"state":"Accepted","resolvedBy":"alice","resolvedAt":"2026-01-01T00:00:00Z"}}`)).To(Succeed())
		Expect(live(ctx, d).Status).To(Equal(before.Status))
	})
})

func changePart(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, p part, how string) error {
	if how == "merge" {
		return as.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=merge", "-p", p.patch)
	}
	now := live(ctx, d)
	now.ManagedFields = nil
	now.SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDrift"))
	var changed map[string]any
	Expect(json.Unmarshal([]byte(jsonOf(now)), &changed)).To(Succeed())
	var patch map[string]any
	Expect(json.Unmarshal([]byte(p.patch), &patch)).To(Succeed())
	for section, fields := range patch {
		maps.Copy(changed[section].(map[string]any), fields.(map[string]any))
	}
	return as.kubectl(ctx, "replace", "-f", file("drift.json", jsonOf(changed)))
}

var _ = Describe("what only the operator writes", func() {
	It("stays the operator's even where RBAC would let another", func(ctx SpecContext) {
		By("creating")
		for _, object := range []client.Object{newDrift(), newResource()} {
			requests.Add(1)
			Expect(errorText(greedy.client.Create(ctx, object))).To(ContainSubstring("only the operator creates a Cloud"))
		}
		By("statuses")
		for object, patch := range map[client.Object]string{
			openDrift(ctx):   `{"status":{"observation":"x"}}`,
			provisioned(ctx): `{"status":{"resourceID":"x"}}`,
			account(ctx):     `{"status":{"teamUUID":"x"}}`,
		} {
			requests.Add(2)
			Expect(errorText(greedy.client.Status().Patch(ctx, object, client.RawPatch("application/merge-patch+json", []byte(patch))))).
				To(ContainSubstring("only the operator writes the status of a Cloud"))
			Expect(operator.client.Status().Patch(ctx, object, client.RawPatch("application/merge-patch+json", []byte(patch)))).To(Succeed())
		}
		By("what was observed")
		r := resource(ctx)
		Expect(errorText(greedy.kubectl(ctx, "patch", "cloudresource", r.Name, "--type=merge", "-p", `{"observed":{"name":"x"}}`))).
			To(ContainSubstring("only the operator writes what was observed of a CloudResource"))
		Expect(errorText(greedy.kubectl(ctx, "patch", "cloudresource", r.Name, "--type=merge", "-p", `{"coverage":{"state":"Managed"}}`))).
			To(ContainSubstring("and who looks after it"))
		Expect(errorText(greedy.kubectl(ctx, "patch", "cloudresource", r.Name, "--type=merge", "-p", `{"metadata":{"labels":{"a":"b"}}}`))).
			To(ContainSubstring("only the operator writes the labels of a CloudResource"))
	})

	It("is not created by a patch either, with or without an approval in it", func(ctx SpecContext) {
		for _, annotations := range []map[string]string{nil, approval("alice", observation)} {
			d := newDrift()
			d.Name, d.GenerateName, d.Annotations = "made-by-apply", "", annotations
			d.SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDrift"))
			path := file("drift.json", jsonOf(d))
			byPolicy := ContainSubstring("only the operator creates a CloudDrift")
			if annotations != nil {
				// Two policies refuse it then, and either may be first.
				byPolicy = Or(byPolicy, ContainSubstring("not created with a resolution"))
			}
			for as, refused := range map[*user]OmegaMatcher{
				&alice: ContainSubstring("orbidden"), &patcher: ContainSubstring("orbidden"), &greedy: byPolicy,
			} {
				for _, how := range [][]string{{"apply"}, {"apply", "--server-side"}, {"create"}} {
					Expect(errorText(as.kubectl(ctx, append(how, "-f", path)...))).To(refused, as.name)
				}
			}
		}
	})

	It("is known by its verb, and not by its name", func(ctx SpecContext) {
		config, err := controlPlane.ServiceAccount(namespace, "clouddrift-controller-manager")
		Expect(err).NotTo(HaveOccurred())
		for _, impostor := range []user{userOf("impostor", config), newUser("clouddrift-controller-manager"), newUser("system:clouddrift")} {
			requests.Add(1)
			Expect(errorText(impostor.client.Create(ctx, newDrift()))).To(ContainSubstring("orbidden"))
		}
		By("another user with the verb")
		deputy := newUser("deputy")
		role(ctx, "drift-deputy", rbacv1.PolicyRule{
			APIGroups: []string{"drift.arcadia.cloud"}, Resources: []string{"clouddrifts"}, Verbs: []string{"create", "operate"},
		})
		bind(ctx, namespace, "drift-deputy", deputy)
		By("who is not the operator by having it in one namespace")
		Eventually(func() string { return errorText(deputy.client.Create(ctx, newDrift())) }).
			Should(ContainSubstring("only the operator creates a CloudDrift"))
		By("and is by having it in all")
		Expect(admin.client.Create(ctx, &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "deputy"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "drift-deputy"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: deputy.name}},
		})).To(Succeed())
		Eventually(func() error { return deputy.client.Create(ctx, newDrift()) }).Should(Succeed())
	})

	It("is not whoever holds everything in one namespace", func(ctx SpecContext) {
		tina := newUser("tina")
		role(ctx, "everything", rbacv1.PolicyRule{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}})
		bind(ctx, namespace, "everything", tina)
		d, p := openDrift(ctx), provisioned(ctx)
		By("a resolution in alice's name, in the status")
		Eventually(func() string {
			return errorText(tina.kubectl(ctx, "patch", "clouddrift", d.Name, "--subresource=status", "--type=merge", "-p",
				`{"status":{"resolution":{"verb":"Accept","user":"alice","observation":"`+observation+`","value":"s-8vcpu-16gb","startedAt":"2026-11-25T00:00:00Z"}}}`))
		}).Should(ContainSubstring("only the operator writes the status of a CloudDrift"))
		By("the rest of what is the operator's")
		requests.Add(2)
		Expect(errorText(tina.client.Create(ctx, newDrift()))).To(ContainSubstring("only the operator creates a CloudDrift"))
		Expect(errorText(tina.client.Create(ctx, newResource()))).To(ContainSubstring("only the operator creates a CloudResource"))
		Expect(errorText(tina.kubectl(ctx, "label", "clouddrift", d.Name, "a=b"))).To(ContainSubstring("only the operator writes the labels"))
		Expect(errorText(tina.kubectl(ctx, "annotate", "cloudprovisioned", p.Name, "drift.arcadia.cloud/last-accepted=x"))).
			To(ContainSubstring("is the operator's own"))
		By("an approval in alice's name")
		Expect(errorText(annotate(ctx, tina, d, values("resolve", "accept", "resolved-by", "alice")))).To(ContainSubstring("resolved-by must be tina"))
		By("accept is hers, in her own name: a wildcard holds every verb")
		Expect(annotate(ctx, tina, d, values("resolve", "accept"))).To(Succeed())
	})

	It("accept can be given for one drift alone", func(ctx SpecContext) {
		mine, other := openDrift(ctx), openDrift(ctx)
		carol := newUser("carol")
		bind(ctx, namespace, "drift-patcher", carol)
		role(ctx, "accept-one", rbacv1.PolicyRule{
			APIGroups: []string{"drift.arcadia.cloud"}, Resources: []string{"clouddrifts"},
			ResourceNames: []string{mine.Name}, Verbs: []string{"accept"},
		})
		bind(ctx, namespace, "accept-one", carol)
		Eventually(func() error { return annotate(ctx, carol, mine, values("resolve", "accept")) }).Should(Succeed())
		Expect(errorText(annotate(ctx, carol, other, values("resolve", "accept")))).To(ContainSubstring(needsVerb))
	})
})

var _ = Describe("last-accepted on a CloudProvisioned", func() {
	const refused = "drift.arcadia.cloud/last-accepted is the operator's own"

	It("is set and changed by the operator alone", func(ctx SpecContext) {
		p := provisioned(ctx)
		for _, as := range []user{editor, alice, greedy} {
			Expect(errorText(as.kubectl(ctx, "annotate", "cloudprovisioned", p.Name, "drift.arcadia.cloud/last-accepted=x"))).To(ContainSubstring(refused))
		}
		Expect(operator.kubectl(ctx, "annotate", "cloudprovisioned", p.Name, "drift.arcadia.cloud/last-accepted=x")).To(Succeed())
		for _, as := range []user{editor, alice, greedy} {
			Expect(errorText(as.kubectl(ctx, "annotate", "--overwrite", "cloudprovisioned", p.Name, "drift.arcadia.cloud/last-accepted=y"))).To(ContainSubstring(refused))
		}
		Expect(operator.kubectl(ctx, "annotate", "--overwrite", "cloudprovisioned", p.Name, "drift.arcadia.cloud/last-accepted=y")).To(Succeed())

		By("an edit that leaves it as it is")
		Expect(editor.kubectl(ctx, "patch", "cloudprovisioned", p.Name, "--type=merge", "-p", `{"spec":{"desired":{"region":"nyc3"}}}`)).To(Succeed())
	})

	It("comes with a declaration that is restored, and may be dropped by a replace", func(ctx SpecContext) {
		p := newProvisioned()
		p.Annotations = map[string]string{driftv1alpha1.LastAcceptedAnnotation: "some-drift/some-uid"}
		requests.Add(2)
		p = create(ctx, editor, p)
		By("replace --force of such a file, by an editor")
		saved := p.DeepCopy()
		saved.SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudProvisioned"))
		saved.ManagedFields, saved.ResourceVersion, saved.UID = nil, "", ""
		path := file("saved.json", jsonOf(saved))
		Expect(editor.kubectl(ctx, "replace", "--force", "-f", path)).To(Succeed())
		By("an update with another mark than is stored, which says what to do")
		saved.Annotations[driftv1alpha1.LastAcceptedAnnotation] = "another/uid"
		Expect(errorText(editor.kubectl(ctx, "replace", "-f", file("other.json", jsonOf(saved))))).
			To(And(ContainSubstring(refused), ContainSubstring("some-drift/some-uid is stored"), ContainSubstring("leave the annotation out")))
		By("a replace without")
		Expect(admin.client.Get(ctx, client.ObjectKeyFromObject(saved), p)).To(Succeed())
		p.Annotations = nil
		Expect(editor.client.Update(ctx, p)).To(Succeed())
	})
})

var _ = Describe("a CloudAccount's annotations", func() {
	It("are set by those who may change accounts", func(ctx SpecContext) {
		a := account(ctx)
		for _, annotation := range []string{driftv1alpha1.SyncAnnotation, driftv1alpha1.ConfirmDisappearanceAnnotation} {
			for _, as := range []user{nobody, viewer, editor, patcher, operator} {
				Expect(errorText(as.kubectl(ctx, "annotate", "cloudaccount", a.Name, annotation+"=x"))).To(ContainSubstring("orbidden"), as.name)
			}
			Expect(alice.kubectl(ctx, "annotate", "cloudaccount", a.Name, annotation+"=x")).To(Succeed())
		}
	})
})

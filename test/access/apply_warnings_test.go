package access_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declaring"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

const (
	warns   = "ValidatingAdmissionPolicy 'clouddrift-apply-warnings'"
	undoes  = "undoes what was accepted"
	changes = "changes what was accepted lately"
	again   = "says again what was declared before"
)

// warnings are those that the API server gave with its answers.
type warnings struct {
	mu   sync.Mutex
	said []string
}

func (w *warnings) HandleWarningHeader(_ int, _ string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

// take are the warnings since it was last asked.
func (w *warnings) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	said := strings.Join(w.said, "\n")
	w.said = nil
	return said
}

// warned is u with a client whose warnings are kept.
func (u user) warned() (user, *warnings) {
	heard := &warnings{}
	u.config = rest.CopyConfig(u.config)
	u.config.WarningHandler = heard
	c, err := client.New(u.config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	u.client = c
	return u, heard
}

// accepted is what is remembered of an accept of a field: from and to are JSON, or "".
func accepted(path string, git driftv1alpha1.GitState, from, to string, since time.Time) driftv1alpha1.FieldStatus {
	return driftv1alpha1.FieldStatus{Path: path, Episode: 1, Acceptance: &driftv1alpha1.Acceptance{
		Drift: "drift-of-it-1", Git: git, Since: metav1.NewTime(since),
		From: apiextensionsv1.JSON{Raw: []byte(from)}, To: apiextensionsv1.JSON{Raw: []byte(to)},
	}}
}

func pendingAccept(path, from, to string) []driftv1alpha1.FieldStatus {
	return []driftv1alpha1.FieldStatus{accepted(path, driftv1alpha1.GitPending, from, to, time.Now())}
}

func ended(path string, git driftv1alpha1.GitState, ago time.Duration) []driftv1alpha1.FieldStatus {
	return []driftv1alpha1.FieldStatus{accepted(path, git, "null", "null", time.Now().Add(-ago))}
}

// declared creates a declaration of desired, a JSON object, with a status.
func declared(ctx context.Context, desired string, open int32, fields ...driftv1alpha1.FieldStatus) *driftv1alpha1.CloudProvisioned {
	GinkgoHelper()
	p := newProvisioned()
	p.Spec.Desired = desiredOf(desired)
	p = create(ctx, admin, p)
	p.Status = driftv1alpha1.CloudProvisionedStatus{ObservedGeneration: 1, OpenDrifts: ptr.To(open), Fields: fields}
	Expect(operator.client.Status().Update(ctx, p)).To(Succeed())
	return p
}

func desiredOf(text string) map[string]apiextensionsv1.JSON {
	var out map[string]apiextensionsv1.JSON
	Expect(json.Unmarshal([]byte(text), &out)).To(Succeed(), text)
	return out
}

// declare declares something else, as somebody, and returns what they are told.
func declare(ctx context.Context, as user, p *driftv1alpha1.CloudProvisioned, desired string) string {
	GinkgoHelper()
	as, heard := as.warned()
	requests.Add(1)
	p.Spec.Desired = desiredOf(desired)
	Expect(as.client.Update(ctx, p)).To(Succeed())
	return heard.take()
}

var _ = Describe("who declares what undoes an accepted value", func() {
	small, big, third := `{"size_slug":"s-1"}`, `{"size_slug":"s-2"}`, `{"size_slug":"s-3"}`
	size := pendingAccept("size_slug", `"s-1"`, `"s-2"`)
	backups := pendingAccept("backup_policy.plan", `"daily"`, `"weekly"`)
	tags := pendingAccept("tags", `["web"]`, `["web","blue"]`)
	sources := pendingAccept(`inbound_rules["tcp/22"].sources.addresses`, `["10.0.0.0/8"]`, `["0.0.0.0/0"]`)
	rule := pendingAccept(`inbound_rules["tcp/22"]`, `{"protocol":"tcp","ports":"22","sources":{"addresses":["10.0.0.0/8"]}}`,
		`{"protocol":"tcp","ports":"22","sources":{"addresses":["0.0.0.0/0","::/0"],"tags":[]}}`)
	extra := pendingAccept(`inbound_rules["tcp/5432"]`, `null`, `{"protocol":"tcp","ports":"5432"}`)
	rules := func(addresses string) string {
		return `{"inbound_rules":[{"protocol":"tcp","ports":"80"},{"protocol":"tcp","ports":"22","sources":{"addresses":` + addresses + `}}]}`
	}
	for _, c := range []struct {
		why      string
		fields   []driftv1alpha1.FieldStatus
		was, now string
		says     string // "" where nothing is to be said
	}{
		{"a third value", size, big, third, undoes},
		{"a third value, after the old one was applied again", size, small, third, undoes},
		{"the field left out", size, small, `{"region":"nyc3"}`, undoes},
		{"the old value, in place of what the accept wrote", size, big, small, again},
		{"the old value, in place of what the accept wrote, in another order", tags, `{"tags":["blue","web"]}`, `{"tags":["web"]}`, again},
		{"the old value, in place of itself", size, small, `{"size_slug":"S-1"}`, ""},
		{"the accepted value", size, small, big, ""},
		{"the accepted value in capitals", size, small, `{"size_slug":"S-2"}`, ""},
		{"another field", size, small, `{"size_slug":"s-1","region":"nyc3"}`, ""},
		{"a third value, which was declared before", size, third, `{"size_slug":"s-3","region":"nyc3"}`, ""},
		{"a field that was not declared", size, `{"region":"nyc3"}`, `{"region":"nyc3","size_slug":"s-3"}`, ""},
		{"another member of the object", backups, `{"backup_policy":{"plan":"daily"}}`, `{"backup_policy":{"plan":"daily","hour":4}}`, ""},
		{"a third value in an object", backups, `{"backup_policy":{"plan":"daily"}}`, `{"backup_policy":{"plan":"never"}}`, undoes},
		{"the object left out", backups, `{"backup_policy":{"plan":"daily"},"region":"nyc3"}`, `{"region":"nyc3"}`, undoes},
		{"a text in place of the object", backups, `{"backup_policy":{"plan":"daily"}}`, `{"backup_policy":"daily"}`, undoes},
		{"the same list in another order", tags, `{"tags":["web","blue"]}`, `{"tags":["blue","WEB"]}`, ""},
		{"a third list", tags, `{"tags":["web","blue"]}`, `{"tags":["web","green"]}`, undoes},
		{"no list at all, where it was a longer one", tags, `{"tags":["web","blue"]}`, `{"tags":null}`, undoes},
		{"a number for its text", pendingAccept("vcpus", `2`, `4`), `{"vcpus":2}`, `{"vcpus":"4"}`, ""},
		{"a third member of an element", sources, rules(`["0.0.0.0/0"]`), rules(`["192.168.0.0/16"]`), undoes},
		{"the old member of an element", sources, rules(`["0.0.0.0/0"]`), rules(`["10.0.0.0/8"]`), ""},
		{"another element", sources, rules(`["0.0.0.0/0"]`), strings.Replace(rules(`["0.0.0.0/0"]`), `"80"`, `"443"`, 1), ""},
		{"an element that is neither", rule, rules(`["10.0.0.0/8"]`), rules(`["192.168.0.0/16"]`), undoes},
		{"an element that was accepted and is neither", rule, rules(`["0.0.0.0/0","::/0"]`), rules(`["::/0"]`), undoes},
		{"an element left out", rule, rules(`["10.0.0.0/8"]`), `{"inbound_rules":[{"protocol":"tcp","ports":"80"}]}`, undoes},
		{"the old element", rule, rules(`["0.0.0.0/0","::/0"]`), rules(`["10.0.0.0/8"]`), ""},
		{"the accepted element, in another order", rule, rules(`["10.0.0.0/8"]`), rules(`["::/0","0.0.0.0/0"]`), ""},
		{"another element than was accepted", rule, rules(`["10.0.0.0/8"]`), strings.Replace(rules(`["10.0.0.0/8"]`), `"80"`, `"443"`, 1), ""},
		{"an element that was neither before", rule, rules(`["1.0.0.0/8"]`), rules(`["2.0.0.0/8"]`), ""},
		{"the list left out", sources, rules(`["0.0.0.0/0"]`), `{"tags":[]}`, undoes},
		{"the old list, of an element that came", extra, `{"inbound_rules":[{"protocol":"tcp","ports":"5432"}]}`, `{"inbound_rules":[]}`, ""},
		{"no list, of an element that came", extra, `{"inbound_rules":[{"protocol":"tcp","ports":"5432"}]}`, `{"tags":[]}`, undoes},
		{"a path that is too deep to be followed", pendingAccept(`a["b"].c["d"].e`, `1`, `2`), `{"a":1}`, `{"a":2}`, ""},
		{"a key of its own kind", pendingAccept(`labels["a.b/c"]`, `1`, `2`), `{"labels":{"a.b/c":2}}`, `{"labels":{"a.b/c":3}}`, ""},
		{"one that was withdrawn", ended("size_slug", driftv1alpha1.GitWithdrawn, 0), small, third, ""},
		{"one that was superseded", ended("size_slug", driftv1alpha1.GitSuperseded, 0), small, third, ""},
		{"one that has landed lately", ended("size_slug", driftv1alpha1.GitLanded, time.Hour), big, small, changes},
		{"one that has landed lately, left out", ended("size_slug", driftv1alpha1.GitLanded, time.Hour), big, `{"region":"nyc3"}`, changes},
		{"one that has landed lately, in capitals", ended("size_slug", driftv1alpha1.GitLanded, time.Hour), big, `{"size_slug":"S-2"}`, ""},
		{"one that has landed long ago", ended("size_slug", driftv1alpha1.GitLanded, 31*day), big, small, ""},
	} {
		verdict := "says nothing of "
		if c.says != "" {
			verdict = "is told of "
		}
		It(verdict+c.why, func(ctx SpecContext) {
			said := declare(ctx, editor, declared(ctx, c.was, 0, c.fields...), c.now)
			if c.says == "" {
				Expect(said).To(BeEmpty())
				return
			}
			Expect(said).To(And(ContainSubstring(warns), ContainSubstring("this is applied, and "+c.says), ContainSubstring("drift-of-it-1")))
		})
	}

	It("is told the values, and what to do", func(ctx SpecContext) {
		Expect(declare(ctx, editor, declared(ctx, big, 0, size...), third)).To(HaveSuffix("this is applied, and undoes what was accepted: " +
			"size_slug s-2 in place of s-1 (drift-of-it-1); what is declared now is neither, which ends that. To keep what was accepted, declare it: " +
			"kubectl drift show drift-of-it-1 has the value, who accepted it, and why; kubectl drift export prints what else Git has yet to say"))
	})

	It("is told what stands in for the old value, and what to do", func(ctx SpecContext) {
		Expect(declare(ctx, editor, declared(ctx, big, 0, size...), small)).To(HaveSuffix("this is applied, and says again what was declared before " +
			"size_slug s-2 was accepted in place of s-1 (drift-of-it-1). What was accepted stands in for it until the manifest says it: " +
			"kubectl drift export prints what to declare, and kubectl drift withdraw drift-of-it-1 takes the accept back"))
	})

	It("is told nothing that would break a terminal, or a header", func(ctx SpecContext) {
		said := declare(ctx, editor, declared(ctx, big, 0, pendingAccept("size_slug", `"s\u001b[31m\n1"`, `"`+strings.Repeat("x", 1000)+`"`)...), third)
		Expect(said).To(ContainSubstring("undoes what was accepted: size_slug (drift-of-it-1);"))
	})

	It("is told of several fields at once, and their number where they are many", func(ctx SpecContext) {
		Expect(declare(ctx, editor, declared(ctx, `{"size_slug":"s-1","region":"nyc3"}`, 0,
			append(pendingAccept("region", `"nyc3"`, `"fra1"`), size...)...), `{"tags":[]}`)).
			To(And(ContainSubstring("region fra1 in place of nyc3 (drift-of-it-1), size_slug s-2 in place of s-1"), Not(ContainSubstring("\n"))))
		var many []driftv1alpha1.FieldStatus
		was := map[string]int{}
		for i := range 40 {
			was[fmt.Sprintf("field_%02d", i)] = 1
			many = append(many, pendingAccept(fmt.Sprintf("field_%02d", i), `1`, `2`)...)
		}
		Expect(declare(ctx, editor, declared(ctx, jsonOf(was), 0, many...), `{"region":"nyc3"}`)).To(ContainSubstring("of 40 fields, as field_00;"))
	})
})

var _ = Describe("who declares what has open drifts", func() {
	was, now := `{"size_slug":"s-1"}`, `{"size_slug":"s-2"}`

	It("is told so, and what to do", func(ctx SpecContext) {
		p := declared(ctx, was, 1)
		Expect(declare(ctx, editor, p, now)).To(HaveSuffix("this is applied; before it, 1 field of " + p.Name + " was not as declared: kubectl drift history " + p.Name +
			" lists the drifts, kubectl drift show NAME says what one means, and kubectl drift accept NAME takes the live value over"))
		Expect(declare(ctx, alice, declared(ctx, was, 3), now)).To(ContainSubstring("3 fields of"))
		Expect(declare(ctx, editor, declared(ctx, was, 0), now)).To(BeEmpty())
	})

	It("is told in a dry run, and of both where both is so", func(ctx SpecContext) {
		p := declared(ctx, was, 1, pendingAccept("size_slug", `"s-0"`, `"s-1"`)...)
		as, heard := editor.warned()
		p.Spec.Desired = desiredOf(now)
		Expect(as.client.Update(ctx, p.DeepCopy(), client.DryRunAll)).To(Succeed())
		Expect(heard.take()).To(And(ContainSubstring("1 field of"), ContainSubstring(undoes)))
	})

	It("is told when the manifest is applied again, and not by what only asks", func(ctx SpecContext) {
		p := declared(ctx, was, 1)
		as, heard := editor.warned()
		manifest := client.RawPatch(types.ApplyPatchType, []byte(jsonOf(map[string]any{
			"apiVersion": "drift.arcadia.cloud/v1alpha1", "kind": "CloudProvisioned", "metadata": map[string]any{"name": p.Name}, "spec": p.Spec})))
		apply := func(options ...client.PatchOption) string {
			requests.Add(1)
			options = append(options, client.FieldOwner("gitops"), client.ForceOwnership)
			Expect(as.client.Patch(ctx, p.DeepCopy(), manifest, options...)).To(Succeed())
			return heard.take()
		}
		apply()
		Expect(apply()).To(ContainSubstring("1 field of"))
		Expect(apply(client.DryRunAll)).To(BeEmpty())
	})

	It("is told on kubectl's stderr", func(ctx SpecContext) {
		p := declared(ctx, was, 1)
		requests.Add(1)
		_, stderr, err := controlPlane.Kubectl(ctx, editor.kubeconfig, "--namespace", namespace,
			"patch", "cprov", p.Name, "--type=merge", "-p", `{"spec":{"desired":{"size_slug":"s-2"}}}`)
		Expect(err).NotTo(HaveOccurred())
		Expect(stderr).To(And(HavePrefix("Warning: "), ContainSubstring("kubectl drift show")))
	})

	It("is told nothing of metadata, statuses and deleting", func(ctx SpecContext) {
		p := declared(ctx, was, 1, pendingAccept("size_slug", `"s-0"`, `"s-1"`)...)
		for _, patch := range []string{`{"metadata":{"labels":{"a":"b"}}}`, `{"metadata":{"annotations":{"a":"b"}}}`,
			`{"metadata":{"finalizers":["example.com/a"]}}`, `{"metadata":{"finalizers":null}}`} {
			as, heard := editor.warned()
			Expect(as.client.Patch(ctx, p, client.RawPatch(types.MergePatchType, []byte(patch)))).To(Succeed())
			Expect(heard.take()).To(BeEmpty(), patch)
		}
		as, heard := admin.warned()
		p.Status.OpenDrifts = ptr.To[int32](2)
		Expect(as.client.Status().Update(ctx, p)).To(Succeed())
		Expect(heard.take()).To(BeEmpty())
		By("what it says to the same person of the declaration")
		Expect(declare(ctx, admin, p, now)).To(ContainSubstring("2 fields of"))
		Expect(as.client.Delete(ctx, p)).To(Succeed())
		Expect(heard.take()).To(BeEmpty())
	})

	It("is told nothing where it is the operator, or kubectl drift", func(ctx SpecContext) {
		for _, manager := range []string{objects.AcceptManager, declaring.FieldManager, "kubectl-drift"} {
			p := declared(ctx, was, 1, pendingAccept("size_slug", `"s-0"`, `"s-1"`)...)
			as, heard := operator.warned()
			p.Spec.Desired = desiredOf(now)
			Expect(as.client.Update(ctx, p, client.FieldOwner(manager))).To(Succeed())
			Expect(heard.take()).To(BeEmpty(), manager)
		}
	})

	It("is refused nothing where a status says nothing, or was never written", func(ctx SpecContext) {
		for _, status := range []string{
			`{"status":{"openDrifts":null,"fields":null}}`, `{"status":{"fields":[]}}`, `{"status":null}`, `{"status":{"openDrifts":-3}}`,
			`{"status":{"fields":[{"path":"[","episode":1,"acceptance":{"drift":"d","git":"Pending","since":"2026-01-01T00:00:00Z","from":{},"to":[{}]}}]}}`,
			`{"status":{"fields":[{"path":"size_slug..","episode":1,"acceptance":{"drift":"d","git":"Pending","since":"2026-01-01T00:00:00Z"}}]}}`,
		} {
			p := provisioned(ctx)
			Expect(operator.client.Status().Patch(ctx, p, client.RawPatch(types.MergePatchType, []byte(status)))).To(Succeed())
			declare(ctx, editor, p, now)
		}
		Expect(declare(ctx, editor, provisioned(ctx), now)).To(BeEmpty())
	})
})

var _ = Describe("the policy that warns", func() {
	It("has expressions that the API server finds nothing wrong with, and can refuse nothing", func(ctx SpecContext) {
		key := client.ObjectKey{Name: "clouddrift-apply-warnings"}
		var policy admissionv1.ValidatingAdmissionPolicy
		Eventually(func() *admissionv1.TypeChecking {
			Expect(admin.client.Get(ctx, key, &policy)).To(Succeed())
			return policy.Status.TypeChecking
		}).ShouldNot(BeNil())
		Expect(policy.Status.TypeChecking.ExpressionWarnings).To(BeEmpty())
		Expect(policy.Spec.FailurePolicy).To(HaveValue(Equal(admissionv1.Ignore)))
		var binding admissionv1.ValidatingAdmissionPolicyBinding
		Expect(admin.client.Get(ctx, key, &binding)).To(Succeed())
		Expect(binding.Spec.ValidationActions).To(Equal([]admissionv1.ValidationAction{admissionv1.Warn}))
	})

	It("still warns of the largest declarations that are looked at", func(ctx SpecContext) {
		By("ten thousand values, of which one was accepted otherwise")
		tags := make([]string, 9_990)
		for i := range tags {
			tags[i] = fmt.Sprintf("t%d", i)
		}
		was := jsonOf(map[string]any{"size_slug": "s-1", "tags": tags})
		now := jsonOf(map[string]any{"size_slug": "s-3", "tags": tags[1:]})
		fields := append(pendingAccept("size_slug", `"s-1"`, `"s-2"`), pendingAccept("tags", jsonOf(tags[:1000]), jsonOf(tags[:999]))...)
		Expect(declare(ctx, editor, declared(ctx, was, 1, fields...), now)).To(And(ContainSubstring(undoes), ContainSubstring("1 field of")))

		By("lists as long as they may be to be compared")
		wide, wider := map[string]any{}, map[string]any{}
		fields = nil
		for i := range 20 {
			name := fmt.Sprintf("field_%03d", i)
			wide[name], wider[name] = tags[:49], tags[:50]
			fields = append(fields, pendingAccept(name, jsonOf(tags[:49]), jsonOf(tags[:48]))...)
		}
		Expect(declare(ctx, editor, declared(ctx, jsonOf(wide), 1, fields...), jsonOf(wider))).To(And(ContainSubstring("of 20 fields"), ContainSubstring("1 field of")))
		for name := range wide {
			wide[name], wider[name] = tags[:48], tags[:49] // what was accepted, and what was declared
		}
		Expect(declare(ctx, editor, declared(ctx, jsonOf(wide), 1, fields...), jsonOf(wider))).To(ContainSubstring("of 20 fields"))

		By("a thousand elements, with as many accepts as fit into a status")
		type rule struct {
			Protocol string              `json:"protocol"`
			Ports    string              `json:"ports"`
			Sources  map[string][]string `json:"sources"`
		}
		rules := func(n int, source string) string {
			out := make([]rule, n)
			for i := range out {
				out[i] = rule{"tcp", fmt.Sprint(i), map[string][]string{"addresses": {source}}}
			}
			return jsonOf(map[string]any{"inbound_rules": out})
		}
		fields = nil
		for i := range 1000 {
			fields = append(fields, pendingAccept(fmt.Sprintf(`inbound_rules["tcp/%d"].sources.addresses`, i), `["10.0.0.0/8"]`, `["0.0.0.0/0"]`)...)
		}
		Expect(declare(ctx, editor, declared(ctx, rules(1000, "10.0.0.0/8"), 1, fields...), rules(1000, "10.1.0.0/16"))).To(ContainSubstring("1 field of"))
		By("as many as are looked at")
		Expect(declare(ctx, editor, declared(ctx, rules(50, "10.0.0.0/8"), 1, fields[:40]...), rules(50, "10.1.0.0/16"))).To(And(ContainSubstring("of 40 fields"), ContainSubstring("1 field of")))
		By("rules as many as a firewall may have, accepted whole")
		fields = nil
		for i := range 10 {
			element := `{"protocol":"tcp","ports":"` + fmt.Sprint(i) + `","sources":{"addresses":["%s"]}}`
			fields = append(fields, pendingAccept(fmt.Sprintf(`inbound_rules["tcp/%d"]`, i), fmt.Sprintf(element, "10.0.0.0/8"), fmt.Sprintf(element, "0.0.0.0/0"))...)
		}
		Expect(declare(ctx, editor, declared(ctx, rules(50, "10.0.0.0/8"), 1, fields...), rules(50, "10.1.0.0/16"))).To(And(ContainSubstring("of 10 fields"), ContainSubstring("1 field of")))
		By("all fields that an object may have")
		clear(wide)
		clear(wider)
		fields = nil
		for i := range 256 {
			name := fmt.Sprintf("field_%03d", i)
			wide[name], wider[name] = tags[:9], tags[:10]
			fields = append(fields, pendingAccept(name, jsonOf(tags[:9]), jsonOf(tags[:8]))...)
		}
		Expect(declare(ctx, editor, declared(ctx, jsonOf(wide), 1, fields...), jsonOf(wider))).To(And(ContainSubstring("of 256 fields"), ContainSubstring("1 field of")))
	})
})

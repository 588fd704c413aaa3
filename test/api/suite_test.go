// Package api_test tries every rule of the CustomResourceDefinitions, both ways, on
// a real API server.
package api_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	kjson "k8s.io/apimachinery/pkg/util/json" // keeps integers integers
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

const namespace = "api"

var (
	controlPlane *stack.ControlPlane
	server       client.Client
	serial       atomic.Int64
)

func TestAPI(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The API's rules")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	log.SetLogger(GinkgoLogr)
	var err error
	controlPlane, err = stack.Start(ctx, stack.Options{CRDs: []string{"../../config/crd/bases"}, Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(controlPlane.Stop()).To(Succeed()) })
	plain, err := client.New(controlPlane.Config, client.Options{})
	Expect(err).NotTo(HaveOccurred())
	// As kubectl does: what the schema does not know is an error.
	server = client.WithFieldValidation(plain, metav1.FieldValidationStrict)
	Expect(server.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
})

var _ = ReportAfterSuite("count", func(report Report) {
	fmt.Printf("\nthe API's rules: %d specs\n", report.PreRunStats.SpecsThatWillRun)
})

// Manifests that are accepted. Cases change them by a JSON merge patch.
const (
	account = `
kind: CloudAccount
spec: {tokenSecretRef: {name: digitalocean}}`
	provisioned = `
kind: CloudProvisioned
spec:
  accountRef: {name: production}
  resource: {kind: Droplet, id: "3164444"}
  desired: {size_slug: s-2vcpu-4gb}`
	resource = `
kind: CloudResource
spec: {accountRef: {name: production}, kind: Droplet, id: "3164444"}
observed: {name: web-1, observedAt: "2026-11-01T10:00:00.123456Z"}`
	drift = `
kind: CloudDrift
spec:
  accountRef: {name: production}
  provisionedRef: {name: web-1}
  resourceRef: {name: production-droplet-web-1, kind: Droplet, id: "3164444"}
  field: size_slug
  episode: 1`
	open = `{"status":{"state":"Open","expected":"s-2vcpu-4gb","actual":"s-4vcpu-8gb","observation":"9c1e",
		"rendered":{"expected":"s-2vcpu-4gb","actual":"s-4vcpu-8gb"},"detectedAt":"2026-11-01T10:00:00Z","changedAt":"2026-11-01T10:00:00Z"}}`
	resolved = `{"status":{"state":"Accepted","resolvedAt":"2026-11-01T11:00:00Z","resolvedBy":"alice",
		"resolution":{"verb":"Accept","user":"alice","observation":"9c1e","value":"s-4vcpu-8gb","reason":"launch","startedAt":"2026-11-01T10:59:00Z"}}}`
)

// object is manifest with patches merged into it, under a name of its own.
func object(manifest string, patches ...string) *unstructured.Unstructured {
	content, err := yaml.YAMLToJSON([]byte(manifest))
	Expect(err).NotTo(HaveOccurred())
	var fields map[string]any
	Expect(kjson.Unmarshal(content, &fields)).To(Succeed())
	fields["apiVersion"] = "drift.arcadia.cloud/v1alpha1"
	fields["metadata"] = map[string]any{"name": fmt.Sprintf("case-%d", serial.Add(1)), "namespace": namespace}
	for _, patch := range patches {
		var change map[string]any
		Expect(kjson.Unmarshal([]byte(patch), &change)).To(Succeed(), patch)
		merge(fields, change)
	}
	return &unstructured.Unstructured{Object: fields}
}

// merge merges as a JSON merge patch does, but keeps null as a value: removing
// means {"$remove": true}.
func merge(into, change map[string]any) {
	for key, value := range change {
		nested, isMap := value.(map[string]any)
		if isMap && nested["$remove"] == true {
			delete(into, key)
			continue
		}
		if existing, ok := into[key].(map[string]any); ok && isMap && nested["$replace"] != true {
			merge(existing, nested)
			continue
		}
		if isMap {
			delete(nested, "$replace")
		}
		into[key] = value
	}
}

func created(ctx context.Context, manifest string, patches ...string) *unstructured.Unstructured {
	o := object(manifest, patches...)
	Expect(server.Create(ctx, o)).To(Succeed())
	return o
}

// openDrift and resolvedDrift have the statuses of that name.
func openDrift(ctx context.Context) *unstructured.Unstructured {
	d := created(ctx, drift)
	Expect(patchStatus(ctx, d, open)).To(Succeed())
	return d
}

func resolvedDrift(ctx context.Context) *unstructured.Unstructured {
	d := openDrift(ctx)
	Expect(patchStatus(ctx, d, resolved)).To(Succeed())
	return d
}

func patchSpec(ctx context.Context, o *unstructured.Unstructured, patch string) error {
	return server.Patch(ctx, o.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(patch)))
}

func patchStatus(ctx context.Context, o *unstructured.Unstructured, patch string) error {
	kind := types.MergePatchType
	if strings.HasPrefix(patch, "[") {
		kind = types.JSONPatchType
	}
	return server.Status().Patch(ctx, o.DeepCopy(), client.RawPatch(kind, []byte(patch)))
}

// live is o as the API server has it now.
func live(ctx context.Context, o *unstructured.Unstructured) map[string]any {
	now := o.DeepCopy()
	Expect(server.Get(ctx, client.ObjectKeyFromObject(o), now)).To(Succeed())
	return now.Object
}

func at(content map[string]any, path ...string) any {
	value, _, err := unstructured.NestedFieldNoCopy(content, path...)
	Expect(err).NotTo(HaveOccurred())
	return value
}

// c is a case: a change to an accepted manifest, and what the refusal says. An
// empty refusal: it is accepted.
type c struct {
	why, patch, refused string
}

// tryEach makes one spec of each case: an object that is created so.
func tryEach(manifest string, cases ...c) {
	for _, c := range cases {
		verdict := "accepts "
		if c.refused != "" {
			verdict = "refuses "
		}
		It(verdict+c.why, func(ctx SpecContext) {
			o := object(manifest, c.patch)
			expect(server.Create(ctx, o), c.refused)
		})
	}
}

func expect(err error, refused string) {
	GinkgoHelper()
	if refused == "" {
		Expect(err).NotTo(HaveOccurred())
		return
	}
	Expect(err).To(MatchError(ContainSubstring(refused)))
	Expect(apierrors.IsInvalid(err) || apierrors.IsBadRequest(err)).To(BeTrue(), "%v", err)
}

// keeps asserts that value is written, once more, as the JSON text it came from.
// MatchJSON would not do: it takes integers for floats.
func keeps(value any, text string) {
	GinkgoHelper()
	kept, err := kjson.Marshal(value)
	Expect(err).NotTo(HaveOccurred())
	Expect(string(kept)).To(Equal(text))
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }

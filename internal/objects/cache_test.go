package objects

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// sent are objects as the API server sends them.
func sent(n int) []client.Object {
	out := []client.Object{&driftv1alpha1.CloudResource{}, &driftv1alpha1.CloudProvisioned{}, &driftv1alpha1.CloudDrift{}}
	for i, text := range []string{`{"apiVersion":"drift.arcadia.cloud/v1alpha1","kind":"CloudResource",
		"metadata":{"name":"production-droplet-%[1]d","namespace":"infra","uid":"r-%[1]d","managedFields":[{"manager":"clouddrift"}],
			"labels":{"drift.arcadia.cloud/account":"production","drift.arcadia.cloud/kind":"Droplet"},
			"ownerReferences":[{"apiVersion":"drift.arcadia.cloud/v1alpha1","kind":"CloudAccount","name":"production","uid":"a","controller":true}]},
		"spec":{"accountRef":{"name":"production"},"kind":"Droplet","id":"%[1]d"},
		"observed":{"name":"web-%[1]d","region":"nyc3","size_slug":"s-1vcpu-1gb","status":"active","tags":["web","prod"],"unseen":["backups"],
			"attrs":{"memory":1024,"monitoring":false,"features":[],"vpc_uuid":null,"volume_ids":["%[1]d"],"image":{"slug":"ubuntu-24-04-x64"}}}}`,
		`{"apiVersion":"drift.arcadia.cloud/v1alpha1","kind":"CloudProvisioned",
		"metadata":{"name":"web-%[1]d","namespace":"infra","labels":{"team":"%[1]d"}},
		"spec":{"accountRef":{"name":"production"},"resource":{"kind":"Droplet","id":"%[1]d"},"desired":{"region":"nyc3","tags":["web","prod"],"name":null},"ignore":["size_slug"]},
		"status":{"conditions":[{"type":"InSync","status":"True","reason":"InSync","message":"all 3 declared fields are as declared"}],
			"fields":[{"path":"size_slug","episode":2}]}}`,
		`{"apiVersion":"drift.arcadia.cloud/v1alpha1","kind":"CloudDrift","metadata":{"name":"d-%[1]d","namespace":"infra",
			"ownerReferences":[{"apiVersion":"drift.arcadia.cloud/v1alpha1","kind":"CloudProvisioned","name":"web-%[1]d","uid":"p-%[1]d","controller":true}]},
		"spec":{"accountRef":{"name":"production"},"resourceRef":{"kind":"Droplet","id":"%[1]d"},"field":"size_slug","episode":1},
		"status":{"state":"Open","expected":"a","actual":null}}`,
	} {
		if err := json.Unmarshal(fmt.Appendf(nil, text, n), out[i]); err != nil {
			panic(err)
		}
	}
	return out
}

// An editor may write as much metadata as an object has room for.
func TestTheCacheKeepsOfADeclarationsMetadataWhatIsRead(t *testing.T) {
	p := sent(0)[1].(*driftv1alpha1.CloudProvisioned)
	p.Annotations = map[string]string{driftv1alpha1.LastAcceptedAnnotation: "d-1/u-1", "example.com/notes": strings.Repeat("a", 1000),
		tooLargeAnnotation: "somebody else's"}
	p.Finalizers, p.OwnerReferences = []string{"example.com/keep"}, []metav1.OwnerReference{{Name: "owner"}}
	out, err := CacheTransform()(p)
	if err != nil {
		t.Fatal(err)
	}
	kept := out.(*driftv1alpha1.CloudProvisioned)
	want := metav1.ObjectMeta{Name: "web-0", Namespace: "infra", Annotations: map[string]string{driftv1alpha1.LastAcceptedAnnotation: "d-1/u-1"}}
	if !equality.Semantic.DeepEqual(kept.ObjectMeta, want) {
		t.Errorf("kept %+v, want %+v", kept.ObjectMeta, want)
	}
}

// Of a set's declaration it keeps whose it is, and Terraform's address: no more than a set
// writes.
func TestTheCacheKeepsWhoseADeclarationIs(t *testing.T) {
	owner := metav1.OwnerReference{APIVersion: driftv1alpha1.GroupVersion.String(), Kind: "CloudProvisionedSet", Name: "infra", UID: "u-1", Controller: new(true)}
	for _, c := range []struct {
		why     string
		owner   metav1.OwnerReference
		address string
		kept    bool
	}{
		{"a set's", owner, "digitalocean_droplet.web", true},
		{"somebody else's of that name", metav1.OwnerReference{APIVersion: "v1", Kind: "CloudProvisionedSet", Name: "infra", UID: "u-1", Controller: new(true)}, "a", false},
		{"one that it does not control", metav1.OwnerReference{APIVersion: owner.APIVersion, Kind: owner.Kind, Name: "infra", UID: "u-1"}, "a", false},
		{"a name that no set has", metav1.OwnerReference{APIVersion: owner.APIVersion, Kind: owner.Kind, Name: strings.Repeat("n", 1000), UID: "u-1", Controller: new(true)}, "a", false},
	} {
		p := sent(0)[1].(*driftv1alpha1.CloudProvisioned)
		p.OwnerReferences = []metav1.OwnerReference{{Name: "other"}, c.owner}
		p.Annotations = map[string]string{driftv1alpha1.TerraformAddressAnnotation: c.address, "example.com/a": "b"}
		out, err := CacheTransform()(p)
		if err != nil {
			t.Fatal(err)
		}
		kept := out.(*driftv1alpha1.CloudProvisioned)
		if (len(kept.OwnerReferences) == 1) != c.kept || (kept.Annotations[driftv1alpha1.TerraformAddressAnnotation] == c.address) != c.kept || kept.Annotations["example.com/a"] != "" {
			t.Errorf("%s: kept %+v, %v", c.why, kept.OwnerReferences, kept.Annotations)
		}
	}
	p := sent(0)[1].(*driftv1alpha1.CloudProvisioned)
	p.OwnerReferences = []metav1.OwnerReference{owner}
	p.Annotations = map[string]string{driftv1alpha1.TerraformAddressAnnotation: strings.Repeat("a", 100000)}
	if _, err := CacheTransform()(p); err != nil || len(p.Annotations) > 0 {
		t.Errorf("%v: a long address is kept", err)
	}
}

// What the cache shares must not change what anybody reads.
func TestCacheTransformTakesNothingButManagedFields(t *testing.T) {
	transform := CacheTransform()
	for n := range 3 {
		for _, o := range sent(n) {
			want := o.DeepCopyObject().(client.Object)
			want.SetManagedFields(nil)
			if _, editors := want.(*driftv1alpha1.CloudProvisioned); editors {
				want.SetLabels(nil) // anybody may write megabytes of them
			}
			got, err := transform(o)
			if err != nil || !equality.Semantic.DeepEqual(got, want) {
				t.Errorf("%T: %v\n%+v\n%+v", o, err, got, want)
			}
		}
	}
	owned, notOwned := sent(1)[0], sent(1)[0]
	notOwned.GetOwnerReferences()[0].Controller = new(false)
	for _, o := range []client.Object{owned, notOwned} {
		if _, err := transform(o); err != nil {
			t.Error(err)
		}
	}
	if metav1.GetControllerOf(owned) == nil || metav1.GetControllerOf(notOwned) != nil {
		t.Error("owners that differ in one flag were taken for the same")
	}
	if _, err := transform(&metav1.Status{}); err != nil {
		t.Error(err)
	}
}

func TestCacheTransformSharesWhatIsEqual(t *testing.T) {
	size := func(transform func(any) (any, error)) uint64 {
		const n = 2000
		all := make([]any, 0, 3*n)
		before := heap()
		for i := range n {
			for _, o := range sent(i) {
				o.SetManagedFields(nil)
				out, err := transform(o)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, out)
			}
		}
		after := heap()
		runtime.KeepAlive(all)
		return (after - before) / n
	}
	bare := size(func(o any) (any, error) { return o, nil })
	compact := size(CacheTransform())
	t.Logf("a resource, its declaration and a drift take %d bytes of the cache instead of %d", compact, bare)
	if compact > bare*8/10 {
		t.Errorf("%d bytes instead of %d", compact, bare)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A pool full of what came once must not keep what comes often from being shared.
func TestPoolsAreBounded(t *testing.T) {
	p := &pool[[]byte]{}
	for i := range 3 * mostShared {
		p.get(fmt.Sprint(i), nil)
		p.get("often", []byte("often"))
	}
	if len(p.byKey) > mostShared {
		t.Errorf("%d values", len(p.byKey))
	}
}

// The cache transforms some objects twice.
func TestWhatIsTooLargeStaysSo(t *testing.T) {
	p := &driftv1alpha1.CloudProvisioned{}
	text := `{"metadata":{"name":"x","annotations":{"drift.arcadia.cloud/too-large":"says somebody"}},"spec":{"desired":{"a":"` + strings.Repeat("x", resource.Most.Bytes) + `"}}}`
	if err := json.Unmarshal([]byte(text), p); err != nil {
		t.Fatal(err)
	}
	transform := CacheTransform()
	for range 3 {
		if _, err := transform(p); err != nil {
			t.Fatal(err)
		}
		if p.Spec.Desired != nil || !strings.Contains(TooLarge(p), "bytes") {
			t.Fatalf("%d fields are kept, and it is too large because %q", len(p.Spec.Desired), TooLarge(p))
		}
	}
	small := &driftv1alpha1.CloudProvisioned{}
	if err := json.Unmarshal([]byte(`{"metadata":{"annotations":{"drift.arcadia.cloud/too-large":"says somebody"}},"spec":{"desired":{}}}`), small); err != nil {
		t.Fatal(err)
	}
	if _, err := transform(small); err != nil || TooLarge(small) != "" {
		t.Errorf("what somebody wrote is believed: %q, %v", TooLarge(small), err)
	}
}

package objects

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// owner is an entry of managedFields; each path is one of spec.desired.
func owner(manager string, operation metav1.ManagedFieldsOperationType, leaves ...string) metav1.ManagedFieldsEntry {
	fields := `"f:resource":{}`
	if len(leaves) > 0 {
		fields += `,"f:desired":{` + strings.Join(leaves, ",") + `}`
	}
	return metav1.ManagedFieldsEntry{Manager: manager, Operation: operation, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{` + fields + `}}`)}
}

const (
	sizeLeaf = `"f:size_slug":{}`
	planLeaf = `"f:backup_policy":{"f:plan":{}}`
)

// accepted is a droplet's declaration with two pending acceptances, both declared by now.
func accepted(managed ...metav1.ManagedFieldsEntry) *driftv1alpha1.CloudProvisioned {
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{
		Name: "web-1", ManagedFields: managed, Annotations: map[string]string{driftv1alpha1.LastAcceptedAnnotation: "d/1"},
	}}
	p.Spec.Resource.Kind = "Droplet"
	p.Spec.Desired = map[string]apiextensionsv1.JSON{
		"size_slug": {Raw: []byte(`"s-2"`)}, "backup_policy": {Raw: []byte(`{"plan":"weekly","hour":4}`)},
	}
	for path, from := range map[string]string{"size_slug": `"s-1"`, "backup_policy.plan": `"daily"`} {
		to := map[string]string{"size_slug": `"s-2"`, "backup_policy.plan": `"weekly"`}[path]
		p.Status.Fields = append(p.Status.Fields, driftv1alpha1.FieldStatus{Path: path, Acceptance: &driftv1alpha1.Acceptance{
			Drift: "d", Git: driftv1alpha1.GitPending,
			From: apiextensionsv1.JSON{Raw: []byte(from)}, To: apiextensionsv1.JSON{Raw: []byte(to)},
		}})
	}
	return p
}

func TestWhatTheManifestIsSeenToSay(t *testing.T) {
	ours := owner(AcceptManager, metav1.ManagedFieldsOperationUpdate, sizeLeaf, planLeaf)
	lastApplied := func(desired string) func(*driftv1alpha1.CloudProvisioned) {
		return func(p *driftv1alpha1.CloudProvisioned) {
			p.Annotations["kubectl.kubernetes.io/last-applied-configuration"] = fmt.Sprintf(`{"spec":{"desired":%s}}`, desired)
		}
	}
	for name, c := range map[string]struct {
		why     string
		managed []metav1.ManagedFieldsEntry
		change  func(*driftv1alpha1.CloudProvisioned)
		want    []string
	}{
		"nothing":     {"only the accepts wrote it", []metav1.ManagedFieldsEntry{ours, owner("flux", "Apply")}, nil, nil},
		"one of them": {"who applies owns it too", []metav1.ManagedFieldsEntry{ours, owner("flux", "Apply", sizeLeaf)}, nil, []string{"size_slug"}},
		"an edit":     {"whoever wrote it", []metav1.ManagedFieldsEntry{owner("kubectl-edit", "Update", sizeLeaf, planLeaf)}, nil, []string{"backup_policy.plan", "size_slug"}},
		"beside it":   {"another leaf of the object says nothing", []metav1.ManagedFieldsEntry{ours, owner("flux", "Apply", `"f:backup_policy":{"f:hour":{}}`)}, nil, nil},
		"a status": {"is not the manifest", []metav1.ManagedFieldsEntry{ours, {Manager: "x", Subresource: "status", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:desired":{` + sizeLeaf + `}}}`)}},
			nil, nil},
		"last applied":         {"a client-side apply leaves a copy", []metav1.ManagedFieldsEntry{ours}, lastApplied(`{"size_slug":"S-2","backup_policy":{"plan":"daily"}}`), []string{"size_slug"}},
		"last applied is old":  {"the copy has the old values", []metav1.ManagedFieldsEntry{ours}, lastApplied(`{"size_slug":"s-1"}`), nil},
		"last applied is junk": {"anybody may write it", []metav1.ManagedFieldsEntry{ours}, lastApplied(`"`), nil},
		"replaced": {"the mark went with it", []metav1.ManagedFieldsEntry{ours},
			func(p *driftv1alpha1.CloudProvisioned) { p.Annotations = nil }, []string{"backup_policy.plan", "size_slug"}},
		"the mark was handed over": {"who applies took it off", []metav1.ManagedFieldsEntry{ours, owner("flux", "Apply")},
			func(p *driftv1alpha1.CloudProvisioned) { p.Annotations = nil }, nil},
		"the old value": {"it is applied again", []metav1.ManagedFieldsEntry{owner("flux", "Apply", sizeLeaf)},
			func(p *driftv1alpha1.CloudProvisioned) {
				p.Spec.Desired["size_slug"] = apiextensionsv1.JSON{Raw: []byte(`"s-1"`)}
			}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := accepted(c.managed...)
			if c.change != nil {
				c.change(p)
			}
			live := InManifest(p)
			slices.Sort(live)
			if !slices.Equal(live, c.want) {
				t.Errorf("%q, want %q: %s", live, c.want, c.why)
			}
			stored, err := CacheTransform()(p)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the cache may have it again
				cached, ok := stored.(*driftv1alpha1.CloudProvisioned)
				if !ok || len(cached.ManagedFields) > 0 {
					t.Fatalf("%T %+v", stored, cached)
				}
				if got := InManifest(cached); len(got) != len(live) {
					t.Errorf("%q of the cache, %q live", got, live)
				}
				if stored, err = CacheTransform()(cached); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// What somebody writes into the annotation that the cache keeps it in counts for nothing.
func TestNobodySaysItForTheManifest(t *testing.T) {
	p := accepted(owner(AcceptManager, metav1.ManagedFieldsOperationUpdate, sizeLeaf, planLeaf))
	p.Annotations[manifestAnnotation] = `["size_slug"]`
	if stored, err := CacheTransform()(p); err != nil || len(InManifest(stored.(*driftv1alpha1.CloudProvisioned))) > 0 {
		t.Errorf("%v, %v", stored, err)
	}
}

func TestReleasing(t *testing.T) {
	p := accepted(owner("flux", "Apply", sizeLeaf), owner(AcceptManager, "Update", sizeLeaf, planLeaf))
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{[]string{"size_slug"}, `[map[op:replace path:/metadata/managedFields/1/fieldsV1 value:{"f:spec":{"f:desired":{"f:backup_policy":{"f:plan":{}}},"f:resource":{}}}]]`},
		{[]string{"tags"}, `[]`},
		{[]string{"size_slug", "backup_policy.plan"}, `[map[op:replace path:/metadata/managedFields/1/fieldsV1 value:{"f:spec":{"f:resource":{}}}]]`},
	} {
		operations, err := releasing(p, c.paths)
		if got := fmt.Sprintf("%s", operations); err != nil || got != c.want {
			t.Errorf("%v: %s, %v", c.paths, got, err)
		}
	}
}

func TestHandingOverTheMark(t *testing.T) {
	ours := metav1.ManagedFieldsEntry{Manager: AcceptManager, Operation: "Update",
		FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:drift.arcadia.cloud/last-accepted":{}}}}`)}
	for name, c := range map[string]struct {
		managed []metav1.ManagedFieldsEntry
		want    string
	}{
		"to who applies it": {[]metav1.ManagedFieldsEntry{ours, owner("flux", "Apply")},
			`[map[op:replace path:/metadata/managedFields/1/fieldsV1 value:{"f:metadata":{"f:annotations":{"f:drift.arcadia.cloud/last-accepted":{}}},"f:spec":{"f:resource":{}}}]` +
				` map[op:remove path:/metadata/managedFields/0]]`},
		"nobody applies it":          {[]metav1.ManagedFieldsEntry{ours, owner("kubectl-create", "Update")}, `[]`},
		"several apply it":           {[]metav1.ManagedFieldsEntry{ours, owner("flux", "Apply"), owner("argo", "Apply")}, `[]`},
		"it is theirs by now":        {[]metav1.ManagedFieldsEntry{owner("flux", "Apply")}, `[]`},
		"one applies no spec at all": {[]metav1.ManagedFieldsEntry{ours, {Manager: "labeler", Operation: "Apply", FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{"f:a":{}}}}`)}}, `[]`},
	} {
		operations, err := handingOver(accepted(c.managed...))
		if got := fmt.Sprintf("%s", operations); err != nil || got != c.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

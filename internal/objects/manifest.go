package objects

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// AcceptManager is the field manager of all that accepts write into a declaration. A patch
// that is no apply takes nothing from what its manager owned before; a manager for each drift
// would be one of the last ten that the API server keeps.
const AcceptManager = "clouddrift-accept"

// manifestAnnotation is only ever in the cache: the paths of the pending acceptances whose
// value the manifest was seen to say. What shows it is left out of the cache, and would be
// ten times as long.
const manifestAnnotation = "drift.arcadia.cloud/in-manifest"

// InManifest are the paths of p's pending acceptances whose value the manifest was seen to
// say, whether p was read from the cache or past it.
func InManifest(p *driftv1alpha1.CloudProvisioned) []string {
	if len(p.ManagedFields) > 0 {
		return inManifest(p)
	}
	var out []string
	_ = json.Unmarshal([]byte(p.Annotations[manifestAnnotation]), &out) // anything else is none
	return out
}

// noteManifest notes for the cache what InManifest is to answer. The cache may pass it an
// object that it has had before.
func noteManifest(p *driftv1alpha1.CloudProvisioned) {
	if len(p.ManagedFields) == 0 {
		return
	}
	delete(p.Annotations, manifestAnnotation)
	var paths []string
	if TooLarge(p) == "" {
		paths = inManifest(p)
	}
	if len(paths) == 0 {
		return
	}
	text, err := json.Marshal(paths)
	if err != nil {
		return
	}
	if p.Annotations == nil {
		p.Annotations = map[string]string{}
	}
	p.Annotations[manifestAnnotation] = string(text)
}

// inManifest goes by values and by who owns them, whatever tool it was: another manager owns
// all of the value, or the last client-side apply had it, or nobody applies the object and it
// was replaced, and with it the mark that is written with each accepted value.
func inManifest(p *driftv1alpha1.CloudProvisioned) []string {
	accepted := PendingAcceptances(p)
	if len(accepted) == 0 {
		return nil // nearly always; every declaration that enters the cache passes here
	}
	kind, known := kinds.Lookup(p.Spec.Resource.Kind)
	desired, err := DecodeMap(p.Spec.Desired)
	if !known || err != nil {
		return nil
	}
	_, standing := drift.Effective(kind.Schema, desired, accepted)
	_, applied := drift.Effective(kind.Schema, lastApplied(p), accepted)
	replaced := p.Annotations[driftv1alpha1.LastAcceptedAnnotation] == "" && len(appliers(p.ManagedFields)) == 0
	owned := ownedBy(p.ManagedFields, func(manager string) bool { return manager != AcceptManager })
	var out []string
	for _, a := range accepted {
		if standing[a.Path] != drift.Declared {
			continue
		}
		if replaced || applied[a.Path] == drift.Declared || ownsAll(owned, kind.Schema, desired, a.Path) {
			out = append(out, a.Path)
		}
	}
	return out
}

// PendingAcceptances are p's accepted values that the manifest has not said yet, as they are
// remembered.
func PendingAcceptances(p *driftv1alpha1.CloudProvisioned) []drift.Acceptance {
	var out []drift.Acceptance
	for i := range p.Status.Fields {
		field := &p.Status.Fields[i]
		if field.Acceptance == nil || field.Acceptance.Git != driftv1alpha1.GitPending {
			continue
		}
		if accepted, err := AcceptanceOf(field.Path, field.Acceptance); err == nil {
			out = append(out, accepted)
		}
	}
	return out
}

// CountPending is how many of p's accepted values the manifest has not said yet.
func CountPending(p *driftv1alpha1.CloudProvisioned) int {
	pending := 0
	for i := range p.Status.Fields {
		if accepted := p.Status.Fields[i].Acceptance; accepted != nil && accepted.Git == driftv1alpha1.GitPending {
			pending++
		}
	}
	return pending
}

// Withdrawn are the drifts whose acceptance was taken back, of those that are remembered.
func Withdrawn(p *driftv1alpha1.CloudProvisioned) []string {
	var out []string
	for i := range p.Status.Fields {
		if accepted := p.Status.Fields[i].Acceptance; accepted != nil && accepted.Git == driftv1alpha1.GitWithdrawn {
			out = append(out, accepted.Drift)
		}
	}
	return out
}

// lastApplied is what the last client-side apply declared; nothing where there was none.
func lastApplied(p *driftv1alpha1.CloudProvisioned) map[string]any {
	text, ok := p.Annotations[corev1.LastAppliedConfigAnnotation]
	if !ok {
		return nil
	}
	var applied struct {
		Spec struct {
			Desired map[string]apiextensionsv1.JSON `json:"desired"`
		} `json:"spec"`
	}
	if err := json.Unmarshal([]byte(text), &applied); err != nil {
		return nil
	}
	desired, err := DecodeMap(applied.Spec.Desired)
	if err != nil {
		return nil
	}
	return desired
}

// ownsAll says whether owned has every leaf of what is declared of a field. The API server
// knows the members of an object apart, and of a list nothing but the whole.
func ownsAll(owned *fieldpath.Set, s drift.Schema, desired map[string]any, path string) bool {
	field, value, ok := declaredAt(s, desired, path)
	return ok && eachLeaf(managedPath(field), value, owned.Has)
}

func eachLeaf(at fieldpath.Path, value any, holds func(fieldpath.Path) bool) bool {
	object, isObject := value.(map[string]any)
	if !isObject || len(object) == 0 {
		return holds(at)
	}
	for name, inner := range object {
		if !eachLeaf(append(at.Copy(), fieldpath.FieldNameElement(name)), inner, holds) {
			return false
		}
	}
	return true
}

// declaredAt is the field that an acceptance is of, and what is declared of it.
func declaredAt(s drift.Schema, desired map[string]any, path string) (field resource.Path, value any, ok bool) {
	at, err := resource.ParsePath(path)
	if err != nil {
		return nil, nil, false
	}
	field, ok = drift.FieldAt(s, at)
	value = desired
	for _, segment := range field {
		object, _ := value.(map[string]any)
		value = object[string(segment)]
	}
	return field, value, ok
}

package objects

import (
	"fmt"
	"maps"
	"sync"
	"unique"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// tooLargeAnnotation is only ever in the cache: it says why a declaration's desired state
// is not. What somebody writes into it is dropped.
const tooLargeAnnotation = "drift.arcadia.cloud/too-large"

// TooLarge says why a declaration is not looked at, "" where it is.
func TooLarge(p *driftv1alpha1.CloudProvisioned) string { return p.Annotations[tooLargeAnnotation] }

// SizeOf measures a desired state.
func SizeOf(desired map[string]apiextensionsv1.JSON) resource.Size {
	size := resource.Size{Depth: 1, Values: 1}
	for key, value := range desired {
		inner := resource.Measure(value.Raw)
		inner.Bytes += len(key)
		inner.Depth++
		size = size.Add(inner)
	}
	return size
}

// bound keeps of a declaration that is larger than any resource, or for which there is no
// room beside the others, nothing but why. The cache
// may pass it an object that it has had before: that one has no desired state at all, which
// the API server lets nobody write.
func (b *budget) bound(o *driftv1alpha1.CloudProvisioned) {
	if o.Spec.Desired == nil && TooLarge(o) != "" {
		return
	}
	delete(o.Annotations, tooLargeAnnotation)
	size := SizeOf(o.Spec.Desired)
	why := size.Beyond(resource.Most)
	if why != "" {
		size = resource.Size{}
	}
	if full := b.take(o, size.Bytes); why == "" {
		why = full
	}
	if why == "" {
		return
	}
	o.Spec.Desired = nil
	if o.Annotations == nil {
		o.Annotations = map[string]string{}
	}
	o.Annotations[tooLargeAnnotation] = why
}

// boundMetadata keeps of what anybody may write into a declaration's metadata, as much as
// an object has room for, what the operator reads. It never writes a CloudProvisioned as a
// whole: its status is written alone, and an accept is a patch of what is live.
func boundMetadata(o *driftv1alpha1.CloudProvisioned) {
	set := setOwner(o)
	maps.DeleteFunc(o.Annotations, func(name, value string) bool {
		isAddress := name == driftv1alpha1.TerraformAddressAnnotation && set != nil && len(value) <= longestAddress
		return name != tooLargeAnnotation && name != manifestAnnotation && name != driftv1alpha1.LastAcceptedAnnotation && !isAddress
	})
	o.Labels, o.OwnerReferences, o.Finalizers = nil, nil, nil
	if set != nil {
		o.OwnerReferences = []metav1.OwnerReference{*set}
	}
}

// What a set writes into a declaration's metadata is no longer.
const (
	longestAddress = 1024
	longestUID     = 64
)

// setOwner is the CloudProvisionedSet that keeps a declaration, or nil.
func setOwner(o *driftv1alpha1.CloudProvisioned) *metav1.OwnerReference {
	owner := metav1.GetControllerOf(o)
	if owner == nil || owner.Kind != "CloudProvisionedSet" || owner.APIVersion != driftv1alpha1.GroupVersion.String() ||
		len(owner.Name)+len(owner.UID) > longestUID+longestSetName {
		return nil
	}
	return owner
}

// longestSetName is that of a CloudProvisionedSet.
const longestSetName = 24

// CacheTransform is for the manager's cache. It leaves out managedFields, which are
// half of an object, the copy of the last client-side apply, others' metadata of a
// declaration, and the desired state of a declaration that is too large to be looked at,
// alone or with all the others: nothing here reads these from the cache. What managedFields and the copy say of a pending
// acceptance is noted before. It has what is equal share its memory: ten
// thousand droplets have a dozen regions, sizes and owners between them. So what the cache
// holds is to be read only, also in its smallest parts.
func CacheTransform() toolscache.TransformFunc {
	strip, s, desired := cache.TransformStripManagedFields(), &sharing{}, &budget{}
	return func(in any) (any, error) {
		if o, ok := in.(*driftv1alpha1.CloudProvisioned); ok {
			desired.bound(o)
			noteManifest(o)
		}
		out, err := strip(in)
		if err != nil {
			return out, err
		}
		if o, ok := out.(client.Object); ok {
			delete(o.GetAnnotations(), corev1.LastAppliedConfigAnnotation)
		}
		if o, ok := out.(*driftv1alpha1.CloudProvisioned); ok {
			boundMetadata(o)
		}
		if o, ok := out.(client.Object); ok {
			s.metadata(o)
		}
		switch o := out.(type) {
		case *driftv1alpha1.CloudResource:
			s.resource(o)
		case *driftv1alpha1.CloudProvisioned:
			s.provisioned(o)
		}
		return out, nil
	}
}

// sharing finds what is equal.
type sharing struct {
	values pool[[]byte]
	labels pool[map[string]string]
	owners pool[[]metav1.OwnerReference]
}

func (s *sharing) metadata(o client.Object) {
	o.SetNamespace(shared(o.GetNamespace()))
	if labels := o.GetLabels(); labels != nil {
		o.SetLabels(s.labels.get(fmt.Sprint(labels), labels)) // fmt sorts a map's keys
	}
	if owners := o.GetOwnerReferences(); owners != nil {
		o.SetOwnerReferences(s.owners.get(fmt.Sprint(spelled(owners)), owners))
	}
}

// spelled tells owners apart, also by what is behind their pointers.
func spelled(owners []metav1.OwnerReference) []string {
	out := make([]string, 0, len(owners))
	for i := range owners {
		out = append(out, owners[i].String())
	}
	return out
}

func (s *sharing) resource(o *driftv1alpha1.CloudResource) {
	shareType(&o.TypeMeta)
	o.Spec.AccountRef.Name, o.Spec.Kind = shared(o.Spec.AccountRef.Name), shared(o.Spec.Kind)
	o.Coverage.State, o.Coverage.Owner = shared(o.Coverage.State), shared(o.Coverage.Owner)
	seen := &o.Observed
	seen.FieldTable = shared(seen.FieldTable)
	for _, text := range []*string{seen.Region, seen.SizeSlug, seen.Status} {
		if text != nil {
			*text = shared(*text)
		}
	}
	shareAll(seen.Tags)
	shareAll(seen.Unseen)
	seen.Attrs = s.json(seen.Attrs)
}

func (s *sharing) provisioned(o *driftv1alpha1.CloudProvisioned) {
	shareType(&o.TypeMeta)
	o.Spec.AccountRef.Name, o.Spec.Resource.Kind = shared(o.Spec.AccountRef.Name), shared(o.Spec.Resource.Kind)
	o.Spec.Desired = s.json(o.Spec.Desired)
	for i := range o.Status.Conditions {
		c := &o.Status.Conditions[i]
		c.Type, c.Status, c.Reason, c.Message = shared(c.Type), shared(c.Status), shared(c.Reason), shared(c.Message)
	}
}

// json makes the map anew, because a map keeps the key that it got first.
func (s *sharing) json(in map[string]apiextensionsv1.JSON) map[string]apiextensionsv1.JSON {
	if in == nil {
		return nil
	}
	out := make(map[string]apiextensionsv1.JSON, len(in))
	for key, value := range in {
		raw := value.Raw
		if len(raw) <= longestShared {
			raw = s.values.get(string(raw), raw)
		}
		out[shared(key)] = apiextensionsv1.JSON{Raw: raw}
	}
	return out
}

func shareType(t *metav1.TypeMeta) { t.APIVersion, t.Kind = shared(t.APIVersion), shared(t.Kind) }

func shareAll(texts []string) {
	for i := range texts {
		texts[i] = shared(texts[i])
	}
}

// shared is the one copy of an equal text that is kept while anybody uses it.
func shared[T ~string](text T) T { return unique.Make(text).Value() }

// A pool holds so many values at most, and of JSON values none that is longer.
const (
	mostShared    = 4096
	longestShared = 64
)

// pool keeps one of the values that have one key.
type pool[V any] struct {
	mu    sync.Mutex
	byKey map[string]V
}

func (p *pool[V]) get(key string, value V) V {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.byKey[key]; ok {
		return known
	}
	if p.byKey == nil {
		p.byKey = map[string]V{}
	}
	if len(p.byKey) >= mostShared {
		for some := range p.byKey {
			delete(p.byKey, some) // what comes often is soon there again
			break
		}
	}
	p.byKey[key] = value
	return value
}

package binding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// match is whether a resource of the declared name is the one that is meant.
type match int

const (
	// unknowable: a field that tells could not be seen.
	unknowable match = iota
	agrees
	differs
)

// whereOf is what a declaration says beside the name. Of a kind with a field that
// identifies beside the name, as the type of a DNS record, the desired value of that field
// says it too.
func whereOf(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind) map[string]any {
	where := map[string]any{}
	for _, field := range kind.Identifying {
		if value, err := objects.Decode(p.Spec.Desired[field]); err == nil && value != nil {
			where[field] = value
		}
	}
	for path, value := range p.Spec.Resource.Where {
		place(where, path, value)
	}
	return where
}

// place puts a value of where at its path. A path that can't be read is refused before.
func place(where map[string]any, text string, value intstr.IntOrString) {
	path, err := resource.ParsePath(text)
	if err != nil {
		return
	}
	at := where
	for _, segment := range path[:len(path)-1] {
		inner, ok := at[string(segment)].(map[string]any)
		if !ok {
			inner = map[string]any{}
			at[string(segment)] = inner
		}
		at = inner
	}
	at[string(path[len(path)-1])] = value.String()
}

// checkWhere says what is wrong with a where, "" where nothing is.
func checkWhere(kind kinds.Kind, where map[string]intstr.IntOrString) string {
	var before []resource.Path
	for _, text := range slices.Sorted(maps.Keys(where)) {
		path, err := resource.ParsePath(text)
		if err != nil {
			return err.Error()
		}
		for _, other := range before {
			if path.Under(other) || other.Under(path) {
				return fmt.Sprintf("%s is part of %s, or the same; give one of them", path, other)
			}
		}
		before = append(before, path)
		asked := map[string]any{}
		place(asked, text, where[text])
		if unknown := drift.Differences(kind.Schema, asked, resource.Resource{}, nil).Unknown; len(unknown) > 0 {
			return unknown[0].Explain(kind.Schema.Kind)
		}
	}
	return ""
}

// means says whether a resource that has the declared name is meant, and which fields
// would have to be seen to tell.
func means(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind, r *driftv1alpha1.CloudResource) (match, []resource.Path) {
	where := whereOf(p, kind)
	if len(where) == 0 {
		return agrees, nil
	}
	result := drift.Differences(kind.Schema, where, objects.ResourceOf(r), nil)
	switch {
	case len(result.Differences) > 0 || len(result.Unknown) > 0:
		return differs, nil
	case len(result.Unseen) > 0:
		return unknowable, result.Unseen
	default:
		return agrees, nil
	}
}

// candidates are the resources that have the declared name.
type candidates struct {
	named []*driftv1alpha1.CloudResource
	// meant have what where asks for, and the last complete listing showed them.
	meant []*driftv1alpha1.CloudResource
	// withheld has what where asks for; its absence waits for confirmation, so that nobody
	// can tell whether it is there. Nil where there is none.
	withheld *driftv1alpha1.CloudResource
	// unseen are the fields that would have to be seen to tell.
	unseen []resource.Path
}

func weigh(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind, named []*driftv1alpha1.CloudResource) candidates {
	// The cache has no order, and a message that says the same is written once.
	named = slices.SortedFunc(slices.Values(named), func(a, b *driftv1alpha1.CloudResource) int { return cmp.Compare(a.Spec.ID, b.Spec.ID) })
	out := candidates{named: named}
	for _, r := range named {
		switch is, unseen := means(p, kind, r); {
		case is == unknowable:
			out.unseen = unseen
		case is == differs:
		case r.Observed.WithheldSince != nil:
			out.withheld = r
		default:
			out.meant = append(out.meant, r)
		}
	}
	return out
}

// recordedUntil says whether every candidate was observed, with the fields that are known
// now, before all that a complete listing showed had been recorded.
func recordedUntil(kind kinds.Kind, recorded *metav1.MicroTime, now time.Time, named []*driftv1alpha1.CloudResource) bool {
	return recorded != nil && !slices.ContainsFunc(named, func(r *driftv1alpha1.CloudResource) bool {
		return objects.ObservedAfter(r, recorded.Time, now) || r.Observed.FieldTable != kind.FieldTable()
	})
}

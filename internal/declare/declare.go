package declare

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// By is how a declaration refers to its resource.
type By string

// The ways to refer to a resource.
const (
	// ByID means that one resource: when it is gone, it is gone.
	ByID By = "id"
	// ByName means whichever resource has the name, and what else tells it from others of
	// that name.
	ByName By = "name"
)

// Item is a resource to declare.
type Item struct {
	resource.Resource
	// Asked says which fields somebody asked for; nil: nobody knows, and what one would
	// declare is declared.
	Asked func(path string) bool
	// Annotations are those of the declaration.
	Annotations map[string]string
	// Lasting says that it is to be declared whoever looks after it, because somebody said so.
	Lasting bool
}

// Options are what all declarations of a run share.
type Options struct {
	// Account is the CloudAccount's name.
	Account string
	// Namespace is that of the declarations, or empty.
	Namespace string
	// Prefix begins their names, or is empty.
	Prefix string
	By     By
	// Defaults has fields declared that are at their defaults too.
	Defaults bool
	// Among are all resources that a name may mean: where there are more of them than are
	// declared. Nil: those that are declared.
	Among []resource.Resource
	// Taken are the names that there are declarations of already, and which resource each
	// declares. They are not given to others.
	Taken map[string]resource.Ref
}

// Result is what was made.
type Result struct {
	// Declarations are ordered by kind, parents first, then by name.
	Declarations []*driftv1alpha1.CloudProvisioned
	// Owned counts what is left out because somebody else looks after it.
	Owned map[kinds.Owner]int
	// Unknown counts what is left out because its kind is not known, by the kind.
	Unknown map[string]int
	// OnlyByID are the names of declarations that refer by id though a name was asked for:
	// nothing else tells their resources apart.
	OnlyByID []string
	// Empty are resources of which there is nothing to declare.
	Empty []resource.Ref
}

// Make declares resources.
func Make(items []Item, o Options) Result {
	m := maker{options: o, namesakes: map[string][]resource.Resource{}, taken: map[string]bool{},
		result: Result{Owned: map[kinds.Owner]int{}, Unknown: map[string]int{}}}
	for _, item := range items {
		if o.Among == nil {
			m.remember(item.Resource)
		}
	}
	for _, other := range o.Among {
		m.remember(other)
	}
	for _, item := range ordered(items) {
		m.declare(item)
	}
	return m.result
}

// ordered are the items by kind, parents first, then by name, then by id.
func ordered(items []Item) []Item {
	place := map[string]int{}
	for i, kind := range kinds.All() {
		place[kind.Name] = i
	}
	out := slices.Clone(items)
	slices.SortStableFunc(out, func(a, b Item) int {
		return cmp.Or(cmp.Compare(place[a.Kind], place[b.Kind]), cmp.Compare(a.Name, b.Name),
			cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

type maker struct {
	options   Options
	namesakes map[string][]resource.Resource
	taken     map[string]bool
	result    Result
}

func nameKey(kind kinds.Kind, name string) string { return kind.Name + "\x00" + kind.NameKey(name) }

func (m *maker) remember(r resource.Resource) {
	if kind, known := kinds.Lookup(r.Kind); known {
		m.namesakes[nameKey(kind, r.Name)] = append(m.namesakes[nameKey(kind, r.Name)], r)
	}
}

func (m *maker) declare(item Item) {
	kind, known := kinds.Lookup(item.Kind)
	if !known {
		m.result.Unknown[item.Kind]++
		return
	}
	if owner := kind.OwnerOf(item.Resource); owner != kinds.OwnerNone && !item.Lasting {
		m.result.Owned[owner]++
		return
	}
	desired, err := encoded(kind.Adopted(item.Resource, kinds.Wanted{Asked: item.Asked, Defaults: m.options.Defaults}))
	if err != nil || len(desired) == 0 {
		m.result.Empty = append(m.result.Empty, item.Ref)
		return
	}
	selector, byName := m.selector(kind, item.Resource)
	name := m.unique(nameOf(m.options.Prefix, kind, item.Resource, selector), item.Ref)
	if !byName && m.options.By == ByName {
		m.result.OnlyByID = append(m.result.OnlyByID, name)
	}
	m.result.Declarations = append(m.result.Declarations, &driftv1alpha1.CloudProvisioned{
		TypeMeta:   metav1.TypeMeta{APIVersion: driftv1alpha1.GroupVersion.String(), Kind: "CloudProvisioned"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: m.options.Namespace, Annotations: maps.Clone(item.Annotations)},
		Spec: driftv1alpha1.CloudProvisionedSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: m.options.Account},
			Resource:   selector,
			Desired:    desired,
		},
	})
}

// selector refers to a resource. byName is false for a reference by id.
func (m *maker) selector(kind kinds.Kind, r resource.Resource) (out driftv1alpha1.ResourceSelector, byName bool) {
	byID := driftv1alpha1.ResourceSelector{Kind: kind.Name, ID: r.ID}
	if m.options.By != ByName || !kind.HasNames() || r.Name == "" {
		return byID, false
	}
	// What identifies is said always, so that a namesake that comes later changes nothing.
	var where []kinds.Telling
	for _, field := range kind.Identifying {
		if telling, usable := kind.Tell(r, field); usable {
			where = append(where, telling)
		}
	}
	rivals := m.rivals(kind, r, where)
	more, apart := kind.TellApart(rivals, len(rivals)-1, fieldsOf(where)...)
	if !apart || len(where)+len(more) > mostWhere {
		return byID, false
	}
	out = driftv1alpha1.ResourceSelector{Kind: kind.Name, Name: r.Name}
	for _, telling := range append(where, more...) {
		if out.Where == nil {
			out.Where = map[string]intstr.IntOrString{}
		}
		out.Where[telling.Field] = scalar(telling.Value)
	}
	return out, true
}

// mostWhere is how many fields a where has at most.
const mostWhere = 8

// rivals are the resources that a reference may mean, the one that it should at the end.
func (m *maker) rivals(kind kinds.Kind, r resource.Resource, where []kinds.Telling) []resource.Resource {
	var out []resource.Resource
	for _, other := range m.namesakes[nameKey(kind, r.Name)] {
		if !kind.SameID(other.ID, r.ID) && !differsIn(kind, other, where) {
			out = append(out, other)
		}
	}
	return append(out, r)
}

func differsIn(kind kinds.Kind, r resource.Resource, where []kinds.Telling) bool {
	return slices.ContainsFunc(where, func(telling kinds.Telling) bool {
		other, usable := kind.Tell(r, telling.Field)
		return usable && !strings.EqualFold(fmt.Sprint(other.Value), fmt.Sprint(telling.Value))
	})
}

func fieldsOf(where []kinds.Telling) []string {
	out := make([]string, 0, len(where))
	for _, telling := range where {
		out = append(out, telling.Field)
	}
	return out
}

func scalar(value any) intstr.IntOrString {
	if number, isNumber := value.(json.Number); isNumber {
		return intstr.Parse(number.String())
	}
	return intstr.FromString(fmt.Sprint(value))
}

func encoded(values map[string]any) (map[string]apiextensionsv1.JSON, error) {
	out := make(map[string]apiextensionsv1.JSON, len(values))
	for name, value := range values {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", name, err)
		}
		out[name] = apiextensionsv1.JSON{Raw: raw}
	}
	return out, nil
}

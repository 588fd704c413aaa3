package declare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/yamledit"
)

// Manifest writes a declaration as YAML, as somebody would write it by hand: fields in the
// order of the kind's table, and nothing that the API server fills in.
func Manifest(p *driftv1alpha1.CloudProvisioned) ([]byte, error) {
	desired, err := desiredOf(p)
	if err != nil {
		return nil, fmt.Errorf("writing the manifest of %s: %w", p.Name, err)
	}
	metadata := yamledit.Mapping("name", yamledit.Text(p.Name))
	if p.Namespace != "" {
		yamledit.Append(metadata, "namespace", yamledit.Text(p.Namespace))
	}
	if len(p.Annotations) > 0 {
		annotations := yamledit.Mapping()
		for _, name := range slices.Sorted(maps.Keys(p.Annotations)) {
			yamledit.Append(annotations, name, yamledit.Text(p.Annotations[name]))
		}
		yamledit.Append(metadata, "annotations", annotations)
	}
	spec := yamledit.Mapping("accountRef", yamledit.Mapping("name", yamledit.Text(p.Spec.AccountRef.Name)), "resource", reference(p.Spec.Resource), "desired", desired)
	out, err := yamledit.Encode(yamledit.Mapping("apiVersion", yamledit.Text(driftv1alpha1.GroupVersion.String()), "kind", yamledit.Text("CloudProvisioned"),
		"metadata", metadata, "spec", spec), false)
	if err != nil {
		return nil, fmt.Errorf("writing the manifest of %s: %w", p.Name, err)
	}
	return []byte(out + "\n"), nil
}

func reference(selector driftv1alpha1.ResourceSelector) *yaml.Node {
	out := yamledit.Mapping("kind", yamledit.Text(selector.Kind))
	if selector.ID != "" {
		yamledit.Append(out, "id", yamledit.Text(selector.ID))
		return out
	}
	yamledit.Append(out, "name", yamledit.Text(selector.Name))
	if len(selector.Where) > 0 {
		where := yamledit.Mapping()
		for _, field := range slices.Sorted(maps.Keys(selector.Where)) {
			value := selector.Where[field]
			if number := value.IntValue(); value.StrVal == "" {
				yamledit.Append(where, field, yamledit.Node(json.Number(strconv.Itoa(number))))
			} else {
				yamledit.Append(where, field, yamledit.Text(value.StrVal))
			}
		}
		yamledit.Append(out, "where", where)
	}
	return out
}

func desiredOf(p *driftv1alpha1.CloudProvisioned) (*yaml.Node, error) {
	kind, _ := kinds.Lookup(p.Spec.Resource.Kind)
	out := yamledit.Mapping()
	for _, name := range inTableOrder(kind, slices.Collect(maps.Keys(p.Spec.Desired))) {
		value, err := resource.Decode(p.Spec.Desired[name].Raw)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		yamledit.Append(out, name, yamledit.Node(value))
	}
	return out, nil
}

// inTableOrder sorts top-level names as the kind's table has them; others come last.
func inTableOrder(kind kinds.Kind, names []string) []string {
	slices.Sort(names)
	place := func(name string) int {
		if i := slices.Index(kind.TopNames(), name); i >= 0 {
			return i
		}
		return len(kind.TopNames())
	}
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	return names
}

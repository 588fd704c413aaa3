package declare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Manifest writes a declaration as YAML, as somebody would write it by hand: fields in the
// order of the kind's table, and nothing that the API server fills in.
func Manifest(p *driftv1alpha1.CloudProvisioned) ([]byte, error) {
	desired, err := desiredOf(p)
	if err != nil {
		return nil, fmt.Errorf("writing the manifest of %s: %w", p.Name, err)
	}
	metadata := mapping("name", text(p.Name))
	if p.Namespace != "" {
		appendTo(metadata, "namespace", text(p.Namespace))
	}
	if len(p.Annotations) > 0 {
		annotations := mapping()
		for _, name := range slices.Sorted(maps.Keys(p.Annotations)) {
			appendTo(annotations, name, text(p.Annotations[name]))
		}
		appendTo(metadata, "annotations", annotations)
	}
	spec := mapping("accountRef", mapping("name", text(p.Spec.AccountRef.Name)), "resource", reference(p.Spec.Resource), "desired", desired)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err = encoder.Encode(mapping("apiVersion", text(driftv1alpha1.GroupVersion.String()), "kind", text("CloudProvisioned"),
		"metadata", metadata, "spec", spec))
	if err != nil {
		return nil, fmt.Errorf("writing the manifest of %s: %w", p.Name, err)
	}
	return out.Bytes(), nil
}

func reference(selector driftv1alpha1.ResourceSelector) *yaml.Node {
	out := mapping("kind", text(selector.Kind))
	if selector.ID != "" {
		appendTo(out, "id", text(selector.ID))
		return out
	}
	appendTo(out, "name", text(selector.Name))
	if len(selector.Where) > 0 {
		where := mapping()
		for _, field := range slices.Sorted(maps.Keys(selector.Where)) {
			value := selector.Where[field]
			if number := value.IntValue(); value.StrVal == "" {
				appendTo(where, field, scalarNode("!!int", strconv.Itoa(number)))
			} else {
				appendTo(where, field, text(value.StrVal))
			}
		}
		appendTo(out, "where", where)
	}
	return out
}

func desiredOf(p *driftv1alpha1.CloudProvisioned) (*yaml.Node, error) {
	kind, _ := kinds.Lookup(p.Spec.Resource.Kind)
	out := mapping()
	for _, name := range inTableOrder(kind, slices.Collect(maps.Keys(p.Spec.Desired))) {
		value, err := resource.Decode(p.Spec.Desired[name].Raw)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		appendTo(out, name, node(value))
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

// node writes a value; lists of plain values in one line.
func node(value any) *yaml.Node {
	switch value := value.(type) {
	case map[string]any:
		out := mapping()
		for _, name := range slices.Sorted(maps.Keys(value)) {
			appendTo(out, name, node(value[name]))
		}
		return out
	case []any:
		out := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, element := range value {
			inner := node(element)
			if inner.Kind != yaml.ScalarNode {
				out.Style = 0
			}
			out.Content = append(out.Content, inner)
		}
		return out
	case json.Number:
		tag := "!!float"
		if _, err := value.Int64(); err == nil {
			tag = "!!int"
		}
		return scalarNode(tag, value.String())
	case bool:
		return scalarNode("!!bool", strconv.FormatBool(value))
	case string:
		return text(value)
	default:
		return scalarNode("!!null", "null")
	}
}

// sexagesimal is what YAML 1.1 takes for a number: a time of day.
var sexagesimal = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)

// text is a string, in quotes where any version of YAML would take it for something else: no,
// off, 8 and 02:00 are such.
func text(value string) *yaml.Node {
	out := &yaml.Node{}
	out.SetString(value)
	var read any
	err := kyaml.Unmarshal([]byte(value), &read)
	if read != value && out.Style == 0 || err != nil || sexagesimal.MatchString(value) {
		out.Style = yaml.DoubleQuotedStyle
	}
	return out
}

func scalarNode(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func mapping(pairs ...any) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		value, _ := pairs[i+1].(*yaml.Node)
		appendTo(out, name, value)
	}
	return out
}

func appendTo(object *yaml.Node, name string, value *yaml.Node) {
	object.Content = append(object.Content, text(name), value)
}

package yamledit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Node is a value as it is written anew: names of objects in order, lists of plain values in
// one line.
func Node(value any) *yaml.Node {
	switch value := value.(type) {
	case map[string]any:
		out := Mapping()
		for _, name := range slices.Sorted(maps.Keys(value)) {
			Append(out, name, Node(value[name]))
		}
		return out
	case []any:
		out := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, element := range value {
			inner := Node(element)
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
		return scalar(tag, value.String())
	case bool:
		return scalar("!!bool", strconv.FormatBool(value))
	case string:
		return Text(value)
	default:
		return scalar("!!null", "null")
	}
}

// sexagesimal is what YAML 1.1 takes for a number: a time of day.
var sexagesimal = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)

// Text is a string, in quotes where any version of YAML would take it for something else: no,
// off, 8 and 02:00 are such.
func Text(value string) *yaml.Node {
	out := &yaml.Node{}
	out.SetString(value)
	var read any
	err := kyaml.Unmarshal([]byte(value), &read)
	if read != value && out.Style == 0 || err != nil || sexagesimal.MatchString(value) {
		out.Style = yaml.DoubleQuotedStyle
	}
	return out
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

// Mapping is an object of names and *yaml.Node, in turns.
func Mapping(pairs ...any) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		value, _ := pairs[i+1].(*yaml.Node)
		Append(out, name, value)
	}
	return out
}

// Append adds a name to an object.
func Append(object *yaml.Node, name string, value *yaml.Node) {
	object.Content = append(object.Content, Text(name), value)
}

// Encode writes a node, without the line break at its end.
func Encode(node *yaml.Node, compact bool) (string, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(indent)
	if compact {
		encoder.CompactSeqIndent()
	}
	if err := encoder.Encode(node); err != nil {
		return "", fmt.Errorf("writing YAML: %w", err)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// indent is how far what lies within an object stands to the right of it.
const indent = 2

// inOneLine is a node as it stands between brackets.
func inOneLine(node *yaml.Node) *yaml.Node {
	out := *node
	if out.Kind != yaml.ScalarNode {
		out.Style = yaml.FlowStyle
	} else if strings.Contains(out.Value, "\n") {
		out.Style = yaml.DoubleQuotedStyle
	}
	out.Content = nil
	for _, inner := range node.Content {
		out.Content = append(out.Content, inOneLine(inner))
	}
	return &out
}

// Decode reads one document as kubectl does: with the YAML that Kubernetes has, by way of
// JSON.
func Decode(document []byte) (any, error) {
	raw, err := kyaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, fmt.Errorf("reading YAML: %w", err)
	}
	return resource.Decode(raw)
}

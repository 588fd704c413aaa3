package terraform

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// stateFormat is the version of the format that Terraform has written since 0.12, and OpenTofu
// always.
const stateFormat = "4"

type stateFile struct {
	Serial    int64           `json:"serial"`
	Lineage   string          `json:"lineage"`
	Resources []stateResource `json:"resources"`
}

type stateResource struct {
	Module    string          `json:"module"`
	Mode      string          `json:"mode"`
	Type      string          `json:"type"`
	Name      string          `json:"name"`
	Instances []stateInstance `json:"instances"`
}

type stateInstance struct {
	IndexKey   json.RawMessage `json:"index_key"`
	Deposed    string          `json:"deposed"`
	Attributes json.RawMessage `json:"attributes"`
	Sensitive  []statePath     `json:"sensitive_attributes"`
}

// statePath leads to a sensitive value.
type statePath []struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

func readState(data []byte, version string) (*State, error) {
	if version != stateFormat {
		return nil, fmt.Errorf("it has format %s, and only format %s is known; Terraform 0.12 and later write it: %s",
			resource.Short(version, 16), stateFormat, howTo)
	}
	var file stateFile
	if err := unmarshal(data, &file); err != nil {
		return nil, err
	}
	m := newMapper()
	m.state.Serial, m.state.Lineage = file.Serial, file.Lineage
	for i := range file.Resources {
		each := &file.Resources[i]
		if each.Mode != managed {
			continue
		}
		for j := range each.Instances {
			m.add(each.instance(&each.Instances[j]))
		}
	}
	return m.state, nil
}

// managed is the mode of what Terraform looks after; data sources have another.
const managed = "managed"

func (r *stateResource) instance(of *stateInstance) instance {
	out := instance{address: address(r.Module, r.Type, r.Name, of.IndexKey), resourceType: r.Type, sensitive: sensitiveTree(of.Sensitive)}
	switch {
	case of.Deposed != "":
		out.problem = "is being replaced, and about to be destroyed"
	case len(of.Attributes) == 0 || string(of.Attributes) == "null":
		out.problem = "has no attributes that can be read; Terraform 0.12 or later writes them anew with its next apply"
	default:
		out.attributes, out.problem = attributesOf(of.Attributes)
	}
	return out
}

func attributesOf(raw json.RawMessage) (attributes map[string]any, problem string) {
	value, err := resource.Decode(raw)
	attributes, isObject := value.(map[string]any)
	if err != nil || !isObject {
		return nil, "has attributes that are no object"
	}
	return attributes, ""
}

// address is written as Terraform writes it.
func address(module, resourceType, name string, index json.RawMessage) string {
	out := resourceType + "." + name
	if module != "" {
		out = module + "." + out
	}
	if len(index) > 0 && string(index) != "null" {
		out += "[" + string(index) + "]"
	}
	return out
}

// sensitiveTree has true at the end of each path.
func sensitiveTree(paths []statePath) any {
	root := map[string]any{}
	for _, path := range paths {
		at := root
		for i, step := range path {
			name := stepName(step.Value)
			if name == "" { // an index that is not known: all of it
				break
			}
			if i == len(path)-1 {
				at[name] = true
				break
			}
			inner, isObject := at[name].(map[string]any)
			if !isObject {
				if at[name] == true {
					break
				}
				inner = map[string]any{}
				at[name] = inner
			}
			at = inner
		}
	}
	return root
}

// stepName is a step's name: an attribute's, or what stands in an index.
func stepName(raw json.RawMessage) string {
	value, err := resource.Decode(raw)
	if err != nil {
		return ""
	}
	if typed, isObject := value.(map[string]any); isObject {
		value = typed["value"]
	}
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

// within is what is known to be sensitive of one name, or of the nth element.
func within(sensitive any, name string) any {
	switch sensitive := sensitive.(type) {
	case bool:
		return sensitive
	case map[string]any:
		return sensitive[name]
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(sensitive) {
			return sensitive[i]
		}
	}
	return nil
}

// holdsSensitive says whether anything in it is.
func holdsSensitive(sensitive any) bool {
	switch sensitive := sensitive.(type) {
	case bool:
		return sensitive
	case map[string]any:
		for _, inner := range sensitive {
			if holdsSensitive(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(sensitive, holdsSensitive)
	}
	return false
}

package terraform

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// mapper collects what becomes of the resources.
type mapper struct {
	state *State
	// seen are the addresses of the resources that are mapped.
	seen map[resource.Ref]string
}

func newMapper() *mapper { return &mapper{state: &State{}, seen: map[resource.Ref]string{}} }

func (m *mapper) unmapped(address, reason string) {
	m.state.Unmapped = append(m.state.Unmapped, Unmapped{Address: address, Reason: reason})
}

// add takes a resource, and the blocks in it that are resources by themselves.
func (m *mapper) add(in instance) {
	if !strings.HasPrefix(in.resourceType, providerPrefix) {
		m.state.Foreign++
		return
	}
	kind, known := kinds.ByTerraformType(in.resourceType)
	switch {
	case !known:
		m.unmapped(in.address, in.resourceType+" is of no kind that can be declared")
		return
	case in.problem != "":
		m.unmapped(in.address, in.problem)
		return
	}
	id, missing := idOf(kind, in.attributes)
	if missing != "" {
		m.unmapped(in.address, "has no "+missing+" yet: it comes with the next apply")
		return
	}
	blocks := kinds.InTerraformBlocks(in.resourceType)
	m.resource(kind, id, in, blocks)
	for _, name := range slices.Sorted(maps.Keys(blocks)) {
		for i, element := range objectsOf(in.attributes[name]) {
			nested := instance{
				address: in.address + "." + name + "[" + strconv.Itoa(i) + "]", attributes: element,
				sensitive: within(within(in.sensitive, name), strconv.Itoa(i)),
			}
			if in.asked != nil {
				nested.asked = written(in.asked, name, i)
			}
			if own := text(element["id"]); own != "" {
				m.resource(blocks[name], id+"/"+own, nested, nil)
			} else {
				m.unmapped(nested.address, "has no id yet: it comes with the next apply")
			}
		}
	}
}

// idOf joins the attributes that make the id; missing is the first that is not there.
func idOf(kind kinds.Kind, attributes map[string]any) (id, missing string) {
	names := kind.Terraform.ID
	if names == nil {
		names = []string{"id"}
	}
	parts := make([]string, 0, len(names))
	for _, name := range names {
		part := text(attributes[name])
		if part == "" {
			return "", name
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "/"), ""
}

// resource makes a resource of an instance.
func (m *mapper) resource(kind kinds.Kind, id string, in instance, apart map[string]kinds.Kind) {
	if err := kind.ValidateID(id); err != nil {
		m.unmapped(in.address, err.Error())
		return
	}
	ref := resource.Ref{Kind: kind.Name, ID: id}
	key := ref
	if kind.ID.NoCase {
		key.ID = strings.ToLower(id)
	}
	if other, twice := m.seen[key]; twice {
		m.unmapped(in.address, "is the same resource as "+other)
		return
	}
	m.seen[key] = in.address
	a := attributes{kind: kind, apart: apart, values: map[string]any{}, asked: map[string]bool{},
		leave: func(attribute, reason string, unknown bool) {
			m.state.LeftOut = append(m.state.LeftOut, LeftOut{Address: in.address, Attribute: attribute, Reason: reason, Unknown: unknown})
		}}
	a.object("", "", in.attributes, in.sensitive, in.asked)
	out := Resource{Address: in.address, Resource: resource.Resource{
		Ref: ref, Name: nameOf(kind, id, a.values), Values: nested(a.values), Unseen: untold(kind, a.values)}}
	if in.asked != nil {
		out.Asked = func(path string) bool { return a.asked[path] }
	}
	m.state.Resources = append(m.state.Resources, out)
}

// nameOf is what a reference by name is matched with.
func nameOf(kind kinds.Kind, id string, values map[string]any) string {
	name := text(values[kind.Named])
	if kind.FullName != nil {
		parent, _, _ := strings.Cut(id, "/")
		return kind.FullName(name, parent)
	}
	return name
}

// untold are the fields of which the attributes say nothing: that is not that they are empty.
func untold(kind kinds.Kind, values map[string]any) []string {
	var out []string
	for _, field := range kind.Fields {
		if _, told := values[field.Path]; !told {
			out = append(out, field.Path)
		}
	}
	return out
}

// nested are values by their paths as an observation has them.
func nested(values map[string]any) map[string]any {
	out := map[string]any{}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		names := strings.Split(path, ".")
		at := out
		for _, name := range names[:len(names)-1] {
			inner, isObject := at[name].(map[string]any)
			if !isObject {
				inner = map[string]any{}
				at[name] = inner
			}
			at = inner
		}
		at[names[len(names)-1]] = values[path]
	}
	return out
}

// written are the expressions of the nth block of a name.
func written(asked map[string]any, name string, n int) map[string]any {
	switch value := asked[name].(type) {
	case map[string]any:
		return value
	case []any:
		if n < len(value) {
			object, _ := value[n].(map[string]any)
			return object
		}
	}
	return map[string]any{}
}

// objectsOf are the objects of a block, however many there are.
func objectsOf(value any) []map[string]any {
	switch value := value.(type) {
	case map[string]any:
		return []map[string]any{value}
	case []any:
		out := make([]map[string]any, 0, len(value))
		for _, element := range value {
			if object, isObject := element.(map[string]any); isObject {
				out = append(out, object)
			}
		}
		return out
	}
	return nil
}

// text is a scalar as a string, and empty for anything else.
func text(value any) string {
	if number, isNumber := resource.Decimal(value); isNumber {
		return number
	}
	written, _ := value.(string)
	return written
}

// isNothing says whether a value is what an attribute has that nobody set: null, empty, zero
// or false, at every depth.
func isNothing(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case bool:
		return !value
	case string:
		return value == ""
	case json.Number:
		return cmp.Or(text(value), "0") == "0"
	case []any:
		return !slices.ContainsFunc(value, func(element any) bool { return !isNothing(element) })
	case map[string]any:
		for _, inner := range value {
			if !isNothing(inner) {
				return false
			}
		}
		return true
	}
	return false
}

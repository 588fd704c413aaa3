package terraform

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Edit is what to change in a configuration, in HCL, so that it sets the field at a path to
// another value: for the eye, and not for a machine, because it says nothing of how the value
// comes about there. The address is that of the resource, or of a block within one. ok is
// false where the provider does not set the field.
func Edit(kind kinds.Kind, address string, at resource.Path, from, to any) (hcl string, ok bool) {
	field, rest := fieldAt(kind, at)
	if field == nil {
		return "", false
	}
	blocks, name, ok := kind.TerraformAttribute(*field)
	if !ok {
		return "", false
	}
	address, within := withinOf(kind, address)
	w := &hclWriter{}
	w.line("# %s", address)
	for _, block := range append(within, blocks...) {
		w.open(block, "")
	}
	w.change(field, name, rest, from, to)
	w.close()
	return w.String(), true
}

// fieldAt is the field that a path is of, and what of the path leads into its value.
func fieldAt(kind kinds.Kind, at resource.Path) (field *kinds.Field, rest resource.Path) {
	for i := range kind.Fields {
		path, err := resource.ParsePath(kind.Fields[i].Path)
		if err == nil && at.Under(path) && (field == nil || len(path) > len(at)-len(rest)) {
			field, rest = &kind.Fields[i], at[len(path):]
		}
	}
	return field, rest
}

// withinOf cuts the block off that a resource of the kind is within another.
func withinOf(kind kinds.Kind, address string) (of string, block []string) {
	for _, within := range kind.Terraform.Within {
		if i := strings.LastIndex(address, "."+within.Block+"["); i >= 0 {
			return address[:i], []string{within.Block}
		}
	}
	return address, nil
}

// hclWriter writes lines, and blocks around them.
type hclWriter struct {
	strings.Builder
	depth int
}

func (w *hclWriter) line(format string, args ...any) {
	w.WriteString(strings.Repeat("  ", w.depth) + fmt.Sprintf(format, args...) + "\n")
}

func (w *hclWriter) open(block, comment string) {
	if comment != "" {
		comment = "   # " + comment
	}
	w.line("%s {%s", block, comment)
	w.depth++
}

// close closes all that is open.
func (w *hclWriter) close() {
	for w.depth > 0 {
		w.depth--
		w.line("}")
	}
}

// change writes what changes of a field.
func (w *hclWriter) change(field *kinds.Field, name string, rest resource.Path, from, to any) {
	isBlocks := field.Key != nil || field.Holds == drift.Objects
	switch {
	case len(rest) == 0 && !isBlocks:
		if field.Terraform.Number && to != nil {
			to = text(to)
		}
		w.attribute(name, from, to)
	case len(rest) == 0:
		for _, element := range objectsOf(to) {
			w.open(name, "")
			w.body(field, element)
			w.depth--
			w.line("}")
		}
		w.line("# and no other %s", name)
	case !isBlocks:
		w.line("%s = {", name)
		w.depth++
		w.attribute(key(strings.Trim(rest.String(), `[]"`)), from, to)
		w.depth--
		w.line("}")
	case len(rest) > 1:
		w.open(name, "that of "+string(rest[0]))
		inner := rest[1:].String()
		if i := slices.IndexFunc(field.Elements, func(f kinds.Field) bool { return f.Path == inner }); i >= 0 && field.Elements[i].Terraform.Attribute != "" {
			inner = field.Elements[i].Terraform.Attribute
		}
		w.attribute(inner, from, to)
	case to == nil:
		w.line("# without the %s of %s", name, rest[0])
	default:
		w.open(name, map[bool]string{true: "one more: ", false: "that of "}[from == nil]+string(rest[0]))
		for _, element := range objectsOf(to) {
			w.body(field, element)
		}
	}
}

// attribute writes what an attribute is to be.
func (w *hclWriter) attribute(name string, from, to any) {
	switch {
	case to == nil:
		w.line("# without %s, which was %s", name, hclValue(from))
	case from == nil:
		w.line("%s = %s   # was not set", name, hclValue(to))
	default:
		w.line("%s = %s   # was %s", name, hclValue(to), hclValue(from))
	}
}

// body writes the attributes of one of a list's objects.
func (w *hclWriter) body(field *kinds.Field, element map[string]any) {
	if field.Members != nil {
		w.members(field.Members, element)
		return
	}
	for _, each := range field.Elements {
		if value, is := element[each.Path]; is && !isNothing(value) {
			name := each.Path
			if each.Terraform.Attribute != "" {
				name = each.Terraform.Attribute
			}
			w.line("%s = %s", name, hclValue(value))
		}
	}
}

// members writes what lies within an object as Terraform has it: beside one another.
func (w *hclWriter) members(members drift.Members, object map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		member, value := members[name], object[name]
		if inner, isObject := value.(map[string]any); isObject && member.Members != nil {
			w.members(member.Members, inner)
			continue
		}
		if len(member.Others) > 0 {
			name = member.Others[0]
		}
		if !isNothing(value) {
			w.line("%s = %s", name, hclValue(value))
		}
	}
}

// hclValue is a value as an expression.
func hclValue(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		return quoted(value)
	case json.Number:
		return value.String()
	case []any:
		out := make([]string, 0, len(value))
		for _, element := range value {
			out = append(out, hclValue(element))
		}
		return "[" + strings.Join(out, ", ") + "]"
	case map[string]any:
		out := make([]string, 0, len(value))
		for _, name := range slices.Sorted(maps.Keys(value)) {
			out = append(out, key(name)+" = "+hclValue(value[name]))
		}
		return "{ " + strings.Join(out, ", ") + " }"
	}
	return fmt.Sprint(value)
}

// quoted is a text in quotes, in which nothing is a template.
func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return strings.NewReplacer("${", "$${", "%{", "%%{", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(raw))
}

// key is a name of an object: in quotes, where it is not one word.
func key(name string) string {
	if name != "" && resource.Segment(name).IsWord() && (name[0] < '0' || name[0] > '9') {
		return name
	}
	return quoted(name)
}

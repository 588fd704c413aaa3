package terraform

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// attributes turns the attributes of one resource into values of its kind's fields.
type attributes struct {
	kind kinds.Kind
	// apart are blocks that are resources by themselves.
	apart map[string]kinds.Kind
	// values and asked are by the fields' paths.
	values map[string]any
	asked  map[string]bool
	// leave is told of every attribute with a value that no field has.
	leave func(attribute, reason string, unknown bool)
}

// object takes the attributes of an object: inside is the path that its fields lie below, and
// block is Terraform's name of it. asked is nil where nobody knows what is asked for.
func (a *attributes) object(inside, block string, object map[string]any, sensitive any, asked map[string]any) {
	for _, name := range a.inOrder(inside, object) {
		value := object[name]
		if _, isApart := a.apart[name]; value == nil || block == "" && (isApart || name == "id" || name == "timeouts") ||
			a.kind.Terraform.Needless(block+name) {
			continue
		}
		inner := within(sensitive, name)
		if field := a.field(inside, name); field != nil {
			a.take(field, block+name, value, object, inner, asked)
			continue
		}
		if below := a.below(inside, name); below != "" {
			for i, element := range objectsOf(value) {
				if i > 0 {
					a.leave(block+name, "is there more than once", true)
					break
				}
				a.object(below, block+name+".", element, withinBlock(inner, value), writtenIn(asked, name))
			}
			continue
		}
		a.unknown(block+name, value)
	}
}

// writtenIn are the expressions of the only block of that name; nil: it is not known.
func writtenIn(asked map[string]any, name string) map[string]any {
	if asked == nil {
		return nil
	}
	return written(asked, name, 0)
}

// withinBlock is what is sensitive in the only object of a block.
func withinBlock(sensitive, value any) any {
	if _, isList := value.([]any); isList {
		return within(sensitive, "0")
	}
	return sensitive
}

// inOrder are the names of an object: those that are paths of fields before other tools' names.
func (a *attributes) inOrder(inside string, object map[string]any) []string {
	names := slices.Sorted(maps.Keys(object))
	isPath := func(name string) int {
		if slices.ContainsFunc(a.kind.Fields, func(f kinds.Field) bool { return f.Path == inside+name }) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(names, func(x, y string) int { return isPath(x) - isPath(y) })
	return names
}

// field is the field that an attribute is, or nil.
func (a *attributes) field(inside, name string) *kinds.Field {
	return find(a.kind.Fields, inside, name)
}

func find(fields []kinds.Field, inside, name string) *kinds.Field {
	for _, matches := range []func(kinds.Field) bool{
		func(f kinds.Field) bool { return f.Path == inside+name },
		func(f kinds.Field) bool { return inside == "" && slices.Contains(f.Others, name) },
	} {
		if i := slices.IndexFunc(fields, matches); i >= 0 {
			return &fields[i]
		}
	}
	return nil
}

// below is the beginning of the paths of a block's fields, or empty.
func (a *attributes) below(inside, block string) string {
	if renamed := a.kind.Terraform.Blocks[block]; renamed != "" && inside == "" {
		block = renamed
	}
	prefix := inside + block + "."
	if slices.ContainsFunc(a.kind.Fields, func(f kinds.Field) bool { return strings.HasPrefix(f.Path, prefix) }) {
		return prefix
	}
	return ""
}

// unknown is an attribute that is no field.
func (a *attributes) unknown(attribute string, value any) {
	if isNothing(value) {
		return
	}
	if why := a.kind.Schema.Unreadable[attribute]; why != "" {
		a.leave(attribute, why, false)
		return
	}
	a.leave(attribute, a.kind.Name+" has no such field", true)
}

// take sets a field.
func (a *attributes) take(field *kinds.Field, attribute string, value any, beside map[string]any, sensitive any, asked map[string]any) {
	name := attribute[strings.LastIndex(attribute, ".")+1:]
	_, isAsked := asked[name]
	// What a dynamic block makes stands in no expression.
	if _, isList := value.([]any); isList && len(objectsOf(value)) > 0 {
		isAsked = isAsked || !isNothing(value)
	}
	switch {
	case asked == nil && field.Terraform.Computed:
		return
	case field.Terraform.Unless != "" && !isNothing(beside[field.Terraform.Unless]):
		return
	case holdsSensitive(sensitive):
		if field.Change != drift.Never && !isNothing(value) {
			a.leave(attribute, "is sensitive", false)
		}
		return
	}
	if a.asked[field.Path] = a.asked[field.Path] || isAsked; isNothing(a.values[field.Path]) {
		a.values[field.Path] = a.converted(field, attribute, value)
	}
}

// converted is a value as the field has it.
func (a *attributes) converted(field *kinds.Field, attribute string, value any) any {
	switch {
	case field.Terraform.Number:
		if number, isNumber := resource.ParseDecimal(text(value)); isNumber {
			return json.Number(number)
		}
	case field.Key != nil:
		return a.elements(field, attribute, value)
	case field.Members != nil:
		return a.members(field.Members, attribute, value)
	}
	return value
}

// elements are a list's objects as their fields have them.
func (a *attributes) elements(field *kinds.Field, attribute string, value any) any {
	out := []any{}
	for i, object := range objectsOf(value) {
		element := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			inner := find(field.Elements, "", name)
			switch {
			case a.kind.Terraform.Needless(attribute + "." + name):
			case inner == nil:
				a.unknown(attribute+"["+strconv.Itoa(i)+"]."+name, object[name])
			case inner.Terraform.Unless != "" && !isNothing(object[inner.Terraform.Unless]):
			default:
				element[inner.Path] = a.converted(inner, attribute+"."+name, object[name])
			}
		}
		out = append(out, element)
	}
	return out
}

// members puts what lies within a value at its place: Terraform's source_addresses of a rule
// lie in an object of their own here.
func (a *attributes) members(members drift.Members, attribute string, value any) any {
	switch value := value.(type) {
	case []any:
		out := make([]any, 0, len(value))
		for _, element := range value {
			out = append(out, a.members(members, attribute, element))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			at := members.Find(name)
			if at == nil {
				a.unknown(attribute+"."+name, value[name])
				continue
			}
			if !isNothing(value[name]) {
				resource.Put(out, at, value[name])
			}
		}
		return out
	}
	return value
}

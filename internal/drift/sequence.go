package drift

import (
	"strconv"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Sequenced returns values in which each list whose order means something is an object of
// its elements by their place, so that a hash that is the same for a list in any order is
// not for these. Values of a schema without such a field are returned as they are.
func (s Schema) Sequenced(values map[string]any) map[string]any {
	for i := range s.Fields {
		field := &s.Fields[i]
		if !field.sequenced() {
			continue
		}
		at, err := resource.ParsePath(field.Path)
		if err != nil {
			continue // a test of the tables finds it
		}
		if list, isList := valueAt(values, at).([]any); isList {
			values, _ = withValue(values, at, field.sequence(list)).(map[string]any)
		}
	}
	return values
}

// sequenced says whether the order of the field's list, or of one within it, means something.
func (f *Field) sequenced() bool {
	if f.Ordered {
		return true
	}
	for i := range f.Elements {
		if f.Elements[i].sequenced() {
			return true
		}
	}
	return false
}

func (f *Field) sequence(list []any) any {
	elements := make([]any, len(list))
	for i, element := range list {
		elements[i] = element
		if object, isObject := element.(map[string]any); isObject {
			elements[i] = Schema{Fields: f.Elements}.Sequenced(object)
		}
	}
	if !f.Ordered {
		return elements
	}
	byPlace := make(map[string]any, len(elements))
	for i, element := range elements {
		byPlace[strconv.Itoa(i)] = element
	}
	return byPlace
}

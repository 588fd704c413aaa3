package drift

import (
	"maps"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// valueDeclared is the value at a path below a declared one, provided that there is one,
// be it null.
func valueDeclared(value any, at resource.Path) (_ any, declared bool) {
	for _, segment := range at {
		object, isObject := value.(map[string]any)
		if !isObject {
			return nil, false
		}
		if value, declared = object[string(segment)]; !declared {
			return nil, false
		}
	}
	return value, true
}

// valueAt is the value at a path below another one, nil where there is none.
func valueAt(value any, at resource.Path) any {
	value, _ = valueDeclared(value, at)
	return value
}

// withValue is a copy of an object with another value at the path.
func withValue(object any, at resource.Path, value any) any {
	if len(at) == 0 {
		return value
	}
	inner, _ := object.(map[string]any)
	out := maps.Clone(inner)
	if out == nil {
		out = map[string]any{}
	}
	out[string(at[0])] = withValue(out[string(at[0])], at[1:], value)
	return out
}

// edit replaces the value at a path below desired. Nothing is added on the way:
// what is not declared can't differ.
func edit(desired any, at resource.Path, replace func(old any) any) (any, error) {
	old, declared := valueDeclared(desired, at)
	if !declared {
		return nil, ErrNotDeclared
	}
	return withValue(desired, at, replace(old)), nil
}

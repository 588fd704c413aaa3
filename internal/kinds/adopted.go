package kinds

import (
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Wanted says which fields a declaration has that is made of a resource, beyond the kind's
// table.
type Wanted struct {
	// Asked says which fields somebody asked for: these are declared also at their defaults,
	// and no others are. Nil: nobody knows, and what one would declare is declared.
	Asked func(path string) bool
	// Defaults has fields declared that are at their defaults too, so that any change of them
	// is told.
	Defaults bool
}

// Adopted is what a declaration says that is made of a resource: each field that one would
// declare, with its value. What is read-only, secret, at its default, said by another field,
// or could not be seen is not in it. Comparing a resource with what was adopted of it finds
// no difference.
func (k Kind) Adopted(r resource.Resource, wanted Wanted) map[string]any {
	values := map[string]any{}
	for _, field := range k.Fields {
		if wanted.Asked != nil && !wanted.Asked(field.Path) {
			continue
		}
		if value, declared := k.adopted(field, r, wanted); declared {
			values[field.Path] = value
		}
	}
	out := map[string]any{}
	for _, field := range k.Fields {
		value, declared := values[field.Path]
		// A pool that is not scaled by itself has a count of its own.
		if other, said := values[field.Follows]; !declared || said && other != false && other != "" {
			continue
		}
		at, err := resource.ParsePath(field.Path)
		if err != nil {
			continue // no table has such a path
		}
		resource.Put(out, at, value)
	}
	return out
}

func (k Kind) adopted(field Field, r resource.Resource, wanted Wanted) (value any, declared bool) {
	asked := wanted.Asked != nil
	if field.Change == drift.Never || field.Sensitive || field.Unadopted != "" && !asked {
		return nil, false
	}
	at, err := resource.ParsePath(field.Path)
	if err != nil {
		return nil, false
	}
	value, seen := drift.Declare(k.Schema, at, r)
	switch {
	case !seen:
		return nil, false
	case value == nil && (asked || wanted.Defaults || field.Path == k.Named || slices.Contains(k.Identifying, field.Path)):
		// What tells the resource is said, whatever it is.
		if value, _ = r.Lookup(at); isList(value) {
			value = []any{} // what is in it counts for nothing
		}
		if value == nil || value == "" && !asked && !wanted.Defaults {
			return []any{}, field.EmptyCounts
		}
		return value, true
	case value == nil:
		return []any{}, field.EmptyCounts
	case !asked && !wanted.Defaults && field.Default != nil && k.has(field, field.Default, r):
		return nil, false
	}
	return value, true
}

// has says whether the field of a resource has this value.
func (k Kind) has(field Field, value any, r resource.Resource) bool {
	at, err := resource.ParsePath(field.Path)
	if err != nil {
		return false
	}
	asked := map[string]any{}
	resource.Put(asked, at, value)
	equal, _ := drift.Matches(k.Schema, asked, r)
	if list, isList := value.([]any); isList { // what is at least there may be more
		live, _ := r.Lookup(at)
		shown, _ := live.([]any)
		return equal && len(list) == len(shown)
	}
	return equal
}

package drift

import (
	"maps"
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Elements compares lists of objects that are known by a key, field by field: what a
// desired element does not name is not compared, and each field has its own comparison.
// An element that is missing, or that nobody declared, is a difference of its own, at a
// path of one segment, the key; a field that differs is one below that. A field of an
// element may be a list of Elements in its turn. (Keyed, in contrast, compares each
// element whole.)
//
// Of two elements with the same key only one is compared, whatever their order. The secrets of an element
// that is shown whole are shown as digests, and an element that is accepted comes without.
func Elements(key Key, element Schema) Comparison {
	return elements{key, element, (&Field{Key: key, Elements: element.Fields}).Names()}
}

type elements struct {
	key     Key
	element Schema
	members Members
}

// index are a list's elements by their key. ok is false where the value is neither a list of
// objects nor empty.
func (e elements) index(value any) (byKey map[string]map[string]any, ok bool) {
	byKey = map[string]map[string]any{}
	list, isList := value.([]any)
	if !isList {
		return byKey, whole.key(value) == nothing
	}
	for _, element := range list {
		object, isObject := element.(map[string]any)
		switch {
		case !isObject && whole.key(element) == nothing:
			continue
		case !isObject:
			return nil, false
		}
		key := e.key(settled(object))
		if other := byKey[key]; other == nil || precedes(object, other) {
			byKey[key] = object
		}
	}
	return byKey, true
}

// precedes chooses between two elements with the same key: one that is not empty.
func precedes(a, b map[string]any) bool {
	if empty := whole.key(a) == nothing; empty != (whole.key(b) == nothing) {
		return !empty
	}
	return string(resource.Canonical(settled(a))) < string(resource.Canonical(settled(b)))
}

// Compare implements Comparison.
func (e elements) Compare(desired any, live Live) Outcome {
	want, isList := e.index(desired)
	have, hasList := e.index(live.Value)
	if !isList || !hasList {
		if whole.key(desired) == whole.key(live.Value) {
			return Outcome{}
		}
		return different(e.members.sealed(desired), settled(live.Value))
	}
	keys := slices.Collect(maps.Keys(want))
	for key := range have {
		if want[key] == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var out Outcome
	for _, key := range keys {
		at := resource.Path{resource.Segment(key)}
		expected, declared := want[key]
		actual, exists := have[key]
		if hidden := onlyHidden(expected, live.Hidden); !exists && len(hidden) > 0 {
			// It may have been left out whole.
			for _, path := range hidden {
				out.Unseen = append(out.Unseen, at.Append(path...))
			}
			continue
		}
		if !declared || !exists {
			if whole.key(expected) == nothing && whole.key(actual) == nothing {
				continue // an empty element is none
			}
			out.Differences = append(out.Differences, Difference{Path: at, Expected: e.members.sealed(orNull(expected)), Actual: orNull(actual)})
			continue
		}
		inner := inspected(e.element, expected, e.resource(actual, live))
		for _, difference := range inner.Differences {
			difference.Path = at.Append(difference.Path...)
			out.Differences = append(out.Differences, difference)
		}
		for _, path := range inner.Unseen {
			out.Unseen = append(out.Unseen, at.Append(path...))
		}
	}
	return out
}

// orNull keeps a map that is nil from being taken for an object.
func orNull(object map[string]any) any {
	if object == nil {
		return nil
	}
	return settled(object)
}

// resource is one element as the resource that its own fields are compared with.
func (e elements) resource(element map[string]any, live Live) resource.Resource {
	out := resource.Resource{Ref: live.Of.Ref, Values: element}
	for _, hidden := range live.Hidden {
		if hidden.Deeper != "" || whole.key(valueAt(element, hidden.Path)) == nothing {
			out.Unseen = append(out.Unseen, hidden.String())
		}
	}
	return out
}

// Adopt implements Comparison.
func (e elements) Adopt(desired, actual any, at resource.Path) (any, error) {
	return e.edit(desired, e.members.unsealed(actual), at, func(element map[string]any, inner resource.Path) (map[string]any, error) {
		return Adopt(e.element, element, actual, inner)
	})
}

// Restore implements Comparison.
func (e elements) Restore(desired any, live Live, at resource.Path) (any, error) {
	if len(live.Hidden) > 0 {
		return nil, errHiddenElements
	}
	if len(at) == 0 {
		return desired, nil
	}
	if e.members.haveSecrets() {
		return nil, errSecretElements
	}
	want, isList := e.index(desired)
	if !isList {
		return nil, ErrNotDeclared
	}
	declared := want[string(at[0])]
	return e.edit(live.Value, orNull(declared), at, func(element map[string]any, inner resource.Path) (map[string]any, error) {
		field, value, err := Restore(e.element, declared, e.resource(element, live), inner)
		if err != nil {
			return nil, err
		}
		edited, _ := withValue(element, field, value).(map[string]any)
		return edited, nil
	})
}

// edit puts a value into a list: for the list itself, for the element with the key that at
// begins with, or, by change, into that element.
func (e elements) edit(list, value any, at resource.Path, change func(element map[string]any, inner resource.Path) (map[string]any, error)) (any, error) {
	if len(at) == 0 {
		return value, nil
	}
	byKey, isList := e.index(list)
	if !isList {
		return nil, ErrNotDeclared
	}
	key, inner := string(at[0]), at[1:]
	out, found := make([]any, 0, len(listOf(list))+1), false
	for _, element := range listOf(list) {
		object, isObject := element.(map[string]any)
		if !isObject || e.key(settled(object)) != key {
			out = append(out, element)
			continue
		}
		switch {
		case found: // another one with the same key
		case len(inner) > 0:
			changed, err := change(byKey[key], inner)
			if err != nil {
				return nil, err
			}
			out = append(out, changed)
		case value != nil:
			out = append(out, value)
		}
		found = true
	}
	switch {
	case found:
		return out, nil
	case len(inner) > 0:
		return nil, ErrNotDeclared
	case value != nil:
		return append(out, value), nil
	}
	return out, nil
}

// Place implements Comparison. An element that is looked into has the key of the declared
// one.
func (e elements) Place(desired, value any, at resource.Path) any {
	switch {
	case len(at) == 0:
		return value
	case len(at) == 1 && value == nil:
		return []any{}
	case len(at) == 1:
		return []any{value}
	}
	want, _ := e.index(desired)
	declared := want[string(at[0])]
	comparison, depth, err := e.element.comparisonAt(at[1:])
	if err != nil {
		return []any{}
	}
	field := at[1 : 1+depth]
	old, _ := valueDeclared(declared, field)
	return []any{withValue(declared, field, comparison.Place(old, value, at[1+depth:]))}
}

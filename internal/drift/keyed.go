package drift

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Key says which of a list's elements is which.
type Key func(element any) string

// Keyed compares lists element by element; each that differs is a difference of
// its own, at a path of one segment, the element's key. Elements are compared
// whole: what a desired element does not name is desired to be empty, since the
// lists that have keys are replaced whole by a write.
//
// tidy brings an element into the spelling that its equals share; merge makes one
// of two tidied elements with the same key.
func Keyed(key Key, tidy func(element any) any, merge func(a, b any) any) Comparison {
	return keyed{key, tidy, merge}
}

type keyed struct {
	key   Key
	tidy  func(element any) any
	merge func(a, b any) any
}

// whole compares tidied elements, by key: nothing of them may be left out.
var whole = loose{}

// keyOf does not depend on the order of what is in an element.
func (k keyed) keyOf(element any) string { return k.key(settled(element)) }

// Compare implements Comparison.
func (k keyed) Compare(desired any, live Live) Outcome {
	var out Outcome
	observed := live.Value
	if len(live.Hidden) > 0 {
		observed, out.Unseen = k.assume(desired, observed, live.Hidden)
	}
	want, isList := k.index(desired)
	have, hasList := k.index(observed)
	if !isList || !hasList {
		if whole.key(desired) == whole.key(observed) {
			return Outcome{}
		}
		return different(desired, settled(observed))
	}
	keys := maps.Clone(want)
	maps.Copy(keys, have)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		expected, declared := want[key]
		actual, exists := have[key]
		if declared && exists && whole.key(expected) == whole.key(actual) {
			continue
		}
		if lists := listsHidden(expected, actual, live.Hidden); declared && exists && len(lists) > 0 {
			// What differs may be what is hidden: elements are compared whole.
			for _, list := range lists {
				out.Unseen = append(out.Unseen, resource.Path{resource.Segment(key)}.Append(list...))
			}
			continue
		}
		out.Differences = append(out.Differences, Difference{
			Path:     resource.Path{resource.Segment(key)},
			Expected: expected,
			Actual:   actual,
		})
	}
	return out
}

// index tidies a list. ok is false where the value is neither a list nor empty.
func (k keyed) index(value any) (elements map[string]any, ok bool) {
	list, ok := value.([]any)
	if !ok {
		return map[string]any{}, whole.key(value) == nothing
	}
	alike := make(map[string][]any, len(list)) // tidied elements by their key, each once
	seen := make(map[[2]string]bool, len(list))
	for _, element := range list {
		if whole.key(element) == nothing {
			continue
		}
		key, tidied := k.keyOf(element), settled(k.tidy(element))
		if id := [2]string{key, whole.key(tidied)}; !seen[id] {
			seen[id] = true
			alike[key] = append(alike[key], tidied)
		}
	}
	elements = make(map[string]any, len(alike))
	for key, same := range alike {
		elements[key] = k.merged(same)
	}
	return elements, true
}

// merged makes one of all elements with the same key. Halves are merged, so that
// thousands of elements are not copied once for each.
func (k keyed) merged(alike []any) any {
	if len(alike) == 1 {
		return alike[0]
	}
	half := len(alike) / 2
	return settled(k.merge(k.merged(alike[:half]), k.merged(alike[half:])))
}

// Adopt implements Comparison.
func (k keyed) Adopt(desired, actual any, at resource.Path) (any, error) {
	if len(at) == 0 {
		return actual, nil
	}
	list, isList := k.index(desired)
	if len(at) > 1 || !isList {
		return nil, ErrNotDeclared
	}
	key := string(at[0])
	if actual != nil && k.keyOf(actual) != key {
		return nil, fmt.Errorf("the value recorded for %q is %q's: it can't be written there", key, k.keyOf(actual))
	}
	if declared, ok := list[key]; ok && actual != nil && whole.key(declared) == whole.key(settled(k.tidy(actual))) {
		return desired, nil
	}
	if actual == nil {
		return k.replaced(desired, key, nil), nil
	}
	return k.replaced(desired, key, []any{actual}), nil
}

// Restore implements Comparison. A list of which something is hidden can't be written
// without losing that.
func (k keyed) Restore(desired any, live Live, at resource.Path) (any, error) {
	if len(live.Hidden) > 0 {
		return nil, errHiddenElements
	}
	if len(at) == 0 {
		return desired, nil
	}
	want, isList := k.index(desired)
	if len(at) > 1 || !isList {
		return nil, ErrNotDeclared
	}
	key := string(at[0])
	var elements []any
	if _, declared := want[key]; declared {
		for _, element := range listOf(desired) {
			if whole.key(element) != nothing && k.keyOf(element) == key {
				elements = append(elements, element)
			}
		}
	}
	return k.replaced(live.Value, key, elements), nil
}

// errHiddenElements is why a list can't be written.
var errHiddenElements = errors.New("the token can't see all of this list, and writing it would remove what it can't see")

// Place implements Comparison.
func (k keyed) Place(_, value any, at resource.Path) any {
	switch {
	case len(at) == 0:
		return value
	case value == nil:
		return []any{}
	default:
		return []any{value}
	}
}

// replaced is a list with these elements in the place of all that have the key: in that of
// the first, or at the end.
func (k keyed) replaced(list any, key string, elements []any) []any {
	old := listOf(list)
	edited := make([]any, 0, len(old)+len(elements))
	for _, element := range old {
		if whole.key(element) == nothing || k.keyOf(element) != key {
			edited = append(edited, element)
			continue
		}
		edited = append(edited, elements...)
		elements = nil
	}
	return append(edited, elements...)
}

// listOf is a list, an empty one for anything else.
func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

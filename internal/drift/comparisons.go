package drift

import (
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Strict takes values as they are: types, case and the order of lists matter.
// Only null and missing are alike, and numbers are equal by value.
var Strict Comparison = strict{}

type strict struct{}

func (strict) Compare(desired, observed any) []Difference {
	if string(resource.Canonical(desired)) == string(resource.Canonical(observed)) {
		return nil
	}
	return []Difference{{Expected: desired, Actual: observed}}
}

func (strict) Adopt(desired, actual any, at resource.Path) (any, error) {
	return edit(desired, at, func(any) any { return actual })
}

// Alias is for a field that has several names for one thing: DigitalOcean shows
// an object, and any of these keys' values may be declared for it, as an image's
// slug or its id. Two objects are compared by what the desired one names.
func Alias(keys ...string) Comparison { return alias{keys} }

type alias struct{ keys []string }

var folded = loose{[]Form{Fold}}

func (a alias) Compare(desired, observed any) []Difference {
	want, isObject := desired.(map[string]any)
	have, hasObject := observed.(map[string]any)
	switch {
	case isObject == hasObject || folded.key(desired) == folded.key(observed):
		return folded.Compare(desired, observed)
	case isObject:
		if slices.ContainsFunc(a.names(want), func(name any) bool { return folded.satisfies(name, observed) }) {
			return nil
		}
		return []Difference{{Expected: desired, Actual: settled(observed)}}
	default:
		names := a.names(have)
		if slices.ContainsFunc(names, func(name any) bool { return folded.satisfies(desired, name) }) ||
			len(names) == 0 && folded.satisfies(desired, observed) {
			return nil
		}
		return []Difference{{Expected: desired, Actual: a.inKind(desired, have)}}
	}
}

// names are the values by which an object is known.
func (a alias) names(object map[string]any) []any {
	var names []any
	for _, key := range a.keys {
		value := object[key]
		if text, ok := scalarText(value); ok && text != "" {
			names = append(names, value)
		}
	}
	return names
}

// inKind is the name of the observed object of the sort that was declared: an id
// for an id, a slug for a slug, and whatever there is where it has no such name.
func (a alias) inKind(desired any, observed map[string]any) any {
	names := a.names(observed)
	for _, name := range names {
		if isNumeric(name) == isNumeric(desired) {
			return name
		}
	}
	if len(names) > 0 {
		return names[0]
	}
	return settled(observed)
}

func isNumeric(value any) bool {
	text, _ := scalarText(value)
	_, numeric := resource.ParseDecimal(text)
	return numeric
}

func (a alias) Adopt(desired, actual any, at resource.Path) (any, error) {
	return FoldCase.Adopt(desired, actual, at)
}

// Subset is for lists to which others add: only what was declared has to be
// there. Its differences show of the observed list what was declared.
func Subset(forms ...Form) Comparison { return subset{loose{forms}} }

type subset struct{ elements loose }

func (s subset) Compare(desired, observed any) []Difference {
	if s.elements.key(desired) == nothing {
		return nil
	}
	want, isList := listed(desired, observed).([]any)
	have, hasList := observed.([]any)
	if !isList || !hasList && s.elements.key(observed) != nothing {
		return s.elements.Compare(desired, observed)
	}
	there := s.kept(want, have)
	if len(there) == len(want) {
		return nil
	}
	return []Difference{{Expected: desired, Actual: there}}
}

func (s subset) kept(want, have []any) []any {
	keys := make(map[string]bool, len(have))
	for _, element := range have {
		keys[s.elements.key(element)] = true
	}
	kept := make([]any, 0, len(want))
	for _, element := range want {
		if key := s.elements.key(element); key == nothing || keys[key] {
			kept = append(kept, element)
		}
	}
	return kept
}

func (s subset) Adopt(desired, actual any, at resource.Path) (any, error) {
	want, isList := listed(desired, actual).([]any)
	have, hasList := actual.([]any)
	if len(at) > 0 || !isList || !hasList {
		return s.elements.Adopt(desired, actual, at)
	}
	return s.kept(want, have), nil
}

package drift

import (
	"maps"
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Alias is for a field that has several names for one thing: DigitalOcean shows
// an object, and any of these keys' values may be declared for it, as an image's
// slug or its id. Two objects are compared by what the desired one names. Where one value
// of it is all that is known, a declared object is compared by these keys, and whatever else
// it names is unseen; the field's Members are the names that it may have.
func Alias(keys ...string) Comparison { return alias{loose{[]Form{Fold}}, keys} }

type alias struct {
	loose // without case
	keys  []string
}

// Compare implements Comparison.
func (a alias) Compare(desired any, live Live) Outcome {
	observed := live.Value
	want, isObject := desired.(map[string]any)
	have, hasObject := observed.(map[string]any)
	switch {
	case isObject == hasObject || a.key(desired) == a.key(observed):
		return a.loose.Compare(desired, live)
	case isObject:
		return a.compareObject(want, observed)
	default:
		names := a.names(have)
		if slices.ContainsFunc(names, func(name any) bool { return a.satisfies(desired, name) }) ||
			len(names) == 0 && a.satisfies(desired, observed) {
			return Outcome{}
		}
		return different(desired, a.inKind(desired, have))
	}
}

// compareObject compares an object with the one value that is known of the live one.
func (a alias) compareObject(desired map[string]any, observed any) Outcome {
	var out Outcome
	same := false
	for _, key := range slices.Sorted(maps.Keys(desired)) {
		switch value := desired[key]; {
		case a.key(value) == nothing:
		case slices.Contains(a.keys, key) && a.satisfies(value, observed):
			same = true
		default:
			out.Unseen = append(out.Unseen, resource.Path{resource.Segment(key)})
		}
	}
	switch {
	case same:
		return out
	case len(a.names(desired)) == 0 && len(out.Unseen) > 0:
		return undecided
	}
	return different(desired, settled(observed))
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

// Restore implements Comparison. One name that differs is written as it is declared.
func (a alias) Restore(desired any, live Live, at resource.Path) (any, error) {
	if len(at) == 0 {
		return desired, nil
	}
	return a.loose.Restore(desired, live, at)
}

// Subset is for lists to which others add: only what was declared has to be
// there. Its differences show of the observed list what was declared.
func Subset(forms ...Form) Comparison { return subset{loose{forms}} }

type subset struct{ elements loose }

// Compare implements Comparison.
func (s subset) Compare(desired any, live Live) Outcome {
	observed := live.Value
	if s.elements.key(desired) == nothing {
		return Outcome{}
	}
	want, isList := listed(desired, observed).([]any)
	have, hasList := observed.([]any)
	if !isList || !hasList && s.elements.key(observed) != nothing {
		return s.elements.Compare(desired, live)
	}
	there := s.kept(want, have)
	switch {
	case len(there) == len(want):
		return Outcome{}
	case len(live.Hidden) > 0:
		return undecided
	}
	return different(desired, there)
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

// Adopt implements Comparison.
func (s subset) Adopt(desired, actual any, at resource.Path) (any, error) {
	want, isList := listed(desired, actual).([]any)
	have, hasList := actual.([]any)
	if len(at) > 0 || !isList || !hasList {
		return s.elements.Adopt(desired, actual, at)
	}
	return s.kept(want, have), nil
}

// Restore implements Comparison: what is missing is added.
func (s subset) Restore(desired any, live Live, at resource.Path) (any, error) {
	want, isList := listed(desired, live.Value).([]any)
	have, hasList := live.Value.([]any)
	if len(at) > 0 || !isList || !hasList && s.elements.key(live.Value) != nothing {
		return s.elements.Restore(desired, live, at)
	}
	there := s.kept(want, have)
	restored := slices.Clone(have)
	for _, element := range want {
		if len(s.kept([]any{element}, there)) == 0 {
			restored = append(restored, element)
		}
	}
	return restored, nil
}

// Place implements Comparison.
func (s subset) Place(desired, value any, at resource.Path) any {
	return s.elements.Place(desired, value, at)
}

package drift

import (
	"maps"
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Adopt returns the desired values, edited so that the difference at that path is
// gone: with null where nothing is there, and without the element of a keyed list
// that is gone. actual is the difference's own Actual; what Cap made of a larger
// one is refused. The input is not touched, but the result shares parts with it.
func Adopt(s Schema, desired map[string]any, actual any, at resource.Path) (map[string]any, error) {
	if IsCapped(actual) {
		return nil, ErrCapped
	}
	comparison, depth, err := s.comparisonAt(at)
	if err != nil {
		return nil, err
	}
	old, declared := valueDeclared(desired, at[:depth])
	if !declared {
		return nil, ErrNotDeclared
	}
	adopted, err := comparison.Adopt(old, actual, at[depth:])
	if err != nil {
		return nil, err
	}
	edited, _ := withValue(desired, at[:depth], adopted).(map[string]any)
	return maps.Clone(edited), nil
}

// AdoptAccepted is Adopt for a difference from what is effective. What else was accepted
// stays out of it, but for what holds the field: an element that is not declared so far.
func AdoptAccepted(s Schema, desired map[string]any, accepted []Acceptance, actual any, at resource.Path) (map[string]any, error) {
	adopted, err := Adopt(s, desired, actual, at)
	if outer := Within(accepted, at); err != nil && len(outer) > 0 {
		desired, _ = Effective(s, desired, outer)
		return Adopt(s, desired, actual, at)
	}
	return adopted, err
}

// Restore is the mirror of Adopt: it returns which field has to be written, and the whole
// value that it has to have, so that the difference at that path is gone and nothing else
// of the field changes.
func Restore(s Schema, desired map[string]any, live resource.Resource, at resource.Path) (field resource.Path, value any, err error) {
	comparison, depth, err := s.comparisonAt(at)
	if err != nil {
		return nil, nil, err
	}
	field = at[:depth]
	want, declared := valueDeclared(desired, field)
	if !declared {
		return nil, nil, ErrNotDeclared
	}
	value, err = comparison.Restore(want, liveAt(live, desired, field), at[depth:])
	return field, value, err
}

// Expected returns what is declared at the path of a difference, provided that it differs
// from that actual value. It has to do without the live resource.
func Expected(s Schema, desired map[string]any, actual any, at resource.Path) (expected any, differs bool) {
	differences, _ := s.against(desired, actual, at)
	for _, difference := range differences {
		if difference.Path.String() == at.String() {
			return difference.Expected, true
		}
	}
	return nil, false
}

// Says is whether what is declared at the path of a difference is that value, all of it.
func Says(s Schema, desired map[string]any, value any, at resource.Path) bool {
	return s.says(desired, value, at, nil)
}

// says leaves out what was accepted within the value: there may be declared what was accepted,
// or what was declared before.
func (s Schema) says(desired map[string]any, value any, at resource.Path, accepted []Acceptance) bool {
	differences, compared := s.against(desired, value, at)
	return compared && !slices.ContainsFunc(differences, func(difference Difference) bool {
		return !slices.ContainsFunc(accepted, func(inner Acceptance) bool {
			path, err := resource.ParsePath(inner.Path)
			return err == nil && len(path) > len(at) && path.Under(at) && difference.Path.Under(path) &&
				(s.says(desired, inner.To, path, accepted) || s.says(desired, inner.From, path, accepted))
		})
	})
}

// against are the differences at a path, and within, of what is declared from an actual value
// there. Not compared: there is a name that the kind does not have, or a value of another shape.
func (s Schema) against(desired map[string]any, actual any, at resource.Path) (differences []Difference, compared bool) {
	comparison, depth, err := s.comparisonAt(at)
	if err != nil {
		return nil, false
	}
	field := at[:depth]
	want, _ := valueDeclared(desired, field)
	placed, _ := withValue(nil, field, comparison.Place(want, actual, at[depth:])).(map[string]any)
	result := Differences(s, desired, resource.Resource{Values: placed}, nil)
	for _, difference := range result.Differences {
		if difference.Path.Under(at) || at.Under(difference.Path) {
			differences = append(differences, difference)
		}
	}
	return differences, !slices.ContainsFunc(result.Unknown, func(unknown UnknownField) bool { return unknown.Path.Under(field) })
}

// comparisonAt is the comparison that decides at a path, and how much of the path leads to
// the field that it compares.
func (s Schema) comparisonAt(at resource.Path) (c Comparison, depth int, err error) {
	if field, depth := s.owner(at); field != nil {
		return field.comparison(), depth, nil
	}
	if s.hasFieldsBelow(at) {
		return s.parent(at), len(at), nil
	}
	return nil, 0, ErrNotDeclared
}

// liveAt is what is known of a field of a resource of which this is declared.
func liveAt(of resource.Resource, declared map[string]any, at resource.Path) Live {
	value, _ := of.Lookup(at)
	return Live{Value: value, Hidden: of.Hidden(at), Of: of, Declared: declared}
}

// FieldAt is the part of a difference's path that leads to the field that is compared: the
// rest leads into its value.
func FieldAt(s Schema, at resource.Path) (field resource.Path, known bool) {
	_, depth, err := s.comparisonAt(at)
	if err != nil {
		return nil, false
	}
	return at[:depth], true
}

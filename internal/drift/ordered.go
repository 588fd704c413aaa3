package drift

import (
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Ordered is for a list whose order means something, as the rules of a route do: the nth
// element is compared with the nth by the comparison of the elements. Two such lists are
// equal or different as a whole. A Field that is compared so says that it is Ordered, or a
// change of the order alone would not be recorded.
func Ordered(element Comparison) Comparison { return ordered{element} }

type ordered struct{ element Comparison }

// Compare implements Comparison.
func (o ordered) Compare(desired any, live Live) Outcome {
	want, have := elementsOf(desired), elementsOf(live.Value)
	out := Outcome{}
	if len(live.Hidden) > 0 && len(want)+len(have) > 0 {
		return undecided // what differs may be what is hidden, or was left out with it
	}
	if len(want) != len(have) {
		return different(desired, live.Value)
	}
	for i := range want {
		switch one := o.element.Compare(want[i], Live{Value: have[i], Of: live.Of}); {
		case one.Differs():
			return different(desired, live.Value)
		case one.Unknown:
			out.Unknown = true
		}
	}
	return out
}

// elementsOf are a list's. Null and empty are none, and one value is a list of it.
func elementsOf(value any) []any {
	if list, isList := value.([]any); isList {
		return list
	}
	if whole.key(value) == nothing {
		return nil
	}
	return []any{value}
}

// Adopt implements Comparison. Elements that are alike keep the words of desired.
func (o ordered) Adopt(desired, actual any, at resource.Path) (any, error) {
	return edit(desired, at, func(old any) any {
		return o.inWords(actual, old, func(mine, theirs any) (any, any) { return mine, theirs })
	})
}

// Restore implements Comparison.
func (o ordered) Restore(desired any, live Live, at resource.Path) (any, error) {
	if len(at) > 0 {
		return nil, ErrNotDeclared
	}
	return o.inWords(desired, live.Value, func(theirs, mine any) (any, any) { return mine, theirs }), nil
}

// inWords is a list with the elements of words in the place of those that are equal.
func (o ordered) inWords(list, words any, sides func(word, element any) (desired, live any)) any {
	elements, isList := list.([]any)
	if !isList {
		return list
	}
	out, old := slices.Clone(elements), elementsOf(words)
	for i := range min(len(out), len(old)) {
		desired, live := sides(old[i], out[i])
		if o.element.Compare(desired, Live{Value: live}).Equal() {
			out[i] = old[i]
		}
	}
	return out
}

// Place implements Comparison.
func (o ordered) Place(_, value any, at resource.Path) any { return withValue(nil, at, value) }

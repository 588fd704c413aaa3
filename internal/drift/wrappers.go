package drift

import (
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Tolerating is for lists into which DigitalOcean itself puts these elements: they
// count only where they were declared. One that ends in * stands for all that begin so.
func Tolerating(inner Comparison, elements ...string) Comparison {
	return tolerating{inner, elements}
}

type tolerating struct {
	Comparison
	elements []string
}

// Compare implements Comparison.
func (t tolerating) Compare(desired any, live Live) Outcome {
	return t.Comparison.Compare(desired, live.With(t.counted(desired, live.Value)))
}

// Restore implements Comparison. The elements that do not count stay.
func (t tolerating) Restore(desired any, live Live, at resource.Path) (any, error) {
	counted := t.counted(desired, live.Value)
	restored, err := t.Comparison.Restore(desired, live.With(counted), at)
	list, isList := restored.([]any)
	if err != nil || !isList && restored != nil {
		return restored, err
	}
	for _, element := range listOf(live.Value) {
		if text, _ := scalarText(element); t.tolerates(text) && !slices.ContainsFunc(listOf(counted), func(other any) bool {
			kept, _ := scalarText(other)
			return Fold(kept) == Fold(text)
		}) {
			list = append(slices.Clip(list), element)
		}
	}
	if len(list) == 0 {
		return restored, nil
	}
	return list, nil
}

func (t tolerating) tolerates(text string) bool {
	text = Fold(text)
	return slices.ContainsFunc(t.elements, func(element string) bool {
		prefix, isPrefix := strings.CutSuffix(element, "*")
		return element == text || isPrefix && strings.HasPrefix(text, prefix)
	})
}

// counted is the observed list without the elements that do not count.
func (t tolerating) counted(desired, observed any) any {
	have, ok := observed.([]any)
	if !ok {
		return observed
	}
	want, _ := listed(desired, observed).([]any)
	declared := func(text string) bool {
		return slices.ContainsFunc(want, func(element any) bool {
			other, _ := scalarText(element)
			return Fold(other) == Fold(text)
		})
	}
	return slices.DeleteFunc(slices.Clone(have), func(element any) bool {
		text, _ := scalarText(element)
		return t.tolerates(text) && !declared(text)
	})
}

// Default takes value for what is null, missing or empty, on either side.
func Default(value any, inner Comparison) Comparison { return defaulted{inner, value} }

type defaulted struct {
	Comparison
	value any
}

// Compare implements Comparison. An answer without a value from which the inner comparison
// can't tell anything stays unknown, whatever the default is.
func (d defaulted) Compare(desired any, live Live) Outcome {
	out := d.Comparison.Compare(d.or(desired), live.With(d.or(live.Value)))
	if out.Differs() {
		if plain := d.Comparison.Compare(d.or(desired), live); plain.Unknown {
			return plain
		}
	}
	return out
}

// Adopt implements Comparison.
func (d defaulted) Adopt(desired, actual any, at resource.Path) (any, error) {
	if len(at) == 0 && d.Compare(desired, Live{Value: actual}).Equal() {
		return desired, nil
	}
	return d.Comparison.Adopt(d.or(desired), actual, at)
}

// Restore implements Comparison.
func (d defaulted) Restore(desired any, live Live, at resource.Path) (any, error) {
	return d.Comparison.Restore(d.or(desired), live.With(d.or(live.Value)), at)
}

func (d defaulted) or(value any) any {
	switch value := value.(type) {
	case nil:
		return d.value
	case string:
		if value == "" {
			return d.value
		}
	case []any:
		if len(value) == 0 {
			return d.value
		}
	case map[string]any: // of one whose leaves are empty, the leaves are compared
		if len(value) == 0 {
			return d.value
		}
	}
	return value
}

// Unset is for fields that DigitalOcean fills in where they are left empty: what
// is declared as good as nothing is not compared.
func Unset(inner Comparison) Comparison { return unset{inner} }

type unset struct{ Comparison }

// Compare implements Comparison.
func (u unset) Compare(desired any, live Live) Outcome {
	if u.left(desired, live) {
		return Outcome{}
	}
	return u.Comparison.Compare(desired, live)
}

// left says whether a value is declared that leaves the choice to DigitalOcean.
func (u unset) left(desired any, live Live) bool {
	return u.Comparison.Compare(desired, Live{Of: live.Of}).Equal()
}

// Also is for values that people declare in a way that DigitalOcean's answers never
// use: where desired differs, its other reading may still be what was observed.
func Also(inner Comparison, reading func(desired any) any) Comparison { return also{inner, reading} }

type also struct {
	Comparison
	reading func(desired any) any
}

// Compare implements Comparison. Where one reading is certainly what was observed, the
// other does not matter.
func (a also) Compare(desired any, live Live) Outcome {
	first := a.Comparison.Compare(desired, live)
	if first.Equal() {
		return first
	}
	second := a.Comparison.Compare(a.reading(desired), live)
	switch {
	case second.Equal():
		return second
	case first.Unknown || second.Unknown:
		return undecided
	default:
		return first
	}
}

// With is a comparison that depends on more of the resource than the field's own value: a
// DNS record's data is a host name or an address by its type. Where the resource is not
// at hand, as in Adopt, choose gets an empty one, and must then choose the strictest.
func With(choose func(live resource.Resource) Comparison) Comparison { return contextual{choose} }

type contextual struct {
	choose func(live resource.Resource) Comparison
}

// Compare implements Comparison.
func (c contextual) Compare(desired any, live Live) Outcome {
	return c.choose(live.Of).Compare(desired, live)
}

// Adopt implements Comparison.
func (c contextual) Adopt(desired, actual any, at resource.Path) (any, error) {
	return c.choose(resource.Resource{}).Adopt(desired, actual, at)
}

// Restore implements Comparison.
func (c contextual) Restore(desired any, live Live, at resource.Path) (any, error) {
	return c.choose(live.Of).Restore(desired, live, at)
}

// Place implements Comparison.
func (c contextual) Place(desired, value any, at resource.Path) any {
	return c.choose(resource.Resource{}).Place(desired, value, at)
}

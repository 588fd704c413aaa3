package drift

import (
	"errors"
	"fmt"
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Tolerating is for lists into which DigitalOcean itself puts these elements: they
// count only where they were declared.
func Tolerating(inner Comparison, elements ...string) Comparison {
	return tolerating{inner, elements}
}

type tolerating struct {
	Comparison
	elements []string
}

func (t tolerating) Compare(desired, observed any) []Difference {
	return t.Comparison.Compare(desired, t.counted(desired, observed))
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
		return slices.Contains(t.elements, Fold(text)) && !declared(text)
	})
}

// Default takes value for what is null, missing or empty, on either side.
func Default(value any, inner Comparison) Comparison { return defaulted{inner, value} }

type defaulted struct {
	Comparison
	value any
}

func (d defaulted) Compare(desired, observed any) []Difference {
	return d.Comparison.Compare(d.or(desired), d.or(observed))
}

func (d defaulted) Adopt(desired, actual any, at resource.Path) (any, error) {
	if len(at) == 0 && len(d.Compare(desired, actual)) == 0 {
		return desired, nil
	}
	return d.Comparison.Adopt(d.or(desired), actual, at)
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

func (u unset) Compare(desired, observed any) []Difference {
	if u.left(desired) {
		return nil
	}
	return u.Comparison.Compare(desired, observed)
}

// left says whether a value is declared that leaves the choice to DigitalOcean.
func (u unset) left(desired any) bool { return len(u.Comparison.Compare(desired, nil)) == 0 }

// Also is for values that people declare in a way that DigitalOcean's answers never
// use: where desired differs, its other reading may still be what was observed.
func Also(inner Comparison, reading func(desired any) any) Comparison { return also{inner, reading} }

type also struct {
	Comparison
	reading func(desired any) any
}

func (a also) Compare(desired, observed any) []Difference {
	differences := a.Comparison.Compare(desired, observed)
	if len(differences) > 0 && len(a.Comparison.Compare(a.reading(desired), observed)) == 0 {
		return nil
	}
	return differences
}

// OwnedElsewhere is for fields that another controller moves: never compared.
func OwnedElsewhere(owner string) Comparison { return owned{owner} }

type owned struct{ owner string }

func (owned) Compare(desired, observed any) []Difference { return nil }

func (o owned) Adopt(desired, actual any, at resource.Path) (any, error) {
	return nil, fmt.Errorf("it is %s's to change: it is not compared, and there is nothing to accept", o.owner)
}

// ErrNotDeclared says that there is nothing at the path to edit.
var ErrNotDeclared = errors.New("it is not declared any more, so that nothing differs there")

// Contextual is a Comparison that depends on more of the resource than the
// field's own value: a DNS record's data is a host name or an address by its type.
type Contextual interface {
	Comparison
	For(observed resource.Resource) Comparison
}

// With makes a Contextual comparison. Where the resource is not at hand, as in
// Adopt, choose gets an empty one, and must then choose the strictest.
func With(choose func(observed resource.Resource) Comparison) Contextual { return contextual{choose} }

type contextual struct {
	choose func(observed resource.Resource) Comparison
}

func (c contextual) For(observed resource.Resource) Comparison { return c.choose(observed) }

func (c contextual) Compare(desired, observed any) []Difference {
	return c.choose(resource.Resource{}).Compare(desired, observed)
}

func (c contextual) Adopt(desired, actual any, at resource.Path) (any, error) {
	return c.choose(resource.Resource{}).Adopt(desired, actual, at)
}

// Inconclusive is implemented by a Comparison for which some observed values
// leave open whether they are the desired ones. Those count as not observed.
type Inconclusive interface {
	Comparison
	Inconclusive(desired, observed any) bool
}

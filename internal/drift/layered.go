package drift

import "github.com/arcadiacloud/clouddrift/internal/resource"

// Layered is a Comparison around another one. What the inner one knows, that it depends on
// the rest of the resource or that a value decides nothing, holds for the whole: so it says
// itself what of it is undecided, by the values that it gives to the inner one.
type Layered interface {
	Inconclusive
	// Inside is this comparison with another one, made of the inner one, inside.
	Inside(change func(inner Comparison) Comparison) Comparison
}

// Undecided says whether an observed value leaves open whether it is the desired one.
func Undecided(c Comparison, desired, observed any) bool {
	unsure, ok := c.(Inconclusive)
	return ok && unsure.Inconclusive(desired, observed)
}

// inContext is a comparison as it is for one resource.
func inContext(c Comparison, observed resource.Resource) Comparison {
	if contextual, ok := c.(Contextual); ok {
		return inContext(contextual.For(observed), observed)
	}
	if layered, ok := c.(Layered); ok {
		return layered.Inside(func(inner Comparison) Comparison { return inContext(inner, observed) })
	}
	return c
}

// within finds a comparison of that type, in whatever it lies.
func within[T Comparison](c Comparison) (found T, ok bool) {
	if found, ok = c.(T); ok {
		return found, true
	}
	if layered, isLayered := c.(Layered); isLayered {
		layered.Inside(func(inner Comparison) Comparison {
			if !ok {
				found, ok = within[T](inner)
			}
			return inner
		})
	}
	return found, ok
}

// Inside implements Layered.
func (t tolerating) Inside(change func(Comparison) Comparison) Comparison {
	return tolerating{change(t.Comparison), t.elements}
}

// Inconclusive implements Layered.
func (t tolerating) Inconclusive(desired, observed any) bool {
	return Undecided(t.Comparison, desired, t.counted(desired, observed))
}

// Inside implements Layered.
func (d defaulted) Inside(change func(Comparison) Comparison) Comparison {
	return defaulted{change(d.Comparison), d.value}
}

// Inconclusive is true also where the inner comparison can't tell anything from an answer
// without a value, whatever the default is.
func (d defaulted) Inconclusive(desired, observed any) bool {
	return Undecided(d.Comparison, d.or(desired), d.or(observed)) ||
		Undecided(d.Comparison, d.or(desired), observed) && len(d.Compare(desired, observed)) > 0
}

// Inside implements Layered.
func (u unset) Inside(change func(Comparison) Comparison) Comparison {
	return unset{change(u.Comparison)}
}

// Inconclusive is false for what is not compared, because it is declared as nothing.
func (u unset) Inconclusive(desired, observed any) bool {
	return !u.left(desired) && Undecided(u.Comparison, desired, observed)
}

// Inside implements Layered.
func (a also) Inside(change func(Comparison) Comparison) Comparison {
	return also{change(a.Comparison), a.reading}
}

// Inconclusive is false where one of the readings is certainly what was observed.
func (a also) Inconclusive(desired, observed any) bool {
	undecided := false
	for _, reading := range []any{desired, a.reading(desired)} {
		switch {
		case Undecided(a.Comparison, reading, observed):
			undecided = true
		case len(a.Comparison.Compare(reading, observed)) == 0:
			return false
		}
	}
	return undecided
}

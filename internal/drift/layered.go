package drift

import "github.com/arcadiacloud/clouddrift/internal/resource"

// Layered is a Comparison around another one. What the inner one knows, that it depends on
// the rest of the resource or that a value decides nothing, holds for the whole.
type Layered interface {
	Comparison
	// Inner is the comparison that this one is around.
	Inner() Comparison
	// Around is this comparison around another one.
	Around(inner Comparison) Comparison
}

// inContext is a comparison as it is for one resource.
func inContext(c Comparison, observed resource.Resource) Comparison {
	if contextual, ok := c.(Contextual); ok {
		return inContext(contextual.For(observed), observed)
	}
	if layered, ok := c.(Layered); ok {
		return layered.Around(inContext(layered.Inner(), observed))
	}
	return c
}

// inconclusive says whether an observed value leaves open whether it is the desired one.
func inconclusive(c Comparison, desired, observed any) bool {
	if own, ok := c.(Inconclusive); ok && own.Inconclusive(desired, observed) {
		return true
	}
	layered, ok := c.(Layered)
	return ok && len(c.Compare(desired, observed)) > 0 && inconclusive(layered.Inner(), desired, observed)
}

// isOwned says whether another controller moves the field.
func isOwned(c Comparison) bool {
	if _, ok := c.(owned); ok {
		return true
	}
	layered, ok := c.(Layered)
	return ok && isOwned(layered.Inner())
}

// Inner implements Layered.
func (t tolerating) Inner() Comparison { return t.Comparison }

// Around implements Layered.
func (t tolerating) Around(inner Comparison) Comparison { return tolerating{inner, t.elements} }

// Inner implements Layered.
func (d defaulted) Inner() Comparison { return d.Comparison }

// Around implements Layered.
func (d defaulted) Around(inner Comparison) Comparison { return defaulted{inner, d.value} }

// Inner implements Layered.
func (u unset) Inner() Comparison { return u.Comparison }

// Around implements Layered.
func (u unset) Around(inner Comparison) Comparison { return unset{inner} }

// Inner implements Layered.
func (a also) Inner() Comparison { return a.Comparison }

// Around implements Layered.
func (a also) Around(inner Comparison) Comparison { return also{inner, a.reading} }

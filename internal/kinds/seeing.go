package kinds

import "github.com/arcadiacloud/clouddrift/internal/drift"

// seeing corrects the observed value before it is compared.
type seeing struct {
	drift.Comparison
	correct func(observed any) any
}

func (s seeing) Compare(desired, observed any) []drift.Difference {
	return s.Comparison.Compare(desired, s.correct(observed))
}

// Inner implements drift.Layered.
func (s seeing) Inner() drift.Comparison { return s.Comparison }

// Around implements drift.Layered.
func (s seeing) Around(inner drift.Comparison) drift.Comparison { return seeing{inner, s.correct} }

// either is for a value that may be seen in two ways, where nobody can tell which
// is right. What is the same in both is decided.
type either struct {
	drift.Comparison
	other drift.Comparison
}

func (e either) Inconclusive(desired, observed any) bool {
	return (len(e.Compare(desired, observed)) == 0) != (len(e.other.Compare(desired, observed)) == 0)
}

// shown is for what every resource has: where an answer shows none, it is not that
// there is none.
type shown struct{ drift.Comparison }

func (s shown) Inconclusive(desired, observed any) bool {
	return observed == nil && len(s.Compare(desired, nil)) > 0
}

// Inner implements drift.Layered.
func (s shown) Inner() drift.Comparison { return s.Comparison }

// Around implements drift.Layered.
func (s shown) Around(inner drift.Comparison) drift.Comparison { return shown{inner} }

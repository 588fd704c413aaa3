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

// Inside implements drift.Layered.
func (s seeing) Inside(change func(drift.Comparison) drift.Comparison) drift.Comparison {
	return seeing{change(s.Comparison), s.correct}
}

// Inconclusive implements drift.Layered.
func (s seeing) Inconclusive(desired, observed any) bool {
	return drift.Undecided(s.Comparison, desired, s.correct(observed))
}

// either is for a value that may be seen in two ways, where nobody can tell which
// is right. What is the same in both is decided.
type either struct {
	drift.Comparison
	other drift.Comparison
}

// Inside implements drift.Layered.
func (e either) Inside(change func(drift.Comparison) drift.Comparison) drift.Comparison {
	return either{change(e.Comparison), change(e.other)}
}

// Inconclusive implements drift.Layered.
func (e either) Inconclusive(desired, observed any) bool {
	return (len(e.Compare(desired, observed)) == 0) != (len(e.other.Compare(desired, observed)) == 0) ||
		drift.Undecided(e.Comparison, desired, observed) || drift.Undecided(e.other, desired, observed)
}

// shown is for what every resource has: where an answer shows none, it is not that
// there is none.
type shown struct{ drift.Comparison }

// Inside implements drift.Layered.
func (s shown) Inside(change func(drift.Comparison) drift.Comparison) drift.Comparison {
	return shown{change(s.Comparison)}
}

// Inconclusive implements drift.Layered.
func (s shown) Inconclusive(desired, observed any) bool {
	return observed == nil && len(s.Compare(desired, nil)) > 0 || drift.Undecided(s.Comparison, desired, observed)
}

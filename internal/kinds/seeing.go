package kinds

import (
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// seeing corrects the observed value before it is compared.
type seeing struct {
	drift.Comparison
	correct func(observed any) any
}

// Compare implements drift.Comparison.
func (s seeing) Compare(desired any, live drift.Live) drift.Outcome {
	return s.Comparison.Compare(desired, live.With(s.correct(live.Value)))
}

// Restore implements drift.Comparison.
func (s seeing) Restore(desired any, live drift.Live, at resource.Path) (any, error) {
	return s.Comparison.Restore(desired, live.With(s.correct(live.Value)), at)
}

// either is for a value that may be seen in two ways, where nobody can tell which
// is right. What is the same in both is decided.
type either struct {
	drift.Comparison
	other drift.Comparison
}

// Compare implements drift.Comparison.
func (e either) Compare(desired any, live drift.Live) drift.Outcome {
	one, other := e.Comparison.Compare(desired, live), e.other.Compare(desired, live)
	if one.Unknown || other.Unknown || one.Equal() != other.Equal() {
		return drift.Outcome{Unknown: true}
	}
	return one
}

// shown is for what every resource has: where an answer shows none, it is not that
// there is none.
type shown struct{ drift.Comparison }

// Compare implements drift.Comparison.
func (s shown) Compare(desired any, live drift.Live) drift.Outcome {
	out := s.Comparison.Compare(desired, live)
	if live.Value == nil && out.Differs() {
		return drift.Outcome{Unknown: true}
	}
	return out
}

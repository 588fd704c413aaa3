package drift

import (
	"fmt"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Digest stands for a secret wherever it is recorded. It is the same for the same value, so
// that a change shows; who guesses the value can tell that the guess is right.
func Digest(value any) string { return "sha256:" + resource.Hash(value) }

// secret compares a declared secret with the digest that is observed of the live one. What it
// shows of either is a digest.
type secret struct{}

// Compare implements Comparison. No secret that is seen is not that there is none.
func (secret) Compare(desired any, live Live) Outcome {
	want := digested(desired)
	switch {
	case whole.key(want) == whole.key(live.Value):
		return Outcome{}
	case live.Value == nil:
		return undecided
	}
	return different(want, live.Value)
}

func digested(value any) any {
	if whole.key(value) == nothing {
		return nil
	}
	return Digest(value)
}

var errSecret = fmt.Errorf("%w: only a digest of a secret is known; set the new one in the declaration", ErrNotAdoptable)

// Adopt implements Comparison.
func (secret) Adopt(any, any, resource.Path) (any, error) { return nil, errSecret }

// Restore implements Comparison.
func (secret) Restore(desired any, _ Live, _ resource.Path) (any, error) { return desired, nil }

// Place implements Comparison.
func (secret) Place(_, value any, at resource.Path) any { return withValue(nil, at, value) }

package drift

import (
	"errors"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Comparison says when two values of a field are equal, and how to make either of them
// the other. One that lies around another one gives to it what it is given itself, and
// passes on what it answers: nothing that the inner one knows to be unknown gets lost.
type Comparison interface {
	// Compare says whether the live value is the desired one.
	Compare(desired any, live Live) Outcome
	// Adopt returns the smallest edit of desired after which Compare no longer
	// reports a difference at that path, or why there is none. actual is that
	// difference's Actual. It has to do without the live resource, which may have
	// changed since it was compared.
	Adopt(desired, actual any, at resource.Path) (any, error)
	// Restore is the mirror of Adopt: it returns the smallest edit of the live value after
	// which Compare no longer reports a difference at that path, or why there is none.
	// That is what a write to DigitalOcean has to send.
	Restore(desired any, live Live, at resource.Path) (any, error)
	// Place returns a live value that holds nothing but this one, at that path of a
	// difference. desired tells the shape of what lies around it.
	Place(desired, value any, at resource.Path) any
}

// Live is what is known of a field's live value.
type Live struct {
	// Value is nil for null, missing, and unseen.
	Value any
	// Hidden are the paths within each element of the value, a list, at which an empty
	// value tells nothing.
	Hidden []resource.Hidden
	// Of is the resource, for a comparison that depends on more of it than this value: a
	// DNS record's data is a host name or an address by its type.
	Of resource.Resource
	// Declared is everything that is declared of the resource, for a comparison to which it
	// matters what was meant.
	Declared map[string]any
}

// With is the same field with another value.
func (l Live) With(value any) Live {
	l.Value = value
	return l
}

// Outcome is the answer of a Comparison: different where it has Differences, else unknown
// where it says so, else equal.
type Outcome struct {
	// Differences have paths relative to the field: none for the field itself, the key of
	// an element of a keyed list, and what follows below that.
	Differences []Difference
	// Unknown says that the live value leaves open whether it is the desired one. There
	// are no Differences then.
	Unknown bool
	// Unseen are the paths, relative to the field, that could not be seen, where the rest
	// could be compared.
	Unseen []resource.Path
}

// Difference is one place where desired and observed values are not equal.
type Difference struct {
	// Path is relative to the field when a Comparison returns it, else absolute.
	Path resource.Path
	// Expected is nil for an element that nobody declared.
	Expected any
	// Actual is nil where there is nothing: null, missing, or an element gone.
	Actual any
}

// Equal says that the live value certainly is the desired one, as far as it is seen.
func (o Outcome) Equal() bool { return !o.Differs() && !o.Unknown }

// Differs says that the live value certainly is not the desired one.
func (o Outcome) Differs() bool { return len(o.Differences) > 0 }

// undecided is the outcome that says nothing.
var undecided = Outcome{Unknown: true}

// different is the outcome of a field that differs as a whole.
func different(desired, actual any) Outcome {
	return Outcome{Differences: []Difference{{Expected: desired, Actual: actual}}}
}

// ErrNotAdoptable says that no edit of what is declared ends a difference; the error that
// wraps it says what to do.
var ErrNotAdoptable = errors.New("it can't be accepted")

// ErrNotDeclared says that there is nothing at the path to edit.
var ErrNotDeclared = errors.New("it is not declared any more, so that nothing differs there")

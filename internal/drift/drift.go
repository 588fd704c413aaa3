// Package drift compares what was declared with what was observed, and plans what
// has to be recorded of it. Everything in it is a pure function of its arguments.
package drift

import (
	"time"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Existence is the field of the one drift that a resource proven gone has. It is
// no path: a desired key of that spelling would be written ["(existence)"].
const Existence = "(existence)"

// Difference is one place where desired and observed values are not equal.
type Difference struct {
	// Path is relative to the field when a Comparison returns it, else absolute.
	Path resource.Path
	// Expected is nil for an element that nobody declared.
	Expected any
	// Actual is nil where there is nothing: null, missing, or an element gone.
	Actual any
}

// Comparison says when two values of a field are equal.
type Comparison interface {
	// Compare returns the differences, their paths relative to the field: none for
	// the field itself, one segment for an element of a keyed list.
	Compare(desired, observed any) []Difference
	// Adopt returns the smallest edit of desired after which Compare no longer
	// reports a difference at that path, or why there is none. actual is that
	// difference's Actual.
	Adopt(desired, actual any, at resource.Path) (any, error)
}

// Change is what it takes to bring a live field back to its desired value.
type Change int

// The ways in which DigitalOcean lets a field change, as documented.
const (
	InPlace Change = iota
	WithDowntime
	ByReplacement
	Never
)

// Field is one entry of a kind's field table.
type Field struct {
	// Path as the grammar writes it.
	Path string
	// Compare is Loose where it is nil.
	Compare Comparison
	Change  Change
	// Note tells a person what else to know of it.
	Note string
}

// Schema is what can be declared of a kind.
type Schema struct {
	Kind   string
	Fields []Field
}

// UnknownField is a declared name that the kind does not have.
type UnknownField struct {
	Path    resource.Path
	Nearest string
}

// Result is the outcome of one comparison. All paths are absolute and sorted.
type Result struct {
	Differences []Difference
	Unknown     []UnknownField
	// Unseen are declared paths that could not be observed: neither equal nor drift.
	Unseen []resource.Path
	// Fields is the number of declared leaves that were compared.
	Fields int
}

// Differences compares what is declared with what was observed.
func Differences(s Schema, desired map[string]any, observed resource.Resource, ignore []resource.Path) Result {
	return Result{}
}

// Adopt returns the desired values, edited so that the difference at that path is
// gone. actual is what the drift recorded. The input is not touched.
func Adopt(s Schema, desired map[string]any, actual any, at resource.Path) (map[string]any, error) {
	return nil, nil
}

// FieldPath reads a drift's field. For Existence it fails with ErrGone.
func FieldPath(field string) (resource.Path, error) { return nil, nil }

// Subject names the resource whose drifts are planned.
type Subject struct {
	Account string
	resource.Ref
}

// Name is the name of the nth drift of a field of a resource.
func (s Subject) Name(field string, episode int64) string { return "" }

// Observation identifies what was seen of a field: a hash of the three.
func Observation(field string, expected, actual any) string { return "" }

// Cap returns the value, or a hash and a summary of it where it is over 16 KiB.
func Cap(value any) any { return value }

// Memory is what is remembered of a field between passes.
type Memory struct {
	Path      string
	Episode   int64
	OpenDrift string
}

// State is how far a drift is.
type State string

// A drift without a status has the state New. Any state that is not named here
// is a resolved one.
const (
	New  State = ""
	Open State = "Open"
)

// Drift is a recorded drift as planning needs it.
type Drift struct {
	Name, Field      string
	Episode          int64
	Expected, Actual any
	Observation      string
	State            State
	// Resolving says that work on its resolution has begun.
	Resolving bool
}

// Input is everything that a plan depends on.
type Input struct {
	Subject  Subject
	Schema   Schema
	Desired  map[string]any
	Ignore   []resource.Path
	Observed resource.Resource
	Presence resource.Presence
	Memory   []Memory
	// Drifts are all recorded drifts of this declaration, resolved ones included.
	Drifts []Drift
	Now    time.Time
	// MaxNew is how many episodes may begin; below zero there is no limit.
	MaxNew int
}

// Opening is a drift to create.
type Opening struct {
	Name, Field      string
	Episode          int64
	Expected, Actual any
	Observation      string
}

// Refreshing is an open drift whose recorded values have to be written anew.
type Refreshing struct {
	Name             string
	Expected, Actual any
	Observation      string
}

// Plan is what has to be done. Memory is written first: it takes the episodes.
type Plan struct {
	Open    []Opening
	Refresh []Refreshing
	// Stale are the names of open drifts whose field no longer differs.
	Stale []string
	// Memory is what has to be remembered from now on.
	Memory   []Memory
	Result   Result
	Withheld int
}

// NewPlan compares and says what has to be recorded.
func NewPlan(in Input) Plan { return Plan{} }

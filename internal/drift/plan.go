package drift

import "github.com/arcadiacloud/clouddrift/internal/resource"

// Memory is what CloudProvisioned.status.fields remembers of a field between
// passes. It keeps the highest episode that was ever taken, and a drift's name
// from before the drift is created until it is resolved.
type Memory struct {
	Path      string
	Episode   int64
	OpenDrift string
}

// State is how far a drift is.
type State string

// A drift whose status was not written yet has the state New. Every state that is
// not named here is a resolved one.
const (
	New  State = ""
	Open State = "Open"
)

// Drift is a recorded drift as planning needs it.
type Drift struct {
	Name, Field string
	Episode     int64
	// Observation is a hash of the values that were recorded: planning goes by it.
	Observation string
	State       State
	// Resolving says that work on its resolution has begun.
	Resolving bool
}

func (d Drift) open() bool { return d.State == New || d.State == Open }

// Input is everything that a plan depends on.
type Input struct {
	Subject Subject
	Schema  Schema
	// Desired is what is declared; Accepted are the accepted values that may stand in for
	// some of it, see Effective.
	Desired  map[string]any
	Accepted []Acceptance
	Ignore   []resource.Path
	// Observed is only looked at where Presence is Present.
	Observed resource.Resource
	Presence resource.Presence
	Memory   []Memory
	// Drifts are all recorded drifts of this declaration, resolved ones included.
	Drifts []Drift
	// MaxNew is how many episodes may begin; below zero there is no limit.
	MaxNew int
}

// Opening is a drift to create and to give its status. Its values are whole: what is
// recorded of them is what Cap leaves.
type Opening struct {
	Name, Field      string
	Episode          int64
	Expected, Actual any
	Observation      string
}

// Refreshing is an open drift whose status has to be written anew. Its values are whole.
type Refreshing struct {
	Name, Field      string
	Expected, Actual any
	Observation      string
}

// Plan is what has to be done. Memory is written first, under the object's
// resourceVersion: that takes the episodes, so that no two passes take the same.
type Plan struct {
	Open    []Opening
	Refresh []Refreshing
	// Stale are the names of open drifts whose field no longer differs.
	Stale []string
	// Memory is what has to be remembered from now on, sorted by path.
	Memory []Memory
	// Result is the comparison that the plan follows from. It is empty where
	// the resource is not present.
	Result Result
	// Progress says of each accepted value, by its path, how far it has come. Empty where the
	// resource is not present: nothing is decided then.
	Progress map[string]Progress
	// Withheld counts the differences that got no drift because of MaxNew, or
	// because no more fields can be remembered.
	Withheld int
}

// Empty says that nothing has to be created or changed. Memory has to be compared
// with what is remembered.
func (p Plan) Empty() bool {
	return len(p.Open) == 0 && len(p.Refresh) == 0 && len(p.Stale) == 0
}

// NewPlan compares what is declared with what was observed and says what has to
// be recorded of it.
//
//   - Presence unknown: nothing. Whatever is open stays open.
//   - Absent: the one difference Existence. Drifts of other fields stay as they
//     are, since a field of a resource that is gone can't be observed, and going
//     stale would claim that somebody mended it.
//   - Present: a drift for each difference; those whose field no longer differs, is
//     no longer declared or is ignored now go stale, and so does Existence. A field
//     that can't be seen neither opens nor closes one.
//   - A drift whose resolution has begun is left alone, and stands in the way of
//     another for its field.
func NewPlan(in Input) Plan {
	if in.Presence == resource.Unknown {
		return Plan{Memory: in.Memory}
	}
	p := newPlanner(in)
	if in.Presence == resource.Absent {
		p.differs(Existence, "present", "absent")
		p.close(func(field string) bool { return field != Existence })
		return p.finish()
	}
	p.plan.Progress = p.progress()
	desired, _ := Effective(in.Schema, in.Desired, pending(in.Accepted, p.plan.Progress))
	p.plan.Result = Differences(in.Schema, desired, in.Observed, in.Ignore)
	for _, difference := range p.plan.Result.Differences {
		p.differs(difference.Path.String(), difference.Expected, difference.Actual)
	}
	p.notSeen = pathSet(p.plan.Result.Unseen)
	p.close(p.unseen)
	return p.finish()
}

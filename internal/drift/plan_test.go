package drift

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var subject = Subject{Account: "production", Ref: resource.Ref{Kind: "Thing", ID: "1"}}

// input declares a wrong size and wrong tags of what live shows.
func input(t testing.TB) Input {
	return Input{
		Subject:  subject,
		Schema:   dropletLike,
		Desired:  object(t, `{"name":"web-1","size_slug":"s-2vcpu-4gb"}`),
		Observed: live(t),
		Presence: resource.Present,
		MaxNew:   -1,
	}
}

// sizeSeen is the observation of input's one difference.
var sizeSeen = Observation("size_slug", "s-2vcpu-4gb", "s-4vcpu-8gb")

func recorded(field string, episode int64, state State, observation string) Drift {
	return Drift{Name: subject.Name(field, episode), Field: field, Episode: episode, State: state, Observation: observation}
}

func remembered(field string, episode int64, open bool) Memory {
	memory := Memory{Path: field, Episode: episode}
	if open {
		memory.OpenDrift = subject.Name(field, episode)
	}
	return memory
}

// outline is what a plan does, short enough for a table.
func outline(p Plan) string {
	var parts []string
	for _, o := range p.Open {
		parts = append(parts, fmt.Sprintf("open %s %d", o.Field, o.Episode))
	}
	for _, r := range p.Refresh {
		parts = append(parts, "refresh "+r.Field)
	}
	for _, name := range p.Stale {
		parts = append(parts, "stale "+name)
	}
	if p.Withheld > 0 {
		parts = append(parts, fmt.Sprintf("withheld %d", p.Withheld))
	}
	return strings.Join(parts, "; ")
}

type planning struct {
	why    string
	change func(in *Input)
	want   string
	memory []Memory
}

func tryPlanning(t *testing.T, cases []planning) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			in := input(t)
			c.change(&in)
			plan := NewPlan(in)
			if got := outline(plan); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if diff := cmp.Diff(c.memory, plan.Memory, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("memory: -want +got:\n%s", diff)
			}
			if plan.Empty() != (len(plan.Open)+len(plan.Refresh)+len(plan.Stale) == 0) {
				t.Error("Empty is wrong")
			}
		})
	}
}

func TestPlanOpens(t *testing.T) {
	tryPlanning(t, []planning{
		{"the first episode", func(in *Input) {}, "open size_slug 1", []Memory{remembered("size_slug", 1, true)}},
		{"nothing differs", func(in *Input) { in.Desired = object(t, `{"name":"web-1"}`) }, "", nil},
		{"the next episode", func(in *Input) {
			in.Memory = []Memory{remembered("size_slug", 1, false)}
			in.Drifts = []Drift{recorded("size_slug", 1, "Accepted", sizeSeen)}
		}, "open size_slug 2", []Memory{remembered("size_slug", 2, true)}},
		{"never below the highest that exists, though the memory was lost", func(in *Input) {
			in.Drifts = []Drift{recorded("size_slug", 7, "Stale", sizeSeen), recorded("size_slug", 3, "Stale", sizeSeen)}
		}, "open size_slug 8", []Memory{remembered("size_slug", 8, true)}},
		{"nor below the memory, though the drifts were pruned", func(in *Input) {
			in.Memory = []Memory{remembered("size_slug", 5, false)}
		}, "open size_slug 6", []Memory{remembered("size_slug", 6, true)}},
		{"a taken episode whose drift nobody sees is taken up again", func(in *Input) {
			in.Memory = []Memory{remembered("size_slug", 2, true)}
			in.Drifts = []Drift{recorded("size_slug", 1, "Stale", sizeSeen)}
		}, "open size_slug 2", []Memory{remembered("size_slug", 2, true)}},
		{"but not one that was taken for another resource of that name", func(in *Input) {
			in.Memory = []Memory{{Path: "size_slug", Episode: 2, OpenDrift: "thing-2-size-slug-other-2"}}
		}, "open size_slug 3", []Memory{remembered("size_slug", 3, true)}},
		{"a memory of a drift that was resolved since", func(in *Input) {
			in.Memory = []Memory{remembered("size_slug", 1, true)}
			in.Drifts = []Drift{recorded("size_slug", 1, "Reverted", sizeSeen)}
		}, "open size_slug 2", []Memory{remembered("size_slug", 2, true)}},
		{"an element of a keyed list is a field", func(in *Input) {
			in.Desired = object(t, `{"rules":[{"id":"udp/53"}]}`)
		}, `open rules["tcp/22"] 1; open rules["udp/53"] 1`, []Memory{
			remembered(`rules["tcp/22"]`, 1, true), remembered(`rules["udp/53"]`, 1, true)}},
	})
}

func TestPlanKeepsAndCloses(t *testing.T) {
	agreed := func(in *Input) { in.Desired = object(t, `{"size_slug":"S-4vcpu-8GB"}`) }
	open := recorded("size_slug", 1, Open, sizeSeen)
	memory := []Memory{remembered("size_slug", 1, true)}
	forgotten := []Memory{remembered("size_slug", 1, false)}
	stale := "stale " + open.Name
	tryPlanning(t, []planning{
		{"open and unchanged: nothing to do", func(in *Input) {
			in.Memory, in.Drifts = memory, []Drift{open}
		}, "", memory},
		{"open and unknown to the memory, as after a restore: remembered", func(in *Input) {
			in.Drifts = []Drift{open}
		}, "", memory},
		{"created, but its status was never written", func(in *Input) {
			in.Memory, in.Drifts = memory, []Drift{recorded("size_slug", 1, New, "")}
		}, "refresh size_slug", memory},
		{"a value moved", func(in *Input) {
			in.Memory, in.Drifts = memory, []Drift{recorded("size_slug", 1, Open, "another")}
		}, "refresh size_slug", memory},
		{"its resolution has begun: left alone", func(in *Input) {
			resolving := recorded("size_slug", 1, Open, "another")
			resolving.Resolving = true
			in.Memory, in.Drifts = memory, []Drift{resolving}
		}, "", memory},
		{"also when nothing differs any more", func(in *Input) {
			agreed(in)
			resolving := open
			resolving.Resolving = true
			in.Memory, in.Drifts = memory, []Drift{resolving}
		}, "", memory},
		{"mended", func(in *Input) {
			agreed(in)
			in.Memory, in.Drifts = memory, []Drift{open}
		}, stale, forgotten},
		{"mended before its status was written", func(in *Input) {
			agreed(in)
			in.Memory, in.Drifts = memory, []Drift{recorded("size_slug", 1, New, "")}
		}, stale, forgotten},
		{"mended before it was created", func(in *Input) {
			agreed(in)
			in.Memory = memory
		}, "", forgotten},
		{"no longer declared", func(in *Input) {
			in.Desired, in.Memory, in.Drifts = map[string]any{}, memory, []Drift{open}
		}, stale, forgotten},
		{"ignored now", func(in *Input) {
			in.Ignore = []resource.Path{{"size_slug"}}
			in.Memory, in.Drifts = memory, []Drift{open}
		}, stale, forgotten},
		{"out of sight: neither stale nor refreshed", func(in *Input) {
			in.Observed.Unseen = []string{"size_slug"}
			in.Memory, in.Drifts = memory, []Drift{open}
		}, "", memory},
		{"out of sight before it was created: remembered", func(in *Input) {
			in.Observed.Unseen = []string{"size_slug"}
			in.Memory = memory
		}, "", memory},
		{"a rule, when no rule could be seen", func(in *Input) {
			in.Desired = object(t, `{"rules":[]}`)
			in.Observed.Unseen = []string{"rules"}
			in.Drifts = []Drift{recorded(`rules["tcp/22"]`, 1, Open, "x")}
		}, "", []Memory{remembered(`rules["tcp/22"]`, 1, true)}},
		{"an object, when a leaf of it could not be seen", func(in *Input) {
			in.Desired = object(t, `{"backup_policy":{"plan":"daily"}}`)
			in.Observed.Unseen = []string{"backup_policy.plan"}
			in.Drifts = []Drift{recorded("backup_policy", 1, Open, "x")}
		}, "", []Memory{remembered("backup_policy", 1, true)}},
		{"resolved drifts are history", func(in *Input) {
			agreed(in)
			in.Memory = forgotten
			in.Drifts = []Drift{recorded("size_slug", 1, "Stale", sizeSeen)}
		}, "", forgotten},
		{"a field that is no path any more", func(in *Input) {
			agreed(in)
			in.Drifts = []Drift{{Name: "odd", Field: "a[", Episode: 1, State: Open}}
		}, "stale odd", []Memory{{Path: "a[", Episode: 1}}},
		{"two open ones, which only a write from outside can make: the younger stays", func(in *Input) {
			in.Drifts = []Drift{open, recorded("size_slug", 2, Open, sizeSeen)}
		}, stale, []Memory{remembered("size_slug", 2, true)}},
		{"but never one whose resolution has begun", func(in *Input) {
			resolving := open
			resolving.Resolving = true
			in.Drifts = []Drift{resolving, recorded("size_slug", 2, Open, sizeSeen)}
		}, "stale " + subject.Name("size_slug", 2), []Memory{{Path: "size_slug", Episode: 2, OpenDrift: open.Name}}},
	})
}

func TestPlanOfPresence(t *testing.T) {
	size := recorded("size_slug", 1, Open, sizeSeen)
	gone := recorded(Existence, 1, Open, Observation(Existence, "present", "absent"))
	absent := func(in *Input) { in.Presence, in.Observed = resource.Absent, resource.Resource{} }
	tryPlanning(t, []planning{
		{"nobody could look: nothing opens", func(in *Input) { in.Presence = resource.Unknown }, "", nil},
		{"nor closes, nor is forgotten", func(in *Input) {
			in.Presence, in.Desired = resource.Unknown, map[string]any{}
			in.Memory = []Memory{remembered("tags", 4, true), remembered("size_slug", 1, true)}
			in.Drifts = []Drift{size, gone}
		}, "", []Memory{remembered("tags", 4, true), remembered("size_slug", 1, true)}},
		{"gone: one drift, not one a field", absent, "open (existence) 1", []Memory{remembered(Existence, 1, true)}},
		{"gone: what drifted before stays, since nobody mended it", func(in *Input) {
			absent(in)
			in.Drifts = []Drift{size}
			in.Memory = []Memory{remembered("tags", 2, true)}
		}, "open (existence) 1", []Memory{remembered(Existence, 1, true), remembered("size_slug", 1, true), remembered("tags", 2, true)}},
		{"still gone", func(in *Input) {
			absent(in)
			in.Drifts = []Drift{gone}
		}, "", []Memory{remembered(Existence, 1, true)}},
		{"gone, and nothing at all declared of it", func(in *Input) {
			absent(in)
			in.Desired = nil
		}, "open (existence) 1", []Memory{remembered(Existence, 1, true)}},
		{"back again", func(in *Input) {
			in.Drifts = []Drift{gone, size}
		}, "stale " + gone.Name, []Memory{remembered(Existence, 1, false), remembered("size_slug", 1, true)}},
		{"gone once more", func(in *Input) {
			absent(in)
			in.Memory = []Memory{remembered(Existence, 1, false)}
			in.Drifts = []Drift{recorded(Existence, 1, "Stale", "")}
		}, "open (existence) 2", []Memory{remembered(Existence, 2, true)}},
	})
}

func TestPlanIsLimited(t *testing.T) {
	three := func(in *Input) { in.Desired = object(t, `{"name":"x","size_slug":"y","tags":[]}`) }
	tryPlanning(t, []planning{
		{"some now, the others later", func(in *Input) { three(in); in.MaxNew = 2 },
			"open name 1; open size_slug 1; withheld 1", []Memory{remembered("name", 1, true), remembered("size_slug", 1, true)}},
		{"none now", func(in *Input) { three(in); in.MaxNew = 0 }, "withheld 3", nil},
		{"an episode that was taken counts no second time", func(in *Input) {
			three(in)
			in.MaxNew = 0
			in.Memory = []Memory{remembered("tags", 1, true)}
		}, "open tags 1; withheld 2", []Memory{remembered("tags", 1, true)}},
		{"refreshing and closing are not limited", func(in *Input) {
			in.MaxNew = 0
			in.Drifts = []Drift{recorded("size_slug", 1, Open, "x"), recorded("tags", 1, Open, "x")}
		}, "refresh size_slug; stale " + subject.Name("tags", 1), []Memory{remembered("size_slug", 1, true), remembered("tags", 1, false)}},
	})
}

// What is remembered beyond the API server's limit would keep the whole status from
// being written.
func TestPlanOpensNoMoreThanCanBeRemembered(t *testing.T) {
	in := input(t)
	var rules []any
	for i := range MostFields + 100 {
		rules = append(rules, map[string]any{"id": strconv.Itoa(i)})
	}
	in.Desired = map[string]any{"rules": rules}
	in.Memory = []Memory{remembered("rules[\"tcp/22\"]", 1, false), remembered("rules.1100", 3, false)}
	plan := NewPlan(in)
	if len(plan.Open) != MostFields || len(plan.Open)+plan.Withheld != len(plan.Result.Differences) {
		t.Errorf("%d fields are remembered; %d drifts opened, %d withheld", len(plan.Memory), len(plan.Open), plan.Withheld)
	}
	if !slices.ContainsFunc(plan.Open, func(o Opening) bool { return o.Field == "rules.1100" && o.Episode == 4 }) {
		t.Error("a field that is remembered already has no drift")
	}
}

// What is shown of a value is of the whole, and only what is recorded is capped.
func TestPlanKeepsLargeValuesWhole(t *testing.T) {
	in := input(t)
	in.Desired = map[string]any{"name": strings.Repeat("x", maxValue)}
	opening := NewPlan(in).Open[0]
	if opening.Expected != in.Desired["name"] || opening.Actual != "web-1" || !IsCapped(Cap(opening.Expected)) {
		t.Errorf("planned %s and %v", resource.Short(opening.Expected, 80), opening.Actual)
	}
	if opening.Observation != Observation("name", in.Desired["name"], "web-1") {
		t.Error("the observation is not of the whole value: two large values could pass for one")
	}
}

package drift

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestPathsAreFoundAsByLookingAtEach(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	made := func() resource.Path {
		path := make(resource.Path, 1+random.IntN(4))
		for i := range path {
			path[i] = resource.Segment([]string{"a", "b", "c"}[random.IntN(3)])
		}
		return path
	}
	for range 5000 {
		var list []resource.Path
		for range random.IntN(5) {
			list = append(list, made())
		}
		set, path := pathSet(list), made()
		held := slices.ContainsFunc(list, path.Under)
		touched := held || slices.ContainsFunc(list, func(other resource.Path) bool { return other.Under(path) })
		if set.hold(path) != held || set.touch(path) != touched {
			t.Fatalf("%v in %v: held %v, touched %v, want %v, %v", path, list, set.hold(path), set.touch(path), held, touched)
		}
	}
}

// However a declaration is made, four times as much of it takes about four times the
// work, told by the memory that it takes.
func TestWorkGrowsWithTheDeclaration(t *testing.T) {
	comparison := Keyed(elementKey, same, func(a, b any) any { return []any{a, b} })
	schema := Schema{Kind: "X", Fields: []Field{
		{Path: "text"},
		{Path: "list", Compare: comparison},
		{Path: "named", Members: Named("ports", "protocol")},
	}}
	wide := func(n int) map[string]any {
		object := make(map[string]any, n)
		for i := range n {
			object["k"+strconv.Itoa(i)] = i
		}
		return object
	}
	elements := func(n int, key func(i int) int) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = map[string]any{"id": key(i), "a": strconv.Itoa(i)}
		}
		return list
	}
	for _, c := range []struct {
		why     string
		desired func(n int) any
		field   string
		unseen  []string
	}{
		{"keys that nobody could see", func(n int) any { return wide(n) }, "text", []string{"text"}},
		{"keys that differ", func(n int) any { return wide(n) }, "text", nil},
		{"keys that differ, deep down", func(n int) any {
			var value any = wide(n)
			for range 12 {
				value = map[string]any{"a": value}
			}
			return value
		}, "text", nil},
		{"misspelt names", func(n int) any { return []any{wide(n)} }, "named", nil},
		{"names that no field has", func(n int) any { return nil }, "", nil},
		{"elements with a key each", func(n int) any { return elements(n, func(i int) int { return i }) }, "list", nil},
		{"elements with one key", func(n int) any { return elements(n, func(int) int { return 1 }) }, "list", nil},
		{"a list", func(n int) any { return elements(n, func(i int) int { return i }) }, "text", nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			cost := func(n int) float64 {
				desired := map[string]any{c.field: c.desired(n)}
				if c.field == "" {
					desired = wide(n)
				}
				live := resource.Resource{Values: map[string]any{}, Unseen: c.unseen}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				NewPlan(Input{Schema: schema, Desired: desired, Observed: live, Presence: resource.Present, MaxNew: 1})
				runtime.ReadMemStats(&after)
				return float64(after.TotalAlloc - before.TotalAlloc)
			}
			const some, more = 1000, 4000
			first, second := cost(some), cost(more)
			if growth := second / first; growth > 8 {
				t.Errorf("%d take %.0f bytes, %d take %.0f: %.1f times", some, first, more, second, growth)
			}
		})
	}
}

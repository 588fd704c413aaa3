package kinds

import (
	"math/rand/v2"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// FuzzFields tries every field of every kind with any two values: nothing differs
// from itself, and accepting what differs ends the difference.
func FuzzFields(f *testing.F) {
	f.Add(`[{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"]}}]`, `[{"protocol":"tcp","ports":22,"sources":{"tags":["a"]}}]`)
	f.Add(`[{"protocol":"icmp"},{"protocol":"icmp","sources":"x"},{"protocol":"ICMP","sources":{"a":1}}]`, `null`)
	f.Add(`[{"action":"deny"},{"action":["x"]},[["b","a"]],""]`, `[{"protocol":{"a":[2,1]}},{}]`)
	f.Add(`"www.example.com."`, `"@"`)
	f.Add(`{"id":1}`, `{"id":2,"slug":"","type":"base"}`)
	f.Add(`["droplet_agent"]`, `["backups",{"a":1}]`)
	f.Fuzz(func(t *testing.T, first, second string) {
		desired, err := resource.Decode([]byte(first))
		if err != nil {
			return
		}
		observed, err := resource.Decode([]byte(second))
		if err != nil {
			return
		}
		for _, kind := range All() {
			for _, field := range kind.Fields {
				tryField(t, kind, field.Path, desired, desired, true)
				tryField(t, kind, field.Path, desired, observed, false)
			}
		}
	})
}

func tryField(t *testing.T, kind Kind, field string, desired, observed any, same bool) {
	t.Helper()
	at, err := resource.ParsePath(field)
	if err != nil {
		t.Fatal(err)
	}
	declared, found := nest(at, desired), resource.Resource{Ref: resource.Ref{Kind: kind.Kind, ID: kind.ID.Example}, Attrs: nest(at, observed)}
	result := drift.Differences(kind.Schema, declared, found, nil)
	if same && len(result.Differences) > 0 {
		t.Fatalf("%s.%s: %s differs from itself at %s", kind.Kind, field, resource.Canonical(desired), result.Differences[0].Path)
	}
	for _, difference := range result.Differences {
		if declared, err = drift.Adopt(kind.Schema, declared, difference.Actual, difference.Path); err != nil {
			t.Fatalf("%s.%s: desired %s, observed %s: %v", kind.Kind, field, resource.Canonical(desired), resource.Canonical(observed), err)
		}
	}
	if left := drift.Differences(kind.Schema, declared, found, nil).Differences; len(left) > 0 {
		t.Fatalf("%s.%s: desired %s, observed %s: accepting made %s, which differs at %s", kind.Kind, field,
			resource.Canonical(desired), resource.Canonical(observed), resource.Canonical(declared), left[0].Path)
	}
}

func nest(at resource.Path, value any) map[string]any {
	for i := len(at) - 1; i > 0; i-- {
		value = map[string]any{string(at[i]): value}
	}
	return map[string]any{string(at[0]): value}
}

// The same firewall, listed in another order each time, is one observation: an
// approval given on it holds.
func TestRulesAreOneObservationInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	rule := func() any {
		pick := func(of ...any) any { return of[random.IntN(len(of))] }
		sources := map[string]any{}
		for _, name := range []string{"addresses", "tags", "droplet_ids"} {
			if random.IntN(2) == 0 {
				sources[name] = []any{pick("1.2.3.4", "5.6.7.8", "::1"), pick("a", "b"), pick(1, 2)}
			}
		}
		return map[string]any{"protocol": pick("tcp", "udp", "icmp"), "ports": pick("22", "80", "0", "all", ""), "sources": sources}
	}
	differed := 0
	for range 3000 {
		var desired, observed []any
		for range random.IntN(4) {
			desired = append(desired, rule())
		}
		for range random.IntN(4) {
			observed = append(observed, rule())
		}
		first := rules.Compare(desired, observed)
		random.Shuffle(len(observed), func(i, j int) { observed[i], observed[j] = observed[j], observed[i] })
		random.Shuffle(len(desired), func(i, j int) { desired[i], desired[j] = desired[j], desired[i] })
		second := rules.Compare(desired, observed)
		differed += len(first)
		if len(first) != len(second) {
			t.Fatalf("%d and %d differences of %s", len(first), len(second), resource.Canonical(observed))
		}
		for i := range first {
			one := drift.Observation(first[i].Path.String(), first[i].Expected, first[i].Actual)
			if other := drift.Observation(second[i].Path.String(), second[i].Expected, second[i].Actual); one != other {
				t.Fatalf("two observations: %s and %s", resource.Canonical(first[i].Actual), resource.Canonical(second[i].Actual))
			}
		}
	}
	if differed < 1000 {
		t.Errorf("only %d differences: the property was hardly tried", differed)
	}
}

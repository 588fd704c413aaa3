package drift

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// value decodes JSON as the operator does.
func value(t testing.TB, text string) any {
	t.Helper()
	decoded, err := resource.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return decoded
}

func object(t testing.TB, text string) map[string]any {
	t.Helper()
	decoded, ok := value(t, text).(map[string]any)
	if !ok {
		t.Fatalf("%s is no object", text)
	}
	return decoded
}

func path(t testing.TB, text string) resource.Path {
	t.Helper()
	parsed, err := resource.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// pathsOf are the places of differences, the field itself being ".".
func pathsOf(differences []Difference) []string {
	paths := make([]string, 0, len(differences))
	for _, difference := range differences {
		paths = append(paths, spelling(difference.Path))
	}
	return paths
}

func spelling(p resource.Path) string {
	if len(p) == 0 {
		return "."
	}
	return p.String()
}

// element is a list element with an id, for Keyed.
func elementKey(element any) string {
	if object, ok := element.(map[string]any); ok {
		text, _ := scalarText(object["id"])
		return text
	}
	return string(resource.Canonical(element))
}

func same(element any) any { return element }

func both(a, b any) any { return map[string]any{"a": a, "b": b} }

// swap gives one value another reading.
func swap(one, other string) func(desired any) any {
	return func(desired any) any {
		if desired == one {
			return other
		}
		return desired
	}
}

// every comparison there is, as the properties need them.
func every() map[string]Comparison {
	return map[string]Comparison{
		"Loose":           Loose,
		"FoldCase":        FoldCase,
		"Text":            Text,
		"Number":          Number,
		"Addresses":       Addresses,
		"Time":            Time,
		"Alias":           Alias("id", "slug"),
		"Keyed":           Keyed(elementKey, same, func(a, _ any) any { return a }),
		"Subset":          Subset(Fold),
		"Tolerating":      Tolerating(SetFoldCase, "a", "b"),
		"Default":         Default("a", Loose),
		"Unset":           Unset(Loose),
		"UnsetOrZero":     Unset(Default(json.Number("0"), Number)),
		"Also":            Also(FoldCase, swap("a", "b")),
		"Version":         Version(),
		"UpgradedVersion": Upgraded(2),
		"Between":         Between(2, 8),
		"Ordered":         Ordered(FoldCase),
		"Elements":        services(),
		"With":            With(func(resource.Resource) Comparison { return FoldCase }),
	}
}

// services are elements that are known by their id, with such lists within them.
func services() Comparison {
	return (&Field{Key: elementKey, Elements: []Field{
		{Path: "id", Compare: FoldCase}, {Path: "size", Compare: Number}, {Path: "a"}, {Path: "b"},
		{Path: "routes", Compare: Loose, Ordered: true},
		{Path: "envs", Key: elementKey, Elements: []Field{{Path: "id"}, {Path: "value"}}},
	}}).comparison()
}

// differences are what a comparison finds of a value that was seen.
func differences(c Comparison, desired, observed any) []Difference {
	return c.Compare(desired, Live{Value: observed}).Differences
}

// generator makes JSON values that are small enough to collide.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 7))} }

func (g generator) value(depth int) any {
	scalars := []any{
		nil, "", "a", "A", "b", " a ", "8", "8.0", "1.31.1", "true", "10.0.0.1/24", "2001:DB8::1",
		"2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", "\u202e", true, false,
		json.Number("8"), json.Number("8.0"), json.Number("3"), json.Number("-1.5"), json.Number("1e400"), 8, 8.0, int64(3),
	}
	pick := g.IntN(len(scalars) + 8)
	switch {
	case pick < len(scalars) || depth == 0:
		return scalars[g.IntN(len(scalars))]
	case pick < len(scalars)+4:
		list := make([]any, g.IntN(4))
		for i := range list {
			list[i] = g.value(depth - 1)
		}
		return list
	default:
		return g.object(depth)
	}
}

func (g generator) object(depth int) map[string]any {
	keys := []string{"a", "b", "id", "slug", "min", "max", "x/y", ""}
	object := make(map[string]any)
	for range g.IntN(4) {
		object[keys[g.IntN(len(keys))]] = g.value(depth - 1)
	}
	return object
}

// mutated is a value with a few things changed, so that it is often nearly equal.
func (g generator) mutated(value any, depth int) any {
	if g.IntN(6) == 0 {
		return g.value(depth)
	}
	switch value := value.(type) {
	case []any:
		list := make([]any, 0, len(value)+1)
		for _, element := range value {
			if g.IntN(8) > 0 {
				list = append(list, g.mutated(element, depth-1))
			}
		}
		if g.IntN(4) == 0 {
			list = append(list, g.value(max(depth-1, 0)))
		}
		g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list
	case map[string]any:
		object := make(map[string]any)
		for key, element := range value {
			if g.IntN(8) > 0 {
				object[key] = g.mutated(element, max(depth-1, 0))
			}
		}
		if g.IntN(4) == 0 {
			object["new"+strconv.Itoa(g.IntN(3))] = g.value(0)
		}
		return object
	default:
		return value
	}
}

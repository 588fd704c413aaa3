package drift

import (
	"errors"
	"strconv"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

const rounds = 4000

func TestNothingDiffersFromItself(t *testing.T) {
	for name, comparison := range every() {
		t.Run(name, func(t *testing.T) {
			g := newGenerator(1)
			for range rounds {
				value := g.value(3)
				if found := differences(comparison, value, value); len(found) > 0 {
					t.Fatalf("%s differs from itself: %v", resource.Canonical(value), found)
				}
			}
		})
	}
}

// checkAdopt adopts each difference alone and then all of them. Adopting one has
// to end it and must not make another.
func checkAdopt(t testing.TB, comparison Comparison, desired, observed any) {
	t.Helper()
	before := string(resource.Canonical(desired))
	found := differences(comparison, desired, observed)
	all := desired
	for _, difference := range found {
		adopted, err := comparison.Adopt(desired, difference.Actual, difference.Path)
		if err != nil {
			t.Fatalf("desired %s, observed %s: adopting %s: %v",
				before, resource.Canonical(observed), spelling(difference.Path), err)
		}
		left := differences(comparison, adopted, observed)
		if len(left) >= len(found) || contains(left, difference.Path) {
			t.Fatalf("desired %s, observed %s: adopting %s at %s made %s, which leaves %v of %v", before,
				resource.Canonical(observed), resource.Canonical(difference.Actual), spelling(difference.Path),
				resource.Canonical(adopted), pathsOf(left), pathsOf(found))
		}
		if all, err = comparison.Adopt(all, difference.Actual, difference.Path); err != nil {
			t.Fatalf("adopting %s after others: %v", spelling(difference.Path), err)
		}
	}
	if left := differences(comparison, all, observed); len(left) > 0 {
		t.Fatalf("desired %s, observed %s: adopting everything made %s, which leaves %v",
			before, resource.Canonical(observed), resource.Canonical(all), pathsOf(left))
	}
	if after := string(resource.Canonical(desired)); after != before {
		t.Fatalf("adopting changed its input from %s to %s", before, after)
	}
}

func contains(differences []Difference, at resource.Path) bool {
	for _, difference := range differences {
		if spelling(difference.Path) == spelling(at) {
			return true
		}
	}
	return false
}

// checkRestore restores each difference alone and then all of them, as the mirror of
// checkAdopt.
func checkRestore(t testing.TB, comparison Comparison, desired, observed any) {
	t.Helper()
	before := string(resource.Canonical(observed))
	found := differences(comparison, desired, observed)
	all := observed
	for _, difference := range found {
		restored, err := comparison.Restore(desired, Live{Value: observed}, difference.Path)
		if err != nil {
			t.Fatalf("desired %s, live %s: restoring %s: %v", resource.Canonical(desired), before, spelling(difference.Path), err)
		}
		left := differences(comparison, desired, restored)
		if len(left) >= len(found) || contains(left, difference.Path) {
			t.Fatalf("desired %s, live %s: restoring %s made %s, which leaves %v of %v", resource.Canonical(desired),
				before, spelling(difference.Path), resource.Canonical(restored), pathsOf(left), pathsOf(found))
		}
		if all, err = comparison.Restore(desired, Live{Value: all}, difference.Path); err != nil {
			t.Fatalf("restoring %s after others: %v", spelling(difference.Path), err)
		}
	}
	if left := differences(comparison, desired, all); len(left) > 0 {
		t.Fatalf("desired %s, live %s: restoring everything made %s, which leaves %v",
			resource.Canonical(desired), before, resource.Canonical(all), pathsOf(left))
	}
	if after := string(resource.Canonical(observed)); after != before {
		t.Fatalf("restoring changed its input from %s to %s", before, after)
	}
}

// What an accept leaves as it is, the approved value placed where it was, differs no more
// and as before.
func checkPlace(t testing.TB, comparison Comparison, desired, observed any) {
	t.Helper()
	for _, difference := range differences(comparison, desired, observed) {
		placed := comparison.Place(desired, difference.Actual, difference.Path)
		for _, again := range differences(comparison, desired, placed) {
			if spelling(again.Path) == spelling(difference.Path) {
				if resource.Hash(again.Expected) != resource.Hash(difference.Expected) {
					t.Fatalf("desired %s, live %s at %s: expected became %s", resource.Canonical(desired), resource.Canonical(observed),
						spelling(difference.Path), resource.Canonical(again.Expected))
				}
				placed = nil
			}
		}
		if placed != nil {
			t.Fatalf("desired %s, live %s: the value of %s, placed in %s, does not differ", resource.Canonical(desired),
				resource.Canonical(observed), spelling(difference.Path), resource.Canonical(placed))
		}
	}
}

func TestRestoreEndsTheDifference(t *testing.T) {
	for name, comparison := range every() {
		t.Run(name, func(t *testing.T) {
			g := newGenerator(6)
			for range rounds {
				desired := g.value(3)
				observed := g.mutated(desired, 3)
				checkRestore(t, comparison, desired, observed)
			}
		})
	}
}

func TestRestoringTwiceIsRestoringOnce(t *testing.T) {
	for name, comparison := range every() {
		g := newGenerator(7)
		for range rounds / 4 {
			desired := g.value(3)
			observed := g.mutated(desired, 3)
			for _, difference := range differences(comparison, desired, observed) {
				once, err := comparison.Restore(desired, Live{Value: observed}, difference.Path)
				if err != nil {
					t.Fatal(err)
				}
				twice, err := comparison.Restore(desired, Live{Value: once}, difference.Path)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if string(resource.Canonical(once)) != string(resource.Canonical(twice)) {
					t.Fatalf("%s: a write that is sent again would turn %s into %s", name, resource.Canonical(once), resource.Canonical(twice))
				}
			}
		}
	}
}

func TestPlacedValuesDiffer(t *testing.T) {
	for name, comparison := range every() {
		t.Run(name, func(t *testing.T) {
			g := newGenerator(8)
			for range rounds {
				desired := g.value(3)
				checkPlace(t, comparison, desired, g.mutated(desired, 3))
			}
		})
	}
}

func TestAdoptEndsTheDifference(t *testing.T) {
	for name, comparison := range every() {
		t.Run(name, func(t *testing.T) {
			g := newGenerator(2)
			differed := 0
			for range rounds {
				desired := g.value(3)
				observed := g.mutated(desired, 3)
				differed += len(differences(comparison, desired, observed))
				checkAdopt(t, comparison, desired, observed)
			}
			if differed < rounds/20 {
				t.Errorf("only %d differences in %d rounds: the property was hardly tried", differed, rounds)
			}
		})
	}
}

func TestAdoptingTwiceIsAdoptingOnce(t *testing.T) {
	for name, comparison := range every() {
		g := newGenerator(3)
		for range rounds / 4 {
			desired := g.value(3)
			observed := g.mutated(desired, 3)
			for _, difference := range differences(comparison, desired, observed) {
				once, err := comparison.Adopt(desired, difference.Actual, difference.Path)
				if err != nil {
					t.Fatal(err)
				}
				twice, err := comparison.Adopt(once, difference.Actual, difference.Path)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if string(resource.Canonical(once)) != string(resource.Canonical(twice)) {
					t.Fatalf("%s: a crash between writing and noting it would turn %s into %s",
						name, resource.Canonical(once), resource.Canonical(twice))
				}
			}
		}
	}
}

// The same set in another order must not look as if somebody had changed it: the
// approvals that people gave would be void.
func TestObservationsDoNotDependOnOrder(t *testing.T) {
	comparisons := every()
	for _, name := range []string{"Ordered", "Keyed", "Elements"} { // two of one key are taken in their order
		delete(comparisons, name)
	}
	for name, comparison := range comparisons {
		g := newGenerator(4)
		for range rounds {
			desired, observed := g.value(2), g.value(2)
			list, ok := observed.([]any)
			if !ok {
				continue
			}
			turned := make([]any, len(list))
			for i, element := range list {
				turned[len(list)-1-i] = element
			}
			first, second := differences(comparison, desired, list), differences(comparison, desired, turned)
			if len(first) != len(second) {
				t.Fatalf("%s: %s differs from %s by its order", name, resource.Canonical(list), resource.Canonical(turned))
			}
			for i := range first {
				if Observation("x", nil, first[i].Actual) != Observation("x", nil, second[i].Actual) {
					t.Fatalf("%s: %s and %s are two observations", name, resource.Canonical(list), resource.Canonical(turned))
				}
			}
		}
	}
}

func TestEqualityIsAnEquivalence(t *testing.T) {
	for _, l := range []loose{{}, {[]Form{Fold}}, {[]Form{Decimal}}, {[]Form{Address}}} {
		g := newGenerator(5)
		for range rounds {
			value := g.value(2)
			other := g.mutated(value, 2)
			if _, isObject := value.(map[string]any); isObject {
				continue // an object need not name everything
			}
			if list, isList := value.([]any); isList && hasComposite(list) {
				continue
			}
			forth, back := l.satisfies(value, other), l.satisfies(other, value)
			if _, isObject := other.(map[string]any); !isObject && forth != back {
				t.Fatalf("%s and %s are equal one way only", resource.Canonical(value), resource.Canonical(other))
			}
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("8", `"8"`)
	f.Add(`["a","b"]`, `["B","a"]`)
	f.Add(`{"id":1,"slug":"x"}`, `"x"`)
	f.Add(`[{"id":1},{"id":1,"a":2}]`, `[{"id":"1"}]`)
	f.Add(`{"min":5,"max":2}`, `3`)
	f.Fuzz(func(t *testing.T, first, second string) {
		desired, err := resource.Decode([]byte(first))
		if err != nil {
			return
		}
		observed, err := resource.Decode([]byte(second))
		if err != nil {
			return
		}
		for name, comparison := range every() {
			if found := differences(comparison, desired, desired); len(found) > 0 {
				t.Fatalf("%s: %s differs from itself: %v", name, first, found)
			}
			once, again := differences(comparison, desired, observed), differences(comparison, desired, observed)
			if len(once) != len(again) {
				t.Fatalf("%s: comparing twice gives two results", name)
			}
		}
	})
}

func FuzzAdopt(f *testing.F) {
	for i := range 40 {
		g := newGenerator(uint64(i))
		desired := g.value(3)
		f.Add(string(resource.Canonical(desired)), string(resource.Canonical(g.mutated(desired, 3))))
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		desired, err := resource.Decode([]byte(first))
		if err != nil {
			return
		}
		observed, err := resource.Decode([]byte(second))
		if err != nil {
			return
		}
		for _, comparison := range every() {
			checkAdopt(t, comparison, desired, observed)
		}
	})
}

func TestAdoptRefusesWhatIsNotDeclared(t *testing.T) {
	for name, comparison := range every() {
		for i, at := range []resource.Path{{"gone", "b"}, {"gone", "b", "c"}} {
			t.Run(name+strconv.Itoa(i), func(t *testing.T) {
				_, err := comparison.Adopt(map[string]any{"a": "x"}, "y", at)
				if !errors.Is(err, ErrNotDeclared) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

package drift

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// AtLeast is for versions that are upgraded by themselves: 1.31.4 is as good as
// 1.31.1, and 1.30.9 is not.
var AtLeast Comparison = atLeast{FoldCase}

type atLeast struct{ Comparison }

func (a atLeast) Compare(desired, observed any) []Difference {
	want, isScalar := scalarText(desired)
	have, hasScalar := scalarText(observed)
	if isScalar && hasScalar && want != "" && have != "" && compareVersions(have, want) >= 0 {
		return nil
	}
	return a.Comparison.Compare(desired, observed)
}

// compareVersions compares dot by dot and dash by dash: numbers by value, the
// rest as text.
func compareVersions(a, b string) int {
	split := func(text string) []string {
		return strings.FieldsFunc(Fold(text), func(r rune) bool { return strings.ContainsRune(".-+_", r) })
	}
	return slices.CompareFunc(split(a), split(b), func(a, b string) int {
		x, errX := strconv.ParseUint(a, 10, 64)
		y, errY := strconv.ParseUint(b, 10, 64)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(a, b)
	})
}

// Range is for counts that an autoscaler moves: desired may be an object of min
// and max, between which the observed number has to be.
var Range Comparison = ranged{Number}

type ranged struct{ Comparison }

func (r ranged) Compare(desired, observed any) []Difference {
	low, high, ok := bounds(desired)
	count, counted := numberOf(observed)
	if !ok || !counted {
		return r.Comparison.Compare(desired, observed)
	}
	if low <= count && count <= high {
		return nil
	}
	return []Difference{{Expected: desired, Actual: observed}}
}

// Adopt moves the bound that the observed number is beyond.
func (r ranged) Adopt(desired, actual any, at resource.Path) (any, error) {
	low, high, ok := bounds(desired)
	count, counted := numberOf(actual)
	if !ok || !counted || len(at) > 0 {
		return r.Comparison.Adopt(desired, actual, at)
	}
	widened := maps.Clone(desired.(map[string]any))
	if count < low {
		widened["min"] = actual
	}
	if count > high {
		widened["max"] = actual
	}
	return widened, nil
}

func bounds(desired any) (low, high float64, ok bool) {
	object, isObject := desired.(map[string]any)
	low, hasLow := numberOf(object["min"])
	high, hasHigh := numberOf(object["max"])
	return low, high, isObject && hasLow && hasHigh && len(object) == 2
}

func numberOf(value any) (number float64, ok bool) {
	text, _ := scalarText(value)
	decimal, ok := resource.ParseDecimal(text)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseFloat(decimal, 64)
	return number, err == nil
}

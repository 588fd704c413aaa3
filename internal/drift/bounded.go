package drift

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Version is for versions of software, of which a part may be declared: 1.33 is every
// 1.33.x.
func Version() Comparison { return version{FoldCase, math.MaxInt} }

// Upgraded is for versions that are upgraded by themselves. Only the first parts of one tell
// which it is: a later version that has them in common with the declared one is as good.
func Upgraded(parts int) Comparison { return version{FoldCase, parts} }

type version struct {
	Comparison
	parts int
}

// Compare implements Comparison.
func (v version) Compare(desired any, live Live) Outcome {
	text, isScalar := scalarText(desired)
	other, hasScalar := scalarText(live.Value)
	want, have := versionParts(text), versionParts(other)
	if isScalar && hasScalar && len(want) > 0 && len(have) > 0 {
		same := min(len(want), len(have), v.parts)
		whole := len(have) >= len(want) || v.parts < len(have)
		if whole && compareVersions(want[:same], have[:same]) == 0 && compareVersions(want, have) <= 0 {
			return Outcome{}
		}
	}
	return v.Comparison.Compare(desired, live)
}

func versionParts(text string) []string {
	return strings.FieldsFunc(Fold(text), func(r rune) bool { return strings.ContainsRune(".-+_", r) })
}

// compareVersions compares part by part: numbers by value, the rest as text.
func compareVersions(a, b []string) int {
	return slices.CompareFunc(a, b, func(a, b string) int {
		x, errX := strconv.ParseUint(a, 10, 64)
		y, errY := strconv.ParseUint(b, 10, 64)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(a, b)
	})
}

// Between is for counts that an autoscaler moves: every number between these two is as
// good as the declared one.
func Between(low, high float64) Comparison { return between{Number, low, high} }

type between struct {
	Comparison
	low, high float64
}

// Compare implements Comparison.
func (b between) Compare(desired any, live Live) Outcome {
	_, declared := numberOf(desired)
	if count, counted := numberOf(live.Value); declared && counted && b.low <= count && count <= b.high {
		return Outcome{}
	}
	return b.Comparison.Compare(desired, live)
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

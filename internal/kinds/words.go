package kinds

import (
	"encoding/json"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// ChangeInWords says what it takes to change a live field.
var ChangeInWords = map[drift.Change]string{
	drift.InPlace:       "in place",
	drift.WithDowntime:  "with downtime",
	drift.ByReplacement: "by replacing the resource",
	drift.Never:         "never",
}

// ComparedInWords says how a field is compared. It is found out by asking the comparison, so
// that the words can't say what the code does not do.
func (f *Field) ComparedInWords() string {
	if f.Words != "" {
		return f.Words
	}
	comparison := f.Compare
	if comparison == nil {
		comparison = drift.Loose
	}
	words := []string{form(comparison)}
	for _, p := range properties {
		if p.holds(comparison) {
			words = append(words, p.words)
		}
	}
	return strings.Join(words, "; ")
}

// equal asks a comparison.
func equal(c drift.Comparison, desired, observed any) bool {
	return c.Compare(desired, drift.Live{Value: observed}).Equal()
}

// forms are ways to compare scalars, each with two texts that are equal in it and
// in none of those below.
var forms = []struct{ words, one, other string }{
	{"as a time", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"},
	{"as an address", "2001:DB8:0::1", "2001:db8::1"},
	{"as a number", "8.0", "8"},
	{"as a host name", "Example.com.", "example.com"},
	{"without case", "NYC3", "nyc3"},
	{"as prose", "text\n", "text"},
}

func form(c drift.Comparison) string {
	for _, f := range forms {
		if equal(c, f.one, f.other) {
			return f.words
		}
	}
	return "as text"
}

// properties are what a comparison may do besides.
var properties = []struct {
	words string
	holds func(c drift.Comparison) bool
}{
	{"by its `slug`", func(c drift.Comparison) bool {
		return equal(c, "nyc3", map[string]any{"slug": "nyc3", "name": "New York 3"})
	}},
	{"at least", func(c drift.Comparison) bool { return equal(c, []any{"1"}, []any{"1", "2"}) }},
	{"empty: not compared", func(c drift.Comparison) bool {
		return equal(c, nil, "1") && equal(c, "", "2") && !equal(c, json.Number("0"), "2")
	}},
	{"empty or `0`: not compared", func(c drift.Comparison) bool {
		return equal(c, nil, "1") && equal(c, "", "2") && equal(c, json.Number("0"), "2")
	}},
	{"not shown: unknown", func(c drift.Comparison) bool {
		return c.Compare("1", drift.Live{}).Unknown && !c.Compare(nil, drift.Live{}).Unknown
	}},
	{"`Sunday` is `SUN`", func(c drift.Comparison) bool { return equal(c, "Sunday", "SUN") }},
	{"`off` needs no quotes", func(c drift.Comparison) bool {
		return equal(c, false, "off") && !equal(c, true, "off") && !equal(c, "1", true)
	}},
	{"the word `nil` is empty", func(c drift.Comparison) bool { return equal(c, "nil", nil) && !equal(c, "1", nil) }},
	{"unset is `false`", func(c drift.Comparison) bool { return equal(c, nil, false) && !equal(c, nil, true) }},
	{"`on`, `yes` and `1` are `true`", func(c drift.Comparison) bool { return equal(c, "on", true) && equal(c, "1", true) }},
	{"unset is `0`", func(c drift.Comparison) bool {
		if equal(c, false, "0") {
			return false // a boolean
		}
		return equal(c, nil, json.Number("0")) && !equal(c, nil, json.Number("1"))
	}},
}

package drift

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// The default comparison and its kin, which differ in the form of scalars only.
var (
	// Loose takes scalars as strings (8, 8.0 and "8" are equal, true and "true"),
	// lists as sets, a scalar declared for a list as a list of it, and null, missing
	// and empty alike. Objects are compared leaf by leaf, and what desired does not
	// name is not compared.
	Loose = Loosely()
	// FoldCase is Loose without case.
	FoldCase = Loosely(Fold)
	// SetFoldCase is FoldCase; it says in a table that the field is a list.
	SetFoldCase = FoldCase
	// Text is Loose without white space around.
	Text = Loosely(Trim)
	// Number is Loose with numbers compared by value.
	Number = Loosely(Decimal)
	// Addresses is Loose for IP addresses and CIDRs.
	Addresses = Loosely(Address)
	// Time is Loose for points in time.
	Time = Loosely(Timestamp)
)

// Loosely is Loose with scalars brought into these forms, one after the other.
func Loosely(forms ...Form) Comparison { return loose{forms} }

type loose struct{ forms []Form }

// Compare implements Comparison. What differs in a list of which elements are partly
// hidden may differ in what is hidden.
func (l loose) Compare(desired any, live Live) Outcome {
	out := Outcome{Differences: l.compare(nil, desired, live.Value)}
	if out.Differs() && len(live.Hidden) > 0 {
		return undecided
	}
	return out
}

func (l loose) compare(at resource.Path, desired, observed any) []Difference {
	want, isObject := desired.(map[string]any)
	have, hasObject := observed.(map[string]any)
	if isObject && len(want) > 0 && (hasObject || l.key(observed) == nothing) {
		var differences []Difference
		for _, key := range slices.Sorted(maps.Keys(want)) {
			differences = append(differences,
				l.compare(at.Append(resource.Segment(key)), want[key], have[key])...)
		}
		return differences
	}
	if l.satisfies(listed(desired, observed), observed) {
		return nil
	}
	return []Difference{{Path: at, Expected: desired, Actual: settled(observed)}}
}

// listed is a declared scalar as the list that stands for it, where a list was
// observed: YAML is often written with one value for a list of one.
func listed(desired, observed any) any {
	_, isScalar := scalarText(desired)
	if _, isList := observed.([]any); isList && isScalar {
		return []any{desired}
	}
	return desired
}

// nothing is the key of null and of all that is empty.
const nothing = ""

// key is equal for equal values: for scalars of one form, for lists with the same
// set of elements, for objects that agree in everything that is not empty.
func (l loose) key(value any) string {
	if text, ok := scalarText(value); ok {
		for _, form := range l.forms {
			text = form(text)
		}
		if text == "" {
			return nothing
		}
		return "=" + text
	}
	var parts []string
	open := "["
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			if key := l.key(element); key != nothing {
				parts = append(parts, key)
			}
		}
	case map[string]any:
		open = "{"
		for name, element := range value {
			if key := l.key(element); key != nothing {
				parts = append(parts, strconv.Quote(name)+key)
			}
		}
	default:
		return "?" + string(resource.Canonical(value))
	}
	if len(parts) == 0 {
		return nothing
	}
	slices.Sort(parts)
	var b strings.Builder
	b.WriteString(open)
	for _, part := range slices.Compact(parts) {
		fmt.Fprintf(&b, "%d:%s", len(part), part) // with its length, so that no element can look like two
	}
	return b.String()
}

// Elements that need not name all of their fields have to be paired off, which
// takes a power of their number for every list within a list. Nobody may keep the
// operator busy with a declaration: beyond these limits lists are equal only where
// their elements name the same.
const (
	pairedElements = 256
	pairedDepth    = 3
)

// satisfies says whether observed is all that desired asks for: an observed
// object may hold more than the desired one names, a list may not.
func (l loose) satisfies(desired, observed any) bool {
	return l.satisfiesWithin(pairedDepth, desired, observed)
}

func (l loose) satisfiesWithin(depth int, desired, observed any) bool {
	switch want := desired.(type) {
	case map[string]any:
		have, ok := observed.(map[string]any)
		if !ok || len(want) == 0 {
			break
		}
		for name, value := range want {
			if !l.satisfiesWithin(depth, value, have[name]) {
				return false
			}
		}
		return true
	case []any:
		have, ok := observed.([]any)
		if ok && depth > 0 && hasComposite(want) && l.key(want) != l.key(have) {
			return l.pairs(depth-1, want, have)
		}
	}
	return l.key(desired) == l.key(observed)
}

func hasComposite(list []any) bool {
	return slices.ContainsFunc(list, func(element any) bool {
		_, scalar := scalarText(element)
		return !scalar
	})
}

// pairs says whether each desired element has an observed one of its own, with
// none left over. Otherwise an element that names only some of an object's fields could
// stand for several: one desired rule for a second that somebody added.
func (l loose) pairs(depth int, desired, observed []any) bool {
	want, have := l.distinct(desired), l.distinct(observed)
	if len(want) != len(have) || len(want) > pairedElements {
		return false
	}
	owner := make([]int, len(have)) // 1 + the index of the desired element, or 0
	fits := l.fits(depth, want, have)
	var find func(i int, tried []bool) bool
	find = func(i int, tried []bool) bool {
		for j := range have {
			if tried[j] || !fits(i, j) {
				continue
			}
			tried[j] = true
			if owner[j] == 0 || find(owner[j]-1, tried) {
				owner[j] = i + 1
				return true
			}
		}
		return false
	}
	for i := range want {
		if !find(i, make([]bool, len(have))) {
			return false
		}
	}
	return true
}

// fits says whether the jth observed element is all that the ith desired one asks for,
// and compares each pair once at most.
func (l loose) fits(depth int, want, have []any) func(i, j int) bool {
	const yes, no = 1, 2
	known := make([]uint8, len(want)*len(have))
	return func(i, j int) bool {
		pair := &known[i*len(have)+j]
		if *pair == 0 {
			*pair = no
			if l.satisfiesWithin(depth, want[i], have[j]) {
				*pair = yes
			}
		}
		return *pair == yes
	}
}

// distinct leaves out what is empty, and repetitions.
func (l loose) distinct(list []any) []any {
	seen := map[string]bool{nothing: true}
	var distinct []any
	for _, element := range list {
		if key := l.key(element); !seen[key] {
			seen[key] = true
			distinct = append(distinct, element)
		}
	}
	return distinct
}

// Adopt implements Comparison.
func (l loose) Adopt(desired, actual any, at resource.Path) (any, error) {
	return edit(desired, at, func(old any) any {
		if len(l.compare(nil, old, actual)) == 0 {
			return old
		}
		adopted := inWords(actual, old, func(mine, theirs any) bool { return l.satisfies(mine, theirs) })
		if !l.satisfies(adopted, actual) { // elements that name too little paired off badly
			return actual
		}
		return adopted
	})
}

// Restore implements Comparison.
func (l loose) Restore(desired any, live Live, at resource.Path) (any, error) {
	want, declared := valueDeclared(desired, at)
	if !declared {
		return nil, ErrNotDeclared
	}
	old := valueAt(live.Value, at)
	if len(l.compare(nil, want, old)) == 0 {
		return live.Value, nil
	}
	restored := inWords(listed(want, old), old, func(theirs, mine any) bool { return l.satisfies(mine, theirs) })
	if !l.satisfies(listed(want, old), restored) {
		restored = want
	}
	return withValue(live.Value, at, restored), nil
}

// Place implements Comparison.
func (l loose) Place(_, value any, at resource.Path) any { return withValue(nil, at, value) }

// inWords is a list with the elements of another one, words, in the place of those that
// are alike: those that stay keep the order and the spelling that they have in words.
func inWords(value, words any, alike func(word, element any) bool) any {
	elements, isList := value.([]any)
	old, wasList := words.([]any)
	if !isList || !wasList {
		return value
	}
	out := make([]any, 0, len(elements))
	rest := slices.Clone(elements)
	for _, word := range old {
		if i := slices.IndexFunc(rest, func(element any) bool { return alike(word, element) }); i >= 0 {
			out = append(out, word)
			rest = slices.Delete(rest, i, i+1)
		}
	}
	return append(out, rest...)
}

// settled sorts all lists. DigitalOcean may list a set in another order the next
// time, and nobody's approval should be void because of that.
func settled(value any) any { return resource.Sorted(value) }

package drift

import (
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// IgnoreUse is what came of one ignored path in a comparison.
type IgnoreUse int

// A path is of no use where nothing that it could be about is declared. That is only said of
// what was seen.
const (
	IgnoreUndecided IgnoreUse = iota
	IgnoreMatches
	IgnoreMatchesNothing
)

// ignoring are the paths that are not compared. In a key, * stands for any text. A path below
// a list of plain values takes those elements out of it, on both sides.
type ignoring struct {
	rules   []resource.Path
	matched []bool
	// skipped are paths of which nothing was compared.
	skipped []resource.Path
}

func newIgnoring(rules []resource.Path) *ignoring {
	return &ignoring{rules: rules, matched: make([]bool, len(rules))}
}

// hold says whether a path is ignored, or lies in what is.
func (g *ignoring) hold(path resource.Path) bool {
	held := false
	for i, rule := range g.rules {
		if len(path) >= len(rule) && alike(rule, path) {
			g.matched[i], held = true, true
		}
	}
	return held
}

// below are the numbers of the rules that are about something within a path.
func (g *ignoring) below(at resource.Path) []int {
	var out []int
	for i, rule := range g.rules {
		if len(rule) > len(at) && alike(rule, at) {
			out = append(out, i)
		}
	}
	return out
}

// alike says whether a rule and a path agree as far as the shorter of the two goes.
func alike(rule, path resource.Path) bool {
	for i := range min(len(rule), len(path)) {
		if pattern := string(rule[i]); !stands(pattern, string(path[i])) {
			return false
		}
	}
	return true
}

// stands says whether a pattern, in which * is any text, stands for a text.
func stands(pattern, text string) bool {
	first, rest, any := strings.Cut(pattern, "*")
	if !any {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	last := len(parts) - 1
	for _, part := range parts[:last] {
		if _, text, ok = strings.Cut(text, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(text, parts[last])
}

// without takes out of a list the plain elements that rules name below it. What is no list
// stays as it is, but for the one value that stands for a list of one.
func (g *ignoring) without(rules []int, at resource.Path, value any, isList bool) any {
	list, ok := value.([]any)
	if !ok {
		if _, plain := scalarText(value); !plain || !isList {
			return value
		}
		list = []any{value}
	}
	var kept []any
	for _, element := range list {
		if !g.takes(rules, len(at), element) {
			kept = append(kept, element)
		}
	}
	switch {
	case len(kept) == len(list):
		return value
	case kept == nil:
		return []any{}
	default:
		return kept
	}
}

// takes says whether rules name an element, which has no case.
func (g *ignoring) takes(rules []int, depth int, element any) bool {
	text, plain := scalarText(element)
	if !plain {
		return false
	}
	taken := false
	for _, i := range rules {
		if rule := g.rules[i]; len(rule) == depth+1 && stands(Fold(string(rule[depth])), Fold(text)) {
			g.matched[i], taken = true, true
		}
	}
	return taken
}

// look has the rules that nothing was found for yet look among all elements: those that are
// equal on both sides make no difference.
func (g *ignoring) look(rules []int, at resource.Path, comparison Comparison, desired any, live Live) {
	var elements []Difference
	for _, i := range rules {
		if g.matched[i] {
			continue
		}
		if elements == nil {
			elements = append([]Difference{}, comparison.Compare(desired, live.With(nil)).Differences...)
			elements = append(elements, comparison.Compare(nil, live).Differences...)
		}
		for _, each := range elements {
			if len(each.Path) > 0 && isAbout(g.rules[i], at.Append(each.Path...), each) {
				g.matched[i] = true
			}
		}
	}
}

// isAbout says whether a rule is about an element at a path, or about something in it.
func isAbout(rule, path resource.Path, element Difference) bool {
	if !alike(rule, path) || len(path) >= len(rule) {
		return alike(rule, path)
	}
	rest := rule[len(path):]
	_, declared := valueDeclared(element.Expected, rest)
	_, live := valueDeclared(element.Actual, rest)
	return declared || live
}

// notCompared remembers a path of which nothing was compared.
func (g *ignoring) notCompared(at resource.Path) {
	if len(g.rules) > 0 {
		g.skipped = append(g.skipped, at)
	}
}

// uses are what came of each rule. Of what could not be seen, or was not compared, nobody
// can tell.
func (g *ignoring) uses(unseen []resource.Path) []IgnoreUse {
	if len(g.rules) == 0 {
		return nil
	}
	undecided := slices.Concat(g.skipped, unseen)
	out := make([]IgnoreUse, len(g.rules))
	for i, rule := range g.rules {
		switch {
		case g.matched[i]:
			out[i] = IgnoreMatches
		case !slices.ContainsFunc(undecided, func(path resource.Path) bool { return alike(rule, path) }):
			out[i] = IgnoreMatchesNothing
		}
	}
	return out
}

// count is how many differences there would be, had nothing been ignored.
func (g *ignoring) count(s Schema, desired map[string]any, observed resource.Resource, reported []Difference) int {
	if !slices.Contains(g.matched, true) {
		return 0
	}
	known := make(map[string]bool, len(reported))
	for _, difference := range reported {
		known[difference.Path.String()] = true
	}
	count := 0
	for _, difference := range Differences(s, desired, observed, nil).Differences {
		if !known[difference.Path.String()] {
			count++
		}
	}
	return count
}

// Knows says whether a kind has what a path is about, as far as its table tells: the keys of
// lists' elements are anybody's. unknown says what may have been meant.
func (s Schema) Knows(at resource.Path) (unknown UnknownField, known bool) {
	if s.Unreadable[at.String()] != "" || s.hasFieldsBelow(at) {
		return UnknownField{}, true
	}
	field, depth := s.owner(at)
	if field == nil {
		return s.unknownField(at), s.meantByPattern(at)
	}
	if field.Key != nil || len(at) == depth || field.Members == nil || !at[depth].IsWord() {
		return UnknownField{}, true
	}
	if _, named := field.Members.Of(string(at[depth])); named {
		return UnknownField{}, true
	}
	return s.explain(at), false
}

// meantByPattern says whether a path with a * in a key stands for a field of an object. One
// that begins with a * would stand for all there is.
func (s Schema) meantByPattern(at resource.Path) bool {
	if len(at) < 2 || !at[0].IsWord() {
		return false
	}
	return slices.ContainsFunc(s.Fields, func(f Field) bool {
		path, err := resource.ParsePath(f.Path)
		return err == nil && len(path) == len(at) && alike(at, path)
	})
}

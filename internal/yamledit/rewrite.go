package yamledit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// ErrByHand says that the text can't be changed without touching what has nothing to do with
// it, or without changing something else too: it has anchors there, say.
var ErrByHand = errors.New("it is written in a way that only a person can change")

// deepest is how far into a value it is looked for what differs.
const deepest = 32

// Rewrite changes the text of one document until it says want, and nothing more than what has
// to change for it. What lies deeper than whole names, counted from the top, may be written
// anew as a whole where it can't be changed in place; what lies above never is.
func Rewrite(document []byte, want any, whole int) ([]byte, error) {
	have, err := Decode(document)
	if err != nil {
		return nil, err
	}
	if same(have, want) {
		return document, nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, fmt.Errorf("reading YAML: %w", err)
	}
	if len(root.Content) != 1 {
		return nil, ErrByHand
	}
	for _, limit := range []int{deepest, whole + 3, whole + 2, whole + 1, whole} {
		e := newEditor(document, root.Content[0], limit)
		e.value(root.Content[0], have, want, 0, place{})
		if out, fits := e.result(); fits {
			if now, err := Decode(out); err == nil && same(now, want) {
				return out, nil
			}
		}
	}
	return nil, ErrByHand
}

func same(a, b any) bool { return resource.Hash(a) == resource.Hash(b) }

// editor collects what is to be cut out of a text, and what is put there.
type editor struct {
	text  []byte
	lines []int
	// limit is the depth from which on values are written anew as a whole.
	limit int
	// compact says that the text has lists no further to the right than their names.
	compact bool
	newline string
	cuts    []cut
	// unfit says that something can't be done in place.
	unfit bool
}

type cut struct {
	start, end int
	text       string
}

// place is where a value stands.
type place struct {
	// key is the name before it, nil for an element of a list.
	key *yaml.Node
	// flow says that it lies between brackets.
	flow bool
}

func newEditor(text []byte, root *yaml.Node, limit int) *editor {
	e := &editor{text: text, lines: []int{0}, limit: limit, newline: "\n"}
	e.compact, _ = isCompact(root)
	for i, c := range text {
		if c == '\n' {
			e.lines = append(e.lines, i+1)
			if i > 0 && text[i-1] == '\r' {
				e.newline = "\r\n"
			}
		}
	}
	return e
}

// isCompact says how the first list of a text is indented that is in an object.
func isCompact(node *yaml.Node) (compact, found bool) {
	for i, inner := range node.Content {
		isList := inner.Kind == yaml.SequenceNode && inner.Style&yaml.FlowStyle == 0 && len(inner.Content) > 0
		if node.Kind == yaml.MappingNode && i%2 == 1 && isList {
			return inner.Column == node.Content[i-1].Column, true
		}
		if compact, found = isCompact(inner); found {
			return compact, true
		}
	}
	return false, false
}

// part is what stands between two places.
func (e *editor) part(start, end int) []byte {
	if start < 0 || end < start || end > len(e.text) {
		e.unfit = true
		return nil
	}
	return e.text[start:end]
}

// cut replaces a part of the text.
func (e *editor) cut(start, end int, text string) { e.cuts = append(e.cuts, cut{start, end, text}) }

// result is the text after all cuts.
func (e *editor) result() (out []byte, fits bool) {
	slices.SortStableFunc(e.cuts, func(a, b cut) int { return cmp.Or(a.start-b.start, a.end-b.end) })
	at := 0
	for _, c := range e.cuts {
		if c.start < at || c.end < c.start || c.end > len(e.text) {
			return nil, false
		}
		out = append(out, e.text[at:c.start]...)
		out = append(out, c.text...)
		at = c.end
	}
	return append(out, e.text[at:]...), !e.unfit
}

// offset is where a node begins. Columns count characters.
func (e *editor) offset(node *yaml.Node) int {
	if node.Line < 1 || node.Line > len(e.lines) {
		e.unfit = true
		return 0
	}
	at := e.lines[node.Line-1]
	for range node.Column - 1 {
		if at >= len(e.text) {
			break
		}
		_, size := utf8.DecodeRune(e.text[at:])
		at += size
	}
	return at
}

// lineStart is where the line of a place begins, and nextLine where the one after it does.
func (e *editor) lineStart(at int) int {
	i, found := slices.BinarySearch(e.lines, at)
	if !found {
		i--
	}
	return e.lines[i]
}

func (e *editor) nextLine(at int) int {
	i, found := slices.BinarySearch(e.lines, at)
	if found {
		i++
	}
	if i >= len(e.lines) {
		return len(e.text)
	}
	return e.lines[i]
}

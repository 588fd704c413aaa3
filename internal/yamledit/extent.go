package yamledit

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// end is where a node ends, without what follows it in its line.
func (e *editor) end(node *yaml.Node) int {
	start := e.offset(node)
	if node.Anchor != "" || node.Style&yaml.TaggedStyle != 0 {
		e.unfit = true
		return start
	}
	switch {
	case node.Kind == yaml.AliasNode:
		return start + len("*") + len(node.Value)
	case node.Kind == yaml.ScalarNode:
		return e.scalarEnd(node, start)
	case node.Style&yaml.FlowStyle != 0:
		return e.closing(start)
	}
	out := start
	for _, inner := range node.Content {
		out = max(out, e.end(inner))
	}
	return out
}

func (e *editor) scalarEnd(node *yaml.Node, start int) int {
	switch {
	case node.Style&yaml.DoubleQuotedStyle != 0:
		return e.quoted(start, '"')
	case node.Style&yaml.SingleQuotedStyle != 0:
		return e.quoted(start, '\'')
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return e.blockEnd(start)
	case bytes.HasPrefix(e.text[start:], []byte(node.Value)):
		return start + len(node.Value)
	}
	e.unfit = true // it goes over several lines
	return start
}

// quoted is where a text in quotes ends that begins at start.
func (e *editor) quoted(start int, quote byte) int {
	if start >= len(e.text) || e.text[start] != quote {
		e.unfit = true
		return start
	}
	for i := start + 1; i < len(e.text); i++ {
		switch {
		case quote == '"' && e.text[i] == '\\':
			i++
		case e.text[i] != quote:
		case quote == '\'' && i+1 < len(e.text) && e.text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	e.unfit = true
	return start
}

// blockEnd is where a text ends that stands in lines of its own below its sign.
func (e *editor) blockEnd(start int) int {
	out := e.nextLine(start)
	depth := -1
	for at := out; at < len(e.text); at = e.nextLine(at) {
		line := e.text[at:e.nextLine(at)]
		text := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if depth < 0 {
			depth = len(line) - len(text)
		}
		if depth == 0 || len(line)-len(text) < depth {
			break
		}
		out = at + len(line)
	}
	return start + len(bytes.TrimRight(e.text[start:out], "\r\n"))
}

// closing is where the bracket that opens at start is closed.
func (e *editor) closing(start int) int {
	depth := 0
	for i := start; i < len(e.text); i++ {
		switch c := e.text[i]; c {
		case '"', '\'':
			if !isWordBefore(e.text, i) {
				i = e.quoted(i, c) - 1
			}
		case '#':
			if i > 0 && strings.ContainsRune(" \t\n", rune(e.text[i-1])) {
				i = e.nextLine(i) - 1
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		if e.unfit {
			break
		}
	}
	e.unfit = true
	return start
}

// isWordBefore says whether what stands before i is part of a plain text, in which a quote is
// one more character.
func isWordBefore(text []byte, i int) bool {
	return i > 0 && !strings.ContainsRune(" \t\r\n[]{},:", rune(text[i-1]))
}

package yamledit

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"go.yaml.in/yaml/v3"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// value changes what a node says.
func (e *editor) value(node *yaml.Node, have, want any, depth int, at place) {
	if same(have, want) {
		return
	}
	object, isObject := have.(map[string]any)
	objects, areObjects := want.(map[string]any)
	list, isList := have.([]any)
	lists, areLists := want.([]any)
	inFlow := at.flow || node.Style&yaml.FlowStyle != 0
	switch {
	case depth >= e.limit || node.Kind == yaml.AliasNode:
		e.replace(node, want, at)
	case isObject && areObjects && node.Kind == yaml.MappingNode && len(objects) > 0 && len(object) > 0:
		if inFlow {
			e.flowObject(node, object, objects, depth)
		} else {
			e.object(node, object, objects, depth)
		}
	case isList && areLists && node.Kind == yaml.SequenceNode && len(lists) > 0 && len(list) > 0:
		if inFlow {
			e.flowList(node, list, lists, depth)
		} else {
			e.list(node, list, lists, depth)
		}
	default:
		e.replace(node, want, at)
	}
}

// object changes an object that stands in lines of its own.
func (e *editor) object(node *yaml.Node, have, want map[string]any, depth int) {
	written := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		written[key.Value] = true
		wanted, stays := want[key.Value]
		switch _, is := have[key.Value]; {
		case key.Tag == "!!merge":
		case !is: // another version of YAML reads the name as something else
			e.unfit = true
		case !stays:
			e.removeLines(e.offset(key), max(e.end(key), e.end(value)))
		default:
			e.value(value, have[key.Value], wanted, depth+1, place{key: key})
		}
	}
	var more []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if inherited, is := have[name]; !written[name] && (!is || !same(inherited, want[name])) {
			more = append(more, e.encode(Mapping(name, Node(want[name])), node.Column-1))
		}
	}
	e.insertAfter(node, more)
}

// list changes a list that stands in lines of its own.
func (e *editor) list(node *yaml.Node, have, want []any, depth int) {
	if len(have) != len(node.Content) {
		e.unfit = true
		return
	}
	for _, op := range difflib.NewMatcher(hashes(have), hashes(want)).GetOpCodes() {
		if op.Tag == 'e' {
			continue
		}
		next := op.J1
		for i := op.I1; i < op.I2; i++ {
			j := slices.IndexFunc(want[next:op.J2], func(w any) bool { return alike(have[i], w) })
			if j < 0 { // what is written beside it is not about another one
				e.removeLines(e.dash(node.Content[i]), e.end(node.Content[i]))
				continue
			}
			e.insertElements(node, i, want[next:next+j])
			e.value(node.Content[i], have[i], want[next+j], depth+1, place{})
			next += j + 1
		}
		e.insertElements(node, op.I2, want[next:op.J2])
	}
}

// alike says whether one element may be another one that was changed: most of it is the same.
func alike(a, b any) bool {
	have, isObject := a.(map[string]any)
	want, areObjects := b.(map[string]any)
	if !isObject || !areObjects {
		return false
	}
	equal := 0
	for name, value := range have {
		if other, is := want[name]; is && same(value, other) {
			equal++
		}
	}
	return 2*equal >= len(have)
}

// insertElements adds elements before the nth of a list.
func (e *editor) insertElements(node *yaml.Node, n int, elements []any) {
	column := node.Column - 1
	var lines []string
	for _, element := range elements {
		lines = append(lines, strings.Repeat(" ", column)+"- "+strings.TrimLeft(e.encode(Node(element), column+indent), " "))
	}
	switch {
	case len(lines) == 0:
	case n > 0:
		e.insertAfter(node.Content[n-1], lines)
	default:
		start := e.lineStart(e.dash(node.Content[0]))
		e.cut(start, start, strings.Join(lines, e.newline)+e.newline)
	}
}

func hashes(list []any) []string {
	out := make([]string, len(list))
	for i, element := range list {
		out[i] = resource.Hash(element)
	}
	return out
}

// dash is where the dash of an element stands.
func (e *editor) dash(element *yaml.Node) int {
	for i := e.offset(element) - 1; i >= 0; i-- {
		switch e.text[i] {
		case '-':
			return i
		case ' ':
		default:
			e.unfit = true
			return 0
		}
	}
	e.unfit = true
	return 0
}

// removeLines removes the lines of something that begins and ends in lines of its own.
func (e *editor) removeLines(start, end int) {
	from := e.lineStart(start)
	if strings.TrimSpace(string(e.part(from, start))) != "" {
		e.unfit = true
	}
	e.cut(from, e.nextLine(end), "")
}

// insertAfter adds lines below a node.
func (e *editor) insertAfter(node *yaml.Node, lines []string) {
	if len(lines) == 0 {
		return
	}
	at := e.nextLine(e.end(node))
	text := strings.Join(lines, e.newline)
	if at == len(e.text) && at > 0 && e.text[at-1] != '\n' {
		e.cut(at, at, e.newline+text)
		return
	}
	e.cut(at, at, text+e.newline)
}

// encode writes a value in lines that stand so far to the right.
func (e *editor) encode(node *yaml.Node, column int) string {
	text, err := Encode(node, e.compact)
	if err != nil {
		e.unfit = true
		return ""
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", column) + line
		}
	}
	return strings.Join(lines, e.newline)
}

// replace writes a value anew.
func (e *editor) replace(node *yaml.Node, want any, at place) {
	wanted := quotedAs(node, want)
	if at.flow {
		wanted = inOneLine(wanted)
	}
	start, end := e.offset(node), e.end(node)
	isBlock := node.Kind != yaml.ScalarNode && node.Kind != yaml.AliasNode && node.Style&yaml.FlowStyle == 0
	if isBlock { // what stands behind its last value goes with it
		end += len(bytes.TrimRight(e.part(end, e.nextLine(end)), "\r\n"))
	}
	if at.key != nil && (isBlock || !fitsInLine(wanted) || start <= e.end(at.key)+1) {
		e.afterName(at.key, start, end, wanted)
		return
	}
	e.cut(start, end, strings.TrimLeft(e.encode(wanted, node.Column-1), " "))
}

// fitsInLine says whether a value is written in one line.
func fitsInLine(node *yaml.Node) bool {
	if node.Kind == yaml.ScalarNode {
		return !strings.Contains(node.Value, "\n")
	}
	return node.Style&yaml.FlowStyle != 0
}

// afterName writes a value after its name's colon, and in lines of its own where it takes
// several.
func (e *editor) afterName(key *yaml.Node, start, end int, wanted *yaml.Node) {
	colon := e.end(key)
	for colon < len(e.text) && e.text[colon] != ':' {
		colon++
	}
	colon++
	// As it stands behind a name in that column.
	text := strings.TrimPrefix(strings.TrimLeft(e.encode(Mapping("k", wanted), key.Column-1), " "), "k:")
	line := e.nextLine(colon)
	isComment := start >= line && strings.TrimSpace(string(e.part(colon, line))) != ""
	below, isBelow := strings.CutPrefix(text, e.newline)
	switch {
	case isComment && isBelow: // what stands behind the name stays there
		e.cut(e.lineStart(start), e.nextLine(end), below+e.newline)
	case isComment:
		e.cut(colon, colon, text)
		e.cut(line, e.nextLine(end), "")
	default:
		e.cut(colon, max(colon, end), text)
	}
}

// quotedAs is a value with the quotes of the one in whose place it comes.
func quotedAs(node *yaml.Node, want any) *yaml.Node {
	out := Node(want)
	text, isText := want.(string)
	quotes := node.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle)
	if isText && node.Kind == yaml.ScalarNode && quotes != 0 && !strings.Contains(text, "\n") {
		out.Style = quotes
	}
	return out
}

// flowList changes a list between brackets.
func (e *editor) flowList(node *yaml.Node, have, want []any, depth int) {
	if len(have) != len(node.Content) {
		e.unfit = true
		return
	}
	var pieces []string
	for _, op := range difflib.NewMatcher(hashes(have), hashes(want)).GetOpCodes() {
		for j := op.J1; j < op.J2; j++ {
			i := op.I1 + j - op.J1
			if op.Tag == 'e' || i < op.I2 {
				pieces = append(pieces, e.piece(node.Content[i], have[i], want[j], depth))
			} else {
				pieces = append(pieces, e.encode(inOneLine(Node(want[j])), 0))
			}
		}
	}
	e.flow(node, 1, pieces)
}

// flowObject changes an object between brackets.
func (e *editor) flowObject(node *yaml.Node, have, want map[string]any, depth int) {
	var pieces []string
	written := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		written[key.Value] = true
		if wanted, stays := want[key.Value]; stays {
			start := e.offset(key)
			pieces = append(pieces, string(e.part(start, max(start, e.offset(value))))+e.piece(value, have[key.Value], wanted, depth))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !written[name] {
			text := e.encode(inOneLine(Mapping(name, Node(want[name]))), 0)
			pieces = append(pieces, strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}"))
		}
	}
	e.flow(node, 2, pieces)
}

// piece is the text of a value between brackets, changed.
func (e *editor) piece(node *yaml.Node, have, want any, depth int) string {
	start, end := e.offset(node), e.end(node)
	if e.unfit {
		return ""
	}
	inner := &editor{text: e.text, lines: e.lines, limit: e.limit, newline: e.newline}
	inner.value(node, have, want, depth+1, place{flow: true})
	out, fits := inner.result()
	if after := end + len(out) - len(e.text); fits && start <= after && after <= len(out) {
		return string(out[start:after])
	}
	e.unfit = true
	return ""
}

// flow writes what lies between brackets, with the brackets' own white space and with what
// stands between the first two.
func (e *editor) flow(node *yaml.Node, step int, pieces []string) {
	first, last := node.Content[0], node.Content[len(node.Content)-1]
	start, end := e.offset(first), e.end(last)
	separator := ", "
	if len(node.Content) > step {
		separator = string(e.part(e.end(node.Content[step-1]), e.offset(node.Content[step])))
	}
	if e.unfit || strings.Contains(separator, "#") {
		e.unfit = true
		return
	}
	e.cut(start, end, strings.Join(pieces, separator))
}

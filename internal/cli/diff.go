package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"sigs.k8s.io/yaml"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// diffLine is one line of what differs between two values.
type diffLine struct {
	// op is '-' for what is only expected, '+' for what is only there, ' ' for the rest.
	op    byte
	depth int
	text  string
}

// fewEqual is how many equal elements in a row are shown; more are counted.
const fewEqual = 3

// differing says what differs between two values: of two objects key by key, of two lists
// element by element, whose order counts only where ordered says so.
func differing(expected, actual any, ordered bool) []diffLine {
	d := differ{ordered: ordered}
	d.values(0, "", expected, actual)
	return d.lines
}

type differ struct {
	ordered bool
	lines   []diffLine
}

func (d *differ) add(op byte, depth int, format string, args ...any) {
	d.lines = append(d.lines, diffLine{op, depth, fmt.Sprintf(format, args...)})
}

// values compares what stands below a name; "" is the top.
func (d *differ) values(depth int, name string, expected, actual any) {
	label := ""
	if name != "" {
		label = name + ": "
	}
	want, isObject := expected.(map[string]any)
	have, areObjects := actual.(map[string]any)
	wants, isList := expected.([]any)
	haves, areLists := actual.([]any)
	switch {
	case isObject && areObjects || isList && areLists:
		if name != "" {
			d.add(' ', depth, "%s:", name)
			depth++
		}
		if isObject {
			d.objects(depth, want, have)
		} else {
			d.lists(depth, wants, haves)
		}
	default:
		d.whole('-', depth, label, expected)
		d.whole('+', depth, label, actual)
	}
}

// whole adds a value that is on one side only: an object with a line for each key, so that it
// can be read.
func (d *differ) whole(op byte, depth int, label string, value any) {
	object, isObject := value.(map[string]any)
	if !isObject || len(object) == 0 {
		d.add(op, depth, "%s%s", label, resource.Short(value, 0))
		return
	}
	if label != "" {
		d.add(op, depth, "%s", strings.TrimSpace(label))
		depth++
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		d.whole(op, depth, key+": ", object[key])
	}
}

func (d *differ) objects(depth int, want, have map[string]any) {
	keys := slices.Collect(maps.Keys(want))
	for key := range have {
		if _, both := want[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		expected, declared := want[key]
		actual, exists := have[key]
		switch {
		case !exists:
			d.whole('-', depth, key+": ", expected)
		case !declared:
			d.whole('+', depth, key+": ", actual)
		case resource.HashUnordered(expected) == resource.HashUnordered(actual):
			d.add(' ', depth, "%s: %s", key, resource.Short(actual, 60))
		default:
			d.values(depth, key, expected, actual)
		}
	}
}

func (d *differ) lists(depth int, want, have []any) {
	if !d.ordered {
		want, have = sorted(want), sorted(have)
	}
	wants, haves := hashes(want), hashes(have)
	for _, op := range difflib.NewMatcher(wants, haves).GetOpCodes() {
		if op.Tag == 'e' {
			d.equal(depth, want[op.I1:op.I2])
			continue
		}
		for _, element := range want[op.I1:op.I2] {
			d.add('-', depth, "- %s", resource.Short(element, 0))
		}
		for _, element := range have[op.J1:op.J2] {
			d.add('+', depth, "- %s", resource.Short(element, 0))
		}
	}
}

func (d *differ) equal(depth int, elements []any) {
	if len(elements) > fewEqual {
		d.add(' ', depth, "… %d more that are equal", len(elements))
		return
	}
	for _, element := range elements {
		d.add(' ', depth, "- %s", resource.Short(element, 60))
	}
}

func sorted(list []any) []any {
	out, _ := resource.Sorted(list).([]any)
	return out
}

func hashes(list []any) []string {
	out := make([]string, len(list))
	for i, element := range list {
		out[i] = resource.HashUnordered(element)
	}
	return out
}

// unified is what differs between two texts, line by line, with some lines around it.
func unified(before, after string) []diffLine {
	a, b := difflib.SplitLines(before), difflib.SplitLines(after)
	var out []diffLine
	add := func(op byte, lines []string) {
		for _, line := range lines {
			if line = strings.TrimRight(line, "\n"); line != "" {
				out = append(out, diffLine{op: op, text: line})
			}
		}
	}
	for i, group := range difflib.NewMatcher(a, b).GetGroupedOpCodes(3) {
		if i > 0 || group[0].I1 > 0 {
			out = append(out, diffLine{op: ' ', text: "…"})
		}
		for _, op := range group {
			if op.Tag == 'e' {
				add(' ', a[op.I1:op.I2])
				continue
			}
			add('-', a[op.I1:op.I2])
			add('+', b[op.J1:op.J2])
		}
	}
	return out
}

// yamlOf is a value as YAML that a terminal may show.
func yamlOf(value any) (string, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("writing YAML: %w", err)
	}
	var text strings.Builder
	if _, err := (escaping{&text}).Write(raw); err != nil {
		return "", err
	}
	out, err := yaml.JSONToYAML([]byte(text.String()))
	if err != nil {
		return "", fmt.Errorf("writing YAML: %w", err)
	}
	return string(out), nil
}

// diff writes lines of a diff.
func (e *Env) diff(lines []diffLine) {
	for _, l := range lines {
		style := dim
		switch l.op {
		case '-':
			style = red
		case '+':
			style = green
		}
		e.line("  ", style.in("%c %s%s", l.op, strings.Repeat("  ", l.depth), l.text))
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The oracle says what differs, from what dosim holds and from what was declared.
// It knows the few fields that sequences declare, and shares no line with the
// operator's own comparison.

// text is a value in the one spelling that its equals share; nothing and empty
// are alike.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case int:
		return strconv.Itoa(value)
	case json.Number:
		return value.String()
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case []any:
		var parts []string
		for _, element := range value {
			parts = append(parts, strings.ToLower(text(element)))
		}
		slices.Sort(parts)
		return strings.Join(slices.Compact(parts), ",")
	case map[string]any:
		if _, isRule := value["protocol"]; isRule {
			key, from := ruleOf(value)
			return key + " from " + strings.Join(from, ",")
		}
		members := map[string]string{}
		for name, member := range value {
			members[name] = text(member)
		}
		return together(members)
	default:
		return fmt.Sprintf("%T %v", value, value)
	}
}

// together is an object as text: of its members those that are not empty.
func together(members map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if members[name] != "" {
			parts = append(parts, name+"="+members[name])
		}
	}
	return strings.Join(parts, " ")
}

// flatten gives each comparable value of a kind its path; values of unknown names are left
// out. An element that is not there has no path, one of which each member is compared has a
// path for each of these.
func flatten(kind string, values map[string]any) map[string]string {
	out := map[string]string{}
	for field, form := range subjectOf(kind).fields {
		value, ok := declaredAt(values, field)
		switch {
		case !ok:
		case form.elements == nil:
			out[field] = text(value)
		default:
			list, _ := value.([]any)
			form.elements(out, field, list)
		}
	}
	return out
}

// declaredAt is the value at a path of names, and whether there is any.
func declaredAt(values map[string]any, path string) (value any, ok bool) {
	name, rest, deeper := strings.Cut(path, ".")
	value, ok = values[name]
	if !deeper || !ok {
		return value, ok
	}
	inner, _ := value.(map[string]any)
	return declaredAt(inner, rest)
}

// at is the flattened value at a path, which may be that of a whole element.
func at(fields map[string]string, path string) string {
	if value, ok := fields[path]; ok {
		return value
	}
	members := map[string]string{}
	for other, value := range fields {
		if name, inside := strings.CutPrefix(other, path+"."); inside {
			members[name] = value
		}
	}
	return together(members)
}

// without are the flattened values but for one, which may be a whole element.
func without(fields map[string]string, path string) map[string]string {
	out := maps.Clone(fields)
	maps.DeleteFunc(out, func(other, _ string) bool { return isWithin(other, path) })
	return out
}

// isWithin says whether a path is another one, or lies below it.
func isWithin(path, of string) bool {
	rest, ok := strings.CutPrefix(path, of)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func elementPath(field, key string) string { return fmt.Sprintf("%s[%q]", field, key) }

// elementOf is the element that a path is, or lies in.
func elementOf(path string) string { return path[:strings.LastIndex(path, `"]`)+len(`"]`)] }

// rootOf is the top-level field that a path lies in.
func rootOf(path string) string {
	if end := strings.IndexAny(path, "[."); end >= 0 {
		return path[:end]
	}
	return path
}

// desired is what one version of a CloudProvisioned declares.
type desired struct {
	values map[string]any
	ignore []string
	// accepted stands in for some of the values.
	accepted []standIn
}

func (d desired) ignores(path string) bool {
	return slices.ContainsFunc(d.ignore, func(ignored string) bool { return isWithin(path, ignored) })
}

// pair is an expected and an actual value.
type pair struct{ expected, actual string }

// differences are the paths at which an object is not as it is declared.
func differences(kind string, d desired, o object) map[string]pair {
	out := map[string]pair{}
	want := d.effective(kind)
	for field, form := range subjectOf(kind).fields {
		if _, declared := declaredAt(d.values, field); !declared {
			continue
		}
		if form.elements != nil {
			differentElements(out, field, want, o.fields)
		} else if !form.alike(want[field], o.fields[field], want, o.fields) {
			out[field] = pair{want[field], o.fields[field]}
		}
	}
	maps.DeleteFunc(out, func(path string, _ pair) bool { return d.ignores(path) })
	return out
}

// differentElements adds the elements of a list that only one side has, and of the others
// what differs of what is declared.
func differentElements(out map[string]pair, field string, want, have map[string]string) {
	elements := map[string]bool{}
	for _, side := range []map[string]string{want, have} {
		for path := range side {
			if strings.HasPrefix(path, field+"[") {
				elements[elementOf(path)] = true
			}
		}
	}
	for element := range elements {
		expected, actual := at(want, element), at(have, element)
		if expected == "" || actual == "" {
			out[element] = pair{expected, actual}
			continue
		}
		for path := range want {
			if isWithin(path, element) && want[path] != have[path] {
				out[path] = pair{want[path], have[path]}
			}
		}
	}
}

// differs says whether one path is not as it is declared; an object that is gone
// differs in its existence alone.
func differs(kind, path string, d desired, o *object) bool {
	if path == existence {
		return o == nil
	}
	if o == nil {
		return false
	}
	_, ok := differences(kind, d, *o)[path]
	return ok
}

// existence is the field of the drift of a resource that is gone.
const existence = "(existence)"

package main

import (
	"maps"
	"slices"
	"strings"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// standIn is an accepted value, and the declared one that it stands in for while that is
// what is declared.
type standIn struct {
	path     string
	from, to any
}

// standIns are those that a declaration says are pending, what holds others before them.
func standIns(p *driftv1alpha1.CloudProvisioned) []standIn {
	var out []standIn
	for _, f := range p.Status.Fields {
		if f.Acceptance != nil && f.Acceptance.Git == driftv1alpha1.GitPending {
			out = append(out, standIn{f.Path, decodedValue(f.Acceptance.From), decodedValue(f.Acceptance.To)})
		}
	}
	slices.SortFunc(out, func(a, b standIn) int { return len(a.path) - len(b.path) })
	return out
}

// effective is what is declared, flattened, with what stands in for some of it.
func (d desired) effective(kind string) map[string]string {
	out := flatten(kind, d.values)
	for _, a := range d.accepted {
		if saysSame(kind, out, a.path, a.from) && d.declares(a.path) {
			put(kind, out, a.path, a.to)
		}
	}
	return out
}

// declares says whether the field that a path lies in is declared.
func (d desired) declares(path string) bool {
	field, _, _ := strings.Cut(path, "[")
	_, ok := declaredAt(d.values, field)
	return ok
}

// listAt is the form of the list that a path leads into, if it does.
func listAt(kind, path string) (field string, f form, inside bool) {
	field, _, inside = strings.Cut(path, "[")
	f = subjectOf(kind).fields[field]
	return field, f, inside && f.elements != nil
}

// put puts a value at a path of flattened values; nil takes an element off.
func put(kind string, values map[string]string, path string, value any) {
	field, f, inside := listAt(kind, path)
	if !inside || path != elementOf(path) {
		values[path] = text(value)
		return
	}
	maps.DeleteFunc(values, func(other, _ string) bool { return isWithin(other, path) })
	if value != nil {
		f.elements(values, field, []any{value})
	}
}

// saysSame says whether flattened values have a value at a path, or one that is as good.
func saysSame(kind string, values map[string]string, path string, value any) bool {
	return says(kind, values, path, value, alike)
}

// saysExactly is saysSame where also what a scope may hide counts.
func saysExactly(kind string, values map[string]string, path string, value any) bool {
	return says(kind, values, path, value, func(a, b string) bool { return a == b })
}

func says(kind string, values map[string]string, path string, value any, alike func(a, b string) bool) bool {
	field, f, inside := listAt(kind, path)
	if !inside {
		return f.alike(values[path], text(value), values, values) || f.alike(text(value), values[path], values, values)
	}
	if path != elementOf(path) {
		return alike(values[path], text(value)) && at(values, elementOf(path)) != ""
	}
	want := map[string]string{}
	if value != nil {
		f.elements(want, field, []any{value})
	}
	have := maps.Clone(values)
	maps.DeleteFunc(have, func(other, _ string) bool { return !isWithin(other, path) })
	return maps.EqualFunc(have, want, alike)
}

// touches says whether one path is the other, or lies in it.
func touches(a, b string) bool { return isWithin(a, b) || isWithin(b, a) }

// apart says whether anything at a path differs from what is declared, whoever accepted what.
func apart(kind, path string, declared map[string]any, o object) bool {
	for other := range differences(kind, desired{values: declared}, o) {
		if touches(path, other) {
			return true
		}
	}
	return false
}

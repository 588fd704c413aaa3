package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ref names a live resource.
type ref struct{ kind, id string }

func (r ref) String() string { return r.kind + " " + r.id }

// object is a live resource as dosim holds it.
type object struct {
	// name is what a reference by name is matched with.
	name   string
	values map[string]any
	fields map[string]string // values, flattened
}

// order is what does not depend on random ids: of a node its name does, after the last dash.
func (o object) order() string {
	if tags, _ := o.values["tags"].([]any); slices.Contains(tags, any("k8s:worker")) {
		if end := strings.LastIndex(o.name, "-"); end >= 0 {
			return o.name[:end]
		}
	}
	return o.name
}

// truth is everything that a team has.
type truth map[ref]object

// sorted are the refs of a kind in an order that does not depend on random ids.
func (t truth) sorted(kind string) []ref {
	var out []ref
	for r := range t {
		if kind == "" || r.kind == kind {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b ref) int {
		return strings.Compare(a.kind+"\x00"+t[a].order()+"\x00"+a.id, b.kind+"\x00"+t[b].order()+"\x00"+b.id)
	})
	return out
}

// named are the refs of a kind with a live name.
func (t truth) named(kind, name string) []ref {
	return slices.DeleteFunc(t.sorted(kind), func(r ref) bool { return t[r].name != name })
}

// readTruth reads a team out of dosim's saved state: past its API, its listings
// and its faults.
func readTruth(state []byte, uuid string) (truth, error) {
	var saved struct {
		Teams map[string]team `json:"teams"`
	}
	if err := json.Unmarshal(state, &saved); err != nil {
		return nil, fmt.Errorf("reading dosim's state: %w", err)
	}
	out := truth{}
	for _, each := range subjects() {
		for _, r := range each.live(saved.Teams[uuid]) {
			out[ref{each.kind, r.id}] = object{name: r.name, values: r.values, fields: flatten(each.kind, r.values)}
		}
	}
	return out, nil
}

// version is what a resource was over some time; nil: it was not there.
type version struct {
	object *object
	// from is when it may have come to be, until when it may still have been.
	from, until time.Time
}

// past is the history of the truth, by resource. What is not in it never was.
type past map[ref][]version

// forever is the end of what still is.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// advance adds what a change between two times has made of the truth.
func (p past) advance(was, is truth, began, ended time.Time) {
	changed := map[ref]*object{}
	for r := range was {
		if _, stays := is[r]; !stays {
			changed[r] = nil
		}
	}
	for r, o := range is {
		if old, was := was[r]; !was || old.name != o.name || !maps.Equal(old.fields, o.fields) {
			changed[r] = &o
		}
	}
	for r, o := range changed {
		if len(p[r]) == 0 {
			p[r] = []version{{until: ended}}
		} else {
			p[r][len(p[r])-1].until = ended
		}
		p[r] = append(p[r], version{object: o, from: began, until: forever})
	}
}

// alone says whether at some moment until then a resource was the only one of its kind
// that is meant.
func (p past) alone(r ref, means func(*object) bool, until time.Time) bool {
	at := func(r ref, when time.Time) bool {
		for _, v := range p[r] {
			if !v.from.After(when) && v.until.After(when) && means(v.object) {
				return true
			}
		}
		return false
	}
	for other := range p {
		if other.kind != r.kind {
			continue
		}
		for _, v := range p[other] {
			// What changed did so at some time between the two.
			for _, when := range []time.Time{v.from, v.until} {
				if when.After(until) || !at(r, when) {
					continue
				}
				crowd := 0
				for another := range p {
					if another.kind == r.kind && at(another, when) {
						crowd++
					}
				}
				if crowd == 1 {
					return true
				}
			}
		}
	}
	return false
}

// during are what a resource was at any time between the two.
func (p past) during(r ref, from, until time.Time) []*object {
	if len(p[r]) == 0 {
		return []*object{nil}
	}
	var out []*object
	for _, v := range p[r] {
		if !v.from.After(until) && !v.until.Before(from) {
			out = append(out, v.object)
		}
	}
	return out
}

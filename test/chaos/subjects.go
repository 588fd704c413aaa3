package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// subject is what the campaign alone knows of a kind. What follows from the kind's
// description (its parent, its paths, its scope, its keys) is taken from there.
type subject struct {
	// kind is the kind's name.
	kind string
	// weight is how often it is declared, and its listing goes wrong, beside the others.
	weight int
	// share is in how many of the sequences there is any of it; 0: in all. A child is there
	// where its parent is.
	share float64
	// first is how many there are at first.
	first int
	// fields are those that the oracle compares, by their paths, and how.
	fields map[string]form
	// live reads those that are there out of dosim's state.
	live func(t team) []row
	// pools are values that may be declared, right or wrong.
	pools func(s *sequence) map[string][]any
	// create adds one. Nil: it comes and goes with its parent.
	create func(s *sequence)
	// again makes one like the one that was deleted, with perhaps other values; nil: nobody
	// replaces all of the kind at once.
	again func(s *sequence, r ref, was object)
	// where is the field that tells it from others of its name; "" where there is none.
	where string
	// operations are what people do to it in DigitalOcean.
	operations []operation

	description kinds.Kind
}

// row is a live resource as dosim's state holds it.
type row struct {
	id, name string
	values   map[string]any
}

// subjects are all kinds: each of those that the operator knows.
func subjects() []subject {
	subjectsOnce.Do(func() {
		allSubjects = []subject{
			tagSubject(), dropletSubject(), volumeSubject(), vpcSubject(), firewallSubject(), domainSubject(), domainRecordSubject(),
			loadBalancerSubject(), reservedIPSubject(), cdnEndpointSubject(),
			databaseClusterSubject(), databaseFirewallSubject(),
			kubernetesClusterSubject(), kubernetesNodePoolSubject(),
		}
		for i := range allSubjects {
			known, ok := kinds.Lookup(allSubjects[i].kind)
			if !ok {
				panic("there is no kind " + allSubjects[i].kind)
			}
			allSubjects[i].description = known
		}
	})
	return allSubjects
}

// The table refers to functions that look into it, so that it can't be initialised where it
// is declared.
var (
	subjectsOnce sync.Once
	allSubjects  []subject
)

// subjectOf is the kind's entry.
func subjectOf(kind string) subject {
	all := subjects()
	i := slices.IndexFunc(all, func(s subject) bool { return s.kind == kind })
	if i < 0 {
		panic("there is no kind " + kind)
	}
	return all[i]
}

// root is the kind that this one comes and goes with: its parent, or itself.
func (s subject) root() string {
	if s.description.Parent != "" {
		return s.description.Parent
	}
	return s.kind
}

// listing is the path of its listing, * standing for a parent's id.
func (s subject) listing() string {
	return "/" + strings.ReplaceAll(s.description.Listing.Path, "%s", "*")
}

// item is the path at which one is asked for, * standing for ids.
func (s subject) item() string { return s.path("*", "*") }

// single says whether the kind's listing is the one resource that there is of each parent.
func (s subject) single() bool { return s.description.Listing.Single }

// whole says whether nothing tells that something is missing in the kind's listing.
func (s subject) whole() bool { return s.description.Listing.Paging != kinds.Paged }

func (s subject) path(parent, own string) string {
	l := s.description.Listing
	switch {
	case l.Single:
		return "/" + fmt.Sprintf(l.Path, own)
	case l.ItemPath != "":
		return "/" + fmt.Sprintf(l.ItemPath, parent, own)
	case s.description.Parent != "":
		return "/" + fmt.Sprintf(l.Path, parent) + "/" + own
	}
	return "/" + l.Path + "/" + own
}

// pathOf is where a resource lives in the API.
func pathOf(r ref) string {
	parent, own, isChild := strings.Cut(r.id, "/")
	if !isChild {
		parent, own = "", r.id
	}
	return subjectOf(r.kind).path(parent, own)
}

// parentOf is the path of a child's parent.
func parentOf(r ref) string {
	parent, _, _ := strings.Cut(r.id, "/")
	return pathOf(ref{subjectOf(r.kind).description.Parent, parent})
}

// emptyPage is an answer in which every kind's listing is empty.
func emptyPage(more string) string {
	keys := map[string]bool{}
	var b strings.Builder
	b.WriteString("{")
	for _, each := range subjects() {
		if key := each.description.Listing.Key; key != "" && !keys[key] {
			keys[key] = true
			fmt.Fprintf(&b, "%q:[],", key)
		}
	}
	return strings.TrimSuffix(b.String()+more, ",") + "}"
}

// scopes are those without which something of these kinds is not seen.
func scopes(of []subject) []string {
	all := []string{"image:read", "project:read"}
	for _, each := range of {
		if !slices.Contains(all, each.description.Scope) {
			all = append(all, each.description.Scope)
		}
	}
	return all
}

// team is the part of dosim's state that is one account's, by the name of the table.
type team map[string]json.RawMessage

// table are the rows of one table of a team's.
func (t team) table(name string) []map[string]any {
	var rows []map[string]any
	if len(t[name]) > 0 {
		if err := json.Unmarshal(t[name], &rows); err != nil {
			panic(fmt.Sprintf("dosim's table of %s: %v", name, err)) // it is ours
		}
	}
	return rows
}

// plain reads a table in which each row is a resource with an id and a name.
func plain(table string) func(team) []row {
	return func(t team) []row {
		var out []row
		for _, values := range t.table(table) {
			out = append(out, row{text(values["id"]), text(values["name"]), values})
		}
		return out
	}
}

// within are the objects that lie in a row under a name.
func within(values map[string]any, name string) []map[string]any {
	list, _ := values[name].([]any)
	var out []map[string]any
	for _, element := range list {
		if object, isObject := element.(map[string]any); isObject {
			out = append(out, object)
		}
	}
	return out
}

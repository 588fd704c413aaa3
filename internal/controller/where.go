package controller

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// match is whether a resource of the declared name is the one that is meant.
type match int

const (
	// unknowable: a field that tells could not be seen.
	unknowable match = iota
	agrees
	differs
)

// whereOf is what a declaration says beside the name. Of a kind with a field that
// identifies beside the name, as the type of a DNS record, the desired value of that field
// says it too.
func whereOf(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind) map[string]any {
	where := map[string]any{}
	for _, field := range kind.Identifying {
		if value, err := decode(p.Spec.Desired[field]); err == nil && value != nil {
			where[field] = value
		}
	}
	for path, value := range p.Spec.Resource.Where {
		place(where, path, value)
	}
	return where
}

// place puts a value of where at its path. A path that can't be read is refused before.
func place(where map[string]any, text string, value intstr.IntOrString) {
	path, err := resource.ParsePath(text)
	if err != nil {
		return
	}
	at := where
	for _, segment := range path[:len(path)-1] {
		inner, ok := at[string(segment)].(map[string]any)
		if !ok {
			inner = map[string]any{}
			at[string(segment)] = inner
		}
		at = inner
	}
	at[string(path[len(path)-1])] = value.String()
}

// checkWhere says what is wrong with a where, "" where nothing is.
func checkWhere(kind kinds.Kind, where map[string]intstr.IntOrString) string {
	for _, path := range slices.Sorted(maps.Keys(where)) {
		asked := map[string]any{}
		if _, err := resource.ParsePath(path); err != nil {
			return err.Error()
		}
		place(asked, path, where[path])
		if unknown := drift.Differences(kind.Schema, asked, resource.Resource{}, nil).Unknown; len(unknown) > 0 {
			return unknown[0].Explain(kind.Schema.Kind)
		}
	}
	return ""
}

// means says whether a resource that has the declared name is meant.
func (b binder) means(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind, r *driftv1alpha1.CloudResource) match {
	where := whereOf(p, kind)
	if len(where) == 0 {
		return agrees
	}
	equal, known := drift.Matches(kind.Schema, where, resourceOf(r))
	switch {
	case equal:
		return agrees
	case known:
		return differs
	default:
		return unknowable
	}
}

// meant are the candidates that are meant. unseen names what would have to be seen to tell.
func (b binder) meant(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind, named []*driftv1alpha1.CloudResource) (out []*driftv1alpha1.CloudResource, unseen string) {
	for _, r := range named {
		switch b.means(p, kind, r) {
		case agrees:
			out = append(out, r)
		case unknowable:
			unseen = strings.Join(slices.Sorted(maps.Keys(whereOf(p, kind))), ", ")
		case differs:
		}
	}
	return out, unseen
}

// recordedUntil says whether every candidate was observed, with the fields that are known
// now, before all that a complete listing showed had been recorded.
func recordedUntil(kind kinds.Kind, recorded *metav1.MicroTime, named []*driftv1alpha1.CloudResource) bool {
	return recorded != nil && !slices.ContainsFunc(named, func(r *driftv1alpha1.CloudResource) bool {
		return r.Observed.ObservedAt.After(recorded.Time) || r.Observed.FieldTable != kind.FieldTable()
	})
}

// mostNamed is how many candidates a message names.
const mostNamed = 8

// apart says what tells the candidates apart, and the where that would do.
func apart(kind kinds.Kind, named []*driftv1alpha1.CloudResource) string {
	fields := tellingFields(kind, named)
	var each []string
	for _, r := range named[:min(len(named), mostNamed)] {
		text := r.Spec.ID
		if len(fields) > 0 {
			text = "where: {" + described(r, fields) + "} for " + r.Spec.ID
		}
		each = append(each, text)
	}
	if len(named) > mostNamed {
		each = append(each, fmt.Sprintf("and %d more", len(named)-mostNamed))
	}
	if len(fields) == 0 {
		return "nothing tells them apart but their ids; declare one of them by id (" + strings.Join(each, ", ") + ")"
	}
	return "add beside the name " + strings.Join(each, ", or ")
}

// tellingFields are the fewest fields, of those that a kind has as plain values, of which
// no two candidates have the same values; none where there are no such fields.
func tellingFields(kind kinds.Kind, named []*driftv1alpha1.CloudResource) []string {
	var fields []string
	told := countApart(named, nil)
	for told < len(named) {
		best, most := "", told
		for _, field := range kind.Fields {
			if field.Change == drift.Never || field.Path == "name" || strings.ContainsAny(field.Path, ".[") {
				continue
			}
			if n := countApart(named, append(slices.Clone(fields), field.Path)); n > most {
				best, most = field.Path, n
			}
		}
		if best == "" {
			return nil
		}
		fields, told = append(fields, best), most
	}
	return fields
}

func countApart(named []*driftv1alpha1.CloudResource, fields []string) int {
	seen := map[string]bool{}
	for _, r := range named {
		seen[described(r, fields)] = true
	}
	return len(seen)
}

// described are the values of these fields, as a where has them.
func described(r *driftv1alpha1.CloudResource, fields []string) string {
	live := resourceOf(r)
	var parts []string
	for _, field := range fields {
		value, _ := live.Lookup(resource.Path{resource.Segment(field)})
		switch value.(type) {
		case nil, []any, map[string]any:
			continue // a where has plain values only
		}
		parts = append(parts, field+": "+resource.Short(value, 64))
	}
	return strings.Join(parts, ", ")
}

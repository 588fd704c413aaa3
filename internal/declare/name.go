package declare

import (
	"maps"
	"slices"
	"strings"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

const (
	// longestName is that of a CloudProvisioned, whose name becomes a label.
	longestName = 63
	// hashed is how much of a hash stands in a name for what it can't hold.
	hashed = 6
	// shownOfID is how much of a long id a name shows: what comes before a UUID's first dash.
	shownOfID = 8
)

// nameOf is the name of a declaration. It rests on the reference and the resource's name
// alone: what comes beside it, and what changes in it, leaves it as it is. A reference by id
// has the end of the id in it, because names of resources may be the same, and change.
func nameOf(prefix string, kind kinds.Kind, r resource.Resource, selector driftv1alpha1.ResourceSelector) string {
	parts := []string{strings.ToLower(kind.Name)}
	if prefix != "" {
		parts = []string{prefix, parts[0]}
	}
	lossless := true
	add := func(text string) {
		part, whole := slug(text)
		lossless = lossless && whole
		if part != "" {
			parts = append(parts, part)
		}
	}
	if selector.ID == "" {
		add(r.Name)
		for _, field := range slices.Sorted(maps.Keys(selector.Where)) {
			value := selector.Where[field]
			add(value.String())
		}
		return bounded(strings.Join(parts, "-"), lossless, r.Kind, r.Name, whereText(selector))
	}
	own := r.ID[strings.LastIndex(r.ID, "/")+1:]
	// A name that may change has no place in what is made anew by itself.
	if prefix == "" && !kind.SameName(r.Name, r.ID) {
		if part, _ := slug(r.Name); part != "" {
			parts = append(parts, part)
		}
	}
	if _, isUUID := shortUUID(own); isUUID {
		own, _ = shortUUID(own)
		if prefix != "" {
			lossless = false // nobody reads it: better safe
		}
	}
	add(own)
	return bounded(strings.Join(parts, "-"), lossless, r.Kind, strings.ToLower(r.ID))
}

func shortUUID(id string) (short string, isUUID bool) {
	const dashes = 4
	if strings.Count(id, "-") != dashes || len(id) < shownOfID || id[shownOfID] != '-' {
		return id, false
	}
	return strings.ToLower(id[:shownOfID]), true
}

func whereText(selector driftv1alpha1.ResourceSelector) string {
	var b strings.Builder
	for _, field := range slices.Sorted(maps.Keys(selector.Where)) {
		value := selector.Where[field]
		b.WriteString(field + "=" + value.String() + ";")
	}
	return b.String()
}

// bounded cuts a name that is too long, and has a hash stand for what it does not hold.
func bounded(name string, lossless bool, whole ...any) string {
	if lossless && len(name) <= longestName {
		return name
	}
	hash := resource.Hash(whole...)[:hashed]
	return strings.TrimRight(name[:min(len(name), longestName-hashed-1)], "-.") + "-" + hash
}

// slug is a text as a part of an object's name: whole says that the text can be told from it.
func slug(text string) (part string, whole bool) {
	var b strings.Builder
	whole = true
	for _, r := range strings.ToLower(text) {
		last := byte('-')
		if b.Len() > 0 {
			last = b.String()[b.Len()-1]
		}
		isBreak := last == '-' || last == '.'
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case (r == '-' || r == '.') && !isBreak:
			b.WriteRune(r)
		default:
			whole = false
			if !isBreak {
				b.WriteByte('-')
			}
		}
	}
	out := strings.TrimRight(b.String(), "-.")
	return out, whole && len(out) == len(text)
}

// unique makes another name of one that is taken.
func (m *maker) unique(name string, ref resource.Ref) string {
	other, isTaken := m.options.Taken[name]
	if m.taken[name] || isTaken && other != ref {
		name = bounded(name, false, ref.Kind, strings.ToLower(ref.ID))
	}
	m.taken[name] = true
	return name
}

// Package resource is what clouddrift knows of a live DigitalOcean object: its
// identity, the values that were observed, and whether it is there at all.
// Everything in it is a value; nothing reads a clock or the network.
package resource

import (
	"iter"
	"strings"
	"time"
)

// Ref names one live resource within an account.
type Ref struct {
	// Kind is DigitalOcean's own name of the kind, as in Droplet.
	Kind string
	// ID is unique within the kind. A child's is its parent's and its own,
	// joined by a slash: a DomainRecord's is example.com/3352896.
	ID string
}

// Resource is one observation of one live resource. Values are JSON values as
// encoding/json decodes them with UseNumber: nil, bool, string, json.Number,
// []any and map[string]any.
type Resource struct {
	Ref
	// Name is what a person calls it, and what a reference by name is matched with.
	Name string
	// Values are what was observed, by DigitalOcean's JSON names. Only what the kind's field
	// table names is ever in it. A Raw is decoded when it is looked up.
	Values map[string]any
	// Unseen are the paths, as Path writes them, that the answer did not hold, so
	// that nothing is known of them: a token without the scope image:read sees no
	// image. A path with [*] leads into each element of a list, as in
	// inbound_rules[*].sources.tags: an empty value there tells nothing, and one that is
	// not empty was seen.
	Unseen []string
	// ObservedAt is when the answer was asked for, not when it arrived.
	ObservedAt time.Time
}

// Raw is an observed value as an API object holds it: JSON. Few values of a resource are
// ever looked up, so that each is decoded when it is.
type Raw []byte

// Presence is whether a resource is there.
type Presence int

// Unknown is the zero value, so that nothing is ever Absent by omission.
const (
	Unknown Presence = iota
	Present
	Absent
)

// Listing is what one pass over a kind's pages showed.
type Listing struct {
	Kind string
	// Resources are what was seen, but for Unchanged.
	Resources []Resource
	// Unchanged are the IDs of what was seen just as whoever asked knew it already, so
	// that its values were not kept.
	Unchanged []string
	// StartedAt is when its first page was asked for.
	StartedAt time.Time
	// Complete says that every page arrived, that no id came twice and that their
	// number is the total that every page gave. Without it nothing may be
	// concluded from the listing, least of all that something is gone.
	Complete bool
}

// IDs are those of everything that was seen.
func (l Listing) IDs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range l.Resources {
			if !yield(l.Resources[i].ID) {
				return
			}
		}
		for _, id := range l.Unchanged {
			if !yield(id) {
				return
			}
		}
	}
}

// Len is how many resources were seen.
func (l Listing) Len() int { return len(l.Resources) + len(l.Unchanged) }

// Lookup finds an observed value. One that is not there is nil. seen is false where the
// answer that the observation was made from did not hold the path or a parent of it: then
// nothing is known, not even that there is nothing. A Raw that is no JSON was not seen.
func (r Resource) Lookup(p Path) (value any, seen bool) {
	text := p.String()
	for _, unseen := range r.Unseen {
		if !strings.Contains(unseen, eachElement) && spelledUnder(text, unseen) {
			return nil, false
		}
	}
	if len(p) == 0 {
		return nil, true
	}
	value = r.Values[string(p[0])]
	if raw, isRaw := value.(Raw); isRaw {
		decoded, err := Decode(raw)
		if err != nil {
			return nil, false
		}
		value = decoded
	}
	return below(value, p[1:]), true
}

// Partial says whether something below the path, though not the path itself,
// could not be seen.
func (r Resource) Partial(p Path) bool {
	text := p.String()
	for _, unseen := range r.Unseen {
		if unseen != text && !strings.Contains(unseen, eachElement) && spelledUnder(unseen, text) {
			return true
		}
	}
	return false
}

// eachElement is what stands in Unseen for the elements of a list. The key * is spelt
// ["*"], so that the two can't be taken for each other.
const eachElement = "[*]"

// Hidden is a path within each element of a list at which an empty value tells nothing.
type Hidden struct {
	// Path is within the element.
	Path Path
	// Deeper is empty, or what is hidden of each element of another list, which is at Path.
	Deeper string
}

// String is how Unseen writes it within the element.
func (h Hidden) String() string {
	if h.Deeper == "" {
		return h.Path.String()
	}
	return h.Path.String() + eachElement + "." + h.Deeper
}

// Hidden are the paths within each element of the list at p at which an empty value tells
// nothing.
func (r Resource) Hidden(p Path) []Hidden {
	var out []Hidden
	prefix := p.String() + eachElement + "."
	for _, unseen := range r.Unseen {
		rest, ok := strings.CutPrefix(unseen, prefix)
		if !ok {
			continue
		}
		own, deeper, _ := strings.Cut(rest, eachElement+".")
		if path, err := ParsePath(own); err == nil {
			out = append(out, Hidden{path, deeper})
		}
	}
	return out
}

// spelledUnder is Path.Under for canonical spellings, so that Unseen need not be
// parsed for each lookup.
func spelledUnder(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// below is what lies at a path within a value, nil where there is nothing.
func below(value any, p Path) any {
	for _, segment := range p {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[string(segment)]
	}
	return value
}

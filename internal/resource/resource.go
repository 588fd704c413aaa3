// Package resource is what clouddrift knows of a live DigitalOcean object: its
// identity, the values that were observed, and whether it is there at all.
// Everything in it is a value; nothing reads a clock or the network.
package resource

import "time"

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
	// Fields are the normalised top-level values, by DigitalOcean's JSON names:
	// name, region, size_slug, status, tags.
	Fields map[string]any
	// Attrs are the kind's other values, by DigitalOcean's JSON names. Only what
	// the kind's field table names is ever in it.
	Attrs map[string]any
	// Unseen are the paths that the answer did not hold, so that nothing is known
	// of them: a token without the scope image:read sees no image.
	Unseen []string
	// ObservedAt is when the answer was asked for, not when it arrived.
	ObservedAt time.Time
}

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
	Kind      string
	Resources []Resource
	// StartedAt is when its first page was asked for.
	StartedAt time.Time
	// Complete says that every page arrived, that no id came twice and that their
	// number is the total that every page gave. Without it nothing may be
	// concluded from the listing, least of all that something is gone.
	Complete bool
}

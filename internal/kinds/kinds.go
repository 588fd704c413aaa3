// Package kinds is what clouddrift knows of each DigitalOcean kind: its fields,
// how each is compared, and what it takes to change it. One file a kind.
package kinds

import "github.com/arcadiacloud/clouddrift/internal/drift"

// Kind is a kind of resource.
type Kind struct {
	drift.Schema
	// Parent is the kind whose ID comes first in this one's, or empty.
	Parent string
	// TopLevel are the fields that are observed beside attrs, not in it.
	TopLevel []string
}

// ValidateID says what is wrong with an ID, with an example of a right one.
func (k Kind) ValidateID(id string) error { return nil }

// SameID says whether two spellings are one ID: tags and domains have no case.
func (k Kind) SameID(a, b string) bool { return a == b }

// Lookup finds a kind by its exact name.
func Lookup(name string) (Kind, bool) { return Kind{}, false }

// All returns the kinds, parents before their children, in a stable order.
func All() []Kind { return nil }

// Nearest returns the known name most like this one.
func Nearest(name string) string { return "" }

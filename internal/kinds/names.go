package kinds

import (
	"strings"

	"golang.org/x/net/idna"
)

// HasNames says whether a resource of this kind can be referred to by a name.
func (k Kind) HasNames() bool { return k.Named != noName }

// SameName says whether two spellings are one name of this kind: host names and tags
// have no case, host names may end with a dot and be written in Unicode.
func (k Kind) SameName(a, b string) bool { return k.NameKey(a) == k.NameKey(b) }

// NameKey is the one spelling that all equal names of this kind share.
func (k Kind) NameKey(name string) string {
	if k.NameForm == nil {
		return name
	}
	return k.NameForm(name)
}

// PerParent says whether what each parent has is listed by itself.
func (k Kind) PerParent() bool { return k.Parent != "" && k.Listing.Within == "" }

// ParentOf is the id of a child's parent.
func (k Kind) ParentOf(id string) string {
	parent, _, _ := strings.Cut(id, "/") // what a parent has one of has its parent's id
	return parent
}

// MayHold says whether a parent may have a child of that name.
func (k Kind) MayHold(parentID, name string) bool {
	return k.Holds == nil || k.Holds(k.NameKey(parentID), k.NameKey(name))
}

// FieldTable names the fields that an observation of this kind is read with. It changes
// with every field that comes or goes, so that an observation that was recorded with
// another table is not taken for one in which the new field was empty.
func (k Kind) FieldTable() string { return k.table }

// TopNames are the keys that an observation of this kind has, each once.
func (k Kind) TopNames() []string { return k.top }

// hostName is the form of host names: without case, without the dot at the end, and
// internationalised names in ASCII, as DigitalOcean keeps them.
func hostName(name string) string {
	name = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), ".")
	if ascii, err := idna.ToASCII(name); err == nil {
		return ascii
	}
	return name
}

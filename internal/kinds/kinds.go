// Package kinds is what clouddrift knows of each DigitalOcean kind: its fields,
// how each is compared, and what it takes to change it. One file a kind.
package kinds

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// Kind is a kind of resource.
type Kind struct {
	drift.Schema
	// Parent is the kind whose ID comes first in this one's, or empty.
	Parent string
	// ID is the shape of an ID.
	ID IDShape
	// Identifying are the fields that, beside its name, say which resource is meant, as the
	// type of a DNS record.
	Identifying []string
	// Name brings a name into the one spelling that its equals share. Nil: names are
	// compared letter by letter.
	Name func(name string) string
	// Costly are the fields that take API calls of their own to observe.
	Costly Costly

	// table and top are set by register.
	table string
	top   []string
}

// Costly are fields that are only looked at where somebody declares them, or
// another field whose comparison rests on them.
type Costly struct{ Paths, NeededBy []string }

// IDShape is the shape of a kind's IDs.
type IDShape struct {
	Pattern *regexp.Regexp
	Example string
	// NoCase says that two spellings, one in upper and one in lower case, are one ID.
	NoCase bool
}

var (
	number = IDShape{Pattern: regexp.MustCompile(`^[1-9][0-9]{0,18}$`), Example: "3164444"}
	uuid   = IDShape{
		Pattern: regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`),
		Example: "506f78a4-e098-11e5-ad9f-000f53306ae1",
		NoCase:  true,
	}
)

var registry []Kind

// register takes a kind's file into the table. It panics on a kind that is there
// already: two files can't describe one.
func register(k Kind) Kind {
	if _, twice := Lookup(k.Kind); twice {
		panic("kinds: " + k.Kind + " is registered twice")
	}
	k.table, k.top = fieldTable(k), topNames(k)
	registry = append(registry, k)
	return k
}

// ValidateID says what is wrong with an ID, with an example of a right one.
func (k Kind) ValidateID(id string) error {
	if k.ID.Pattern.MatchString(id) {
		return nil
	}
	return fmt.Errorf("%q is no ID of a %s: want one like %q", id, k.Kind, k.ID.Example)
}

// SameID says whether two spellings are one ID: tags, domains and UUIDs have no
// case.
func (k Kind) SameID(a, b string) bool {
	if k.ID.NoCase {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// Lookup finds a kind by its exact name.
func Lookup(name string) (Kind, bool) {
	i := slices.IndexFunc(registry, func(k Kind) bool { return k.Kind == name })
	if i < 0 {
		return Kind{}, false
	}
	return registry[i], true
}

// All returns the kinds, parents before their children, else by name.
func All() []Kind {
	return slices.SortedFunc(slices.Values(registry), func(a, b Kind) int {
		return cmp.Or(cmp.Compare(depth(a), depth(b)), cmp.Compare(a.Kind, b.Kind))
	})
}

func depth(k Kind) int {
	if parent, ok := Lookup(k.Parent); ok {
		return depth(parent) + 1
	}
	return 0
}

// Suggest says which kind may have been meant: the one that is alike, else all there are.
func Suggest(name string) string {
	names := make([]string, 0, len(registry))
	for _, k := range All() {
		names = append(names, k.Kind)
	}
	if nearest := drift.Nearest(name, names); nearest != "" {
		return "did you mean " + nearest + "?"
	}
	slices.Sort(names)
	return "known are " + strings.Join(names, ", ")
}

// Package drift compares what was declared with what was observed, and plans what
// has to be recorded of it. Everything in it is a pure function of its arguments.
package drift

import (
	"fmt"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Existence is the field of the one drift that a resource proven gone has. It is
// no path: a desired key of that spelling would be written ["(existence)"].
const Existence = "(existence)"

// Change is what it takes to bring a live field back to its desired value.
type Change int

// The ways in which DigitalOcean lets a field change, as documented.
const (
	InPlace Change = iota
	WithDowntime
	ByReplacement
	Never
)

// Field is one entry of a kind's field table.
type Field struct {
	// Path as the grammar writes it.
	Path string
	// Compare is Loose where it is nil.
	Compare Comparison
	// Ordered says that the order of its list means something. Compare then compares the
	// elements, each with the one in its place.
	Ordered bool
	// Key and Elements are of a list of objects that are known by a key and compared field
	// by field, as Elements does. Compare is not used then.
	Key      Key
	Elements []Field
	Change   Change
	// Holds is the shape of its value. One that holds a text, a number or a boolean and has
	// Members may be declared as an object of these as well.
	Holds Shape
	// Note tells a person what else to know of it.
	Note string
	// Members are the names within its objects, and within its lists' objects. Nil: it has
	// none, or they are not known.
	Members Members
	// Sensitive says that its value is a secret, and observed as a Digest.
	Sensitive bool
	// Others are other tools' names for it: Terraform's and Ansible's.
	Others []string
}

// Members are names within an object. (A map of itself would do, but keeps the linter
// of Kubernetes' API conventions busy for ever.)
type Members map[string]Member

// AnyName stands among Members for every name, where people choose the names.
const AnyName = "*"

// Of returns the member of that name.
func (m Members) Of(name string) (member Member, known bool) {
	if member, known = m[name]; !known {
		member, known = m[AnyName]
	}
	return member, known
}

// Find is where a name lies within an object: the name itself, or the place of what another
// tool calls so. Nil: there is no such member.
func (m Members) Find(name string) resource.Path {
	if _, known := m.Of(name); known {
		return resource.Path{resource.Segment(name)}
	}
	return m.known(name)
}

// Member is what is known of one name within an object.
type Member struct {
	// Members are the names within its own value, as those of a Field, and Holds its shape.
	Members Members
	Holds   Shape
	// Others are other tools' names for it, which they write where they have no object
	// around it: Terraform's source_tags are sources.tags.
	Others []string
	// Sensitive values are secrets: they are observed as a Digest.
	Sensitive bool
}

// Named are members that each hold a text.
func Named(names ...string) Members {
	out := Members{}
	for _, name := range names {
		out[name] = Member{Holds: OneText}
	}
	return out
}

// Schema is what can be declared of a kind.
type Schema struct {
	Kind   string
	Fields []Field
	// Unreadable are names that people declare and that no answer ever holds, with why.
	Unreadable map[string]string
}

// UnknownField is a declared name that the kind does not have, or a declared value of a shape
// that its field never has.
type UnknownField struct {
	Path resource.Path
	// Nearest is the path that is most like it, or that another tool has this name for; ""
	// where nothing is alike.
	Nearest string
	// Unreadable is why nothing can ever be compared under this name.
	Unreadable string
	// Where is the value of a wrong shape: the path, with the places of lists' elements. It
	// Is this, in words, and the field Holds that. Holds is "" where the name is wrong.
	Where, Is string
	Holds     Shape
}

// Explain says what is wrong with the name or the value, and what to do.
func (u UnknownField) Explain(kind string) string {
	const most = 128
	name := resource.Short(u.Path.String(), most)
	switch {
	case u.Holds != AnyShape:
		return fmt.Sprintf("%s is %s, and the field holds %s", resource.Short(u.Where, most), u.Is, u.Holds)
	case u.Unreadable != "":
		return name + " " + u.Unreadable + "; declare nothing for it"
	case u.Nearest != "":
		return kind + " has no field " + name + "; did you mean " + u.Nearest + "?"
	default:
		return kind + " has no field " + name
	}
}

// Result is the outcome of one comparison. All paths are absolute and sorted.
type Result struct {
	Differences []Difference
	Unknown     []UnknownField
	// Unseen are declared paths that could not be observed: neither equal nor drift.
	Unseen []resource.Path
	// Fields is the number of declared leaves that were compared.
	Fields int
	// Ignored is how many more differences there would be, were nothing ignored; IgnoreUses
	// are what came of each ignored path.
	Ignored    int
	IgnoreUses []IgnoreUse
}

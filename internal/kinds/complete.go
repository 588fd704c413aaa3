package kinds

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// completed derives from each kind's description what follows from it.
func completed(kinds ...Kind) []Kind {
	for i := range kinds {
		kinds[i].complete()
	}
	return kinds
}

func (k *Kind) complete() {
	k.Fields = shaped(k.Fields)
	k.Schema = drift.Schema{Kind: k.Name, Unreadable: k.unreadable(), Fields: compared(k.Fields)}
	k.Listing.IDKey = cmp.Or(k.Listing.IDKey, "id")
	k.Named = cmp.Or(k.Named, "name")
	k.Costly = k.costly()
	k.top = nil
	for _, field := range k.Fields {
		if top := topOf(field.Path); !slices.Contains(k.top, top) {
			k.top = append(k.top, top)
		}
	}
	k.table = tableOf(k.Parts())
}

// unreadable are all names that no answer ever holds, with why.
func (k *Kind) unreadable() map[string]string {
	out := maps.Clone(k.Unreadable)
	if out == nil {
		out = map[string]string{}
	}
	for _, name := range k.CreateOnly {
		out[name] = "is only used when a " + k.One + " is created, and DigitalOcean never shows it"
	}
	return out
}

// tableOf is a short hash of everything that is read of a kind, at every depth.
func tableOf(parts []Part) string {
	read := map[string]any{}
	for _, part := range parts {
		read[part.Name] = []any{part.In, part.Of, part.Has, part.Sensitive, namesWithin(part.Names())}
	}
	return resource.Hash(read)[:12]
}

func namesWithin(members drift.Members) map[string]any {
	out := map[string]any{}
	for name, member := range members {
		out[name] = []any{member.Sensitive, namesWithin(member.Members)}
	}
	return out
}

// topOf is the first part of a path.
func topOf(path string) string {
	top, _, _ := strings.Cut(path, ".")
	return top
}

// compared are the fields as they are compared.
func compared(fields []Field) []drift.Field {
	var out []drift.Field
	for _, f := range fields {
		out = append(out, drift.Field{
			Path: f.Path, Compare: f.Compare, Ordered: f.Ordered, Key: f.Key, Elements: compared(f.Elements),
			Change: f.Change, Note: f.Note, Members: f.Members, Holds: f.Holds, Others: f.Others, Sensitive: f.Sensitive,
		})
	}
	return out
}

// shaped are the fields with the shape of each.
func shaped(fields []Field) []Field {
	out := slices.Clone(fields)
	for i := range out {
		out[i].Holds = out[i].shape()
		out[i].Elements = shaped(out[i].Elements)
	}
	return out
}

// shape is learned from how the field compares, where it does not say it.
func (f Field) shape() drift.Shape {
	equal := func(desired, live any) bool {
		return f.Compare != nil && f.Compare.Compare(desired, drift.Live{Value: live}).Equal()
	}
	switch {
	case f.Holds != drift.AnyShape:
		return f.Holds
	case f.Key != nil:
		return drift.Objects
	case equal("yes", true) && equal("0", false):
		return drift.OneBoolean
	case equal("8.0", json.Number("8")) && equal("8", "8.0"):
		return drift.OneNumber
	}
	return drift.OneText
}

// costly are the fields that are told aside, or hang on a scope, and what needs them.
func (k *Kind) costly() Costly {
	var out Costly
	for _, aside := range k.Asides {
		out.Paths = append(out.Paths, aside.Paths...)
	}
	for _, scoped := range k.Scoped {
		out.Paths = append(out.Paths, scoped.Paths...)
	}
	needed := map[string]bool{}
	for _, path := range out.Paths {
		root, _, _ := strings.Cut(path, "[")
		needed[topOf(root)] = true
	}
	for _, field := range k.Fields {
		if slices.ContainsFunc(field.Needs, func(path string) bool { return slices.Contains(out.Paths, path) }) {
			needed[topOf(field.Path)] = true
		}
	}
	if len(needed) > 0 {
		out.NeededBy = slices.Sorted(maps.Keys(needed))
	}
	return out
}

// Part is what is read of a body for one top-level name: a field, or an object that holds
// several.
type Part struct {
	Name string
	Field
	// Aside says that only another endpoint tells it for certain.
	Aside bool
}

// Parts are what is read of the kind's bodies, each name once.
func (k Kind) Parts() []Part {
	out := make([]Part, 0, len(k.top))
	for _, top := range k.top {
		part := Part{Name: top, Field: Field{Path: top}}
		for _, field := range k.Fields {
			switch {
			case field.Path == top:
				part.Field = field
			case topOf(field.Path) == top:
				part.Members = withMember(part.Members, strings.Split(field.Path, ".")[1:], field)
				part.Optional = part.Optional || field.Optional
				part.In = cmp.Or(part.In, field.In)
			}
		}
		part.In = cmp.Or(part.In, top)
		part.Aside = slices.ContainsFunc(k.Asides, func(a Aside) bool { return slices.Contains(a.Paths, top) })
		out = append(out, part)
	}
	return out
}

// Names are the names within the part's objects that are read; nil: it holds no object.
func (p Part) Names() drift.Members {
	switch {
	case p.Reads != nil:
		return drift.Named(p.Reads...)
	case p.Of != "":
		return nil
	}
	return compared([]Field{p.Field})[0].Names()
}

// withMember adds the name that a nested field lies at.
func withMember(members drift.Members, path []string, field Field) drift.Members {
	if members == nil {
		members = drift.Members{}
	}
	member := members[path[0]]
	switch {
	case len(path) > 1:
		member.Members = withMember(member.Members, path[1:], field)
	case member.Members == nil:
		member.Members, member.Sensitive = compared([]Field{field})[0].Names(), field.Sensitive
	}
	members[path[0]] = member
	return members
}

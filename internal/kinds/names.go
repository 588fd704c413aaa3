package kinds

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// SameName says whether two spellings are one name of this kind: host names and tags
// have no case, host names may end with a dot and be written in Unicode.
func (k Kind) SameName(a, b string) bool { return k.NameKey(a) == k.NameKey(b) }

// NameKey is the one spelling that all equal names of this kind share.
func (k Kind) NameKey(name string) string {
	if k.Name == nil {
		return name
	}
	return k.Name(name)
}

// FieldTable names the fields that an observation of this kind is read with. It changes
// with every field that comes or goes, so that an observation that was recorded with
// another table is not taken for one in which the new field was empty.
func (k Kind) FieldTable() string { return k.table }

// TopNames are the keys that an observation of this kind has, each once.
func (k Kind) TopNames() []string { return k.top }

func topNames(k Kind) []string {
	var out []string
	for _, field := range k.Fields {
		top, _, _ := strings.Cut(field.Path, ".")
		if !slices.Contains(out, top) {
			out = append(out, top)
		}
	}
	return out
}

// fieldTable is a short hash of the paths of a kind's fields.
func fieldTable(k Kind) string {
	paths := make([]string, 0, len(k.Fields))
	for _, field := range k.Fields {
		paths = append(paths, field.Path)
	}
	slices.Sort(paths)
	return resource.Hash(k.Kind, strings.Join(paths, "\n"))[:12]
}

// hostName is the form of host names: without case, without the dot at the end, and
// internationalised names in ASCII, as DigitalOcean keeps them.
func hostName(name string) string {
	name = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), ".")
	if ascii, err := idna.ToASCII(name); err == nil {
		return ascii
	}
	return name
}

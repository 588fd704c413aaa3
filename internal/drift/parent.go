package drift

import (
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// parent is the comparison of an object whose fields the schema names, where something else
// is declared for it.
func (s Schema) parent(at resource.Path) Comparison {
	p := parent{Comparison: Loose, members: Members{}}
	prefix := at.String() + "."
	for i := range s.Fields {
		field := s.Fields[i]
		rest, below := strings.CutPrefix(field.Path, prefix)
		if !below {
			continue
		}
		p.members.add(strings.Split(rest, "."), Member{Members: field.Names(), Sensitive: field.Sensitive})
		field.Path = rest
		p.fields = append(p.fields, field)
	}
	return p
}

type parent struct {
	Comparison
	fields  []Field
	members Members
}

// Compare implements Comparison. None is declared where each field takes it for what is
// live: DigitalOcean fills in the defaults of such an object.
func (p parent) Compare(desired any, live Live) Outcome {
	if whole.key(desired) == nothing && p.empty(live) {
		return Outcome{}
	}
	return p.Comparison.Compare(p.members.sealed(desired), live)
}

func (p parent) empty(live Live) bool {
	for i := range p.fields {
		field := &p.fields[i]
		var at resource.Path
		for name := range strings.SplitSeq(field.Path, ".") {
			at = append(at, resource.Segment(name))
		}
		if !field.comparison().Compare(nil, live.With(valueAt(live.Value, at))).Equal() {
			return false
		}
	}
	return true
}

// Adopt implements Comparison. A secret of which only the digest is known is left out.
func (p parent) Adopt(desired, actual any, at resource.Path) (any, error) {
	return p.Comparison.Adopt(desired, p.members.unsealed(actual), at)
}

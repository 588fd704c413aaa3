package drift

import (
	"encoding/json"
	"maps"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Declare is the value that somebody would declare for a field so that nothing differs: the
// live one, but for what its comparison never counts, such as tags of DigitalOcean's own. It
// is nil where there is nothing to declare, because nothing is there, or what is there is
// what the comparison takes for nothing. seen is false where some of it could not be seen.
// A secret is never declared: only a digest of it is known.
func Declare(s Schema, at resource.Path, live resource.Resource) (value any, seen bool) {
	field := s.field(at)
	if field == nil || field.Sensitive {
		return nil, true
	}
	observed, seen := live.Lookup(at)
	if !seen || live.Partial(at) {
		return nil, false
	}
	comparison, known := field.comparison(), liveAt(live, nil, at)
	out := comparison.Compare(nil, known)
	switch {
	case len(out.Differences) == 1 && len(out.Differences[0].Path) == 0:
		value = out.Differences[0].Actual
	case out.Equal() && !leavesOpen(comparison, known):
		return nil, true
	default:
		value = observed
	}
	if field.Key != nil {
		value = declareElements(field, value, live)
	}
	if !field.Ordered {
		value = settled(value)
	}
	return field.Names().unsealed(withoutNothing(value)), true
}

// declareElements leaves out of each element what one would not declare, unless it makes the
// element's key.
func declareElements(field *Field, value any, live resource.Resource) any {
	list, isList := value.([]any)
	if !isList {
		return value
	}
	inner := Schema{Fields: field.Elements}
	out := make([]any, 0, len(list))
	for _, element := range list {
		object, isObject := element.(map[string]any)
		if !isObject {
			return value
		}
		kept := maps.Clone(object)
		for i := range inner.Fields {
			name := inner.Fields[i].Path
			told, _ := Declare(inner, resource.Path{resource.Segment(name)}, resource.Resource{Ref: live.Ref, Values: object})
			delete(kept, name)
			if told != nil || field.Key(kept) != field.Key(object) {
				kept[name] = object[name]
			}
		}
		out = append(out, kept)
	}
	return out
}

// leavesOpen says whether nothing declared leaves the choice to DigitalOcean: then nothing
// equals everything, and nothing follows from it.
func leavesOpen(c Comparison, live Live) bool {
	const odd = "87654321"
	return c.Compare(nil, live.With(json.Number(odd))).Equal()
}

// withoutNothing leaves out what is empty: names of objects, and the whole of a value.
func withoutNothing(value any) any {
	if whole.key(value) == nothing {
		return nil
	}
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for name, inner := range value {
			if kept := withoutNothing(inner); kept != nil {
				out[name] = kept
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(value))
		for _, element := range value {
			if kept := withoutNothing(element); kept != nil {
				out = append(out, kept)
			}
		}
		return out
	}
	return value
}

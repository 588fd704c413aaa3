package digitalocean

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// fieldOf is how a part of a kind's bodies is read.
func fieldOf(part kinds.Part) field {
	f := field{path: part.Name, key: part.In, optional: part.Optional, seenWith: part.SeenWith, read: readerOf(part)}
	if part.Aside && part.Has == "" {
		f.key = "" // no body holds it
	}
	return f
}

// readerOf makes a reader of what a field says of its place in the body.
func readerOf(part kinds.Part) reader {
	switch {
	case part.Has != "" && part.Aside:
		return onlyTrue(has(part.Has))
	case part.Has != "":
		return has(part.Has)
	case part.Of != "":
		return memberOf(part.Of)
	}
	if part.Sensitive {
		return digested
	}
	return namedBy(part.Names())
}

// onlyTrue believes a boolean where it is true. Where it is not, another endpoint tells.
func onlyTrue(read reader) reader {
	return func(raw json.RawMessage, v *values) (any, bool, error) {
		value, _, err := read(raw, v)
		return value, value == true, err
	}
}

// namedBy reads scalars, lists of them, and objects by the names of their members, at every
// depth.
func namedBy(names drift.Members) reader {
	if len(names) == 0 {
		return plain
	}
	byName := members{}
	for name, member := range names {
		byName[name] = namedBy(member.Members)
		if member.Sensitive {
			byName[name] = digested
		}
	}
	return func(raw json.RawMessage, v *values) (any, bool, error) {
		switch raw[0] {
		case '{':
			return byName.read(raw, v)
		case '[':
			return each(byName.readOrScalar)(raw, v)
		}
		return scalar(raw, v)
	}
}

// readOrScalar reads an element of a list of objects. What is no object is kept where it is
// a scalar.
func (m members) readOrScalar(raw json.RawMessage, v *values) (any, bool, error) {
	if len(raw) > 0 && raw[0] == '{' {
		return m.read(raw, v)
	}
	return scalar(raw, v)
}

// digested keeps of a secret that it is there, and whether it is another one than before.
func digested(raw json.RawMessage, _ *values) (any, bool, error) {
	value := anyOf(raw)
	if value == "" {
		return nil, true, nil
	}
	return drift.Digest(value), true, nil
}

// told reads what a second endpoint tells of one resource.
func told(aside *kinds.Aside, raw json.RawMessage, v *values) map[string]any {
	value, known, err := namedBy(aside.Members)(raw, v)
	body, isObject := value.(map[string]any)
	if err != nil || !known || !isObject {
		return nil
	}
	out := maps.Clone(aside.Tells(body))
	maps.DeleteFunc(out, func(path string, _ any) bool { return !slices.Contains(aside.Paths, path) })
	return out
}

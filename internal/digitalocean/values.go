package digitalocean

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// values decodes JSON values, and gives equal scalars the same memory: ten
// thousand droplets have a dozen sizes and two statuses between them.
type values struct {
	scalars map[string]any
	// idle is the memory of a resource that was not kept, for the next one.
	idle map[string]any
}

// mostScalars bounds the memory of a listing whose values are all different.
const mostScalars = 4096

func newValues() *values { return &values{scalars: map[string]any{}} }

func (v *values) decode(raw json.RawMessage) any {
	if len(raw) > 64 || len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return anyOf(raw)
	}
	if value, ok := v.scalars[string(raw)]; ok {
		return value
	}
	value := anyOf(raw)
	if len(v.scalars) < mostScalars {
		v.scalars[string(raw)] = value
	}
	return value
}

// newResource returns a resource without any values yet.
func (v *values) newResource(fields int) resource.Resource {
	res := resource.Resource{Values: v.idle}
	v.idle = nil
	if res.Values == nil {
		res.Values = make(map[string]any, fields)
	}
	return res
}

// reuse takes back the memory of a resource that nobody keeps.
func (v *values) reuse(res resource.Resource) {
	clear(res.Values)
	v.idle = res.Values
}

// reader normalises one value; raw is valid JSON and not null. known is false
// when the value tells nothing.
type reader func(raw json.RawMessage, v *values) (value any, known bool, err error)

// scalar keeps a scalar. Of what is none it keeps nothing, and nothing is known then: it is
// not what the kind's table means, and may hold anything.
func scalar(raw json.RawMessage, v *values) (any, bool, error) {
	if raw[0] == '{' || raw[0] == '[' {
		return nil, false, nil
	}
	return v.decode(raw), true, nil
}

// memberOf reads an object as one of its members, as a region as its slug. A bare scalar
// stands for itself.
func memberOf(member string) reader {
	return func(raw json.RawMessage, v *values) (any, bool, error) {
		if raw[0] != '{' && raw[0] != '[' {
			return scalar(raw, v)
		}
		var found json.RawMessage
		err := eachMember(raw, func(key string, value json.RawMessage) error {
			if key == member {
				found = value
			}
			return nil
		})
		if err != nil {
			return nil, false, fmt.Errorf("neither a %s nor an object with one", member)
		}
		if found == nil {
			return nil, false, nil
		}
		return scalar(found, v)
	}
}

// plain keeps a scalar, or a list of scalars.
func plain(raw json.RawMessage, v *values) (any, bool, error) {
	if raw[0] == '[' {
		return each(scalar)(raw, v)
	}
	return scalar(raw, v)
}

// members are how the members of an object are read; no others are kept. Where one of them
// tells nothing, the object does not: a part would pass for the whole.
type members map[string]reader

func (m members) read(raw json.RawMessage, v *values) (any, bool, error) {
	kept, known := make(map[string]any, len(m)), true
	err := eachMember(raw, func(key string, value json.RawMessage) error {
		read, wanted := m[key]
		if !wanted {
			read, wanted = m[drift.AnyName]
		}
		if !wanted {
			return nil
		}
		if isNull(value) {
			kept[key] = nil
			return nil
		}
		inner, ok, err := read(value, v)
		kept[key], known = inner, known && ok
		return err
	})
	if err != nil || !known {
		return nil, false, err
	}
	return kept, true, nil
}

// each reads a list by reading every element.
func each(read reader) reader {
	return func(raw json.RawMessage, v *values) (any, bool, error) {
		kept, known := []any{}, true
		err := eachElement(raw, func(element json.RawMessage) error {
			value, ok, err := read(element, v)
			kept, known = append(kept, value), known && ok
			return err
		})
		if err != nil || !known {
			return nil, false, err
		}
		return kept, true, nil
	}
}

// has reads a list as whether it holds this string.
func has(member string) reader {
	return func(raw json.RawMessage, _ *values) (any, bool, error) {
		found := false
		err := eachElement(raw, func(element json.RawMessage) error {
			found = found || element[0] == '"' && text(element) == member
			return nil
		})
		return found, err == nil, err
	}
}

func isNull(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == 'n' }

// readID reads an id, which is a number or a string.
func readID(raw json.RawMessage) (string, error) {
	if raw == nil {
		return "", errors.New("it is missing")
	}
	switch id := anyOf(raw).(type) {
	case json.Number:
		return id.String(), nil
	case string:
		if id != "" {
			return id, nil
		}
	}
	return "", errors.New("it is neither a number nor a string")
}

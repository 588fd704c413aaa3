package digitalocean

import (
	"bytes"
	"encoding/json"
	"errors"
)

// values decodes JSON values, and gives equal scalars the same memory: ten
// thousand droplets have a dozen sizes and two statuses between them.
type values struct {
	scalars map[string]any
}

// mostScalars bounds the memory of a listing whose values are all different.
const mostScalars = 4096

func newValues() *values { return &values{scalars: map[string]any{}} }

func (v *values) decode(raw json.RawMessage) (any, error) {
	if len(raw) > 64 || len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return decodeAny(raw)
	}
	if value, ok := v.scalars[string(raw)]; ok {
		return value, nil
	}
	value, err := decodeAny(raw)
	if err == nil && len(v.scalars) < mostScalars {
		v.scalars[string(raw)] = value
	}
	return value, err
}

func decodeAny(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

func asIs(raw json.RawMessage, v *values) (any, bool, error) {
	value, err := v.decode(raw)
	return value, err == nil, err
}

// slugOf reads an object, or a bare slug, as its slug.
func slugOf(raw json.RawMessage, v *values) (any, bool, error) {
	if len(raw) > 0 && raw[0] == '"' {
		return asIs(raw, v)
	}
	var object struct{ Slug json.RawMessage }
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, false, errors.New("neither a slug nor an object with one")
	}
	if object.Slug == nil {
		return nil, false, nil
	}
	return asIs(object.Slug, v)
}

// only reads an object and keeps these keys of it.
func only(keys ...string) func(json.RawMessage, *values) (any, bool, error) {
	return func(raw json.RawMessage, v *values) (any, bool, error) {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, false, errors.New("not an object")
		}
		kept := make(map[string]any, len(keys))
		for _, key := range keys {
			if raw, ok := object[key]; ok {
				value, err := v.decode(raw)
				if err != nil {
					return nil, false, err
				}
				kept[key] = value
			}
		}
		return kept, true, nil
	}
}

// each reads a list by reading every element.
func each(read func(json.RawMessage, *values) (any, bool, error)) func(json.RawMessage, *values) (any, bool, error) {
	return func(raw json.RawMessage, v *values) (any, bool, error) {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, false, errors.New("not a list")
		}
		kept := make([]any, 0, len(list))
		for _, raw := range list {
			value, known, err := read(raw, v)
			if err != nil || !known {
				return nil, false, err
			}
			kept = append(kept, value)
		}
		return kept, true, nil
	}
}

// has reads a list of strings as whether it holds this one.
func has(member string) func(json.RawMessage, *values) (any, bool, error) {
	return func(raw json.RawMessage, _ *values) (any, bool, error) {
		var list []string
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, false, errors.New("not a list of strings")
		}
		for _, s := range list {
			if s == member {
				return true, true, nil
			}
		}
		return false, true, nil
	}
}

// readID reads an id, which is a number or a string.
func readID(raw json.RawMessage) (string, error) {
	value, err := decodeAny(raw)
	if err != nil {
		return "", errors.New("it is missing")
	}
	switch id := value.(type) {
	case json.Number:
		return id.String(), nil
	case string:
		if id != "" {
			return id, nil
		}
	}
	return "", errors.New("it is neither a number nor a string")
}

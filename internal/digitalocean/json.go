package digitalocean

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Answers are checked with encoding/json and then cut into pieces here, without
// copies: of the 3 KB of a droplet a few hundred bytes are kept, and decoding
// the rest would take longer than everything else in a sync.

var (
	errTooDeep   = errors.New("the answer can't be read: its values lie deeper in each other than any of DigitalOcean's")
	errNotJSON   = errors.New("the answer can't be read: it is not JSON")
	errCutShort  = errors.New("the answer ends in the middle")
	errNotObject = errors.New("not an object")
	errNotList   = errors.New("not a list")
)

// deepest is how many objects and lists may lie in each other in an answer.
const deepest = 64

// checkJSON says what keeps the answer from being one JSON value.
func checkJSON(body []byte) error {
	// First, because what comes after takes longer the deeper the values lie.
	if resource.Measure(body).Depth > deepest {
		return errTooDeep
	}
	if json.Valid(body) {
		return nil
	}
	var whole json.RawMessage
	err := json.Unmarshal(body, &whole)
	// encoding/json reports an end in the middle where the input ends.
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && syntax.Offset >= int64(len(body)) {
		return errCutShort
	}
	return errNotJSON
}

// object is a JSON object, cut into its values.
type object map[string]json.RawMessage

// cutObject cuts valid JSON. Of a key that comes twice the last counts, as with
// encoding/json.
func cutObject(raw json.RawMessage) (object, error) {
	o := object{}
	return o, o.cut(raw)
}

// cut makes the object another one.
func (o object) cut(raw json.RawMessage) error {
	clear(o)
	return eachMember(raw, func(key string, value json.RawMessage) error {
		o[key] = value
		return nil
	})
}

// eachMember calls do for each member of an object; raw must be valid JSON.
func eachMember(raw json.RawMessage, do func(key string, value json.RawMessage) error) error {
	rest := skipSpace(raw)
	if len(rest) == 0 || rest[0] != '{' {
		return errNotObject
	}
	rest = skipSpace(rest[1:])
	for len(rest) > 0 && rest[0] != '}' {
		key := rest[:valueLength(rest)]
		rest = skipSpace(rest[len(key):])
		rest = skipSpace(rest[1:]) // the colon
		value := rest[:valueLength(rest)]
		if err := do(text(key), value); err != nil {
			return err
		}
		rest = afterComma(rest[len(value):])
	}
	return nil
}

// eachElement calls do for each element of a list; raw must be valid JSON.
func eachElement(raw json.RawMessage, do func(json.RawMessage) error) error {
	rest := skipSpace(raw)
	if len(rest) == 0 || rest[0] != '[' {
		return errNotList
	}
	rest = skipSpace(rest[1:])
	for len(rest) > 0 && rest[0] != ']' {
		value := rest[:valueLength(rest)]
		if err := do(value); err != nil {
			return err
		}
		rest = afterComma(rest[len(value):])
	}
	return nil
}

// anyOf decodes valid JSON, numbers as json.Number.
func anyOf(raw json.RawMessage) any {
	raw = skipSpace(raw)
	switch {
	case len(raw) == 0 || raw[0] == 'n':
		return nil
	case raw[0] == '{':
		values := map[string]any{}
		_ = eachMember(raw, func(key string, value json.RawMessage) error {
			values[key] = anyOf(value)
			return nil
		})
		return values
	case raw[0] == '[':
		list := []any{}
		_ = eachElement(raw, func(value json.RawMessage) error {
			list = append(list, anyOf(value))
			return nil
		})
		return list
	case raw[0] == '"':
		return text(raw)
	case raw[0] == 't':
		return true
	case raw[0] == 'f':
		return false
	default:
		return json.Number(bytes.TrimRight(raw, " \t\r\n"))
	}
}

// text decodes a JSON string.
func text(raw json.RawMessage) string {
	if end := bytes.LastIndexByte(raw, '"'); end > 0 && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return string(raw[1:end])
	}
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

func afterComma(rest json.RawMessage) json.RawMessage {
	rest = skipSpace(rest)
	if len(rest) > 0 && rest[0] == ',' {
		return skipSpace(rest[1:])
	}
	return rest
}

func skipSpace(raw json.RawMessage) json.RawMessage {
	for len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t' || raw[0] == '\r' || raw[0] == '\n') {
		raw = raw[1:]
	}
	return raw
}

// valueLength is the length of the value that valid JSON begins with.
func valueLength(raw json.RawMessage) int {
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i += stringLength(raw[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth == 0 {
				return i + scalarLength(raw[i:])
			}
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(raw)
}

func stringLength(raw json.RawMessage) int {
	for i := 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

func scalarLength(raw json.RawMessage) int {
	if end := bytes.IndexAny(raw, ",]} \t\r\n"); end >= 0 {
		return end
	}
	return len(raw)
}

package resource

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Segment is one step of a Path: a key of an object, or the key of an element of
// a keyed list. The grammar writes both alike; the kind's field table says which
// fields are keyed lists.
type Segment string

// Path leads from the top of a resource's values to one of them. The empty path
// is the whole, and has no spelling.
type Path []Segment

// ParsePath reads a path: segments joined by dots, and a key that is not
// [A-Za-z0-9_]+ as a JSON string in brackets.
//
//	size_slug
//	backup_policy.plan
//	labels["example.com/team"]
//	inbound_rules["tcp/22"]
func ParsePath(text string) (Path, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("path %q is not UTF-8", text)
	}
	var path Path
	for rest := text; ; {
		segment, after, err := nextSegment(rest)
		if err != nil {
			return nil, fmt.Errorf("path %q, at character %d: %w",
				text, utf8.RuneCountInString(text[:len(text)-len(rest)])+1, err)
		}
		path = append(path, segment)
		switch {
		case after == "":
			return path, nil
		case after[0] == '[':
			rest = after
		case after[0] == '.' && !strings.HasPrefix(after, ".["):
			rest = after[1:]
		default:
			return nil, fmt.Errorf(`path %q, at character %d: want "." and a name, or ["key"]`,
				text, utf8.RuneCountInString(text[:len(text)-len(after)])+1)
		}
	}
}

func nextSegment(text string) (Segment, string, error) {
	if strings.HasPrefix(text, "[") {
		return bracketed(text)
	}
	end := 0
	for end < len(text) && isWord(text[end]) {
		end++
	}
	if end == 0 {
		return "", "", errors.New(`want a name of letters, digits and underscores, or ["key"]`)
	}
	return Segment(text[:end]), text[end:], nil
}

func bracketed(text string) (Segment, string, error) {
	if !strings.HasPrefix(text, `["`) {
		return "", "", errors.New(`a key in brackets is a JSON string, as in ["tcp/22"]`)
	}
	end := 2
	for end < len(text) && text[end] != '"' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(text) {
		return "", "", errors.New("the key's closing quote is missing")
	}
	var key string
	if err := json.Unmarshal([]byte(text[1:end+1]), &key); err != nil {
		return "", "", fmt.Errorf("the key is not a JSON string: %w", err)
	}
	after, closed := strings.CutPrefix(text[end+1:], "]")
	if !closed {
		return "", "", errors.New(`the key's closing bracket is missing`)
	}
	return Segment(key), after, nil
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// String writes the path in its one canonical spelling, in which every character
// is printable. ParsePath reads it back.
func (p Path) String() string {
	var b strings.Builder
	for i, segment := range p {
		if !segment.IsWord() {
			b.WriteByte('[')
			writeQuoted(&b, string(segment))
			b.WriteByte(']')
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(string(segment))
	}
	return b.String()
}

// IsWord says whether the grammar writes the segment as it stands, without brackets.
func (s Segment) IsWord() bool {
	for i := range len(s) {
		if !isWord(s[i]) {
			return false
		}
	}
	return s != ""
}

// Under says whether the path is parent itself or leads to something below it.
func (p Path) Under(parent Path) bool {
	if len(p) < len(parent) {
		return false
	}
	for i, segment := range parent {
		if p[i] != segment {
			return false
		}
	}
	return true
}

// Append returns a new path, one or more segments longer. p stays as it is, also
// when several paths are appended to one.
func (p Path) Append(more ...Segment) Path {
	longer := make(Path, 0, len(p)+len(more))
	return append(append(longer, p...), more...)
}

// Put sets the value at a path of an object, with objects on the way to it where there are none.
// The path must not be empty.
func Put(object map[string]any, at Path, value any) {
	for _, segment := range at[:len(at)-1] {
		inner, isObject := object[string(segment)].(map[string]any)
		if !isObject {
			inner = map[string]any{}
			object[string(segment)] = inner
		}
		object = inner
	}
	object[string(at[len(at)-1])] = value
}

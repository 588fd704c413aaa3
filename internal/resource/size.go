package resource

import "fmt"

// Size is how much a JSON document holds.
type Size struct {
	// Bytes is its length, Values how many values it has in all, containers included, and
	// Depth how many containers lie in each other.
	Bytes, Values, Depth int
}

// Most is what a declaration may hold. No resource of DigitalOcean's comes near it. The
// work that a declaration takes grows with these, so that they bound it.
var Most = Size{Bytes: 128 << 10, Values: 10_000, Depth: 16}

// Measure counts what a valid JSON document holds, in one pass and without decoding it.
func Measure(raw []byte) Size {
	size := Size{Bytes: len(raw)}
	depth := 0
	inValue := false // within a number or a word
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case '"':
			end := i + 1
			for end < len(raw) && raw[end] != '"' {
				if raw[end] == '\\' {
					end++
				}
				end++
			}
			i = end
			size.Values++
			inValue = false
		case '{', '[':
			depth++
			size.Values++
			size.Depth = max(size.Depth, depth)
			inValue = false
		case '}', ']':
			depth--
			inValue = false
		case ':':
			size.Values-- // what came before it was a key
			inValue = false
		case ',', ' ', '\t', '\r', '\n':
			inValue = false
		default:
			if !inValue {
				size.Values++
			}
			inValue = true
		}
	}
	return size
}

// Add is the size of both side by side.
func (s Size) Add(other Size) Size {
	return Size{Bytes: s.Bytes + other.Bytes, Values: s.Values + other.Values, Depth: max(s.Depth, other.Depth)}
}

// Beyond says in which respect the size is more than most, "" where it is not.
func (s Size) Beyond(most Size) string {
	switch {
	case s.Bytes > most.Bytes:
		return fmt.Sprintf("it has %d bytes, and may have %d", s.Bytes, most.Bytes)
	case s.Values > most.Values:
		return fmt.Sprintf("it has %d values, and may have %d", s.Values, most.Values)
	case s.Depth > most.Depth:
		return fmt.Sprintf("its values lie %d levels deep, and may lie %d", s.Depth, most.Depth)
	}
	return ""
}

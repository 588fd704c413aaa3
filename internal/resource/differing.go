package resource

// elision stands for the elements that both of two lists have.
const elision = "…"

// ShortPair renders two values as Short does, each in at most limit characters. Where one
// of them is longer, of two objects only the keys whose values differ are shown, and of two
// lists only the elements that the other does not have, with an ellipsis for the rest: of
// three thousand addresses it is the new one that somebody has to see.
func ShortPair(a, b any, limit int) (shortA, shortB string) {
	if whole := Short(a, 0); whole == Short(a, limit) && Short(b, 0) == Short(b, limit) {
		return whole, Short(b, limit)
	}
	return Short(without(a, b), limit), Short(without(b, a), limit)
}

// without is what is in value and not in other.
func without(value, other any) any {
	switch value := value.(type) {
	case map[string]any:
		if other, ok := other.(map[string]any); ok {
			return objectWithout(value, other)
		}
	case []any:
		if other, ok := other.([]any); ok {
			return listWithout(value, other)
		}
	}
	return value
}

func objectWithout(value, other map[string]any) any {
	out := map[string]any{}
	for key, inner := range value {
		theirs, both := other[key]
		switch {
		case !both:
			out[key] = inner
		case Hash(inner) != Hash(theirs):
			out[key] = without(inner, theirs)
		}
	}
	return out
}

func listWithout(value, other []any) any {
	theirs := map[string]int{}
	for _, element := range other {
		theirs[Hash(element)]++
	}
	var out []any
	for _, element := range value {
		if hash := Hash(element); theirs[hash] > 0 {
			theirs[hash]--
		} else {
			out = append(out, element)
		}
	}
	if len(out) < len(value) {
		out = append(out, elision)
	}
	return out
}

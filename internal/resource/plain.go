package resource

import "encoding/json"

// Most values of a DigitalOcean object are short strings, numbers, null and empty
// lists. encoding/json makes a decoder or an encoder for each, which is what
// comparing ten thousand objects would spend most of its time on. What is plain is
// read and written here; the rest is left to encoding/json.

// decodePlain reads a value that needs no parser; ok is false for any other.
func decodePlain(data []byte) (value any, ok bool) {
	if len(data) > 2 && (data[0] == '{' || data[0] == '[') {
		return nil, false
	}
	switch text := string(data); {
	case text == "null":
		return nil, true
	case text == "true", text == "false":
		return text == "true", true
	case text == "[]":
		return []any{}, true
	case text == "{}":
		return map[string]any{}, true
	case isPlainInteger(text):
		return json.Number(text), true
	case len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' && isPlainText(text[1:len(text)-1]):
		return text[1 : len(text)-1], true
	default:
		return nil, false
	}
}

// isPlainText says whether JSON writes the text as it is.
func isPlainText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// isPlainInteger says whether the text is a number in its only sensible spelling.
func isPlainInteger(text string) bool {
	if len(text) == 0 || len(text) > plainDigits || text[0] == '0' && len(text) > 1 {
		return false
	}
	for i := range len(text) {
		if c := text[i]; c < '0' || c > '9' {
			return false
		}
	}
	return true
}

package resource

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Short renders a value for a column or a message, in at most limit characters
// (no limit below 1): strings bare, null as <none>, the rest as compact JSON.
// Whoever can name a droplet can put escape sequences into the name, so that
// everything that moves the cursor, turns the direction of the text or can't be
// seen is written as its code.
func Short(value any, limit int) string {
	var pieces []string
	switch value := value.(type) {
	case nil:
		pieces = []string{"<none>"}
	case string:
		pieces = escaped(value, true)
		if value == "" {
			pieces = []string{`""`}
		}
	default:
		pieces = escaped(string(Canonical(value)), false)
	}
	return clip(pieces, limit)
}

// Printable is text in which everything that moves the cursor, turns the direction or can't
// be seen is written as its code. What Short made of a value stays as it is.
func Printable(text string) string {
	for _, r := range text {
		if r == utf8.RuneError || !printable(r) {
			return strings.Join(escaped(text, false), "")
		}
	}
	return text
}

// escaped splits text into pieces that are shown whole or not at all.
func escaped(text string, backslash bool) []string {
	pieces := make([]string, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			pieces = append(pieces, fmt.Sprintf(`\x%02x`, text[0]))
		case r == '\\' && backslash:
			pieces = append(pieces, `\\`)
		case printable(r):
			pieces = append(pieces, text[:size])
		default:
			pieces = append(pieces, escapedRune(r))
		}
		text = text[size:]
	}
	return pieces
}

// clip joins the pieces; where they are too long it ends with an ellipsis.
func clip(pieces []string, limit int) string {
	var b strings.Builder
	room := 0 // bytes of b that leave one character for the ellipsis
	for used, i := 0, 0; i < len(pieces); i++ {
		used += utf8.RuneCountInString(pieces[i])
		if limit > 0 && used > limit {
			return b.String()[:room] + "…"
		}
		b.WriteString(pieces[i])
		if used < limit {
			room = b.Len()
		}
	}
	return b.String()
}

// printable says whether a character shows as itself and as nothing else. Format
// characters (zero width, directions) are not graphic to Go either; variation
// selectors and the blank letters are, and are refused here.
func printable(r rune) bool {
	return unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) &&
		r != '\u2800' // the empty braille pattern, a symbol to Unicode
}

func escapedRune(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	if r < 0x10000 {
		return fmt.Sprintf(`\u%04x`, r)
	}
	high, low := utf16.EncodeRune(r)
	return fmt.Sprintf(`\u%04x\u%04x`, high, low)
}

// writeQuoted writes a JSON string of printable characters.
func writeQuoted(b *strings.Builder, text string) {
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case printable(r):
			b.WriteRune(r)
		default:
			b.WriteString(escapedRune(r))
		}
	}
	b.WriteByte('"')
}

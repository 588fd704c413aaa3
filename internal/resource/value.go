package resource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Decode reads one JSON value as Resource holds values, numbers undamaged.
func Decode(data []byte) (any, error) {
	if value, ok := decodePlain(data); ok {
		return value, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("decoding a JSON value: %w", err)
	}
	if decoder.More() {
		return nil, fmt.Errorf("decoding a JSON value: something follows it at byte %d", decoder.InputOffset())
	}
	return value, nil
}

// Canonical is the one encoding of a JSON value: keys sorted, numbers by their
// value, so that 8, 8.0 and 8e0 are one, and nothing else changed. It also takes
// the numbers of Go that other decoders leave, and whatever encoding/json can
// encode.
func Canonical(value any) []byte {
	return encoder{}.append(nil, value)
}

// encoder writes the canonical encoding. With unordered it sorts lists too, by their
// elements' encoding.
type encoder struct{ unordered bool }

func (e encoder) append(b []byte, value any) []byte {
	if number, ok := Decimal(value); ok {
		return append(b, number...)
	}
	switch value := value.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, value)
	case string:
		return appendString(b, value)
	case []any:
		return e.appendList(b, value)
	case map[string]any:
		return e.appendObject(b, value)
	default:
		return e.appendForeign(b, value)
	}
}

// few is how many members or elements most values have at most: for so many, no
// memory is taken. A sync encodes everything that it lists.
const few = 24

func (e encoder) appendObject(b []byte, value map[string]any) []byte {
	var room [few]string
	keys := room[:0]
	for key := range value {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, key), ':')
		b = e.append(b, value[key])
	}
	return append(b, '}')
}

func (e encoder) appendList(b []byte, list []any) []byte {
	b = append(b, '[')
	start := len(b)
	var room [few]int
	ends := room[:0]
	for i, element := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.append(b, element)
		ends = append(ends, len(b)-start)
	}
	if e.unordered {
		sortElements(b[start:], ends)
	}
	return append(b, ']')
}

// sortElements sorts the encoded elements of a list in place: they are joined by commas,
// and ends is where each of them ends.
func sortElements(list []byte, ends []int) {
	var room [few][]byte
	elements, start := room[:0], 0
	for _, end := range ends {
		elements = append(elements, list[start:end])
		start = end + len(",")
	}
	if slices.IsSortedFunc(elements, bytes.Compare) {
		return
	}
	slices.SortFunc(elements, bytes.Compare)
	copy(list, bytes.Join(elements, []byte(",")))
}

// appendForeign encodes what is no JSON value, such as []string. What can't be
// encoded at all gets its Go syntax: never equal to anything that can.
func (e encoder) appendForeign(b []byte, value any) []byte {
	encoded, err := json.Marshal(value)
	if err == nil {
		if plain, err := Decode(encoded); err == nil {
			return e.append(b, plain)
		}
	}
	return appendString(b, fmt.Sprintf("%#v", value))
}

func appendString(b []byte, text string) []byte {
	if isPlainText(text) {
		return append(append(append(b, '"'), text...), '"')
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil { // a string can always be encoded
		return strconv.AppendQuote(b, text)
	}
	return append(b, bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))...)
}

// buffers are what Hash encodes into.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Hash is the hexadecimal SHA-256 of the values' canonical encoding.
func Hash(values ...any) string { return encoder{}.hash(values) }

// HashUnordered is Hash for where the order of lists says nothing: it is the same for
// the same elements in any order.
func HashUnordered(values ...any) string { return encoder{unordered: true}.hash(values) }

func (e encoder) hash(values []any) string {
	buffer := buffers.Get().(*[]byte)
	b := append((*buffer)[:0], '[')
	for i, value := range values { // which keep their order in any case
		if i > 0 {
			b = append(b, ',')
		}
		b = e.append(b, value)
	}
	b = append(b, ']')
	sum := sha256.Sum256(b)
	*buffer = b
	buffers.Put(buffer)
	return hex.EncodeToString(sum[:])
}

// Sorted is the value with all its lists sorted, for where their order says nothing.
// The value itself is left as it is.
func Sorted(value any) any {
	switch value := value.(type) {
	case []any:
		sorted := make([]any, len(value))
		for i, element := range value {
			sorted[i] = Sorted(element)
		}
		if len(sorted) > 1 {
			slices.SortStableFunc(sorted, func(a, b any) int { return bytes.Compare(Canonical(a), Canonical(b)) })
		}
		return sorted
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, element := range value {
			object[name] = Sorted(element)
		}
		return object
	default:
		return value
	}
}

// Decimal writes a number by its value: 8.0, 8e0 and 80e-1 are all 8. ok is false
// for what is not a number; a string never is one.
func Decimal(value any) (text string, ok bool) {
	switch number := value.(type) {
	case json.Number:
		return ParseDecimal(number.String())
	case float64:
		return ParseDecimal(strconv.FormatFloat(number, 'g', -1, 64))
	case float32:
		return ParseDecimal(strconv.FormatFloat(float64(number), 'g', -1, 32))
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(number), true
	default:
		return "", false
	}
}

// plainDigits is how long a number may get before it is written with an exponent,
// so that 1e999999999 stays as small as it came.
const plainDigits = 40

// ParseDecimal is Decimal for a number's literal.
func ParseDecimal(literal string) (text string, ok bool) {
	if isPlainInteger(literal) {
		return literal, true
	}
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(literal), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, point := strings.Cut(mantissa, ".")
	if !isDigits(whole) || point && !isDigits(fraction) || len(whole) > 1 && whole[0] == '0' {
		return "", false
	}
	shift := 0
	if scientific {
		parsed, err := strconv.ParseInt(exponent, 10, 32)
		switch {
		case errors.Is(err, strconv.ErrRange): // no such number is in any API: left as it came
			return strings.ToLower(literal), true
		case err != nil:
			return "", false
		}
		shift = int(parsed)
	}
	shift -= len(fraction)
	digits := strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(digits, "0")
	shift += len(digits) - len(trimmed)
	if trimmed == "" {
		return "0", true
	}
	text = placePoint(trimmed, shift)
	if negative {
		text = "-" + text
	}
	return text, true
}

// placePoint writes digits times ten to the power of shift.
func placePoint(digits string, shift int) string {
	point := len(digits) + shift
	switch {
	case point > plainDigits || point < -plainDigits:
		return digits + "e" + strconv.Itoa(shift)
	case shift >= 0:
		return digits + strings.Repeat("0", shift)
	case point > 0:
		return digits[:point] + "." + digits[point:]
	default:
		return "0." + strings.Repeat("0", -point) + digits
	}
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

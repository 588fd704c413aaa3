package resource

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func decoded(t testing.TB, text string) any {
	t.Helper()
	value, err := Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestDecode(t *testing.T) {
	if got := decoded(t, "9007199254740993"); got != json.Number("9007199254740993") {
		t.Errorf("an id beyond 2^53 became %v", got)
	}
	for _, text := range []string{"", "{", `{"a":1} {"b":2}`, "nul"} {
		if value, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q was decoded as %v", text, value)
		}
	}
}

// What is plain is read without a parser, and must be what the parser reads.
func TestDecodeAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range []string{
		"null", "true", "false", "[]", "{}", "0", "7", "1234567890", `""`, `"s-1vcpu-1gb"`, `"<a & b>"`, `"~ "`,
		"-1", "-0", "01", "1.0", "1e3", "+1", `"`, `"\"`, `"a\nb"`, `"é"`, `"a"b"`, "\"\x7f\"", "\"\t\"", "[ ]", " null", "nul", `'a'`,
		strings.Repeat("9", plainDigits), strings.Repeat("9", plainDigits+1),
	} {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var want any
		wantErr := decoder.Decode(&want)
		if wantErr == nil && decoder.More() {
			wantErr = errors.New("something follows")
		}
		got, err := Decode([]byte(text))
		if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v; want %#v, %v", text, got, err, want, wantErr)
		}
	}
}

// What is plain is written without an encoder, and must be what the encoder writes.
func TestStringsAreWrittenAsEncodingJSONDoes(t *testing.T) {
	for c := range rune(0x300) {
		text := "a" + string(c) + "b"
		var want strings.Builder
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(text); err != nil {
			t.Fatal(err)
		}
		if got := string(Canonical(text)) + "\n"; got != want.String() {
			t.Errorf("%q: got %s, want %s", text, got, want.String())
		}
	}
}

func BenchmarkHash(b *testing.B) {
	value := decoded(b, `{"name":"web-1","memory":1024,"tags":["web","prod"],"features":["backups","ipv6"],"image":{"id":6918990,"slug":"ubuntu-24-04-x64"},"vpc_uuid":"760e09ef-dc84-11e8-981e-3cfdfeaae000","volume_ids":[]}`)
	b.ReportAllocs()
	for b.Loop() {
		Hash(value)
	}
}

func BenchmarkDecode(b *testing.B) {
	data := []byte(`"s-1vcpu-1gb"`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func TestCanonical(t *testing.T) {
	cases := []struct {
		why   string
		value any
		want  string
	}{
		{"keys are sorted", decoded(t, `{"b":1,"a":{"d":2,"c":3}}`), `{"a":{"c":3,"d":2},"b":1}`},
		{"the order of a list stays", decoded(t, `[2,1,[3]]`), `[2,1,[3]]`},
		{"a string is no number", decoded(t, `["8",8]`), `["8",8]`},
		{"null, empty and missing are three things", decoded(t, `[null,"",[],{},false]`), `[null,"",[],{},false]`},
		{"numbers by their value", decoded(t, `[8,8.0,8e0,80e-1,0.8E1]`), `[8,8,8,8,8]`},
		{"fractions", decoded(t, `[0.50,-1.5,1e-3,-0.0,-0]`), `[0.5,-1.5,0.001,0,0]`},
		{"beyond a float's precision", decoded(t, `[9007199254740993,0.1000000000000000055]`), `[9007199254740993,0.1000000000000000055]`},
		{"huge ones stay short", decoded(t, `[1e999999999,1e-999999999]`), `[1e999999999,1e-999999999]`},
		{"beyond any integer they stay as they came", decoded(t, `1E99999999999999999999`), `1e99999999999999999999`},
		{"Go's own numbers", []any{8, int64(8), 8.0, float32(0.5), uint8(8)}, `[8,8,8,0.5,8]`},
		{"Go's own lists", map[string]any{"a": []string{"b"}}, `{"a":["b"]}`},
		{"HTML is nothing special", "<&>", `"<&>"`},
		{"what JSON can't hold equals nothing that it can", func() {}, ""},
		{"not a number at all", json.Number("eight"), `"\"eight\""`},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got := string(Canonical(c.value))
			if c.want != "" && got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got == "" {
				t.Error("nothing was written")
			}
		})
	}
}

func TestHash(t *testing.T) {
	if Hash("a", "b") == Hash("ab", "") || Hash("a") == Hash([]any{"a"}) {
		t.Error("two different lists of values have one hash")
	}
	if Hash(decoded(t, `{"a":1,"b":2}`)) != Hash(decoded(t, `{"b":2.0,"a":1}`)) {
		t.Error("the order of keys, or the spelling of a number, changed the hash")
	}
	if got := Hash("x"); len(got) != 64 || strings.Trim(got, "0123456789abcdef") != "" {
		t.Errorf("%q is no hexadecimal SHA-256", got)
	}
}

func TestHashUnordered(t *testing.T) {
	long := make([]any, 3*few)
	for i := range long {
		long[i] = json.Number(strconv.Itoa(i))
	}
	backwards := slices.Clone(long)
	slices.Reverse(backwards)
	for _, pair := range [][2]any{
		{decoded(t, `["web","prod",{"b":[2,1],"a":null}]`), decoded(t, `[{"a":null,"b":[1,2]},"prod","web"]`)},
		{decoded(t, `["a,b","a"]`), decoded(t, `["a","a,b"]`)},
		{decoded(t, `[]`), []string{}},
		{long, backwards},
	} {
		if HashUnordered(pair[0]) != HashUnordered(pair[1]) {
			t.Errorf("%s and %s have two hashes", Canonical(pair[0]), Canonical(pair[1]))
		}
		if HashUnordered(pair[0]) != Hash(Sorted(pair[0])) {
			t.Errorf("%s is not hashed as its sorted form", Canonical(pair[0]))
		}
	}
	for _, pair := range [][2]string{{`[1,1,2]`, `[1,2,2]`}, {`[[1],[2]]`, `[[1,2]]`}, {`["a","b"]`, `["a,b"]`}, {`[1]`, `1`}} {
		if HashUnordered(decoded(t, pair[0])) == HashUnordered(decoded(t, pair[1])) {
			t.Errorf("%s and %s have one hash", pair[0], pair[1])
		}
	}
	if HashUnordered("a", "b") == HashUnordered("b", "a") {
		t.Error("the values themselves have lost their order")
	}
}

func TestSorted(t *testing.T) {
	value := decoded(t, `{"tags":["web","prod",{"b":[2,1]}],"none":null,"one":[1]}`)
	before := string(Canonical(value))
	if got, want := string(Canonical(Sorted(value))), `{"none":null,"one":[1],"tags":["prod","web",{"b":[1,2]}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if after := string(Canonical(value)); after != before {
		t.Errorf("the value itself became %s", after)
	}
}

func TestParseDecimalRefuses(t *testing.T) {
	for _, text := range []string{"", "-", "+8", " 8", "08", "1.", ".5", "0x10", "1e", "1e1.5", "NaN", "Infinity", "1_000", "٣"} {
		if got, ok := ParseDecimal(text); ok {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`1.50e2`, `{"a":[null,"x",-0]}`, `1e99999999999999999999`, `"\ud800"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := Decode([]byte(text))
		if err != nil {
			return
		}
		once := Canonical(value)
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("%q became %s, which is no JSON: %v", text, once, err)
		}
		if string(Canonical(again)) != string(once) {
			t.Fatalf("%q has two canonical forms: %s and %s", text, once, Canonical(again))
		}
		if HashUnordered(value) != Hash(Sorted(value)) {
			t.Fatalf("%q is not hashed as its sorted form, %s", text, Canonical(Sorted(value)))
		}
	})
}

func TestShort(t *testing.T) {
	cases := []struct {
		why   string
		value any
		limit int
		want  string
	}{
		{"a string as it is", "s-2vcpu-4gb", 40, "s-2vcpu-4gb"},
		{"null", nil, 40, "<none>"},
		{"empty can be told from null", "", 40, `""`},
		{"a number", json.Number("8.0"), 40, "8"},
		{"a boolean", true, 40, "true"},
		{"an object is compact", decoded(t, `{"b": [1, "x"], "a": null}`), 40, `{"a":null,"b":[1,"x"]}`},
		{"just fits", "12345", 5, "12345"},
		{"too long by one", "123456", 5, "1234…"},
		{"characters are counted, not bytes", "ééééé", 5, "ééééé"},
		{"no limit", strings.Repeat("x", 500), 0, strings.Repeat("x", 500)},
		{"an escape sequence does not reach the terminal", "\x1b[31mred", 40, `\u001b[31mred`},
		{"a line break does not break the table", "a\nb\tc\r", 40, `a\nb\tc\r`},
		{"a direction override does not turn the text", "abc\u202edef", 40, `abc\u202edef`},
		{"zero width can be seen", "we\u200bb", 40, `we\u200bb`},
		{"so can a tag character", "a\U000e0041", 40, `a\udb40\udc41`},
		{"so can blank letters", "a\u3164\u2800\ufe0f", 40, `a\u3164\u2800\ufe0f`},
		{"C1 controls too", "a\u009bb", 40, `a\u009bb`},
		{"a backslash is told from an escape", `a\nb`, 40, `a\\nb`},
		{"within an object it is JSON's", map[string]any{"a": "\\\n\u202e"}, 40, `{"a":"\\\n\u202e"}`},
		{"not UTF-8", "a\xffb", 40, `a\xffb`},
		{"an escape is not cut in two", "abc\u202e", 6, "abc…"},
		{"one character is room for an ellipsis", "abc", 1, "…"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got := Short(c.value, c.limit)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.limit > 0 && utf8.RuneCountInString(got) > c.limit {
				t.Errorf("%q is longer than %d", got, c.limit)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"web-1 → ünïcode":      "web-1 → ünïcode",
		`C:\n as Short wrote`:  `C:\n as Short wrote`,
		"\x1b[31m\u009b\u202e": `\u001b[31m\u009b\u202e`,
		"a\nb\tc\r":            `a\nb\tc\r`,
		"\xff":                 `\xff`,
		"\ufffd":               "\ufffd",
	} {
		if have := Printable(text); have != want {
			t.Errorf("Printable(%q) is %q, want %q", text, have, want)
		}
	}
}

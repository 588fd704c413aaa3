package resource

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestParsePath(t *testing.T) {
	cases := []struct {
		why, text string
		want      Path
		spelling  string // where it is another than text
	}{
		{why: "a top-level field", text: "size_slug", want: Path{"size_slug"}},
		{why: "a nested leaf", text: "backup_policy.plan", want: Path{"backup_policy", "plan"}},
		{why: "an element of a keyed list", text: `inbound_rules["tcp/22"]`, want: Path{"inbound_rules", "tcp/22"}},
		{why: "below an element", text: `inbound_rules["tcp/22"].sources`, want: Path{"inbound_rules", "tcp/22", "sources"}},
		{why: "a key with dots is one segment", text: `labels["a.b/c"]`, want: Path{"labels", "a.b/c"}},
		{why: "a path may start with such a key", text: `["a.b"].c`, want: Path{"a.b", "c"}},
		{why: "keys may follow each other", text: `a["x-y"]["z.z"]`, want: Path{"a", "x-y", "z.z"}},
		{why: "digits are a word", text: "v4.0", want: Path{"v4", "0"}},
		{why: "one spelling for one path", text: `a["b"]`, want: Path{"a", "b"}, spelling: "a.b"},
		{why: "quotes and backslashes are escaped", text: `a["say \"\\\""]`, want: Path{"a", `say "\"`}},
		{why: "brackets in a key do not end it", text: `a["]["]`, want: Path{"a", "]["}},
		{why: "JSON's escapes", text: `a["\u00e9\/\ud83d\ude00"]`, want: Path{"a", "é/😀"}, spelling: `a["é/😀"]`},
		{why: "an empty key is a key", text: `a[""]`, want: Path{"a", ""}},
		{why: "no path can turn the text around it", text: `a["\u202egnp"]`, want: Path{"a", "\u202egnp"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := ParsePath(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			want := c.spelling
			if want == "" {
				want = c.text
			}
			if got.String() != want {
				t.Errorf("spelt %s, want %s", got, want)
			}
		})
	}
}

func TestParsePathRefuses(t *testing.T) {
	cases := []struct{ why, text, says string }{
		{"nothing names nothing", "", "character 1: want a name"},
		{"a dot joins two", "a.", "character 3: want a name"},
		{"a dot joins two", ".a", "character 1: want a name"},
		{"twice", "a..b", "character 3: want a name"},
		{"a key with a dash has to be quoted", "size-slug", `character 5: want "." and a name, or ["key"]`},
		{"a slash too", "tcp/22", "character 4"},
		{"an index is no key", "a[0]", `as in ["tcp/22"]`},
		{"single quotes are not JSON", "a['b']", `as in ["tcp/22"]`},
		{"the quote is open", `a["b`, "closing quote"},
		{"an escape hides the quote", `a["b\"]`, "closing quote"},
		{"the bracket is open", `a["b"`, "closing bracket"},
		{"no dot before a bracket", `a.["b"]`, `character 2: want "." and a name`},
		{"a dot after a bracket", `a["b"]c`, "character 7"},
		{"not a JSON escape", `a["\q"]`, "not a JSON string"},
		{"a raw line break is not JSON", "a[\"x\ny\"]", "not a JSON string"},
		{"a space is no part of a name", "a b", "character 2"},
		{"the existence of a resource is no path", "(existence)", "character 1"},
		{"not UTF-8", "a[\"\xff\"]", "not UTF-8"},
		{"characters are counted, not bytes", `["é"].`, "character 7"},
	}
	for _, c := range cases {
		t.Run(c.why+" "+c.text, func(t *testing.T) {
			path, err := ParsePath(c.text)
			if err == nil {
				t.Fatalf("parsed as %q", path)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
		})
	}
}

func TestPathRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune(`ab_9.["]\/é` + "\x00\n\t\u200b\u202e\U000e0001😀 ")
	for range 20_000 {
		path := make(Path, 1+random.IntN(4))
		for i := range path {
			var key []rune
			for range random.IntN(6) {
				key = append(key, letters[random.IntN(len(letters))])
			}
			path[i] = Segment(key)
		}
		text := path.String()
		got, err := ParsePath(text)
		if err != nil {
			t.Fatalf("%q was written as %s: %v", path, text, err)
		}
		if diff := cmp.Diff(path, got); diff != "" {
			t.Fatalf("%s: -wrote +read:\n%s", text, diff)
		}
		for _, r := range text {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q has the unprintable %U", text, r)
			}
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"a", "a.b", `a["b.c"]`, `["\u202e"]`, `a["\ud800"]`, `a["`, `x["\\"].y`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := ParsePath(text)
		if err != nil {
			return
		}
		again, err := ParsePath(path.String())
		if err != nil {
			t.Fatalf("%q was written as %s: %v", text, path, err)
		}
		if diff := cmp.Diff(path, again); diff != "" {
			t.Fatalf("%q: -read +read again:\n%s", text, diff)
		}
		if again.String() != path.String() {
			t.Fatalf("%q has two spellings: %s and %s", text, path, again)
		}
	})
}

func TestPathUnder(t *testing.T) {
	cases := []struct {
		why          string
		path, parent Path
		want         bool
	}{
		{"itself", Path{"a", "b"}, Path{"a", "b"}, true},
		{"below", Path{"a", "b"}, Path{"a"}, true},
		{"above", Path{"a"}, Path{"a", "b"}, false},
		{"beside", Path{"a", "b"}, Path{"a", "c"}, false},
		{"names that begin alike are not related", Path{"tags_all"}, Path{"tags"}, false},
		{"everything is under the whole", Path{"a"}, nil, true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := c.path.Under(c.parent); got != c.want {
				t.Errorf("%s under %s: %t", c.path, c.parent, got)
			}
		})
	}
}

func TestPathAppendLeavesItsOrigin(t *testing.T) {
	base := append(make(Path, 0, 8), "a")
	first, second := base.Append("b"), base.Append("c")
	if first.String() != "a.b" || second.String() != "a.c" || base.String() != "a" {
		t.Errorf("got %s, %s and %s", first, second, base)
	}
}

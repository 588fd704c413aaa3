package drift

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

const (
	clearText = "correct-horse"
	otherText = "battery-staple"
)

// keeper has secrets in each place where one can lie: alone, in an object, and in the
// elements of a list within a list's elements.
var keeper = Schema{Kind: "Keeper", Fields: []Field{
	{Path: "name"},
	{Path: "key", Sensitive: true},
	{Path: "login.user"},
	{Path: "login.password", Sensitive: true},
	{Path: "services", Key: elementKey, Elements: []Field{
		{Path: "id"},
		{Path: "token", Sensitive: true},
		{Path: "login.password", Sensitive: true},
		{Path: "envs", Key: elementKey, Elements: []Field{{Path: "id"}, {Path: "value", Sensitive: true}}},
	}},
}}

// digests writes what would be read of secrets: <x> is the digest of x.
func digests(text string) string {
	for _, secret := range []string{clearText, otherText, "12345"} {
		text = strings.ReplaceAll(text, "<"+secret+">", `"`+Digest(secret)+`"`)
	}
	return text
}

func TestSecrets(t *testing.T) {
	for _, c := range []struct {
		why, desired, live string
		unseen             []string
		differs, unknown   []string
	}{
		{why: "the one that is declared", desired: `{"key":"correct-horse"}`, live: `{"key":<correct-horse>}`},
		{why: "a number, which the API holds as text", desired: `{"key":12345}`, live: `{"key":<12345>}`},
		{why: "another one", desired: `{"key":"correct-horse"}`, live: `{"key":<battery-staple>}`, differs: []string{"key"}},
		{why: "an answer that does not show it", desired: `{"key":"correct-horse"}`, live: `{"key":null}`, unknown: []string{"key"}},
		{why: "a token that may not see it", desired: `{"key":"correct-horse"}`, live: `{}`, unseen: []string{"key"}, unknown: []string{"key"}},
		{why: "none is declared, and none is shown", desired: `{"key":""}`, live: `{"key":null}`},
		{why: "none is declared, and there is one", desired: `{"key":null}`, live: `{"key":<battery-staple>}`, differs: []string{"key"}},
		{why: "something else than text", desired: `{"key":["correct-horse"]}`, live: `{"key":<correct-horse>}`, differs: []string{"key"}},
		{why: "in an object", desired: `{"login":{"user":"a","password":"correct-horse"}}`, live: `{"login":{"user":"b","password":<battery-staple>}}`,
			differs: []string{"login.password", "login.user"}},
		{why: "a list for the object", desired: `{"login":[{"password":"correct-horse"}]}`, live: `{"login":{"password":<correct-horse>}}`, differs: []string{"login"}},
		{why: "no object, and there is one", desired: `{"login":null}`, live: `{"login":{"user":"b","password":<battery-staple>}}`, differs: []string{"login"}},
		{why: "in an element", desired: `{"services":[{"id":"a","token":"correct-horse","login":{"password":"correct-horse"}}]}`,
			live: `{"services":[{"id":"a","token":<correct-horse>,"login":{"password":<battery-staple>}}]}`, differs: []string{"services.a.login.password"}},
		{why: "in an element within an element", desired: `{"services":[{"id":"a","envs":[{"id":"K","value":"correct-horse"}]}]}`,
			live: `{"services":[{"id":"a","envs":[{"id":"K","value":<battery-staple>}]}]}`, differs: []string{"services.a.envs.K.value"}},
		{why: "in elements that are gone", desired: `{"services":[{"id":"a","token":"correct-horse","login":{"password":"battery-staple"},"envs":[{"id":"K","value":"correct-horse"}]}]}`,
			live: `{"services":[]}`, differs: []string{"services.a"}},
		{why: "in elements that nobody declared", desired: `{"services":[]}`,
			live: `{"services":[{"id":"a","token":<correct-horse>,"envs":[{"id":"K","value":<correct-horse>}]}]}`, differs: []string{"services.a"}},
		{why: "in a list that is none of elements", desired: `{"services":[{"id":"a","token":"correct-horse"},"x"]}`, live: `{"services":[{"id":"a","token":<correct-horse>}]}`,
			differs: []string{"services"}},
		{why: "in an object for the list", desired: `{"services":{"token":"correct-horse"}}`, live: `{"services":[{"id":"a"}]}`, differs: []string{"services"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			desired := object(t, c.desired)
			observed := resource.Resource{Values: object(t, digests(c.live)), Unseen: c.unseen}
			result := Differences(keeper, desired, observed, nil)
			if diff := cmp.Diff([][]string{c.differs, c.unknown}, [][]string{textsOf(result.Differences), spelledAll(result.Unseen)}); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			for _, d := range result.Differences {
				shown := string(resource.Canonical([]any{d.Path.String(), d.Expected, d.Actual}))
				expected, differs := Expected(keeper, desired, d.Actual, d.Path)
				if shown += string(resource.Canonical(expected)); !differs {
					t.Errorf("%s: that it differs is forgotten without the resource", d.Path)
				}
				if hasClearText(shown) {
					t.Errorf("it is told in %s", shown)
				}
				tryAccepting(t, desired, observed, d)
			}
		})
	}
}

func hasClearText(text string) bool {
	return strings.Contains(text, clearText) || strings.Contains(text, otherText)
}

// tryAccepting accepts a difference. A secret is refused, without telling it; what holds one
// is taken without it, and differs no more. No digest is ever declared.
func tryAccepting(t *testing.T, desired map[string]any, observed resource.Resource, d Difference) {
	t.Helper()
	adopted, err := Adopt(keeper, desired, d.Actual, d.Path)
	if last := d.Path[len(d.Path)-1]; last == "key" || last == "password" || last == "value" {
		if !errors.Is(err, ErrNotAdoptable) || hasClearText(err.Error()) || strings.Contains(err.Error(), "sha256:") {
			t.Errorf("accepting %s: %v", d.Path, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if written := string(resource.Canonical(adopted)); strings.Contains(written, "sha256:") {
		t.Errorf("a digest is declared: %s", written)
	}
	for _, left := range Differences(keeper, adopted, observed, nil).Differences {
		if left.Path.Under(d.Path) {
			t.Errorf("%s differs still", left.Path)
		}
	}
}

// Whoever declares a secret is told where, and not what.
func TestDeclaredSecrets(t *testing.T) {
	for _, c := range []struct {
		why, desired string
		want         []string
	}{
		{"none", `{"name":"a","login":{"user":"a"},"services":[{"id":"a"}]}`, nil},
		{"alone, in objects and in elements", `{"key":"correct-horse","login":{"user":"a","password":"correct-horse"},"services":[{"id":"a","token":"correct-horse"},{"id":"b","token":"battery-staple","envs":[{"id":"K","value":"correct-horse"}]}]}`,
			[]string{"key", "login.password", "services[*].envs[*].value", "services[*].token"}},
		{"that there is none", `{"key":"","login":{"password":null}}`, nil},
		{"a number", `{"key":12345}`, []string{"key"}},
		{"of another shape", `{"key":{"a":"correct-horse"},"login":["correct-horse"]}`, []string{"key"}},
		{"below a name that is none", `{"keys":"correct-horse"}`, nil},
	} {
		if diff := cmp.Diff(c.want, keeper.DeclaredSecrets(object(t, c.desired))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.why, diff)
		}
	}
}

func textsOf(differences []Difference) []string {
	var out []string
	for _, d := range differences {
		out = append(out, d.Path.String())
	}
	return out
}

func spelledAll(paths []resource.Path) []string {
	var out []string
	for _, p := range paths {
		out = append(out, p.String())
	}
	return out
}

// A drift shows digests on both sides, so that it is seen that a secret changed, and which
// of two it is for somebody who knows both.
func TestASecretShowsAsADigest(t *testing.T) {
	observed := resource.Resource{Values: map[string]any{"key": Digest(otherText)}}
	got := Differences(keeper, map[string]any{"key": clearText}, observed, nil).Differences
	want := []Difference{{Path: resource.Path{"key"}, Expected: Digest(clearText), Actual: Digest(otherText)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if Digest(clearText) == Digest(otherText) || !strings.HasPrefix(Digest(clearText), "sha256:") {
		t.Errorf("%s and %s", Digest(clearText), Digest(otherText))
	}
}

// Writing a list of which only digests are known would put them in the secrets' place.
func TestAListWithSecretsIsNotWritten(t *testing.T) {
	desired := object(t, `{"services":[{"id":"a","token":"correct-horse"}],"key":"correct-horse"}`)
	observed := resource.Resource{Values: object(t, digests(`{"services":[{"id":"b","token":<battery-staple>}],"key":<battery-staple>}`))}
	for _, d := range Differences(keeper, desired, observed, nil).Differences {
		_, value, err := Restore(keeper, desired, observed, d.Path)
		if secret := d.Path.String() == "key"; secret && value != clearText || !secret && !errors.Is(err, errSecretElements) {
			t.Errorf("%s: writes %v, %v", d.Path, value, err)
		}
	}
}

// What a token may not see of an element is unknown; the rest of it is compared.
func TestElementsOfWhichSomethingIsHidden(t *testing.T) {
	s := Schema{Kind: "Thing", Fields: []Field{{Path: "rules", Key: elementKey, Elements: []Field{
		{Path: "id"}, {Path: "port", Compare: Number}, {Path: "sources.tags", Compare: SetFoldCase}, {Path: "sources.addresses", Compare: Addresses},
	}}}}
	hidden := []string{"rules[*].sources.tags"}
	for _, c := range []struct {
		why, desired, live string
		unseen             []string
		differs, unknown   []string
	}{
		{"it is declared, and not shown", `[{"id":"a","sources":{"tags":["web"]}}]`, `[{"id":"a","sources":{}}]`, hidden, nil, []string{"rules.a.sources.tags"}},
		{"as a token sees that may", `[{"id":"a","sources":{"tags":["web"]}}]`, `[{"id":"a","sources":{}}]`, nil, []string{"rules.a.sources.tags"}, nil},
		{"the whole object is left out", `[{"id":"a","sources":{"tags":["web"],"addresses":["192.0.2.7"]}}]`, `[{"id":"a"}]`, hidden,
			[]string{"rules.a.sources.addresses"}, []string{"rules.a.sources.tags"}},
		{"what is shown was seen", `[{"id":"a","sources":{"tags":["web"]}}]`, `[{"id":"a","sources":{"tags":["db"]}}]`, hidden, []string{"rules.a.sources.tags"}, nil},
		{"the rest differs", `[{"id":"a","port":22,"sources":{"tags":["web"]}}]`, `[{"id":"a","port":23,"sources":{"tags":[]}}]`, hidden,
			[]string{"rules.a.port"}, []string{"rules.a.sources.tags"}},
		{"none is declared, and none is shown", `[{"id":"a","port":22}]`, `[{"id":"a","port":22,"sources":{}}]`, hidden, nil, nil},
		{"an element of hidden things only may be left out whole", `[{"id":"a","sources":{"tags":["web"]}}]`, `[]`, hidden, nil, []string{"rules.a.sources.tags"}},
		{"one that would be shown is gone", `[{"id":"a","sources":{"tags":["web"],"addresses":["192.0.2.7"]}}]`, `[]`, hidden, []string{"rules.a"}, nil},
		{"one that nobody declared is there", `[]`, `[{"id":"a","sources":{}}]`, hidden, []string{"rules.a"}, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			desired := map[string]any{"rules": value(t, c.desired)}
			observed := resource.Resource{Values: map[string]any{"rules": value(t, c.live)}, Unseen: c.unseen}
			got := Differences(s, desired, observed, nil)
			if diff := cmp.Diff([][]string{c.differs, c.unknown}, [][]string{textsOf(got.Differences), spelledAll(got.Unseen)}); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			for _, d := range got.Differences {
				adopted, err := Adopt(s, desired, d.Actual, d.Path)
				if err != nil {
					t.Fatal(err)
				}
				again := Differences(s, adopted, observed, nil)
				if len(again.Differences) != len(got.Differences)-1 || len(again.Unseen) != len(got.Unseen) {
					t.Errorf("after accepting %s: %+v", d.Path, again)
				}
				if _, _, err := Restore(s, desired, observed, d.Path); (err == nil) != (c.unseen == nil) {
					t.Errorf("restoring %s: %v", d.Path, err)
				}
			}
		})
	}
}

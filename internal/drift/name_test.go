package drift

import (
	"regexp"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestName(t *testing.T) {
	cases := []struct {
		why     string
		subject Subject
		field   string
		episode int64
		like    string
	}{
		{"what it is, of which, what of it, and which time", Subject{"production", resource.Ref{Kind: "Droplet", ID: "3164444"}},
			"size_slug", 1, `^droplet-3164444-size-slug-[0-9a-v]{10}-1$`},
		{"an element", Subject{"production", resource.Ref{Kind: "Firewall", ID: "bb4b2611-3d72-467b-8602-280330ecd65c"}},
			`inbound_rules["tcp/22"]`, 12, `^firewall-bb4b2611-3d7-inbound-rules-tcp-22-[0-9a-v]{10}-12$`},
		{"existence", Subject{"production", resource.Ref{Kind: "Tag", ID: "env:prod"}}, Existence, 1, `^tag-env-prod-existence-[0-9a-v]{10}-1$`},
		{"a record", Subject{"production", resource.Ref{Kind: "DomainRecord", ID: "example.com/1"}}, "ttl", 2, `^domainrecord-example-com-ttl-[0-9a-v]{10}-2$`},
		{"a long field is cut", Subject{"a", resource.Ref{Kind: "Droplet", ID: "1"}}, strings.Repeat("long_", 50), 3, `^droplet-1-long-[a-z-]+-[0-9a-v]{10}-3$`},
		{"no letter that a name may have", Subject{"a", resource.Ref{Kind: "Droplet", ID: "1"}}, `["é"]`, 1, `^droplet-1-[0-9a-v]{10}-1$`},
		{"not even in the kind", Subject{"a", resource.Ref{Kind: "Ж", ID: "é"}}, `["é"]`, 1, `^[0-9a-v]{10}-1$`},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := c.subject.Name(c.field, c.episode); !regexp.MustCompile(c.like).MatchString(got) {
				t.Errorf("%s is not like %s", got, c.like)
			}
		})
	}
}

func TestNamesAreLabelsAndUnique(t *testing.T) {
	label := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	seen := map[string]string{}
	g := newGenerator(6)
	texts := []string{"", "a", "A", "a_b", "a.b", "a-b", `["é"]`, strings.Repeat("x", 300), "-", "0", "size_slug", "size.slug"}
	for range 20_000 {
		pick := func() string { return texts[g.IntN(len(texts))] }
		s, field, episode := Subject{pick(), resource.Ref{Kind: pick(), ID: pick()}}, pick(), int64(g.IntN(1<<40))
		name := s.Name(field, episode)
		if len(name) > 63 || !label.MatchString(name) {
			t.Fatalf("%+v, %s: %s is no label", s, field, name)
		}
		what := string(resource.Canonical([]any{s.Account, s.Kind, s.ID, field, episode}))
		if other, taken := seen[name]; taken && other != what {
			t.Fatalf("%s and %s are both %s", other, what, name)
		}
		seen[name] = what
	}
}

func TestObservation(t *testing.T) {
	base := Observation("tags", value(t, `["a"]`), value(t, `{"x":1,"y":2}`))
	if base != Observation("tags", value(t, `["a"]`), value(t, `{"y":2.0,"x":1}`)) {
		t.Error("it depends on the order of keys, or on how a number is spelt")
	}
	for why, other := range map[string]string{
		"another field":           Observation("tag", value(t, `["a"]`), value(t, `{"x":1,"y":2}`)),
		"another expected":        Observation("tags", value(t, `["b"]`), value(t, `{"x":1,"y":2}`)),
		"another actual":          Observation("tags", value(t, `["a"]`), value(t, `{"x":1,"y":3}`)),
		"expected and actual":     Observation("tags", value(t, `{"x":1,"y":2}`), value(t, `["a"]`)),
		"a string for the number": Observation("tags", value(t, `["a"]`), value(t, `{"x":"1","y":2}`)),
	} {
		if other == base {
			t.Errorf("%s: the same observation", why)
		}
	}
}

func TestCap(t *testing.T) {
	small := strings.Repeat("x", maxValue-2) // and two quotes
	if Cap(small) != any(small) {
		t.Error("16 KiB are cut")
	}
	large := small + "y"
	capped, ok := Cap(large).(map[string]any)
	if !ok || !IsCapped(capped) {
		t.Fatalf("not capped: %T", Cap(large))
	}
	if len(resource.Canonical(capped)) > 2000 {
		t.Errorf("a cap of %d bytes", len(resource.Canonical(capped)))
	}
	if capped["sha256"] == Cap(large + "z").(map[string]any)["sha256"] {
		t.Error("two values with one hash")
	}
	decoded, err := resource.Decode(resource.Canonical(capped))
	if err != nil || !IsCapped(decoded) {
		t.Errorf("not recognised after it was stored: %v", err)
	}
	for _, not := range []any{nil, "x", map[string]any{"sha256": "x", "size": 1, "summary": "y"}, map[string]any{"a": 1}} {
		if IsCapped(not) {
			t.Errorf("%v is taken for a cap", not)
		}
	}
}

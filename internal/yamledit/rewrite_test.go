package yamledit_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/yamledit"
)

var update = flag.Bool("update", false, "write the golden files anew")

func decoded(t *testing.T, text string) any {
	t.Helper()
	value, err := yamledit.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return value
}

// set is a value with another one at a path of names; nil removes it.
func set(value any, to any, at ...string) any {
	if len(at) == 0 {
		return to
	}
	out := map[string]any{}
	object, _ := value.(map[string]any)
	maps.Copy(out, object)
	if to == nil && len(at) == 1 {
		delete(out, at[0])
		return out
	}
	out[at[0]] = set(out[at[0]], to, at[1:]...)
	return out
}

const byHand = `# The web servers.
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudProvisioned
metadata:
    name:   web-1     # as the droplet

spec:
    accountRef: {name: production}
    resource: { kind: Droplet, id: "3164444" }


    desired:
        # The size of last summer.
        size_slug:   's-2vcpu-4gb'   # see the capacity plan
        region: nyc3
        tags: [ web, "prod" ]        # by the firewall
        backup_policy: {plan: weekly, hour: 4}
        inbound_rules:
        # HTTPS is for all
        - protocol: tcp
          ports: "443"
          sources: {addresses: [0.0.0.0/0, "::/0"]}

        # and SSH for the office
        - protocol: tcp
          ports: "22"         # ssh
          sources:
            addresses:
            - 192.0.2.0/24    # the office

        labels:   # of the pool
            tier: web
        volume_ids:
        empty: []
    # nothing is ignored
`

func TestRewrite(t *testing.T) {
	rule := func(port string) map[string]any {
		return map[string]any{"protocol": "tcp", "ports": port, "sources": map[string]any{"addresses": []any{"0.0.0.0/0"}}}
	}
	have := decoded(t, byHand)
	rules := have.(map[string]any)["spec"].(map[string]any)["desired"].(map[string]any)["inbound_rules"].([]any)
	for _, c := range []struct {
		name string
		path string
		to   any
	}{
		{"scalar", "size_slug", "s-4vcpu-8gb"},
		{"plain", "region", "ams3"},
		{"plain-that-needs-quotes", "region", "no"},
		{"another-type", "region", []any{"a", "b"}},
		{"to-objects", "region", []any{rule("1"), rule("2")}},
		{"removed", "size_slug", nil},
		{"removed-list", "inbound_rules", nil},
		{"flow-added", "tags", []any{"web", "prod", "load-test"}},
		{"flow-removed", "tags", []any{"prod"}},
		{"flow-replaced", "tags", []any{"web", "test"}},
		{"flow-emptied", "tags", []any{}},
		{"flow-member", "backup_policy.hour", json.Number("8")},
		{"flow-member-added", "backup_policy.weekday", "SUN"},
		{"flow-member-removed", "backup_policy.plan", nil},
		{"element-added", "inbound_rules", []any{rules[0], rules[1], rule("5432")}},
		{"element-first", "inbound_rules", []any{rule("80"), rules[0], rules[1]}},
		{"element-between", "inbound_rules", []any{rules[0], rule("80"), rules[1]}},
		{"element-removed", "inbound_rules", []any{rules[0]}},
		{"element-removed-first", "inbound_rules", []any{rules[1]}},
		{"element-changed", "inbound_rules", []any{rules[0], set(rules[1], []any{"192.0.2.0/24", "198.51.100.0/24"}, "sources", "addresses")}},
		{"element-in-flow-changed", "inbound_rules", []any{set(rules[0], []any{"0.0.0.0/0"}, "sources", "addresses"), rules[1]}},
		{"element-replaced", "inbound_rules", []any{rules[0], rule("5432")}},
		{"elements-around-a-changed-one", "inbound_rules", []any{rule("80"), set(rules[0], []any{"0.0.0.0/0"}, "sources", "addresses"), rule("81")}},
		{"plain-element-replaced", "inbound_rules", []any{rules[0], set(rules[1], []any{"198.51.100.0/24"}, "sources", "addresses")}},
		{"emptied", "inbound_rules", []any{}},
		{"object-member", "labels.tier", "db"},
		{"object-member-added", "labels.zone", "a"},
		{"object-emptied", "labels", map[string]any{}},
		{"object-replaced", "labels", "none"},
		{"null", "volume_ids", []any{"506f78a4"}},
		{"empty-filled", "empty", []any{rule("80")}},
		{"added", "monitoring", true},
		{"added-object", "new", map[string]any{"a": json.Number("1"), "b": []any{rule("80")}}},
		{"multi-line-text", "region", "a\nb\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := set(have, c.to, append([]string{"spec", "desired"}, strings.Split(c.path, ".")...)...)
			for _, newline := range []string{"\n", "\r\n"} {
				text := strings.ReplaceAll(byHand, "\n", newline)
				out, err := yamledit.Rewrite([]byte(text), want, 3)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, decoded(t, string(out))); diff != "" {
					t.Fatalf("it says something else (-want +got):\n%s", diff)
				}
				got := diffOf(text, string(out))
				if newline == "\r\n" {
					if strings.Count(string(out), "\n") != strings.Count(string(out), "\r\n") {
						t.Error("line breaks are mixed")
					}
					got = strings.ReplaceAll(got, "\r", "")
				}
				golden(t, c.name, got)
			}
		})
	}
}

// diffOf are the lines that differ.
func diffOf(before, after string) string {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	var out strings.Builder
	for _, line := range a[start : len(a)-end] {
		out.WriteString("-" + line + "\n")
	}
	for _, line := range b[start : len(b)-end] {
		out.WriteString("+" + line + "\n")
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever is rewritten says what it should, and of what stays no line is lost.
func TestRewriteSaysWhatItShould(t *testing.T) {
	texts := []string{byHand,
		"a: 1", "a: 1\nb:\n  - x\n  - y: 1\n    z: 2\n", "a:\n- - 1\n  - 2\n- 3\n", "{a: 1, b: [1, 2,\n   3], c: {d: e}}\n", "a: |\n  text\n  more\nb: >-\n  x\n  y\nc: 1 # é\n",
		"é: [ü, \"#\", 'it''s'] # c\nb: {x: \"a, b\", y: don't}\n", "a:\n\n  b:\n    c: 1\n\n\n  d:\nf: ~\n", "list:\n  # one\n  - 1 # first\n  # two\n  - 2\n\n  - {a: 1}\n# end",
	}
	random := rand.New(rand.NewPCG(1, 2))
	failed := 0
	const rounds = 3000
	for i := range rounds {
		text := texts[i%len(texts)]
		want := mutate(random, decoded(t, text))
		if _, isObject := want.(map[string]any); !isObject {
			continue
		}
		out, err := yamledit.Rewrite([]byte(text), want, 0)
		if errors.Is(err, yamledit.ErrByHand) {
			failed++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if resource.Hash(decoded(t, string(out))) != resource.Hash(want) {
			t.Fatalf("it says something else than %v:\n%s", want, out)
		}
		if again, err := yamledit.Rewrite(out, want, 0); err != nil || string(again) != string(out) {
			t.Fatalf("a second time changes it: %v", err)
		}
	}
	if failed > rounds/50 {
		t.Errorf("%d of %d could not be done", failed, rounds)
	}
}

// mutate changes something somewhere in a value.
func mutate(r *rand.Rand, value any) any {
	some := []any{"x", "no", json.Number("7"), true, []any{}, []any{"p", "q"}, map[string]any{"k": "v"}, []any{map[string]any{"k": "v"}}, ""}
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, inner := range value {
			switch r.IntN(6) {
			case 0:
			case 1:
				out[name] = some[r.IntN(len(some))]
			default:
				out[name] = inner
				if r.IntN(3) == 0 {
					out[name] = mutate(r, inner)
				}
			}
		}
		if r.IntN(4) == 0 {
			out[fmt.Sprint("new", r.IntN(9))] = some[r.IntN(len(some))]
		}
		return out
	case []any:
		var out []any
		for _, inner := range value {
			switch r.IntN(6) {
			case 0:
			case 1:
				out = append(out, some[r.IntN(len(some))], inner)
			default:
				out = append(out, mutate(r, inner))
			}
		}
		if out == nil {
			return []any{}
		}
		return out
	}
	if r.IntN(2) == 0 {
		return some[r.IntN(len(some))]
	}
	return value
}

// What stands in several places can't be changed in one.
func TestWhatOnlyAPersonCanChange(t *testing.T) {
	const text = "spec:\n  desired:\n    a: &size s-1\n    b: *size\n"
	if _, err := yamledit.Rewrite([]byte(text), set(decoded(t, text), "s-2", "spec", "desired", "a"), 3); !errors.Is(err, yamledit.ErrByHand) {
		t.Errorf("changing an anchor: %v", err)
	}
	out, err := yamledit.Rewrite([]byte(text), set(decoded(t, text), "s-2", "spec", "desired", "b"), 3)
	if want := strings.Replace(text, "*size", "s-2", 1); err != nil || string(out) != want {
		t.Errorf("changing an alias: %v\n%s", err, out)
	}
	const merged = "base: &base {region: nyc3}\nspec:\n  desired:\n    <<: *base\n    size: a\n"
	if _, err = yamledit.Rewrite([]byte(merged), set(decoded(t, merged), "ams3", "spec", "desired", "region"), 3); !errors.Is(err, yamledit.ErrByHand) {
		t.Errorf("overriding what is merged: %v", err)
	}
}

func TestDocuments(t *testing.T) {
	for text, want := range map[string][]string{
		"a: 1\n": {"a: 1\n"},
		"---\na: 1\n---\nb: |\n  ---\n--- # c\nd: 2": {"", "\na: 1\n", "\nb: |\n  ---\n", " # c\nd: 2"},
		"----\n":                  {"----\n"},
		"a: 1\r\n---\r\nb: 2\r\n": {"a: 1\r\n", "\r\nb: 2\r\n"},
	} {
		var got []string
		file := []byte(text)
		for _, d := range yamledit.Documents(file) {
			got = append(got, string(d.Of(file)))
			if same := d.Replace(file, d.Of(file)); string(same) != text {
				t.Errorf("putting the same back makes %q", same)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

package kinds

import (
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// FuzzFields tries every field of every kind with any two values: nothing differs
// from itself, and accepting what differs ends the difference.
func FuzzFields(f *testing.F) {
	f.Add(`[{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"]}}]`, `[{"protocol":"tcp","ports":22,"sources":{"tags":["a"]}}]`)
	f.Add(`[{"protocol":"icmp"},{"protocol":"icmp","sources":"x"},{"protocol":"ICMP","sources":{"a":1}}]`, `null`)
	f.Add(`[{"action":"deny"},{"action":["x"]},[["b","a"]],""]`, `[{"protocol":{"a":[2,1]}},{}]`)
	f.Add(`"www.example.com."`, `"@"`)
	f.Add(`{"id":1}`, `{"id":2,"slug":"","type":"base"}`)
	f.Add(`["droplet_agent"]`, `["backups",{"a":1}]`)
	f.Fuzz(func(t *testing.T, first, second string) {
		desired, err := resource.Decode([]byte(first))
		if err != nil {
			return
		}
		observed, err := resource.Decode([]byte(second))
		if err != nil {
			return
		}
		for _, kind := range All() {
			for _, field := range kind.Fields {
				for _, around := range surroundings(kind) {
					if !around.concerns(field) {
						continue
					}
					tryField(t, kind, field.Path, desired, desired, around, !around.corrects)
					tryField(t, kind, field.Path, desired, observed, around, false)
				}
			}
		}
	})
}

// around is what else a resource shows, on which a field's comparison may rest.
type around struct {
	attrs  map[string]any
	unseen []string
	// fields are those whose comparison rests on it; none: any may.
	fields []string
	// corrects says that what is observed is not taken as it stands.
	corrects bool
}

func (a around) concerns(field Field) bool {
	return a.fields == nil || slices.Contains(a.fields, field.Path)
}

func surroundings(kind Kind) []around {
	all := []around{{}}
	switch kind.Kind {
	case "Droplet":
		backups := []string{"backups", "features", "backup_policy.hour"}
		all = append(all, around{unseen: []string{"backups"}, fields: backups},
			around{attrs: map[string]any{"backups": true}, fields: backups, corrects: true},
			around{attrs: map[string]any{"backup_policy": map[string]any{"plan": "daily"}}, fields: backups, corrects: true})
	case "DomainRecord":
		for _, name := range []string{"A", "CNAME", "MX", "TXT", "CAA"} {
			all = append(all, around{attrs: map[string]any{"type": name}, fields: []string{"name", "data"}})
		}
		all = append(all, around{attrs: map[string]any{"type": "CAA", "tag": "iodef"}, fields: []string{"data"}})
	case "LoadBalancer":
		all = append(all, around{attrs: map[string]any{"size_unit": json.Number("3")}, fields: []string{"size"}, corrects: true},
			around{attrs: map[string]any{"size": "lb-medium"}, fields: []string{"size_unit"}, corrects: true},
			around{attrs: map[string]any{"tag": "web"}, fields: []string{"droplet_ids"}})
	case "DatabaseCluster":
		for _, engine := range []string{"pg", "redis", "mysql"} {
			all = append(all, around{attrs: map[string]any{"engine": engine}, fields: []string{"version", "semantic_version"}})
		}
	case "KubernetesCluster":
		all = append(all, around{attrs: map[string]any{"auto_upgrade": true}, fields: []string{"version"}})
	case "KubernetesNodePool":
		limits := []string{"count", "min_nodes", "max_nodes"}
		all = append(all, around{attrs: map[string]any{"auto_scale": false, "min_nodes": json.Number("0")}, fields: limits},
			around{attrs: map[string]any{"auto_scale": true, "min_nodes": json.Number("1"), "max_nodes": json.Number("8")}, fields: limits})
	}
	return all
}

// What a comparison may take for equal, in each of the surroundings that change it,
// against each other.
func TestFieldsWithinTheirResource(t *testing.T) {
	values := []any{
		nil, "", "nil", false, "off", "True", json.Number("0"), "0.0", json.Number("7"), "7", "sunday", "SUN", "text", "text\n", "text \n",
		"@", ";", ".", "www", "WWW.", "www.example.com", "www.example.com.", "example.com", "Example.com.", "https://example.com/A", "1.2.3.4/32",
		[]any{}, []any{"www"}, []any{"backups"}, []any{"backups", "ipv6", "droplet_agent"}, []any{json.Number("7")},
		map[string]any{}, map[string]any{"id": json.Number("7"), "slug": "", "public": true}, map[string]any{"id": json.Number("7"), "slug": "www", "regions": []any{"a"}},
		map[string]any{"slug": "www"}, map[string]any{"regions": nil}, map[string]any{"id": nil, "type": "base"},
		[]any{map[string]any{"gateway": "nil", "ip_address": "1.2.3.4"}}, []any{map[string]any{"gateway": nil, "ip_address": "1.2.3.4/32"}},
		[]any{map[string]any{"protocol": "tcp", "ports": strings.Repeat("1,", 600), "sources": map[string]any{"addresses": "::/0"}}},
		[]any{[]any{map[string]any{"protocol": "tcp", "ports": "\u202e"}, strings.Repeat("é", 200)}},
	}
	for _, kind := range All() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			for _, around := range surroundings(kind) {
				for _, field := range kind.Fields {
					if around.concerns(field) {
						tryValues(t, kind, field.Path, values, around)
					}
				}
			}
		})
	}
}

func tryValues(t *testing.T, kind Kind, field string, values []any, around around) {
	t.Helper()
	for _, desired := range values {
		tryField(t, kind, field, desired, desired, around, !around.corrects)
		for _, observed := range values {
			tryField(t, kind, field, desired, observed, around, false)
		}
	}
}

func tryField(t *testing.T, kind Kind, field string, desired, observed any, around around, same bool) {
	t.Helper()
	at, err := resource.ParsePath(field)
	if err != nil {
		t.Fatal(err)
	}
	declared, found := nest(at, desired), resource.Resource{Ref: resource.Ref{Kind: kind.Kind, ID: kind.ID.Example},
		Values: with(around.attrs, at, observed), Unseen: around.unseen}
	result := drift.Differences(kind.Schema, declared, found, nil)
	if same && len(result.Differences) > 0 {
		t.Fatalf("%s.%s: %s differs from itself at %s", kind.Kind, field, resource.Canonical(desired), result.Differences[0].Path)
	}
	if !around.corrects {
		tryRestore(t, kind, declared, found, result.Differences)
	}
	for _, difference := range result.Differences {
		if spelled := difference.Path.String(); utf8.RuneCountInString(spelled) > 1024 {
			t.Fatalf("%s.%s: the path %s is too long for a status", kind.Kind, field, spelled)
		}
		adopted, err := drift.Adopt(kind.Schema, declared, difference.Actual, difference.Path)
		if errors.Is(err, drift.ErrNotAdoptable) {
			return
		}
		if declared = adopted; err != nil {
			t.Fatalf("%s.%s: desired %s, observed %s: %v", kind.Kind, field, resource.Canonical(desired), resource.Canonical(observed), err)
		}
	}
	if left := drift.Differences(kind.Schema, declared, found, nil).Differences; len(left) > 0 {
		t.Fatalf("%s.%s: desired %s, observed %s: accepting made %s, which differs at %s", kind.Kind, field,
			resource.Canonical(desired), resource.Canonical(observed), resource.Canonical(declared), left[0].Path)
	}
}

// tryRestore writes what a revert would write, for each difference alone.
func tryRestore(t *testing.T, kind Kind, declared map[string]any, live resource.Resource, differences []drift.Difference) {
	t.Helper()
	for _, difference := range differences {
		field, value, err := drift.Restore(kind.Schema, declared, live, difference.Path)
		if err != nil {
			t.Fatalf("%s: restoring %s: %v", kind.Kind, difference.Path, err)
		}
		restored := live
		restored.Values = with(live.Values, field, value)
		left := drift.Differences(kind.Schema, declared, restored, nil).Differences
		if slices.ContainsFunc(left, func(d drift.Difference) bool { return d.Path.String() == difference.Path.String() }) || len(left) >= len(differences) {
			t.Fatalf("%s.%s: desired %s, live %s: restoring made %s, which differs", kind.Kind, difference.Path,
				resource.Canonical(declared), resource.Canonical(live.Values), resource.Canonical(restored.Values))
		}
	}
}

// with is values with another one at that path.
func with(values map[string]any, at resource.Path, value any) map[string]any {
	out := maps.Clone(values)
	if out == nil {
		out = map[string]any{}
	}
	if len(at) > 1 {
		inner, _ := out[string(at[0])].(map[string]any)
		value = with(inner, at[1:], value)
	}
	out[string(at[0])] = value
	return out
}

func nest(at resource.Path, value any) map[string]any {
	for i := len(at) - 1; i > 0; i-- {
		value = map[string]any{string(at[i]): value}
	}
	return map[string]any{string(at[0]): value}
}

// The same firewall, listed in another order each time, is one observation: an
// approval given on it holds.
func TestRulesAreOneObservationInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	rule := func() any {
		pick := func(of ...any) any { return of[random.IntN(len(of))] }
		sources := map[string]any{}
		for _, name := range []string{"addresses", "tags", "droplet_ids"} {
			if random.IntN(2) == 0 {
				sources[name] = []any{pick("1.2.3.4", "5.6.7.8", "::1"), pick("a", "b"), pick(1, 2)}
			}
		}
		return map[string]any{"protocol": pick("tcp", "udp", "icmp"), "ports": pick("22", "80", "0", "all", ""), "sources": sources}
	}
	differed := 0
	for range 3000 {
		var desired, observed []any
		for range random.IntN(4) {
			desired = append(desired, rule())
		}
		for range random.IntN(4) {
			observed = append(observed, rule())
		}
		first := rules.Compare(desired, drift.Live{Value: observed}).Differences
		random.Shuffle(len(observed), func(i, j int) { observed[i], observed[j] = observed[j], observed[i] })
		random.Shuffle(len(desired), func(i, j int) { desired[i], desired[j] = desired[j], desired[i] })
		second := rules.Compare(desired, drift.Live{Value: observed}).Differences
		differed += len(first)
		if len(first) != len(second) {
			t.Fatalf("%d and %d differences of %s", len(first), len(second), resource.Canonical(observed))
		}
		for i := range first {
			one := drift.Observation(first[i].Path.String(), first[i].Expected, first[i].Actual)
			if other := drift.Observation(second[i].Path.String(), second[i].Expected, second[i].Actual); one != other {
				t.Fatalf("two observations: %s and %s", resource.Canonical(first[i].Actual), resource.Canonical(second[i].Actual))
			}
		}
	}
	if differed < 1000 {
		t.Errorf("only %d differences: the property was hardly tried", differed)
	}
}

// Every key has to fit into a path, whatever was declared for a rule, and two rules
// must not come to have one key.
func TestRuleKeysAreShort(t *testing.T) {
	seen := map[string]string{}
	for why, element := range map[string]any{
		"a port":                  object(t, `{"protocol":"tcp","ports":"22"}`),
		"ports that are a list":   map[string]any{"protocol": "tcp", "ports": strings.Repeat("10000,", 500)},
		"another such list":       map[string]any{"protocol": "tcp", "ports": strings.Repeat("10000,", 501)},
		"a list for a rule":       []any{strings.Repeat("x", 5000)},
		"characters of four":      map[string]any{"protocol": strings.Repeat("\U000e0041", 26)},
		"as many as are kept":     map[string]any{"protocol": strings.Repeat("\U000e0041", 5000)},
		"controls, in their code": map[string]any{"protocol": strings.Repeat("\x01", 97)},
	} {
		key := ruleKey(element)
		path := resource.Path{"outbound_rules", resource.Segment(key)}.String()
		if parsed, err := resource.ParsePath(path); err != nil || string(parsed[1]) != key || len(path) > 1024 {
			t.Errorf("%s: a path of %d characters, %v", why, len(path), err)
		}
		if other, twice := seen[key]; twice {
			t.Errorf("%s has the key of %s", why, other)
		}
		seen[key] = why
	}
	if got := ruleKey(object(t, `{"protocol":"TCP","ports":"8000 - 9000","action":"DENY"}`)); got != "tcp/8000-9000/deny" {
		t.Errorf("what is short stays readable: %s", got)
	}
}

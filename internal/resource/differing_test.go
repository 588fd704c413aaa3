package resource

import (
	"fmt"
	"strings"
	"testing"
)

func TestShortPairShowsWhatDiffers(t *testing.T) {
	addresses := func(n int, more ...any) []any {
		out := make([]any, 0, n+len(more))
		for i := range n {
			out = append(out, fmt.Sprintf("10.0.%d.%d", i/256, i%256))
		}
		return append(out, more...)
	}
	rule := func(from []any) map[string]any {
		return map[string]any{"ports": "22", "protocol": "tcp", "sources": map[string]any{"addresses": from}}
	}
	for name, c := range map[string]struct{ a, b, wantA, wantB any }{
		"short":           {[]any{"web"}, []any{"web", "db"}, `["web"]`, `["web","db"]`},
		"one is new":      {addresses(3000), addresses(3000, "192.0.2.7"), `["…"]`, `["192.0.2.7","…"]`},
		"one is replaced": {addresses(3000, "192.0.2.1"), addresses(3000, "192.0.2.7"), `["192.0.2.1","…"]`, `["192.0.2.7","…"]`},
		"twice and once":  {addresses(9, "a", "a"), addresses(9, "a"), `["a","…"]`, `["…"]`},
		"within a rule":   {rule(addresses(3000)), rule(addresses(3000, "192.0.2.7")), `{"sources":{"addresses":["…"]}}`, `{"sources":{"addresses":["192.0.2.7","…"]}}`},
		"a key is new":    {map[string]any{"text": strings.Repeat("a", 100)}, map[string]any{"text": strings.Repeat("a", 100), "b": nil}, `{}`, `{"b":null}`},
		"no common kind":  {addresses(3000), "none", `["10.0.0.0","10.0.0.1","10.0.0.2","10.0.0.3","1…`, "none"},
		"long text":       {strings.Repeat("a", 50), "b", strings.Repeat("a", 47) + "…", "b"},
		"nothing":         {addresses(3000), nil, `["10.0.0.0","10.0.0.1","10.0.0.2","10.0.0.3","1…`, "<none>"},
	} {
		gotA, gotB := ShortPair(c.a, c.b, 48)
		if gotA != c.wantA || gotB != c.wantB {
			t.Errorf("%s: %s and %s, want %s and %s", name, gotA, gotB, c.wantA, c.wantB)
		}
	}
}

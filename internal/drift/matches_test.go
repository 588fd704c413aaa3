package drift

import (
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestMatches(t *testing.T) {
	schema := Schema{Kind: "X", Fields: []Field{{Path: "type", Compare: FoldCase}, {Path: "region", Compare: FoldCase}}}
	live := resource.Resource{Values: map[string]any{"region": "fra1", "type": "A"}, Unseen: []string{"tags"}}
	for _, c := range []struct {
		why          string
		where        map[string]any
		equal, known bool
	}{
		{"by the field's own comparison", map[string]any{"type": "a", "region": "FRA1"}, true, true},
		{"one that differs decides", map[string]any{"type": "A", "region": "nyc3"}, false, true},
		{"a name that the kind does not have matches nothing", map[string]any{"colour": "red"}, false, true},
		{"nothing asked for", nil, true, true},
	} {
		t.Run(c.why, func(t *testing.T) {
			if equal, known := Matches(schema, c.where, live); equal != c.equal || known != c.known {
				t.Errorf("got %t, %t, want %t, %t", equal, known, c.equal, c.known)
			}
		})
	}
	live.Unseen = []string{"type"}
	if equal, known := Matches(schema, map[string]any{"type": "A"}, live); equal || known {
		t.Errorf("of a field that can't be seen: %t, %t", equal, known)
	}
}

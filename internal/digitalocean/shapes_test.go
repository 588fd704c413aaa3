package digitalocean

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// answerOf is the kind's test body, undecoded but for its numbers.
func answerOf(t *testing.T, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile("testdata/" + fileOf(name) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	body, err := resource.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return body.(map[string]any)
}

// spellings are other ways in which people write a value that is shown.
func spellings(value any) []any {
	out := []any{value}
	switch value := value.(type) {
	case json.Number:
		out = append(out, value.String(), " "+value.String())
		if !strings.Contains(value.String(), ".") {
			out = append(out, value.String()+".0")
		}
	case bool:
		if value {
			return append(out, "true", "True", "on", "yes", "enabled", json.Number("1"), "1")
		}
		return append(out, "false", "False", "off", "no", "disabled", json.Number("0"), "0", nil, "")
	case []any:
		for i := range value {
			for _, spelling := range spellings(value[i]) {
				list := slices.Clone(value)
				list[i] = spelling
				out = append(out, list)
			}
		}
		if len(value) == 1 {
			if _, isObject := value[0].(map[string]any); !isObject {
				out = append(out, value[0])
			}
		}
	case map[string]any:
		for name := range value {
			for _, spelling := range spellings(value[name]) {
				object := maps.Clone(value)
				object[name] = spelling
				out = append(out, object)
			}
		}
	}
	return out
}

func declaring(path resource.Path, value any) map[string]any {
	for i := len(path) - 1; i > 0; i-- {
		value = map[string]any{string(path[i]): value}
	}
	return map[string]any{string(path[0]): value}
}

// Everything that is shown can be declared: in other words, as an accept writes it, and as the
// answer itself had it.
func TestWhatIsShownIsTaken(t *testing.T) {
	tried := 0
	for _, kind := range kinds.All() {
		live, body := readBody(t, kind.Name), answerOf(t, kind.Name)
		for _, field := range kind.Fields {
			path, err := resource.ParsePath(field.Path)
			if err != nil {
				t.Fatal(err)
			}
			shown, seen := live.Lookup(path)
			if !seen {
				continue
			}
			for _, value := range spellings(shown) {
				tried++
				result := drift.Differences(kind.Schema, declaring(path, value), live, nil)
				if len(result.Unknown) > 0 {
					t.Errorf("%s.%s as %s: %s", kind.Name, field.Path, resource.Canonical(value), result.Unknown[0].Explain(kind.Name))
				}
			}
			if raw, isObject := body[field.Path].(map[string]any); isObject && field.Of != "" {
				maps.DeleteFunc(raw, func(_ string, value any) bool { return value == "SECRET" }) // no answer of DigitalOcean's
				result := drift.Differences(kind.Schema, declaring(path, raw), live, nil)
				if len(result.Unknown)+len(result.Differences) > 0 {
					t.Errorf("%s.%s as the answer has it: %+v", kind.Name, field.Path, result)
				}
			}
			for _, declared := range []any{nil, "", json.Number("4711"), "x", true, []any{}, []any{"x"}, []any{json.Number("4711")}, map[string]any{}} {
				checkAccepted(t, kind, path, declared, live)
			}
		}
	}
	if tried < 400 {
		t.Errorf("only %d spellings were tried", tried)
	}
}

// checkAccepted accepts whatever differs from a declared value: nothing of the outcome is
// refused, and nothing differs any more.
func checkAccepted(t *testing.T, kind kinds.Kind, path resource.Path, declared any, live resource.Resource) {
	t.Helper()
	desired := declaring(path, declared)
	for _, difference := range drift.Differences(kind.Schema, desired, live, nil).Differences {
		adopted, err := drift.Adopt(kind.Schema, desired, difference.Actual, difference.Path)
		if err != nil {
			if !strings.Contains(err.Error(), drift.ErrNotAdoptable.Error()) {
				t.Errorf("%s.%s: accepting %s: %v", kind.Name, path, resource.Canonical(difference.Actual), err)
			}
			return
		}
		desired = adopted
	}
	after := drift.Differences(kind.Schema, desired, live, nil)
	before := drift.Differences(kind.Schema, declaring(path, declared), live, nil)
	if len(after.Differences) > 0 || len(after.Unknown) > len(before.Unknown) {
		t.Errorf("%s.%s: accepted over %s, and refused: %+v", kind.Name, path, resource.Canonical(declared), after)
	}
}

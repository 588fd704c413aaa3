package resource

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMeasure(t *testing.T) {
	for _, c := range []struct {
		why, text     string
		values, depth int
	}{
		{"a scalar", `"a"`, 1, 0},
		{"a number", `-1.5e3`, 1, 0},
		{"a list and what is in it", `[1, "b", null]`, 4, 1},
		{"keys are no values", `{"a": {"b": true}, "c": []}`, 4, 2},
		{"brackets in a text are none", `{"a": "[{\"]}", "b\\": "}"}`, 3, 1},
		{"nothing", `{}`, 1, 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			if got := Measure([]byte(c.text)); got.Values != c.values || got.Depth != c.depth || got.Bytes != len(c.text) {
				t.Errorf("%s: %+v, want %d values, %d levels", c.text, got, c.values, c.depth)
			}
		})
	}
}

// Whatever is encoded is counted as it was made.
func TestMeasureCountsWhatWasEncoded(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var made func(depth int) (value any, values, deep int)
	made = func(depth int) (any, int, int) {
		switch kind := random.IntN(5); {
		case depth > 4 || kind < 2:
			return []any{nil, true, 1.5, `a"]}:,`, "b\\"}[random.IntN(5)], 1, 0
		case kind == 2:
			list, values, deep := []any{}, 1, 0
			for range random.IntN(4) {
				v, n, d := made(depth + 1)
				list, values, deep = append(list, v), values+n, max(deep, d)
			}
			return list, values, deep + 1
		default:
			object, values, deep := map[string]any{}, 1, 0
			for range random.IntN(4) {
				key := strings.Repeat(`k":{`, random.IntN(3)) + string(rune('a'+len(object)))
				v, n, d := made(depth + 1)
				object[key], values, deep = v, values+n, max(deep, d)
			}
			return object, values, deep + 1
		}
	}
	for range 2000 {
		value, values, depth := made(0)
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if got := Measure(raw); got.Values != values || got.Depth != depth {
			t.Fatalf("%s: %+v, want %d values, %d levels", raw, got, values, depth)
		}
	}
}

// Each of the bounds of a declaration is one that may be reached and not passed.
func TestBeyond(t *testing.T) {
	for _, c := range []struct {
		size Size
		says string
	}{
		{Most, ""},
		{Size{}, ""},
		{Size{Bytes: Most.Bytes + 1}, "bytes"},
		{Size{Values: Most.Values + 1}, "values"},
		{Size{Depth: Most.Depth + 1}, "levels deep"},
	} {
		if why := c.size.Beyond(Most); (why == "") != (c.says == "") || !strings.Contains(why, c.says) {
			t.Errorf("%+v: %q, want %q", c.size, why, c.says)
		}
	}
}

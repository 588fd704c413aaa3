package kinds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Telling is a field, and a value that tells a resource from others of its name.
type Telling struct {
	Field string
	// Value is a string or a json.Number.
	Value any
}

// longestTelling is how many characters a telling value has at most: a longer one can't be
// shown whole, and cut short it would match nothing.
const longestTelling = 64

// TellApart is the least that one of several resources has and none of the others, beside
// what is asked for already. It was tried under the fields' own comparisons. ok is false
// where only its id tells it apart.
func (k Kind) TellApart(live []resource.Resource, which int, asked ...string) (where []Telling, ok bool) {
	if which >= len(live) {
		return nil, false
	}
	rivals := slices.Delete(slices.Clone(live), which, which+1)
	for _, field := range k.tellingFields() {
		if slices.Contains(asked, field) || len(rivals) == 0 {
			continue
		}
		telling, usable := k.Tell(live[which], field)
		if !usable {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(rivals), func(rival resource.Resource) bool {
			equal, known := drift.Matches(k.Schema, map[string]any{field: telling.Value}, rival)
			return known && !equal
		})
		if len(rest) < len(rivals) {
			rivals, where = rest, append(where, telling)
		}
	}
	return where, len(rivals) == 0
}

// tellingFields are the fields by which a resource may be told from its namesakes: first the
// fields that identify, then fields that it keeps for life, then fields that change in place.
// Nobody chooses the others, or a droplet has to be powered off to change them: these
// describe the state that it is in.
func (k Kind) tellingFields() []string {
	out := slices.Clone(k.Identifying)
	for _, change := range []drift.Change{drift.ByReplacement, drift.InPlace} {
		for _, field := range k.Fields {
			isPlain := field.Path != "name" && !strings.ContainsAny(field.Path, ".[")
			if field.Change == change && isPlain && !slices.Contains(out, field.Path) {
				out = append(out, field.Path)
			}
		}
	}
	return out
}

// Tell is the value of a field as a where has it. usable is false for what a where can't
// hold, for what can't be shown as it is, and for what does not match even its own resource.
func (k Kind) Tell(live resource.Resource, field string) (telling Telling, usable bool) {
	seen, ok := live.Lookup(resource.Path{resource.Segment(field)})
	if !ok {
		return Telling{}, false
	}
	telling.Field = field
	switch seen := seen.(type) {
	case string:
		telling.Value = seen
		if seen == "" || resource.Short(seen, longestTelling) != seen {
			return Telling{}, false
		}
	case bool:
		telling.Value = fmt.Sprint(seen)
	case json.Number:
		telling.Value = seen
	default:
		return Telling{}, false
	}
	equal, _ := drift.Matches(k.Schema, map[string]any{field: telling.Value}, live)
	return telling, equal
}

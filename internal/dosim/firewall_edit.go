package dosim

import (
	"encoding/json"
	"net/http"
	"slices"
)

// firewallPart is what an edit is about.
type firewallPart struct {
	// in says whether the body holds any of it.
	in        func(part *firewallSpec) bool
	otherwise string
}

var (
	ofDroplets = firewallPart{func(part *firewallSpec) bool { return len(part.DropletIDs) > 0 }, "droplet_ids is required"}
	ofTags     = firewallPart{func(part *firewallSpec) bool { return len(part.Tags) > 0 }, "tags is required"}
	ofRules    = firewallPart{func(part *firewallSpec) bool { return len(part.Inbound)+len(part.Outbound) > 0 }, "must specify at least one rule"}
)

// firewallEdit changes a spec by the part that the body holds.
type firewallEdit func(spec, part *firewallSpec)

func editFirewall(about firewallPart, edit firewallEdit) func(c *call, f *firewall) (*reply, error) {
	return func(c *call, f *firewall) (*reply, error) {
		var part firewallSpec
		if err := c.decode(&part); err != nil {
			return nil, err
		}
		if !about.in(&part) {
			return nil, invalid("%s", about.otherwise)
		}
		if err := c.completeSpec(&part); err != nil {
			return nil, err
		}
		spec := f.firewallSpec
		edit(&spec, &part)
		if ofRules.in(&f.firewallSpec) && !ofRules.in(&spec) {
			return nil, errNoRules
		}
		c.changeFirewall(f, spec)
		return &reply{http.StatusNoContent, nil}, nil
	}
}

func addDroplets(spec, part *firewallSpec) {
	spec.DropletIDs = append(slices.Clone(spec.DropletIDs), removed(part.DropletIDs, spec.DropletIDs)...)
}

func removeDroplets(spec, part *firewallSpec) {
	spec.DropletIDs = removed(spec.DropletIDs, part.DropletIDs)
}

func addTags(spec, part *firewallSpec) {
	spec.Tags = append(slices.Clone(spec.Tags), removed(part.Tags, spec.Tags)...)
}

func removeTags(spec, part *firewallSpec) { spec.Tags = removed(spec.Tags, part.Tags) }

func addRules(spec, part *firewallSpec) {
	spec.Inbound = append(slices.Clone(spec.Inbound), part.Inbound...)
	spec.Outbound = append(slices.Clone(spec.Outbound), part.Outbound...)
}

func removeRules(spec, part *firewallSpec) {
	spec.Inbound, spec.Outbound = removed(spec.Inbound, part.Inbound), removed(spec.Outbound, part.Outbound)
}

// removed is what is left of a list without some of its items. Items are the
// same that are shown alike.
func removed[T any](from, gone []T) []T {
	shown := func(item any) string {
		if r, ok := item.(rule); ok && r.Action == "allow" {
			r.Action = "" // what a rule does that says nothing of it
			item = r
		}
		data, _ := json.Marshal(item) // plain structs of this package
		return string(data)
	}
	without := map[string]bool{}
	for _, item := range gone {
		without[shown(item)] = true
	}
	return slices.DeleteFunc(slices.Clone(from), func(item T) bool { return without[shown(item)] })
}

package resolution

import (
	"encoding/json"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// A recorded approval is completed without the inventory: what differs, and from
// what, has to follow from the declaration and the recorded value alone.
func TestExpectedAtNeedsNoInventory(t *testing.T) {
	for name, tt := range map[string]struct{ kind, id, desired, observed string }{
		"a scalar":                          {"Droplet", "1", `{"size_slug":"s-2"}`, `{"size_slug":"s-1"}`},
		"a scalar that is gone":             {"Volume", "1", `{"description":"data"}`, `{"description":null}`},
		"a set":                             {"Droplet", "1", `{"tags":["web"]}`, `{"tags":["web","blue"]}`},
		"nothing declared, of a set":        {"Droplet", "1", `{"tags":[]}`, `{"tags":["blue"]}`},
		"an alias":                          {"Droplet", "1", `{"image":"debian-12"}`, `{"image":{"id":7,"slug":"ubuntu-24-04-x64"}}`},
		"an alias by id":                    {"Droplet", "1", `{"image":8}`, `{"image":{"id":7,"slug":"ubuntu-24-04-x64"}}`},
		"a leaf":                            {"Droplet", "1", `{"backup_policy":{"plan":"daily","hour":4}}`, `{"backup_policy":{"plan":"weekly","hour":8}}`},
		"a leaf of what is not there":       {"Droplet", "1", `{"backup_policy":{"plan":"daily"}}`, `{"backup_policy":null}`},
		"an element that came":              {"Firewall", "1", `{"inbound_rules":[]}`, `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["::/0"]}}]}`},
		"an element where nothing was":      {"Firewall", "1", `{"inbound_rules":null}`, `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["::/0"]}}]}`},
		"an element where an object is":     {"Firewall", "1", `{"inbound_rules":{}}`, `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["::/0"]}}]}`},
		"an element that went":              {"Firewall", "1", `{"inbound_rules":[{"protocol":"udp","ports":"all","sources":{"addresses":["::/0"]}}]}`, `{"inbound_rules":[]}`},
		"an element that changed":           {"Firewall", "1", `{"inbound_rules":[{"protocol":"tcp","ports":22,"sources":{"addresses":["10.0.0.0/8"]}}]}`, `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["::/0"]}}]}`},
		"a subset":                          {"Droplet", "1", `{"volume_ids":["a","b"]}`, `{"volume_ids":["a","c"]}`},
		"a list with what it tolerates":     {"Droplet", "1", `{"features":["ipv6"]}`, `{"features":["droplet_agent","monitoring"]}`},
		"what another field adds to":        {"Droplet", "1", `{"features":["ipv6"]}`, `{"features":["monitoring"],"backups":true}`},
		"a flag":                            {"Droplet", "1", `{"monitoring":true}`, `{"monitoring":null}`},
		"what the rest decides how to read": {"DomainRecord", "example.com/1", `{"data":"@"}`, `{"data":"example.org","type":"CNAME"}`},
		"a name within its domain":          {"DomainRecord", "example.com/1", `{"name":"www"}`, `{"name":"mail"}`},
	} {
		t.Run(name, func(t *testing.T) {
			kind, _ := kinds.Lookup(tt.kind)
			desired := object(t, tt.desired)
			observed := resource.Resource{Ref: resource.Ref{Kind: tt.kind, ID: tt.id}, Values: object(t, tt.observed)}
			differences := drift.Differences(kind.Schema, desired, observed, nil).Differences
			if len(differences) == 0 {
				t.Fatal("nothing differs")
			}
			for _, d := range differences {
				expected, differs := drift.Expected(kind.Schema, desired, d.Actual, d.Path)
				if !differs || resource.Hash(expected) != resource.Hash(d.Expected) {
					t.Errorf("%s: %v (%v), want %v", d.Path, expected, differs, d.Expected)
				}
				adopted, err := drift.Adopt(kind.Schema, desired, d.Actual, d.Path)
				if err != nil {
					t.Errorf("%s: %v", d.Path, err)
				} else if _, differs := drift.Expected(kind.Schema, adopted, d.Actual, d.Path); differs {
					t.Errorf("%s still differs once it is accepted", d.Path)
				}
			}
		})
	}
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

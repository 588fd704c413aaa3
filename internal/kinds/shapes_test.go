package kinds

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// told are the messages about what can't be in a declaration.
func told(kind Kind, desired map[string]any, live resource.Resource) (says []string, drifts []drift.Difference) {
	result := drift.Differences(kind.Schema, desired, live, nil)
	for _, u := range result.Unknown {
		says = append(says, u.Explain(kind.Name))
	}
	return says, result.Differences
}

// A value of a shape that its field never has is told, and opens no drift, which nobody could
// end in DigitalOcean.
func TestValuesOfAnotherShape(t *testing.T) {
	rule := func(rest string) string {
		return `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"]}},{"protocol":"tcp","ports":"80",` + rest + `}]}`
	}
	for _, c := range []struct{ kind, desired, live, says string }{
		{"Droplet", `{"tags":[{"name":"web"}]}`, `{"tags":["web"]}`, "tags[0] is an object, and the field holds texts"},
		{"Droplet", `{"tags":["web",{"name":"db"},["x"]]}`, `{"tags":["web"]}`, "tags[1] is an object, and the field holds texts"},
		{"Droplet", `{"tags":{"name":"web"}}`, `{"tags":["web"]}`, "tags is an object, and the field holds texts"},
		{"Droplet", `{"tags":{"name":"web"}}`, `{}`, "tags is an object, and the field holds texts"},
		{"Droplet", `{"size_slug":{"slug":"s-1vcpu-1gb"}}`, `{"size_slug":"s-1vcpu-1gb"}`, "size_slug is an object, and the field holds a text"},
		{"Droplet", `{"size_slug":["s-1vcpu-1gb"]}`, `{"size_slug":"s-1vcpu-1gb"}`, "size_slug is a list, and the field holds a text"},
		{"Droplet", `{"volume_ids":[{"id":"x"}]}`, `{"volume_ids":["x"]}`, "volume_ids[0] is an object, and the field holds texts"},
		{"Droplet", `{"monitoring":{"enabled":true}}`, `{"monitoring":true}`, "monitoring is an object, and the field holds true or false"},
		{"Droplet", `{"monitoring":"perhaps","ipv6":2}`, `{"monitoring":true,"ipv6":true}`,
			"ipv6 is a number, and the field holds true or false; monitoring is a text, and the field holds true or false"},
		{"Droplet", `{"backup_policy":"daily"}`, `{"backup_policy":{"plan":"daily"}}`, "backup_policy is a text, and the field holds an object"},
		{"Droplet", `{"backup_policy":[{"plan":"daily"}]}`, `{"backup_policy":{"plan":"daily"}}`, "backup_policy is a list, and the field holds an object"},
		{"Droplet", `{"backup_policy":{"plan":["daily"],"hour":"four"}}`, `{"backup_policy":{"plan":"daily","hour":4}}`,
			"backup_policy.hour is a text, and the field holds a number; backup_policy.plan is a list, and the field holds a text"},
		{"Droplet", `{"image":{"slug":{"name":"ubuntu"}}}`, `{"image":{"id":1,"slug":"ubuntu"}}`, "image.slug is an object, and the field holds a text"},
		{"Droplet", `{"networks":{"v4":["10.0.0.1"]}}`, `{"networks":{"v4":[{"ip_address":"10.0.0.1"}]}}`, "networks.v4[0] is a text, and the field holds a list of objects"},
		{"Droplet", `{"networks":"10.0.0.1"}`, `{"networks":{"v4":[{"ip_address":"10.0.0.1"}]}}`, "networks is a text, and the field holds an object"},
		{"Droplet", `{"region":["nyc3"]}`, `{"region":"nyc3"}`, "region is a list, and the field holds a text"},
		{"Volume", `{"size_gigabytes":"100GiB"}`, `{"size_gigabytes":100}`, "size_gigabytes is a text, and the field holds a number"},
		{"Volume", `{"droplet_ids":["web-1"]}`, `{"droplet_ids":[1]}`, "droplet_ids[0] is a text, and the field holds numbers"},
		{"ReservedIP", `{"droplet":"web-1"}`, `{"droplet":3}`, "droplet is a text, and the field holds a number"},
		{"ReservedIP", `{"droplet":{"id":"web-1"}}`, `{"droplet":3}`, "droplet.id is a text, and the field holds a number"},
		{"Firewall", rule(`"sources":{"addresses":[{"cidr":"1.2.3.4"}]}`), `{"inbound_rules":[]}`, "inbound_rules[1].sources.addresses[0] is an object, and the field holds texts"},
		{"Firewall", rule(`"sources":{"addresses":{"ip":"1.2.3.4"}}`), `{"inbound_rules":[]}`, "inbound_rules[1].sources.addresses is an object, and the field holds texts"},
		{"Firewall", rule(`"sources":["1.2.3.4"]`), `{"inbound_rules":[]}`, "inbound_rules[1].sources is a list, and the field holds an object"},
		{"Firewall", rule(`"ports":[22]`), `{"inbound_rules":[]}`, "inbound_rules[1].ports is a list, and the field holds a text"},
		{"Firewall", `{"inbound_rules":["tcp/22"]}`, `{"inbound_rules":[{"protocol":"tcp","ports":"22"}]}`, "inbound_rules[0] is a text, and the field holds a list of objects"},
		{"Firewall", `{"inbound_rules":{"protocol":"tcp","ports":"22"}}`, `{"inbound_rules":[{"protocol":"tcp","ports":"22"}]}`,
			"inbound_rules is an object, and the field holds a list of objects"},
		{"LoadBalancer", `{"forwarding_rules":[{"entry_protocol":"http","entry_port":80,"tls_passthrough":{"x":1},"target_port":"http"}]}`,
			`{"forwarding_rules":[{"entry_protocol":"http","entry_port":80,"target_port":80}]}`,
			"forwarding_rules[0].target_port is a text, and the field holds a number; forwarding_rules[0].tls_passthrough is an object, and the field holds true or false"},
		{"LoadBalancer", `{"glb_settings":{"cdn":true}}`, `{"glb_settings":{"cdn":{"is_enabled":true}}}`, "glb_settings.cdn is true or false, and the field holds an object"},
		{"LoadBalancer", `{"glb_settings":{"region_priorities":{"nyc3":"first"}}}`, `{}`, "glb_settings.region_priorities.nyc3 is a text, and the field holds a number"},
		{"DatabaseFirewall", `{"rules":["192.0.2.7"]}`, `{"rules":[{"type":"ip_addr","value":"192.0.2.7"}]}`, "rules[0] is a text, and the field holds a list of objects"},
		{"DatabaseFirewall", `{"rules":[{"type":"ip_addr","value":["192.0.2.7"]}]}`, `{"rules":[]}`, "rules[0].value is a list, and the field holds a text"},
		{"KubernetesCluster", `{"region":{"slug":"nyc3"}}`, `{"region":"nyc3"}`, "region is an object, and the field holds a text"},
		{"KubernetesNodePool", `{"labels":{"a.b/c":{"d":1}}}`, `{"labels":{}}`, `labels["a.b/c"] is an object, and the field holds a text`},
		{"KubernetesNodePool", `{"labels":["a=b"]}`, `{"labels":{"a":"b"}}`, "labels is a list, and the field holds an object"},
	} {
		kind, _ := Lookup(c.kind)
		says, drifts := told(kind, object(t, c.desired), live(kind, object(t, c.live)))
		if got := strings.Join(says, "; "); got != c.says {
			t.Errorf("%s %s:\ngot  %s\nwant %s", c.kind, c.desired, got, c.says)
		}
		if len(drifts) > 0 {
			t.Errorf("%s %s drifts: %+v", c.kind, c.desired, drifts)
		}
	}
}

// What is told of one field keeps no other from being compared.
func TestOtherFieldsAreComparedAllTheSame(t *testing.T) {
	kind, _ := Lookup("Droplet")
	says, drifts := told(kind, object(t, `{"tags":[{"name":"web"}],"size_slug":"s-1vcpu-1gb","backup_policy":{"plan":{},"hour":"x","weekday":"MON"}}`),
		live(kind, object(t, `{"tags":[],"size_slug":"s-2vcpu-2gb","backup_policy":{"plan":"weekly","hour":4,"weekday":"SUN"}}`)))
	if len(says) != 2 || len(drifts) != 3 {
		t.Errorf("%v, and %d drifts: %+v", says, len(drifts), drifts)
	}
}

// A text may be declared as any scalar, a number and a boolean as a text, one value for a list
// of one; null and what is empty stand for none. All of these are compared, whatever is live.
func TestFormsThatAreTaken(t *testing.T) {
	none := []any{nil, "", []any{}, map[string]any{}, []any{nil, ""}, map[string]any{"x": nil}}
	forms := map[drift.Shape][]any{
		drift.OneText:    {"a", json.Number("8"), json.Number("8.5"), true, false, 8, 8.5},
		drift.OneNumber:  {json.Number("8"), "8", " 8\n", "8.0", json.Number("8e0"), 8, 8.0, json.Number("-1"), "0.5"},
		drift.OneBoolean: {true, false, "true", "False", "on", "OFF", "yes", "no", "enabled", "disabled", json.Number("1"), "0", 1, 1.0},
		drift.OneObject:  {},
		drift.Objects:    {[]any{map[string]any{}}, []any{nil}},
	}
	for _, list := range []struct{ of, shape drift.Shape }{{drift.OneText, drift.Texts}, {drift.OneNumber, drift.Numbers}} {
		forms[list.shape] = append([]any{forms[list.of]}, forms[list.of]...)
	}
	booleans := 0
	for _, kind := range All() {
		for _, field := range kind.Schema.Fields {
			at, _ := resource.ParsePath(field.Path)
			taken, known := forms[field.Holds]
			if !known {
				t.Errorf("%s.%s holds %q, which is no shape", kind.Name, field.Path, field.Holds)
			}
			for _, value := range append(taken, none...) {
				if object, isObject := value.(map[string]any); isObject && len(object) > 0 && field.Members != nil {
					continue // a name that it does not have
				}
				if says, _ := told(kind, nest(at, value), live(kind, nil)); len(says) > 0 {
					t.Errorf("%s.%s: %v is refused: %v", kind.Name, field.Path, value, says)
				}
			}
			if field.Holds != drift.OneBoolean {
				continue
			}
			booleans++
			for _, value := range forms[drift.OneBoolean] {
				yes, no := drift.Live{Value: true}, drift.Live{Value: false}
				if field.Compare.Compare(value, yes).Equal() == field.Compare.Compare(value, no).Equal() {
					t.Errorf("%s.%s: %v is a boolean, and neither true nor false", kind.Name, field.Path, value)
				}
			}
		}
	}
	if booleans < 20 {
		t.Errorf("only %d fields are booleans", booleans)
	}
}

// Where an object may be declared for one value of it, the names that it has are known: a
// value that goes unread never passes for one that was compared.
func TestObjectsForOneValue(t *testing.T) {
	tried := 0
	for _, kind := range All() {
		for _, field := range kind.Fields {
			at, _ := resource.ParsePath(field.Path)
			var names []string
			for _, name := range []string{"id", "slug", "name", "state", "type", "value", "key"} {
				object := map[string]any{name: "8"}
				if equal := field.Compare != nil && field.Compare.Compare(object, drift.Live{Value: "8"}).Equal(); equal {
					names = append(names, name)
				}
			}
			if field.Of != "" && len(names) == 0 {
				t.Errorf("%s.%s is read of an object, and that can't be declared", kind.Name, field.Path)
			}
			for _, name := range names {
				tried++
				observed := live(kind, nest(at, "8"))
				if says, drifts := told(kind, nest(at, map[string]any{name: "8"}), observed); len(says)+len(drifts) > 0 {
					t.Errorf("%s.%s: the object with its %s is refused: %v", kind.Name, field.Path, name, says)
				}
				for other, with := range map[string]map[string]any{
					"beside it":        {name: "8", "foo": json.Number("1")},
					"in its place":     {name + "x": "8"},
					"empty, beside it": {name: "8", "foo": nil},
				} {
					says, drifts := told(kind, nest(at, with), observed)
					if len(says) != 1 || !strings.Contains(says[0], fmt.Sprintf("%s has no field %s.", kind.Name, field.Path)) || len(drifts) > 0 {
						t.Errorf("%s.%s, another name %s: %v, and %d drifts", kind.Name, field.Path, other, says, len(drifts))
					}
				}
				for member := range field.Members {
					if member == name {
						continue
					}
					result := drift.Differences(kind.Schema, nest(at, map[string]any{name: "8", member: "true"}), observed, nil)
					if len(result.Differences) > 0 || len(result.Unseen)+len(result.Unknown) == 0 {
						t.Errorf("%s.%s.%s is not read, and passes for compared: %+v", kind.Name, field.Path, member, result)
					}
				}
			}
		}
	}
	if tried < 7 {
		t.Errorf("only %d such forms: the property was hardly tried", tried)
	}
}

package kinds

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	value, err := resource.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

// A name that a kind does not have is told, at every depth, with what was meant where
// that can be told; and nothing drifts because of it.
func TestNamesThatAreNotTheKinds(t *testing.T) {
	for _, c := range []struct{ why, kind, desired, live, says string }{
		{"Terraform's names in a rule", "Firewall", `{"inbound_rules":[{"protocol":"tcp","port_range":"22","source_addresses":["0.0.0.0/0"]}]}`,
			`{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["0.0.0.0/0"]}}]}`,
			"Firewall has no field inbound_rules.port_range; did you mean inbound_rules.ports?, Firewall has no field inbound_rules.source_addresses; did you mean inbound_rules.sources.addresses?"},
		{"a slip in an object", "Droplet", `{"image":{"slgu":"ubuntu-24-04-x64"}}`, `{"image":{"slug":"ubuntu-24-04-x64"}}`,
			"Droplet has no field image.slgu; did you mean image.slug?"},
		{"a slip in a list in an object", "Droplet", `{"networks":{"v4":[{"address":"10.0.0.1"}]}}`, `{"networks":{"v4":[{"ip_address":"10.0.0.1"}]}}`,
			"Droplet has no field networks.v4.address; did you mean networks.v4.ip_address?"},
		{"a slip in an object that stands for a region", "Droplet", `{"region":{"slgu":"nyc3"}}`, `{"region":"nyc3"}`, "Droplet has no field region.slgu; did you mean region.slug?"},
		{"of a VPC", "VPC", `{"region":{"slgu":"nyc3"}}`, `{"region":"nyc3"}`, "VPC has no field region.slgu; did you mean region.slug?"},
		{"of a load balancer", "LoadBalancer", `{"region":{"slgu":"nyc3"}}`, `{"region":"nyc3"}`, "LoadBalancer has no field region.slgu; did you mean region.slug?"},
		{"of an address", "ReservedIP", `{"region":{"sluug":"x"},"droplet":{"idd":3}}`, `{"region":"nyc3","droplet":3}`,
			"ReservedIP has no field droplet.idd; did you mean droplet.id?, ReservedIP has no field region.sluug; did you mean region.slug?"},
		{"a name beside the right one", "Volume", `{"region":{"slug":"nyc3","foo":1}}`, `{"region":"nyc3"}`, "Volume has no field region.foo"},
		{"in a state", "KubernetesCluster", `{"status":{"sttae":"running"}}`, `{"status":"running"}`, "KubernetesCluster has no field status.sttae; did you mean status.state?"},
		{"Terraform's name for a field", "DomainRecord", `{"value":"203.0.113.1"}`, `{"data":"203.0.113.1"}`, "DomainRecord has no field value; did you mean data?"},
		{"and for another", "Droplet", `{"size":"s-1vcpu-1gb"}`, `{"size_slug":"s-2vcpu-2gb"}`, "Droplet has no field size; did you mean size_slug?"},
		{"what can't be read", "Droplet", `{"ssh_keys":[1]}`, `{}`, "ssh_keys is only used when a droplet is created, and DigitalOcean never shows it; declare nothing for it"},
		{"what only a create takes", "Droplet", `{"droplet_agent":true,"private_networking":true,"with_droplet_agent":true}`, `{}`,
			"droplet_agent is only used when a droplet is created, and DigitalOcean never shows it; declare nothing for it, " +
				"private_networking is only used when a droplet is created, and DigitalOcean never shows it; declare nothing for it, " +
				"with_droplet_agent is only used when a droplet is created, and DigitalOcean never shows it; declare nothing for it"},
		{"for a volume", "Volume", `{"snapshot_id":"x"}`, `{}`, "snapshot_id is only used when a volume is created, and DigitalOcean never shows it; declare nothing for it"},
		{"for a domain", "Domain", `{"ip_address":"192.0.2.1"}`, `{}`, "ip_address is only used when a domain is created, and DigitalOcean never shows it; declare nothing for it"},
		{"for a database cluster", "DatabaseCluster", `{"backup_restore":{"database_name":"x"}}`, `{}`,
			"backup_restore is only used when a database cluster is created, and DigitalOcean never shows it; declare nothing for it"},
		{"what has a kind of its own", "Domain", `{"zone_file":"$ORIGIN example.com."}`, `{}`,
			"zone_file holds the records, which are declared as DomainRecord, a kind of its own; declare nothing for it"},
		{"what only Terraform has", "Droplet", `{"resize_disk":true}`, `{}`, "resize_disk says how Terraform works, and is nothing that DigitalOcean has; declare nothing for it"},
		{"a secret", "DatabaseCluster", `{"connection":{"password":"x"}}`, `{}`, "connection holds or is a secret, which clouddrift never reads, and stands in the clear wherever it is declared; declare nothing for it"},
		{"what has no effect any more", "LoadBalancer", `{"algorithm":"least_connections"}`, `{}`,
			"algorithm is without effect, since DigitalOcean lets nobody choose it any more; declare nothing for it"},
		{"what another endpoint tells", "DatabaseCluster", `{"autoscale":{"storage":{"enabled":true}}}`, `{}`,
			"autoscale is told by an endpoint of its own, which clouddrift does not ask; declare nothing for it"},
		{"nodes", "KubernetesNodePool", `{"nodes":[{"name":"a"}]}`, `{}`, "nodes are droplets, which come and go without anybody's doing; declare nothing for it"},
		{"a kind of its own", "KubernetesCluster", `{"node_pool":{"size":"s-2vcpu-4gb"}}`, `{}`, "node_pool is declared as KubernetesNodePool, a kind of its own; declare nothing for it"},
		{"Terraform's name for a number of nodes", "DatabaseCluster", `{"node_count":2}`, `{"num_nodes":3}`, "DatabaseCluster has no field node_count; did you mean num_nodes?"},
		{"and for that of a pool", "KubernetesNodePool", `{"node_count":2}`, `{"count":3}`, "KubernetesNodePool has no field node_count; did you mean count?"},
		{"and for a droplet", "ReservedIP", `{"droplet_id":1}`, `{"droplet":2}`, "ReservedIP has no field droplet_id; did you mean droplet?"},
		{"and for a tag", "LoadBalancer", `{"droplet_tag":"web"}`, `{"tag":"db"}`, "LoadBalancer has no field droplet_tag; did you mean tag?"},
		{"and for objects of one name", "LoadBalancer", `{"healthcheck":{"port":80},"forwarding_rule":[{"entry_port":80}]}`, `{}`,
			"LoadBalancer has no field forwarding_rule; did you mean forwarding_rules?, LoadBalancer has no field healthcheck; did you mean health_check?"},
		{"a name within an element", "LoadBalancer", `{"forwarding_rules":[{"entry_port":80,"tls_passtrough":true}]}`, `{"forwarding_rules":[]}`,
			"LoadBalancer has no field forwarding_rules.tls_passtrough; did you mean forwarding_rules.tls_passthrough?"},
		{"what the server sets in an element", "DatabaseFirewall", `{"rules":[{"type":"tag","value":"web","cluster_uuid":"c"}]}`, `{"rules":[]}`,
			"DatabaseFirewall has no field rules.cluster_uuid"},
		{"a name within an object of objects", "LoadBalancer", `{"glb_settings":{"cdn":{"enabled":true}}}`, `{"glb_settings":{"cdn":{"is_enabled":false}}}`,
			"LoadBalancer has no field glb_settings.cdn.enabled; did you mean glb_settings.cdn.is_enabled?"},
		{"nothing alike", "Droplet", `{"colour":"red"}`, `{}`, "Droplet has no field colour"},
	} {
		t.Run(c.why, func(t *testing.T) {
			k, _ := Lookup(c.kind)
			got := drift.Differences(k.Schema, decoded(t, c.desired), resource.Resource{Values: decoded(t, c.live)}, nil)
			var says []string
			for _, u := range got.Unknown {
				says = append(says, u.Explain(c.kind))
			}
			if text := strings.Join(says, ", "); text != c.says {
				t.Errorf("got  %s, want %s", text, c.says)
			}
			if len(got.Differences) > 0 {
				t.Errorf("and it drifts: %+v", got.Differences)
			}
		})
	}
}

// What wraps a comparison hides nothing that it knows to be unknown, or to depend on.
func TestWrappersHideNothing(t *testing.T) {
	around := func(inner drift.Comparison) map[string]drift.Comparison {
		return map[string]drift.Comparison{
			"as it is": inner, "in Unset": drift.Unset(inner), "in Default": drift.Default(json.Number("0"), inner),
			"in Also": drift.Also(inner, func(d any) any { return d }), "in Tolerating": drift.Tolerating(inner),
			"in two": drift.Unset(drift.Tolerating(inner)),
		}
	}
	for name, c := range around(shown{count}) {
		s := drift.Schema{Kind: "X", Fields: []drift.Field{{Path: "ttl", Compare: c}}}
		r := drift.Differences(s, map[string]any{"ttl": "300"}, resource.Resource{Values: map[string]any{"ttl": nil}}, nil)
		if len(r.Differences) != 0 || len(r.Unseen) != 1 {
			t.Errorf("unknown, %s: %d differences, %d unseen", name, len(r.Differences), len(r.Unseen))
		}
	}
	record := resource.Resource{Ref: resource.Ref{ID: "example.com/1"}, Values: map[string]any{"type": "CNAME", "data": "www.example.com"}}
	for name, c := range around(drift.With(recordData)) {
		s := drift.Schema{Kind: "X", Fields: []drift.Field{{Path: "data", Compare: c}}}
		if r := drift.Differences(s, map[string]any{"data": "www"}, record, nil); len(r.Differences) != 0 {
			t.Errorf("by the record's type, %s: %+v", name, r.Differences)
		}
	}
}

func TestSpellingsThatAreOneValue(t *testing.T) {
	for _, c := range []struct{ why, kind, desired, live string }{
		{"a dot that a request needs", "DomainRecord", `{"data":"mailto:sec@example.com."}`, `{"type":"CAA","tag":"iodef","data":"mailto:sec@example.com"}`},
		{"a number for a boolean", "Droplet", `{"ipv6":1}`, `{"ipv6":true}`},
		{"a word for a boolean", "Droplet", `{"monitoring":"on"}`, `{"monitoring":true}`},
		{"no for a flag that is not there", "Droplet", `{"monitoring":"off"}`, `{}`},
		{"an object of which nothing is declared", "Droplet", `{"backup_policy":{}}`, `{"backup_policy":{"plan":"daily"}}`},
		{"an internationalised name", "Domain", `{"name":"münchen.example"}`, `{"name":"xn--mnchen-3ya.example"}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			k, _ := Lookup(c.kind)
			live := resource.Resource{Ref: resource.Ref{Kind: c.kind, ID: "example.com/1"}, Values: decoded(t, c.live)}
			if got := drift.Differences(k.Schema, decoded(t, c.desired), live, nil); len(got.Differences)+len(got.Unknown)+len(got.Unseen) > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

package terraform_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// defaultChanges are changes of what is at its default in testdata, or that only differs from
// what one would declare with the defaults.
func defaultChanges() []change {
	const db, pg, k8s = "digitalocean_droplet.db", "digitalocean_database_cluster.pg", "digitalocean_kubernetes_cluster.k8s"
	cluster := func(body object) func(string) []request {
		body["name"] = "k8s"
		return put("/v2/kubernetes/clusters/%s", body)
	}
	plugin := func(name string) change {
		return change{"a cluster's " + name, k8s, cluster(object{name: object{"enabled": true}}), []string{name + ".enabled"}}
	}
	return []change{
		{"a CDN's lifetime", "digitalocean_cdn.static", put("/v2/cdn/endpoints/%s", object{"ttl": 600}), []string{"ttl"}},
		{"a database's hour", pg, put(databases+"/maintenance", object{"day": "sunday", "hour": "05:00"}), []string{"maintenance_window.hour"}},
		{"a database's version", pg, put(databases+"/upgrade", object{"version": "17"}), []string{"version"}},
		{"a record's flags", "digitalocean_record.caa", record(object{"type": "CAA", "flags": 128, "tag": "issue"}), []string{"flags"}},
		{"a droplet's IPv6", db, post(dropletActions, object{"type": "power_off"}, object{"type": "enable_ipv6"}, object{"type": "power_on"}), []string{"ipv6"}},
		{"a firewall's outbound rule", "digitalocean_firewall.web", post("/v2/firewalls/%s/rules", object{"outbound_rules": []object{
			{"protocol": "tcp", "ports": "25", "destinations": object{"addresses": []string{"0.0.0.0/0"}}}}}), []string{`outbound_rules["tcp/25"]`}},
		{"a firewall's name", "digitalocean_firewall.web", put("/v2/firewalls/%s", object{"name": "renamed", "tags": []string{"web"}, "droplet_ids": []int{3164468},
			"inbound_rules": []object{{"protocol": "tcp", "ports": "22", "sources": object{"addresses": []string{"203.0.113.0/24", "2001:db8::/32"}}},
				{"protocol": "tcp", "ports": "8000-9000", "sources": object{"droplet_ids": []int{3164468}, "tags": []string{"web"}, "load_balancer_uids": []string{"b16185f5-23db-408b-b6f3-57137eea0aa3"}}}},
			"outbound_rules": []object{{"protocol": "udp", "ports": "all", "destinations": object{"addresses": []string{"0.0.0.0/0", "::/0"}}},
				{"protocol": "icmp", "destinations": object{"addresses": []string{"0.0.0.0/0"}}}}}), []string{"name"}},
		{"a cluster's surges", k8s, cluster(object{"surge_upgrade": false}), []string{"surge_upgrade"}},
		{"a cluster's firewall", k8s, cluster(object{"control_plane_firewall": object{"enabled": true, "allowed_addresses": []string{"203.0.113.0/24"}}}),
			[]string{"control_plane_firewall.allowed_addresses", "control_plane_firewall.enabled"}},
		plugin("amd_gpu_device_plugin"), plugin("amd_gpu_device_metrics_exporter_plugin"), plugin("nvidia_gpu_device_plugin"), plugin("rdma_shared_dev_plugin"),
		plugin("routing_agent"), plugin("coredns_autoscaler"), plugin("p2p_oci_registry_plugin"),
		{"a CDN's domain", "digitalocean_cdn.static", put("/v2/cdn/endpoints/%s", object{"ttl": 3600, "custom_domain": "static.adopted.example", "certificate_id": "needs-cloudflare-cert"}), []string{"custom_domain"}},
		{"a database's project", pg, func(id string) []request {
			return []request{{"POST", "/v2/projects/d43924bf-ec11-4823-a11d-4782efe57d3d/resources", object{"resources": []string{"do:dbaas:" + id}}}}
		}, []string{"project_id"}},
		{"a cluster's registry", k8s, func(id string) []request {
			return []request{{"POST", "/v2/kubernetes/registry", object{"cluster_uuids": []string{id}}}}
		}, []string{"registry_enabled"}},
		{"a pool's least nodes", "digitalocean_kubernetes_node_pool.burst", pool(object{"name": "burst", "auto_scale": true, "min_nodes": 2, "max_nodes": 4}), []string{"min_nodes"}},
		{"a pool that is scaled no more", "digitalocean_kubernetes_node_pool.burst", pool(object{"name": "burst", "auto_scale": false, "count": 1}), []string{"auto_scale"}},
		{"a pool's tags", "digitalocean_kubernetes_node_pool.burst", pool(object{"name": "burst", "auto_scale": true, "min_nodes": 1, "max_nodes": 4, "tags": []string{"extra"}}), []string{"tags"}},
	}
}

// loadBalancerChanges are what a PUT of a load balancer may change beside what
// TestEachSettingOfALoadBalancerIsOneDifference does.
var loadBalancerChanges = map[string]func(body object){
	"health_check.port":                     func(b object) { within(b, "health_check")["port"] = 9090 },
	"health_check.protocol":                 func(b object) { within(b, "health_check")["protocol"] = "https" },
	"health_check.response_timeout_seconds": func(b object) { within(b, "health_check")["response_timeout_seconds"] = 7 },
	"health_check.healthy_threshold":        func(b object) { within(b, "health_check")["healthy_threshold"] = 4 },
	"health_check.unhealthy_threshold":      func(b object) { within(b, "health_check")["unhealthy_threshold"] = 4 },
	"sticky_sessions.cookie_name":           func(b object) { within(b, "sticky_sessions")["cookie_name"] = "other" },
	"firewall.allow":                        func(b object) { within(b, "firewall")["allow"] = []string{"ip:203.0.113.8"} },
	"enable_proxy_protocol":                 func(b object) { b["enable_proxy_protocol"] = true },
	"enable_backend_keepalive":              func(b object) { b["enable_backend_keepalive"] = true },
	"disable_lets_encrypt_dns_records":      func(b object) { b["disable_lets_encrypt_dns_records"] = true },
	"http_idle_timeout_seconds":             func(b object) { b["http_idle_timeout_seconds"] = 90 },
	"small droplet_ids":                     func(b object) { b["droplet_ids"] = []int{3164460} },
	"small size_unit":                       func(b object) { b["size_unit"] = 4 },
	"tag":                                   func(b object) { b["tag"] = "db" },
	"project_id":                            func(b object) { b["project_id"] = "d43924bf-ec11-4823-a11d-4782efe57d3d" },
	"sticky_sessions.cookie_name,sticky_sessions.cookie_ttl_seconds,sticky_sessions.type": func(b object) { b["sticky_sessions"] = object{"type": "none"} },
}

func within(body object, name string) object {
	inner := maps.Clone(body[name].(object))
	body[name] = inner
	return inner
}

// With the defaults declared, whatever is changed differs, and nothing else does.
func TestEachChangeOfADefaultIsOneDifference(t *testing.T) {
	state := recorded(t, "state.json")
	all := kinds.Wanted{Defaults: true}
	for _, c := range append(changes(), defaultChanges()...) {
		t.Run(c.why, func(t *testing.T) {
			server := account(t)
			do(t, server, c.requests(idAt(t, state, c.address)))
			got := differences(state, all, inventory(t, server))
			for _, path := range c.drifts {
				if !strings.Contains(path, " ") {
					path = c.address + " " + path
				}
				if !slices.Contains(got, path) {
					t.Errorf("%s does not differ: %q", path, got)
				}
			}
			isDefault := slices.ContainsFunc(defaultChanges(), func(d change) bool { return d.why == c.why && len(d.drifts) == len(c.drifts) })
			if isDefault && len(got) != len(c.drifts) {
				t.Errorf("it differs at %q, want %q", got, c.drifts)
			}
		})
	}
	for paths, edit := range loadBalancerChanges {
		t.Run("a load balancer's "+paths, func(t *testing.T) {
			server := account(t)
			address := "digitalocean_loadbalancer.public"
			if after, isSmall := strings.CutPrefix(paths, "small "); isSmall {
				address, paths = "digitalocean_loadbalancer.small", after
			}
			id := idAt(t, state, address)
			body := loadBalancer(t, server, id)
			edit(body)
			do(t, server, []request{{"PUT", "/v2/load_balancers/" + id, body}})
			var want []string
			for path := range strings.SplitSeq(paths, ",") {
				want = append(want, address+" "+path)
			}
			if diff := cmp.Diff(want, differences(state, all, inventory(t, server))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// untried are fields that the provider changes in place, that the recorded states tell, and
// that no test changes, with why.
var untried = map[string]string{
	"KubernetesCluster ha":                  "is on in the recorded state, and can't be switched off",
	"KubernetesCluster version":             "moves by itself in the recorded state, where upgrades are automatic, and then no newer one differs",
	"LoadBalancer domains":                  "only global load balancers have it, and the recorded ones are regional",
	"LoadBalancer size":                     "is said by size_unit",
	"LoadBalancer target_load_balancer_ids": "only global load balancers have it, and the recorded ones are regional",
}

// Whatever field is added to a kind, its change is tried here.
func TestEveryAttributeIsChanged(t *testing.T) {
	state := recorded(t, "state.json")
	kindOf := map[string]string{}
	tells := map[string]bool{}
	for _, each := range state.Resources {
		kindOf[each.Address] = each.Kind
		kind, _ := kinds.Lookup(each.Kind)
		for _, field := range kind.Fields {
			if !slices.Contains(each.Unseen, field.Path) {
				tells[each.Kind+" "+field.Path] = true
			}
		}
	}
	tried := map[string]bool{}
	try := func(kindName, path string) {
		kind, _ := kinds.Lookup(kindName)
		at, err := resource.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range kind.Fields {
			if of, err := resource.ParsePath(field.Path); err == nil && at.Under(of) {
				tried[kindName+" "+field.Path] = true
			}
		}
	}
	for _, c := range append(changes(), defaultChanges()...) {
		for _, path := range c.drifts {
			address := c.address
			if of, after, isOther := strings.Cut(path, " "); isOther {
				address, path = of, after
			}
			try(kindOf[address], path)
		}
	}
	for paths := range loadBalancerChanges {
		for path := range strings.SplitSeq(strings.TrimPrefix(paths, "small "), ",") {
			try("LoadBalancer", path)
		}
	}
	for _, path := range loadBalancerSettings() {
		try("LoadBalancer", path)
	}
	var left []string
	for _, kind := range kinds.All() {
		for _, field := range kind.Fields {
			name := kind.Name + " " + field.Path
			_, _, sets := kind.TerraformAttribute(field)
			if sets && (field.Change == drift.InPlace || field.Change == drift.WithDowntime) && tells[name] && !tried[name] {
				left = append(left, name)
			}
		}
	}
	slices.Sort(left)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(untried)), left); diff != "" {
		t.Errorf("fields that no test changes (-known +got):\n%s", diff)
	}
}

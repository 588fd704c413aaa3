package terraform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

// request is one request to the simulated DigitalOcean.
type request struct {
	method, path string
	body         any
}

type object = map[string]any

// change is what somebody does to a resource behind Terraform's back.
type change struct {
	why     string
	address string
	// path begins each request's; %s in it is the resource's id.
	requests func(id string) []request
	// drifts are the paths that differ then, and nothing else.
	drifts []string
}

func put(format string, body object) func(string) []request {
	return func(id string) []request { return []request{{"PUT", fmt.Sprintf(format, id), body}} }
}

func post(format string, bodies ...object) func(string) []request {
	return func(id string) (out []request) {
		for _, body := range bodies {
			out = append(out, request{"POST", fmt.Sprintf(format, id), body})
		}
		return out
	}
}

func tagged(method, tag, kind string) func(string) []request {
	return func(id string) []request {
		return []request{
			{"POST", "/v2/tags", object{"name": tag}},
			{method, "/v2/tags/" + tag + "/resources", object{"resources": []object{{"resource_id": id, "resource_type": kind}}}},
		}
	}
}

const (
	dropletActions = "/v2/droplets/%s/actions"
	databases      = "/v2/databases/%s"
)

// changes are every attribute that the provider can change in place and that is set in
// testdata, beside what only DigitalOcean's API can change.
func changes() []change {
	const db, pg, lb, k8s = "digitalocean_droplet.db", "digitalocean_database_cluster.pg", "digitalocean_loadbalancer.public", "digitalocean_kubernetes_cluster.k8s"
	return []change{
		{"a droplet's name", `module.edge["blue"].digitalocean_droplet.this`, post(dropletActions, object{"type": "rename", "name": "renamed"}), []string{"name"}},
		{"a droplet's size", "module.web[0].digitalocean_droplet.this", post(dropletActions, object{"type": "power_off"}, object{"type": "resize", "size": "s-2vcpu-2gb"}), []string{"size_slug"}},
		{"a droplet's tags", db, tagged("POST", "extra", "droplet"), []string{"tags"}},
		{"a droplet's backups", db, post(dropletActions, object{"type": "disable_backups"}), []string{"backup_policy.hour", "backup_policy.plan", "backup_policy.weekday", "backups"}},
		{"a droplet's backup policy", db, post(dropletActions, object{"type": "change_backup_policy", "backup_policy": object{"plan": "weekly", "weekday": "MON", "hour": 4}}), []string{"backup_policy.weekday"}},
		{"an attachment", `digitalocean_volume.data["fast"]`, post("/v2/volumes/%s/actions", object{"type": "detach", "droplet_id": 3164468}), []string{db + " volume_ids"}},
		{"a volume's size", `digitalocean_volume.data["slow"]`, post("/v2/volumes/%s/actions", object{"type": "resize", "size_gigabytes": 30}), []string{"size_gigabytes"}},
		{"a volume's tags", `digitalocean_volume.data["slow"]`, tagged("DELETE", "db", "volume"), []string{"tags"}},
		{"a VPC's name", "digitalocean_vpc.main", func(id string) []request {
			return []request{{"PATCH", "/v2/vpcs/" + id, object{"name": "renamed"}}}
		}, []string{"name"}},
		{"a VPC's description", "digitalocean_vpc.main", func(id string) []request {
			return []request{{"PATCH", "/v2/vpcs/" + id, object{"description": "Another"}}}
		}, []string{"description"}},
		{"a firewall's rule", "digitalocean_firewall.web", post("/v2/firewalls/%s/rules", object{"inbound_rules": []object{
			{"protocol": "tcp", "ports": "5432", "sources": object{"addresses": []string{"0.0.0.0/0"}}}}}), []string{`inbound_rules["tcp/5432"]`}},
		{"a firewall's droplets", "digitalocean_firewall.web", post("/v2/firewalls/%s/droplets", object{"droplet_ids": []int{3164464}}), []string{"droplet_ids"}},
		{"a firewall's tags", "digitalocean_firewall.web", post("/v2/firewalls/%s/tags", object{"tags": []string{"db"}}), []string{"tags"}},
		{"a load balancer's rule", lb, post("/v2/load_balancers/%s/forwarding_rules", object{"forwarding_rules": []object{
			{"entry_protocol": "tcp", "entry_port": 22, "target_protocol": "tcp", "target_port": 22}}}), []string{`forwarding_rules["tcp/22"]`}},
		{"a reserved IP's droplet", "digitalocean_reserved_ip.db", post("/v2/reserved_ips/%s/actions", object{"type": "unassign"}), []string{"droplet"}},
		{"a record's address", "digitalocean_record.www", record(object{"type": "A", "data": "203.0.113.11"}), []string{"data"}},
		{"a record's TTL", "digitalocean_record.www", record(object{"type": "A", "ttl": 600}), []string{"ttl"}},
		{"a record's name", "digitalocean_record.mx", record(object{"type": "MX", "name": "mail"}), []string{"name"}},
		{"a record's priority", "digitalocean_record.mx", record(object{"type": "MX", "priority": 20}), []string{"priority"}},
		{"a record's port", "digitalocean_record.srv", record(object{"type": "SRV", "port": 5061}), []string{"port"}},
		{"a record's weight", "digitalocean_record.srv", record(object{"type": "SRV", "weight": 30}), []string{"weight"}},
		{"a record's flags", "digitalocean_record.caa", record(object{"type": "CAA", "flags": 128, "tag": "issue"}), nil},
		{"a record's tag", "digitalocean_record.caa", record(object{"type": "CAA", "tag": "issuewild", "flags": 0}), []string{"tag"}},
		{"a database's size", pg, put(databases+"/resize", object{"size": "db-s-4vcpu-8gb", "num_nodes": 2}), []string{"size", "storage_size_mib"}},
		{"a database's nodes", pg, put(databases+"/resize", object{"size": "db-s-2vcpu-4gb", "num_nodes": 3}), []string{"num_nodes"}},
		{"a database's window", pg, put(databases+"/maintenance", object{"day": "monday", "hour": "02:00"}), []string{"maintenance_window.day"}},
		{"a database's region", pg, put(databases+"/migrate", object{"region": "ams3"}), []string{"private_network_uuid", "region"}},
		{"a database's tags", pg, tagged("POST", "extra", "database"), []string{"tags"}},
		{"a database's sources", "digitalocean_database_firewall.pg", put(databases+"/firewall", object{"rules": []object{
			{"type": "ip_addr", "value": "203.0.113.9"}, {"type": "tag", "value": "web"}, {"type": "ip_addr", "value": "0.0.0.0/0"}}}), []string{`rules["ip_addr/0.0.0.0/0"]`}},
		{"a cluster's name", k8s, put("/v2/kubernetes/clusters/%s", object{"name": "renamed"}), []string{"name"}},
		{"a cluster's upgrades", k8s, put("/v2/kubernetes/clusters/%s", object{"name": "k8s", "auto_upgrade": false}), []string{"auto_upgrade"}},
		{"a cluster's window", k8s, put("/v2/kubernetes/clusters/%s", object{"name": "k8s", "maintenance_policy": object{"day": "monday", "start_time": "05:00"}}),
			[]string{"maintenance_policy.day", "maintenance_policy.start_time"}},
		{"a cluster's tags", k8s, put("/v2/kubernetes/clusters/%s", object{"name": "k8s", "tags": []string{"prod", "extra"}}), []string{"tags"}},
		{"a pool's limit", "digitalocean_kubernetes_node_pool.burst", pool(object{"name": "burst", "auto_scale": true, "min_nodes": 1, "max_nodes": 6}), []string{"max_nodes"}},
		{"a pool that is scaled", "digitalocean_kubernetes_node_pool.burst", pool(object{"name": "burst", "auto_scale": true, "min_nodes": 1, "max_nodes": 4, "count": 3}), nil},
		{"a pool's labels", "digitalocean_kubernetes_node_pool.burst", pool(object{"name": "burst", "labels": object{"tier": "web"}}), []string{"labels.tier"}},
		{"a pool's taints", "digitalocean_kubernetes_node_pool.burst", pool(object{"name": "burst", "taints": []object{{"key": "batch", "value": "no", "effect": "NoSchedule"}}}),
			[]string{`taints["batch/noschedule"].value`}},
		{"the first pool's nodes", k8s + ".node_pool[0]", pool(object{"name": "default", "count": 3}), []string{"count"}},
		{"the first pool's name", k8s + ".node_pool[0]", pool(object{"name": "renamed", "count": 2}), []string{"name"}},
		{"a CDN's lifetime", "digitalocean_cdn.static", put("/v2/cdn/endpoints/%s", object{"ttl": 600}), nil},
	}
}

func record(body object) func(string) []request {
	return func(id string) []request {
		domain, own, _ := strings.Cut(id, "/")
		return []request{{"PATCH", "/v2/domains/" + domain + "/records/" + own, body}}
	}
}

func pool(body object) func(string) []request {
	return func(id string) []request {
		cluster, own, _ := strings.Cut(id, "/")
		return []request{{"PUT", "/v2/kubernetes/clusters/" + cluster + "/node_pools/" + own, body}}
	}
}

func do(t *testing.T, server *dosim.Server, requests []request) {
	t.Helper()
	for _, r := range requests {
		if _, err := server.Change(r.method, r.path, r.body); err != nil {
			t.Fatalf("%s %s: %v", r.method, r.path, err)
		}
	}
}

func idAt(t *testing.T, state *terraform.State, address string) string {
	t.Helper()
	i := slices.IndexFunc(state.Resources, func(r terraform.Resource) bool { return r.Address == address })
	if i < 0 {
		t.Fatalf("the state has no %s", address)
	}
	return state.Resources[i].ID
}

// Each attribute that is changed behind Terraform's back differs, and nothing else does.
func TestEachChangeIsOneDifference(t *testing.T) {
	state := recorded(t, "state.json")
	for _, c := range changes() {
		t.Run(c.why, func(t *testing.T) {
			server := account(t)
			do(t, server, c.requests(idAt(t, state, c.address)))
			want := []string{}
			for _, path := range c.drifts {
				if !strings.Contains(path, " ") {
					path = c.address + " " + path
				}
				want = append(want, path)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, differences(state, kinds.Wanted{}, inventory(t, server))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// loadBalancer is what a load balancer shows, as the body of a PUT, which replaces all of it.
func loadBalancer(t *testing.T, server *dosim.Server, id string) object {
	t.Helper()
	ref := inventory(t, server)
	for key, each := range ref {
		if key.Kind == "LoadBalancer" && key.ID == id {
			kind, _ := kinds.Lookup("LoadBalancer")
			return kind.Adopted(each, kinds.Wanted{})
		}
	}
	t.Fatalf("there is no load balancer %s", id)
	return nil
}

type loadBalancerCase struct {
	why    string
	edit   func(body object)
	drifts []string
}

func loadBalancerCases() []loadBalancerCase {
	return []loadBalancerCase{
		{"nothing", func(object) {}, nil},
		{"name", func(b object) { b["name"] = "renamed" }, []string{"name"}},
		{"nodes", func(b object) { b["size_unit"] = 4 }, []string{"size_unit"}},
		{"redirect", func(b object) { b["redirect_http_to_https"] = false }, []string{"redirect_http_to_https"}},
		{"health check", func(b object) { b["health_check"].(object)["path"] = "/other" }, []string{"health_check.path"}},
		{"its interval", func(b object) { b["health_check"].(object)["check_interval_seconds"] = 20 }, []string{"health_check.check_interval_seconds"}},
		{"cookie", func(b object) { b["sticky_sessions"].(object)["cookie_ttl_seconds"] = 30 }, []string{"sticky_sessions.cookie_ttl_seconds"}},
		{"denials", func(b object) { b["firewall"].(object)["deny"] = []string{"cidr:192.0.2.0/24"} }, []string{"firewall.deny"}},
		{"a rule's target", func(b object) {
			for _, rule := range b["forwarding_rules"].([]any) {
				if rule := rule.(object); fmt.Sprint(rule["entry_port"]) == "80" {
					rule["target_port"] = 8081
				}
			}
		}, []string{`forwarding_rules["http/80"].target_port`}},
	}
}

// loadBalancerSettings are the paths of all of these.
func loadBalancerSettings() (paths []string) {
	for _, c := range loadBalancerCases() {
		paths = append(paths, c.drifts...)
	}
	return paths
}

func TestEachSettingOfALoadBalancerIsOneDifference(t *testing.T) {
	state := recorded(t, "state.json")
	const address = "digitalocean_loadbalancer.public"
	id := idAt(t, state, address)
	for _, c := range loadBalancerCases() {
		t.Run(c.why, func(t *testing.T) {
			server := account(t)
			body := loadBalancer(t, server, id)
			c.edit(body)
			do(t, server, []request{{"PUT", "/v2/load_balancers/" + id, body}})
			want := []string{}
			for _, path := range c.drifts {
				want = append(want, address+" "+path)
			}
			if diff := cmp.Diff(want, differences(state, kinds.Wanted{}, inventory(t, server))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is at its default is told where it was asked to be.
func TestChangesOfDefaults(t *testing.T) {
	state := recorded(t, "state.json")
	server := account(t)
	const cdn, db = "digitalocean_cdn.static", "digitalocean_loadbalancer.small"
	do(t, server, []request{{"PUT", "/v2/cdn/endpoints/" + idAt(t, state, cdn), object{"ttl": 600}}})
	body := loadBalancer(t, server, idAt(t, state, db))
	body["enable_proxy_protocol"] = true
	do(t, server, []request{{"PUT", "/v2/load_balancers/" + idAt(t, state, db), body}})
	do(t, server, tagged("POST", "extra", "volume")(idAt(t, state, `digitalocean_volume.data["fast"]`)))
	live := inventory(t, server)
	if got := differences(state, kinds.Wanted{}, live); !slices.Equal(got, []string{`digitalocean_volume.data["fast"] tags`}) {
		t.Errorf("what one would declare differs at %q", got)
	}
	want := []string{cdn + " ttl", db + " enable_proxy_protocol", `digitalocean_volume.data["fast"] tags`}
	if got := differences(state, kinds.Wanted{Defaults: true}, live); !slices.Equal(got, want) {
		t.Errorf("with the defaults it differs at %q, want %q", got, want)
	}
}

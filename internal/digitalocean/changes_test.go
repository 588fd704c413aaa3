package digitalocean_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// drifts are the paths at which a resource differs from a declaration, and those of which
// nobody can tell.
func drifts(t *testing.T, kind string, desired map[string]any, live resource.Resource) (differs, unknown []string) {
	t.Helper()
	result := drift.Differences(lookup(t, kind).Schema, desired, live, nil)
	for _, difference := range result.Differences {
		differs = append(differs, difference.Path.String())
	}
	for _, path := range result.Unseen {
		unknown = append(unknown, path.String())
	}
	for _, name := range result.Unknown {
		t.Errorf("%s: %s", kind, name.Explain(kind))
	}
	return differs, unknown
}

// What is read, declared as it was read, does not differ. Every field of the tables is read
// of one of them, and holds something.
func TestSimulatedWorldIsAsItIsRead(t *testing.T) {
	w := newWorld(t)
	filled := map[string]bool{}
	check := func(kind, name string) {
		got := w.read(kind, name)
		if len(got.Unseen) > 0 {
			t.Errorf("%s %s: unseen %v", kind, name, got.Unseen)
		}
		differs, unknown := drifts(t, kind, declaredAs(t, got), got)
		if len(differs)+len(unknown) > 0 {
			t.Errorf("%s %s: differs at %v, unknown %v", kind, name, differs, unknown)
		}
		for _, field := range lookup(t, kind).Fields {
			path, _ := resource.ParsePath(field.Path)
			if value, _ := got.Lookup(path); value != nil {
				filled[kind+"."+field.Path] = true
			}
		}
	}
	for name, kind := range inhabitants() {
		check(kind, name)
	}
	check("DatabaseFirewall", "db")
	// Regions with sizes that have names only are not simulated any more than DigitalOcean
	// has them.
	filled["LoadBalancer.size"] = true
	for _, kind := range []string{"LoadBalancer", "ReservedIP", "DatabaseCluster", "DatabaseFirewall", "KubernetesCluster", "KubernetesNodePool"} {
		for _, field := range lookup(t, kind).Fields {
			if !filled[kind+"."+field.Path] {
				t.Errorf("%s.%s is tried by nothing", kind, field.Path)
			}
		}
	}
}

// changing is a request that changes a resource, and the paths that differ afterwards.
type changing struct {
	of, request, body string
	// back takes it back: a body for the same request, or a request and a body. "never" is
	// for what can't be taken back.
	back  string
	paths []string
}

func one(path string) []string { return []string{path} }

func TestSimulatedChangesDrift(t *testing.T) {
	const cluster, pool, fixed = "PUT /v2/kubernetes/clusters/{k8s}", "PUT /v2/kubernetes/clusters/{k8s}/node_pools/{workers}", "PUT /v2/kubernetes/clusters/{k8s}/node_pools/{fixed}"
	const resize, ipActions, window = "PUT /v2/databases/{db}/resize", "POST /v2/reserved_ips/{ip}/actions", "PUT /v2/databases/{db}/maintenance"
	const assign, standard = "POST /v2/projects/{project}/resources", "POST /v2/projects/{standard}/resources "
	for _, c := range []changing{
		{"ip", ipActions, `{"type":"unassign"}`, `{"type":"assign","droplet_id":{web1}}`, one("droplet")},
		{"ip", assign, `{"resources":["do:droplet:{web1}"]}`, standard + `{"resources":["do:droplet:{web1}"]}`, one("project_id")},

		{"db", resize, `{"size":"db-amd-2vcpu-4gb","num_nodes":2,"storage_size_mib":71680}`, `{"size":"db-s-2vcpu-4gb","num_nodes":2,"storage_size_mib":71680}`, one("size")},
		{"db", resize, `{"size":"db-s-2vcpu-4gb","num_nodes":3,"storage_size_mib":71680}`, `{"size":"db-s-2vcpu-4gb","num_nodes":2,"storage_size_mib":71680}`, one("num_nodes")},
		{"db", resize, `{"size":"db-s-2vcpu-4gb","num_nodes":2,"storage_size_mib":81920}`, `{"size":"db-s-2vcpu-4gb","num_nodes":2,"storage_size_mib":71680}`, one("storage_size_mib")},
		{"db", "PUT /v2/databases/{db}/migrate", `{"region":"fra1"}`, `{"region":"nyc3"}`, []string{"private_network_uuid", "region"}},
		{"db", "PUT /v2/databases/{db}/upgrade", `{"version":"17"}`, "never", []string{"semantic_version", "version", "version_end_of_life"}},
		{"db", window, `{"day":"monday","hour":"14:00"}`, `{"day":"tuesday","hour":"14:00:00"}`, one("maintenance_window.day")},
		{"db", window, `{"day":"tuesday","hour":"3:00"}`, `{"day":"Tuesday","hour":"14:00"}`, one("maintenance_window.hour")},
		{"db", "POST /v2/tags/web/resources", `{"resources":[{"resource_id":"{db}","resource_type":"database"}]}`,
			`DELETE /v2/tags/web/resources {"resources":[{"resource_id":"{db}","resource_type":"database"}]}`, one("tags")},
		{"db", "DELETE /v2/databases/{db}/dbs/app", "", `POST /v2/databases/{db}/dbs {"name":"app"}`, one("db_names")},
		{"db", "PUT /v2/databases/{db}/do_settings", `{"do_settings":{"service_cnames":["db.example.com","sql.example.com"]}}`,
			`{"do_settings":{"service_cnames":["db.example.com"]}}`, one("do_settings.service_cnames")},
		{"db", assign, `{"resources":["do:dbaas:{db}"]}`, standard + `{"resources":["do:dbaas:{db}"]}`, one("project_id")},

		{"k8s", cluster, `{"name":"live"}`, `{"name":"prod"}`, one("name")},
		{"k8s", cluster, `{"tags":["prod","debug"]}`, `{"tags":["prod"]}`, one("tags")},
		{"k8s", cluster, `{"auto_upgrade":true}`, `{"auto_upgrade":false}`, one("auto_upgrade")},
		{"k8s", cluster, `{"surge_upgrade":false}`, `{"surge_upgrade":true}`, one("surge_upgrade")},
		{"k8s", cluster, `{"ha":true}`, "never", []string{"ha", "ipv4"}},
		{"k8s", cluster, `{"maintenance_policy":{"day":"friday","start_time":"16:00"}}`, `{"maintenance_policy":{"day":"Monday","start_time":"16:00"}}`, one("maintenance_policy.day")},
		{"k8s", cluster, `{"maintenance_policy":{"day":"monday","start_time":"03:30"}}`, `{"maintenance_policy":{"day":"monday","start_time":"16:00"}}`, one("maintenance_policy.start_time")},
		{"k8s", cluster, `{"control_plane_firewall":{"enabled":false}}`, `{"control_plane_firewall":{"enabled":true}}`, one("control_plane_firewall.enabled")},
		{"k8s", cluster, `{"control_plane_firewall":{"allowed_addresses":["192.0.2.0/24","0.0.0.0/0"]}}`, `{"control_plane_firewall":{"allowed_addresses":["192.0.2.0/24"]}}`,
			one("control_plane_firewall.allowed_addresses")},
		{"k8s", cluster, `{"cluster_autoscaler_configuration":{"scale_down_utilization_threshold":0.5}}`, `{"cluster_autoscaler_configuration":{"scale_down_utilization_threshold":0.65}}`,
			one("cluster_autoscaler_configuration.scale_down_utilization_threshold")},
		{"k8s", cluster, `{"cluster_autoscaler_configuration":{"scale_down_unneeded_time":"5m"}}`, `{"cluster_autoscaler_configuration":{"scale_down_unneeded_time":"60s"}}`,
			one("cluster_autoscaler_configuration.scale_down_unneeded_time")},
		{"k8s", cluster, `{"cluster_autoscaler_configuration":{"expanders":["random","priority"]}}`, `{"cluster_autoscaler_configuration":{"expanders":["priority","random"]}}`,
			one("cluster_autoscaler_configuration.expanders")},
		{"k8s", cluster, `{"sso":{"enabled":true,"required":true,"issuer_url":"https://issuer.example.com","client_id":"clouds"}}`,
			`{"sso":{"enabled":true,"required":false,"issuer_url":"https://issuer.example.com","client_id":"clouds"}}`, one("sso.required")},
		{"k8s", cluster, `{"sso":{"enabled":false,"issuer_url":"https://issuer.example.com","client_id":"clouds"}}`,
			`{"sso":{"enabled":true,"issuer_url":"https://issuer.example.com","client_id":"clouds"}}`, one("sso.enabled")},
		{"k8s", cluster, `{"sso":{"enabled":true,"issuer_url":"https://evil.example.net","client_id":"clouds"}}`,
			`{"sso":{"enabled":true,"issuer_url":"https://issuer.example.com","client_id":"clouds"}}`, one("sso.issuer_url")},
		{"k8s", cluster, `{"sso":{"enabled":true,"issuer_url":"https://issuer.example.com","client_id":"others"}}`,
			`{"sso":{"enabled":true,"issuer_url":"https://issuer.example.com","client_id":"clouds"}}`, one("sso.client_id")},
		{"k8s", cluster, `{"routing_agent":{"enabled":false}}`, `{"routing_agent":{"enabled":true}}`, one("routing_agent.enabled")},
		{"k8s", cluster, `{"coredns_autoscaler":{"enabled":true}}`, `{"coredns_autoscaler":{"enabled":false}}`, one("coredns_autoscaler.enabled")},
		{"k8s", cluster, `{"amd_gpu_device_plugin":{"enabled":true}}`, `{"amd_gpu_device_plugin":{"enabled":false}}`, one("amd_gpu_device_plugin.enabled")},
		{"k8s", cluster, `{"amd_gpu_device_metrics_exporter_plugin":{"enabled":true}}`, `{"amd_gpu_device_metrics_exporter_plugin":{"enabled":false}}`, one("amd_gpu_device_metrics_exporter_plugin.enabled")},
		{"k8s", cluster, `{"nvidia_gpu_device_plugin":{"enabled":true}}`, `{"nvidia_gpu_device_plugin":{"enabled":false}}`, one("nvidia_gpu_device_plugin.enabled")},
		{"k8s", cluster, `{"rdma_shared_dev_plugin":{"enabled":true}}`, `{"rdma_shared_dev_plugin":{"enabled":false}}`, one("rdma_shared_dev_plugin.enabled")},
		{"k8s", cluster, `{"p2p_oci_registry_plugin":{"enabled":true}}`, `{"p2p_oci_registry_plugin":{"enabled":false}}`, one("p2p_oci_registry_plugin.enabled")},
		{"k8s", "POST /v2/kubernetes/registries", `{"cluster_uuids":["{k8s}"],"registries":["other"]}`,
			`DELETE /v2/kubernetes/registries {"cluster_uuids":["{k8s}"],"registries":["other"]}`, one("registries")},
		{"k8s", "DELETE /v2/kubernetes/registries", `{"cluster_uuids":["{k8s}"],"registries":["shop"]}`,
			`POST /v2/kubernetes/registries {"cluster_uuids":["{k8s}"],"registries":["shop"]}`, []string{"registries", "registry_enabled"}},
		{"k8s", "POST /v2/kubernetes/clusters/{k8s}/upgrade", `{"version":"1.33.4-do.2"}`, "never", one("version")},

		{"workers", pool, `{"name":"others"}`, `{"name":"workers"}`, one("name")},
		{"workers", pool, `{"tags":["app","debug"]}`, `{"tags":["app"]}`, one("tags")},
		{"workers", pool, `{"labels":{"service":"web","example.com/tier":"back"}}`, `{"labels":{"service":"web","example.com/tier":"front"}}`, one(`labels["example.com/tier"]`)},
		{"workers", pool, `{"taints":[{"key":"dedicated","value":"db","effect":"NoSchedule"}]}`, `{"taints":[{"key":"dedicated","value":"web","effect":"NoSchedule"}]}`,
			one(`taints["dedicated/noschedule"].value`)},
		{"workers", pool, `{"taints":[]}`, `{"taints":[{"key":"dedicated","value":"web","effect":"NoSchedule"}]}`, one(`taints["dedicated/noschedule"]`)},
		{"workers", pool, `{"auto_scale":false}`, `{"auto_scale":true,"min_nodes":1,"max_nodes":4}`, one("auto_scale")},
		{"workers", pool, `{"min_nodes":2}`, `{"min_nodes":1}`, one("min_nodes")},
		{"workers", pool, `{"max_nodes":5}`, `{"max_nodes":4}`, one("max_nodes")},
		{"workers", pool, `{"count":4}`, `{"count":2}`, nil},
		{"fixed", fixed, `{"count":3}`, `{"count":2}`, one("count")},
	} {
		t.Run(c.of+" "+c.request+" "+c.body, func(t *testing.T) {
			w := newWorld(t)
			w.try(c.of, c.paths, func() { w.request(c.request, c.body) }, func() bool {
				switch line, body, isRequest := strings.Cut(c.back, " {"); {
				case c.back == "never":
					return false
				case isRequest && line != "":
					w.request(line, "{"+body)
				default:
					w.request(c.request, c.back)
				}
				return true
			})
		})
	}
}

// try changes a resource and takes the change back, and compares it each time with how it
// was.
func (w *world) try(name string, paths []string, change func(), back func() bool) {
	w.t.Helper()
	kind := inhabitants()[name]
	if kind == "" {
		kind, name = name, "db"
	}
	desired := declaredAs(w.t, w.read(kind, name))
	change()
	if differs, unknown := drifts(w.t, kind, desired, w.read(kind, name)); !slices.Equal(differs, paths) || len(unknown) > 0 {
		w.t.Errorf("differs at %v, want %v; unknown %v", differs, paths, unknown)
	}
	if !back() {
		return
	}
	if differs, unknown := drifts(w.t, kind, desired, w.read(kind, name)); len(differs)+len(unknown) > 0 {
		w.t.Errorf("and after it was taken back at %v; unknown %v", differs, unknown)
	}
}

func TestSimulatedTrustedSourcesDrift(t *testing.T) {
	const office, droplet, tag = `{"type":"ip_addr","value":"192.0.2.7","description":"office"}`, `{"type":"droplet","value":"{web1}"}`, `{"type":"tag","value":"web"}`
	for _, c := range []struct {
		why, rules string
		path       []string
	}{
		{"in another order, as other rules of the same", tag + `,` + droplet + `,` + office, nil},
		{"one was removed", office + `,` + tag, one(`rules["droplet/{web1}"]`)},
		{"one was added", office + `,` + droplet + `,` + tag + `,{"type":"ip_addr","value":"0.0.0.0/0"}`, one(`rules["ip_addr/0.0.0.0/0"]`)},
		{"another description", `{"type":"ip_addr","value":"192.0.2.7","description":"home"},` + droplet + `,` + tag, one(`rules["ip_addr/192.0.2.7"].description`)},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t)
			for i := range c.path {
				c.path[i] = w.named(c.path[i])
			}
			const put = "PUT /v2/databases/{db}/firewall"
			w.try("DatabaseFirewall", c.path, func() { w.request(put, `{"rules":[`+c.rules+`]}`) }, func() bool {
				w.request(put, `{"rules":[`+office+`,`+droplet+`,`+tag+`]}`)
				return true
			})
		})
	}
}

// A PUT of a load balancer replaces all of it.
func TestSimulatedLoadBalancersDrift(t *testing.T) {
	const http, https = `{"entry_protocol":"http","entry_port":80,"target_protocol":"http","target_port":8080}`,
		`{"entry_protocol":"https","entry_port":443,"target_protocol":"http","target_port":8080,"certificate_id":"892071a0-bb95-49bc-8021-3afd67a210bf"}`
	health := func(change string) string {
		parts := `"protocol":"http","port":8080,"path":"/healthz","check_interval_seconds":12,"response_timeout_seconds":6,"healthy_threshold":4,"unhealthy_threshold":6`
		return `{"health_check":{` + parts + `,` + change + `}}`
	}
	const global = `"target_protocol":"http","target_port":80,"cdn":{"is_enabled":true},"region_priorities":{"nyc3":1,"fra1":2},"failover_threshold":50`
	for _, c := range []struct{ of, changes, path string }{
		{"lb", `{"name":"other"}`, "name"},
		{"lb", `{"size_unit":3}`, "size_unit"},
		{"lb", `{"size_unit":0}`, "size_unit"},
		{"lb", `{"droplet_ids":[{web1},{other}]}`, "droplet_ids"},
		{"lb", `{"droplet_ids":null,"tag":"web"}`, "tag"},
		{"lb", `{"redirect_http_to_https":false}`, "redirect_http_to_https"},
		{"lb", `{"enable_proxy_protocol":null}`, "enable_proxy_protocol"},
		{"lb", `{"enable_backend_keepalive":null}`, "enable_backend_keepalive"},
		{"lb", `{"disable_lets_encrypt_dns_records":null}`, "disable_lets_encrypt_dns_records"},
		{"lb", `{"http_idle_timeout_seconds":null}`, "http_idle_timeout_seconds"},
		{"lb", `{"tls_cipher_policy":"DEFAULT"}`, "tls_cipher_policy"},
		{"lb", `{"project_id":"{project}"}`, "project_id"},
		{"lb", `{"firewall":{"allow":["ip:192.0.2.7","cidr:198.51.100.0/24","cidr:0.0.0.0/0"],"deny":["cidr:203.0.113.0/24"]}}`, "firewall.allow"},
		{"lb", `{"firewall":{"allow":["cidr:198.51.100.0/24","ip:192.0.2.7"]}}`, "firewall.deny"},
		{"lb", `{"firewall":{"allow":["cidr:198.51.100.9/24","cidr:192.0.2.7/32"],"deny":["cidr:203.0.113.0/24"]}}`, ""},
		{"lb", `{"forwarding_rules":[` + https + `,` + http + `]}`, ""},
		{"lb", `{"forwarding_rules":[` + http + `]}`, `forwarding_rules["https/443"]`},
		{"lb", `{"forwarding_rules":[` + http + `,` + https + `,{"entry_protocol":"tcp","entry_port":22,"target_protocol":"tcp","target_port":22}]}`, `forwarding_rules["tcp/22"]`},
		{"lb", `{"forwarding_rules":[` + http + `,` + strings.Replace(https, "8080", "8081", 1) + `]}`, `forwarding_rules["https/443"].target_port`},
		{"lb", `{"forwarding_rules":[` + http + `,` + strings.Replace(https, `"http"`, `"https"`, 1) + `]}`, `forwarding_rules["https/443"].target_protocol`},
		{"lb", `{"forwarding_rules":[` + http + `,` + strings.Replace(https, "892071a0", "992071a0", 1) + `]}`, `forwarding_rules["https/443"].certificate_id`},
		{"lb", health(`"port":80`), "health_check.port"},
		{"lb", health(`"path":"/"`), "health_check.path"},
		{"lb", health(`"protocol":"https"`), "health_check.protocol"},
		{"lb", health(`"check_interval_seconds":30`), "health_check.check_interval_seconds"},
		{"lb", health(`"response_timeout_seconds":7`), "health_check.response_timeout_seconds"},
		{"lb", health(`"healthy_threshold":3`), "health_check.healthy_threshold"},
		{"lb", health(`"unhealthy_threshold":3`), "health_check.unhealthy_threshold"},
		{"lb", `{"sticky_sessions":{"type":"cookies","cookie_name":"other","cookie_ttl_seconds":300}}`, "sticky_sessions.cookie_name"},
		{"lb", `{"sticky_sessions":{"type":"cookies","cookie_name":"lb","cookie_ttl_seconds":600}}`, "sticky_sessions.cookie_ttl_seconds"},
		{"lb", `{"sticky_sessions":{"type":"none"}}`, "sticky_sessions.cookie_name sticky_sessions.cookie_ttl_seconds sticky_sessions.type"},
		{"front", `{"domains":[{"name":"example.com","is_managed":false,"certificate_id":"892071a0-bb95-49bc-8021-3afd67a210bf"}]}`, `domains["example.com"].is_managed`},
		{"front", `{"domains":[{"name":"example.com","is_managed":true}]}`, `domains["example.com"].certificate_id`},
		{"front", `{"domains":null}`, `domains["example.com"]`},
		{"front", `{"glb_settings":{` + global + `,"target_protocol":"https"}}`, "glb_settings.target_protocol"},
		{"front", `{"glb_settings":{` + global + `,"target_port":8080}}`, "glb_settings.target_port"},
		{"front", `{"glb_settings":{` + global + `,"cdn":{"is_enabled":false}}}`, "glb_settings.cdn.is_enabled"},
		{"front", `{"glb_settings":{` + global + `,"region_priorities":{"nyc3":1,"fra1":3}}}`, "glb_settings.region_priorities.fra1"},
		{"front", `{"glb_settings":{` + global + `,"failover_threshold":40}}`, "glb_settings.failover_threshold"},
		{"front", `{"target_load_balancer_ids":null}`, "target_load_balancer_ids"},
	} {
		t.Run(c.of+" "+c.changes, func(t *testing.T) {
			w := newWorld(t)
			w.try(c.of, strings.Fields(c.path), func() { w.put(c.of, c.changes) }, func() bool {
				w.put(c.of, `{"project_id":"{standard}"}`)
				return true
			})
		})
	}
}

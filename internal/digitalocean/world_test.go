package digitalocean_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// world is a simulated account with one of each kind that is made of many parts, all of
// their fields set. In paths and bodies its names stand for ids: {lb} is the load balancer.
type world struct {
	t      *testing.T
	sim    *dosim.Server
	client *digitalocean.Client
	ids    map[string]string
}

// The whole of what a PUT of the load balancers replaces.
const (
	regionalSpec = `{"name":"edge","region":"nyc3","type":"REGIONAL","size_unit":2,"droplet_ids":[{web1},{web2}],
		"forwarding_rules":[{"entry_protocol":"http","entry_port":80,"target_protocol":"http","target_port":8080},
			{"entry_protocol":"https","entry_port":443,"target_protocol":"http","target_port":8080,"certificate_id":"892071a0-bb95-49bc-8021-3afd67a210bf"}],
		"health_check":{"protocol":"http","port":8080,"path":"/healthz","check_interval_seconds":12,"response_timeout_seconds":6,"healthy_threshold":4,"unhealthy_threshold":6},
		"sticky_sessions":{"type":"cookies","cookie_name":"lb","cookie_ttl_seconds":300},"redirect_http_to_https":true,"enable_proxy_protocol":true,
		"enable_backend_keepalive":true,"disable_lets_encrypt_dns_records":true,"http_idle_timeout_seconds":90,"network_stack":"DUALSTACK",
		"tls_cipher_policy":"STRONG","firewall":{"allow":["ip:192.0.2.7","cidr:198.51.100.0/24"],"deny":["cidr:203.0.113.0/24"]}}`
	globalSpec = `{"name":"front","type":"GLOBAL","domains":[{"name":"example.com","is_managed":true,"certificate_id":"892071a0-bb95-49bc-8021-3afd67a210bf"}],
		"glb_settings":{"target_protocol":"http","target_port":80,"cdn":{"is_enabled":true},"region_priorities":{"nyc3":1,"fra1":2},"failover_threshold":50},
		"target_load_balancer_ids":["{lb}"]}`
)

// newWorld makes everything as a person would: by requests.
func newWorld(t *testing.T, opts ...dosim.Option) *world {
	t.Helper()
	sim, client := simulate(t, opts...)
	w := &world{t: t, sim: sim, client: client, ids: map[string]string{}}
	const droplet = `{"region":"nyc3","size":"s-1vcpu-1gb","image":"ubuntu-24-04-x64","name":"%s","tags":%s}`
	w.make("web1", "/v2/droplets", "droplet", fmt.Sprintf(droplet, "web-1", `["web"]`))
	w.make("web2", "/v2/droplets", "droplet", fmt.Sprintf(droplet, "web-2", `["web"]`))
	w.make("other", "/v2/droplets", "droplet", fmt.Sprintf(droplet, "other", `[]`))
	w.make("project", "/v2/projects", "project", `{"name":"shop","purpose":"Web Application"}`)
	var standard struct{ Project struct{ ID string } }
	w.decode(w.request("GET /v2/projects/default", ""), &standard)
	w.ids["standard"] = standard.Project.ID
	w.make("lb", "/v2/load_balancers", "load_balancer", regionalSpec)
	w.make("front", "/v2/load_balancers", "load_balancer", globalSpec)
	w.ids["ip"] = w.made("/v2/reserved_ips", "reserved_ip", "ip", `{"droplet_id":{web1}}`)
	w.make("db", "/v2/databases", "database", `{"name":"backend","engine":"pg","version":"16","size":"db-s-2vcpu-4gb","num_nodes":2,"region":"nyc3","tags":["prod"],
		"storage_size_mib":71680,"do_settings":{"service_cnames":["db.example.com"]},
		"rules":[{"type":"ip_addr","value":"192.0.2.7","description":"office"},{"type":"droplet","value":"{web1}"},{"type":"tag","value":"web"}]}`)
	w.request("POST /v2/databases/{db}/dbs", `{"name":"app"}`)
	w.request("POST /v2/databases/{db}/users", `{"name":"reporter"}`)
	w.request("PUT /v2/databases/{db}/maintenance", `{"day":"tuesday","hour":"14:00"}`)
	w.makeCluster()
	return w
}

func (w *world) makeCluster() {
	w.t.Helper()
	w.ids["vpc"] = w.made("/v2/vpcs", "vpc", "id", `{"name":"prod","region":"nyc3","ip_range":"10.50.0.0/16"}`)
	w.make("k8s", "/v2/kubernetes/clusters", "kubernetes_cluster", `{"name":"prod","region":"nyc3","version":"1.33.1-do.0","vpc_uuid":"{vpc}","tags":["prod"],
		"worker_subnet_uuid":"cbd79771-23eb-49be-b5ea-59cc56222622","cluster_subnet":"10.100.0.0/16","service_subnet":"10.101.0.0/16","surge_upgrade":true,"ha":false,
		"maintenance_policy":{"day":"monday","start_time":"16:00"},"control_plane_firewall":{"enabled":true,"allowed_addresses":["192.0.2.0/24"]},
		"cluster_autoscaler_configuration":{"scale_down_utilization_threshold":0.65,"scale_down_unneeded_time":"1m0s","expanders":["priority","random"]},
		"sso":{"enabled":true,"required":false,"issuer_url":"https://issuer.example.com","client_id":"clouds"},"routing_agent":{"enabled":true},
		"node_pools":[{"name":"workers","size":"s-2vcpu-4gb","count":2,"tags":["app"],"labels":{"service":"web","example.com/tier":"front"},
			"taints":[{"key":"dedicated","value":"web","effect":"NoSchedule"}],"auto_scale":true,"min_nodes":1,"max_nodes":4},
			{"name":"fixed","size":"s-2vcpu-4gb","count":2}]}`)
	w.request("POST /v2/kubernetes/registries", `{"cluster_uuids":["{k8s}"],"registries":["shop"]}`)
	var answer struct {
		Pools []struct {
			ID, Name string
		} `json:"node_pools"`
	}
	w.decode(w.request("GET /v2/kubernetes/clusters/{k8s}/node_pools", ""), &answer)
	for _, pool := range answer.Pools {
		w.ids[pool.Name] = pool.ID
	}
}

func (w *world) make(name, path, key, body string) {
	w.t.Helper()
	w.ids[name] = w.made(path, key, "id", body)
}

// made is the id that the answer to a creation holds.
func (w *world) made(path, key, idKey, body string) string {
	w.t.Helper()
	var answer map[string]json.RawMessage
	w.decode(w.request("POST "+path, body), &answer)
	var one map[string]any
	w.decode(answer[key], &one)
	if number, isNumber := one[idKey].(float64); isNumber {
		return fmt.Sprintf("%.0f", number)
	}
	return one[idKey].(string)
}

func (w *world) decode(raw []byte, into any) {
	w.t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		w.t.Fatalf("%s: %v", raw, err)
	}
}

// named puts ids in the place of names.
func (w *world) named(text string) string {
	for name, id := range w.ids {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	return text
}

func (w *world) request(line, body string) []byte {
	w.t.Helper()
	method, path, _ := strings.Cut(w.named(line), " ")
	var payload any
	if body != "" {
		payload = json.RawMessage(w.named(body))
	}
	answer, err := w.sim.Change(method, path, payload)
	if err != nil {
		w.t.Fatalf("%s\n%s", err, w.named(body))
	}
	return answer
}

// put replaces a load balancer by its spec with these changes.
func (w *world) put(name, changes string) {
	w.t.Helper()
	spec := map[string]any{}
	w.decode([]byte(w.named(map[string]string{"lb": regionalSpec, "front": globalSpec}[name])), &spec)
	w.decode([]byte(w.named(changes)), &spec)
	maps.DeleteFunc(spec, func(_ string, value any) bool { return value == nil })
	body, err := json.Marshal(spec)
	if err != nil {
		w.t.Fatal(err)
	}
	w.request("PUT /v2/load_balancers/{"+name+"}", string(body))
}

// idOf is the whole id of a resource of the world.
func (w *world) idOf(name string) string {
	if name == "workers" || name == "fixed" {
		return w.ids["k8s"] + "/" + w.ids[name]
	}
	return w.ids[name]
}

// inhabitants are the resources of the world whose kinds are tried, by name.
func inhabitants() map[string]string {
	return map[string]string{
		"lb": "LoadBalancer", "front": "LoadBalancer", "ip": "ReservedIP", "db": "DatabaseCluster",
		"k8s": "KubernetesCluster", "workers": "KubernetesNodePool", "fixed": "KubernetesNodePool",
	}
}

func (w *world) read(kind, name string) resource.Resource {
	w.t.Helper()
	got, err := w.client.Get(w.t.Context(), kind, w.idOf(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// declaredAs is a declaration of everything that is seen of a resource.
func declaredAs(t *testing.T, res resource.Resource) map[string]any {
	t.Helper()
	written, err := json.Marshal(res.Values)
	if err != nil {
		t.Fatal(err)
	}
	value, err := resource.Decode(written)
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func lookup(t *testing.T, name string) kinds.Kind {
	t.Helper()
	kind, known := kinds.Lookup(name)
	if !known {
		t.Fatalf("no kind %s", name)
	}
	return kind
}

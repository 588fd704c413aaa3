package dosim_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim/conformance"
)

type object = map[string]any

// walker makes one request after another and expects each status.
type walker struct{ *world }

func (w walker) do(status int, method, path string, body any) object {
	GinkgoHelper()
	got, answer := w.call(method, path, body)
	Expect(got).To(Equal(status), "%s %s: %v", method, path, answer)
	return answer
}

func (w walker) get(path string) object {
	GinkgoHelper()
	return w.do(http.StatusOK, "GET", path, nil)
}

// create returns the id of what it made.
func (w walker) create(status int, path, key string, body any) any {
	GinkgoHelper()
	id := w.do(status, "POST", path, body)[key].(object)["id"]
	if n, ok := id.(float64); ok {
		return int(n)
	}
	return id
}

var _ = Describe("the whole API, against DigitalOcean's description", func() {
	It("asks and answers as described, on every route", func() {
		if spec == nil {
			Skip("no OpenAPI description: " + conformance.EnvSpec + "=" + os.Getenv(conformance.EnvSpec))
		}
		w := walker{newWorld()}
		w.walkAccount()
		droplet := w.walkDroplets()
		w.walkVolumes(droplet)
		w.walkVPCs()
		w.walkFirewalls(droplet)
		w.walkLoadBalancers(droplet)
		w.walkReservedIPs(droplet)
		w.walkProjects(droplet)
		w.walkTags(droplet)
		w.walkDomains()
		w.walkKubernetes()
		w.walkDatabases()
		w.walkCDN()
		w.walkRemoval(droplet)

		checked := sortedKeys(w.checked.Operations())
		Expect(slices.DeleteFunc(w.checked.MissingFields(), optional.MatchString)).To(BeEmpty(), "documented fields that no answer had")
		for _, prefix := range []string{"/v2/droplets", "/v2/volumes", "/v2/vpcs", "/v2/firewalls", "/v2/tags", "/v2/domains", "/v2/account", "/v2/actions", "/v2/regions", "/v2/sizes", "/v2/images", "/v2/snapshots", "/v2/projects", "/v2/vpc_peerings", "/v2/1-clicks", "/v2/load_balancers", "/v2/reserved_ips", "/v2/floating_ips", "/v2/kubernetes", "/v2/databases", "/v2/cdn"} {
			documented := slices.DeleteFunc(spec.Documented(prefix), notSimulated.MatchString)
			Expect(documented).NotTo(BeEmpty())
			Expect(checked).To(ContainElements(documented), "documented operations below %s", prefix)
		}
	})
})

// optional are documented fields that an answer has only where there is
// something to say, and one that is a spelling mistake.
var optional = regexp.MustCompile(`links\.pages$` +
	`|domains?\.ip_address$` + // accepted, never shown
	`|\.last_tagged_uri$` + // where nothing is tagged
	`|resources\.imgages$` + // sic; the API and its clients say images
	`|^POST /v2/load_balancers: load_balancer\.ipv6$` + // there are no addresses yet
	`|gpu_info$` + // of droplets with a GPU only
	// the schema forgets the key "action", which the examples and the clients have
	`|^POST /v2/images/\{image_id\}/actions: |^GET /v2/images/\{image_id\}/actions/\{action_id\}: ` +
	`|/databases.*: databases?\.(rules|schema_registry_connection)$` + // neither in the examples nor known to godo
	`|users?\.settings\.|backup_progress$` + // of other engines; while a backup is made
	`|^POST /v2/databases: database\.(users\.settings|maintenance_window\.description)$` + // of none that is new
	`|inbound_rules\.sources\.(droplet_ids|kubernetes_ids|load_balancer_uids|tags)$`)

// notSimulated are documented operations below the simulated kinds' paths
// that dosim does not have.
var notSimulated = regexp.MustCompile(`/droplets/autoscale` + // a kind of its own
	`|^(DELETE|POST) /v2/droplets/.*/destroy_with_associated_resources|/destroy_with_associated_resources/status$` +
	`|/images/\{image_id\}/account_transfer|^POST /v2/1-clicks/kubernetes` +
	`|/v2/kubernetes/clusters/\{cluster_id\}/(clusterlint|status_messages)$` +
	`|/v2/databases/.*/(online-migration|topics|logsink|schema-registry|indexes)|/v2/databases/metrics/credentials`)

func (w walker) walkAccount() {
	GinkgoHelper()
	w.get("/v2/account")
	w.get("/v2/regions")
	w.get("/v2/sizes")
	w.get("/v2/sizes?page=2")
	w.get("/v2/images?type=distribution&per_page=3")
	w.get("/v2/images/debian-12-x64")
	key := w.create(http.StatusCreated, "/v2/account/keys", "ssh_key", object{"name": "laptop", "public_key": publicKey})
	w.get("/v2/account/keys")
	w.get(fmt.Sprintf("/v2/account/keys/%v", key))
	w.do(http.StatusOK, "PUT", fmt.Sprintf("/v2/account/keys/%v", key), object{"name": "desktop"})
	w.do(http.StatusUnprocessableEntity, "POST", "/v2/account/keys", object{"name": "laptop", "public_key": publicKey})
	w.do(http.StatusNoContent, "DELETE", fmt.Sprintf("/v2/account/keys/%v", key), nil)
	w.do(http.StatusNotFound, "GET", fmt.Sprintf("/v2/account/keys/%v", key), nil)
	w.get("/v2/1-clicks?type=droplet")
}

func (w walker) walkProjects(droplet int) {
	GinkgoHelper()
	w.get("/v2/projects")
	request := object{"name": "web", "purpose": "Web Application", "environment": "Production", "description": "one"}
	whole := object{"name": "site", "purpose": "IoT", "environment": "Staging", "description": "two", "is_default": false}
	id := w.create(http.StatusCreated, "/v2/projects", "project", request)
	at := fmt.Sprintf("/v2/projects/%v", id)
	w.do(http.StatusConflict, "POST", "/v2/projects", request)
	w.get(at)
	w.do(http.StatusOK, "PUT", at, whole)
	w.do(http.StatusOK, "PATCH", at, object{"description": "three"})
	resources := object{"resources": []string{fmt.Sprintf("do:droplet:%d", droplet)}}
	w.do(http.StatusOK, "POST", at+"/resources", resources)
	w.get(at + "/resources")
	w.do(http.StatusPreconditionFailed, "DELETE", at, nil)
	w.do(http.StatusOK, "POST", "/v2/projects/default/resources", resources)
	w.get("/v2/projects/default/resources")
	w.get("/v2/projects/default")
	w.do(http.StatusOK, "PATCH", "/v2/projects/default", object{"name": "first"})
	whole["name"] = "first-again"
	w.do(http.StatusOK, "PUT", "/v2/projects/default", whole)
	w.do(http.StatusNoContent, "DELETE", at, nil)
	w.do(http.StatusNotFound, "GET", at, nil)
}

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ1c3kgYm90cyBtYWtlIHRoZSBiZXN0IGtleXM= sammy@example.com"

// walkDroplets leaves a droplet that is on.
func (w walker) walkDroplets() int {
	GinkgoHelper()
	request := object{
		"name": "web-1", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "ipv6": true,
		"monitoring": true, "tags": []string{"web"}, "backups": true,
		"backup_policy": object{"plan": "weekly", "weekday": "WED", "hour": 4},
	}
	id := w.create(http.StatusAccepted, "/v2/droplets", "droplet", request).(int)
	several := object{"names": []string{"a", "b"}, "region": "nyc2", "size": "gpu-h100x1-80gb", "image": "ubuntu-24-04-x64"}
	w.do(http.StatusAccepted, "POST", "/v2/droplets", several)
	w.do(http.StatusUnprocessableEntity, "POST", "/v2/droplets", object{"name": "under_score", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64"})
	at := fmt.Sprintf("/v2/droplets/%d", id)
	w.get(at)
	w.do(http.StatusUnprocessableEntity, "POST", at+"/actions", object{"type": "power_off"})
	w.settle()
	for _, action := range []object{
		{"type": "change_backup_policy", "backup_policy": object{"plan": "daily", "hour": 8}},
		{"type": "disable_backups"},
		{"type": "enable_backups", "backup_policy": object{"plan": "weekly", "weekday": "TUE"}},
		{"type": "snapshot", "name": "before"},
		{"type": "rename", "name": "web-one"},
		{"type": "password_reset"},
		{"type": "reboot"},
		{"type": "power_cycle"},
		{"type": "rebuild", "image": "debian-12-x64"},
		{"type": "power_off"},
		{"type": "enable_ipv6"},
		{"type": "resize", "size": "s-2vcpu-4gb", "disk": true},
		{"type": "power_on"},
		{"type": "shutdown"},
		{"type": "power_on"},
	} {
		w.do(http.StatusCreated, "POST", at+"/actions", action)
		w.settle()
	}
	w.do(http.StatusCreated, "POST", "/v2/droplets/actions?tag_name=web", object{"type": "power_cycle"})
	w.settle()
	w.readDroplets(at)
	return id
}

func (w walker) readDroplets(at string) {
	GinkgoHelper()
	w.get(at)
	actions := w.get(at + "/actions?per_page=2")["actions"].([]any)
	w.get(fmt.Sprintf("%s/actions/%v", at, int(actions[0].(object)["id"].(float64))))
	w.get(fmt.Sprintf("/v2/actions/%v", int(actions[0].(object)["id"].(float64))))
	w.get("/v2/actions")
	for _, below := range []string{
		"/backups", "/backups/policy", "/snapshots", "/kernels", "/firewalls", "/neighbors", "/destroy_with_associated_resources",
	} {
		w.get(at + below)
	}
	for _, path := range []string{
		"/v2/droplets", "/v2/droplets?type=gpus", "/v2/droplets?tag_name=web", "/v2/droplets?name=web-one",
		"/v2/droplets/backups/policies", "/v2/droplets/backups/supported_policies", "/v2/reports/droplet_neighbors_ids",
		"/v2/snapshots?resource_type=droplet", "/v2/images?private=true",
	} {
		w.get(path)
	}
	image := w.get("/v2/images?private=true")["images"].([]any)[0].(object)["id"]
	w.get(fmt.Sprintf("/v2/images/%.0f", image))
	w.do(http.StatusOK, "PUT", fmt.Sprintf("/v2/images/%.0f", image), object{"name": "kept", "description": "kept"})
	w.get(fmt.Sprintf("/v2/snapshots/%.0f", image))
	below := fmt.Sprintf("/v2/images/%.0f/actions", image)
	action := w.create(http.StatusCreated, below, "action", object{"type": "transfer", "region": "ams3"})
	w.get(fmt.Sprintf("%s/%v", below, action))
	w.settle()
	w.get(below)
	w.do(http.StatusAccepted, "POST", "/v2/images", object{"name": "own", "url": "https://example.com/own.qcow2", "region": "nyc3", "distribution": "Debian"})
	w.do(http.StatusNoContent, "DELETE", fmt.Sprintf("/v2/images/%.0f", image), nil)
	w.do(http.StatusNotFound, "DELETE", fmt.Sprintf("/v2/images/%.0f", image), nil)
	w.do(http.StatusNotFound, "GET", "/v2/droplets/1", nil)
}

func (w walker) walkVolumes(droplet int) {
	GinkgoHelper()
	request := object{"name": "data", "region": "nyc3", "size_gigabytes": 10, "filesystem_type": "ext4", "tags": []string{"web"}}
	id := w.create(http.StatusCreated, "/v2/volumes", "volume", request)
	w.do(http.StatusConflict, "POST", "/v2/volumes", request)
	at := fmt.Sprintf("/v2/volumes/%v", id)
	action := w.create(http.StatusAccepted, at+"/actions", "action", object{"type": "attach", "droplet_id": droplet})
	w.get(fmt.Sprintf("%s/actions/%v", at, action))
	w.settle()
	w.get(at)
	w.get("/v2/volumes")
	w.get("/v2/volumes?region=nyc3&name=data")
	w.do(http.StatusConflict, "DELETE", at, nil)
	w.do(http.StatusAccepted, "POST", at+"/actions", object{"type": "resize", "size_gigabytes": 20})
	w.settle()
	w.do(http.StatusAccepted, "POST", "/v2/volumes/actions", object{"type": "detach", "volume_name": "data", "droplet_id": droplet, "region": "nyc3"})
	w.settle()
	w.get(at + "/actions")
	snapshot := w.create(http.StatusCreated, at+"/snapshots", "snapshot", object{"name": "monday", "tags": []string{"web"}})
	w.get(at + "/snapshots")
	w.get(fmt.Sprintf("/v2/volumes/snapshots/%v", snapshot))
	w.get("/v2/snapshots")
	w.create(http.StatusCreated, "/v2/volumes", "volume", object{"name": "restored", "size_gigabytes": 20, "snapshot_id": snapshot, "region": "nyc3"})
	w.do(http.StatusNoContent, "DELETE", "/v2/volumes?name=restored&region=nyc3", nil)
	w.do(http.StatusNoContent, "DELETE", fmt.Sprintf("/v2/volumes/snapshots/%v", snapshot), nil)
	again := w.create(http.StatusCreated, at+"/snapshots", "snapshot", object{"name": "tuesday"})
	w.do(http.StatusNoContent, "DELETE", fmt.Sprintf("/v2/snapshots/%v", again), nil)
}

func (w walker) walkVPCs() {
	GinkgoHelper()
	id := w.create(http.StatusCreated, "/v2/vpcs", "vpc", object{"name": "net", "region": "nyc3", "ip_range": "10.10.0.0/24", "description": "one"})
	at := fmt.Sprintf("/v2/vpcs/%v", id)
	w.do(http.StatusUnprocessableEntity, "POST", "/v2/vpcs", object{"name": "overlap", "region": "nyc3", "ip_range": "10.10.0.0/24"})
	w.get(at)
	w.do(http.StatusOK, "PUT", at, object{"name": "net-1", "default": true})
	w.do(http.StatusOK, "PATCH", at, object{"description": "two"})
	w.do(http.StatusForbidden, "DELETE", at, nil)
	for _, v := range w.get("/v2/vpcs")["vpcs"].([]any) {
		v := v.(object)
		w.get(fmt.Sprintf("/v2/vpcs/%v/members", v["id"]))
		if v["name"] == "default-nyc3" {
			w.do(http.StatusOK, "PATCH", fmt.Sprintf("/v2/vpcs/%v", v["id"]), object{"default": true})
		}
	}
	w.walkPeerings(at, id)
	w.do(http.StatusNoContent, "DELETE", at, nil)
	w.do(http.StatusNotFound, "GET", at, nil)
}

func (w walker) walkPeerings(at string, vpc any) {
	GinkgoHelper()
	other := w.create(http.StatusCreated, "/v2/vpcs", "vpc", object{"name": "far", "region": "ams3"})
	pair := object{"name": "both", "vpc_ids": []any{vpc, other}}
	id := w.create(http.StatusAccepted, "/v2/vpc_peerings", "vpc_peering", pair)
	peering := fmt.Sprintf("/v2/vpc_peerings/%v", id)
	w.do(http.StatusUnprocessableEntity, "POST", "/v2/vpc_peerings", pair)
	w.get(peering)
	w.settle()
	w.get("/v2/vpc_peerings?region=ams3")
	w.get(at + "/peerings")
	w.do(http.StatusOK, "PATCH", peering, object{"name": "pair"})
	w.do(http.StatusOK, "PATCH", fmt.Sprintf("%s/peerings/%v", at, id), object{"name": "couple"})
	w.do(http.StatusForbidden, "DELETE", at, nil)
	w.do(http.StatusAccepted, "DELETE", peering, nil)
	w.settle()
	w.do(http.StatusNotFound, "GET", peering, nil)
	again := w.create(http.StatusAccepted, at+"/peerings", "peering", object{"name": "again", "vpc_id": other})
	w.do(http.StatusAccepted, "DELETE", fmt.Sprintf("/v2/vpc_peerings/%v", again), nil)
	w.settle()
}

func (w walker) walkFirewalls(droplet int) {
	GinkgoHelper()
	from := object{"addresses": []string{"0.0.0.0/0", "::/0"}}
	rules := object{"inbound_rules": []object{{"protocol": "tcp", "ports": "22", "sources": from}}}
	request := object{
		"name": "web", "droplet_ids": []int{droplet}, "tags": []string{"web"}, "inbound_rules": rules["inbound_rules"],
		"outbound_rules": []object{
			{"protocol": "tcp", "ports": "all", "destinations": from},
			{"protocol": "udp", "ports": "53", "destinations": object{
				"droplet_ids": []int{droplet}, "tags": []string{"web"},
				"load_balancer_uids": []string{"4de7ac8b-495b-4884-9a69-1050c6793cd6"},
				"kubernetes_ids":     []string{"41b74c5d-9bd0-5555-5555-a57c495b81a3"},
			}},
		},
	}
	id := w.create(http.StatusAccepted, "/v2/firewalls", "firewall", request)
	w.do(http.StatusConflict, "POST", "/v2/firewalls", request)
	w.get("/v2/firewalls")
	at := fmt.Sprintf("/v2/firewalls/%v", id)
	w.get(at)
	w.get(fmt.Sprintf("/v2/droplets/%d/firewalls", droplet))
	w.do(http.StatusOK, "PUT", at, request)
	more := object{"inbound_rules": []object{{"protocol": "tcp", "ports": "443", "sources": from}}}
	for below, body := range map[string]object{
		"/rules": more, "/tags": {"tags": []string{"web"}}, "/droplets": {"droplet_ids": []int{droplet}},
	} {
		w.do(http.StatusNoContent, "POST", at+below, body)
		w.do(http.StatusNoContent, "DELETE", at+below, body)
	}
	w.do(http.StatusUnprocessableEntity, "POST", at+"/rules", object{"inbound_rules": []object{{"protocol": "tcp", "ports": "0", "sources": from}}})
	w.do(http.StatusNoContent, "DELETE", at, nil)
	w.do(http.StatusNotFound, "GET", at, nil)
}

func (w walker) walkTags(droplet int) {
	GinkgoHelper()
	w.do(http.StatusCreated, "POST", "/v2/tags", object{"name": "env:prod"})
	resources := object{"resources": []object{{"resource_id": fmt.Sprint(droplet), "resource_type": "droplet"}}}
	w.do(http.StatusNoContent, "POST", "/v2/tags/env:prod/resources", resources)
	w.get("/v2/tags/env:prod")
	w.get("/v2/tags")
	w.do(http.StatusNoContent, "DELETE", "/v2/tags/env:prod/resources", resources)
	w.do(http.StatusNoContent, "DELETE", "/v2/tags/env:prod", nil)
	w.do(http.StatusNotFound, "GET", "/v2/tags/env:prod", nil)
}

func (w walker) walkDomains() {
	GinkgoHelper()
	w.do(http.StatusCreated, "POST", "/v2/domains", object{"name": "example.com", "ip_address": "203.0.113.10"})
	w.do(http.StatusUnprocessableEntity, "POST", "/v2/domains", object{"name": "example.com"})
	w.get("/v2/domains")
	w.get("/v2/domains/example.com")
	at := "/v2/domains/example.com/records"
	for _, record := range []object{
		{"type": "A", "name": "a", "data": "203.0.113.1"},
		{"type": "AAAA", "name": "a", "data": "2001:db8::1"},
		{"type": "CAA", "name": "@", "data": "letsencrypt.org.", "flags": 0, "tag": "issue"},
		{"type": "CNAME", "name": "www", "data": "@"},
		{"type": "MX", "name": "@", "data": "mail.example.com.", "priority": 10},
		{"type": "NS", "name": "sub", "data": "ns1.example.net."},
		{"type": "SRV", "name": "_sip._tcp", "data": "sip.example.com.", "priority": 10, "port": 5060, "weight": 1},
		{"type": "TXT", "name": "@", "data": "v=spf1 -all"},
	} {
		w.do(http.StatusCreated, "POST", at, record)
	}
	id := w.create(http.StatusCreated, at, "domain_record", object{"type": "A", "name": "b", "data": "203.0.113.2", "ttl": 600})
	w.get(at)
	w.get(at + "?type=A&name=b.example.com")
	record := fmt.Sprintf("%s/%v", at, id)
	w.get(record)
	w.do(http.StatusOK, "PUT", record, object{"type": "A", "data": "203.0.113.3"})
	w.do(http.StatusOK, "PATCH", record, object{"type": "A", "ttl": 1200})
	w.do(http.StatusUnprocessableEntity, "PATCH", record, object{"type": "A", "ttl": 1})
	w.get("/v2/domains/example.com")
	w.do(http.StatusNoContent, "DELETE", record, nil)
	w.do(http.StatusNotFound, "GET", record, nil)
	w.do(http.StatusNoContent, "DELETE", "/v2/domains/example.com", nil)
	w.do(http.StatusNotFound, "GET", "/v2/domains/example.com", nil)
}

func (w walker) walkRemoval(droplet int) {
	GinkgoHelper()
	w.do(http.StatusNoContent, "DELETE", fmt.Sprintf("/v2/droplets/%d", droplet), nil)
	w.do(http.StatusNoContent, "DELETE", "/v2/droplets?tag_name=web", nil)
	w.do(http.StatusNotFound, "DELETE", fmt.Sprintf("/v2/droplets/%d", droplet), nil)
}

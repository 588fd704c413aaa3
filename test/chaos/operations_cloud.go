package main

import (
	"fmt"
	"strconv"
	"strings"
)

// What people do in DigitalOcean, behind the operator's back. Values come from
// small pools, so that fields also come to agree again.
var (
	sizes        = []string{"s-1vcpu-1gb", "s-1vcpu-2gb", "s-2vcpu-2gb"}
	tags         = []string{"web", "db", "blue", "prod"}
	dropletNames = []string{"web-0", "web-1", "web-2"}
	volumeNames  = []string{"vol-0", "vol-1", "vol-2"}
	wallNames    = []string{"fw-0", "fw-1"}
	vpcNames     = []string{"net-0", "net-1", "net-2"}
	descriptions = []string{"", "logs", "data"}
	domains      = []string{"example.com", "example.org"}
	recordNames  = []string{"www", "mail", "@"}
	addresses    = []string{"198.51.100.1", "198.51.100.2", "198.51.100.3"}
	ttls         = []int{60, 300, 1800}
	gigabytes    = []int{10, 20, 30, 40}
	sources      = []string{"0.0.0.0/0", "10.1.0.0/16", "192.0.2.7"}
	ports        = []string{"22", "80", "443", "8000-9000"}
)

var cloudOperations = []operation{
	{"droplet created", 5, func(s *sequence) { s.create("Droplet") }},
	{"droplet deleted", 5, func(s *sequence) { s.remove("Droplet") }},
	{"droplet resized", 10, (*sequence).resizeDroplet},
	{"droplet tagged", 6, (*sequence).tagDroplet},
	{"droplet renamed", 4, func(s *sequence) { s.act("Droplet", map[string]any{"type": "rename", "name": one(s, dropletNames)}) }},
	{"droplet switched", 2, func(s *sequence) { s.act("Droplet", map[string]any{"type": one(s, []string{"power_on", "power_off"})}) }},
	{"volume created", 3, func(s *sequence) { s.create("Volume") }},
	{"volume deleted", 3, func(s *sequence) { s.remove("Volume") }},
	{"volume resized", 4, func(s *sequence) {
		s.act("Volume", map[string]any{"type": "resize", "size_gigabytes": one(s, gigabytes)})
	}},
	{"firewall created", 2, func(s *sequence) { s.create("Firewall") }},
	{"firewall deleted", 1, func(s *sequence) { s.remove("Firewall") }},
	{"firewall changed", 8, (*sequence).changeFirewall},
	{"VPC created", 2, func(s *sequence) { s.create("VPC") }},
	{"VPC deleted", 2, func(s *sequence) { s.remove("VPC") }},
	{"VPC changed", 3, (*sequence).changeVPC},
	{"tag created", 2, func(s *sequence) { s.create("Tag") }},
	{"tag deleted", 2, func(s *sequence) { s.remove("Tag") }},
	{"domain created", 1, func(s *sequence) { s.create("Domain") }},
	{"domain deleted", 2, func(s *sequence) { s.remove("Domain") }},
	{"record created", 3, func(s *sequence) { s.create("DomainRecord") }},
	{"record deleted", 2, func(s *sequence) { s.remove("DomainRecord") }},
	{"record changed", 5, (*sequence).changeRecord},
	{"most of a kind deleted", 1, (*sequence).massDelete},
}

// furnish is what the account holds at first.
func (s *sequence) furnish() {
	for _, what := range []struct {
		kind string
		n    int
	}{{"Tag", 2}, {"Droplet", 3}, {"Volume", 2}, {"VPC", 1}, {"Firewall", 1}, {"Domain", 1}, {"DomainRecord", 2}} {
		for range what.n {
			s.create(what.kind)
		}
	}
	if s.chance(0.12) { // enough for a mass disappearance
		for n := range 16 {
			s.change("POST", "/v2/tags", map[string]any{"name": fmt.Sprintf("many-%d", n)})
		}
	}
}

// change changes the cloud; what DigitalOcean refuses is no error here.
func (s *sequence) change(method, path string, body any) {
	_, err := s.cloud.change(method, path, body)
	if err != nil {
		s.note("  %s %s %v: refused", method, path, body)
		return
	}
	s.note("  %s %s %v", method, path, body)
}

func (s *sequence) rule() map[string]any {
	port := one(s, ports)
	peers := map[string]any{"addresses": []any{one(s, sources)}}
	if s.chance(0.3) {
		peers["tags"] = []any{one(s, tags)}
	}
	if r, ok := s.any("Droplet"); ok && s.chance(0.3) {
		if id, err := strconv.Atoi(r.id); err == nil {
			peers["droplet_ids"] = []any{id}
		}
	}
	return map[string]any{"protocol": "tcp", "ports": port, "sources": peers}
}

// create adds a resource of a kind.
func (s *sequence) create(kind string) {
	switch kind {
	case "Droplet":
		s.change("POST", "/v2/droplets", map[string]any{"name": one(s, dropletNames), "region": "nyc3", "size": sizes[0],
			"image": "ubuntu-24-04-x64", "tags": some(s, tags), "monitoring": s.chance(0.5)})
	case "Volume":
		s.change("POST", "/v2/volumes", map[string]any{"name": one(s, volumeNames), "region": one(s, []string{"nyc3", "ams3"}),
			"size_gigabytes": gigabytes[0], "description": one(s, descriptions), "tags": some(s, tags)})
	case "Firewall":
		s.change("POST", "/v2/firewalls", map[string]any{"name": one(s, wallNames), "inbound_rules": []any{s.rule(), s.rule()}})
	case "VPC":
		s.change("POST", "/v2/vpcs", map[string]any{"name": one(s, vpcNames), "region": "nyc3", "description": one(s, descriptions)})
	case "Tag":
		s.change("POST", "/v2/tags", map[string]any{"name": one(s, tags)})
	case "Domain":
		s.change("POST", "/v2/domains", map[string]any{"name": one(s, domains)})
	case "DomainRecord":
		s.change("POST", "/v2/domains/"+one(s, domains)+"/records", map[string]any{"type": "A", "name": one(s, recordNames),
			"data": one(s, addresses), "ttl": one(s, ttls)})
	}
}

// pathOf is where a resource lives in the API.
func pathOf(r ref) string {
	switch r.kind {
	case "Droplet":
		return "/v2/droplets/" + r.id
	case "Volume":
		return "/v2/volumes/" + r.id
	case "Firewall":
		return "/v2/firewalls/" + r.id
	case "VPC":
		return "/v2/vpcs/" + r.id
	case "Tag":
		return "/v2/tags/" + r.id
	case "Domain":
		return "/v2/domains/" + r.id
	default:
		domain, id, _ := strings.Cut(r.id, "/")
		return "/v2/domains/" + domain + "/records/" + id
	}
}

// any is a random resource of a kind; ok is false where there is none.
func (s *sequence) any(kind string) (r ref, ok bool) {
	all := s.cloud.now().sorted(kind)
	if len(all) == 0 {
		return ref{}, false
	}
	return one(s, all), true
}

func (s *sequence) remove(kind string) {
	if r, ok := s.any(kind); ok {
		s.change("DELETE", pathOf(r), nil)
	}
}

func (s *sequence) act(kind string, action map[string]any) {
	if r, ok := s.any(kind); ok {
		s.change("POST", pathOf(r)+"/actions", action)
	}
}

func (s *sequence) resizeDroplet() {
	r, ok := s.any("Droplet")
	if !ok {
		return
	}
	size := one(s, sizes)
	for _, action := range []map[string]any{{"type": "power_off"}, {"type": "resize", "size": size}, {"type": "power_on"}} {
		s.change("POST", pathOf(r)+"/actions", action)
	}
}

func (s *sequence) tagDroplet() {
	r, ok := s.any("Droplet")
	if !ok {
		return
	}
	tag, method := one(s, tags), one(s, []string{"POST", "DELETE"})
	s.change("POST", "/v2/tags", map[string]any{"name": tag})
	s.change(method, "/v2/tags/"+tag+"/resources", map[string]any{
		"resources": []any{map[string]any{"resource_id": r.id, "resource_type": "droplet"}}})
}

func (s *sequence) changeFirewall() {
	if r, ok := s.any("Firewall"); ok {
		s.change(one(s, []string{"POST", "POST", "DELETE"}), pathOf(r)+"/rules", map[string]any{"inbound_rules": []any{s.rule()}})
	}
}

func (s *sequence) changeVPC() {
	if r, ok := s.any("VPC"); ok {
		s.change("PATCH", pathOf(r), map[string]any{"name": one(s, vpcNames), "description": one(s, descriptions)})
	}
}

func (s *sequence) changeRecord() {
	records := s.cloud.now().sorted("DomainRecord")
	var ours []ref
	for _, r := range records {
		if s.cloud.now()[r].fields["type"] == "A" {
			ours = append(ours, r)
		}
	}
	if len(ours) > 0 {
		s.change("PATCH", pathOf(one(s, ours)), map[string]any{"data": one(s, addresses), "ttl": one(s, ttls)})
	}
}

func (s *sequence) massDelete() {
	kind := one(s, []string{"Tag", "Tag", "Droplet", "DomainRecord"})
	for _, r := range s.cloud.now().sorted(kind) {
		if s.chance(0.9) {
			s.change("DELETE", pathOf(r), nil)
		}
	}
}

// aNumber is an id that no droplet has.
func aNumber(s *sequence) string { return strconv.Itoa(900000000 + s.rng.IntN(3)) }

package dosim

import (
	"encoding/json"
	"fmt"
)

// SeedDemo fills the default team with a small, plausible account: a VPC,
// droplets web-1, web-2 and db-1 with tags, a firewall over the web tag, a
// volume at db-1, and example.com with records. It is meant for an empty
// server: a second time its names are taken.
func (s *Server) SeedDemo() error {
	d := demo{Server: s}
	vpc := d.create("/v2/vpcs", "vpc", object{"name": "production", "region": "nyc3", "ip_range": "10.20.0.0/20", "description": "Production network"})
	d.create("/v2/tags", "tag", object{"name": "web"})
	d.create("/v2/tags", "tag", object{"name": "prod"})
	d.create("/v2/tags", "tag", object{"name": "db"})
	droplet := func(name, size string, tags []string, backups bool) any {
		return d.create("/v2/droplets", "droplet", object{
			"name": name, "region": "nyc3", "size": size, "image": "ubuntu-24-04-x64", "vpc_uuid": vpc,
			"tags": tags, "monitoring": true, "backups": backups,
		})
	}
	droplet("web-1", "s-2vcpu-4gb", []string{"web", "prod"}, false)
	droplet("web-2", "s-2vcpu-4gb", []string{"web", "prod"}, false)
	db := droplet("db-1", "g-2vcpu-8gb", []string{"db", "prod"}, true)
	data := d.create("/v2/volumes", "volume", object{
		"name": "db-data", "region": "nyc3", "size_gigabytes": 100, "filesystem_type": "ext4",
		"description": "PostgreSQL data", "tags": []string{"db"},
	})
	d.post(fmt.Sprintf("/v2/volumes/%v/actions", data), object{"type": "attach", "droplet_id": db})
	d.demoFirewall()
	d.demoDomain()
	return d.err
}

type object = map[string]any

// demo makes requests until one fails.
type demo struct {
	*Server
	err error
}

func (d *demo) post(path string, body object) json.RawMessage {
	if d.err != nil {
		return nil
	}
	answer, err := d.Change("POST", path, body)
	if err != nil {
		d.err = fmt.Errorf("seeding the demo: %w", err)
	}
	return answer
}

// create returns the id of what it created; names are the ids of tags.
func (d *demo) create(path, key string, body object) any {
	var answer map[string]map[string]any
	_ = json.Unmarshal(d.post(path, body), &answer)
	// What is not an object beside key, such as links, is not of interest.
	switch id := answer[key]["id"].(type) {
	case float64:
		return int(id)
	case string:
		return id
	}
	return body["name"]
}

func (d *demo) demoFirewall() {
	everywhere := object{"addresses": []string{"0.0.0.0/0", "::/0"}}
	in := func(ports string, from object) object {
		return object{"protocol": "tcp", "ports": ports, "sources": from}
	}
	d.post("/v2/firewalls", object{
		"name": "web", "tags": []string{"web"},
		"inbound_rules": []object{
			in("22", object{"addresses": []string{"203.0.113.0/24"}}), in("80", everywhere), in("443", everywhere),
		},
		"outbound_rules": []object{
			{"protocol": "tcp", "ports": "all", "destinations": everywhere},
			{"protocol": "udp", "ports": "all", "destinations": everywhere},
			{"protocol": "icmp", "destinations": everywhere},
		},
	})
}

func (d *demo) demoDomain() {
	d.post("/v2/domains", object{"name": "example.com", "ip_address": "203.0.113.10"})
	for _, record := range []object{
		{"type": "CNAME", "name": "www", "data": "@", "ttl": 3600},
		{"type": "MX", "name": "@", "data": "mail.example.com.", "priority": 10},
		{"type": "TXT", "name": "@", "data": "v=spf1 -all"},
	} {
		d.post("/v2/domains/example.com/records", record)
	}
}

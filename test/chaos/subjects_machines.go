package main

import (
	"fmt"
	"strconv"
	"strings"
)

// Droplets, volumes and tags.

func dropletSubject() subject {
	return subject{
		kind: "Droplet", weight: 3, first: 3,
		fields: map[string]form{
			"name": asText, "region": asText, "size_slug": asText, "status": asText, "tags": asText, "monitoring": asText, "ipv6": asText,
		},
		live: func(t team) []row {
			var out []row
			for _, d := range t.table("droplets") {
				if d["deleted_at"] == nil {
					d["size_slug"] = d["size"]
					out = append(out, row{text(d["id"]), text(d["name"]), d})
				}
			}
			return out
		},
		pools: func(s *sequence) map[string][]any {
			return map[string][]any{
				"size_slug": anys(sizes), "name": anys(dropletNames), "region": {"nyc3", "ams3"}, "status": {"active", "off"},
				"tags": {anys(some(s, tags)), []any{"web", "prod"}, []any{}}, "monitoring": {true, false}, "ipv6": {false, "false"},
			}
		},
		create: func(s *sequence) {
			s.change("POST", "/v2/droplets", map[string]any{"name": one(s, dropletNames), "region": "nyc3", "size": sizes[0],
				"image": "ubuntu-24-04-x64", "tags": some(s, tags), "monitoring": s.chance(0.5)})
		},
		again: func(s *sequence, _ ref, was object) {
			s.change("POST", "/v2/droplets", map[string]any{"name": was.name, "region": "nyc3", "size": one(s, sizes),
				"image": "ubuntu-24-04-x64", "tags": some(s, tags)})
		},
		operations: []operation{
			{"droplet created", 5, func(s *sequence) { s.create("Droplet") }},
			{"droplet deleted", 5, func(s *sequence) { s.remove("Droplet") }},
			{"droplet resized", 10, (*sequence).resizeDroplet},
			{"droplet tagged", 6, (*sequence).tagDroplet},
			{"droplet renamed", 4, func(s *sequence) {
				s.act("Droplet", map[string]any{"type": "rename", "name": one(s, dropletNames)})
			}},
			{"droplet switched", 2, func(s *sequence) {
				s.act("Droplet", map[string]any{"type": one(s, []string{"power_on", "power_off"})})
			}},
		},
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

// dropletID is the number of a random droplet.
func (s *sequence) dropletID() (id int, ok bool) {
	r, ok := s.any("Droplet")
	if !ok {
		return 0, false
	}
	id, err := strconv.Atoi(r.id)
	return id, err == nil
}

// aNumber is an id that no droplet has.
func aNumber(s *sequence) string { return strconv.Itoa(900000000 + s.rng.IntN(3)) }

func volumeSubject() subject {
	return subject{
		kind: "Volume", weight: 1, first: 2, where: "region",
		fields: map[string]form{"name": asText, "region": asText, "size_gigabytes": asText, "description": asText, "tags": asText},
		live:   plain("volumes"),
		pools: func(s *sequence) map[string][]any {
			return map[string][]any{"size_gigabytes": {10, "20", 30}, "description": anys(descriptions), "tags": {anys(some(s, tags))}}
		},
		create: func(s *sequence) {
			s.change("POST", "/v2/volumes", map[string]any{"name": one(s, volumeNames), "region": one(s, []string{"nyc3", "ams3"}),
				"size_gigabytes": gigabytes[0], "description": one(s, descriptions), "tags": some(s, tags)})
		},
		again: func(s *sequence, _ ref, was object) {
			s.change("POST", "/v2/volumes", map[string]any{"name": was.name, "region": was.values["region"],
				"size_gigabytes": one(s, gigabytes), "description": one(s, descriptions)})
		},
		operations: []operation{
			{"volume created", 3, func(s *sequence) { s.create("Volume") }},
			{"volume deleted", 3, func(s *sequence) { s.remove("Volume") }},
			{"volume resized", 4, func(s *sequence) {
				s.act("Volume", map[string]any{"type": "resize", "size_gigabytes": one(s, gigabytes)})
			}},
		},
	}
}

func tagSubject() subject {
	return subject{
		kind: "Tag", weight: 1, first: 2,
		fields: map[string]form{"name": asText},
		live: func(t team) []row {
			var out []row
			for _, values := range t.table("tags") {
				out = append(out, row{text(values["name"]), text(values["name"]), values})
			}
			return out
		},
		pools:  func(*sequence) map[string][]any { return map[string][]any{"name": anys(tags)} },
		create: func(s *sequence) { s.change("POST", "/v2/tags", map[string]any{"name": one(s, tags)}) },
		again:  func(s *sequence, r ref, _ object) { s.change("POST", "/v2/tags", map[string]any{"name": r.id}) },
		operations: []operation{
			{"tag created", 2, func(s *sequence) { s.create("Tag") }},
			{"tag deleted", 2, func(s *sequence) { s.remove("Tag") }},
		},
	}
}

// Domains with their records.

func domainSubject() subject {
	return subject{
		kind: "Domain", weight: 1, first: 1,
		fields: map[string]form{"name": asText, "ttl": asText},
		live: func(t team) []row {
			var out []row
			for _, d := range t.table("domains") {
				out = append(out, row{text(d["name"]), text(d["name"]), d})
			}
			return out
		},
		pools:  func(*sequence) map[string][]any { return map[string][]any{"ttl": {1800, 3600}} },
		create: func(s *sequence) { s.change("POST", "/v2/domains", map[string]any{"name": one(s, domains)}) },
		operations: []operation{
			{"domain created", 1, func(s *sequence) { s.create("Domain") }},
			{"domain deleted", 2, func(s *sequence) { s.remove("Domain") }},
		},
	}
}

func domainRecordSubject() subject {
	return subject{
		kind: "DomainRecord", weight: 2, first: 2, where: "type",
		fields: map[string]form{"name": asText, "type": asText, "data": asText, "ttl": asText},
		live: func(t team) []row {
			var out []row
			for _, d := range t.table("domains") {
				for _, values := range within(d, "records") {
					name := strings.TrimPrefix(fmt.Sprintf("%s.%s", values["name"], d["name"]), "@.")
					out = append(out, row{text(d["name"]) + "/" + text(values["id"]), name, values})
				}
			}
			return out
		},
		pools: func(*sequence) map[string][]any {
			return map[string][]any{"data": anys(addresses), "ttl": {60, "300", 1800}}
		},
		create: func(s *sequence) {
			s.change("POST", "/v2/domains/"+one(s, domains)+"/records", map[string]any{"type": "A", "name": one(s, recordNames),
				"data": one(s, addresses), "ttl": one(s, ttls)})
		},
		again: func(s *sequence, r ref, was object) {
			if was.fields["type"] == "A" {
				s.change("POST", parentOf(r)+"/records", map[string]any{"type": "A", "name": was.values["name"],
					"data": one(s, addresses), "ttl": one(s, ttls)})
			}
		},
		operations: []operation{
			{"record created", 3, func(s *sequence) { s.create("DomainRecord") }},
			{"record deleted", 2, func(s *sequence) { s.remove("DomainRecord") }},
			{"record changed", 5, (*sequence).changeRecord},
		},
	}
}

func (s *sequence) changeRecord() {
	var ours []ref
	for _, r := range s.cloud.now().sorted("DomainRecord") {
		if s.cloud.now()[r].fields["type"] == "A" {
			ours = append(ours, r)
		}
	}
	if len(ours) > 0 {
		s.change("PATCH", pathOf(one(s, ours)), map[string]any{"data": one(s, addresses), "ttl": one(s, ttls)})
	}
}

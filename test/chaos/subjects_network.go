package main

import "maps"

// VPCs, firewalls, load balancers and reserved IPs.

func vpcSubject() subject {
	return subject{
		kind: "VPC", weight: 1, first: 1,
		fields: map[string]form{"name": asText, "region": asText, "description": asText, "ip_range": asText},
		live:   plain("vpcs"),
		pools: func(*sequence) map[string][]any {
			return map[string][]any{"name": anys(vpcNames), "description": anys(descriptions)}
		},
		create: func(s *sequence) {
			s.change("POST", "/v2/vpcs", map[string]any{"name": one(s, vpcNames), "region": "nyc3", "description": one(s, descriptions)})
		},
		operations: []operation{
			{"VPC created", 2, func(s *sequence) { s.create("VPC") }},
			{"VPC deleted", 2, func(s *sequence) { s.remove("VPC") }},
			{"VPC changed", 3, func(s *sequence) {
				if r, ok := s.any("VPC"); ok {
					s.change("PATCH", pathOf(r), map[string]any{"name": one(s, vpcNames), "description": one(s, descriptions)})
				}
			}},
		},
	}
}

func firewallSubject() subject {
	return subject{
		kind: "Firewall", weight: 2, first: 1,
		fields: map[string]form{"name": asText, "tags": asText, "droplet_ids": asText, "inbound_rules": firewallRules},
		live:   plain("firewalls"),
		pools: func(s *sequence) map[string][]any {
			return map[string][]any{"inbound_rules": {[]any{s.rule(), s.rule()}, []any{s.rule()}}, "name": anys(wallNames)}
		},
		create: func(s *sequence) {
			s.change("POST", "/v2/firewalls", map[string]any{"name": one(s, wallNames), "inbound_rules": []any{s.rule(), s.rule()}})
		},
		again: func(s *sequence, _ ref, was object) {
			s.change("POST", "/v2/firewalls", map[string]any{"name": was.name, "inbound_rules": []any{s.rule(), s.rule()}})
		},
		operations: []operation{
			{"firewall created", 2, func(s *sequence) { s.create("Firewall") }},
			{"firewall deleted", 1, func(s *sequence) { s.remove("Firewall") }},
			{"firewall changed", 8, (*sequence).changeFirewall},
		},
	}
}

// rule is a random rule of a firewall.
func (s *sequence) rule() map[string]any {
	port := one(s, ports)
	peers := map[string]any{"addresses": []any{one(s, sources)}}
	if s.chance(0.3) {
		peers["tags"] = []any{one(s, tags)}
	}
	if id, ok := s.dropletID(); ok && s.chance(0.3) {
		peers["droplet_ids"] = []any{id}
	}
	for kind, peer := range map[string]string{"LoadBalancer": "load_balancer_uids", "KubernetesCluster": "kubernetes_ids"} {
		if all := s.cloud.now().sorted(kind); len(all) > 0 && port == ports[0] {
			peers[peer] = []any{all[0].id}
		}
	}
	return map[string]any{"protocol": "tcp", "ports": port, "sources": peers}
}

func (s *sequence) changeFirewall() {
	if r, ok := s.any("Firewall"); ok {
		s.change(one(s, []string{"POST", "POST", "DELETE"}), pathOf(r)+"/rules", map[string]any{"inbound_rules": []any{s.rule()}})
	}
}

func loadBalancerSubject() subject {
	return subject{
		kind: "LoadBalancer", weight: 3, share: 0.35, first: 1,
		fields: map[string]form{
			"name": asText, "region": asText, "size_unit": asText, "droplet_ids": asText, "redirect_http_to_https": asText,
			"forwarding_rules": byMember("entry_protocol", "entry_port", "target_protocol", "target_port", "certificate_id", "tls_passthrough"),
		},
		live: plain("load_balancers"),
		pools: func(s *sequence) map[string][]any {
			return map[string][]any{
				"name": anys(balancerNames), "size_unit": {1, "2", 3}, "redirect_http_to_https": {false, true},
				"forwarding_rules": {[]any{s.forward(entries[0])}, []any{s.forward(entries[1]), s.forward(entries[0])},
					[]any{s.forward(entries[0]), map[string]any{"entry_protocol": "tcp", "entry_port": entries[1], "target_port": one(s, targets)}}},
			}
		},
		create: func(s *sequence) {
			body := map[string]any{"name": one(s, balancerNames), "region": "nyc3", "size_unit": one(s, units),
				"forwarding_rules": []any{s.forward(one(s, entries))}}
			if id, ok := s.dropletID(); ok {
				body["droplet_ids"] = []any{id}
			}
			s.change("POST", "/v2/load_balancers", body)
		},
		operations: []operation{
			{"load balancer created", 2, func(s *sequence) { s.create("LoadBalancer") }},
			{"load balancer deleted", 1, func(s *sequence) { s.remove("LoadBalancer") }},
			{"load balancer renamed", 2, func(s *sequence) { s.putBalancer("name", one(s, balancerNames)) }},
			{"load balancer scaled", 4, func(s *sequence) { s.putBalancer("size_unit", one(s, units)) }},
			{"forwarding rule changed", 6, func(s *sequence) {
				s.putBalancer("forwarding_rules", []any{s.forward(entries[0]), s.forward(entries[1])}[s.rng.IntN(2):])
			}},
			{"forwarding rule added", 4, func(s *sequence) {
				if r, ok := s.any("LoadBalancer"); ok {
					s.change("POST", pathOf(r)+"/forwarding_rules", map[string]any{"forwarding_rules": []any{s.forward(one(s, entries))}})
				}
			}},
			{"forwarding rule removed", 2, func(s *sequence) {
				if r, ok := s.any("LoadBalancer"); ok {
					if all, _ := s.cloud.now()[r].values["forwarding_rules"].([]any); len(all) > 0 {
						s.change("DELETE", pathOf(r)+"/forwarding_rules", map[string]any{"forwarding_rules": []any{one(s, all)}})
					}
				}
			}},
		},
	}
}

// forward is a rule that takes traffic in at a port.
func (s *sequence) forward(entry int) map[string]any {
	protocol := "http"
	if entry != entries[0] {
		protocol = "tcp"
	}
	return map[string]any{"entry_protocol": protocol, "entry_port": entry, "target_protocol": protocol, "target_port": one(s, targets)}
}

// putBalancer changes one field of a load balancer: what a request does not say is reset.
func (s *sequence) putBalancer(field string, value any) {
	r, ok := s.any("LoadBalancer")
	if !ok {
		return
	}
	body := map[string]any{}
	for _, kept := range []string{"name", "region", "size_unit", "droplet_ids", "forwarding_rules"} {
		body[kept] = s.cloud.now()[r].values[kept]
	}
	body[field] = value
	s.change("PUT", pathOf(r), body)
}

func reservedIPSubject() subject {
	return subject{
		kind: "ReservedIP", weight: 2, share: 0.35, first: 1,
		fields: map[string]form{"ip": asText, "region": asText, "droplet": asText},
		live: func(t team) []row {
			var out []row
			for _, values := range t.table("reserved_ips") {
				values["droplet"] = values["droplet_id"]
				out = append(out, row{text(values["ip"]), text(values["ip"]), values})
			}
			return out
		},
		pools: func(s *sequence) map[string][]any {
			ids := []any{1}
			if id, ok := s.dropletID(); ok {
				ids = append(ids, id, text(id))
			}
			return map[string][]any{"region": {"nyc3", "ams3"}, "droplet": ids}
		},
		create: func(s *sequence) { s.change("POST", "/v2/reserved_ips", map[string]any{"region": "nyc3"}) },
		operations: []operation{
			{"IP reserved", 2, func(s *sequence) { s.create("ReservedIP") }},
			{"IP released", 1, func(s *sequence) { s.remove("ReservedIP") }},
			{"IP assigned", 6, func(s *sequence) {
				if id, ok := s.dropletID(); ok {
					s.act("ReservedIP", map[string]any{"type": "assign", "droplet_id": id})
				}
			}},
			{"IP unassigned", 4, func(s *sequence) { s.act("ReservedIP", map[string]any{"type": "unassign"}) }},
		},
	}
}

func cdnEndpointSubject() subject {
	origins := []string{"one.nyc3.digitaloceanspaces.com", "two.nyc3.digitaloceanspaces.com", "three.ams3.digitaloceanspaces.com"}
	return subject{
		kind: "CDNEndpoint", weight: 1, share: 0.25, first: 1,
		fields: map[string]form{"origin": asText, "ttl": asText},
		live: func(t team) []row {
			var out []row
			for _, values := range t.table("cdn_endpoints") {
				out = append(out, row{text(values["id"]), text(values["origin"]), values})
			}
			return out
		},
		pools:  func(*sequence) map[string][]any { return map[string][]any{"ttl": {60, "600", 3600}} },
		create: func(s *sequence) { s.change("POST", "/v2/cdn/endpoints", map[string]any{"origin": one(s, origins)}) },
		operations: []operation{
			{"CDN endpoint created", 2, func(s *sequence) { s.create("CDNEndpoint") }},
			{"CDN endpoint deleted", 1, func(s *sequence) { s.remove("CDNEndpoint") }},
			{"CDN endpoint changed", 4, func(s *sequence) {
				if r, ok := s.any("CDNEndpoint"); ok {
					s.change("PUT", pathOf(r), map[string]any{"ttl": one(s, []int{60, 600, 3600})})
				}
			}},
		},
	}
}

// changed is a copy of an object with other values.
func changed(object map[string]any, with map[string]any) map[string]any {
	out := maps.Clone(object)
	maps.Copy(out, with)
	return out
}

package kinds

import "testing"

func TestLoadBalancer(t *testing.T) {
	const (
		web      = `{"entry_protocol":"http","entry_port":80,"target_protocol":"http","target_port":80,"certificate_id":"","tls_passthrough":false}`
		secure   = `{"entry_protocol":"https","entry_port":443,"target_protocol":"http","target_port":8080,"certificate_id":"892071a0-bb95-49bc-8021-3afd67a210bf","tls_passthrough":false}`
		declared = `{"forwarding_rules":[{"entry_protocol":"http","entry_port":80,"target_protocol":"http","target_port":80},
			{"entry_protocol":"https","entry_port":443,"target_protocol":"http","target_port":8080,"certificate_id":"892071a0-bb95-49bc-8021-3afd67a210bf"}]}`
	)
	spring(t, "LoadBalancer", []trap{
		{why: "a size by its name, where answers show the number of nodes", desired: `{"size":"lb-medium"}`, observed: `{"size":"","size_unit":3}`},
		{why: "in capitals", desired: `{"size":"LB-Large"}`, observed: `{"size_unit":6}`},
		{why: "another number of nodes that has a name", desired: `{"size":"lb-medium"}`, observed: `{"size":"","size_unit":1}`, drifts: []string{"size"}},
		{why: "a number of nodes where answers show a name", desired: `{"size_unit":"3"}`, observed: `{"size":"lb-medium"}`},
		{why: "and another one", desired: `{"size_unit":1}`, observed: `{"size":"lb-medium"}`, drifts: []string{"size_unit"}},
		{why: "a size that DigitalOcean was to choose", desired: `{"size":null,"size_unit":null}`, observed: `{"size_unit":1}`},
		{why: "also where answers show a name", desired: `{"size":"","size_unit":null}`, observed: `{"size":"lb-small"}`},
		{why: "somebody resized it", desired: `{"size_unit":1}`, observed: `{"size_unit":2}`, drifts: []string{"size_unit"}},

		{why: "a global one is in no region", desired: `{"name":"edge","type":"GLOBAL","region":null}`, observed: `{"name":"edge","type":"GLOBAL","region":null}`},
		{why: "no type is the regional one", desired: `{"type":null}`, observed: `{"type":"REGIONAL"}`},
		{why: "words have no case", desired: `{"type":"regional","network":"external","network_stack":"ipv4","tls_cipher_policy":"default"}`,
			observed: `{"type":"REGIONAL","network":"EXTERNAL","network_stack":"IPV4","tls_cipher_policy":"DEFAULT"}`},
		{why: "words that are the default may be left out by an answer", observed: `{}`,
			desired: `{"type":"REGIONAL","network":"EXTERNAL","network_stack":"IPV4","tls_cipher_policy":"DEFAULT"}`},
		{why: "a controller recreated it with another type under the same name", desired: `{"name":"a1b2c3","type":"REGIONAL"}`,
			observed: `{"name":"a1b2c3","type":"REGIONAL_NETWORK"}`, drifts: []string{"type"}},
		{why: "weaker ciphers", desired: `{"tls_cipher_policy":"STRONG"}`, observed: `{"tls_cipher_policy":"DEFAULT"}`, drifts: []string{"tls_cipher_policy"}},

		{why: "rules in another order, with what answers fill in", desired: declared, observed: `{"forwarding_rules":[` + secure + `,` + web + `]}`},
		{why: "ports as text and protocols in capitals", observed: `{"forwarding_rules":[` + web + `]}`,
			desired: `{"forwarding_rules":[{"entry_protocol":"HTTP","entry_port":"80","target_protocol":"HTTP","target_port":"80.0","certificate_id":null}]}`},
		{why: "no certificate is an empty one", observed: `{"forwarding_rules":[` + web + `]}`,
			desired: `{"forwarding_rules":[{"entry_protocol":"http","entry_port":80,"target_protocol":"http","target_port":80}]}`},
		{why: "a rule leads elsewhere", desired: declared, observed: `{"forwarding_rules":[{"entry_protocol":"http","entry_port":80,"target_protocol":"http","target_port":81},` + secure + `]}`,
			drifts: []string{`forwarding_rules["http/80"].target_port`}},
		{why: "a rule was removed", desired: declared, observed: `{"forwarding_rules":[` + web + `]}`, drifts: []string{`forwarding_rules["https/443"]`}},
		{why: "a rule that nobody declared", desired: `{"forwarding_rules":[{"entry_protocol":"http","entry_port":80}]}`,
			observed: `{"forwarding_rules":[` + web + `,` + secure + `]}`, drifts: []string{`forwarding_rules["https/443"]`}},
		{why: "another certificate", desired: declared, drifts: []string{`forwarding_rules["https/443"].certificate_id`},
			observed: `{"forwarding_rules":[` + web + `,{"entry_protocol":"https","entry_port":443,"target_protocol":"http","target_port":8080,"certificate_id":"992071a0-bb95-49bc-8021-3afd67a210bf"}]}`},
		{why: "it passes TLS through now", desired: `{"forwarding_rules":[{"entry_protocol":"https","entry_port":443,"tls_passthrough":false}]}`,
			observed: `{"forwarding_rules":[{"entry_protocol":"https","entry_port":443,"tls_passthrough":true}]}`, drifts: []string{`forwarding_rules["https/443"].tls_passthrough`}},
		{why: "all rules are gone", desired: `{"forwarding_rules":[{"entry_protocol":"http","entry_port":80}]}`, observed: `{"forwarding_rules":null}`,
			drifts: []string{`forwarding_rules["http/80"]`}},

		{why: "droplets in any order, as numbers or text", desired: `{"droplet_ids":["2",1]}`, observed: `{"droplet_ids":[1,2]}`},
		{why: "a droplet was taken out", desired: `{"droplet_ids":[1,2]}`, observed: `{"droplet_ids":[1]}`, drifts: []string{"droplet_ids"}},
		{why: "a tag chooses the droplets", desired: `{"tag":"web","droplet_ids":[]}`, observed: `{"tag":"Web","droplet_ids":[1,2]}`},
		{why: "by which it goes now, and nobody declared it", desired: `{"tag":"","droplet_ids":[1]}`, observed: `{"tag":"web","droplet_ids":[1]}`, drifts: []string{"tag"}},
		{why: "no droplets, and somebody put one in", desired: `{"droplet_ids":null}`, observed: `{"tag":"","droplet_ids":[1]}`, drifts: []string{"droplet_ids"}},

		{why: "objects that DigitalOcean fills in, declared as none", desired: `{"health_check":null,"sticky_sessions":null,"firewall":{},"glb_settings":null,"domains":[],"http_idle_timeout_seconds":null}`,
			observed: `{"health_check":{"protocol":"http","port":80,"path":"/","check_interval_seconds":10,"response_timeout_seconds":5,"healthy_threshold":5,"unhealthy_threshold":3},
				"sticky_sessions":{"type":"none"},"firewall":{"allow":[],"deny":[]},"http_idle_timeout_seconds":60}`},
		{why: "no sticky sessions, and somebody switched them on", desired: `{"sticky_sessions":null}`,
			observed: `{"sticky_sessions":{"type":"cookies","cookie_name":"lb","cookie_ttl_seconds":300}}`, drifts: []string{"sticky_sessions"}},
		{why: "the cookie lives longer", desired: `{"sticky_sessions":{"type":"Cookies","cookie_name":"lb","cookie_ttl_seconds":300}}`,
			observed: `{"sticky_sessions":{"type":"cookies","cookie_name":"lb","cookie_ttl_seconds":600}}`, drifts: []string{"sticky_sessions.cookie_ttl_seconds"}},
		{why: "sessions that are not sticky have no cookie", desired: `{"sticky_sessions":{"type":"none","cookie_name":"","cookie_ttl_seconds":0}}`, observed: `{"sticky_sessions":{}}`},
		{why: "another health check", desired: `{"health_check":{"path":"/healthz","port":"80"}}`, observed: `{"health_check":{"path":"/","port":80}}`, drifts: []string{"health_check.path"}},
		{why: "a path has case", desired: `{"health_check":{"path":"/Healthz"}}`, observed: `{"health_check":{"path":"/healthz"}}`, drifts: []string{"health_check.path"}},
		{why: "switches that are off and not shown", observed: `{}`,
			desired: `{"redirect_http_to_https":false,"enable_proxy_protocol":"no","enable_backend_keepalive":null,"disable_lets_encrypt_dns_records":false}`},
		{why: "the redirect was switched off", desired: `{"redirect_http_to_https":true}`, observed: `{"redirect_http_to_https":false}`, drifts: []string{"redirect_http_to_https"}},

		{why: "addresses with and without their kind, and host bits", desired: `{"firewall":{"allow":["192.0.2.7","cidr:198.51.100.9/24"],"deny":null}}`,
			observed: `{"firewall":{"allow":["cidr:198.51.100.0/24","ip:192.0.2.7"],"deny":[]}}`},
		{why: "a network of one address", desired: `{"firewall":{"deny":"192.0.2.7"}}`, observed: `{"firewall":{"deny":["cidr:192.0.2.7/32"]}}`},
		{why: "somebody was let in", desired: `{"firewall":{"allow":["192.0.2.7"]}}`, observed: `{"firewall":{"allow":["ip:192.0.2.7","cidr:0.0.0.0/0"]}}`, drifts: []string{"firewall.allow"}},
		{why: "no VPC is the region's default, no project the account's", desired: `{"vpc_uuid":"","project_id":null}`,
			observed: `{"vpc_uuid":"c33931f2-a26a-4e61-b85c-4e95a2ec431b","project_id":"4de7ac8b-495b-4884-9a69-1050c6793cd6"}`},
		{why: "it was moved to another project", desired: `{"project_id":"4DE7AC8B-495b-4884-9a69-1050c6793cd6"}`,
			observed: `{"project_id":"5de7ac8b-495b-4884-9a69-1050c6793cd6"}`, drifts: []string{"project_id"}},
		{why: "a project that is not shown", desired: `{"project_id":"4de7ac8b-495b-4884-9a69-1050c6793cd6"}`, observed: `{}`, unseen: []string{"project_id"}, unknown: []string{"project_id"}},

		{why: "domains by their names, of which only what is declared", desired: `{"domains":[{"name":"Example.com."}]}`,
			observed: `{"domains":[{"name":"example.com","is_managed":true,"certificate_id":"892071a0-bb95-49bc-8021-3afd67a210bf"}]}`},
		{why: "a domain that nobody declared", desired: `{"domains":[{"name":"example.com"}]}`,
			observed: `{"domains":[{"name":"example.com"},{"name":"example.org"}]}`, drifts: []string{`domains["example.org"]`}},
		{why: "the priority of one region", desired: `{"glb_settings":{"region_priorities":{"nyc3":"1","fra1":2},"cdn":{"is_enabled":"on"}}}`,
			observed: `{"glb_settings":{"region_priorities":{"nyc3":1,"fra1":3},"cdn":{"is_enabled":true}}}`, drifts: []string{"glb_settings.region_priorities.fra1"}},
		{why: "a target was taken out", desired: `{"target_load_balancer_ids":["a","b"]}`, observed: `{"target_load_balancer_ids":["B"]}`, drifts: []string{"target_load_balancer_ids"}},
		{why: "its address in another spelling", desired: `{"ipv6":"2604:A880:0800:14::85f5:c000","created_at":"2017-02-01T23:22:58+01:00"}`,
			observed: `{"ipv6":"2604:a880:800:14::85f5:c000","created_at":"2017-02-01T22:22:58Z"}`},
	})
}

func TestReservedIP(t *testing.T) {
	spring(t, "ReservedIP", []trap{
		{why: "assigned to none; a region has no case", desired: `{"droplet":null,"region":"NYC3"}`,
			observed: `{"ip":"203.0.113.200","droplet":null,"region":{"slug":"nyc3"}}`},
		{why: "it was assigned to another droplet", desired: `{"droplet":"3164444"}`, observed: `{"droplet":3164445}`, drifts: []string{"droplet"}},
		{why: "it was taken away from its droplet", desired: `{"droplet":3164444}`, observed: `{"droplet":null}`, drifts: []string{"droplet"}},
		{why: "it was given to one", desired: `{"droplet":null}`, observed: `{"droplet":3164444}`, drifts: []string{"droplet"}},
		{why: "a droplet as answers show it", desired: `{"droplet":{"id":3164444,"name":"web-1"}}`, observed: `{"droplet":3164444}`, unknown: []string{"droplet.name"}},
		{why: "a droplet that the token may not see", desired: `{"droplet":3164444}`, observed: `{}`, unseen: []string{"droplet"}, unknown: []string{"droplet"}},
		{why: "a project that the token may not see", desired: `{"project_id":"746c6152-2fa2-11ed-92d3-27aaa54e4988"}`, observed: `{}`, unseen: []string{"project_id"}, unknown: []string{"project_id"}},
		{why: "the default project", desired: `{"project_id":""}`, observed: `{"project_id":"746c6152-2fa2-11ed-92d3-27aaa54e4988"}`},
		{why: "the region as answers show it, and an address as one of a network", desired: `{"ip":"203.0.113.200/32","region":{"slug":"nyc3"},"locked":null}`,
			observed: `{"ip":"203.0.113.200","region":"nyc3","locked":false}`},
	})
}

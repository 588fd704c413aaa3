package kinds

import "testing"

func TestDomainRecord(t *testing.T) {
	spring(t, "DomainRecord", []trap{
		{why: "somebody pointed it elsewhere", desired: `{"type":"A","name":"www","data":"1.2.3.4"}`,
			observed: `{"type":"A","name":"www","data":"1.2.3.5"}`, drifts: []string{"data"}},
		{why: "types have no case", desired: `{"type":"a"}`, observed: `{"type":"A"}`},
		{why: "another type", desired: `{"type":"A","data":"x"}`, observed: `{"type":"AAAA","data":"x"}`, drifts: []string{"type"}},
		{why: "IPv6 has many spellings", desired: `{"data":"2001:0DB8::0:1"}`, observed: `{"type":"AAAA","data":"2001:db8::1"}`},
		{why: "requests end a host name with a dot, answers do not (233)", desired: `{"data":"Shop.example.net."}`, observed: `{"type":"CNAME","data":"shop.example.net"}`},
		{why: "@ is the domain (233)", desired: `{"data":"@"}`, observed: `{"type":"CNAME","data":"example.com"}`},
		{why: "the domain is @", desired: `{"data":"example.com."}`, observed: `{"type":"CNAME","data":"@"}`},
		{why: "@ is no other domain", desired: `{"data":"@"}`, observed: `{"type":"CNAME","data":"example.net"}`, drifts: []string{"data"}},
		{why: "a mail server", desired: `{"data":"mail.example.com.","priority":"10"}`, observed: `{"type":"MX","data":"mail.example.com","priority":10}`},
		{why: "its priority was changed", desired: `{"priority":10}`, observed: `{"type":"MX","priority":20}`, drifts: []string{"priority"}},
		{why: "an authority for certificates", desired: `{"data":"letsencrypt.org.","flags":0,"tag":"issue"}`,
			observed: `{"type":"CAA","data":"letsencrypt.org","flags":null,"tag":"issue"}`},
		{why: "another authority", desired: `{"data":"letsencrypt.org."}`, observed: `{"type":"CAA","data":"example.net"}`, drifts: []string{"data"}},
		{why: "in a text case matters", desired: `{"data":"Token"}`, observed: `{"type":"TXT","data":"token"}`, drifts: []string{"data"}},
		{why: "and a dot at the end", desired: `{"data":"token."}`, observed: `{"type":"TXT","data":"token"}`, drifts: []string{"data"}},
		{why: "and what looks like an address", desired: `{"data":"2001:DB8::1"}`, observed: `{"type":"TXT","data":"2001:db8::1"}`, drifts: []string{"data"}},
		{why: "a text of digits, without quotes in YAML", desired: `{"data":12345}`, observed: `{"type":"TXT","data":"12345"}`},
		{why: "without a type nothing is known of the data", desired: `{"data":"a."}`, observed: `{"data":"a"}`, drifts: []string{"data"}},

		{why: "the name of the domain itself", desired: `{"name":""}`, observed: `{"name":"@"}`},
		{why: "or in full", desired: `{"name":"Example.com."}`, observed: `{"name":"@"}`},
		{why: "a name in full", desired: `{"name":"www.example.com."}`, observed: `{"name":"WWW"}`},
		{why: "without the dot it is relative, and another name", desired: `{"name":"www.example.com"}`, observed: `{"name":"www"}`, drifts: []string{"name"}},
		{why: "a domain that only ends alike", desired: `{"name":"wwwexample.com."}`, observed: `{"name":"www"}`, drifts: []string{"name"}},
		{why: "a wildcard", desired: `{"name":"*"}`, observed: `{"name":"*"}`},
		{why: "another name", desired: `{"name":"www"}`, observed: `{"name":"web"}`, drifts: []string{"name"}},

		{why: "a TTL that another record of the set changed is changed (1012)", desired: `{"ttl":300}`, observed: `{"ttl":1800}`, drifts: []string{"ttl"}},
		{why: "a TTL left to DigitalOcean", desired: `{"ttl":null}`, observed: `{"ttl":1800}`},
		{why: "what the type has no use for is null, or 0, or not shown", desired: `{"priority":null,"port":0,"weight":null,"flags":0,"tag":""}`,
			observed: `{"type":"A","priority":0,"port":null,"tag":null}`},
		{why: "a service's weight and port", desired: `{"port":5060,"weight":100}`, observed: `{"type":"SRV","port":5061,"weight":"100"}`, drifts: []string{"port"}},
	})
}

func TestFirewall(t *testing.T) {
	const ssh = `{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4/32"]}}`
	in := func(rules string) string { return `{"inbound_rules":[` + rules + `]}` }
	changed := []string{`inbound_rules["tcp/22"]`}
	spring(t, "Firewall", []trap{
		{why: "nothing changed", desired: in(ssh), observed: in(ssh)},
		{why: "somebody added a rule", desired: in(ssh), observed: in(ssh + `,{"protocol":"tcp","ports":"3306","sources":{"addresses":["0.0.0.0/0"]}}`),
			drifts: []string{`inbound_rules["tcp/3306"]`}},
		{why: "somebody removed one", desired: in(ssh), observed: in(""), drifts: changed},
		{why: "somebody opened it to everybody", desired: in(ssh), observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["0.0.0.0/0"]}}`), drifts: changed},
		{why: "to one more address", desired: in(ssh), observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4","5.6.7.8"]}}`), drifts: changed},
		{why: "to a tag, of which the declaration says nothing", desired: in(ssh),
			observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"],"tags":["web"]}}`), drifts: changed},
		{why: "to a load balancer", desired: in(ssh),
			observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"],"load_balancer_uids":["x"]}}`), drifts: changed},
		{why: "to a cluster", desired: in(ssh),
			observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"],"kubernetes_ids":["x"]}}`), drifts: changed},
		{why: "to a droplet", desired: in(ssh), observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"],"droplet_ids":[1]}}`), drifts: changed},
		{why: "sources that are none are shown as lists of nothing", desired: in(ssh),
			observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"],"tags":[],"droplet_ids":null,"load_balancer_uids":[]}}`)},
		{why: "no sources at all", desired: in(ssh), observed: in(`{"protocol":"tcp","ports":"22","sources":{}}`), drifts: changed},
		{why: "another protocol is another rule", desired: in(ssh), observed: in(`{"protocol":"udp","ports":"22","sources":{"addresses":["1.2.3.4"]}}`),
			drifts: []string{`inbound_rules["tcp/22"]`, `inbound_rules["udp/22"]`}},
		{why: "more ports are another rule", desired: in(ssh), observed: in(`{"protocol":"tcp","ports":"22-80","sources":{"addresses":["1.2.3.4"]}}`),
			drifts: []string{`inbound_rules["tcp/22"]`, `inbound_rules["tcp/22-80"]`}},
		{why: "a misspelt name is not passed over", desired: in(`{"protocol":"tcp","ports":"22","source":{"addresses":["1.2.3.4"]}}`),
			observed: in(`{"protocol":"tcp","ports":"22","sources":{}}`), drifts: changed},

		{why: "rules in any order", desired: in(ssh + `,{"protocol":"icmp","sources":{"tags":["a"]}}`), observed: in(`{"protocol":"icmp","ports":"0","sources":{"tags":["a"]}},` + ssh)},
		{why: "sources in any order and spelling", desired: in(`{"protocol":"TCP","ports":22,"sources":{"addresses":["2001:DB8::/32","10.1.2.3/8"],"tags":["Web","db"],"droplet_ids":["2",1]}}`),
			observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["10.0.0.0/8","2001:0db8::/32"],"tags":["db","web"],"droplet_ids":[1,2]}}`)},
		{why: "an address twice", desired: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4","1.2.3.4/32"]}}`), observed: in(ssh)},
		{why: "all ports of icmp are 0", desired: in(`{"protocol":"icmp","ports":"","sources":{"addresses":["::/0"]}}`),
			observed: in(`{"protocol":"icmp","ports":"0","sources":{"addresses":["0::0/0"]}}`)},
		{why: "all ports of tcp are all, or 0", desired: in(`{"protocol":"tcp","ports":"all","sources":{"addresses":["::/0"]}}`),
			observed: in(`{"protocol":"tcp","ports":"0","sources":{"addresses":["::/0"]}}`)},
		{why: "or every port there is", desired: in(`{"protocol":"udp","ports":"1-65535","sources":{"addresses":["::/0"]}}`),
			observed: in(`{"protocol":"udp","ports":"0","sources":{"addresses":["::/0"]}}`)},
		{why: "all but one are not all", desired: in(`{"protocol":"tcp","ports":"2-65535"}`), observed: in(`{"protocol":"tcp","ports":"0"}`),
			drifts: []string{`inbound_rules["tcp/0"]`, `inbound_rules["tcp/2-65535"]`}},
		{why: "tcp without ports is not all ports", desired: in(`{"protocol":"tcp"}`), observed: in(`{"protocol":"tcp","ports":"0"}`),
			drifts: []string{`inbound_rules["tcp/"]`, `inbound_rules["tcp/0"]`}},
		{why: "a range of one", desired: in(`{"protocol":"tcp","ports":"22-22","sources":{"addresses":["1.2.3.4"]}}`), observed: in(ssh)},
		{why: "a range with spaces", desired: in(`{"protocol":"tcp","ports":"8000 - 9000"}`), observed: in(`{"protocol":"tcp","ports":"8000-9000"}`)},
		{why: "what is no port is compared as it is", desired: in(`{"protocol":"tcp","ports":"ssh"}`), observed: in(`{"protocol":"tcp","ports":"SSH"}`)},

		{why: "two rules for one port are one with both sources", desired: in(ssh + `,{"protocol":"tcp","ports":"22","sources":{"tags":["admin"]}}`),
			observed: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"],"tags":["admin"]}}`)},
		{why: "in whichever way they are divided", desired: in(`{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4","5.6.7.8"]}}`),
			observed: in(ssh + `,{"protocol":"tcp","ports":"22","sources":{"addresses":["5.6.7.8"]}}`)},
		{why: "a second rule for a port, with another source", desired: in(ssh),
			observed: in(ssh + `,{"protocol":"tcp","ports":"22","sources":{"addresses":["5.6.7.8"]}}`), drifts: changed},

		{why: "a rule allows unless it says otherwise", desired: in(ssh), observed: in(`{"protocol":"tcp","ports":"22","action":"allow","sources":{"addresses":["1.2.3.4"]}}`)},
		{why: "one that denies is another", desired: in(ssh), observed: in(`{"protocol":"tcp","ports":"22","action":"DENY","sources":{"addresses":["1.2.3.4"]}}`),
			drifts: []string{`inbound_rules["tcp/22"]`, `inbound_rules["tcp/22/deny"]`}},

		{why: "no rules", desired: `{"inbound_rules":null,"outbound_rules":[]}`, observed: `{"inbound_rules":[]}`},
		{why: "a rule where none was wanted", desired: `{"inbound_rules":null}`, observed: in(ssh), drifts: changed},
		{why: "rules that are no rules", desired: `{"inbound_rules":["tcp/22"]}`, observed: in(ssh),
			drifts: []string{`inbound_rules["\"tcp/22\""]`, `inbound_rules["tcp/22"]`}},
		{why: "outbound rules have destinations", desired: `{"outbound_rules":[{"protocol":"tcp","ports":"0","destinations":{"addresses":["::/0","0.0.0.0/0"]}}]}`,
			observed: `{"outbound_rules":[{"protocol":"tcp","ports":"all","destinations":{"addresses":["0.0.0.0/0","::/0"]}}]}`},
		{why: "another destination", desired: `{"outbound_rules":[{"protocol":"tcp","ports":"53","destinations":{"addresses":["1.1.1.1"]}}]}`,
			observed: `{"outbound_rules":[{"protocol":"tcp","ports":"53","destinations":{"addresses":["8.8.8.8"]}}]}`, drifts: []string{`outbound_rules["tcp/53"]`}},

		{why: "droplets in any order", desired: `{"droplet_ids":["2",1],"tags":["Web"]}`, observed: `{"droplet_ids":[1,2],"tags":["web"]}`},
		{why: "a droplet was taken out from behind it", desired: `{"droplet_ids":[1,2]}`, observed: `{"droplet_ids":[1]}`, drifts: []string{"droplet_ids"}},
		{why: "a tag put more droplets behind it", desired: `{"tags":["web"]}`, observed: `{"tags":["web","db"]}`, drifts: []string{"tags"}},
		{why: "a change that was not carried out yet", desired: `{"status":"succeeded"}`, observed: `{"status":"waiting"}`, drifts: []string{"status"}},
	})
}

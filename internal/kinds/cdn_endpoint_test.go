package kinds

import "testing"

func TestCDNEndpoints(t *testing.T) {
	spring(t, "CDNEndpoint", []trap{
		{why: "no certificate, while DigitalOcean waits for one", desired: `{"custom_domain":"static.example.com","certificate_id":""}`,
			observed: `{"custom_domain":"static.example.com","certificate_id":"needs-cloudflare-cert"}`},
		{why: "a certificate that is gone", desired: `{"certificate_id":"892071a0-bb95-49bc-8021-3afd67a210bf"}`,
			observed: `{"certificate_id":"needs-cloudflare-cert"}`, drifts: []string{"certificate_id"}},
		{why: "a lifetime of DigitalOcean's choice", desired: `{"ttl":null}`, observed: `{"ttl":3600}`},
		{why: "another lifetime", desired: `{"ttl":"3600"}`, observed: `{"ttl":600}`, drifts: []string{"ttl"}},
		{why: "a domain in another spelling", desired: `{"custom_domain":"Static.Example.com."}`, observed: `{"custom_domain":"static.example.com"}`},
	})
}

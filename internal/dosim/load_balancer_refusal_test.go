package dosim_test

import (
	"maps"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("what load balancers are not", func() {
	rule := func(change object) object {
		r := object{"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": 80}
		maps.Copy(r, change)
		return r
	}
	refused := func(w *world, method, path string, body any, message string) {
		GinkgoHelper()
		status, answer := w.call(method, path, body)
		Expect(status).To(Equal(http.StatusUnprocessableEntity), "%v", answer)
		Expect(answer).To(HaveKeyWithValue("message", message))
	}

	DescribeTable("a forwarding rule is refused",
		func(change object, message string) {
			request := object{"name": "web", "region": "nyc3", "forwarding_rules": []object{rule(change)}}
			refused(newWorld(), "POST", "/v2/load_balancers", request, message)
		},
		Entry("that comes in by a protocol there is not", object{"entry_protocol": "smtp"}, "entry_protocol must be one of http, https, http2, http3, tcp, udp"),
		Entry("that goes out by one", object{"target_protocol": "http3"}, "target_protocol must be one of http, https, http2, tcp, udp"),
		Entry("without a port", object{"entry_port": 0}, "ports must be between 1 and 65535"),
		Entry("to a port there is not", object{"target_port": 65536}, "ports must be between 1 and 65535"),
		Entry("that both ends TLS and passes it on", object{"entry_protocol": "https", "tls_passthrough": true, "certificate_id": "a"}, "a forwarding rule with tls_passthrough has no certificate"),
		Entry("that passes TLS on to what has none", object{"entry_protocol": "https", "tls_passthrough": true}, "tls_passthrough needs https or http2 on both sides"),
		Entry("with a certificate for nothing", object{"certificate_id": "a"}, "http has no certificate"),
	)

	DescribeTable("a setting is refused",
		func(key string, value any, message string) {
			request := object{"name": "web", "region": "nyc3", "forwarding_rules": []object{rule(nil)}, key: value}
			refused(newWorld(), "POST", "/v2/load_balancers", request, message)
		},
		Entry(nil, "health_check", object{"protocol": "udp"}, "health check protocol must be one of http, https, tcp"),
		Entry(nil, "health_check", object{"port": -1}, "ports must be between 1 and 65535"),
		Entry(nil, "health_check", object{"path": "healthz"}, "health check path must begin with a slash"),
		Entry(nil, "health_check", object{"check_interval_seconds": 2}, "health check interval and timeout must be between 3 and 300 seconds"),
		Entry(nil, "health_check", object{"healthy_threshold": 11}, "health check thresholds must be between 2 and 10"),
		Entry(nil, "sticky_sessions", object{"type": "sugar"}, "sticky sessions type must be one of cookies, none"),
		Entry(nil, "type", "LOCAL", "type must be one of REGIONAL, REGIONAL_NETWORK, GLOBAL"),
		Entry("a network one that ends HTTP", "type", "REGIONAL_NETWORK", "a network load balancer forwards tcp and udp, to the same port"),
		Entry(nil, "size", "lb-huge", "size must be one of lb-small, lb-medium, lb-large"),
		Entry(nil, "algorithm", "random", "algorithm must be one of round_robin, least_connections"),
		Entry(nil, "tls_cipher_policy", "WEAK", "tls_cipher_policy must be one of DEFAULT, STRONG"),
		Entry("what would make nothing at DigitalOcean", "validate_only", true, "validate_only is not simulated"),
	)

	DescribeTable("a global one is refused",
		func(change object, message string) {
			w := newWorld()
			d := w.droplet(w.client(dosim.DefaultToken), "web-1")
			request := object{"name": "world", "type": "GLOBAL", "glb_settings": object{"target_protocol": "http", "target_port": 80}}
			maps.Copy(request, change)
			if _, ok := change["droplet_ids"]; ok {
				request["droplet_ids"] = []int{d.ID}
			}
			refused(w, "POST", "/v2/load_balancers", request, message)
		},
		Entry("with forwarding rules", object{"forwarding_rules": []object{rule(nil)}}, "a global load balancer has no forwarding rules: use glb_settings"),
		Entry("with droplets", object{"droplet_ids": nil}, "a global load balancer has no Droplets: use target_load_balancer_ids"),
		Entry("without settings", object{"glb_settings": nil}, "glb_settings is required for a global load balancer"),
		Entry("to a protocol there is not", object{"glb_settings": object{"target_protocol": "tcp", "target_port": 80}}, "glb_settings.target_protocol must be one of http, https, http2"),
		Entry("to no port", object{"glb_settings": object{"target_protocol": "http"}}, "ports must be between 1 and 65535"),
		Entry("for a domain without a name", object{"domains": []object{{"is_managed": true}}}, "a domain needs a name"),
		Entry("in front of what is not there", object{"target_load_balancer_ids": []string{"a"}}, `target load balancer "a" is no regional load balancer of this account`),
	)

	It("none is edited by what an edit is not about", func() {
		w := newWorld()
		lb := w.loadBalancer(w.client(dosim.DefaultToken), "web")
		for _, method := range []string{"POST", "DELETE"} {
			refused(w, method, "/v2/load_balancers/"+lb.ID+"/droplets", object{}, "need to provide either a tag or a list of droplets")
			refused(w, method, "/v2/load_balancers/"+lb.ID+"/forwarding_rules", object{}, "forwarding_rules must contain at least one rule")
		}
	})
})

package dosim_test

import (
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
)

// walkLoadBalancers asks for one of each type, and for one in a region where sizes are words.
func (w walker) walkLoadBalancers(droplet int) {
	GinkgoHelper()
	rule := object{"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": 8080}
	request := object{
		"name": "web", "region": "nyc3", "droplet_ids": []int{droplet}, "forwarding_rules": []object{rule}, "network_stack": "DUALSTACK",
		"sticky_sessions": object{"type": "cookies", "cookie_name": "DO-LB", "cookie_ttl_seconds": 300},
		"firewall":        object{"allow": []string{"ip:192.0.2.1"}, "deny": []string{"cidr:198.51.100.0/24"}},
	}
	id := w.create(http.StatusAccepted, "/v2/load_balancers", "load_balancer", request)
	at := fmt.Sprintf("/v2/load_balancers/%v", id)
	w.do(http.StatusForbidden, "PUT", at, request)
	words := object{"name": "words", "region": "nyc2", "size": "lb-medium", "tag": "web", "forwarding_rules": []object{rule}}
	other := w.create(http.StatusAccepted, "/v2/load_balancers", "load_balancer", words)
	w.settle()
	global := object{
		"name": "world", "type": "GLOBAL", "target_load_balancer_ids": []any{id},
		"domains":      []object{{"name": "example.com", "is_managed": true, "certificate_id": "892071a0-bb95-49bc-8021-3afd67a210bf"}},
		"glb_settings": object{"target_protocol": "http", "target_port": 80, "cdn": object{"is_enabled": true}, "region_priorities": object{"nyc3": 1}, "failover_threshold": 50},
	}
	front := w.create(http.StatusAccepted, "/v2/load_balancers", "load_balancer", global)
	w.settle()
	for path, body := range map[string]object{at: request, fmt.Sprintf("/v2/load_balancers/%v", other): words, fmt.Sprintf("/v2/load_balancers/%v", front): global} {
		w.do(http.StatusOK, "PUT", path, body)
		w.get(path)
	}
	w.get("/v2/load_balancers?per_page=10")
	w.settle()
	more := object{"entry_protocol": "tcp", "entry_port": 22, "target_protocol": "tcp", "target_port": 22}
	for below, body := range map[string]object{"/droplets": {"droplet_ids": []int{droplet}}, "/forwarding_rules": {"forwarding_rules": []object{more}}} {
		for _, method := range []string{"POST", "DELETE"} {
			w.do(http.StatusNoContent, method, at+below, body)
			w.settle()
		}
	}
	w.do(http.StatusUnprocessableEntity, "DELETE", at+"/forwarding_rules", object{"forwarding_rules": []object{rule}})
	w.do(http.StatusNoContent, "DELETE", fmt.Sprintf("/v2/load_balancers/%v/cache", front), nil)
	w.do(http.StatusNoContent, "DELETE", at, nil)
	w.do(http.StatusNotFound, "GET", at, nil)
}

// walkReservedIPs asks the same by both names.
func (w walker) walkReservedIPs(droplet int) {
	GinkgoHelper()
	for one, many := range map[string]string{"reserved_ip": "/v2/reserved_ips", "floating_ip": "/v2/floating_ips"} {
		made := w.do(http.StatusAccepted, "POST", many, object{"region": "nyc3"})
		at := many + "/" + made[one].(object)["ip"].(string)
		action := w.create(http.StatusCreated, at+"/actions", "action", object{"type": "assign", "droplet_id": droplet})
		w.do(http.StatusUnprocessableEntity, "POST", at+"/actions", object{"type": "unassign"})
		w.settle()
		w.get(fmt.Sprintf("%s/actions/%v", at, action))
		w.get(at + "/actions")
		w.get(at)
		w.get(many)
		w.get(fmt.Sprintf("/v2/droplets/%d", droplet))
		w.get(fmt.Sprintf("/v2/droplets/%d/destroy_with_associated_resources", droplet))
		w.do(http.StatusCreated, "POST", at+"/actions", object{"type": "unassign"})
		w.settle()
		w.do(http.StatusNoContent, "DELETE", at, nil)
		w.do(http.StatusNotFound, "GET", at, nil)
		made = w.do(http.StatusAccepted, "POST", many, object{"droplet_id": droplet})
		w.settle()
		w.do(http.StatusNoContent, "DELETE", many+"/"+made[one].(object)["ip"].(string), nil)
	}
}

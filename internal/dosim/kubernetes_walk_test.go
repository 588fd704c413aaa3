package dosim_test

import (
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
)

// walkKubernetes sends every field of the description, so that every field comes back.
func (w walker) walkKubernetes() {
	GinkgoHelper()
	net := w.create(http.StatusCreated, "/v2/vpcs", "vpc", object{"name": "kube", "region": "nyc1"})
	on := object{"enabled": true}
	request := object{
		"name": "prod", "region": "nyc1", "version": "1.33", "vpc_uuid": net, "tags": []string{"production"},
		"worker_subnet_uuid": "cbd79771-23eb-49be-b5ea-59cc56222622",
		"cluster_subnet":     "192.168.0.0/20", "service_subnet": "192.168.16.0/24", "isolated_workers": false,
		"auto_upgrade": true, "surge_upgrade": true, "ha": false, "maintenance_policy": object{"start_time": "12:00", "day": "any"},
		"control_plane_firewall": object{"enabled": true, "allowed_addresses": []string{"1.2.3.4/32", "1.1.0.0/16"}},
		"cluster_autoscaler_configuration": object{
			"scale_down_utilization_threshold": 0.65, "scale_down_unneeded_time": "1m", "expanders": []string{"priority", "random"},
		},
		"sso":           object{"enabled": true, "required": false, "issuer_url": "https://sso.example.com", "client_id": "doks"},
		"routing_agent": on, "coredns_autoscaler": on,
		"node_pools": []object{
			{"size": "s-1vcpu-2gb", "count": 2, "name": "frontend", "tags": []string{"frontend"}},
			{
				"size": "g-4vcpu-16gb", "count": 2, "name": "backend", "auto_scale": true, "min_nodes": 2, "max_nodes": 5,
				"labels": object{"service": "backend"}, "taints": []object{{"key": "priority", "value": "high", "effect": "NoSchedule"}},
			},
		},
	}
	at := fmt.Sprintf("/v2/kubernetes/clusters/%v", w.create(http.StatusCreated, "/v2/kubernetes/clusters", "kubernetes_cluster", request))
	w.do(http.StatusUnprocessableEntity, "POST", "/v2/kubernetes/clusters", object{"name": "old", "region": "nyc1", "version": "1.1", "node_pools": []object{}})
	w.do(http.StatusPreconditionFailed, "GET", at+"/credentials", nil)
	w.settle()
	w.get("/v2/kubernetes/options")
	w.get("/v2/kubernetes/clusters?per_page=1")
	for _, below := range []string{"", "/user", "/kubeconfig", "/credentials?expiry_seconds=300", "/upgrades", "/node_pools", "/destroy_with_associated_resources"} {
		w.get(at + below)
	}
	w.walkKubePools(at)
	w.do(http.StatusAccepted, "PUT", at, object{"name": "production", "tags": []string{"k8s", "web"}})
	w.do(http.StatusAccepted, "POST", at+"/upgrade", object{"version": "1.34"})
	w.settle()
	cluster := w.get(at)["kubernetes_cluster"].(object)["id"]
	w.walkKubeRegistries(cluster)
	w.walkKubeRemoval(cluster)
}

func (w walker) walkKubePools(at string) {
	GinkgoHelper()
	at += "/node_pools"
	taints := []object{{"key": "a", "value": "b", "effect": "NoExecute"}}
	pool := w.create(http.StatusCreated, at, "node_pool", object{"size": "s-1vcpu-2gb", "count": 3, "name": "more", "taints": taints})
	one := fmt.Sprintf("%s/%v", at, pool)
	w.do(http.StatusUnprocessableEntity, "POST", at, object{"size": "s-1vcpu-1gb", "count": 1, "name": "small"})
	w.do(http.StatusAccepted, "PUT", one, object{"name": "renamed", "count": 3})
	nodes := w.get(one)["node_pool"].(object)["nodes"].([]any)
	id := func(i int) any { return nodes[i].(object)["id"] }
	w.do(http.StatusAccepted, "DELETE", fmt.Sprintf("%s/nodes/%v?skip_drain=1&replace=0", one, id(0)), nil)
	w.do(http.StatusAccepted, "POST", one+"/recycle", object{"nodes": []any{id(1)}})
	w.do(http.StatusNotFound, "DELETE", fmt.Sprintf("%s/nodes/%v", one, id(0)), nil)
	w.do(http.StatusNoContent, "DELETE", one, nil)
	w.do(http.StatusConflict, "PUT", one, object{"name": "renamed", "count": 1})
	w.settle()
	w.do(http.StatusNotFound, "GET", one, nil)
}

func (w walker) walkKubeRegistries(cluster any) {
	GinkgoHelper()
	clusters := object{"cluster_uuids": []any{cluster}, "registries": []string{"registry-a"}}
	for _, path := range []string{"/v2/kubernetes/registry", "/v2/kubernetes/registries"} {
		w.do(http.StatusNoContent, "POST", path, clusters)
		w.get(fmt.Sprintf("/v2/kubernetes/clusters/%v", cluster))
		w.do(http.StatusNoContent, "DELETE", path, clusters)
	}
}

func (w walker) walkKubeRemoval(cluster any) {
	GinkgoHelper()
	at := fmt.Sprintf("/v2/kubernetes/clusters/%v", cluster)
	volume := w.create(http.StatusCreated, "/v2/volumes", "volume", object{
		"name": "pvc-1", "region": "nyc1", "size_gigabytes": 10, "tags": []string{fmt.Sprintf("k8s:%v", cluster)},
	})
	w.create(http.StatusCreated, fmt.Sprintf("/v2/volumes/%v/snapshots", volume), "snapshot", object{"name": "kept", "tags": []string{fmt.Sprintf("k8s:%v", cluster)}})
	w.get(at + "/destroy_with_associated_resources")
	w.do(http.StatusNoContent, "DELETE", at+"/destroy_with_associated_resources/selective", object{"volumes": []any{volume}})
	w.do(http.StatusNotFound, "GET", at, nil)
	w.settle()
	for _, below := range []string{"", "/destroy_with_associated_resources/dangerous"} {
		id := w.create(http.StatusCreated, "/v2/kubernetes/clusters", "kubernetes_cluster", object{
			"name": "again", "region": "nyc1", "version": "latest", "node_pools": []object{{"size": "s-1vcpu-2gb", "count": 1, "name": "pool"}},
		})
		w.do(http.StatusNoContent, "DELETE", fmt.Sprintf("/v2/kubernetes/clusters/%v%s", id, below), nil)
	}
	w.settle()
}

package kinds

import "testing"

func TestKubernetesCluster(t *testing.T) {
	spring(t, "KubernetesCluster", []trap{
		{why: "a day in capitals, and a duration that nobody declared", desired: `{"maintenance_policy":{"day":"Monday","start_time":"16:00"}}`,
			observed: `{"maintenance_policy":{"day":"monday","start_time":"16:00","duration":"4h0m0s"}}`},
		{why: "a duration in another spelling, an hour of one digit", desired: `{"maintenance_policy":{"start_time":"3:00:00","duration":"4h"}}`,
			observed: `{"maintenance_policy":{"day":"any","start_time":"03:00","duration":"4h0m0s"}}`},
		{why: "a policy that DigitalOcean filled in", desired: `{"maintenance_policy":null}`, observed: `{"maintenance_policy":{"day":"any","start_time":"00:00","duration":"4h0m0s"}}`},
		{why: "another hour", desired: `{"maintenance_policy":{"day":"monday","start_time":"16:00"}}`, observed: `{"maintenance_policy":{"day":"monday","start_time":"04:00"}}`,
			drifts: []string{"maintenance_policy.start_time"}},

		{why: "a minor version is any patch of it", desired: `{"version":"1.33","auto_upgrade":true}`, observed: `{"version":"1.33.5-do.0","auto_upgrade":true}`},
		{why: "whether or not it upgrades itself", desired: `{"version":"1.33"}`, observed: `{"version":"1.33.5-do.0","auto_upgrade":false}`},
		{why: "it upgraded itself at night", desired: `{"version":"1.33.4-do.2"}`, observed: `{"version":"1.33.5-do.0","auto_upgrade":true}`},
		{why: "to another build of the same patch", desired: `{"version":"1.33.4-do.2"}`, observed: `{"version":"1.33.4-do.10","auto_upgrade":true}`},
		{why: "somebody upgraded one that does not", desired: `{"version":"1.33.4-do.2"}`, observed: `{"version":"1.33.5-do.0","auto_upgrade":false}`, drifts: []string{"version"}},
		{why: "a later minor version", desired: `{"version":"1.33"}`, observed: `{"version":"1.34.1-do.0","auto_upgrade":true}`, drifts: []string{"version"}},
		{why: "an older patch", desired: `{"version":"1.33.4-do.2"}`, observed: `{"version":"1.33.3-do.0","auto_upgrade":true}`, drifts: []string{"version"}},
		{why: "1.3 is not 1.33", desired: `{"version":"1.3"}`, observed: `{"version":"1.33.4-do.2"}`, drifts: []string{"version"}},

		{why: "what is not declared is not compared", desired: `{"name":"prod"}`, observed: `{"name":"prod","surge_upgrade":true}`},
		{why: "switches that are off, and not shown", desired: `{"surge_upgrade":false,"auto_upgrade":"no","ha":null,"isolated_workers":0,"registry_enabled":false}`, observed: `{}`},
		{why: "upgrades were switched off", desired: `{"auto_upgrade":true}`, observed: `{"auto_upgrade":false}`, drifts: []string{"auto_upgrade"}},
		{why: "it was made highly available", desired: `{"ha":false}`, observed: `{"ha":true}`, drifts: []string{"ha"}},
		{why: "components that nobody switched on", desired: `{"routing_agent":null,"coredns_autoscaler":{"enabled":"off"},"sso":null,"control_plane_firewall":null,"cluster_autoscaler_configuration":{}}`,
			observed: `{"routing_agent":{"enabled":false},"coredns_autoscaler":null,"sso":{"enabled":false,"required":false,"issuer_url":"","client_id":""},"control_plane_firewall":{"enabled":false,"allowed_addresses":[]}}`},
		{why: "a component that was switched on", desired: `{"routing_agent":null,"coredns_autoscaler":{"enabled":false}}`,
			observed: `{"routing_agent":{"enabled":true},"coredns_autoscaler":{"enabled":true}}`, drifts: []string{"coredns_autoscaler.enabled", "routing_agent"}},

		{why: "the API was opened to the world", desired: `{"control_plane_firewall":{"enabled":true,"allowed_addresses":["192.0.2.0/24"]}}`,
			observed: `{"control_plane_firewall":{"enabled":true,"allowed_addresses":["192.0.2.0/24","0.0.0.0/0"]}}`, drifts: []string{"control_plane_firewall.allowed_addresses"}},
		{why: "host bits and a network of one address", desired: `{"control_plane_firewall":{"allowed_addresses":["192.0.2.7/24","198.51.100.1"]}}`,
			observed: `{"control_plane_firewall":{"allowed_addresses":["198.51.100.1/32","192.0.2.0/24"]}}`},
		{why: "its firewall was taken down", desired: `{"control_plane_firewall":{"enabled":true}}`, observed: `{"control_plane_firewall":null}`, drifts: []string{"control_plane_firewall.enabled"}},

		{why: "DigitalOcean tags clusters itself", desired: `{"tags":["Prod"]}`, observed: `{"tags":["k8s","k8s:bd5f5959-5e1e-4205-a714-a914373942af","prod"]}`},
		{why: "and that is all where none were declared", desired: `{"tags":null}`, observed: `{"tags":["k8s","k8s:bd5f5959-5e1e-4205-a714-a914373942af"]}`},
		{why: "its own tags may be declared", desired: `{"tags":["k8s","prod"]}`, observed: `{"tags":["prod","K8S"]}`},
		{why: "a tag of somebody's", desired: `{"tags":["prod"]}`, observed: `{"tags":["k8s","prod","debug"]}`, drifts: []string{"tags"}},
		{why: "a tag that only begins like one of its own", desired: `{"tags":["prod"]}`, observed: `{"tags":["prod","k8s-debug"]}`, drifts: []string{"tags"}},

		{why: "the autoscaler's settings in other spellings", desired: `{"cluster_autoscaler_configuration":{"scale_down_utilization_threshold":"0.650","scale_down_unneeded_time":"60s","expanders":["Priority","random"]}}`,
			observed: `{"cluster_autoscaler_configuration":{"scale_down_utilization_threshold":0.65,"scale_down_unneeded_time":"1m0s","expanders":["priority","random"]}}`},
		{why: "expanders are asked in their order", desired: `{"cluster_autoscaler_configuration":{"expanders":["priority","random"]}}`,
			observed: `{"cluster_autoscaler_configuration":{"expanders":["random","priority"]}}`, drifts: []string{"cluster_autoscaler_configuration.expanders"}},
		{why: "all of them were taken back", desired: `{"cluster_autoscaler_configuration":{"scale_down_unneeded_time":"2m"}}`,
			observed: `{"cluster_autoscaler_configuration":null}`, drifts: []string{"cluster_autoscaler_configuration.scale_down_unneeded_time"}},
		{why: "networks that DigitalOcean chose", desired: `{"vpc_uuid":"","cluster_subnet":null,"service_subnet":"","worker_subnet_uuid":null}`,
			observed: `{"vpc_uuid":"c33931f2-a26a-4e61-b85c-4e95a2ec431b","cluster_subnet":"10.244.0.0/16","service_subnet":"10.245.0.0/16","worker_subnet_uuid":"d33931f2-a26a-4e61-b85c-4e95a2ec431b"}`},
		{why: "host bits of its network", desired: `{"cluster_subnet":"10.244.3.0/16"}`, observed: `{"cluster_subnet":"10.244.0.0/16"}`},
		{why: "a state as answers show it", desired: `{"status":{"state":"Running","message":""}}`, observed: `{"status":"running"}`},
		{why: "a state by its name", desired: `{"status":"running"}`, observed: `{"status":"degraded"}`, drifts: []string{"status"}},
		{why: "registries without case, null for none", desired: `{"registries":[]}`, observed: `{"registries":null}`},
	})
}

func TestKubernetesNodePool(t *testing.T) {
	spring(t, "KubernetesNodePool", []trap{
		{why: "DigitalOcean tags pools itself", desired: `{"tags":["app"]}`, observed: `{"tags":["k8s","k8s:70098f48-d3fb-41db-9aa3-3181d61e2cb1","k8s:worker","app"]}`},
		{why: "in both spellings; Terraform tags a cluster's first pool", desired: `{"tags":[]}`, observed: `{"tags":["k8s","k8s-worker","terraform:default-node-pool"]}`},
		{why: "a tag was removed", desired: `{"tags":["app"]}`, observed: `{"tags":["k8s","k8s:worker"]}`, drifts: []string{"tags"}},

		{why: "the autoscaler scaled it", desired: `{"count":1,"auto_scale":true,"min_nodes":1,"max_nodes":3}`, observed: `{"count":3,"auto_scale":true,"min_nodes":1,"max_nodes":3}`},
		{why: "down to none", desired: `{"count":2,"auto_scale":true}`, observed: `{"count":0,"auto_scale":true,"min_nodes":0,"max_nodes":3}`},
		{why: "a count that nobody declared", desired: `{"count":null,"auto_scale":true}`, observed: `{"count":3,"auto_scale":true,"min_nodes":1,"max_nodes":3}`},
		{why: "beyond its limits it is nobody's", desired: `{"count":2,"auto_scale":true}`, observed: `{"count":5,"auto_scale":true,"min_nodes":1,"max_nodes":3}`, drifts: []string{"count"}},
		{why: "somebody scaled one that does not scale itself", desired: `{"count":"2"}`, observed: `{"count":3,"auto_scale":false,"min_nodes":0,"max_nodes":0}`, drifts: []string{"count"}},
		{why: "the upper limit was raised", desired: `{"count":1,"auto_scale":true,"min_nodes":1,"max_nodes":3}`, observed: `{"count":7,"auto_scale":true,"min_nodes":1,"max_nodes":9}`, drifts: []string{"max_nodes"}},
		{why: "a lower limit of 0 is not shown", desired: `{"min_nodes":0}`, observed: `{"auto_scale":true,"max_nodes":3}`},
		{why: "limits of a pool that does not scale are shown as 0", desired: `{"auto_scale":false,"count":3,"min_nodes":3,"max_nodes":3}`, observed: `{"auto_scale":false,"count":3,"min_nodes":0,"max_nodes":0}`},
		{why: "it was stopped scaling, which says all about its limits", desired: `{"auto_scale":true,"min_nodes":1,"max_nodes":3}`, observed: `{"auto_scale":false,"count":3,"min_nodes":0,"max_nodes":0}`, drifts: []string{"auto_scale"}},
		{why: "it was stopped scaling, and only its limits are declared", desired: `{"max_nodes":3}`, observed: `{"auto_scale":false,"count":3,"min_nodes":0,"max_nodes":0}`,
			drifts: []string{"max_nodes"}},
		{why: "it scales, and nobody declared it", desired: `{"auto_scale":false,"count":3}`, observed: `{"auto_scale":true,"count":3,"min_nodes":1,"max_nodes":3}`, drifts: []string{"auto_scale"}},
		{why: "every node was replaced", desired: `{"name":"workers","count":30,"size":"S-2vcpu-4gb"}`, observed: `{"name":"workers","count":30,"size":"s-2vcpu-4gb"}`},

		{why: "labels that others added", desired: `{"labels":{"service":"web"}}`, observed: `{"labels":{"service":"web","priority":"high"}}`},
		{why: "no labels are null", desired: `{"labels":{}}`, observed: `{"labels":null}`},
		{why: "a label with another value, which has case", desired: `{"labels":{"app.example.com/name":"web"}}`, observed: `{"labels":{"app.example.com/name":"Web"}}`, drifts: []string{`labels["app.example.com/name"]`}},
		{why: "a label was removed", desired: `{"labels":{"service":"web"}}`, observed: `{"labels":null}`, drifts: []string{"labels.service"}},
		{why: "taints in any order; a value that is empty", desired: `{"taints":[{"key":"a","effect":"noschedule"},{"key":"b","value":"1","effect":"NoExecute"}]}`,
			observed: `{"taints":[{"key":"b","value":"1","effect":"NoExecute"},{"key":"a","value":"","effect":"NoSchedule"}]}`},
		{why: "a taint has another value", desired: `{"taints":[{"key":"b","value":"1","effect":"NoExecute"}]}`, observed: `{"taints":[{"key":"b","value":"2","effect":"NoExecute"}]}`,
			drifts: []string{`taints["b/noexecute"].value`}},
		{why: "and another effect, which makes it another taint", desired: `{"taints":[{"key":"b","effect":"NoExecute"}]}`, observed: `{"taints":[{"key":"b","value":"","effect":"NoSchedule"}]}`,
			drifts: []string{`taints["b/noexecute"]`, `taints["b/noschedule"]`}},
		{why: "no taints are null", desired: `{"taints":[]}`, observed: `{"taints":null}`},
	})
}

package main

import "slices"

// Database clusters with their trusted sources.

func databaseClusterSubject() subject {
	return subject{
		kind: "DatabaseCluster", weight: 2, share: 0.35, first: 1,
		fields: map[string]form{
			"name": asText, "engine": asText, "region": asText, "size": asText, "num_nodes": asText, "tags": asText,
			"maintenance_window.day": asText, "maintenance_window.hour": timeOfDay,
		},
		live: func(t team) []row {
			return databases(t, func(d map[string]any) map[string]any {
				window, _ := d["maintenance_window"].(map[string]any) // what is pending in it is no field
				return changed(d, map[string]any{"maintenance_window": map[string]any{"day": window["day"], "hour": window["hour"]}})
			})
		},
		pools: func(s *sequence) map[string][]any {
			return map[string][]any{
				"size": anys(databaseSizes), "num_nodes": {1, "2", 3}, "engine": {"pg", "mysql"}, "tags": {anys(some(s, tags)), []any{}},
				"maintenance_window": {map[string]any{"day": one(s, days)}, map[string]any{"hour": one(s, hours)},
					map[string]any{"day": one(s, days), "hour": one(s, hours) + ":00"}},
			}
		},
		create: func(s *sequence) {
			s.change("POST", "/v2/databases", map[string]any{"name": one(s, databaseNames), "engine": "pg", "region": "nyc3",
				"size": databaseSizes[0], "num_nodes": 1, "tags": some(s, tags), "rules": []any{s.trusted()}})
		},
		operations: []operation{
			{"database cluster created", 2, func(s *sequence) { s.create("DatabaseCluster") }},
			{"database cluster deleted", 1, func(s *sequence) { s.remove("DatabaseCluster") }},
			{"database cluster resized", 6, func(s *sequence) {
				if r, ok := s.any("DatabaseCluster"); ok {
					s.change("PUT", pathOf(r)+"/resize", map[string]any{"size": one(s, databaseSizes), "num_nodes": one(s, units)})
				}
			}},
			{"maintenance window moved", 4, func(s *sequence) {
				if r, ok := s.any("DatabaseCluster"); ok {
					s.change("PUT", pathOf(r)+"/maintenance", map[string]any{"day": one(s, days), "hour": one(s, hours)})
				}
			}},
		},
	}
}

// databases are the rows of the clusters, with the values that a kind has of each.
func databases(t team, values func(map[string]any) map[string]any) []row {
	var out []row
	for _, d := range t.table("databases") {
		if text(d["replica_of"]) == "" {
			out = append(out, row{text(d["id"]), text(d["name"]), values(d)})
		}
	}
	return out
}

func databaseFirewallSubject() subject {
	return subject{
		kind: "DatabaseFirewall", weight: 3,
		fields: map[string]form{"rules": byMember("type", "value", "description")},
		live: func(t team) []row {
			all := databases(t, sourcesOf)
			for i := range all {
				all[i].name = "" // the cluster has one
			}
			return all
		},
		pools: func(s *sequence) map[string][]any {
			return map[string][]any{"rules": {s.trustedSources(1), s.trustedSources(2), []any{}}}
		},
		operations: []operation{
			{"trusted sources replaced", 4, func(s *sequence) { s.trust(func([]any) []any { return s.trustedSources(2) }) }},
			{"trusted source added", 4, func(s *sequence) {
				s.trust(func(all []any) []any { return everyOnce(append(slices.Clip(all), s.trusted())) })
			}},
			{"trusted source removed", 4, func(s *sequence) {
				s.trust(func(all []any) []any {
					if len(all) == 0 {
						return all
					}
					gone := s.rng.IntN(len(all))
					return append(all[:gone:gone], all[gone+1:]...)
				})
			}},
		},
	}
}

// sourcesOf are a cluster's trusted sources, by what people say of them: the rest is
// DigitalOcean's.
func sourcesOf(d map[string]any) map[string]any {
	rules := []any{}
	for _, rule := range within(d, "rules") {
		said := map[string]any{"type": rule["type"], "value": rule["value"]}
		if description := text(rule["description"]); description != "" {
			said["description"] = description
		}
		rules = append(rules, said)
	}
	return map[string]any{"rules": rules}
}

// trustedSources are at most n that may connect to a database.
func (s *sequence) trustedSources(n int) []any {
	var out []any
	for range n {
		out = append(out, s.trusted())
	}
	return everyOnce(out)
}

// everyOnce leaves out a source that is in the list already. Which of two with the same key
// is compared is the operator's choice, and not the order's.
func everyOnce(sources []any) []any {
	known := map[string]bool{}
	return slices.DeleteFunc(sources, func(source any) bool {
		object, _ := source.(map[string]any)
		key := text(object["type"]) + "/" + text(object["value"])
		again := known[key]
		known[key] = true
		return again
	})
}

// trusted is somebody who may connect to a database.
func (s *sequence) trusted() map[string]any {
	if s.chance(0.3) {
		return map[string]any{"type": "tag", "value": one(s, tags)}
	}
	out := map[string]any{"type": "ip_addr", "value": one(s, addresses)}
	if s.chance(0.3) {
		out["description"] = one(s, descriptions)
	}
	return out
}

// trust changes the trusted sources of a cluster.
func (s *sequence) trust(change func(all []any) []any) {
	r, ok := s.any("DatabaseFirewall")
	if !ok {
		return
	}
	all, _ := s.cloud.now()[r].values["rules"].([]any)
	s.change("PUT", pathOf(r), map[string]any{"rules": change(all)})
}

// Kubernetes clusters with their node pools. The nodes are droplets that nobody declared.

func kubernetesClusterSubject() subject {
	return subject{
		kind: "KubernetesCluster", weight: 1, share: 0.3, first: 1,
		fields: map[string]form{"name": asText, "region": asText, "version": release, "surge_upgrade": asText,
			"maintenance_policy.day": asText, "maintenance_policy.start_time": timeOfDay},
		live: func(t team) []row {
			var out []row
			for _, k := range t.table("kubernetes_clusters") {
				if k["deleted"] != true {
					out = append(out, row{text(k["id"]), text(k["name"]), k})
				}
			}
			return out
		},
		pools: func(s *sequence) map[string][]any {
			return map[string][]any{
				"name": anys(clusterNames), "version": {"1.33", "1.33.4-do.2", "1.34"}, "surge_upgrade": {true, false},
				"maintenance_policy": {map[string]any{"day": one(s, days)}, map[string]any{"day": "any", "start_time": one(s, hours) + ":00"}},
			}
		},
		create: func(s *sequence) {
			if len(s.cloud.now().sorted("KubernetesCluster")) < mostClusters {
				s.change("POST", "/v2/kubernetes/clusters", map[string]any{"name": one(s, clusterNames), "region": "nyc3", "version": "1.33",
					"node_pools": []any{s.nodePool()}})
			}
		},
		operations: []operation{
			{"Kubernetes cluster created", 2, func(s *sequence) { s.create("KubernetesCluster") }},
			{"Kubernetes cluster deleted", 2, func(s *sequence) { s.remove("KubernetesCluster") }},
			{"Kubernetes cluster changed", 4, func(s *sequence) {
				if r, ok := s.any("KubernetesCluster"); ok {
					s.change("PUT", pathOf(r), map[string]any{"name": one(s, clusterNames), "surge_upgrade": s.chance(0.5),
						"maintenance_policy": map[string]any{"day": one(s, days), "start_time": one(s, hours)}})
				}
			}},
		},
	}
}

// Nodes are droplets, of which there are not to be too many beside the others.
const (
	mostClusters = 2
	mostPools    = 3
	mostNodes    = 3
)

func kubernetesNodePoolSubject() subject {
	return subject{
		kind: "KubernetesNodePool", weight: 3,
		fields: map[string]form{"name": asText, "size": asText, "count": poolSize, "auto_scale": asText, "min_nodes": poolLimit, "max_nodes": poolLimit},
		live: func(t team) []row {
			var out []row
			for _, k := range t.table("kubernetes_clusters") {
				for _, p := range within(k, "node_pools") {
					if k["deleted"] != true {
						out = append(out, row{text(k["id"]) + "/" + text(p["id"]), text(p["name"]), p})
					}
				}
			}
			return out
		},
		pools: func(*sequence) map[string][]any {
			return map[string][]any{"name": anys(poolNames), "count": {1, "2", 5}, "auto_scale": {true, false},
				"min_nodes": {0, 1}, "max_nodes": {mostNodes, 0}}
		},
		create: func(s *sequence) {
			if r, ok := s.any("KubernetesCluster"); ok && len(s.cloud.now().sorted("KubernetesNodePool")) < mostPools {
				s.change("POST", pathOf(r)+"/node_pools", s.nodePool())
			}
		},
		operations: []operation{
			{"node pool added", 2, func(s *sequence) { s.create("KubernetesNodePool") }},
			{"node pool removed", 2, func(s *sequence) { s.remove("KubernetesNodePool") }},
			{"node pool scaled", 5, func(s *sequence) {
				s.changePool(map[string]any{"count": 1 + s.rng.IntN(mostNodes), "auto_scale": false})
			}},
			{"autoscaler set", 2, func(s *sequence) {
				s.changePool(map[string]any{"auto_scale": true, "min_nodes": s.rng.IntN(2), "max_nodes": mostNodes})
			}},
			{"autoscaler scales", 6, (*sequence).autoscale},
		},
	}
}

// nodePool is a random pool of few nodes.
func (s *sequence) nodePool() map[string]any {
	pool := map[string]any{"name": one(s, poolNames), "size": "s-2vcpu-2gb", "count": 1}
	if s.chance(0.5) {
		return changed(pool, map[string]any{"auto_scale": true, "min_nodes": 1, "max_nodes": mostNodes})
	}
	return pool
}

func (s *sequence) changePool(what map[string]any) {
	if r, ok := s.any("KubernetesNodePool"); ok {
		s.change("PUT", pathOf(r), what)
	}
}

// autoscale moves the count of a pool that has an autoscaler, within its bounds: no drift.
func (s *sequence) autoscale() {
	for _, r := range s.cloud.now().sorted("KubernetesNodePool") {
		if s.cloud.now()[r].fields["auto_scale"] == "true" {
			s.change("PUT", pathOf(r), map[string]any{"count": 1 + s.rng.IntN(mostNodes)})
		}
	}
}

package digitalocean

// peers are what a rule lets through from, or to.
var peers = only("addresses", "droplet_ids", "tags", "load_balancer_uids", "kubernetes_ids")

func init() {
	register(kind{
		name: "Firewall", one: "firewall", many: "firewalls",
		path: "v2/firewalls", listKey: "firewalls", itemKey: "firewall",
		fields: []field{
			{path: "name"},
			{path: "status"},
			{path: "tags"},
			{path: "droplet_ids"},
			{path: "inbound_rules", read: each(members{"protocol": plain, "ports": plain, "action": plain, "sources": peers}.read)},
			{path: "outbound_rules", read: each(members{"protocol": plain, "ports": plain, "action": plain, "destinations": peers}.read)},
			{path: "created_at"},
		},
		// "Firewall resources are only shown to a token that may see them" (OpenAPI).
		scoped: []scoped{
			{listing: "v2/droplets", paths: []string{"droplet_ids", "inbound_rules[*].sources.droplet_ids", "outbound_rules[*].destinations.droplet_ids"}},
			{listing: "v2/tags", paths: []string{"tags", "inbound_rules[*].sources.tags", "outbound_rules[*].destinations.tags"}},
			{listing: "v2/load_balancers", paths: []string{"inbound_rules[*].sources.load_balancer_uids", "outbound_rules[*].destinations.load_balancer_uids"}},
			{listing: "v2/kubernetes/clusters", paths: []string{"inbound_rules[*].sources.kubernetes_ids", "outbound_rules[*].destinations.kubernetes_ids"}},
		},
	})
}

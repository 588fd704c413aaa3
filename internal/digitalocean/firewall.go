package digitalocean

func init() {
	register(kind{
		name: "Firewall", one: "firewall", many: "firewalls",
		path: "v2/firewalls", listKey: "firewalls", itemKey: "firewall",
		fields: []field{
			{path: "name"},
			{path: "status"},
			{path: "tags"},
			{path: "droplet_ids"},
			{path: "inbound_rules", read: each(only("protocol", "ports", "sources", "action"))},
			{path: "outbound_rules", read: each(only("protocol", "ports", "destinations", "action"))},
			{path: "created_at"},
		},
	})
}

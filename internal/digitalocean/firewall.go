package digitalocean

var _ = register(kind{
	name: "Firewall", one: "firewall", many: "firewalls",
	path: "v2/firewalls", listKey: "firewalls", itemKey: "firewall",
	fields: []field{
		{path: "name", top: true},
		{path: "status", top: true},
		{path: "tags", top: true},
		{path: "droplet_ids"},
		{path: "inbound_rules", read: each(only("protocol", "ports", "sources"))},
		{path: "outbound_rules", read: each(only("protocol", "ports", "destinations"))},
		{path: "pending_changes", optional: true, read: each(only("droplet_id", "removing", "status"))},
		{path: "created_at"},
	},
})

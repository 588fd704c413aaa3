package digitalocean

func init() {
	register(kind{
		name: "VPC", one: "VPC", many: "VPCs",
		path: "v2/vpcs", listKey: "vpcs", itemKey: "vpc",
		fields: []field{
			{path: "name"},
			{path: "region", read: slugOf},
			{path: "description", optional: true},
			{path: "ip_range"},
			// No scope hides it: where it does not come, it is false.
			{path: "default", optional: true},
			{path: "urn"},
			{path: "created_at"},
		},
	})
}

package digitalocean

func init() {
	register(kind{
		name: "Volume", one: "volume", many: "volumes",
		path: "v2/volumes", listKey: "volumes", itemKey: "volume",
		fields: []field{
			{path: "name"},
			{path: "region", read: slugOf},
			{path: "tags"},
			{path: "size_gigabytes"},
			{path: "description", optional: true},
			// Null or left out where it is attached to none; no scope hides it.
			{path: "droplet_ids", optional: true},
			{path: "filesystem_type", optional: true},
			{path: "filesystem_label", optional: true},
			{path: "created_at"},
		},
	})
}

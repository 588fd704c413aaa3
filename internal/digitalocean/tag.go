package digitalocean

func init() {
	register(kind{
		name: "Tag", one: "tag", many: "tags",
		path: "v2/tags", listKey: "tags", itemKey: "tag",
		id: "name",
		fields: []field{
			{path: "name"},
		},
	})
}

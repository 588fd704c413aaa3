package digitalocean

func init() {
	register(kind{
		name: "Domain", one: "domain", many: "domains",
		path: "v2/domains", listKey: "domains", itemKey: "domain",
		id: "name",
		fields: []field{
			{path: "name"},
			{path: "ttl"},
		},
	})
}

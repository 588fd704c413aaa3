package digitalocean

import "strings"

var _ = register(kind{
	name: "Domain", one: "domain", many: "domains",
	path: "v2/domains", listKey: "domains", itemKey: "domain",
	id:     "name",
	sameID: strings.EqualFold,
	fields: []field{
		{path: "name", top: true},
		{path: "ttl"},
	},
})

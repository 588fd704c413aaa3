package digitalocean

import "strings"

var _ = register(kind{
	name: "Tag", one: "tag", many: "tags",
	path: "v2/tags", listKey: "tags", itemKey: "tag",
	id: "name",
	// A tag is found however it is spelt; the first spelling is its name.
	sameID: strings.EqualFold,
	fields: []field{
		{path: "name", top: true},
		{path: "resources", read: only("count")},
	},
})

package dosim

// unservedKind lists the kinds of which dosim holds nothing: firewall rules name them, and
// clients ask whether their token may see them.
var unservedKind = kind{name: "Unserved", routes: []route{
	{pattern: "GET /v2/kubernetes/clusters", scope: "kubernetes:read", handle: func(c *call) (*reply, error) {
		return list(c, "kubernetes_clusters", []any{}, func(v any) any { return v })
	}},
}}

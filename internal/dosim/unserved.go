package dosim

// unservedKind lists the kinds of which dosim holds nothing: firewall rules name them, and
// clients ask whether their token may see them.
var unservedKind = kind{name: "Unserved", routes: []route{
	{pattern: "GET /v2/load_balancers", scope: "load_balancer:read", handle: func(c *call) (*reply, error) {
		return list(c, "load_balancers", []any{}, func(v any) any { return v })
	}},
}}

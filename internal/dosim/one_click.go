package dosim

import "net/http"

// oneClickKind serves the list of applications that can be had with one click.
// There are no clusters here to install any on.
var oneClickKind = kind{name: "OneClick", routes: []route{
	{pattern: "GET /v2/1-clicks", handle: listOneClicks},
}}

type oneClick struct {
	Slug string `json:"slug"`
	Type string `json:"type"`
}

var oneClicks = []oneClick{
	{"docker-20-04", "droplet"}, {"lamp-20-04", "droplet"}, {"wordpress-20-04", "droplet"},
	{"monitoring", "kubernetes"}, {"loki", "kubernetes"}, {"cert-manager", "kubernetes"},
}

// listOneClicks answers all of a type at once: this listing has no pages.
func listOneClicks(c *call) (*reply, error) {
	ofType := c.query("type")
	views := []any{}
	for _, app := range oneClicks {
		if ofType == "" || app.Type == ofType {
			views = append(views, app)
		}
	}
	return &reply{http.StatusOK, map[string]any{"1_clicks": views}}, nil
}

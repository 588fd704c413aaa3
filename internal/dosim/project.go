package dosim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// projectKind serves the default project only, because clients look for new
// resources in it. Projects as a kind of their own are not simulated.
var projectKind = kind{name: "Project", routes: []route{
	{pattern: "GET /v2/projects", scope: "project:read", handle: func(c *call) (*reply, error) {
		return list(c, "projects", []any{c.team.project()}, func(p any) any { return p })
	}},
	{pattern: "GET /v2/projects/{project}", scope: "project:read", handle: onProject(func(c *call) (*reply, error) {
		return &reply{http.StatusOK, map[string]any{"project": c.team.project()}}, nil
	})},
	{pattern: "GET /v2/projects/{project}/resources", scope: "project:read", handle: onProject(listProjectResources)},
	{pattern: "POST /v2/projects/{project}/resources", scope: "project:assign_resource", handle: onProject(assignResources)},
}}

func (t *team) projectID() string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("project of "+t.UUID)).String()
}

func (t *team) project() any {
	return map[string]any{
		"id": t.projectID(), "owner_uuid": t.Owner, "owner_id": 258992, "name": "first-project",
		"description": "The default project", "purpose": "Just trying out DigitalOcean", "environment": "Development",
		"is_default": true, "created_at": t.ProjectCreated, "updated_at": t.ProjectCreated,
	}
}

func onProject(handle handler) handler {
	return func(c *call) (*reply, error) {
		if id := c.path("project"); id != "default" && id != c.team.projectID() {
			return nil, notFound()
		}
		return handle(c)
	}
}

// projectResource is what a project can hold.
type projectResource struct {
	URN        string            `json:"urn"`
	AssignedAt time.Time         `json:"assigned_at"`
	Status     string            `json:"status"`
	Links      map[string]string `json:"links"`
}

// urnPaths are the types that a URN can be of, and where each is found.
var urnPaths = map[string]string{
	"dbaas": "databases", "domain": "domains", "droplet": "droplets", "floatingip": "floating_ips", "kubernetes": "kubernetes/clusters",
	"loadbalancer": "load_balancers", "space": "spaces", "volume": "volumes", "vpc": "vpcs",
}

// resource is what is known of a URN alone.
func (c *call) resource(urn string) (projectResource, error) {
	parts := strings.SplitN(urn, ":", 3)
	if len(parts) != 3 || parts[0] != "do" || urnPaths[parts[1]] == "" {
		return projectResource{}, invalid("%q is not a valid URN", urn)
	}
	return projectResource{
		URN: urn, AssignedAt: stamp(c.now), Status: "not_found",
		Links: map[string]string{"self": c.uri("/v2/%s/%s", urnPaths[parts[1]], url.PathEscape(parts[2]))},
	}, nil
}

// projectResources are the whole account's: there is no other project that
// they could be in.
func (c *call) projectResources() []projectResource {
	out := []projectResource{}
	add := func(kind, id string, at time.Time) {
		r, _ := c.resource("do:" + kind + ":" + id)
		r.AssignedAt, r.Status = at, "ok"
		out = append(out, r)
	}
	for _, d := range c.team.Droplets.rows {
		if d.DeletedAt == nil {
			add("droplet", strconv.Itoa(d.ID), d.CreatedAt)
		}
	}
	for _, v := range c.team.Volumes.rows {
		add("volume", v.ID, v.CreatedAt)
	}
	for _, d := range c.team.Domains.rows {
		add("domain", d.Name, c.team.ProjectCreated)
	}
	return out
}

func listProjectResources(c *call) (*reply, error) {
	return list(c, "resources", c.projectResources(), func(r projectResource) any { return r })
}

// assignResources moves nothing, since everything is there already.
func assignResources(c *call) (*reply, error) {
	var req struct{ Resources []string }
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Resources == nil {
		return nil, invalid("resources is required")
	}
	all := c.projectResources()
	views := []projectResource{}
	for _, urn := range req.Resources {
		r, err := c.resource(urn)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(all, func(have projectResource) bool { return have.URN == urn }); i >= 0 {
			r = all[i]
			r.Status = "already_assigned"
		}
		views = append(views, r)
	}
	return &reply{http.StatusOK, map[string]any{"resources": views}}, nil
}

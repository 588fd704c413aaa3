package dosim

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// projectKind serves the default project only, because clients put new
// resources into it. Projects as a kind of their own are not simulated.
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

// projectMembership is one resource that was put into the project by name.
type projectMembership struct {
	URN        string    `json:"urn"`
	AssignedAt time.Time `json:"assigned_at"`
}

func (m *projectMembership) key() string { return m.URN }

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

func listProjectResources(c *call) (*reply, error) {
	return list(c, "resources", c.team.Assigned.rows, func(m *projectMembership) any { return c.membershipView(m, "ok") })
}

func (c *call) membershipView(m *projectMembership, status string) any {
	parts := strings.SplitN(m.URN, ":", 3)
	return map[string]any{
		"urn": m.URN, "assigned_at": m.AssignedAt, "status": status,
		"links": map[string]string{"self": c.uri("/v2/%ss/%s", parts[1], parts[2])},
	}
}

func assignResources(c *call) (*reply, error) {
	var req struct{ Resources []string }
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	views := []any{}
	for _, urn := range req.Resources {
		if len(strings.SplitN(urn, ":", 3)) != 3 || !strings.HasPrefix(urn, "do:") {
			return nil, invalid("%s", fmt.Sprintf("%q is not a valid URN", urn))
		}
	}
	for _, urn := range req.Resources {
		status := "already_assigned"
		m, ok := c.team.Assigned.get(urn)
		if !ok {
			status = "assigned"
			m = c.team.Assigned.add(&projectMembership{URN: urn, AssignedAt: stamp(c.now)})
		}
		views = append(views, c.membershipView(m, status))
	}
	return &reply{http.StatusOK, map[string]any{"resources": views}}, nil
}

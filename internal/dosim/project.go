package dosim

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// projectKind serves projects. What they hold is in project_resource.go.
var projectKind = kind{name: "Project", routes: []route{
	{pattern: "GET /v2/projects", scope: "project:read", handle: func(c *call) (*reply, error) {
		c.team.defaultProject()
		return list(c, "projects", c.team.Projects.rows, c.projectView)
	}},
	{pattern: "POST /v2/projects", scope: "project:create", handle: createProject},
	{pattern: "GET /v2/projects/{project}", scope: "project:read", handle: onProject(func(c *call, p *project) (*reply, error) {
		return &reply{http.StatusOK, map[string]any{"project": c.projectView(p)}}, nil
	})},
	{pattern: "PUT /v2/projects/{project}", scope: "project:update", handle: onProject(updateProject)},
	{pattern: "PATCH /v2/projects/{project}", scope: "project:update", handle: onProject(updateProject)},
	{pattern: "DELETE /v2/projects/{project}", scope: "project:delete", handle: onProject(deleteProject)},
	{pattern: "GET /v2/projects/{project}/resources", scope: "project:read", handle: onProject(listProjectResources)},
	{pattern: "POST /v2/projects/{project}/resources", scope: assignScope, handle: onProject(assignResources)},
}}

type project struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Purpose     string    `json:"purpose"`
	Environment string    `json:"environment"`
	Default     bool      `json:"is_default"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func (p *project) key() string { return p.ID }

func (c *call) projectView(p *project) any {
	return struct {
		project
		OwnerUUID string `json:"owner_uuid"`
		OwnerID   int    `json:"owner_id"`
	}{*p, c.team.Owner, 258992}
}

// defaultProject is where a resource is that nobody assigned. An account has it
// from the beginning.
func (t *team) defaultProject() *project {
	if p, ok := t.Projects.find(func(p *project) bool { return p.Default }); ok {
		return p
	}
	return t.Projects.add(&project{
		ID:   uuid.NewSHA1(uuid.NameSpaceURL, []byte("project of "+t.UUID)).String(),
		Name: "first-project", Description: "The default project", Purpose: purposes[0], Environment: "Development",
		Default: true, CreatedAt: t.ProjectCreated, UpdatedAt: t.ProjectCreated,
	})
}

func onProject(handle func(c *call, p *project) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		standard := c.team.defaultProject()
		if c.path("project") == "default" {
			return handle(c, standard)
		}
		p, ok := c.team.Projects.get(c.path("project"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, p)
	}
}

type projectRequest struct {
	Name        *string `json:"name"`
	Description *string `json:"description"`
	Purpose     *string `json:"purpose"`
	Environment *string `json:"environment"`
	Default     *bool   `json:"is_default"`
}

const (
	maxProjectName = 175
	maxProjectText = 255
)

// purposes are those that are offered; any other is stored with otherPurpose.
var purposes = []string{
	"Just trying out DigitalOcean", "Class project / Educational purposes", "Website or blog", "Web Application",
	"Service or API", "Mobile Application", "Machine learning / AI / Data processing", "IoT",
	"Operational / Developer tooling",
}

const otherPurpose = "Other: "

var environments = []string{"Development", "Staging", "Production"}

// apply puts a request's fields on a project and checks the whole.
func (req *projectRequest) apply(t *team, p *project) error {
	set(&p.Name, req.Name)
	set(&p.Description, req.Description)
	set(&p.Purpose, req.Purpose)
	set(&p.Environment, req.Environment)
	_, taken := t.Projects.find(func(other *project) bool { return other.Name == p.Name && other.ID != p.ID })
	at := slices.IndexFunc(environments, func(known string) bool { return strings.EqualFold(known, p.Environment) })
	switch {
	case p.Name == "":
		return invalid("name is a required field")
	case utf8.RuneCountInString(p.Name) > maxProjectName:
		return invalid("name must be at most %d characters", maxProjectName)
	case taken:
		return conflict("name is already in use")
	case utf8.RuneCountInString(p.Description) > maxProjectText:
		return invalid("description must be at most %d characters", maxProjectText)
	case p.Purpose == "":
		return invalid("purpose is a required field")
	case utf8.RuneCountInString(p.Purpose) > maxProjectText:
		return invalid("purpose must be at most %d characters", maxProjectText)
	case p.Environment != "" && at < 0:
		return invalid("environment must be one of %s", strings.Join(environments, ", "))
	}
	if at >= 0 {
		p.Environment = environments[at]
	}
	if !slices.Contains(purposes, p.Purpose) && !strings.HasPrefix(p.Purpose, otherPurpose) {
		p.Purpose = otherPurpose + p.Purpose
	}
	return nil
}

func createProject(c *call) (*reply, error) {
	var req projectRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	c.team.defaultProject()
	p := project{ID: uuid.NewString(), CreatedAt: stamp(c.now), UpdatedAt: stamp(c.now)}
	if err := req.apply(c.team, &p); err != nil {
		return nil, err
	}
	return &reply{http.StatusCreated, map[string]any{"project": c.projectView(c.team.Projects.add(&p))}}, nil
}

// updateProject serves PUT, which needs every field, and PATCH. Where is_default
// is false on the default project it stays that: only another can take its place.
func updateProject(c *call, p *project) (*reply, error) {
	var req projectRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if c.r.Method == http.MethodPut &&
		(req.Name == nil || req.Description == nil || req.Purpose == nil || req.Environment == nil || req.Default == nil) {
		return nil, invalid("name, description, purpose, environment and is_default are required fields")
	}
	changed := *p
	if err := req.apply(c.team, &changed); err != nil {
		return nil, err
	}
	changed.UpdatedAt = stamp(c.now)
	*p = changed
	if req.Default != nil && *req.Default && !p.Default {
		c.keepInPlace()
		c.team.defaultProject().Default = false
		p.Default = true
	}
	return &reply{http.StatusOK, map[string]any{"project": c.projectView(p)}}, nil
}

func deleteProject(c *call, p *project) (*reply, error) {
	if p.Default {
		return nil, preconditionFailed("the default project cannot be deleted")
	}
	if len(c.resourcesOf(p)) > 0 {
		return nil, preconditionFailed("cannot delete a project with resources. move or remove the resources first")
	}
	c.team.Projects.remove(p.ID)
	return &reply{http.StatusNoContent, nil}, nil
}

package dosim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// assignScope is granted by project:update too.
const assignScope = "project:assign_resource"

// projectResource is what a project can hold.
type projectResource struct {
	URN        string            `json:"urn"`
	AssignedAt time.Time         `json:"assigned_at"`
	Status     string            `json:"status"`
	Links      map[string]string `json:"links"`
}

// assignment says in which project a resource is. Without one it is in the default
// project, since it came to be.
type assignment struct {
	Project string    `json:"project"`
	At      time.Time `json:"at"`
}

// urnType is where resources of a URN's type are found, and the scope to see them.
type urnType struct{ path, scope string }

var urnTypes = map[string]urnType{
	"dbaas": {"databases", "database:read"}, "domain": {"domains", "domain:read"}, "droplet": {"droplets", "droplet:read"},
	"floatingip": {"floating_ips", "reserved_ip:read"}, "reservedip": {"reserved_ips", "reserved_ip:read"}, "kubernetes": {"kubernetes/clusters", "kubernetes:read"},
	"loadbalancer": {"load_balancers", "load_balancer:read"}, "space": {"spaces", "spaces:read"},
	"volume": {"volumes", "block_storage:read"}, "vpc": {"vpcs", "vpc:read"},
}

// resource is what is known of a URN alone.
func (c *call) resource(urn string) (projectResource, error) {
	parts := strings.SplitN(urn, ":", 3)
	if len(parts) != 3 || parts[0] != "do" || urnTypes[parts[1]].path == "" {
		return projectResource{}, invalid("%q is not a valid URN", urn)
	}
	if parts[1] == "reservedip" {
		// Projects show the former name of an address, whichever it was assigned by.
		parts[1] = "floatingip"
		urn = strings.Join(parts, ":")
	}
	return projectResource{
		URN: urn, AssignedAt: stamp(c.now), Status: "not_found",
		Links: map[string]string{"self": c.uri("/v2/%s/%s", urnTypes[parts[1]].path, url.PathEscape(parts[2]))},
	}, nil
}

// scopeOf is what it takes to see a resource.
func scopeOf(urn string) string { return urnTypes[strings.SplitN(urn, ":", 3)[1]].scope }

// allResources are the account's that a project can hold.
func (c *call) allResources() []projectResource {
	out := []projectResource{}
	add := func(kind, id string, at time.Time) {
		r, _ := c.resource("do:" + kind + ":" + id)
		r.AssignedAt, r.Status = at, "ok"
		if assigned, ok := c.team.Assigned[r.URN]; ok {
			r.AssignedAt = assigned.At
		}
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
	for _, k := range c.team.kubeClusters() {
		add("kubernetes", k.ID, k.CreatedAt)
	}
	for _, d := range c.team.Databases.rows {
		if d.ReplicaOf == "" {
			add("dbaas", d.ID, d.CreatedAt)
		}
	}
	for _, d := range c.team.Domains.rows {
		add("domain", d.Name, c.team.ProjectCreated)
	}
	for _, lb := range c.team.LoadBalancers.rows {
		add("loadbalancer", lb.ID, lb.CreatedAt)
	}
	for _, ip := range c.team.ReservedIPs.rows {
		add("floatingip", ip.IP, ip.CreatedAt)
	}
	return out
}

// projectOf is where a resource is.
func (c *call) projectOf(urn string) string {
	if assigned, ok := c.team.Assigned[urn]; ok {
		return assigned.Project
	}
	return c.team.defaultProject().ID
}

// resourcesOf are a project's, whoever may see them.
func (c *call) resourcesOf(p *project) []projectResource {
	return slices.DeleteFunc(c.allResources(), func(r projectResource) bool { return c.projectOf(r.URN) != p.ID })
}

// keepInPlace assigns what is in the default project by nobody's doing, before
// another takes its place.
func (c *call) keepInPlace() {
	standard := c.team.defaultProject()
	for _, r := range c.resourcesOf(standard) {
		c.assign(r.URN, assignment{standard.ID, r.AssignedAt})
	}
}

func (c *call) assign(urn string, to assignment) {
	if c.team.Assigned == nil {
		c.team.Assigned = map[string]assignment{}
	}
	c.team.Assigned[urn] = to
}

func listProjectResources(c *call, p *project) (*reply, error) {
	visible := slices.DeleteFunc(c.resourcesOf(p), func(r projectResource) bool { return !c.token.has(scopeOf(r.URN)) })
	return list(c, "resources", visible, func(r projectResource) any { return r })
}

// assignResources moves resources into a project, all or none.
func assignResources(c *call, p *project) (*reply, error) {
	var req struct{ Resources []string }
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Resources == nil {
		return nil, invalid("resources is required")
	}
	all := c.allResources()
	views := []projectResource{}
	for _, urn := range req.Resources {
		r, err := c.resource(urn)
		if err != nil {
			return nil, err
		}
		if scope := scopeOf(urn); !c.token.has(scope) {
			return nil, missing(scope)
		}
		if i := slices.IndexFunc(all, func(have projectResource) bool { return have.URN == r.URN }); i >= 0 {
			r = all[i]
			r.Status = "already_assigned"
			if c.projectOf(r.URN) != p.ID {
				r.Status, r.AssignedAt = "assigned", stamp(c.now)
				if err := c.movable(r.URN, req.Resources); err != nil {
					return nil, err
				}
			}
		}
		views = append(views, r)
	}
	for _, r := range views {
		if r.Status == "assigned" {
			c.assign(r.URN, assignment{p.ID, r.AssignedAt})
		}
	}
	c.team.followDroplets()
	return &reply{http.StatusOK, map[string]any{"resources": views}}, nil
}

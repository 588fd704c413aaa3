package dosim

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// vpcKind serves private networks. Each region has a default one as soon as
// something needs it.
var vpcKind = kind{
	name: "VPC",
	routes: []route{
		{pattern: "GET /v2/vpcs", scope: "vpc:read", handle: func(c *call) (*reply, error) {
			return list(c, "vpcs", c.team.VPCs.rows, (*vpc).view)
		}},
		{pattern: "POST /v2/vpcs", scope: "vpc:create", handle: createVPC},
		{pattern: "GET /v2/vpcs/{vpc}", scope: "vpc:read", handle: onVPC(func(_ *call, v *vpc) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"vpc": v.view()}}, nil
		})},
		{pattern: "PUT /v2/vpcs/{vpc}", scope: "vpc:update", handle: onVPC(updateVPC)},
		{pattern: "PATCH /v2/vpcs/{vpc}", scope: "vpc:update", handle: onVPC(updateVPC)},
		{pattern: "DELETE /v2/vpcs/{vpc}", scope: "vpc:delete", handle: onVPC(deleteVPC)},
		{pattern: "GET /v2/vpcs/{vpc}/members", scope: "vpc:read", handle: onVPC(listMembers)},
	},
	seed: func(s *Server, t *team, n int) { t.addVPC(s.now(), fmt.Sprintf("seed-%d", n), "nyc3", "", "") },
}

type vpc struct {
	ID          string    `json:"id"`
	URN         string    `json:"urn"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Region      string    `json:"region"`
	IPRange     string    `json:"ip_range"`
	CreatedAt   time.Time `json:"created_at"`
	Default     bool      `json:"default"`
	// Addresses counts those that were given out, Freed are those of them that
	// were given back; not shown.
	Addresses int      `json:"addresses,omitempty"`
	Freed     []string `json:"freed,omitempty"`
}

func (v *vpc) key() string { return v.ID }

func (v *vpc) view() any {
	shown := *v
	shown.Addresses, shown.Freed = 0, nil
	return shown
}

func onVPC(handle func(c *call, v *vpc) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		v, ok := c.team.VPCs.get(c.path("vpc"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, v)
	}
}

// defaultVPC returns the region's default network, and makes one at need.
func (c *call) defaultVPC(region string) *vpc { return c.team.defaultVPC(c.now, region) }

func (t *team) defaultVPC(now time.Time, region string) *vpc {
	if v, ok := t.VPCs.find(func(v *vpc) bool { return v.Default && v.Region == region }); ok {
		return v
	}
	return t.addVPC(now, "default-"+region, region, "", "")
}

// addVPC adds a network; the first of a region is its default.
func (t *team) addVPC(now time.Time, name, region, ipRange, description string) *vpc {
	if ipRange == "" {
		ipRange = t.freeRange()
	}
	_, other := t.VPCs.find(func(v *vpc) bool { return v.Default && v.Region == region })
	id := uuid.NewString()
	return t.VPCs.add(&vpc{
		ID: id, URN: "do:vpc:" + id, Name: name, Description: description, Region: region,
		IPRange: ipRange, CreatedAt: stamp(now), Default: !other,
	})
}

// freeRange is the first /20 from 10.100.0.0 that no network overlaps.
func (t *team) freeRange() string {
	for n := len(t.VPCs.rows); ; n++ {
		prefix := netip.PrefixFrom(netip.MustParseAddr(offset("10.100.0.0", n<<12)), 20)
		if _, taken := t.overlapping(prefix); !taken {
			return prefix.String()
		}
	}
}

func (t *team) overlapping(p netip.Prefix) (*vpc, bool) {
	return t.VPCs.find(func(v *vpc) bool { return netip.MustParsePrefix(v.IPRange).Overlaps(p) })
}

var vpcName = regexp.MustCompile(`^[a-zA-Z0-9.-]+$`)

type vpcRequest struct {
	Name        *string `json:"name"`
	Description *string `json:"description"`
	Region      string  `json:"region"`
	IPRange     string  `json:"ip_range"`
	Default     *bool   `json:"default"`
}

// check refuses a name or a description that self may not have.
func (req *vpcRequest) check(t *team, self string) error {
	if req.Name != nil {
		if !vpcName.MatchString(*req.Name) {
			return invalid("name may only contain alphanumeric characters, dashes, and periods")
		}
		if _, taken := t.VPCs.find(func(v *vpc) bool { return v.Name == *req.Name && v.ID != self }); taken {
			return invalid("a VPC with this name already exists")
		}
	}
	if req.Description != nil && utf8.RuneCountInString(*req.Description) > 255 {
		return invalid("description must be at most 255 characters")
	}
	return nil
}

func createVPC(c *call) (*reply, error) {
	var req vpcRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	r, ok := findRegion(req.Region)
	switch {
	case req.Name == nil:
		return nil, invalid("name is required")
	case !ok:
		return nil, invalid("region is invalid")
	}
	if err := req.check(c.team, ""); err != nil {
		return nil, err
	}
	if err := c.checkRange(req.IPRange); err != nil {
		return nil, err
	}
	description := ""
	set(&description, req.Description)
	v := c.team.addVPC(c.now, *req.Name, r.Slug, req.IPRange, description)
	return &reply{http.StatusCreated, map[string]any{"vpc": v.view()}}, nil
}

func (c *call) checkRange(ipRange string) error {
	if ipRange == "" {
		return nil
	}
	p, err := netip.ParsePrefix(ipRange)
	if err != nil || !p.Addr().IsPrivate() || !p.Addr().Is4() || p.Masked() != p || p.Bits() < 16 || p.Bits() > 28 {
		return invalid("ip_range must be a private IPv4 network between /16 and /28 in CIDR notation")
	}
	if other, taken := c.team.overlapping(p); taken {
		return invalid("This range/size overlaps with another VPC network in your account: %s", other.IPRange)
	}
	return nil
}

// updateVPC serves PUT, which clears a description that it does not name, and
// PATCH, which leaves it.
func updateVPC(c *call, v *vpc) (*reply, error) {
	var req vpcRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if c.r.Method == http.MethodPut {
		if req.Name == nil {
			return nil, invalid("name is required")
		}
		if req.Description == nil {
			req.Description = new(string)
		}
	}
	if err := req.check(c.team, v.ID); err != nil {
		return nil, err
	}
	set(&v.Name, req.Name)
	set(&v.Description, req.Description)
	if req.Default != nil && *req.Default {
		// There is one default a region: the sibling's flips.
		for _, sibling := range c.team.VPCs.rows {
			if sibling.Region == v.Region {
				sibling.Default = sibling == v
			}
		}
	}
	return &reply{http.StatusOK, map[string]any{"vpc": v.view()}}, nil
}

func deleteVPC(c *call, v *vpc) (*reply, error) {
	if v.Default {
		return nil, forbidden("Can not delete default VPCs")
	}
	if len(c.membersOf(v)) > 0 {
		return nil, forbidden("Can not delete VPC with members")
	}
	if len(c.peeringsOf(v)) > 0 {
		return nil, forbidden("Can not delete VPC with peerings")
	}
	c.team.VPCs.remove(v.ID)
	return &reply{http.StatusNoContent, nil}, nil
}

// member is what is in a network; scope is what it takes to see it.
type member struct{ ofType, scope, urn, name, createdAt string }

func (c *call) membersOf(v *vpc) []member {
	out := []member{}
	for _, d := range c.team.Droplets.rows {
		if d.VPC == v.ID && d.DeletedAt == nil {
			out = append(out, member{"droplet", "droplet:read", fmt.Sprintf("do:droplet:%d", d.ID), d.Name, d.CreatedAt.Format(timeFormat)})
		}
	}
	for _, lb := range c.team.LoadBalancers.rows {
		if lb.VPC == v.ID {
			out = append(out, member{"load_balancer", "load_balancer:read", lb.urn(), lb.Name, lb.CreatedAt.Format(timeFormat)})
		}
	}
	for _, d := range c.databasesIn(v) {
		out = append(out, member{"dbaas", "database:read", "do:dbaas:" + d.ID, d.Name, d.CreatedAt.Format(timeFormat)})
	}
	return out
}

func listMembers(c *call, v *vpc) (*reply, error) {
	of := c.query("resource_type")
	members := slices.DeleteFunc(c.membersOf(v), func(m member) bool {
		return of != "" && of != m.ofType || !c.token.has(m.scope)
	})
	return list(c, "members", members, func(m member) any {
		return map[string]any{"urn": m.urn, "name": m.name, "created_at": m.createdAt}
	})
}

package dosim

import (
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// vpcPeeringKind serves the peerings of two private networks.
var vpcPeeringKind = kind{name: "VPCPeering", routes: []route{
	{pattern: "GET /v2/vpc_peerings", scope: "vpc_peering:read", handle: listPeerings},
	{pattern: "POST /v2/vpc_peerings", scope: "vpc_peering:create", handle: createPeering},
	{pattern: "GET /v2/vpc_peerings/{peering}", scope: "vpc_peering:read", handle: onPeering(getPeering)},
	{pattern: "PATCH /v2/vpc_peerings/{peering}", scope: "vpc_peering:update", handle: onPeering(renamePeering)},
	{pattern: "DELETE /v2/vpc_peerings/{peering}", scope: "vpc_peering:delete", handle: onPeering(deletePeering)},
	{pattern: "GET /v2/vpcs/{vpc}/peerings", scope: "vpc_peering:read", handle: onVPC(listPeeringsOf)},
	{pattern: "POST /v2/vpcs/{vpc}/peerings", scope: "vpc_peering:create", handle: onVPC(createPeeringOf)},
	{pattern: "PATCH /v2/vpcs/{vpc}/peerings/{peering}", scope: "vpc_peering:update", handle: onVPC(renamePeeringOf)},
}}

type peering struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	VPCs      []string  `json:"vpc_ids"`
	CreatedAt time.Time `json:"created_at"`
	// SettledAt is when it becomes active or, where it is being deleted, is gone.
	SettledAt time.Time `json:"settled_at"`
	Deleting  bool      `json:"deleting,omitempty"`
}

func (p *peering) key() string { return p.ID }

func (c *call) peeringView(p *peering) any {
	status := "ACTIVE"
	switch {
	case p.Deleting:
		status = "DELETING"
	case p.SettledAt.After(c.now):
		status = "PROVISIONING"
	}
	return map[string]any{"id": p.ID, "name": p.Name, "vpc_ids": p.VPCs, "created_at": p.CreatedAt, "status": status}
}

// peerings are those that are there: what is deleted goes after a while.
func (c *call) peerings(wanted func(*peering) bool) []*peering {
	for _, p := range slices.Clone(c.team.Peerings.rows) {
		if p.Deleting && !p.SettledAt.After(c.now) {
			c.team.Peerings.remove(p.ID)
		}
	}
	return c.team.Peerings.filter(wanted)
}

func (c *call) peeringsOf(v *vpc) []*peering {
	return c.peerings(func(p *peering) bool { return slices.Contains(p.VPCs, v.ID) })
}

// errNoPeering has the words by which doctl knows that a peering is gone.
var errNoPeering = &apiError{status: http.StatusNotFound, id: "not_found", message: "VPC peering not found"}

func onPeering(handle func(c *call, p *peering) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		found := c.peerings(func(p *peering) bool { return p.ID == c.path("peering") })
		if len(found) == 0 {
			return nil, errNoPeering
		}
		return handle(c, found[0])
	}
}

func getPeering(c *call, p *peering) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"vpc_peering": c.peeringView(p)}}, nil
}

func listPeerings(c *call) (*reply, error) {
	region := c.query("region")
	found := c.peerings(func(p *peering) bool {
		return region == "" || slices.ContainsFunc(p.VPCs, func(id string) bool {
			v, ok := c.team.VPCs.get(id)
			return ok && v.Region == region
		})
	})
	return list(c, "vpc_peerings", found, c.peeringView)
}

// The description calls what is below a VPC "peering" and "peerings", and
// DigitalOcean's clients look for "vpc_peering" and "vpc_peerings": both are there.
func listPeeringsOf(c *call, v *vpc) (*reply, error) {
	rep, err := list(c, "vpc_peerings", c.peeringsOf(v), c.peeringView)
	if err != nil {
		return nil, err
	}
	body := rep.body.(map[string]any)
	body["peerings"] = body["vpc_peerings"]
	return rep, nil
}

func (c *call) peeringBelow(status int, p *peering) *reply {
	view := c.peeringView(p)
	return &reply{status, map[string]any{"peering": view, "vpc_peering": view}}
}

type peeringRequest struct {
	Name string   `json:"name"`
	VPCs []string `json:"vpc_ids"`
	VPC  string   `json:"vpc_id"`
}

func createPeering(c *call) (*reply, error) {
	var req peeringRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	p, err := c.addPeering(req)
	if err != nil {
		return nil, err
	}
	return &reply{http.StatusAccepted, map[string]any{"vpc_peering": c.peeringView(p)}}, nil
}

func createPeeringOf(c *call, v *vpc) (*reply, error) {
	var req peeringRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	req.VPCs = []string{v.ID, req.VPC}
	p, err := c.addPeering(req)
	if err != nil {
		return nil, err
	}
	return c.peeringBelow(http.StatusAccepted, p), nil
}

var peeringName = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

// checkPeeringName refuses what self, where it is one, cannot be called.
func (c *call) checkPeeringName(name, self string) error {
	if !peeringName.MatchString(name) {
		return invalid("name may only contain alphanumeric characters and dashes")
	}
	if len(c.peerings(func(p *peering) bool { return p.Name == name && p.ID != self })) > 0 {
		return invalid("a VPC peering with this name already exists")
	}
	return nil
}

func (c *call) addPeering(req peeringRequest) (*peering, error) {
	if err := c.checkPeeringName(req.Name, ""); err != nil {
		return nil, err
	}
	if len(req.VPCs) != 2 || req.VPCs[0] == req.VPCs[1] {
		return nil, invalid("vpc_ids must name two VPCs")
	}
	for _, id := range req.VPCs {
		if _, ok := c.team.VPCs.get(id); !ok {
			return nil, invalid("VPC %q does not exist", id)
		}
	}
	if len(c.peerings(func(p *peering) bool {
		return slices.Contains(p.VPCs, req.VPCs[0]) && slices.Contains(p.VPCs, req.VPCs[1])
	})) > 0 {
		return nil, invalid("a peering of these VPCs already exists")
	}
	return c.team.Peerings.add(&peering{
		ID: uuid.NewString(), Name: req.Name, VPCs: req.VPCs, CreatedAt: stamp(c.now), SettledAt: c.now.Add(c.patience()),
	}), nil
}

func (c *call) rename(p *peering) error {
	var req peeringRequest
	if err := c.decode(&req); err != nil {
		return err
	}
	if err := c.checkPeeringName(req.Name, p.ID); err != nil {
		return err
	}
	p.Name = req.Name
	return nil
}

func renamePeering(c *call, p *peering) (*reply, error) {
	if err := c.rename(p); err != nil {
		return nil, err
	}
	return getPeering(c, p)
}

func renamePeeringOf(c *call, v *vpc) (*reply, error) {
	return onPeering(func(c *call, p *peering) (*reply, error) {
		if !slices.Contains(p.VPCs, v.ID) {
			return nil, errNoPeering
		}
		if err := c.rename(p); err != nil {
			return nil, err
		}
		return c.peeringBelow(http.StatusOK, p), nil
	})(c)
}

func deletePeering(c *call, p *peering) (*reply, error) {
	p.Deleting, p.SettledAt = true, c.now.Add(c.patience())
	return &reply{http.StatusAccepted, map[string]any{"vpc_peering": c.peeringView(p)}}, nil
}

package dosim

import (
	"encoding/binary"
	"net/http"
	"net/netip"
	"slices"
)

// The types of actions as they are shown; a request says assign and unassign.
const (
	ipReserve  = "reserve_ip"
	ipAssign   = "assign_ip"
	ipUnassign = "unassign_ip"
)

func (ip *reservedIP) owns(a *action) bool { return a.IP == ip.IP }

// ipBusy is busy for a reserved address.
func (t *team) ipBusy(ip string) bool {
	return slices.ContainsFunc(t.pending, func(a *action) bool { return a.IP == ip })
}

func (n ipName) pending() error { return invalid("The %s already has a pending event.", n.words) }

// ipNumber is the number that stands for an address in the actions on it.
func ipNumber(ip string) uint32 {
	address := netip.MustParseAddr(ip).As4()
	return binary.BigEndian.Uint32(address[:])
}

func (c *call) beginIPAction(n ipName, ip *reservedIP, ofType string, droplet int) *action {
	return c.begin(&action{Type: ofType, ResourceType: n.one, IP: ip.IP, Droplet: droplet, Region: ip.Region})
}

// reserved records what took no time.
func (c *call) reserved(n ipName, ip *reservedIP) {
	at := stamp(c.now)
	c.team.Actions.add(&action{
		ID: c.state.nextID(), Status: actionCompleted, Type: ipReserve, ResourceType: n.one, IP: ip.IP, Region: ip.Region,
		StartedAt: at, CompletedAt: &at, Due: at,
	})
}

// assignable refuses a droplet that cannot have the address now.
func (c *call) assignable(ip *reservedIP, droplet int) error {
	d, ok := c.droplet(droplet)
	switch {
	case !ok:
		return invalid("You specified an invalid Droplet.")
	case d.Region != ip.Region:
		return invalid("The Droplet is not in the region of the address.")
	case c.team.busy(d.ID):
		return errPendingEvent
	}
	if _, has := c.team.reservedIPOf(d.ID); has {
		return invalid("The Droplet already has a reserved IP.")
	}
	return nil
}

func (n ipName) postAction(c *call, ip *reservedIP) (*reply, error) {
	var req struct {
		Type    string `json:"type"`
		Droplet int    `json:"droplet_id"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if c.team.ipBusy(ip.IP) {
		return nil, n.pending()
	}
	ofType := ipAssign
	switch req.Type {
	case "assign":
		if err := c.assignable(ip, req.Droplet); err != nil {
			return nil, err
		}
	case "unassign":
		ofType, req.Droplet = ipUnassign, ip.DropletID
		switch {
		case ip.DropletID == 0:
			return nil, invalid("The %s is not assigned to a Droplet.", n.words)
		case c.team.busy(ip.DropletID):
			return nil, errPendingEvent
		}
	default:
		return nil, invalidAction(req.Type)
	}
	a := c.beginIPAction(n, ip, ofType, req.Droplet)
	return &reply{http.StatusCreated, map[string]any{"action": c.ipActionView(ip, a)}}, nil
}

// ipActionView says too in which project the address is.
func (c *call) ipActionView(ip *reservedIP, a *action) any {
	view := a.view().(map[string]any)
	view["project_id"] = c.projectOf(ip.urn())
	return view
}

func getReservedIPAction(c *call, ip *reservedIP) (*reply, error) {
	a, ok := c.team.Actions.get(atoi(c.path("action"), 0))
	if !ok || !ip.owns(a) {
		return nil, notFound()
	}
	return &reply{http.StatusOK, map[string]any{"action": c.ipActionView(ip, a)}}, nil
}

func finishReservedIPAction(_ *Server, t *team, a *action) bool {
	ip, ok := t.ReservedIPs.get(a.IP)
	if !ok {
		return false
	}
	if a.Type == ipUnassign {
		ip.DropletID = 0
		return true
	}
	d, ok := t.Droplets.get(a.Droplet)
	if !ok || d.DeletedAt != nil {
		return false
	}
	ip.DropletID = d.ID
	t.followDroplet(ip)
	return true
}

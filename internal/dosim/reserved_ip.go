package dosim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reservedIPKind serves reserved IPv4 addresses, under that name and under their former
// one. Their actions are in reserved_ip_action.go.
var reservedIPKind = kind{
	name:   "ReservedIP",
	routes: slices.Concat(asReservedIP.routes(), asFloatingIP.routes()),
	seed: func(s *Server, t *team, _ int) {
		t.ReservedIPs.add(&reservedIP{IP: publicAddress(s.state.nextID()), Region: "nyc3", CreatedAt: stamp(s.now())})
	},
}

// ipName is one of the two names under which DigitalOcean serves the same addresses.
type ipName struct{ one, many, words string }

var (
	asReservedIP = ipName{"reserved_ip", "reserved_ips", "reserved IP"}
	asFloatingIP = ipName{"floating_ip", "floating_ips", "floating IP"}
)

func (n ipName) routes() []route {
	all, one := "/v2/"+n.many, "/v2/"+n.many+"/{ip}"
	return []route{
		{pattern: "GET " + all, scope: "reserved_ip:read", handle: func(c *call) (*reply, error) {
			return list(c, n.many, c.team.ReservedIPs.rows, c.reservedIPView)
		}},
		{pattern: "POST " + all, scope: "reserved_ip:create", handle: n.create},
		{pattern: "GET " + one, scope: "reserved_ip:read", handle: onReservedIP(func(c *call, ip *reservedIP) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{n.one: c.reservedIPView(ip)}}, nil
		})},
		{pattern: "DELETE " + one, scope: "reserved_ip:delete", handle: onReservedIP(n.remove)},
		{pattern: "GET " + one + "/actions", scope: "reserved_ip:read", handle: onReservedIP(func(c *call, ip *reservedIP) (*reply, error) {
			return c.listActions(ip.owns)
		})},
		{pattern: "POST " + one + "/actions", scope: "reserved_ip:update", handle: onReservedIP(n.postAction)},
		{pattern: "GET " + one + "/actions/{action}", scope: "reserved_ip:read", handle: onReservedIP(getReservedIPAction)},
	}
}

type reservedIP struct {
	IP     string `json:"ip"`
	Region string `json:"region"`
	// DropletID is 0 where it is assigned to none.
	DropletID int       `json:"droplet_id,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

func (ip *reservedIP) key() string { return ip.IP }

func (ip *reservedIP) dropletURN() string { return "do:droplet:" + strconv.Itoa(ip.DropletID) }

// urn has the former name, as projects show it.
func (ip *reservedIP) urn() string { return "do:floatingip:" + ip.IP }

func onReservedIP(handle func(c *call, ip *reservedIP) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		ip, ok := c.team.ReservedIPs.get(c.path("ip"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, ip)
	}
}

func (c *call) reservedIPView(ip *reservedIP) any {
	view := map[string]any{"ip": ip.IP, "region": regionJSON[ip.Region], "locked": c.team.ipBusy(ip.IP)}
	if c.token.has("droplet:read") {
		view["droplet"] = nil
		if d, ok := c.droplet(ip.DropletID); ok {
			view["droplet"] = c.dropletView(d)
		}
	}
	if c.token.has("project:read") {
		view["project_id"] = c.projectOf(ip.urn())
	}
	return view
}

// reservedIPOf is a droplet's; it has at most one.
func (t *team) reservedIPOf(droplet int) (*reservedIP, bool) {
	return t.ReservedIPs.find(func(ip *reservedIP) bool { return droplet != 0 && ip.DropletID == droplet })
}

// create reserves an address for a droplet, or for a region.
func (n ipName) create(c *call) (*reply, error) {
	var req struct {
		Region  string `json:"region"`
		Droplet int    `json:"droplet_id"`
		Project string `json:"project_id"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if d, ok := c.droplet(req.Droplet); ok && req.Region == "" {
		req.Region = d.Region
	}
	r, ok := findRegion(req.Region)
	c.team.defaultProject()
	_, known := c.team.Projects.get(req.Project)
	switch {
	case req.Region == "" && req.Droplet == 0:
		return nil, invalid("You must specify a region or a Droplet.")
	case !ok && req.Droplet == 0:
		return nil, invalid("region is invalid")
	case req.Project != "" && !known:
		return nil, invalid("project_id is invalid: there is no such project")
	}
	ip := &reservedIP{Region: r.Slug, CreatedAt: stamp(c.now)}
	if req.Droplet != 0 {
		if err := c.assignable(ip, req.Droplet); err != nil {
			return nil, err
		}
	}
	ip.IP = publicAddress(c.state.nextID())
	c.team.ReservedIPs.add(ip)
	if req.Project != "" {
		c.assign(ip.urn(), assignment{req.Project, stamp(c.now)})
	}
	links := map[string]any{}
	if req.Droplet == 0 {
		c.reserved(n, ip)
	} else {
		a := c.beginIPAction(n, ip, ipAssign, req.Droplet)
		links["droplets"] = []any{c.actionLink(req.Droplet, "droplet", "/v2/droplets/%d")}
		links["actions"] = []any{c.actionLink(a.ID, a.Type, "/v2/actions/%d")}
	}
	return &reply{http.StatusAccepted, map[string]any{n.one: c.reservedIPView(ip), "links": links}}, nil
}

func (c *call) actionLink(id int, rel, path string) any {
	return map[string]any{"id": id, "rel": rel, "href": "http://" + c.r.Host + fmt.Sprintf(path, id)}
}

// remove takes an assigned address away from its droplet too.
func (n ipName) remove(c *call, ip *reservedIP) (*reply, error) {
	if c.team.ipBusy(ip.IP) {
		return nil, n.pending()
	}
	c.team.ReservedIPs.remove(ip.IP)
	return &reply{http.StatusNoContent, nil}, nil
}

// releaseIPs takes the reserved address away from a droplet that is gone.
func (t *team) releaseIPs(droplet int) {
	if ip, ok := t.reservedIPOf(droplet); ok {
		ip.DropletID = 0
	}
}

// reservedNetworks are a droplet's reserved address, which comes among the public ones after its own.
func (t *team) reservedNetworks(d *droplet) []networkV4 {
	ip, ok := t.reservedIPOf(d.ID)
	if !ok {
		return nil
	}
	return []networkV4{{ip.IP, "240.0.0.0", "240.0.0.1", "public"}}
}

// movable refuses to part an assigned address from its droplet, unless both are moved.
func (c *call) movable(urn string, moved []string) error {
	ip, ok := c.team.ReservedIPs.get(strings.TrimPrefix(urn, "do:floatingip:"))
	if ok && ip.DropletID != 0 && !slices.Contains(moved, ip.dropletURN()) {
		return preconditionFailed("Cannot move a Reserved IP with an associated Droplet. Move the Droplet instead")
	}
	return nil
}

// followDroplets is followDroplet for all addresses.
func (t *team) followDroplets() {
	for _, ip := range t.ReservedIPs.rows {
		if ip.DropletID != 0 {
			t.followDroplet(ip)
		}
	}
}

// followDroplet puts an assigned address into the project of its droplet: the two are
// never apart.
func (t *team) followDroplet(ip *reservedIP) {
	if to, ok := t.Assigned[ip.dropletURN()]; ok {
		t.Assigned[ip.urn()] = to
		return
	}
	delete(t.Assigned, ip.urn())
}

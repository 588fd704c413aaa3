package dosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// loadBalancerKind serves load balancers: regional ones, network ones and global ones.
// What a request may say is in load_balancer_spec.go and load_balancer_rule.go, changes
// of a part are in load_balancer_edit.go.
var loadBalancerKind = kind{
	name: "LoadBalancer",
	routes: []route{
		{pattern: "GET /v2/load_balancers", scope: "load_balancer:read", handle: listLoadBalancers},
		{pattern: "POST /v2/load_balancers", scope: "load_balancer:create", handle: createLoadBalancer},
		{pattern: "GET /v2/load_balancers/{lb}", scope: "load_balancer:read", handle: onLoadBalancer(func(c *call, lb *loadBalancer) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"load_balancer": c.loadBalancerView(lb)}}, nil
		})},
		{pattern: "PUT /v2/load_balancers/{lb}", scope: "load_balancer:update", handle: onLoadBalancer(updateLoadBalancer)},
		{pattern: "DELETE /v2/load_balancers/{lb}", scope: "load_balancer:delete", handle: onLoadBalancer(deleteLoadBalancer)},
		{pattern: "DELETE /v2/load_balancers/{lb}/cache", scope: "load_balancer:delete", handle: onLoadBalancer(purgeCache)},
		{pattern: "POST /v2/load_balancers/{lb}/droplets", scope: "load_balancer:update", handle: onLoadBalancer(editLoadBalancer(addBackends))},
		{pattern: "DELETE /v2/load_balancers/{lb}/droplets", scope: "load_balancer:update", handle: onLoadBalancer(editLoadBalancer(removeBackends))},
		{pattern: "POST /v2/load_balancers/{lb}/forwarding_rules", scope: "load_balancer:update", handle: onLoadBalancer(editLoadBalancer(addForwardingRules))},
		{pattern: "DELETE /v2/load_balancers/{lb}/forwarding_rules", scope: "load_balancer:update", handle: onLoadBalancer(editLoadBalancer(removeForwardingRules))},
	},
	seed: seedLoadBalancer,
}

const (
	lbRegional = "REGIONAL"
	lbNetwork  = "REGIONAL_NETWORK"
	lbGlobal   = "GLOBAL"

	lbExternal  = "EXTERNAL"
	lbInternal  = "INTERNAL"
	lbIPv4      = "IPV4"
	lbDualStack = "DUALSTACK"
)

// loadBalancerPlace is what stays as it was created.
type loadBalancerPlace struct {
	Region       string `json:"region,omitempty"`
	VPC          string `json:"vpc_uuid,omitempty"`
	Network      string `json:"network"`
	NetworkStack string `json:"network_stack"`
	Type         string `json:"type"`
}

type loadBalancer struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	loadBalancerPlace
	loadBalancerSpec
	// Number makes the public addresses; Private is the address of an internal one.
	Number  int    `json:"number"`
	Private string `json:"private_ip,omitempty"`
	// New is set until its creation has ended, which is at SettledAt; that is
	// when its latest change has ended too. Fails is how a creation ends.
	New       bool      `json:"new,omitempty"`
	SettledAt time.Time `json:"settled_at"`
	Fails     bool      `json:"fails,omitempty"`
}

func (lb *loadBalancer) key() string { return lb.ID }

func (lb *loadBalancer) urn() string { return "do:loadbalancer:" + lb.ID }

func (lb *loadBalancer) status(now time.Time) string {
	switch {
	case lb.New && lb.SettledAt.After(now):
		return "new"
	case lb.Fails:
		return "errored"
	}
	return "active"
}

// addresses are the public ones, or the private one; there are none while it is new.
func (lb *loadBalancer) addresses(now time.Time) (v4, v6 string) {
	if lb.status(now) == "new" {
		return "", ""
	}
	if lb.NetworkStack == lbDualStack {
		v6 = fmt.Sprintf("2001:db8:0:2::%x:%x", lb.Number>>16&0xffff, lb.Number&0xffff)
	}
	if lb.Network == lbInternal {
		return lb.Private, v6
	}
	return publicAddress(lb.Number), v6
}

// publicAddress is of a range that nobody uses: it leads nowhere.
func publicAddress(number int) string { return offset("240.0.0.0", number%(1<<28)) }

func onLoadBalancer(handle func(c *call, lb *loadBalancer) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		lb, ok := c.team.LoadBalancers.get(c.path("lb"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, lb)
	}
}

// loadBalancerView is a load balancer as DigitalOcean shows it: a global one has no
// region and no network.
func (c *call) loadBalancerView(lb *loadBalancer) any {
	v4, v6 := lb.addresses(c.now)
	return struct {
		ID        string          `json:"id"`
		Region    json.RawMessage `json:"region,omitempty"`
		Status    string          `json:"status"`
		IP        string          `json:"ip"`
		IPv6      string          `json:"ipv6,omitempty"`
		CreatedAt time.Time       `json:"created_at"`
		Project   string          `json:"project_id"`
		Droplets  []int           `json:"droplet_ids"`
		loadBalancerPlace
		loadBalancerSpec
	}{
		lb.ID, regionJSON[lb.Region], lb.status(c.now), v4, v6, lb.CreatedAt, c.projectOf(lb.urn()),
		c.team.backends(lb), lb.loadBalancerPlace, lb.loadBalancerSpec,
	}
}

// backends are the droplets behind a load balancer. Where it goes by a tag those are the
// droplets of its region that carry the tag now.
func (t *team) backends(lb *loadBalancer) []int {
	if lb.Tag == "" {
		return lb.DropletIDs
	}
	out := []int{}
	for _, d := range t.Droplets.rows {
		if d.DeletedAt == nil && d.Region == lb.Region && hasTag(d.Tags, lb.Tag) {
			out = append(out, d.ID)
		}
	}
	return out
}

// listLoadBalancers knows the two filters that godo has.
func listLoadBalancers(c *call) (*reply, error) {
	names, ids := c.r.URL.Query()["names"], c.r.URL.Query()["uuids"]
	found := c.team.LoadBalancers.filter(func(lb *loadBalancer) bool {
		return (len(names) == 0 || slices.Contains(names, lb.Name)) && (len(ids) == 0 || slices.Contains(ids, lb.ID))
	})
	return list(c, "load_balancers", found, c.loadBalancerView)
}

func createLoadBalancer(c *call) (*reply, error) {
	var req loadBalancerRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := c.completeLoadBalancer(&req, nil); err != nil {
		return nil, err
	}
	lb := &loadBalancer{
		ID: uuid.NewString(), CreatedAt: stamp(c.now), loadBalancerPlace: req.loadBalancerPlace, Number: c.state.nextID(),
		New: true, SettledAt: c.now.Add(c.patience()), Fails: c.fault != nil && c.fault.FailAction,
	}
	if lb.Type != lbGlobal {
		v, ok := c.team.VPCs.get(lb.VPC)
		if !ok {
			v = c.defaultVPC(lb.Region)
		}
		lb.VPC = v.ID
		if lb.Network == lbInternal {
			lb.Private = v.nextAddress()
		}
	}
	c.team.LoadBalancers.add(lb)
	c.applySpec(lb, &req)
	return &reply{http.StatusAccepted, map[string]any{"load_balancer": c.loadBalancerView(lb)}}, nil
}

// updateLoadBalancer replaces what a request can say: what the body leaves out is reset.
func updateLoadBalancer(c *call, lb *loadBalancer) (*reply, error) {
	var req loadBalancerRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := lb.settled(c.now); err != nil {
		return nil, err
	}
	if err := c.completeLoadBalancer(&req, lb); err != nil {
		return nil, err
	}
	c.applySpec(lb, &req)
	c.beginBalancerChange(lb)
	return &reply{http.StatusOK, map[string]any{"load_balancer": c.loadBalancerView(lb)}}, nil
}

// applySpec makes a load balancer what a complete request says.
func (c *call) applySpec(lb *loadBalancer, req *loadBalancerRequest) {
	if req.Tag != "" {
		req.Tag = c.ensureTags([]string{req.Tag})[0]
	}
	lb.loadBalancerSpec = req.loadBalancerSpec
	if req.Project != "" && req.Project != c.projectOf(lb.urn()) {
		c.assign(lb.urn(), assignment{req.Project, stamp(c.now)})
	}
}

// settled refuses a change of a load balancer that is still busy with the one before.
func (lb *loadBalancer) settled(now time.Time) error {
	if lb.SettledAt.After(now) {
		return forbidden("Load Balancer can't be updated while it processes previous actions")
	}
	return nil
}

func (c *call) beginBalancerChange(lb *loadBalancer) {
	lb.New, lb.SettledAt = false, c.now.Add(c.patience())
}

// deleteLoadBalancer takes it out of the rules of firewalls, and of the global load
// balancers in front of it.
func deleteLoadBalancer(c *call, lb *loadBalancer) (*reply, error) {
	for _, f := range c.team.Firewalls.rows {
		f.forget(func(with *targets) { with.LoadBalancers = without(with.LoadBalancers, lb.ID) })
	}
	for _, front := range c.team.LoadBalancers.rows {
		front.Targets = without(front.Targets, lb.ID)
	}
	if v, ok := c.team.VPCs.get(lb.VPC); ok && lb.Private != "" {
		v.release(lb.Private)
	}
	c.team.LoadBalancers.remove(lb.ID)
	return &reply{http.StatusNoContent, nil}, nil
}

// purgeCache has no visible effect: nothing is cached here.
func purgeCache(_ *call, lb *loadBalancer) (*reply, error) {
	if lb.Type != lbGlobal {
		return nil, invalid("only a global load balancer has a cache")
	}
	return &reply{http.StatusNoContent, nil}, nil
}

// forgetBackend takes a droplet that is gone out of all load balancers.
func (t *team) forgetBackend(droplet int) {
	for _, lb := range t.LoadBalancers.rows {
		lb.DropletIDs = without(lb.DropletIDs, droplet)
	}
}

func seedLoadBalancer(s *Server, t *team, n int) {
	req := loadBalancerRequest{
		loadBalancerPlace: loadBalancerPlace{Region: "nyc3", VPC: t.defaultVPC(s.now(), "nyc3").ID, Network: lbExternal, NetworkStack: lbIPv4, Type: lbRegional},
		loadBalancerSpec: loadBalancerSpec{
			Name:  fmt.Sprintf("seed-%d", n),
			Rules: []forwardingRule{{EntryProtocol: "http", EntryPort: 80, TargetProtocol: "http", TargetPort: 80}},
		},
	}
	req.setDefaults(&req.loadBalancerPlace)
	t.LoadBalancers.add(&loadBalancer{
		ID: uuid.NewString(), CreatedAt: stamp(s.now()), Number: s.state.nextID(),
		loadBalancerPlace: req.loadBalancerPlace, loadBalancerSpec: req.loadBalancerSpec,
	})
}

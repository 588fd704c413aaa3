package dosim

import (
	"fmt"
	"net/http"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// firewallKind serves cloud firewalls.
var firewallKind = kind{
	name: "Firewall",
	routes: []route{
		{pattern: "GET /v2/firewalls", scope: "firewall:read", handle: func(c *call) (*reply, error) {
			return list(c, "firewalls", c.team.Firewalls.rows, c.firewallView)
		}},
		{pattern: "POST /v2/firewalls", scope: "firewall:create", handle: createFirewall},
		{pattern: "GET /v2/firewalls/{firewall}", scope: "firewall:read", handle: onFirewall(func(c *call, f *firewall) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"firewall": c.firewallView(f)}}, nil
		})},
		{pattern: "PUT /v2/firewalls/{firewall}", scope: "firewall:update", handle: onFirewall(updateFirewall)},
		{pattern: "DELETE /v2/firewalls/{firewall}", scope: "firewall:delete", handle: onFirewall(deleteFirewall)},
		{pattern: "POST /v2/firewalls/{firewall}/droplets", scope: "firewall:update", handle: onFirewall(editFirewall(addFirewallDroplets))},
		{pattern: "DELETE /v2/firewalls/{firewall}/droplets", scope: "firewall:update", handle: onFirewall(editFirewall(removeFirewallDroplets))},
		{pattern: "POST /v2/firewalls/{firewall}/tags", scope: "firewall:update", handle: onFirewall(editFirewall(addFirewallTags))},
		{pattern: "DELETE /v2/firewalls/{firewall}/tags", scope: "firewall:update", handle: onFirewall(editFirewall(removeFirewallTags))},
		{pattern: "POST /v2/firewalls/{firewall}/rules", scope: "firewall:update", handle: onFirewall(editFirewall(addFirewallRules))},
		{pattern: "DELETE /v2/firewalls/{firewall}/rules", scope: "firewall:update", handle: onFirewall(editFirewall(removeFirewallRules))},
	},
	seed: func(s *Server, t *team, n int) {
		t.Firewalls.add(&firewall{
			ID: uuid.NewString(), CreatedAt: stamp(s.now()), firewallSpec: firewallSpec{
				Name: fmt.Sprintf("seed-%d", n), DropletIDs: []int{}, Tags: []string{},
				Inbound:  []rule{{Protocol: "tcp", Ports: "22", Sources: &targets{Addresses: []string{"0.0.0.0/0", "::/0"}}}},
				Outbound: []rule{},
			},
		})
	},
}

// firewallSpec is what a PUT replaces.
type firewallSpec struct {
	Name       string   `json:"name"`
	Inbound    []rule   `json:"inbound_rules"`
	Outbound   []rule   `json:"outbound_rules"`
	DropletIDs []int    `json:"droplet_ids"`
	Tags       []string `json:"tags"`
}

type firewall struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	firewallSpec
	// SettledAt is when the change to its droplets has reached them.
	SettledAt time.Time `json:"settled_at"`
}

func (f *firewall) key() string { return f.ID }

// rule is inbound, with sources, or outbound, with destinations.
type rule struct {
	Protocol     string   `json:"protocol"`
	Ports        string   `json:"ports"`
	Action       string   `json:"action,omitempty"`
	Sources      *targets `json:"sources,omitempty"`
	Destinations *targets `json:"destinations,omitempty"`
}

type targets struct {
	Addresses     []string `json:"addresses,omitempty"`
	DropletIDs    []int    `json:"droplet_ids,omitempty"`
	LoadBalancers []string `json:"load_balancer_uids,omitempty"`
	Clusters      []string `json:"kubernetes_ids,omitempty"`
	Tags          []string `json:"tags,omitempty"`
}

func onFirewall(handle func(c *call, f *firewall) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		f, ok := c.team.Firewalls.get(c.path("firewall"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, f)
	}
}

type pendingChange struct {
	DropletID int    `json:"droplet_id"`
	Removing  bool   `json:"removing"`
	Status    string `json:"status"`
}

func (c *call) firewallView(f *firewall) any {
	status, pending := "succeeded", []pendingChange{}
	if f.SettledAt.After(c.now) {
		status = "waiting"
		for _, id := range f.DropletIDs {
			pending = append(pending, pendingChange{DropletID: id, Status: "waiting"})
		}
	}
	view := map[string]any{
		"id": f.ID, "name": f.Name, "status": status, "pending_changes": pending,
		"created_at": f.CreatedAt, "droplet_ids": f.DropletIDs,
		"inbound_rules": f.Inbound, "outbound_rules": f.Outbound,
	}
	if c.token.has("tag:read") {
		view["tags"] = f.Tags
	}
	return view
}

func createFirewall(c *call) (*reply, error) {
	spec, err := c.decodeFirewall("")
	if err != nil {
		return nil, err
	}
	f := c.team.Firewalls.add(&firewall{ID: uuid.NewString(), CreatedAt: stamp(c.now), firewallSpec: *spec})
	c.applyFirewall(f)
	return &reply{http.StatusAccepted, map[string]any{"firewall": c.firewallView(f)}}, nil
}

// updateFirewall replaces everything: what the body leaves out is reset.
func updateFirewall(c *call, f *firewall) (*reply, error) {
	spec, err := c.decodeFirewall(f.ID)
	if err != nil {
		return nil, err
	}
	f.firewallSpec = *spec
	c.applyFirewall(f)
	return &reply{http.StatusOK, map[string]any{"firewall": c.firewallView(f)}}, nil
}

func deleteFirewall(c *call, f *firewall) (*reply, error) {
	c.team.Firewalls.remove(f.ID)
	return &reply{http.StatusNoContent, nil}, nil
}

// applyFirewall starts to bring a change to the droplets.
func (c *call) applyFirewall(f *firewall) {
	if len(f.DropletIDs) > 0 {
		f.SettledAt = c.now.Add(c.settings.ActionDuration.Std())
	}
}

var firewallName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9.-]+$`)

// decodeFirewall reads and checks a whole firewall; self is the one that is
// replaced.
func (c *call) decodeFirewall(self string) (*firewallSpec, error) {
	var spec firewallSpec
	if err := c.decode(&spec); err != nil {
		return nil, err
	}
	if !firewallName.MatchString(spec.Name) {
		return nil, invalid("name is invalid: only alphanumeric characters, dashes and periods are allowed")
	}
	_, taken := c.team.Firewalls.find(func(f *firewall) bool { return f.Name == spec.Name && f.ID != self })
	if taken {
		return nil, conflict("duplicate name")
	}
	if len(spec.Inbound)+len(spec.Outbound) == 0 {
		return nil, invalid("must specify at least one rule for this firewall")
	}
	if err := c.completeSpec(&spec); err != nil {
		return nil, err
	}
	return &spec, nil
}

// completeSpec checks references and rules, and normalises as DigitalOcean does.
func (c *call) completeSpec(spec *firewallSpec) error {
	for _, id := range spec.DropletIDs {
		if _, ok := c.droplet(id); !ok {
			return invalid("droplet %d does not exist", id)
		}
	}
	var err error
	if spec.Tags, err = c.existingTags(spec.Tags); err != nil {
		return err
	}
	for i := range spec.Inbound {
		if err := c.completeRule(&spec.Inbound[i], spec.Inbound[i].Sources, "sources"); err != nil {
			return err
		}
	}
	for i := range spec.Outbound {
		if err := c.completeRule(&spec.Outbound[i], spec.Outbound[i].Destinations, "destinations"); err != nil {
			return err
		}
	}
	spec.DropletIDs = append([]int{}, spec.DropletIDs...)
	spec.Inbound, spec.Outbound = append([]rule{}, spec.Inbound...), append([]rule{}, spec.Outbound...)
	return nil
}

// existingTags refuses unknown tags: a firewall does not create them.
func (c *call) existingTags(names []string) ([]string, error) {
	out := []string{}
	for _, name := range names {
		t, ok := c.team.Tags.get(strings.ToLower(name))
		if !ok {
			return nil, invalid("tag %q does not exist", name)
		}
		if !hasTag(out, t.Name) {
			out = append(out, t.Name)
		}
	}
	return out, nil
}

func (c *call) completeRule(r *rule, with *targets, field string) error {
	if with == nil || reflect.ValueOf(*with).IsZero() {
		return invalid("must specify at least one of the %s", field)
	}
	for _, address := range with.Addresses {
		if _, err := netip.ParsePrefix(address); err != nil {
			if _, err := netip.ParseAddr(address); err != nil {
				return invalid("%q is not a valid address", address)
			}
		}
	}
	var err error
	if with.Tags, err = c.existingTags(with.Tags); err != nil {
		return err
	}
	r.Ports, err = normalPorts(r.Protocol, r.Ports)
	return err
}

var errPorts = invalid("You must specify a positive value for ports.")

// normalPorts answers as DigitalOcean does: all ports of tcp and udp are "0",
// and so are the ports that icmp does not have. It refuses that very "0", and
// any ports of icmp, in a request: a GET cannot be PUT back as it is.
func normalPorts(protocol, ports string) (string, error) {
	switch protocol {
	case "icmp":
		if ports != "" {
			return "", errPorts
		}
		return "0", nil
	case "tcp", "udp":
	default:
		return "", invalid("protocol must be one of tcp, udp, icmp")
	}
	if ports == "all" {
		return "0", nil
	}
	from, to, isRange := strings.Cut(ports, "-")
	if !isRange {
		to = from
	}
	first, err1 := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	if err1 != nil || err2 != nil || first < 1 || last > 65535 || first > last {
		return "", errPorts
	}
	return ports, nil
}

// firewallEdit changes a firewall by the part of a spec that the body holds.
type firewallEdit func(c *call, f *firewall, part *firewallSpec) error

func editFirewall(edit firewallEdit) func(c *call, f *firewall) (*reply, error) {
	return func(c *call, f *firewall) (*reply, error) {
		var part firewallSpec
		if err := c.decode(&part); err != nil {
			return nil, err
		}
		if err := c.completeSpec(&part); err != nil {
			return nil, err
		}
		if err := edit(c, f, &part); err != nil {
			return nil, err
		}
		c.applyFirewall(f)
		return &reply{http.StatusNoContent, nil}, nil
	}
}

func addFirewallDroplets(_ *call, f *firewall, part *firewallSpec) error {
	if len(part.DropletIDs) == 0 {
		return invalid("droplet_ids is required")
	}
	for _, id := range part.DropletIDs {
		if !slices.Contains(f.DropletIDs, id) {
			f.DropletIDs = append(f.DropletIDs, id)
		}
	}
	return nil
}

func removeFirewallDroplets(_ *call, f *firewall, part *firewallSpec) error {
	for _, id := range part.DropletIDs {
		f.DropletIDs = without(f.DropletIDs, id)
	}
	return nil
}

func addFirewallTags(_ *call, f *firewall, part *firewallSpec) error {
	for _, name := range part.Tags {
		if !hasTag(f.Tags, name) {
			f.Tags = append(f.Tags, name)
		}
	}
	return nil
}

func removeFirewallTags(_ *call, f *firewall, part *firewallSpec) error {
	for _, name := range part.Tags {
		f.Tags = withoutTag(f.Tags, name)
	}
	return nil
}

func addFirewallRules(_ *call, f *firewall, part *firewallSpec) error {
	if len(part.Inbound)+len(part.Outbound) == 0 {
		return invalid("must specify at least one rule")
	}
	f.Inbound, f.Outbound = append(f.Inbound, part.Inbound...), append(f.Outbound, part.Outbound...)
	return nil
}

func removeFirewallRules(_ *call, f *firewall, part *firewallSpec) error {
	inbound, outbound := removeRules(f.Inbound, part.Inbound), removeRules(f.Outbound, part.Outbound)
	if len(inbound)+len(outbound) == 0 {
		return invalid("a firewall must have at least one rule")
	}
	f.Inbound, f.Outbound = inbound, outbound
	return nil
}

func removeRules(from, gone []rule) []rule {
	return slices.DeleteFunc(slices.Clone(from), func(r rule) bool {
		return slices.ContainsFunc(gone, func(g rule) bool { return reflect.DeepEqual(r, g) })
	})
}

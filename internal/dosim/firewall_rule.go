package dosim

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rule is inbound, with sources, or outbound, with destinations.
type rule struct {
	Protocol     string   `json:"protocol"`
	Ports        string   `json:"ports"`
	Action       string   `json:"action,omitempty"`
	Sources      *targets `json:"sources,omitempty"`
	Destinations *targets `json:"destinations,omitempty"`
}

// with is who the rule is about.
func (r *rule) with() *targets {
	if r.Sources != nil {
		return r.Sources
	}
	return r.Destinations
}

type targets struct {
	Addresses     []string `json:"addresses,omitempty"`
	DropletIDs    []int    `json:"droplet_ids,omitempty"`
	LoadBalancers []string `json:"load_balancer_uids,omitempty"`
	Clusters      []string `json:"kubernetes_ids,omitempty"`
	Tags          []string `json:"tags,omitempty"`
}

func (t *targets) empty() bool {
	return len(t.Addresses)+len(t.DropletIDs)+len(t.LoadBalancers)+len(t.Clusters)+len(t.Tags) == 0
}

// completeSpec checks references and rules, and normalises as DigitalOcean does.
func (c *call) completeSpec(spec *firewallSpec) error {
	var err error
	if spec.DropletIDs, err = c.existingDroplets(spec.DropletIDs); err != nil {
		return err
	}
	if spec.Tags, err = c.existingTags(spec.Tags); err != nil {
		return err
	}
	for i := range spec.Inbound {
		r := &spec.Inbound[i]
		r.Destinations = nil
		if err := c.completeRule(r, "sources"); err != nil {
			return err
		}
	}
	for i := range spec.Outbound {
		r := &spec.Outbound[i]
		r.Sources = nil
		if err := c.completeRule(r, "destinations"); err != nil {
			return err
		}
	}
	spec.Inbound, spec.Outbound = append([]rule{}, spec.Inbound...), append([]rule{}, spec.Outbound...)
	return nil
}

// existingTags refuses unknown tags: a firewall does not create them. It
// returns each once, as first spelled.
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

// existingDroplets is existingTags for droplets.
func (c *call) existingDroplets(ids []int) ([]int, error) {
	out := []int{}
	for _, id := range ids {
		if _, ok := c.droplet(id); !ok {
			return nil, invalid("droplet %d does not exist", id)
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

func (c *call) completeRule(r *rule, field string) error {
	with := r.with()
	if with == nil || with.empty() {
		return invalid("must specify at least one of the %s", field)
	}
	for _, address := range with.Addresses {
		if _, err := netip.ParsePrefix(address); err != nil {
			if _, err := netip.ParseAddr(address); err != nil {
				return invalid("%q is not a valid address", address)
			}
		}
	}
	if !slices.Contains([]string{"", "allow", "deny"}, r.Action) {
		return invalid("action must be one of allow, deny")
	}
	var err error
	if with.DropletIDs, err = c.existingDroplets(with.DropletIDs); err != nil {
		return err
	}
	if with.Tags, err = c.existingTags(with.Tags); err != nil {
		return err
	}
	r.Ports, err = normalPorts(r.Protocol, r.Ports)
	return err
}

var (
	errPorts  = invalid("You must specify a positive value for ports.")
	portRange = regexp.MustCompile(`^([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?$`)
)

// normalPorts answers as DigitalOcean does: all ports of tcp and udp are "0",
// and so are those of an icmp rule that names none. It refuses that very "0", and
// for icmp "all", in a request: a GET cannot be PUT back as it is. A range is kept as
// it came, of icmp too, which has no ports.
func normalPorts(protocol, ports string) (string, error) {
	switch protocol {
	case "icmp":
		if ports == "" {
			return "0", nil
		}
	case "tcp", "udp":
		if ports == "all" {
			return "0", nil
		}
	default:
		return "", invalid("protocol must be one of tcp, udp, icmp")
	}
	ends := portRange.FindStringSubmatch(ports)
	if ends == nil {
		return "", errPorts
	}
	first, _ := strconv.Atoi(ends[1])
	if last := atoi(ends[2], first); last > 65535 || first > last {
		return "", errPorts
	}
	return ports, nil
}

// forgetDroplet takes a droplet that is gone out of all firewalls.
func (t *team) forgetDroplet(id int) {
	for _, f := range t.Firewalls.rows {
		f.DropletIDs = without(f.DropletIDs, id)
		f.Pending = slices.DeleteFunc(f.Pending, func(p pendingChange) bool { return p.DropletID == id })
		f.forget(func(with *targets) { with.DropletIDs = without(with.DropletIDs, id) })
	}
}

// forgetTag is forgetDroplet for a tag.
func (t *team) forgetTag(name string) {
	for _, f := range t.Firewalls.rows {
		f.Tags = withoutTag(f.Tags, name)
		f.forget(func(with *targets) { with.Tags = withoutTag(with.Tags, name) })
	}
	for _, lb := range t.LoadBalancers.rows {
		if strings.EqualFold(lb.Tag, name) {
			lb.Tag = ""
		}
	}
}

// forget takes something out of the rules, and the rules out of which all is
// taken: they are about nobody, and no request could say them again.
func (s *firewallSpec) forget(take func(with *targets)) {
	gone := func(r rule) bool {
		take(r.with())
		return r.with().empty()
	}
	s.Inbound, s.Outbound = slices.DeleteFunc(s.Inbound, gone), slices.DeleteFunc(s.Outbound, gone)
}

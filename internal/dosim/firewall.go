package dosim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
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
		{pattern: "POST /v2/firewalls/{firewall}/droplets", scope: "firewall:update", handle: onFirewall(editFirewall(ofDroplets, addDroplets))},
		{pattern: "DELETE /v2/firewalls/{firewall}/droplets", scope: "firewall:update", handle: onFirewall(editFirewall(ofDroplets, removeDroplets))},
		{pattern: "POST /v2/firewalls/{firewall}/tags", scope: "firewall:update", handle: onFirewall(editFirewall(ofTags, addTags))},
		{pattern: "DELETE /v2/firewalls/{firewall}/tags", scope: "firewall:update", handle: onFirewall(editFirewall(ofTags, removeTags))},
		{pattern: "POST /v2/firewalls/{firewall}/rules", scope: "firewall:update", handle: onFirewall(editFirewall(ofRules, addRules))},
		{pattern: "DELETE /v2/firewalls/{firewall}/rules", scope: "firewall:update", handle: onFirewall(editFirewall(ofRules, removeRules))},
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
	// Pending is what its latest change means to droplets, until SettledAt.
	Pending   []pendingChange `json:"pending,omitempty"`
	SettledAt time.Time       `json:"settled_at"`
}

func (f *firewall) key() string { return f.ID }

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

// pending are the changes that have not reached their droplets yet.
func (f *firewall) pending(now time.Time) []pendingChange {
	if !f.SettledAt.After(now) {
		return []pendingChange{}
	}
	return append([]pendingChange{}, f.Pending...)
}

// selects says whether a droplet is behind the firewall.
func (f *firewall) selects(d *droplet) bool {
	return slices.Contains(f.DropletIDs, d.ID) || slices.ContainsFunc(f.Tags, func(name string) bool { return hasTag(d.Tags, name) })
}

func (c *call) firewallView(f *firewall) any {
	status, pending := "succeeded", f.pending(c.now)
	if len(pending) > 0 {
		status = "waiting"
	}
	view := map[string]any{
		"id": f.ID, "name": f.Name, "status": status, "pending_changes": pending,
		"created_at":    f.CreatedAt,
		"inbound_rules": c.visibleRules(f.Inbound), "outbound_rules": c.visibleRules(f.Outbound),
	}
	if c.token.has("droplet:read") {
		view["droplet_ids"] = f.DropletIDs
	}
	if c.token.has("tag:read") {
		view["tags"] = f.Tags
	}
	return view
}

// visibleRules are the rules with what the token may see of whom they are about: "only
// the resources that the token has access to are shown" (OpenAPI description).
func (c *call) visibleRules(rules []rule) []rule {
	visible := slices.Clone(rules)
	for i := range visible {
		visible[i].Sources, visible[i].Destinations = c.visibleTargets(visible[i].Sources), c.visibleTargets(visible[i].Destinations)
	}
	return visible
}

func (c *call) visibleTargets(t *targets) *targets {
	if t == nil {
		return nil
	}
	return &targets{
		Addresses:     t.Addresses,
		DropletIDs:    onlyWith(c, "droplet:read", t.DropletIDs),
		LoadBalancers: onlyWith(c, "load_balancer:read", t.LoadBalancers),
		Clusters:      onlyWith(c, "kubernetes:read", t.Clusters),
		Tags:          onlyWith(c, "tag:read", t.Tags),
	}
}

// onlyWith is nothing for a token without the scope.
func onlyWith[T any](c *call, scope string, list []T) []T {
	if c.token.has(scope) {
		return list
	}
	return []T{}
}

func createFirewall(c *call) (*reply, error) {
	spec, err := c.decodeFirewall("")
	if err != nil {
		return nil, err
	}
	f := c.team.Firewalls.add(&firewall{ID: uuid.NewString(), CreatedAt: stamp(c.now)})
	c.changeFirewall(f, *spec)
	return &reply{http.StatusAccepted, map[string]any{"firewall": c.firewallView(f)}}, nil
}

// updateFirewall replaces everything: what the body leaves out is reset.
func updateFirewall(c *call, f *firewall) (*reply, error) {
	spec, err := c.decodeFirewall(f.ID)
	if err != nil {
		return nil, err
	}
	c.changeFirewall(f, *spec)
	return &reply{http.StatusOK, map[string]any{"firewall": c.firewallView(f)}}, nil
}

func deleteFirewall(c *call, f *firewall) (*reply, error) {
	c.team.Firewalls.remove(f.ID)
	return &reply{http.StatusNoContent, nil}, nil
}

// changeFirewall starts to bring a change to the droplets that are behind the
// firewall now, and to those that were: before, or in a change still pending.
func (c *call) changeFirewall(f *firewall, to firewallSpec) {
	was := f.pending(c.now)
	left := map[int]bool{}
	for _, p := range was {
		left[p.DropletID] = true
	}
	before := f.firewallSpec
	f.firewallSpec, f.Pending = to, nil
	old := firewall{firewallSpec: before}
	for _, d := range c.team.Droplets.rows {
		if now := f.selects(d); d.DeletedAt == nil && (now || left[d.ID] || old.selects(d)) {
			f.Pending = append(f.Pending, pendingChange{DropletID: d.ID, Removing: !now, Status: "waiting"})
		}
	}
	f.SettledAt = c.now.Add(c.patience())
}

var errNoRules = invalid("must specify at least one rule for this firewall")

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
	if !ofRules.in(&spec) {
		return nil, errNoRules
	}
	if err := c.completeSpec(&spec); err != nil {
		return nil, err
	}
	return &spec, nil
}

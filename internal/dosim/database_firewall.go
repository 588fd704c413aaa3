package dosim

import (
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"
)

// databaseFirewallKind serves a cluster's trusted sources: who may connect.
var databaseFirewallKind = kind{name: "DatabaseFirewall", seed: seedDatabaseFirewall, routes: []route{
	{pattern: "GET /v2/databases/{database}/firewall", scope: databaseRead, handle: onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		return unpaged(c, "rules", d.Rules, func(r trustedSource) any { return r })
	})},
	{pattern: "PUT /v2/databases/{database}/firewall", scope: databaseUpdate, handle: onDatabase(replaceRules)},
}}

// seedDatabaseFirewall adds a cluster that trusts one address: each cluster has one firewall.
func seedDatabaseFirewall(s *Server, t *team, n int) {
	d := t.seedDatabase(s.now(), n)
	d.Rules = []trustedSource{{uuid.NewString(), d.ID, "ip_addr", offset("198.18.0.0", n), stamp(s.now()), ""}}
}

// trustedSource is a rule. A request says Type, Value and Description; the
// rest is the server's.
type trustedSource struct {
	UUID        string    `json:"uuid"`
	Cluster     string    `json:"cluster_uuid"`
	Type        string    `json:"type"`
	Value       string    `json:"value"`
	CreatedAt   time.Time `json:"created_at"`
	Description string    `json:"description,omitempty"`
}

func (r trustedSource) same(other trustedSource) bool {
	return r.Type == other.Type && r.Value == other.Value
}

const maxTrustedSources = 100

// replaceRules puts the request's rules in the place of all that there were.
func replaceRules(c *call, d *databaseCluster) (*reply, error) {
	var req struct {
		Rules []trustedSource `json:"rules"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := c.checkRules(req.Rules); err != nil {
		return nil, err
	}
	d.Rules = c.replacedRules(d, req.Rules)
	return &reply{http.StatusNoContent, nil}, nil
}

// replacedRules are the rules that a request makes of a cluster's: one that
// is named by its UUID and says the same is that rule still, any other is new.
func (c *call) replacedRules(d *databaseCluster, wanted []trustedSource) []trustedSource {
	out := []trustedSource{}
	for _, w := range wanted {
		if slices.ContainsFunc(out, w.same) {
			continue
		}
		r := trustedSource{uuid.NewString(), d.ID, w.Type, w.Value, stamp(c.now), w.Description}
		if i := slices.IndexFunc(d.Rules, func(old trustedSource) bool { return old.UUID == w.UUID && old.same(w) }); i >= 0 {
			r.UUID, r.CreatedAt = d.Rules[i].UUID, d.Rules[i].CreatedAt
		}
		out = append(out, r)
	}
	return out
}

// trustedTypes say what values there are of each type of rule.
var trustedTypes = map[string]func(c *call, value string) bool{
	// An address is kept as it came, the bits of a network's host too.
	"ip_addr": func(_ *call, value string) bool {
		if p, err := netip.ParsePrefix(value); err == nil {
			return p.Addr().Is4()
		}
		a, err := netip.ParseAddr(value)
		return err == nil && a.Is4()
	},
	"droplet": func(c *call, value string) bool {
		_, ok := c.droplet(atoi(value, 0))
		return ok
	},
	"tag": func(_ *call, value string) bool { return tagName.MatchString(value) },
	"k8s": isUUID,
	"app": isUUID,
}

func isUUID(_ *call, value string) bool { return uuid.Validate(value) == nil }

func (c *call) checkRules(rules []trustedSource) error {
	if len(rules) > maxTrustedSources {
		return invalid("at most %d rules are allowed", maxTrustedSources)
	}
	for _, r := range rules {
		valid, ok := trustedTypes[r.Type]
		if !ok {
			return invalid("invalid rule type: %q", r.Type)
		}
		if !valid(c, r.Value) {
			return invalid("invalid value for a rule of type %s: %q", r.Type, r.Value)
		}
	}
	return nil
}

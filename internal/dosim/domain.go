package dosim

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

const defaultTTL = 1800

// domainKind serves domains. What is in them is in domain_record.go.
var domainKind = kind{
	name: "Domain",
	routes: []route{
		{pattern: "GET /v2/domains", scope: "domain:read", handle: func(c *call) (*reply, error) {
			return list(c, "domains", c.team.Domains.rows, (*domain).view)
		}},
		{pattern: "POST /v2/domains", scope: "domain:create", handle: createDomain},
		{pattern: "GET /v2/domains/{domain}", scope: "domain:read", handle: onDomain(func(_ *call, d *domain) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"domain": d.view()}}, nil
		})},
		{pattern: "DELETE /v2/domains/{domain}", scope: "domain:delete", handle: onDomain(func(c *call, d *domain) (*reply, error) {
			c.team.Domains.remove(d.Name)
			// One of this name may come again; it is another.
			delete(c.team.Assigned, "do:domain:"+d.Name)
			return &reply{http.StatusNoContent, nil}, nil
		})},
	},
	seed: func(s *Server, t *team, n int) { t.addDomain(s.state, fmt.Sprintf("seed-%d.example.com", n)) },
}

type domain struct {
	Name    string              `json:"name"`
	TTL     int                 `json:"ttl"`
	Records table[int, *record] `json:"records"`
}

func (d *domain) key() string { return d.Name }

func (d *domain) view() any {
	return map[string]any{"name": d.Name, "ttl": d.TTL, "zone_file": d.zoneFile()}
}

func (d *domain) zoneFile() string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN %s.\n$TTL %d\n", d.Name, d.TTL)
	for _, r := range d.Records.rows {
		fmt.Fprintf(&b, "%s. %d IN %s %s\n", d.whole(r.Name), r.TTL, r.Type, r.zoneData(d.Name))
	}
	return b.String()
}

func onDomain(handle func(c *call, d *domain) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		d, ok := c.team.Domains.get(strings.ToLower(c.path("domain")))
		if !ok {
			return nil, notFound()
		}
		return handle(c, d)
	}
}

func createDomain(c *call) (*reply, error) {
	var req struct {
		Name      string `json:"name"`
		IPAddress string `json:"ip_address"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	name := strings.ToLower(strings.TrimSuffix(req.Name, "."))
	if !domainName.MatchString(name) || len(name) > maxHostName {
		return nil, invalid("Name is invalid.")
	}
	// A domain belongs to one team in all of DigitalOcean.
	for _, t := range c.state.Teams {
		if _, taken := t.Domains.get(name); taken {
			return nil, invalid("Domain '%s': Name already exists", name)
		}
	}
	address, err := netip.ParseAddr(req.IPAddress)
	if req.IPAddress != "" && (err != nil || address.Zone() != "") {
		return nil, invalid("ip_address is invalid.")
	}
	d := c.team.addDomain(c.state, name)
	if req.IPAddress != "" {
		ofType := "A"
		if address.Is6() {
			ofType = "AAAA"
		}
		d.Records.add(&record{ID: c.state.nextID(), Type: ofType, Name: "@", Data: req.IPAddress, TTL: defaultTTL})
	}
	// The zone file is written later; only a GET shows it.
	return &reply{http.StatusCreated, map[string]any{"domain": map[string]any{"name": d.Name, "ttl": d.TTL, "zone_file": nil}}}, nil
}

// addDomain comes with the records that every domain has.
func (t *team) addDomain(s *state, name string) *domain {
	d := t.Domains.add(&domain{Name: name, TTL: defaultTTL})
	d.Records.add(&record{ID: s.nextID(), Type: "SOA", Name: "@", Data: "1800", TTL: defaultTTL})
	for _, server := range []string{"ns1", "ns2", "ns3"} {
		d.Records.add(&record{ID: s.nextID(), Type: "NS", Name: "@", Data: server + ".digitalocean.com", TTL: defaultTTL})
	}
	return d
}

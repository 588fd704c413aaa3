package dosim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// cdnEndpointKind serves the CDN endpoints of Spaces buckets. The buckets themselves are not
// there: any origin of the right form is taken.
var cdnEndpointKind = kind{
	name: "CDNEndpoint",
	routes: []route{
		{pattern: "GET /v2/cdn/endpoints", scope: "cdn:read", handle: func(c *call) (*reply, error) {
			return list(c, "endpoints", c.team.CDNEndpoints.rows, (*cdnEndpoint).view)
		}},
		{pattern: "POST /v2/cdn/endpoints", scope: "cdn:create", handle: createCDNEndpoint},
		{pattern: "GET /v2/cdn/endpoints/{cdn}", scope: "cdn:read", handle: onCDNEndpoint(func(_ *call, e *cdnEndpoint) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"endpoint": e.view()}}, nil
		})},
		{pattern: "PUT /v2/cdn/endpoints/{cdn}", scope: "cdn:update", handle: onCDNEndpoint(updateCDNEndpoint)},
		{pattern: "DELETE /v2/cdn/endpoints/{cdn}", scope: "cdn:delete", handle: onCDNEndpoint(func(c *call, e *cdnEndpoint) (*reply, error) {
			c.team.CDNEndpoints.remove(e.ID)
			return &reply{http.StatusNoContent, nil}, nil
		})},
		{pattern: "DELETE /v2/cdn/endpoints/{cdn}/cache", scope: "cdn:delete", handle: onCDNEndpoint(purgeCDNCache)},
	},
	seed: func(s *Server, t *team, n int) {
		t.CDNEndpoints.add(&cdnEndpoint{ID: uuid.NewString(), Origin: fmt.Sprintf("seed-%d.nyc3.digitaloceanspaces.com", n), TTL: defaultCDNTTL, CreatedAt: stamp(s.now())})
	},
}

// cdnTTLs are the lifetimes that a cached file may have, in seconds.
var cdnTTLs = []int{60, 600, defaultCDNTTL, 86400, 604800}

const defaultCDNTTL = 3600

var spacesOrigin = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]+\.[a-z0-9]+\.digitaloceanspaces\.com$`)

type cdnEndpoint struct {
	ID            string    `json:"id"`
	Origin        string    `json:"origin"`
	TTL           int       `json:"ttl"`
	CertificateID string    `json:"certificate_id,omitempty"`
	CustomDomain  string    `json:"custom_domain,omitempty"`
	CreatedAt     time.Time `json:"created_at"`
}

func (e *cdnEndpoint) key() string { return e.ID }

func (e *cdnEndpoint) view() any {
	return struct {
		cdnEndpoint
		Endpoint string `json:"endpoint"`
	}{*e, strings.Replace(e.Origin, ".digitaloceanspaces.com", ".cdn.digitaloceanspaces.com", 1)}
}

func onCDNEndpoint(handle func(c *call, e *cdnEndpoint) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		e, ok := c.team.CDNEndpoints.get(c.path("cdn"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, e)
	}
}

// cdnRequest is what of an endpoint can be chosen. An empty certificate or domain is none.
type cdnRequest struct {
	TTL           *int    `json:"ttl"`
	CertificateID *string `json:"certificate_id"`
	CustomDomain  *string `json:"custom_domain"`
}

func (req *cdnRequest) into(e *cdnEndpoint) error {
	wanted := *e
	set(&wanted.TTL, req.TTL)
	set(&wanted.CertificateID, req.CertificateID)
	set(&wanted.CustomDomain, req.CustomDomain)
	switch {
	case !slices.Contains(cdnTTLs, wanted.TTL):
		return invalid("ttl must be one of %v", cdnTTLs)
	case wanted.CustomDomain != "" && wanted.CertificateID == "":
		return invalid("certificate_id is required with a custom domain")
	case wanted.CustomDomain == "" && wanted.CertificateID != "":
		return invalid("custom_domain is required with a certificate")
	}
	*e = wanted
	return nil
}

func createCDNEndpoint(c *call) (*reply, error) {
	var req struct {
		Origin string `json:"origin"`
		cdnRequest
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if !spacesOrigin.MatchString(req.Origin) {
		return nil, invalid("origin must be the name of a Spaces bucket, as in bucket.nyc3.digitaloceanspaces.com")
	}
	if _, taken := c.team.CDNEndpoints.find(func(e *cdnEndpoint) bool { return e.Origin == req.Origin }); taken {
		return nil, conflict("an endpoint of this origin already exists")
	}
	e := &cdnEndpoint{ID: uuid.NewString(), Origin: req.Origin, TTL: defaultCDNTTL, CreatedAt: stamp(c.now)}
	if err := req.into(e); err != nil {
		return nil, err
	}
	c.team.CDNEndpoints.add(e)
	return &reply{http.StatusCreated, map[string]any{"endpoint": e.view()}}, nil
}

func updateCDNEndpoint(c *call, e *cdnEndpoint) (*reply, error) {
	var req cdnRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := req.into(e); err != nil {
		return nil, err
	}
	return &reply{http.StatusOK, map[string]any{"endpoint": e.view()}}, nil
}

func purgeCDNCache(c *call, _ *cdnEndpoint) (*reply, error) {
	var req struct {
		Files []string `json:"files"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if len(req.Files) == 0 {
		return nil, invalid("files is required")
	}
	return &reply{http.StatusNoContent, nil}, nil
}

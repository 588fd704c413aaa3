package dosim

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// loadBalancerSpec is what a PUT replaces.
type loadBalancerSpec struct {
	Name string `json:"name"`
	// SizeUnit counts nodes. In regions that know words only, Size is shown instead.
	SizeUnit        int              `json:"size_unit,omitempty"`
	Size            string           `json:"size,omitempty"`
	Algorithm       string           `json:"algorithm"`
	Rules           []forwardingRule `json:"forwarding_rules,omitempty"`
	HealthCheck     healthCheck      `json:"health_check"`
	StickySessions  stickySessions   `json:"sticky_sessions"`
	DropletIDs      []int            `json:"droplet_ids"`
	Tag             string           `json:"tag"`
	RedirectToHTTPS bool             `json:"redirect_http_to_https"`
	ProxyProtocol   bool             `json:"enable_proxy_protocol"`
	Keepalive       bool             `json:"enable_backend_keepalive"`
	NoDNSRecords    bool             `json:"disable_lets_encrypt_dns_records"`
	IdleTimeout     int              `json:"http_idle_timeout_seconds"`
	Firewall        lbFirewall       `json:"firewall"`
	TLSCipherPolicy string           `json:"tls_cipher_policy"`
	// The rest is of global load balancers only.
	Domains  []lbDomain   `json:"domains,omitempty"`
	Settings *glbSettings `json:"glb_settings,omitempty"`
	Targets  []string     `json:"target_load_balancer_ids,omitempty"`
}

type lbFirewall struct {
	Allow []string `json:"allow"`
	Deny  []string `json:"deny"`
}

type lbDomain struct {
	Name          string `json:"name"`
	Managed       bool   `json:"is_managed"`
	CertificateID string `json:"certificate_id"`
}

type glbSettings struct {
	TargetProtocol string `json:"target_protocol"`
	TargetPort     int    `json:"target_port"`
	CDN            struct {
		Enabled bool `json:"is_enabled"`
	} `json:"cdn"`
	RegionPriorities  map[string]int `json:"region_priorities,omitempty"`
	FailoverThreshold int            `json:"failover_threshold,omitempty"`
}

// loadBalancerRequest is the body of a POST and of a PUT.
type loadBalancerRequest struct {
	loadBalancerPlace
	loadBalancerSpec
	Project      string `json:"project_id"`
	ValidateOnly bool   `json:"validate_only"`
}

// lbUnits is how many nodes the words for sizes mean.
var lbUnits = map[string]int{"lb-small": 1, "lb-medium": 3, "lb-large": 6}

// lbWordRegions know sizes by their words only.
var lbWordRegions = []string{"ams2", "nyc2", "sfo1"}

const (
	maxLBUnits     = 100
	minIdleTimeout = 30
	maxIdleTimeout = 600
)

var lbName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,253}[a-zA-Z0-9])?$`)

// completeLoadBalancer fills in what the request leaves out, and refuses what cannot be.
// A load balancer that is changed keeps its name and its place where they are left out.
func (c *call) completeLoadBalancer(req *loadBalancerRequest, old *loadBalancer) error {
	for _, check := range []func(req *loadBalancerRequest, old *loadBalancer) error{
		c.checkLBPlace, c.checkLBName, checkLBSize, c.checkLBBackends, checkLBTraffic, c.checkLBGlobal,
	} {
		if err := check(req, old); err != nil {
			return err
		}
	}
	req.setDefaults(&req.loadBalancerPlace)
	return req.check(req.Type)
}

// checkLBPlace knows that no place is changed, and finds the place of a new one.
func (c *call) checkLBPlace(req *loadBalancerRequest, old *loadBalancer) error {
	initial := loadBalancerPlace{Network: lbExternal, NetworkStack: lbIPv4, Type: lbRegional}
	if old != nil {
		initial = old.loadBalancerPlace
	}
	for _, p := range []struct {
		name      string
		to        *string
		otherwise string
		known     []string
	}{
		{"type", &req.Type, initial.Type, []string{lbRegional, lbNetwork, lbGlobal}},
		{"network", &req.Network, initial.Network, []string{lbExternal, lbInternal}},
		{"network_stack", &req.NetworkStack, initial.NetworkStack, []string{lbIPv4, lbDualStack}},
		{"region", &req.Region, initial.Region, nil},
		{"vpc_uuid", &req.VPC, initial.VPC, nil},
	} {
		if *p.to == "" {
			*p.to = p.otherwise
		}
		if p.known != nil {
			*p.to = strings.ToUpper(*p.to)
			if !slices.Contains(p.known, *p.to) {
				return invalid("%s must be one of %s", p.name, strings.Join(p.known, ", "))
			}
		}
		if old != nil && !strings.EqualFold(*p.to, p.otherwise) {
			return invalid("%s cannot be changed", p.name)
		}
	}
	req.Region = strings.ToLower(req.Region)
	if old != nil {
		return nil
	}
	return c.checkNewLBPlace(&req.loadBalancerPlace)
}

func (c *call) checkNewLBPlace(place *loadBalancerPlace) error {
	if place.Type == lbGlobal {
		if place.Region != "" || place.VPC != "" || place.Network == lbInternal {
			return invalid("a global load balancer has no region, no VPC and no internal network")
		}
		return nil
	}
	if _, ok := findRegion(place.Region); !ok {
		return invalid("region is invalid")
	}
	v, ok := c.team.VPCs.get(place.VPC)
	switch {
	case place.VPC == "":
		v, ok = c.team.VPCs.find(func(v *vpc) bool { return v.Default && v.Region == place.Region })
	case !ok || v.Region != place.Region:
		return invalid("vpc_uuid is invalid: there is no such VPC in the region")
	}
	if ok && place.Network == lbInternal && v.room() < 1 {
		return invalid("The VPC has no addresses left.")
	}
	return nil
}

func (c *call) checkLBName(req *loadBalancerRequest, old *loadBalancer) error {
	if req.Name == "" && old != nil {
		req.Name = old.Name
	}
	if !lbName.MatchString(req.Name) {
		return invalid("name is invalid: only alphanumeric characters, dashes and periods are allowed")
	}
	c.team.defaultProject()
	if _, ok := c.team.Projects.get(req.Project); !ok && req.Project != "" {
		return invalid("project_id is invalid: there is no such project")
	}
	if req.ValidateOnly {
		return invalid("validate_only is not simulated")
	}
	return nil
}

// checkLBSize leaves the unit for a region that counts, and the word for one that does not.
func checkLBSize(req *loadBalancerRequest, _ *loadBalancer) error {
	units, known := lbUnits[req.Size]
	switch {
	case req.Size != "" && req.SizeUnit != 0:
		return invalid("only one of size and size_unit may be specified")
	case req.Size != "" && !known:
		return invalid("size must be one of lb-small, lb-medium, lb-large")
	case req.SizeUnit < 0 || req.SizeUnit > maxLBUnits:
		return invalid("size_unit must be between 1 and %d", maxLBUnits)
	case slices.Contains(lbWordRegions, req.Region):
		if req.SizeUnit != 0 {
			return invalid("size_unit is not available in this region: use size")
		}
		return nil
	case known:
		req.Size, req.SizeUnit = "", units
	}
	return nil
}

// checkLBBackends wants droplets by their ids or by a tag, not by both.
func (c *call) checkLBBackends(req *loadBalancerRequest, _ *loadBalancer) (err error) {
	switch {
	case req.Tag != "" && len(req.DropletIDs) > 0:
		return invalid("droplet_ids and tag are mutually exclusive")
	case req.Type == lbGlobal && (req.Tag != "" || len(req.DropletIDs) > 0):
		return invalid("a global load balancer has no Droplets: use target_load_balancer_ids")
	case req.Tag != "":
		if err := c.checkTags(req.Tag); err != nil {
			return err
		}
	}
	req.DropletIDs, err = c.existingBackends(req.DropletIDs, req.Region)
	return err
}

// existingBackends refuses droplets that there are not, or not in the region.
func (c *call) existingBackends(ids []int, region string) ([]int, error) {
	out, err := c.existingDroplets(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range out {
		if d, _ := c.droplet(id); d.Region != region {
			return nil, invalid("droplet %d is not in the region of the load balancer", id)
		}
	}
	return out, nil
}

var lbAlgorithms = []string{"", "round_robin", "least_connections"}

func checkLBTraffic(req *loadBalancerRequest, _ *loadBalancer) error {
	switch {
	case !slices.Contains(lbAlgorithms, req.Algorithm):
		return invalid("algorithm must be one of round_robin, least_connections")
	case !slices.Contains([]string{"", "DEFAULT", "STRONG"}, req.TLSCipherPolicy):
		return invalid("tls_cipher_policy must be one of DEFAULT, STRONG")
	case req.IdleTimeout != 0 && (req.IdleTimeout < minIdleTimeout || req.IdleTimeout > maxIdleTimeout):
		return invalid("http_idle_timeout_seconds must be between %d and %d", minIdleTimeout, maxIdleTimeout)
	}
	for _, source := range slices.Concat(req.Firewall.Allow, req.Firewall.Deny) {
		kind, address, _ := strings.Cut(source, ":")
		_, notAddress := netip.ParseAddr(address)
		_, notPrefix := netip.ParsePrefix(address)
		if (kind != "ip" || notAddress != nil) && (kind != "cidr" || notPrefix != nil) {
			return invalid("firewall rule %q must be of the form ip:1.2.3.4 or cidr:1.2.0.0/16", source)
		}
	}
	return nil
}

// checkLBGlobal wants of a global load balancer where its traffic goes, and of any other
// that it says nothing of that.
func (c *call) checkLBGlobal(req *loadBalancerRequest, _ *loadBalancer) error {
	if req.Type != lbGlobal {
		if len(req.Domains)+len(req.Targets) > 0 || req.Settings != nil {
			return invalid("domains, glb_settings and target_load_balancer_ids are of global load balancers only")
		}
		return nil
	}
	switch {
	case len(req.Rules) > 0:
		return invalid("a global load balancer has no forwarding rules: use glb_settings")
	case req.Settings == nil:
		return invalid("glb_settings is required for a global load balancer")
	case !slices.Contains([]string{"http", "https", "http2"}, strings.ToLower(req.Settings.TargetProtocol)):
		return invalid("glb_settings.target_protocol must be one of http, https, http2")
	case !isPort(req.Settings.TargetPort):
		return errLBPort
	}
	for _, d := range req.Domains {
		if d.Name == "" {
			return invalid("a domain needs a name")
		}
	}
	for _, id := range req.Targets {
		if target, ok := c.team.LoadBalancers.get(id); !ok || target.Type == lbGlobal {
			return invalid("target load balancer %q is no regional load balancer of this account", id)
		}
	}
	return nil
}

// setDefaults fills in what DigitalOcean does.
func (s *loadBalancerSpec) setDefaults(place *loadBalancerPlace) {
	orElse := func(to *string, otherwise string) {
		if *to == "" {
			*to = otherwise
		}
	}
	if slices.Contains(lbWordRegions, place.Region) {
		orElse(&s.Size, "lb-small")
	} else if s.SizeUnit == 0 {
		s.SizeUnit = 1
	}
	orElse(&s.Algorithm, "round_robin")
	orElse(&s.TLSCipherPolicy, "DEFAULT")
	if s.IdleTimeout == 0 {
		s.IdleTimeout = 60
	}
	s.DropletIDs = append([]int{}, s.DropletIDs...)
	s.Firewall.Allow, s.Firewall.Deny = append([]string{}, s.Firewall.Allow...), append([]string{}, s.Firewall.Deny...)
	s.HealthCheck.setDefaults()
	s.StickySessions.setDefaults()
}

package dosim

import (
	"slices"
	"strings"
)

// forwardingRule says what comes in where, and where it goes.
type forwardingRule struct {
	EntryProtocol  string `json:"entry_protocol"`
	EntryPort      int    `json:"entry_port"`
	TargetProtocol string `json:"target_protocol"`
	TargetPort     int    `json:"target_port"`
	CertificateID  string `json:"certificate_id"`
	TLSPassthrough bool   `json:"tls_passthrough"`
}

type healthCheck struct {
	Protocol           string `json:"protocol"`
	Port               int    `json:"port"`
	Path               string `json:"path"`
	CheckInterval      int    `json:"check_interval_seconds"`
	ResponseTimeout    int    `json:"response_timeout_seconds"`
	HealthyThreshold   int    `json:"healthy_threshold"`
	UnhealthyThreshold int    `json:"unhealthy_threshold"`
}

type stickySessions struct {
	Type             string `json:"type"`
	CookieName       string `json:"cookie_name,omitempty"`
	CookieTTLSeconds int    `json:"cookie_ttl_seconds,omitempty"`
}

// setDefaults fills in what a health check leaves out. The thresholds are those of the
// description's examples and of the Terraform provider; its schema has them the other way
// round.
func (h *healthCheck) setDefaults() {
	orElse := func(to *int, otherwise int) {
		if *to == 0 {
			*to = otherwise
		}
	}
	if h.Protocol == "" {
		h.Protocol = "http"
	}
	if h.Path == "" && h.Protocol != "tcp" {
		h.Path = "/"
	}
	orElse(&h.Port, 80)
	orElse(&h.CheckInterval, 10)
	orElse(&h.ResponseTimeout, 5)
	orElse(&h.HealthyThreshold, 5)
	orElse(&h.UnhealthyThreshold, 3)
}

// setDefaults drops a cookie that is not used.
func (s *stickySessions) setDefaults() {
	if s.Type == "" || s.Type == "none" {
		*s = stickySessions{Type: "none"}
	}
}

func isPort(n int) bool { return n >= 1 && n <= 65535 }

var (
	errLBPort  = invalid("ports must be between 1 and 65535")
	errLBRules = invalid("forwarding_rules must contain at least one rule")
)

// check refuses rules, health check and sessions that cannot be. Defaults are filled in.
func (s *loadBalancerSpec) check(ofType string) error {
	if ofType != lbGlobal && len(s.Rules) == 0 {
		return errLBRules
	}
	entries := map[forwardingRule]bool{}
	for _, r := range s.Rules {
		if err := r.check(); err != nil {
			return err
		}
		if ofType == lbNetwork && (r.EntryPort != r.TargetPort || !slices.Contains([]string{"tcp", "udp"}, r.EntryProtocol)) {
			return invalid("a network load balancer forwards tcp and udp, to the same port")
		}
		if entries[r.entry()] {
			return invalid("forwarding rules must not share port %d", r.EntryPort)
		}
		entries[r.entry()] = true
	}
	if err := s.HealthCheck.check(); err != nil {
		return err
	}
	return s.StickySessions.check()
}

// entry is what two rules cannot share: udp and tcp have ports of their own.
func (r forwardingRule) entry() forwardingRule {
	transport := "tcp"
	if r.EntryProtocol == "udp" || r.EntryProtocol == "http3" {
		transport = "udp"
	}
	return forwardingRule{EntryProtocol: transport, EntryPort: r.EntryPort}
}

var (
	entryProtocols  = []string{"http", "https", "http2", "http3", "tcp", "udp"}
	targetProtocols = []string{"http", "https", "http2", "tcp", "udp"}
)

func (r forwardingRule) check() error {
	secure := slices.Contains([]string{"https", "http2", "http3"}, r.EntryProtocol)
	switch {
	case !slices.Contains(entryProtocols, r.EntryProtocol):
		return invalid("entry_protocol must be one of %s", strings.Join(entryProtocols, ", "))
	case !slices.Contains(targetProtocols, r.TargetProtocol):
		return invalid("target_protocol must be one of %s", strings.Join(targetProtocols, ", "))
	case !isPort(r.EntryPort) || !isPort(r.TargetPort):
		return errLBPort
	case (r.EntryProtocol == "udp") != (r.TargetProtocol == "udp"):
		return invalid("entry_protocol and target_protocol must both be udp, or neither")
	case r.TLSPassthrough && r.CertificateID != "":
		return invalid("a forwarding rule with tls_passthrough has no certificate")
	case r.TLSPassthrough && (!secure || r.EntryProtocol == "http3" || r.TargetProtocol == "http"):
		return invalid("tls_passthrough needs https or http2 on both sides")
	case secure && !r.TLSPassthrough && r.CertificateID == "":
		return invalid("%s needs a certificate_id or tls_passthrough", r.EntryProtocol)
	case !secure && r.CertificateID != "":
		return invalid("%s has no certificate", r.EntryProtocol)
	}
	return nil
}

func (h *healthCheck) check() error {
	within := func(n, from, to int) bool { return n >= from && n <= to }
	switch {
	case !slices.Contains([]string{"http", "https", "tcp"}, h.Protocol):
		return invalid("health check protocol must be one of http, https, tcp")
	case !isPort(h.Port):
		return errLBPort
	case h.Protocol == "tcp" && h.Path != "":
		return invalid("health check path isn't available for TCP")
	case h.Protocol != "tcp" && !strings.HasPrefix(h.Path, "/"):
		return invalid("health check path must begin with a slash")
	case !within(h.CheckInterval, 3, 300) || !within(h.ResponseTimeout, 3, 300):
		return invalid("health check interval and timeout must be between 3 and 300 seconds")
	case !within(h.HealthyThreshold, 2, 10) || !within(h.UnhealthyThreshold, 2, 10):
		return invalid("health check thresholds must be between 2 and 10")
	}
	return nil
}

func (s *stickySessions) check() error {
	switch {
	case s.Type == "none":
		return nil
	case s.Type != "cookies":
		return invalid("sticky sessions type must be one of cookies, none")
	case s.CookieName == "" || s.CookieTTLSeconds <= 0:
		return invalid("sticky sessions of type cookies need cookie_name and cookie_ttl_seconds")
	}
	return nil
}

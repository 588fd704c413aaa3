package dosim

import (
	"encoding/json"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

// kubeSettings are what an update can change besides name and tags.
type kubeSettings struct {
	Maintenance kubeMaintenance `json:"maintenance_policy"`
	AutoUpgrade bool            `json:"auto_upgrade"`
	Surge       bool            `json:"surge_upgrade"`
	HA          bool            `json:"ha"`
	Firewall    kubeFirewall    `json:"control_plane_firewall"`
	// Autoscaler and SSO are nil where nobody set any of it.
	Autoscaler *kubeAutoscaler `json:"cluster_autoscaler_configuration"`
	SSO        *kubeSSO        `json:"sso"`
	Addons     map[string]bool `json:"addons,omitempty"`
}

type kubeMaintenance struct {
	StartTime string `json:"start_time"`
	Duration  string `json:"duration"`
	Day       string `json:"day"`
}

type kubeFirewall struct {
	Enabled   bool     `json:"enabled"`
	Addresses []string `json:"allowed_addresses"`
}

type kubeAutoscaler struct {
	Threshold    *float64 `json:"scale_down_utilization_threshold"`
	UnneededTime *string  `json:"scale_down_unneeded_time"`
	Expanders    []string `json:"expanders"`
}

type kubeSSO struct {
	Enabled   bool   `json:"enabled"`
	Required  bool   `json:"required"`
	IssuerURL string `json:"issuer_url"`
	ClientID  string `json:"client_id"`
}

// kubeAddons are the components that are switched on and off by {"enabled": …}. Those that
// DigitalOcean's description knows are always shown, the others where somebody set them.
var kubeAddons = map[string]bool{
	"routing_agent": true, "amd_gpu_device_plugin": true, "amd_gpu_device_metrics_exporter_plugin": true,
	"nvidia_gpu_device_plugin": true, "rdma_shared_dev_plugin": true, "coredns_autoscaler": true,
	"p2p_oci_registry_plugin": true, "nvidia_gpu_dra_driver": false, "amd_gpu_dra_driver": false, "nfs_csi_plugin": false,
}

// kubeRequest is the body of a create and of an update. Nil is what it leaves out.
type kubeRequest struct {
	Name            *string           `json:"name"`
	Region          string            `json:"region"`
	Version         string            `json:"version"`
	ClusterSubnet   string            `json:"cluster_subnet"`
	ServiceSubnet   string            `json:"service_subnet"`
	VPC             string            `json:"vpc_uuid"`
	WorkerSubnet    string            `json:"worker_subnet_uuid"`
	Tags            []string          `json:"tags"`
	Pools           []kubePoolRequest `json:"node_pools"`
	IsolatedWorkers bool              `json:"isolated_workers"`

	Maintenance *kubeMaintenance `json:"maintenance_policy"`
	AutoUpgrade *bool            `json:"auto_upgrade"`
	Surge       *bool            `json:"surge_upgrade"`
	HA          *bool            `json:"ha"`
	Firewall    *struct {
		Enabled   *bool    `json:"enabled"`
		Addresses []string `json:"allowed_addresses"`
	} `json:"control_plane_firewall"`
	Autoscaler *kubeAutoscaler `json:"cluster_autoscaler_configuration"`
	SSO        *kubeSSO        `json:"sso"`
	addons     map[string]bool
}

func (c *call) kubeRequest() (*kubeRequest, error) {
	req := &kubeRequest{addons: map[string]bool{}}
	if err := c.decode(req); err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := c.decode(&all); err != nil {
		return nil, err
	}
	for name := range kubeAddons {
		var addon struct{ Enabled *bool }
		if all[name] != nil && json.Unmarshal(all[name], &addon) != nil {
			return nil, badRequest("error parsing request body: " + name)
		}
		if addon.Enabled != nil {
			req.addons[name] = *addon.Enabled
		}
	}
	return req, nil
}

// with returns the settings that a request makes of these, which stay as they are.
func (s kubeSettings) with(req *kubeRequest) (kubeSettings, error) {
	set(&s.AutoUpgrade, req.AutoUpgrade)
	set(&s.Surge, req.Surge)
	if req.HA != nil && s.HA && !*req.HA {
		return s, kubeInvalid("high availability cannot be disabled")
	}
	set(&s.HA, req.HA)
	s.Addons = maps.Clone(s.Addons)
	if s.Addons == nil {
		s.Addons = map[string]bool{}
	}
	maps.Copy(s.Addons, req.addons)
	for _, part := range []func(*kubeRequest) error{s.setMaintenance, s.setFirewall, s.setAutoscaler, s.setSSO} {
		if err := part(req); err != nil {
			return s, err
		}
	}
	return s, nil
}

var kubeStart = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// kubeDays are the days of a maintenance window; a weekday is where time.Weekday has it.
var kubeDays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "any"}

func (s *kubeSettings) setMaintenance(req *kubeRequest) error {
	if req.Maintenance == nil {
		return nil
	}
	m := *req.Maintenance
	m.Duration, m.Day = s.Maintenance.Duration, strings.ToLower(m.Day)
	if m.Day == "" {
		m.Day = "any"
	}
	if m.StartTime == "" {
		m.StartTime = "00:00"
	}
	switch {
	case !slices.Contains(kubeDays, m.Day):
		return kubeInvalid("maintenance_policy.day is invalid")
	case !kubeStart.MatchString(m.StartTime):
		return kubeInvalid("maintenance_policy.start_time must be of the form HH:MM")
	}
	s.Maintenance = m
	return nil
}

// next is when the window opens for the first time after now.
func (m kubeMaintenance) next(now time.Time) time.Time {
	start, _ := time.Parse("15:04", m.StartTime)
	at := time.Date(now.Year(), now.Month(), now.Day(), start.Hour(), start.Minute(), 0, 0, time.UTC)
	for !at.After(now) || m.Day != "any" && m.Day != kubeDays[at.Weekday()] {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

func (s *kubeSettings) setFirewall(req *kubeRequest) error {
	if req.Firewall == nil {
		return nil
	}
	for _, address := range req.Firewall.Addresses {
		_, err := netip.ParseAddr(address)
		if _, errRange := netip.ParsePrefix(address); err != nil && errRange != nil {
			return kubeInvalid("control_plane_firewall.allowed_addresses: %q is neither an address nor a CIDR", address)
		}
	}
	set(&s.Firewall.Enabled, req.Firewall.Enabled)
	if req.Firewall.Addresses != nil {
		s.Firewall.Addresses = req.Firewall.Addresses
	}
	return nil
}

// setAutoscaler takes a zero value, unlike null, for a request to set the default again.
func (s *kubeSettings) setAutoscaler(req *kubeRequest) error {
	if req.Autoscaler == nil {
		return nil
	}
	to := kubeAutoscaler{}
	if s.Autoscaler != nil {
		to = *s.Autoscaler
	}
	if v := req.Autoscaler.Threshold; v != nil {
		if *v < 0 || *v > 1 {
			return kubeInvalid("scale_down_utilization_threshold must be between 0 and 1")
		}
		to.Threshold = unlessZero(v)
	}
	if v := req.Autoscaler.UnneededTime; v != nil {
		if _, err := time.ParseDuration(*v); err != nil && *v != "" {
			return kubeInvalid("scale_down_unneeded_time must be a duration")
		}
		to.UnneededTime = unlessZero(v)
	}
	if req.Autoscaler.Expanders != nil {
		to.Expanders = req.Autoscaler.Expanders
	}
	for _, name := range to.Expanders {
		if !slices.Contains([]string{"random", "priority", "least_waste"}, name) {
			return kubeInvalid("expander %q is invalid", name)
		}
	}
	s.Autoscaler = &to
	if to.Threshold == nil && to.UnneededTime == nil && len(to.Expanders) == 0 {
		s.Autoscaler = nil
	}
	return nil
}

func unlessZero[T comparable](v *T) *T {
	var zero T
	if *v == zero {
		return nil
	}
	return v
}

func (s *kubeSettings) setSSO(req *kubeRequest) error {
	if req.SSO == nil {
		return nil
	}
	switch {
	case req.SSO.Enabled && (req.SSO.IssuerURL == "" || req.SSO.ClientID == ""):
		return kubeInvalid("sso.issuer_url and sso.client_id are required where sso is enabled")
	case req.SSO.Required && !req.SSO.Enabled:
		return kubeInvalid("sso.required needs sso.enabled")
	}
	s.SSO = req.SSO
	return nil
}

// kubeInvalid is a refusal in the form that this service gives it.
func kubeInvalid(format string, args ...any) *apiError {
	return invalid("validation error: "+format, args...)
}

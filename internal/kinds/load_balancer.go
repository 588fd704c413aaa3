package kinds

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var loadBalancer = Kind{
	Name: "LoadBalancer", One: "load balancer", Many: "load balancers", Scope: "load_balancer:read",
	About: "Forwarding rules are known by their entry: a rule that differs is a drift at `forwarding_rules[\"https/443\"].target_port`, say. " +
		"Declare either `droplet_ids` or `tag`, and either `size_unit` or, as it was called before, `size`.",
	Listing: Listing{Path: "v2/load_balancers", Key: "load_balancers", ItemKey: "load_balancer"},
	ID:      uuid,
	Owned:   []Ownership{ownedBy(OwnerKubernetes, "name", serviceName)},
	Terraform: Terraform{
		Types:  []string{"digitalocean_loadbalancer"},
		Blocks: map[string]string{"healthcheck": "health_check"},
		Others: []string{"urn", "algorithm", "subnet_uuid", "forwarding_rule.certificate_name",
			"domains.certificate_name", "domains.verification_error_reasons", "domains.ssl_validation_error_reasons"},
	},
	Unreadable: map[string]string{
		"algorithm": "is without effect, since DigitalOcean lets nobody choose it any more",
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.InPlace},
		// A global one is in no region.
		{Path: "region", Of: "slug", Optional: true, Compare: slug, Members: regionMembers, Change: drift.ByReplacement},
		{Path: "size_unit", Optional: true, Compare: drift.With(sizeUnit), Change: drift.InPlace, Default: json.Number("1"),
			Words: "as a number; of a load balancer that has a `size` and no unit, as that size's number"},
		{Path: "size", Optional: true, Compare: nodes{drift.Unset(drift.FoldCase)}, Change: drift.InPlace,
			Default: "lb-small", Follows: "size_unit",
			Words: "without case; `lb-small`, `lb-medium` and `lb-large` are a `size_unit` of 1, 3 and 6, which is what answers show"},
		{Path: "type", Optional: true, Compare: drift.Default("REGIONAL", drift.FoldCase), Change: drift.ByReplacement},
		{Path: "status", Compare: drift.FoldCase, Change: drift.Never},
		// No scope hides the droplets and the rules, which a global one has none of.
		{Path: "droplet_ids", Optional: true, Compare: drift.With(backends), Holds: drift.Numbers, Change: drift.InPlace, Follows: "tag",
			Words: "as numbers; where a `tag` chooses the droplets, no declared ones leave the choice to it",
			Note:  "leave it out where `tag` says which droplets it serves"},
		{Path: "tag", Terraform: TerraformField{Attribute: "droplet_tag"}, Optional: true, Compare: drift.FoldCase, Change: drift.InPlace, Others: []string{"droplet_tag"}},
		{Path: "forwarding_rules", Terraform: TerraformField{Attribute: "forwarding_rule"}, Optional: true, Key: entry, Change: drift.InPlace, Others: []string{"forwarding_rule"},
			Words: "rule by rule, by `entry_protocol` and `entry_port`; of each rule only what you declare",
			Elements: []Field{
				{Path: "entry_protocol", Compare: drift.FoldCase},
				{Path: "entry_port", Compare: drift.Number},
				{Path: "target_protocol", Compare: drift.FoldCase},
				{Path: "target_port", Compare: drift.Number},
				{Path: "certificate_id", Compare: drift.FoldCase, Terraform: TerraformField{Unless: "certificate_name"},
					Note: "a Let's Encrypt certificate gets another id when it is renewed: ignore it, or accept the new one"},
				{Path: "tls_passthrough", Compare: flag},
			}},
		{Path: "health_check.protocol", Optional: true, Compare: drift.Unset(drift.FoldCase), Change: drift.InPlace},
		{Path: "health_check.port", Optional: true, Compare: drift.Unset(drift.Number), Change: drift.InPlace},
		{Path: "health_check.path", Optional: true, Compare: drift.Unset(drift.Loose), Change: drift.InPlace},
		{Path: "health_check.check_interval_seconds", Optional: true, Compare: drift.Unset(drift.Number), Change: drift.InPlace, Default: json.Number("10")},
		{Path: "health_check.response_timeout_seconds", Optional: true, Compare: drift.Unset(drift.Number), Change: drift.InPlace, Default: json.Number("5")},
		{Path: "health_check.unhealthy_threshold", Optional: true, Compare: drift.Unset(drift.Number), Change: drift.InPlace, Default: json.Number("3")},
		{Path: "health_check.healthy_threshold", Optional: true, Compare: drift.Unset(drift.Number), Change: drift.InPlace, Default: json.Number("5")},
		{Path: "sticky_sessions.type", Optional: true, Compare: drift.Default("none", drift.FoldCase), Change: drift.InPlace},
		{Path: "sticky_sessions.cookie_name", Optional: true, Compare: drift.Loose, Change: drift.InPlace},
		{Path: "sticky_sessions.cookie_ttl_seconds", Optional: true, Compare: count, Change: drift.InPlace},
		{Path: "redirect_http_to_https", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "enable_proxy_protocol", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "enable_backend_keepalive", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "http_idle_timeout_seconds", Optional: true, Compare: drift.Unset(drift.Number), Change: drift.InPlace, Default: json.Number("60")},
		{Path: "disable_lets_encrypt_dns_records", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "firewall.allow", Optional: true, Compare: drift.Loosely(source), Holds: drift.Texts, Change: drift.InPlace,
			Words: "as a set of addresses, with `ip:` or `cidr:` in front or without"},
		{Path: "firewall.deny", Optional: true, Compare: drift.Loosely(source), Holds: drift.Texts, Change: drift.InPlace,
			Words: "as a set of addresses, with `ip:` or `cidr:` in front or without"},
		{Path: "vpc_uuid", Compare: drift.Unset(drift.FoldCase), Optional: true, Change: drift.ByReplacement},
		{Path: "network", Optional: true, Compare: drift.Default("EXTERNAL", drift.FoldCase), Change: drift.ByReplacement},
		{Path: "network_stack", Optional: true, Compare: drift.Default("IPV4", drift.FoldCase), Change: drift.ByReplacement},
		{Path: "tls_cipher_policy", Optional: true, Compare: drift.Default("DEFAULT", drift.FoldCase), Change: drift.InPlace},
		{Path: "project_id", Compare: drift.Unset(drift.FoldCase), Change: drift.InPlace},
		{Path: "domains", Optional: true, Key: byName, Change: drift.InPlace, Words: "one by one, by `name`; of each only what you declare",
			Elements: []Field{
				{Path: "name", Compare: drift.Loosely(hostName)},
				{Path: "is_managed", Compare: flag},
				{Path: "certificate_id", Compare: drift.FoldCase, Terraform: TerraformField{Unless: "certificate_name"}},
			}},
		{Path: "glb_settings.target_protocol", Optional: true, Compare: drift.FoldCase, Change: drift.InPlace},
		{Path: "glb_settings.target_port", Optional: true, Compare: drift.Number, Change: drift.InPlace, Default: json.Number("0")},
		{Path: "glb_settings.cdn.is_enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "glb_settings.region_priorities", Optional: true, Compare: drift.Number, Holds: drift.OneObject, Change: drift.InPlace,
			Members: drift.Members{drift.AnyName: {Holds: drift.OneNumber}}},
		{Path: "glb_settings.failover_threshold", Optional: true, Compare: drift.Number, Change: drift.InPlace, Default: json.Number("0")},
		{Path: "target_load_balancer_ids", Optional: true, Compare: drift.FoldCase, Holds: drift.Texts, Change: drift.InPlace},
		{Path: "ip", Optional: true, Compare: drift.Addresses, Change: drift.Never},
		{Path: "ipv6", Optional: true, Compare: drift.Addresses, Change: drift.Never},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
}

// entry is where a forwarding rule takes traffic in: what no two rules share.
func entry(rule any) string {
	object, _ := rule.(map[string]any)
	return short(drift.Fold(text(object["entry_protocol"])) + "/" + drift.Decimal(text(object["entry_port"])))
}

// byName is the key of elements that have a host name.
func byName(element any) string {
	object, _ := element.(map[string]any)
	return short(hostName(text(object["name"])))
}

// backends are the tag's to choose where there is one.
func backends(live resource.Resource) drift.Comparison {
	if shownText(live, "tag") != "" {
		return drift.Unset(drift.Number)
	}
	return drift.Number
}

// source is the form of an address in a load balancer's firewall, as in ip:192.0.2.7.
func source(address string) string {
	address = drift.Fold(address)
	for _, prefix := range []string{"ip:", "cidr:"} {
		address = strings.TrimPrefix(address, prefix)
	}
	return drift.Address(address)
}

// units are the numbers of nodes that once had a name.
var units = map[string]string{"lb-small": "1", "lb-medium": "3", "lb-large": "6"}

// nodes compares a size by its name with the number of nodes that an answer shows.
type nodes struct{ drift.Comparison }

// Compare implements drift.Comparison.
func (n nodes) Compare(desired any, live drift.Live) drift.Outcome {
	shown, seen := live.Of.Lookup(resource.Path{"size_unit"})
	unit := text(shown)
	if !seen || unit == "" || text(live.Value) != "" {
		return n.Comparison.Compare(desired, live)
	}
	for name, nodes := range units {
		if nodes == unit {
			return n.Comparison.Compare(desired, live.With(name))
		}
	}
	return n.Comparison.Compare(desired, live.With(json.Number(unit)))
}

// sizeUnit is shown as a size in regions that know no other.
func sizeUnit(live resource.Resource) drift.Comparison {
	unit, named := units[drift.Fold(shownText(live, "size"))]
	if shownText(live, "size_unit") != "" || !named {
		return drift.Unset(drift.Number)
	}
	return seeing{drift.Unset(drift.Number), func(any) any { return json.Number(unit) }}
}

var errNoSize = fmt.Errorf("%w: no size has so many nodes; declare size_unit in the place of size", drift.ErrNotAdoptable)

// Adopt implements drift.Comparison.
func (n nodes) Adopt(desired, actual any, at resource.Path) (any, error) {
	if _, isUnit := actual.(json.Number); isUnit {
		return nil, errNoSize
	}
	return n.Comparison.Adopt(desired, actual, at)
}

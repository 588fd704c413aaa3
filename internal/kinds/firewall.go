package kinds

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Pending changes are not compared: they say how far the last change has come.
var firewall = Kind{
	Name: "Firewall", One: "firewall", Many: "firewalls", Scope: "firewall:read",
	About:   "Rules are compared one by one; each that differs is a drift of its own, at `inbound_rules[\"tcp/22\"]`. A rule that is live and was not declared is a drift whose expected value is null.",
	Listing: Listing{Path: "v2/firewalls", Key: "firewalls", ItemKey: "firewall"},
	ID:      uuid,
	Owned:   []Ownership{ownedBy(OwnerKubernetes, "name", clusterFirewall)},
	Terraform: Terraform{
		Types:  []string{"digitalocean_firewall"},
		Others: []string{"pending_changes"},
	},
	// "Firewall resources are only shown to a token that may see them" (OpenAPI). Whether an
	// empty list of these is one takes a call for each of their kinds.
	Scoped: []Scoped{
		{Listing: "v2/droplets", Paths: []string{"droplet_ids", "inbound_rules[*].sources.droplet_ids", "outbound_rules[*].destinations.droplet_ids"}},
		{Listing: "v2/tags", Paths: []string{"tags", "inbound_rules[*].sources.tags", "outbound_rules[*].destinations.tags"}},
		{Listing: "v2/load_balancers", Paths: []string{"inbound_rules[*].sources.load_balancer_uids", "outbound_rules[*].destinations.load_balancer_uids"}},
		{Listing: "v2/kubernetes/clusters", Paths: []string{"inbound_rules[*].sources.kubernetes_ids", "outbound_rules[*].destinations.kubernetes_ids"}},
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.InPlace},
		{Path: "status", Compare: drift.FoldCase, Change: drift.Never},
		{Path: "tags", Compare: drift.SetFoldCase, Holds: drift.Texts, Change: drift.InPlace,
			Note: "the droplets with these tags are behind the firewall"},
		{Path: "droplet_ids", Compare: drift.Number, Holds: drift.Numbers, Change: drift.InPlace},
		{Path: "inbound_rules", Terraform: TerraformField{Attribute: "inbound_rule"}, Compare: rules, Words: ruleWords, Holds: drift.Objects, Change: drift.InPlace, Others: []string{"inbound_rule"}, Members: ruleMembers, EmptyCounts: true},
		{Path: "outbound_rules", Terraform: TerraformField{Attribute: "outbound_rule"}, Compare: rules, Words: ruleWords, Holds: drift.Objects, Change: drift.InPlace, Others: []string{"outbound_rule"}, Members: ruleMembers, EmptyCounts: true},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
}

const ruleWords = "rule by rule, by protocol and ports; ports `0`, `all` and `1-65535` are equal; sources and destinations as sets"

// ruleMembers are the names within a rule. What Terraform calls source_tags is within
// sources here, and is what the rule of either direction may have been given.
var ruleMembers = drift.Members{
	"protocol": {Holds: drift.OneText}, "ports": {Holds: drift.OneText, Others: []string{"port_range"}}, "action": {Holds: drift.OneText},
	"sources":      {Holds: drift.OneObject, Members: peers("source_")},
	"destinations": {Holds: drift.OneObject, Members: peers("destination_")},
}

// peers are whom a rule lets through, with Terraform's names for them.
func peers(prefix string) drift.Members {
	out := drift.Members{}
	for _, name := range []string{"addresses", "droplet_ids", "tags", "kubernetes_ids", "load_balancer_uids"} {
		out[name] = drift.Member{Holds: drift.Texts, Others: []string{prefix + name}}
	}
	ids := out["droplet_ids"]
	ids.Holds = drift.Numbers
	out["droplet_ids"] = ids
	return out
}

// rules are known by their protocol and ports, as in tcp/22, tcp/8000-9000, udp/0
// for all ports, icmp/0, and tcp/22/deny for a rule that denies. Rules with the
// same key are one rule with the sources of all: that is what they allow.
var rules = drift.Keyed(ruleKey, tidyRule, mergeRules)

func ruleKey(element any) string {
	rule, ok := tidyRule(element).(map[string]any)
	if !ok {
		return short(string(resource.Canonical(element)))
	}
	key := text(rule["protocol"]) + "/" + text(rule["ports"])
	if action := text(rule["action"]); action != "" {
		key += "/" + action
	}
	return short(key)
}

// A key becomes a path, for which the API server has a limit. A rule of
// DigitalOcean's has a short one, but anything may be declared for a rule.
const (
	longestKey = 100
	keptOfKey  = 32
)

// short is the key, or its beginning and a hash of it.
func short(key string) string {
	if len(key) <= longestKey {
		return key
	}
	kept := []rune(key)
	return string(kept[:min(len(kept), keptOfKey)]) + "…" + resource.Hash(key)
}

// tidyRule writes a rule as DigitalOcean's answers do, without what is empty. What
// it does not know it keeps: a misspelt name must not pass for an absent one.
func tidyRule(element any) any {
	declared, ok := element.(map[string]any)
	if !ok {
		return element
	}
	rule := maps.Clone(declared)
	protocol := drift.Fold(text(rule["protocol"]))
	if protocol != "" {
		rule["protocol"] = protocol
	}
	if ports := tidyPorts(protocol, text(rule["ports"])); ports != "" {
		rule["ports"] = ports
	}
	switch action := drift.Fold(text(rule["action"])); action {
	case "allow": // as a rule does that says nothing of it
		delete(rule, "action")
	case "":
	default:
		rule["action"] = action
	}
	for _, side := range []string{"sources", "destinations"} {
		if peers, ok := rule[side].(map[string]any); ok {
			rule[side] = tidyPeers(peers)
		}
	}
	return withoutEmpty(rule)
}

// tidyPorts spells ports in one way: all ports are "0", of icmp always.
func tidyPorts(protocol, ports string) string {
	ports = strings.ReplaceAll(drift.Fold(ports), " ", "")
	if protocol == "icmp" || ports == "all" {
		return "0"
	}
	low, high, isRange := strings.Cut(ports, "-")
	if !isRange {
		high = low
	}
	from, errFrom := strconv.ParseUint(low, 10, 16)
	to, errTo := strconv.ParseUint(high, 10, 16)
	switch {
	case errFrom != nil || errTo != nil:
		return ports
	case isRange && from <= 1 && to == 65535:
		return "0"
	case from == to:
		return strconv.FormatUint(from, 10)
	default:
		return strconv.FormatUint(from, 10) + "-" + strconv.FormatUint(to, 10)
	}
}

// tidyPeers spells each source or destination in one way, once.
func tidyPeers(peers map[string]any) map[string]any {
	tidied := make(map[string]any, len(peers))
	for name, value := range peers {
		form := drift.Fold
		if name == "addresses" {
			form = drift.Address
		}
		tidied[name] = value
		if isList(value) || text(value) != "" { // one value may be declared for a list of one
			tidied[name] = distinct(asList(value), form)
		}
	}
	return withoutEmpty(tidied)
}

// distinct brings the strings of a list into a form and leaves repetitions out.
func distinct(list []any, form drift.Form) []any {
	seen := make(map[string]bool, len(list))
	kept := make([]any, 0, len(list))
	for _, element := range list {
		if value, ok := element.(string); ok {
			element = form(value)
		}
		if key := string(resource.Canonical(element)); !seen[key] {
			seen[key] = true
			kept = append(kept, element)
		}
	}
	return kept
}

func mergeRules(a, b any) any {
	left, leftOK := a.(map[string]any)
	right, rightOK := b.(map[string]any)
	if leftOK && rightOK {
		merged := maps.Clone(left)
		for name, value := range right {
			if old, both := merged[name]; both {
				value = mergeRules(old, value)
			}
			merged[name] = value
		}
		return merged
	}
	union := distinct(slices.Concat(asList(a), asList(b)), drift.Fold)
	if len(union) == 1 && !isList(a) {
		return union[0]
	}
	return union
}

func asList(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

func isList(value any) bool {
	_, ok := value.([]any)
	return ok
}

func withoutEmpty(object map[string]any) map[string]any {
	maps.DeleteFunc(object, func(_ string, value any) bool {
		switch value := value.(type) {
		case nil:
			return true
		case string:
			return value == ""
		case []any:
			return len(value) == 0
		case map[string]any:
			return len(value) == 0
		default:
			return false
		}
	})
	return object
}

// text is a scalar as a string, and empty for anything else.
func text(value any) string {
	if number, ok := resource.Decimal(value); ok {
		return number
	}
	written, _ := value.(string)
	return written
}

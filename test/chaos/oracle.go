package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The oracle says what differs, from what dosim holds and from what was declared.
// It knows the few fields that sequences declare, and shares no line with the
// operator's own comparison.

// form is how the values of a field are compared.
type form int

const (
	scalar form = iota // as text
	set                // as a set of texts
	rules              // each element by itself, known by protocol and ports
)

var schemas = map[string]map[string]form{
	"Droplet": {"name": scalar, "region": scalar, "size_slug": scalar, "status": scalar, "tags": set,
		"monitoring": scalar, "ipv6": scalar},
	"Volume":       {"name": scalar, "region": scalar, "size_gigabytes": scalar, "description": scalar, "tags": set},
	"VPC":          {"name": scalar, "region": scalar, "description": scalar, "ip_range": scalar},
	"Firewall":     {"name": scalar, "tags": set, "droplet_ids": set, "inbound_rules": rules},
	"Tag":          {"name": scalar},
	"Domain":       {"name": scalar, "ttl": scalar},
	"DomainRecord": {"name": scalar, "type": scalar, "data": scalar, "ttl": scalar},
}

// text is a value in the one spelling that its equals share; nothing and empty
// are alike.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case json.Number:
		return value.String()
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case []any:
		var parts []string
		for _, element := range value {
			parts = append(parts, strings.ToLower(text(element)))
		}
		slices.Sort(parts)
		return strings.Join(slices.Compact(parts), ",")
	case map[string]any:
		key, from := ruleOf(value)
		return key + " from " + strings.Join(from, ",")
	default:
		return fmt.Sprintf("%T %v", value, value)
	}
}

// ruleOf is a firewall rule's key and its sorted sources.
func ruleOf(rule map[string]any) (key string, sources []string) {
	ports := text(rule["ports"])
	if ports == "all" || ports == "" {
		ports = "0"
	}
	peers, _ := rule["sources"].(map[string]any)
	addresses, _ := peers["addresses"].([]any)
	for _, address := range addresses {
		sources = append(sources, text(address))
	}
	for prefix, key := range hideable {
		ids, _ := peers[key].([]any)
		for _, id := range ids {
			sources = append(sources, prefix+strings.ToLower(text(id)))
		}
	}
	slices.Sort(sources)
	return text(rule["protocol"]) + "/" + ports, slices.Compact(sources)
}

// hideable are the peers of a rule that are only shown to a token which may see them,
// by how they are written here.
var hideable = map[string]string{"tag:": "tags", "droplet:": "droplet_ids"}

// visible is a flattened value without the peers that may have been hidden.
func visible(value string) string {
	key, from, isRule := strings.Cut(value, " from ")
	if !isRule {
		return value
	}
	peers := slices.DeleteFunc(strings.Split(from, ","), func(peer string) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(hideable)), func(prefix string) bool { return strings.HasPrefix(peer, prefix) })
	})
	return key + " from " + strings.Join(peers, ",")
}

// alike says whether two flattened values are one, as far as every token sees them.
func alike(a, b string) bool { return visible(a) == visible(b) }

// flatten gives each comparable value of a kind its path; values of unknown names
// are left out. An element that is not there has no path.
func flatten(kind string, values map[string]any) map[string]string {
	out := map[string]string{}
	for field, form := range schemas[kind] {
		value, ok := values[field]
		switch {
		case !ok:
		case form != rules:
			out[field] = text(value)
		default:
			list, _ := value.([]any)
			merged := map[string][]string{}
			for _, element := range list {
				rule, _ := element.(map[string]any)
				key, sources := ruleOf(rule)
				merged[key] = append(merged[key], sources...)
			}
			for key, sources := range merged {
				slices.Sort(sources)
				out[elementPath(field, key)] = key + " from " + strings.Join(slices.Compact(sources), ",")
			}
		}
	}
	return out
}

func elementPath(field, key string) string { return fmt.Sprintf("%s[%q]", field, key) }

// rootOf is the field that a path lies in.
func rootOf(path string) string {
	root, _, _ := strings.Cut(path, "[")
	return root
}

// desired is what one version of a CloudProvisioned declares.
type desired struct {
	values map[string]any
	ignore []string
}

func (d desired) ignores(path string) bool {
	return slices.Contains(d.ignore, path) || slices.Contains(d.ignore, rootOf(path))
}

// pair is an expected and an actual value.
type pair struct{ expected, actual string }

// differences are the paths at which an object is not as it is declared.
func differences(kind string, d desired, o object) map[string]pair {
	out := map[string]pair{}
	want := flatten(kind, d.values)
	consider := maps.Clone(want)
	for path := range o.fields {
		if _, declared := d.values[rootOf(path)]; declared {
			consider[path] = ""
		}
	}
	for path := range consider {
		if want[path] != o.fields[path] && !d.ignores(path) {
			out[path] = pair{want[path], o.fields[path]}
		}
	}
	return out
}

// differs says whether one path is not as it is declared; an object that is gone
// differs in its existence alone.
func differs(kind, path string, d desired, o *object) bool {
	if path == existence {
		return o == nil
	}
	if o == nil {
		return false
	}
	_, ok := differences(kind, d, *o)[path]
	return ok
}

// existence is the field of the drift of a resource that is gone.
const existence = "(existence)"

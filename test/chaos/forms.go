package main

import (
	"slices"
	"strconv"
	"strings"
)

// form is how the values of a field are compared. The zero form compares them as text,
// and lists as sets.
type form struct {
	// same says whether what is live is as good as what is declared; nil: where the texts
	// are one. declared and live are all values of the resource.
	same func(want, have string, declared, live map[string]string) bool
	// elements gives each element of a list a path below the field; nil: it is one value.
	elements func(out map[string]string, field string, list []any)
}

func (f form) alike(want, have string, declared, live map[string]string) bool {
	return want == have || f.same != nil && f.same(want, have, declared, live)
}

var (
	asText = form{}
	// timeOfDay is with or without seconds.
	timeOfDay = form{same: func(want, have string, _, _ map[string]string) bool { return minutes(want) == minutes(have) }}
	// release is a version, of which the beginning may be declared.
	release = form{same: func(want, have string, _, _ map[string]string) bool {
		return want != "" && (strings.HasPrefix(have, want+".") || strings.HasPrefix(have, want+"-"))
	}}
	// poolSize is the autoscaler's to choose, where there is one.
	poolSize = form{same: func(want, have string, _, live map[string]string) bool {
		_, err := strconv.Atoi(want)
		count, err1 := strconv.Atoi(have)
		low, err2 := strconv.Atoi(live["min_nodes"])
		high, err3 := strconv.Atoi(live["max_nodes"])
		return live["auto_scale"] == "true" && err == nil && err1 == nil && err2 == nil && err3 == nil && low <= count && count <= high
	}}
	// poolLimit means nothing where nobody scales the pool, and people said whether anybody
	// should: DigitalOcean shows 0 then.
	poolLimit = form{same: func(_, have string, declared, live map[string]string) bool {
		return declared["auto_scale"] != "" && live["auto_scale"] == "false" && (have == "0" || have == "")
	}}
	// firewallRules are each compared as a whole, and known by protocol and ports. Two of
	// the same are one with the sources of both.
	firewallRules = form{elements: func(out map[string]string, field string, list []any) {
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
	}}
)

// minutes is a time of day without seconds, where these are none.
func minutes(time string) string {
	if strings.Count(time, ":") > 1 {
		return strings.TrimSuffix(time, ":00")
	}
	return time
}

// byMember is for lists of objects that are compared member by member, and known by two of
// these. Of two that are known by the same the first counts.
func byMember(first, second string, others ...string) form {
	return form{elements: func(out map[string]string, field string, list []any) {
		for _, element := range list {
			object, _ := element.(map[string]any)
			path := elementPath(field, strings.ToLower(text(object[first])+"/"+text(object[second])))
			if at(out, path) != "" {
				continue
			}
			for _, member := range append([]string{first, second}, others...) {
				if value, declared := object[member]; declared {
					out[path+"."+member] = text(value)
				}
			}
		}
	}}
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
var hideable = map[string]string{
	"tag:": "tags", "droplet:": "droplet_ids", "load balancer:": "load_balancer_uids", "cluster:": "kubernetes_ids",
}

// visible is a flattened value without the peers that may have been hidden.
func visible(value string) string {
	key, from, isRule := strings.Cut(value, " from ")
	if !isRule {
		return value
	}
	peers := slices.DeleteFunc(strings.Split(from, ","), func(peer string) bool {
		for prefix := range hideable {
			if strings.HasPrefix(peer, prefix) {
				return true
			}
		}
		return false
	})
	return key + " from " + strings.Join(peers, ",")
}

// alike says whether two flattened values are one, as far as every token sees them.
func alike(a, b string) bool { return visible(a) == visible(b) }

package kinds

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestAdopted(t *testing.T) {
	for _, c := range []struct {
		why, kind, live string
		unseen          []string
		wanted          Wanted
		want            string
	}{
		{why: "what is read-only, a state, or said by another field is left out", kind: "Droplet",
			live: `{"name":"web","status":"off","size_slug":"s-1vcpu-1gb","memory":1024,"vcpus":1,"disk":25,"features":["ipv6"],"ipv6":true,"created_at":"2026-01-01T00:00:00Z","networks":{"v4":[]}}`,
			want: `{"name":"web","size_slug":"s-1vcpu-1gb","ipv6":true}`},
		{why: "what is empty or at its default too", kind: "Droplet", live: `{"name":"web","tags":[],"monitoring":false,"backup_policy":null,"volume_ids":[]}`, want: `{"name":"web"}`},
		{why: "unless it was asked for", kind: "Droplet", live: `{"name":"web","tags":[],"monitoring":false}`,
			wanted: Wanted{Asked: func(path string) bool { return path == "monitoring" }}, want: `{"monitoring":false}`},
		{why: "or all defaults are", kind: "Droplet", live: `{"name":"web","tags":[],"monitoring":false,"status":"active"}`, wanted: Wanted{Defaults: true},
			want: `{"name":"web","monitoring":false,"tags":[]}`},
		{why: "what could not be seen is not there", kind: "Droplet", live: `{"name":"web","tags":["a"]}`, unseen: []string{"tags"}, want: `{"name":"web"}`},
		{why: "an image by its slug", kind: "Droplet", live: `{"image":{"id":1,"slug":"ubuntu-24-04-x64","type":"base"}}`, want: `{"image":"ubuntu-24-04-x64"}`},
		{why: "and one without by its id", kind: "Droplet", live: `{"image":{"id":7,"slug":null,"type":"snapshot"}}`, want: `{"image":7}`},
		{why: "a policy's midnight is an hour", kind: "Droplet", live: `{"backups":true,"backup_policy":{"plan":"daily","weekday":null,"hour":0,"window_length_hours":4}}`,
			want: `{"backups":true,"backup_policy":{"plan":"daily","hour":0}}`},
		{why: "no rule lets nobody in", kind: "Firewall", live: `{"name":"w","inbound_rules":[],"outbound_rules":null,"tags":[],"droplet_ids":[]}`, want: `{"name":"w","inbound_rules":[],"outbound_rules":[]}`},
		{why: "and no source lets everybody in", kind: "DatabaseFirewall", live: `{"rules":[]}`, want: `{"rules":[]}`},
		{why: "of a rule what is empty is left out", kind: "Firewall", live: `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["::/0"],"tags":[],"droplet_ids":null}}],"outbound_rules":[]}`,
			want: `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["::/0"]}}],"outbound_rules":[]}`},
		{why: "peers that may be hidden do not keep the rest from being seen", kind: "Firewall", unseen: []string{"inbound_rules[*].sources.tags", "tags"},
			live: `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["::/0"]}}],"outbound_rules":[],"tags":[]}`,
			want: `{"inbound_rules":[{"protocol":"tcp","ports":"22","sources":{"addresses":["::/0"]}}],"outbound_rules":[]}`},
		{why: "an autoscaler chooses the count", kind: "KubernetesNodePool", live: `{"name":"p","count":3,"auto_scale":true,"min_nodes":1,"max_nodes":5,"tags":["k8s","k8s:worker"]}`,
			want: `{"name":"p","auto_scale":true,"min_nodes":1,"max_nodes":5}`},
		{why: "and people where there is none", kind: "KubernetesNodePool", live: `{"name":"p","count":3,"auto_scale":false,"min_nodes":0,"max_nodes":0,"tags":["k8s","mine"]}`,
			want: `{"name":"p","count":3,"tags":["mine"]}`},
		{why: "a tag chooses the droplets", kind: "LoadBalancer", live: `{"name":"l","tag":"web","droplet_ids":[1,2],"size_unit":1,"size":"lb-small","http_idle_timeout_seconds":60}`, want: `{"name":"l","tag":"web"}`},
		{why: "or nobody does", kind: "LoadBalancer", live: `{"name":"l","tag":"","droplet_ids":[2,1],"size_unit":3}`, want: `{"name":"l","droplet_ids":[1,2],"size_unit":3}`},
		{why: "a size where there is no unit", kind: "LoadBalancer", live: `{"name":"l","size":"lb-large"}`, want: `{"name":"l","size":"lb-large"}`},
		{why: "a record of the domain itself has a name", kind: "DomainRecord", live: `{"type":"MX","name":"@","data":"mail.example.com","ttl":1800,"priority":0}`, want: `{"type":"MX","name":"@","data":"mail.example.com"}`},
		{why: "another TTL than records have", kind: "DomainRecord", live: `{"type":"A","name":"www","data":"203.0.113.1","ttl":300}`, want: `{"type":"A","name":"www","data":"203.0.113.1","ttl":300}`},
		{why: "the database that every cluster has", kind: "DatabaseCluster", live: `{"name":"d","db_names":["defaultdb"]}`, want: `{"name":"d"}`},
		{why: "and those that were made", kind: "DatabaseCluster", live: `{"name":"d","db_names":["orders","defaultdb"]}`, want: `{"name":"d","db_names":["defaultdb","orders"]}`},
		{why: "an order that means something", kind: "KubernetesCluster", live: `{"name":"k","cluster_autoscaler_configuration":{"expanders":["priority","least_waste"]}}`,
			want: `{"name":"k","cluster_autoscaler_configuration":{"expanders":["priority","least_waste"]}}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			kind, _ := Lookup(c.kind)
			live := resource.Resource{Ref: resource.Ref{Kind: c.kind, ID: "example.com/1"}, Values: decoded(t, c.live), Unseen: c.unseen}
			got := kind.Adopted(live, c.wanted)
			if diff := cmp.Diff(decoded(t, c.want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			result := drift.Differences(kind.Schema, got, live, nil)
			if len(result.Differences)+len(result.Unknown) > 0 {
				t.Errorf("what was adopted differs: %+v", result)
			}
		})
	}
}

// Every value that a field may have can be adopted, and what was adopted does not differ.
func FuzzAdopted(f *testing.F) {
	f.Add(`[{"protocol":"tcp","ports":"22","sources":{"addresses":["1.2.3.4"]}}]`)
	f.Add(`[{"key":"a","effect":"NoSchedule","value":""}]`)
	f.Add(`{"id":7,"slug":""}`)
	f.Add(`["k8s","k8s:worker",["mine"]]`)
	f.Add(`0`)
	f.Fuzz(func(t *testing.T, text string) {
		value, err := resource.Decode([]byte(text))
		if err != nil || holdsNothing(value) {
			return // no answer has lists of nothing
		}
		for _, kind := range All() {
			for _, field := range kind.Fields {
				at, _ := resource.ParsePath(field.Path)
				values := map[string]any{}
				resource.Put(values, at, value)
				live := resource.Resource{Ref: resource.Ref{Kind: kind.Name, ID: "example.com/1"}, Values: values}
				for _, wanted := range []Wanted{{}, {Defaults: true}, {Asked: func(string) bool { return true }}} {
					for _, d := range drift.Differences(kind.Schema, kind.Adopted(live, wanted), live, nil).Differences {
						t.Errorf("%s.%s %s: %s expected %v, actual %v", kind.Name, field.Path, text, d.Path, d.Expected, d.Actual)
					}
				}
			}
		}
	})
}

// holdsNothing says whether a list or an object is not empty, and all in it is.
func holdsNothing(value any) bool {
	empty := func(inner any) bool {
		return inner == nil || inner == "" || holdsNothing(inner) || len(asList(inner)) == 0
	}
	switch value := value.(type) {
	case []any:
		return len(value) > 0 && !slices.ContainsFunc(value, func(inner any) bool { return !empty(inner) })
	case map[string]any:
		for _, inner := range value {
			if object, isObject := inner.(map[string]any); !empty(inner) && (!isObject || len(object) > 0) {
				return false
			}
		}
		return len(value) > 0
	}
	return false
}

func TestTerraformTablesAreSound(t *testing.T) {
	types := map[string]bool{}
	for _, kind := range All() {
		if len(kind.Terraform.Types) == 0 {
			t.Errorf("%s has no Terraform type", kind.Name)
		}
		for _, name := range kind.Terraform.Types {
			found, known := ByTerraformType(name)
			if types[name] || !known || found.Name != kind.Name {
				t.Errorf("%s is there twice, or not found", name)
			}
			types[name] = true
		}
		has := func(path string) bool {
			return slices.ContainsFunc(kind.Fields, func(f Field) bool { return f.Path == path || strings.HasPrefix(f.Path, path+".") })
		}
		for block, object := range kind.Terraform.Blocks {
			if has(block) || !has(object) {
				t.Errorf("%s: the block %s is %s", kind.Name, block, object)
			}
		}
		for _, field := range kind.Fields {
			if field.Follows != "" && !has(field.Follows) {
				t.Errorf("%s.%s follows %s, which is no field", kind.Name, field.Path, field.Follows)
			}
			if field.Default != nil {
				if _, err := json.Marshal(field.Default); err != nil {
					t.Errorf("%s.%s: %v", kind.Name, field.Path, err)
				}
			}
		}
		for _, within := range kind.Terraform.Within {
			if InTerraformBlocks(within.Type)[within.Block].Name != kind.Name || !types[within.Type] {
				t.Errorf("%s is not found in %s of %s", kind.Name, within.Block, within.Type)
			}
		}
	}
}

// What another field would say is said where that one says nothing of it.
func TestWhatFollowsIsDeclaredWhereNothingSaysIt(t *testing.T) {
	pool, _ := Lookup("KubernetesNodePool")
	r := resource.Resource{Ref: resource.Ref{Kind: "KubernetesNodePool", ID: "1/2"}, Values: map[string]any{"name": "p", "count": json.Number("2"), "auto_scale": false}}
	for why, wanted := range map[string]Wanted{
		"what one would declare": {}, "with the defaults": {Defaults: true}, "what was asked for": {Asked: func(string) bool { return true }},
	} {
		if got := pool.Adopted(r, wanted); got["count"] != json.Number("2") {
			t.Errorf("%s: %v", why, got)
		}
	}
	r.Values["auto_scale"] = true
	if got := pool.Adopted(r, Wanted{Defaults: true}); got["count"] != nil {
		t.Errorf("a pool that is scaled by itself: %v", got)
	}
}

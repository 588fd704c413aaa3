package digitalocean

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/digitalocean/godo"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// What a request to create takes and no answer ever has is known for each kind: who copies it
// from Terraform's files or from DigitalOcean's documentation is told so, and no suggestion is
// guessed.
func TestNamesThatOnlyARequestHas(t *testing.T) {
	type creation struct {
		kind          string
		asked, answer any
	}
	created := []creation{
		{"Droplet", godo.DropletCreateRequest{}, godo.Droplet{}},
		{"Droplet", godo.DropletMultiCreateRequest{}, godo.Droplet{}},
		{"Volume", godo.VolumeCreateRequest{}, godo.Volume{}},
		{"VPC", godo.VPCCreateRequest{}, godo.VPC{}},
		{"Firewall", godo.FirewallRequest{}, godo.Firewall{}},
		{"LoadBalancer", godo.LoadBalancerRequest{}, godo.LoadBalancer{}},
		{"ReservedIP", godo.ReservedIPCreateRequest{}, godo.ReservedIP{}},
		{"Tag", godo.TagCreateRequest{}, godo.Tag{}},
		{"Domain", godo.DomainCreateRequest{}, godo.Domain{}},
		{"DomainRecord", godo.DomainRecordEditRequest{}, godo.DomainRecord{}},
		{"CDNEndpoint", godo.CDNCreateRequest{}, godo.CDN{}},
		{"DatabaseCluster", godo.DatabaseCreateRequest{}, godo.Database{}},
		{"DatabaseFirewall", godo.DatabaseUpdateFirewallRulesRequest{}, struct{}{}},
		{"KubernetesCluster", godo.KubernetesClusterCreateRequest{}, godo.KubernetesCluster{}},
		{"KubernetesNodePool", godo.KubernetesNodePoolCreateRequest{}, godo.KubernetesNodePool{}},
	}
	for _, c := range created {
		kind, _ := kinds.Lookup(c.kind)
		shown := jsonNames(c.answer)
		for _, name := range jsonNames(c.asked) {
			isField := slices.ContainsFunc(kind.Fields, func(f kinds.Field) bool {
				return f.Path == name || strings.HasPrefix(f.Path, name+".") || slices.Contains(f.Others, name)
			})
			if !slices.Contains(shown, name) && !isField && kind.Schema.Unreadable[name] == "" {
				t.Errorf("%s.%s is sent and never shown: it is missing in CreateOnly", c.kind, name)
			}
		}
		for _, name := range kind.CreateOnly {
			if slices.Contains(shown, name) {
				t.Errorf("%s.%s is shown, and not only used to create one", c.kind, name)
			}
		}
	}
	for _, kind := range kinds.All() {
		if !slices.ContainsFunc(created, func(c creation) bool { return c.kind == kind.Name }) {
			t.Errorf("nothing is said of what creates a %s", kind.Name)
		}
	}
}

// jsonNames are the keys of a struct in JSON.
func jsonNames(of any) []string {
	var out []string
	for field := range reflect.TypeOf(of).Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

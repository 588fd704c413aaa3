package kinds

import (
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestOwnerOf(t *testing.T) {
	const cluster = "47f41c0b-f8b6-4c32-9364-c6f6beed456e"
	for name, tt := range map[string]struct {
		kind, values string
		unseen       []string
		want         Owner
	}{
		"a node":                                    {kind: "Droplet", values: `{"tags":["web","k8s","k8s:` + cluster + `","k8s:worker"]}`, want: OwnerKubernetes},
		"a droplet":                                 {kind: "Droplet", values: `{"tags":["web"]}`},
		"a droplet without tags":                    {kind: "Droplet", values: `{"tags":null}`},
		"a droplet with a tag that begins alike":    {kind: "Droplet", values: `{"tags":["k8snode","not-k8s:x","k8s-worker"]}`},
		"a node whose tags can't be seen":           {kind: "Droplet", values: `{}`, unseen: []string{"tags"}},
		"the volume of a claim, by its tag":         {kind: "Volume", values: `{"name":"data","tags":["k8s:` + cluster + `"]}`, want: OwnerKubernetes},
		"the volume of a claim, by its name":        {kind: "Volume", values: `{"name":"pvc-` + cluster + `","tags":null}`, want: OwnerKubernetes},
		"a volume":                                  {kind: "Volume", values: `{"name":"pvc-data","tags":["db"]}`},
		"the load balancer of a Service":            {kind: "LoadBalancer", values: `{"name":"a5f1c0b0f8b64c329364c6f6beed4561"}`, want: OwnerKubernetes},
		"a load balancer":                           {kind: "LoadBalancer", values: `{"name":"api"}`},
		"a load balancer before a cluster's nodes":  {kind: "LoadBalancer", values: `{"name":"edge","tag":"k8s:` + cluster + `"}`},
		"a cluster's firewall":                      {kind: "Firewall", values: `{"name":"k8s-` + cluster + `-worker","tags":["k8s:` + cluster + `"]}`, want: OwnerKubernetes},
		"a cluster's other firewall":                {kind: "Firewall", values: `{"name":"k8s-public-access-` + cluster + `"}`, want: OwnerKubernetes},
		"a firewall that people put before a nodes": {kind: "Firewall", values: `{"name":"nodeports","tags":["k8s:` + cluster + `"]}`},
		"a cluster's tag":                           {kind: "Tag", values: `{"name":"k8s:` + cluster + `"}`, want: OwnerKubernetes},
		"a tag":                                     {kind: "Tag", values: `{"name":"web"}`},
		"the VPC that comes with a region":          {kind: "VPC", values: `{"name":"default-nyc3","default":true}`, want: OwnerDigitalOcean},
		"a VPC that was made the default":           {kind: "VPC", values: `{"name":"prod","default":true}`},
		"a VPC that is no default any more":         {kind: "VPC", values: `{"name":"default-nyc3","default":false}`},
		"a VPC":                                     {kind: "VPC", values: `{"name":"prod","default":false}`},
		"a domain's SOA":                            {kind: "DomainRecord", values: `{"type":"SOA","name":"@","data":"1800"}`, want: OwnerDigitalOcean},
		"a domain's NS":                             {kind: "DomainRecord", values: `{"type":"NS","name":"@","data":"ns1.digitalocean.com"}`, want: OwnerDigitalOcean},
		"the NS of a zone below":                    {kind: "DomainRecord", values: `{"type":"NS","name":"eu","data":"ns1.digitalocean.com"}`},
		"another's NS":                              {kind: "DomainRecord", values: `{"type":"NS","name":"@","data":"ns1.example.org"}`},
		"a record":                                  {kind: "DomainRecord", values: `{"type":"A","name":"@","data":"192.0.2.1"}`},
		"a node pool, which people declare":         {kind: "KubernetesNodePool", values: `{"name":"web","tags":["k8s","k8s:` + cluster + `"]}`},
		"a cluster, which people declare":           {kind: "KubernetesCluster", values: `{"name":"prod","tags":["k8s","k8s:` + cluster + `"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			kind, known := Lookup(tt.kind)
			if !known {
				t.Fatal("no such kind")
			}
			got := kind.OwnerOf(resource.Resource{Values: object(t, tt.values), Unseen: tt.unseen})
			if got != tt.want {
				t.Errorf("it is %q's, want %q", got, tt.want)
			}
		})
	}
}

// What people change in a sample must not make it somebody else's by a field that does not
// exist.
func TestOwnersGoByFieldsOfTheKind(t *testing.T) {
	for _, kind := range All() {
		for _, owned := range kind.Owned {
			for field := range owned.Where {
				if !hasField(kind, field) {
					t.Errorf("%s is known by %s, which it does not have", kind.Name, field)
				}
			}
		}
	}
}

func hasField(kind Kind, name string) bool {
	for _, field := range kind.Fields {
		if field.Path == name {
			return true
		}
	}
	return false
}

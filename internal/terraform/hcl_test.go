package terraform_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

func TestEdit(t *testing.T) {
	rule := func(from ...any) object {
		return object{"protocol": "tcp", "ports": "5432", "sources": object{"addresses": from, "droplet_ids": []any{json.Number("1")}}}
	}
	for _, c := range []struct {
		why, kind, address, path string
		from, to                 any
		want                     string
	}{
		{"another name", "Droplet", "module.web[0].digitalocean_droplet.this", "size_slug", "s-1vcpu-1gb", "s-2vcpu-2gb",
			"# module.web[0].digitalocean_droplet.this\nsize = \"s-2vcpu-2gb\"   # was \"s-1vcpu-1gb\"\n"},
		{"a list", "Droplet", "digitalocean_droplet.db", "tags", []any{"db"}, []any{"db", "extra"},
			"# digitalocean_droplet.db\ntags = [\"db\", \"extra\"]   # was [\"db\"]\n"},
		{"a template is none", "Volume", "v", "description", "a", `${x} "<%{y}`, "# v\ndescription = \"$${x} \\\"<%%{y}\"   # was \"a\"\n"},
		{"in a block of another name", "LoadBalancer", "lb", "health_check.path", nil, "/up", "# lb\nhealthcheck {\n  path = \"/up\"   # was not set\n}\n"},
		{"one of a list's objects", "Firewall", "fw", `inbound_rules["tcp/5432"]`, nil, rule("0.0.0.0/0"),
			"# fw\ninbound_rule {   # one more: tcp/5432\n  port_range = \"5432\"\n  protocol = \"tcp\"\n  source_addresses = [\"0.0.0.0/0\"]\n  source_droplet_ids = [1]\n}\n"},
		{"one that is gone", "Firewall", "fw", `inbound_rules["tcp/5432"]`, rule("0.0.0.0/0"), nil, "# fw\n# without the inbound_rule of tcp/5432\n"},
		{"a member of one", "LoadBalancer", "lb", `forwarding_rules["http/80"].target_port`, json.Number("8080"), json.Number("8081"),
			"# lb\nforwarding_rule {   # that of http/80\n  target_port = 8081   # was 8080\n}\n"},
		{"within an object", "KubernetesNodePool", "digitalocean_kubernetes_node_pool.burst", "labels.tier", "batch", "web",
			"# digitalocean_kubernetes_node_pool.burst\nlabels = {\n  tier = \"web\"   # was \"batch\"\n}\n"},
		{"a resource within another", "KubernetesNodePool", "digitalocean_kubernetes_cluster.k8s.node_pool[0]", "count", json.Number("2"), json.Number("3"),
			"# digitalocean_kubernetes_cluster.k8s\nnode_pool {\n  node_count = 3   # was 2\n}\n"},
		{"a text that stands for a number", "DatabaseCluster", "pg", "storage_size_mib", json.Number("10240"), json.Number("20480"),
			"# pg\nstorage_size_mib = \"20480\"   # was 10240\n"},
		{"unset", "VPC", "vpc", "description", "Main", nil, "# vpc\n# without description, which was \"Main\"\n"},
		{"nothing sets it", "Droplet", "db", "status", "active", "off", ""},
		{"nothing of the kind", "Droplet", "db", "nothing", "a", "b", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			kind, _ := kinds.Lookup(c.kind)
			at, err := resource.ParsePath(c.path)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := terraform.Edit(kind, c.address, at, c.from, c.to)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The states that the provider left have every attribute of its resources.
func TestTheProviderHasTheAttributes(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Type      string
			Instances []struct{ Attributes object }
		}
	}
	if err := json.Unmarshal(data, &state); err != nil {
		t.Fatal(err)
	}
	attributes := map[string]object{}
	for _, each := range state.Resources {
		for _, instance := range each.Instances {
			if attributes[each.Type] == nil {
				attributes[each.Type] = object{}
			}
			for name, value := range instance.Attributes {
				if list, isList := value.([]any); attributes[each.Type][name] == nil || isList && len(list) > 0 {
					attributes[each.Type][name] = value
				}
			}
		}
	}
	var none []string
	for _, kind := range kinds.All() {
		there := attributes[kind.Terraform.Types[0]]
		for _, field := range kind.Fields {
			blocks, name, ok := kind.TerraformAttribute(field)
			if !ok {
				if field.Change != drift.Never {
					none = append(none, kind.Name+" "+field.Path)
				}
				continue
			}
			at := there
			for _, block := range blocks {
				if at == nil {
					break // nothing is set there, so that nobody knows what there is
				}
				list, isList := at[block].([]any)
				if !isList {
					t.Errorf("%s %s: there is no block %s", kind.Name, field.Path, block)
				}
				if at = nil; len(list) > 0 {
					at, _ = list[0].(object)
				}
			}
			if _, is := at[name]; !is && at != nil {
				t.Errorf("%s %s: there is no attribute %s", kind.Name, field.Path, strings.Join(append(blocks, name), "."))
			}
		}
	}
	slices.Sort(none)
	if diff := cmp.Diff([]string{
		"DatabaseCluster db_names", "DatabaseCluster do_settings.service_cnames", "Droplet disk", "Droplet features", "Droplet memory", "Droplet status",
		"Droplet vcpus", "KubernetesCluster registries", "ReservedIP project_id", "VPC default", "Volume droplet_ids",
	}, none); diff != "" {
		t.Errorf("fields that the provider does not set (-want +got):\n%s", diff)
	}
}

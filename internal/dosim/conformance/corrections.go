package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// correction is a place where the description is narrower than the API that
// DigitalOcean's own clients (godo, doctl, the Terraform provider) work with.
type correction struct {
	reason string
	// schema is a component; property, where not empty, is one of its own.
	schema, property string
	mend             func(*openapi3.Schema)
}

var corrections = []correction{
	{"null where backups are off; the description's second half of allOf forgets to say so", "droplet", "next_backup_window", nullable},
	{"an action of its own, but not in the list of types that it is checked against", "droplet_action", "type", alsoAllow("change_backup_policy")},
	{"godo sends null where there are none", "droplet_create", "ssh_keys", nullable},
	{"godo sends objects with an id", "droplet_create", "volumes", func(s *openapi3.Schema) {
		s.Items = &openapi3.SchemaRef{Value: openapi3.NewSchema()}
	}},
	{"godo sends an empty weekday with a daily plan", "droplet_backup_policy", "weekday", alsoAllow("")},
	{"usage-based, which the description does not know yet", "droplet_backup_policy", "plan", alsoAllow("intra_daily_4h")},
	{"usage-based too", "droplet_backup_policy", "plan", alsoAllow("intra_daily_6h")},
	{"usage-based too", "droplet_backup_policy", "plan", alsoAllow("intra_daily_12h")},
	{"godo sends null where there are none", "firewall", "tags", nullable},
	{"icmp has no ports; the API refuses all of them by that word", "firewall_rule_base", "", notRequired("ports")},
	{"the Terraform provider edits records without it", "domain_record", "", notRequired("type")},
	{"without it the record is of the domain itself, as the MX of the description", "domain_record_txt", "", notRequired("name")},
	{"godo patches with null what stays", "project_base", "name", nullable},
	{"godo patches with null what stays", "project_base", "description", nullable},
	{"godo patches with null what stays", "project_base", "purpose", nullable},
	{"godo patches with null what stays", "project_base", "environment", nullable},
	{"godo patches with null what stays", "project", "is_default", nullable},
	{"a project may have none", "project_base", "environment", alsoAllow("")},
	{"godo and doctl change other fields without it", "cluster_update", "", notRequired("name")},
	{"godo and doctl change other fields without them", "kubernetes_node_pool_update", "", notRequired("name", "count")},
	{"with auto_scale the number of nodes is the least one, and godo leaves a 0 out", "kubernetes_node_pool", "", notRequired("count")},
	{"the Terraform provider sends null for what stays", "control_plane_firewall", "enabled", nullable},
	{"the Terraform provider sends null for what stays", "control_plane_firewall", "allowed_addresses", nullable},
	{"the Terraform provider sends null for what stays, and godo reads it", "cluster_autoscaler_configuration", "scale_down_utilization_threshold", nullable},
	{"the Terraform provider sends null for what stays, and godo reads it", "cluster_autoscaler_configuration", "scale_down_unneeded_time", nullable},
	{"the Terraform provider sends null for what stays, and godo reads it", "cluster_autoscaler_configuration", "expanders", nullable},
	{"the Terraform provider sends null for what stays", "routing_agent", "enabled", nullable},
	{"the Terraform provider sends null for what stays", "amd_gpu_device_plugin", "enabled", nullable},
	{"the Terraform provider sends null for what stays", "amd_gpu_device_metrics_exporter_plugin", "enabled", nullable},
	{"the Terraform provider sends null for what stays", "nvidia_gpu_device_plugin", "enabled", nullable},
	{"the Terraform provider sends null for what stays", "rdma_shared_dev_plugin", "enabled", nullable},
	{"the Terraform provider sends null for what stays", "coredns_autoscaler", "enabled", nullable},
	{"the Terraform provider sends null for what stays", "p2p_oci_registry_plugin", "enabled", nullable},
	{"godo sends null where there are none", "database_cluster", "rules", nullable},
	{"in the description's words, but not in the list of types", "tags_resource", "resources", func(s *openapi3.Schema) {
		alsoAllow("database")(s.Items.Value.Properties["resource_type"].Value)
	}},
	{"NS records have no flags and no tag", "domain_record_ns", "", notRequired("flags", "tag")},
	{"TXT records have no flags and no tag", "domain_record_txt", "", notRequired("flags", "tag")},
	{"SRV records have no flags and no tag", "domain_record_srv", "", notRequired("flags", "tag")},
	{"a load balancer may have neither droplets nor a tag, and a change need not name its region", "load_balancer_create", "", anyPart},
	{"godo says so, and the API knows it", "project_assignment", "resources", resourceType("reservedip")},
	{"a global load balancer has glb_settings instead", "load_balancer_base", "", notRequired("forwarding_rules")},
}

// resourceType lets a URN be of one type more.
func resourceType(name string) func(*openapi3.Schema) {
	return func(s *openapi3.Schema) {
		s.Items.Value.Pattern = strings.Replace(s.Items.Value.Pattern, "(", "("+name+"|", 1)
	}
}

func correct(doc *openapi3.T) error {
	if doc.Components == nil {
		return errors.New("correcting the OpenAPI description: it has no components")
	}
	for _, c := range corrections {
		ref, ok := doc.Components.Schemas[c.schema]
		if !ok {
			return fmt.Errorf("correcting the OpenAPI description (%s): no schema %s", c.reason, c.schema)
		}
		schema := ref.Value
		if c.property != "" {
			if schema, ok = propertiesOf(schema)[c.property]; !ok {
				return fmt.Errorf("correcting the OpenAPI description (%s): no %s.%s", c.reason, c.schema, c.property)
			}
		}
		c.mend(schema)
	}
	return nil
}

// anyPart lets a value do that suits any of the alternatives, or several, and that lacks
// what they require themselves.
func anyPart(s *openapi3.Schema) {
	s.AnyOf, s.OneOf = s.OneOf, nil
	for _, part := range s.AnyOf {
		part.Value.Required = nil
	}
}

func nullable(s *openapi3.Schema) {
	s.Nullable = true
	for _, part := range s.AllOf {
		part.Value.Nullable = true
	}
}

func alsoAllow(value string) func(*openapi3.Schema) {
	return func(s *openapi3.Schema) { s.Enum = append(s.Enum, value) }
}

func notRequired(names ...string) func(*openapi3.Schema) {
	return func(s *openapi3.Schema) {
		named := func(name string) bool { return slices.Contains(names, name) }
		s.Required = slices.DeleteFunc(s.Required, named)
		for _, part := range s.AllOf {
			part.Value.Required = slices.DeleteFunc(part.Value.Required, named)
		}
	}
}

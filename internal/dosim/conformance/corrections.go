package conformance

import (
	"errors"
	"fmt"
	"slices"

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
	{"godo sends null where there are none", "database_cluster", "rules", nullable},
	{"in the description's words, but not in the list of types", "tags_resource", "resources", func(s *openapi3.Schema) {
		alsoAllow("database")(s.Items.Value.Properties["resource_type"].Value)
	}},
	{"NS records have no flags and no tag", "domain_record_ns", "", notRequired("flags", "tag")},
	{"TXT records have no flags and no tag", "domain_record_txt", "", notRequired("flags", "tag")},
	{"SRV records have no flags and no tag", "domain_record_srv", "", notRequired("flags", "tag")},
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

package conformance

import (
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// correction is a place where the description is narrower than the API that
// DigitalOcean's own clients (godo, doctl, the Terraform provider) work with.
type correction struct {
	reason string
	schema string
	apply  func(*openapi3.Schema)
}

var corrections = []correction{
	{
		reason: "null where backups are off; the description's second half of allOf forgets to say so",
		schema: "droplet", apply: nullableParts("next_backup_window"),
	},
	{
		reason: "the same in the policies of droplets",
		schema: "droplet_backup_policy_record", apply: nullableParts("next_backup_window"),
	},
	{
		reason: "change_backup_policy is an action of its own, but not in the list of types that it is checked against",
		schema: "droplet_action",
		apply: func(s *openapi3.Schema) {
			kind := s.Properties["type"].Value
			kind.Enum = append(kind.Enum, "change_backup_policy")
		},
	},
	{reason: "NS records have no flags and no tag", schema: "domain_record_ns", apply: notRequired("flags", "tag")},
	{reason: "TXT records have no flags and no tag", schema: "domain_record_txt", apply: notRequired("flags", "tag")},
	{reason: "SRV records have no flags and no tag", schema: "domain_record_srv", apply: notRequired("flags", "tag")},
}

func correct(doc *openapi3.T) error {
	for _, c := range corrections {
		ref, ok := doc.Components.Schemas[c.schema]
		if !ok {
			return fmt.Errorf("correcting the OpenAPI description (%s): no schema %s", c.reason, c.schema)
		}
		c.apply(ref.Value)
	}
	return nil
}

func nullableParts(property string) func(*openapi3.Schema) {
	return func(s *openapi3.Schema) {
		for _, part := range s.Properties[property].Value.AllOf {
			part.Value.Nullable = true
		}
	}
}

func notRequired(names ...string) func(*openapi3.Schema) {
	return func(s *openapi3.Schema) {
		for _, part := range s.AllOf {
			part.Value.Required = slices.DeleteFunc(part.Value.Required, func(name string) bool { return slices.Contains(names, name) })
		}
	}
}

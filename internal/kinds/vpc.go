package kinds

import (
	"regexp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

var vpc = Kind{
	Name: "VPC", One: "VPC", Many: "VPCs", Scope: "vpc:read",
	Listing:   Listing{Path: "v2/vpcs", Key: "vpcs", ItemKey: "vpc"},
	ID:        uuid,
	Owned:     []Ownership{{OwnerDigitalOcean, map[string]*regexp.Regexp{"default": yes, "name": regionsOwn}}},
	Terraform: Terraform{Types: []string{"digitalocean_vpc"}},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.InPlace},
		{Path: "region", Of: "slug", Compare: slug, Members: regionMembers, Change: drift.ByReplacement},
		{Path: "description", Optional: true, Compare: drift.Text, Change: drift.InPlace},
		{Path: "ip_range", Compare: drift.Unset(drift.Addresses), Change: drift.ByReplacement},
		// No scope hides it: where it does not come, it is false.
		{Path: "default", Optional: true, Compare: flag, Change: drift.InPlace, Terraform: TerraformField{Computed: true},
			Note: "it goes when another VPC of the region is made the default"},
		{Path: "urn", Compare: drift.FoldCase, Change: drift.Never},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
}

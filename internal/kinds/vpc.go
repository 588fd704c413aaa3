package kinds

import "github.com/arcadiacloud/clouddrift/internal/drift"

var _ = register(Kind{
	ID: uuid,
	Schema: drift.Schema{Kind: "VPC", Fields: []drift.Field{
		{Path: "name", Compare: drift.Loose, Change: drift.InPlace},
		{Path: "region", Compare: slug, Change: drift.ByReplacement},
		{Path: "description", Compare: drift.Text, Change: drift.InPlace},
		{Path: "ip_range", Compare: drift.Unset(drift.Addresses), Change: drift.ByReplacement},
		{Path: "default", Compare: flag, Change: drift.InPlace,
			Note: "it goes when another VPC of the region is made the default"},
		{Path: "urn", Compare: drift.FoldCase, Change: drift.Never},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	}},
})

package kinds

import "github.com/arcadiacloud/clouddrift/internal/drift"

var _ = register(Kind{
	ID: uuid,
	Schema: drift.Schema{Kind: "Volume", Fields: []drift.Field{
		{Path: "name", Compare: drift.Loose, Change: drift.ByReplacement},
		{Path: "region", Compare: slug, Change: drift.ByReplacement},
		{Path: "tags", Compare: drift.SetFoldCase, Change: drift.InPlace},
		{Path: "size_gigabytes", Compare: drift.Number, Change: drift.InPlace, Others: []string{"size"},
			Note: "a volume only grows"},
		{Path: "description", Compare: drift.Text, Change: drift.ByReplacement},
		{Path: "filesystem_type", Compare: drift.FoldCase, Change: drift.ByReplacement, Others: []string{"initial_filesystem_type"}},
		{Path: "filesystem_label", Compare: drift.Loose, Change: drift.ByReplacement, Others: []string{"initial_filesystem_label"}},
		{Path: "droplet_ids", Compare: drift.Number, Change: drift.InPlace,
			Note: "leave it out for a volume that Kubernetes attaches and moves"},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	}},
})

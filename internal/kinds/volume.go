package kinds

import "github.com/arcadiacloud/clouddrift/internal/drift"

var volume = Kind{
	Name: "Volume", One: "volume", Many: "volumes", Scope: "block_storage:read",
	Listing: Listing{Path: "v2/volumes", Key: "volumes", ItemKey: "volume"},
	ID:      uuid,

	CreateOnly: []string{"snapshot_id"},
	Owned:      []Ownership{ownedBy(OwnerKubernetes, "tags", clusterTag), ownedBy(OwnerKubernetes, "name", claimName)},
	Terraform: Terraform{
		Types:  []string{"digitalocean_volume"},
		Others: []string{"urn", "snapshot_id"},
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.ByReplacement, Others: []string{"volume_name"}},
		{Path: "region", Of: "slug", Compare: slug, Members: regionMembers, Change: drift.ByReplacement},
		{Path: "tags", Compare: drift.SetFoldCase, Holds: drift.Texts, Change: drift.InPlace},
		{Path: "size_gigabytes", Terraform: TerraformField{Attribute: "size"}, Compare: drift.Number, Change: drift.InPlace, Others: []string{"size", "block_size"},
			Note: "a volume only grows"},
		{Path: "description", Optional: true, Compare: drift.Text, Change: drift.ByReplacement},
		{Path: "filesystem_type", Terraform: TerraformField{Attribute: "initial_filesystem_type"}, Optional: true, Compare: drift.FoldCase, Change: drift.ByReplacement, Others: []string{"initial_filesystem_type"}},
		{Path: "filesystem_label", Terraform: TerraformField{Attribute: "initial_filesystem_label"}, Optional: true, Compare: drift.Loose, Change: drift.ByReplacement, Others: []string{"initial_filesystem_label"}},
		// Null or left out where it is attached to none; no scope hides it.
		{Path: "droplet_ids", Terraform: TerraformField{Attribute: noAttribute}, Optional: true, Compare: drift.Number, Holds: drift.Numbers, Change: drift.InPlace,
			Unadopted: "is said by volume_ids of the droplet",
			Note:      "leave it out for a volume that Kubernetes attaches and moves"},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
}

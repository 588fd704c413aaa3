package kinds

import (
	"regexp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// What is tagged is not compared: it is declared on what carries the tag.
var tag = Kind{
	Name: "Tag", One: "tag", Many: "tags", Scope: "tag:read",
	About:   "What carries a tag is declared on what carries it: `tags` of a droplet, say.",
	Listing: Listing{Path: "v2/tags", Key: "tags", ItemKey: "tag", IDKey: "name"},
	ID: IDShape{
		Pattern: regexp.MustCompile(`^[A-Za-z0-9:_-]{1,255}$`),
		Example: "env:production",
		NoCase:  true, // the first spelling is the one that is shown
	},
	NameForm: drift.Fold,
	Owned:    []Ownership{ownedBy(OwnerKubernetes, "name", clusterTag)},
	Terraform: Terraform{
		Types:  []string{"digitalocean_tag"},
		Others: []string{"total_resource_count", "droplets_count", "images_count", "volumes_count", "volume_snapshots_count", "databases_count"},
	},
	Fields: []Field{
		{Path: "name", Compare: drift.FoldCase, Change: drift.ByReplacement},
	},
}

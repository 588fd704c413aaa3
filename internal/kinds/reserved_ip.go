package kinds

import (
	"regexp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

var reservedIP = Kind{
	Name: "ReservedIP", One: "reserved IP", Many: "reserved IPs", Scope: "reserved_ip:read",
	About:   "Its id is the address, and so is its name. `droplet` is the id of the droplet that has it, null for none.",
	Listing: Listing{Path: "v2/reserved_ips", Key: "reserved_ips", ItemKey: "reserved_ip", IDKey: "ip"},
	ID: IDShape{
		Pattern: regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){3}$`),
		Example: "203.0.113.200",
		Form:    drift.Address,
	},
	Named: "ip",
	Terraform: Terraform{
		Types:  []string{"digitalocean_reserved_ip", "digitalocean_floating_ip"},
		Others: []string{"urn"},
	},
	Fields: []Field{
		{Path: "ip", Terraform: TerraformField{Attribute: "ip_address"}, Compare: drift.Addresses, Change: drift.ByReplacement, Others: []string{"ip_address"},
			Unadopted: "is its id"},
		{Path: "region", Of: "slug", Compare: slug, Members: regionMembers, Change: drift.ByReplacement},
		{Path: "droplet", Terraform: TerraformField{Attribute: "droplet_id"}, Of: "id", Compare: drift.Alias("id"), Members: dropletMembers(), Holds: drift.OneNumber, Change: drift.InPlace, Others: []string{"droplet_id"}},
		{Path: "locked", Optional: true, Compare: flag, Change: drift.Never},
		{Path: "project_id", Terraform: TerraformField{Attribute: noAttribute}, Compare: drift.Unset(drift.FoldCase), Change: drift.InPlace},
	},
}

// dropletMembers are the names within the droplet that an answer shows.
func dropletMembers() drift.Members {
	out := drift.Members{}
	for _, name := range []string{
		"name", "memory", "vcpus", "disk", "disk_info", "locked", "status", "kernel", "created_at", "features", "backup_ids",
		"next_backup_window", "snapshot_ids", "image", "volume_ids", "size", "size_slug", "networks", "region", "tags", "vpc_uuid", "gpu_info",
	} {
		out[name] = drift.Member{}
	}
	out["id"] = drift.Member{Holds: drift.OneNumber}
	return out
}

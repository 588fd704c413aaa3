package kinds

import "github.com/arcadiacloud/clouddrift/internal/drift"

// databaseFirewall are the trusted sources of a cluster: each cluster has one list of them.
var databaseFirewall = Kind{
	Name: "DatabaseFirewall", One: "database firewall", Many: "database firewalls", Scope: "database:read",
	About: "The trusted sources of a database cluster: each cluster has one, whose id is the cluster's. It has no name of its own. " +
		"A source that is live and was not declared is a drift at `rules[\"ip_addr/192.0.2.7\"]`, whose expected value is null.",
	Parent:  "DatabaseCluster",
	Listing: Listing{Path: "v2/databases/%s/firewall", Single: true, Paging: Whole},
	ID:      uuid,
	Terraform: Terraform{
		Types:  []string{"digitalocean_database_firewall"},
		ID:     []string{"cluster_id"},
		Others: []string{"cluster_id", "rule.uuid", "rule.created_at"},
	},
	Named: noName,
	Fields: []Field{
		{Path: "rules", Terraform: TerraformField{Attribute: "rule"}, Key: sourceKey, Change: drift.InPlace, Others: []string{"rule"}, EmptyCounts: true,
			Words: "source by source, by `type` and `value`; addresses as addresses",
			Elements: []Field{
				{Path: "type", Compare: drift.FoldCase},
				{Path: "value", Compare: drift.Loosely(drift.Address)},
				{Path: "description", Compare: drift.Text},
			}},
	},
}

// noName is the name field of a kind whose resources have none.
const noName = "\x00"

// sourceKey is whom a trusted source lets in.
func sourceKey(rule any) string {
	object, _ := rule.(map[string]any)
	value := text(object["value"])
	kind := drift.Fold(text(object["type"]))
	if kind == "ip_addr" {
		value = drift.Address(value)
	}
	return short(kind + "/" + drift.Fold(value))
}

package kinds

import (
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// What connects to a cluster is a secret, and is never read.
var databaseCluster = Kind{
	Name: "DatabaseCluster", One: "database cluster", Many: "database clusters", Scope: "database:read",
	Listing: Listing{Path: "v2/databases", Key: "databases", ItemKey: "database", Paging: Whole},
	ID:      uuid,

	CreateOnly: []string{"backup_restore"},
	Terraform: Terraform{
		Types: []string{"digitalocean_database_cluster"},
		Others: []string{"urn", "host", "private_host", "port", "uri", "private_uri", "database", "user", "password", "ui_*",
			"metrics_endpoints"},
	},
	Unreadable: map[string]string{
		"connection":                 connectionSecret,
		"private_connection":         connectionSecret,
		"standby_connection":         connectionSecret,
		"standby_private_connection": connectionSecret,
		"ui_connection":              connectionSecret,
		"schema_registry_connection": connectionSecret,
		"users":                      connectionSecret,
		"password":                   connectionSecret,
		"uri":                        connectionSecret,
		"private_uri":                connectionSecret,
		"autoscale":                  toldElsewhere,
		"storage_autoscale":          toldElsewhere,
		"eviction_policy":            toldElsewhere,
		"sql_mode":                   toldElsewhere,
		"rules":                      "is declared as DatabaseFirewall, a kind of its own",
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.ByReplacement},
		{Path: "engine", Compare: drift.Loosely(drift.Fold, engine), Change: drift.ByReplacement,
			Words: "without case; `redis` is `valkey`, to which DigitalOcean moved every cluster"},
		{Path: "version", Compare: drift.Unset(drift.With(databaseVersion)), Change: drift.InPlace, Words: databaseVersionWords,
			Note: "a version is upgraded, and never taken back"},
		{Path: "semantic_version", Optional: true, Compare: drift.With(databaseVersion), Change: drift.Never, Words: databaseVersionWords},
		{Path: "size", Compare: drift.FoldCase, Change: drift.WithDowntime},
		{Path: "num_nodes", Terraform: TerraformField{Attribute: "node_count"}, Compare: drift.Number, Change: drift.InPlace, Others: []string{"node_count"}},
		{Path: "storage_size_mib", Optional: true, Compare: drift.Unset(drift.Number), Change: drift.InPlace,
			Terraform: TerraformField{Number: true}, Note: "storage only grows"},
		{Path: "region", Compare: drift.FoldCase, Change: drift.InPlace, Note: "the cluster is migrated"},
		{Path: "status", Compare: drift.FoldCase, Change: drift.Never},
		{Path: "tags", Compare: drift.SetFoldCase, Holds: drift.Texts, Change: drift.InPlace},
		{Path: "private_network_uuid", Compare: drift.Unset(drift.FoldCase), Change: drift.ByReplacement},
		{Path: "maintenance_window.day", Optional: true, Compare: drift.Unset(drift.FoldCase), Change: drift.InPlace},
		{Path: "maintenance_window.hour", Optional: true, Compare: drift.Unset(drift.Loosely(clock)), Change: drift.InPlace,
			Words: "as a time of day: `14:00` and `14:00:00` are equal"},
		{Path: "db_names", Terraform: TerraformField{Attribute: noAttribute}, Optional: true, Compare: drift.Subset(), Holds: drift.Texts, Change: drift.InPlace, Default: []any{"defaultdb"}},
		{Path: "project_id", Compare: drift.Unset(drift.FoldCase), Change: drift.InPlace},
		{Path: "do_settings.service_cnames", Terraform: TerraformField{Attribute: noAttribute}, Optional: true, Compare: drift.Loosely(hostName), Holds: drift.Texts, Change: drift.InPlace},
		{Path: "version_end_of_life", Optional: true, Compare: drift.Time, Change: drift.Never},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
}

const toldElsewhere = "is told by an endpoint of its own, which clouddrift does not ask"

const connectionSecret = "holds or is a secret, which clouddrift never reads, and stands in the clear wherever it is declared"

// engine calls what was moved by its new name.
func engine(name string) string {
	if name == "redis" {
		return "valkey"
	}
	return name
}

const databaseVersionWords = "part by part: `16` is every 16.x, and a later patch that came by itself is no drift; of Redis and Valkey no later version is"

// databaseVersion depends on the engine: a minor version of PostgreSQL has one part. Caches
// are taken to later versions whether or not anybody asks for it.
func databaseVersion(live resource.Resource) drift.Comparison {
	const cache, postgres, others = 0, 1, 2
	switch engine(drift.Fold(shownText(live, "engine"))) {
	case "valkey":
		return drift.Upgraded(cache)
	case "pg", "advanced_pg":
		return drift.Upgraded(postgres)
	}
	return drift.Upgraded(others)
}

// clock is the form of times of day: 14:00, without seconds that are none.
func clock(text string) string {
	text = drift.Fold(text)
	if hour, err := strconv.ParseUint(text, 10, 8); err == nil {
		text = strconv.FormatUint(hour, 10) + ":00"
	}
	if strings.Count(text, ":") == 2 {
		text = strings.TrimSuffix(text, ":00")
	}
	if strings.Index(text, ":") == 1 {
		text = "0" + text
	}
	return text
}

package kinds

import (
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// What connects to a cluster is a secret, and is never read.
var databaseCluster = Kind{
	Name: "DatabaseCluster", One: "database cluster", Many: "database clusters", Scope: "database:read",
	Listing: Listing{Path: "v2/databases", Key: "databases", ItemKey: "database", Paging: Whole},
	ID:      uuid,
	Unreadable: map[string]string{
		"connection":         connectionSecret,
		"private_connection": connectionSecret,
		"standby_connection": connectionSecret,
		"users":              connectionSecret,
		"password":           connectionSecret,
		"uri":                connectionSecret,
		"rules":              "is declared as DatabaseFirewall, a kind of its own",
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.ByReplacement},
		{Path: "engine", Compare: drift.Loosely(drift.Fold, engine), Change: drift.ByReplacement,
			Words: "without case; `redis` is `valkey`, to which DigitalOcean moved every cluster"},
		{Path: "version", Compare: drift.Version(true), Change: drift.InPlace,
			Words: "part by part: `16` is every 16.x, and a later patch that came by itself is no drift",
			Note:  "a version is upgraded, and never taken back"},
		{Path: "semantic_version", Optional: true, Compare: drift.Version(true), Change: drift.Never,
			Words: "part by part: `16` is every 16.x, and a later patch that came by itself is no drift"},
		{Path: "size", Compare: drift.FoldCase, Change: drift.WithDowntime},
		{Path: "num_nodes", Compare: drift.Number, Change: drift.InPlace, Others: []string{"node_count"}},
		{Path: "storage_size_mib", Optional: true, Compare: drift.Number, Change: drift.InPlace, Note: "storage only grows"},
		{Path: "region", Compare: drift.FoldCase, Change: drift.InPlace, Note: "the cluster is migrated"},
		{Path: "status", Compare: drift.FoldCase, Change: drift.Never},
		{Path: "tags", Compare: drift.SetFoldCase, Change: drift.InPlace},
		{Path: "private_network_uuid", Compare: drift.Unset(drift.FoldCase), Change: drift.ByReplacement},
		{Path: "maintenance_window.day", Optional: true, Compare: drift.FoldCase, Change: drift.InPlace},
		{Path: "maintenance_window.hour", Optional: true, Compare: drift.Loosely(clock), Change: drift.InPlace,
			Words: "as a time of day: `14:00` and `14:00:00` are equal"},
		{Path: "db_names", Optional: true, Compare: drift.Subset(), Change: drift.InPlace},
		{Path: "project_id", Optional: true, Compare: drift.Unset(drift.FoldCase), Change: drift.InPlace},
		{Path: "do_settings.service_cnames", Optional: true, Compare: drift.Loosely(hostName), Change: drift.InPlace},
		{Path: "version_end_of_life", Optional: true, Compare: drift.Time, Change: drift.Never},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
}

const connectionSecret = "holds or is a secret, which clouddrift never reads"

// engine calls what was moved by its new name.
func engine(name string) string {
	if name == "redis" {
		return "valkey"
	}
	return name
}

// clock is the form of times of day: 14:00, without seconds that are none.
func clock(text string) string {
	text = drift.Fold(text)
	if strings.Count(text, ":") == 2 {
		text = strings.TrimSuffix(text, ":00")
	}
	if strings.Index(text, ":") == 1 {
		text = "0" + text
	}
	return text
}

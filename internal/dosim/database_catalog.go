package dosim

import (
	"slices"
	"strings"
)

// databaseEngine is what can be run as a cluster.
type databaseEngine struct {
	// admin is the user, and defaultDB the database, that a cluster begins with.
	admin, defaultDB string
	// scheme and suffix are around who and where in a connection's URI; without
	// a scheme it is host and port alone.
	scheme, suffix string
	port           int
	versions       []databaseVersion
	// defaultVersion is what a request without a version gets.
	defaultVersion string
	layouts        []databaseLayout
	// caching engines have no users, no databases and no backups, and run the
	// newest version whatever is asked for.
	caching bool
	// once is set where passwords are in the answer to a creation only.
	once bool
}

// databaseVersion is one of an engine. The ends are empty where none is set.
type databaseVersion struct {
	name, semantic       string
	endOfLife, endOfSale string
}

type databaseLayout struct {
	Nodes int      `json:"num_nodes"`
	Sizes []string `json:"sizes"`
}

// databaseSize is a node: memory and what storage comes with it, in GiB.
type databaseSize struct{ memory, storage int }

const mibPerGib = 1024

// base is the storage that is in the price, most what can be had, in MiB.
func (s databaseSize) base() int { return s.storage * mibPerGib }
func (s databaseSize) most() int { return 5 * s.base() }

var databaseSizes = map[string]databaseSize{
	"db-s-1vcpu-1gb": {1, 10}, "db-s-1vcpu-2gb": {2, 30}, "db-s-2vcpu-2gb": {2, 40}, "db-s-2vcpu-4gb": {4, 60},
	"db-s-4vcpu-8gb": {8, 140}, "db-s-6vcpu-16gb": {16, 290}, "db-s-8vcpu-32gb": {32, 600}, "db-s-16vcpu-64gb": {64, 1120},
	"db-amd-1vcpu-1gb": {1, 10}, "db-amd-1vcpu-2gb": {2, 30}, "db-amd-2vcpu-4gb": {4, 60}, "db-amd-4vcpu-8gb": {8, 140},
	"db-intel-1vcpu-1gb": {1, 10}, "db-intel-1vcpu-2gb": {2, 30}, "db-intel-2vcpu-4gb": {4, 60}, "db-intel-4vcpu-8gb": {8, 140},
	"gd-2vcpu-8gb": {8, 30}, "gd-4vcpu-16gb": {16, 60}, "gd-8vcpu-32gb": {32, 140}, "m-2vcpu-16gb": {16, 50},
	"so1_5-2vcpu-16gb": {16, 400}, "so1_5-4vcpu-32gb": {32, 790},
}

// layoutsOf offers sizes at each number of nodes; the smallest, with 1 GB, as
// a single node only.
func layoutsOf(sizes []string, nodes ...int) []databaseLayout {
	out := []databaseLayout{}
	for _, n := range nodes {
		out = append(out, databaseLayout{n, slices.DeleteFunc(slices.Clone(sizes), func(slug string) bool {
			return n > 1 && databaseSizes[slug].memory < 2
		})})
	}
	return out
}

var (
	sqlSizes = []string{
		"db-s-1vcpu-1gb", "db-s-1vcpu-2gb", "db-s-2vcpu-4gb", "db-s-4vcpu-8gb", "db-s-6vcpu-16gb",
		"gd-2vcpu-8gb", "gd-4vcpu-16gb", "gd-8vcpu-32gb", "so1_5-2vcpu-16gb", "so1_5-4vcpu-32gb",
		"db-intel-1vcpu-1gb", "db-amd-1vcpu-1gb", "db-intel-1vcpu-2gb", "db-amd-1vcpu-2gb",
		"db-intel-2vcpu-4gb", "db-amd-2vcpu-4gb", "db-intel-4vcpu-8gb", "db-amd-4vcpu-8gb",
	}
	plainSizes = []string{
		"db-s-1vcpu-1gb", "db-s-1vcpu-2gb", "db-s-2vcpu-4gb", "db-s-4vcpu-8gb", "db-s-6vcpu-16gb", "db-s-8vcpu-32gb", "db-s-16vcpu-64gb",
	}
	bigSizes = []string{"gd-2vcpu-8gb", "gd-4vcpu-16gb", "gd-8vcpu-32gb", "so1_5-2vcpu-16gb", "so1_5-4vcpu-32gb"}
)

// databaseEngines are by the slug that a cluster shows. Redis is not among
// them: it became Valkey.
var databaseEngines = map[string]*databaseEngine{
	"pg": {
		admin: "doadmin", defaultDB: "defaultdb", scheme: "postgres", suffix: "?sslmode=require", port: 25060,
		versions: []databaseVersion{
			{"13", "13.22", "2025-11-13T00:00:00Z", "2025-05-13T00:00:00Z"},
			{"14", "14.19", "2026-11-12T00:00:00Z", "2026-05-12T00:00:00Z"},
			{"15", "15.14", "2027-11-11T00:00:00Z", "2027-05-12T00:00:00Z"},
			{"16", "16.10", "2028-11-09T00:00:00Z", "2028-05-09T00:00:00Z"},
			{"17", "17.6", "2029-11-08T00:00:00Z", "2029-05-08T00:00:00Z"},
		},
		defaultVersion: "17", layouts: layoutsOf(sqlSizes, 1, 2, 3),
	},
	"mysql": {
		admin: "doadmin", defaultDB: "defaultdb", scheme: "mysql", suffix: "?ssl-mode=REQUIRED", port: 25060,
		versions: []databaseVersion{{name: "8", semantic: "8.0.35"}}, defaultVersion: "8", layouts: layoutsOf(sqlSizes, 1, 2, 3),
	},
	"valkey": {
		admin: "default", scheme: "rediss", port: 25061, caching: true,
		versions: []databaseVersion{{name: "8", semantic: "8.1.4"}}, defaultVersion: "8",
		layouts: layoutsOf(append(slices.Clone(plainSizes), "m-2vcpu-16gb"), 1, 2, 3),
	},
	"mongodb": {
		admin: "doadmin", defaultDB: "admin", scheme: "mongodb+srv", suffix: "?tls=true&authSource=admin", port: 27017, once: true,
		versions: []databaseVersion{
			{"6.0", "6.0.25", "2025-07-01T07:00:00Z", ""}, {"7.0", "7.0.22", "2026-08-01T07:00:00Z", ""},
		},
		defaultVersion: "7.0", layouts: layoutsOf(plainSizes, 1, 3),
	},
	"kafka": {
		admin: "doadmin", port: 25073,
		versions:       []databaseVersion{{"3.8", "3.8.1", "", "2025-06-03T00:00:00Z"}},
		defaultVersion: "3.8", layouts: layoutsOf([]string{"gd-2vcpu-8gb", "gd-4vcpu-16gb", "db-s-2vcpu-4gb", "db-s-2vcpu-2gb"}, 3),
	},
	"opensearch": {
		admin: "doadmin", scheme: "https", port: 25060,
		versions: []databaseVersion{{name: "1", semantic: "1.3.20"}, {name: "2", semantic: "2.19.1"}}, defaultVersion: "2",
		layouts: layoutsOf([]string{"db-s-1vcpu-2gb", "db-s-2vcpu-4gb", "gd-2vcpu-8gb", "db-s-4vcpu-8gb", "gd-4vcpu-16gb"}, 1, 3),
	},
	"advanced_pg": {
		admin: "doadmin", defaultDB: "defaultdb", scheme: "postgres", suffix: "?sslmode=require", port: 25060,
		versions:       []databaseVersion{{name: "16", semantic: "16.10"}, {name: "17", semantic: "17.6"}, {name: "18", semantic: "18.0"}},
		defaultVersion: "18", layouts: layoutsOf(bigSizes, 1, 2, 3),
	},
	"advanced_mysql": {
		admin: "doadmin", defaultDB: "defaultdb", scheme: "mysql", suffix: "?ssl-mode=REQUIRED", port: 25060,
		versions: []databaseVersion{{name: "8.4.8", semantic: "8.4.8"}}, defaultVersion: "8.4.8", layouts: layoutsOf(bigSizes, 1, 3),
	},
}

// isPostgres and isMySQL know both editions of an engine.
func isPostgres(engine string) bool { return strings.TrimPrefix(engine, "advanced_") == "pg" }
func isMySQL(engine string) bool    { return strings.TrimPrefix(engine, "advanced_") == "mysql" }

func (e *databaseEngine) version(name string) (int, bool) {
	i := slices.IndexFunc(e.versions, func(v databaseVersion) bool { return v.name == name })
	return i, i >= 0
}

// checkLayout refuses a number of nodes, or a size of them, that the engine
// does not come in.
func (e *databaseEngine) checkLayout(nodes int, size string) error {
	i := slices.IndexFunc(e.layouts, func(l databaseLayout) bool { return l.Nodes == nodes })
	switch {
	case i < 0:
		return invalid("invalid num_nodes: %d", nodes)
	case !slices.Contains(e.layouts[i].Sizes, size):
		return invalid("invalid size: %q with %d nodes", size, nodes)
	}
	return nil
}

// checkStorage refuses an amount of storage that the size does not come with.
func checkStorage(mib int, size string) error {
	s := databaseSizes[size]
	if mib < s.base() || mib > s.most() || mib%(10*mibPerGib) != 0 {
		return invalid("invalid storage_size_mib: for %s it must be a multiple of %d between %d and %d", size, 10*mibPerGib, s.base(), s.most())
	}
	return nil
}

// databaseOptions is the answer that lists all of the above.
var databaseOptions = func() object {
	slugs := []string{}
	for _, r := range regions {
		slugs = append(slugs, r.Slug)
	}
	options, availability := object{}, object{}
	add := func(slug string, e *databaseEngine) {
		names, ends := []string{}, []object{}
		for _, v := range e.versions {
			names = append(names, v.name)
			ends = append(ends, object{
				"version": v.name, "default": v.name == e.defaultVersion,
				"end_of_life": orNull(v.endOfLife), "end_of_availability": orNull(v.endOfSale),
			})
		}
		options[slug] = object{"regions": slugs, "versions": names, "layouts": e.layouts, "default_version": e.defaultVersion}
		availability[slug] = ends
	}
	for slug, e := range databaseEngines {
		add(slug, e)
	}
	// It is still listed, though none can be had any more.
	redis := *databaseEngines["valkey"]
	redis.versions, redis.defaultVersion = []databaseVersion{{"7", "7.2.4", "2025-06-30T00:00:00Z", "2025-04-30T00:00:00Z"}}, "7"
	add("redis", &redis)
	return object{"options": options, "version_availability": availability}
}()

// orNull is a text, or null where there is none.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

package dosim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// databaseConfigKind serves the settings of a cluster's engine. Two of them
// have an address of their own too.
var databaseConfigKind = kind{name: "DatabaseConfig", routes: []route{
	{pattern: "GET /v2/databases/{database}/config", scope: databaseRead, handle: onDatabase(func(_ *call, d *databaseCluster) (*reply, error) {
		return &reply{http.StatusOK, object{"config": d.effectiveConfig()}}, nil
	})},
	{pattern: "PATCH /v2/databases/{database}/config", scope: databaseUpdate, handle: whileOnline(patchConfig)},
	{pattern: "GET /v2/databases/{database}/sql_mode", scope: databaseRead, handle: onDatabase(sqlMode.get)},
	{pattern: "PUT /v2/databases/{database}/sql_mode", scope: databaseUpdate, handle: whileOnline(sqlMode.put)},
	{pattern: "GET /v2/databases/{database}/eviction_policy", scope: databaseRead, handle: onDatabase(evictionPolicy.get)},
	{pattern: "PUT /v2/databases/{database}/eviction_policy", scope: databaseUpdate, handle: whileOnline(evictionPolicy.put)},
}}

// databaseConfigs are what an engine begins with: some of its settings, not
// all that DigitalOcean knows.
var databaseConfigs = map[string]object{
	"pg":     {"autovacuum_naptime": 60, "idle_in_transaction_session_timeout": 0, "jit": true, "max_connections": 25, "timezone": "UTC"},
	"mysql":  {"sql_mode": defaultSQLMode, "sql_require_primary_key": true, "wait_timeout": 28800, "default_time_zone": "SYSTEM"},
	"valkey": {"valkey_maxmemory_policy": "noeviction", "valkey_ssl": true, "valkey_timeout": 300, "valkey_persistence": "rdb"},
	"mongodb": {
		"default_read_concern": "local", "default_write_concern": "majority", "transaction_lifetime_limit_seconds": 60,
		"slow_op_threshold_ms": 100, "verbosity": 0,
	},
	"kafka":      {"auto_create_topics_enable": false, "log_retention_hours": 168, "message_max_bytes": 1048588},
	"opensearch": {"http_max_content_length_bytes": 100000000, "action_auto_create_index_enabled": true},
}

const defaultSQLMode = "ANSI,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_ALL_TABLES"

// effectiveConfig is the engine's own, with what was set since.
func (d *databaseCluster) effectiveConfig() object {
	config := maps.Clone(databaseConfigs[strings.TrimPrefix(d.Engine, "advanced_")])
	maps.Copy(config, d.Config)
	return config
}

// patchConfig changes the settings that it names. Any name is taken, and any
// value: dosim does not know them all.
func patchConfig(c *call, d *databaseCluster) (*reply, error) {
	var req struct {
		Config object `json:"config"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Config == nil {
		return nil, invalid("config is required")
	}
	if policy, ok := req.Config[evictionPolicy.inConfig]; ok {
		text, _ := policy.(string)
		if !evictionPolicy.valid(evictionPolicy.fromConfig(text)) {
			return nil, invalid("invalid %s: %v", evictionPolicy.inConfig, policy)
		}
	}
	maps.Copy(d.Config, req.Config)
	return &reply{http.StatusOK, nil}, nil
}

// engineSetting is one that has an address of its own.
type engineSetting struct {
	// name is its key there, inConfig its key in the engine's configuration.
	name, inConfig string
	engine         func(slug string) bool
	valid          func(value string) bool
	// toConfig and fromConfig translate between the two.
	toConfig, fromConfig func(value string) string
}

func unchanged(value string) string { return value }

var sqlMode = engineSetting{"sql_mode", "sql_mode", isMySQL, func(string) bool { return true }, unchanged, unchanged}

// evictionPolicy is allkeys_lru at its own address, and allkeys-lru in the
// configuration, as Valkey itself spells it.
var evictionPolicy = engineSetting{
	"eviction_policy", "valkey_maxmemory_policy",
	func(slug string) bool { return databaseEngines[slug].caching },
	func(value string) bool { return slices.Contains(evictionPolicies, value) },
	func(value string) string { return strings.ReplaceAll(value, "_", "-") },
	func(value string) string { return strings.ReplaceAll(value, "-", "_") },
}

var evictionPolicies = []string{"noeviction", "allkeys_lru", "allkeys_random", "volatile_lru", "volatile_random", "volatile_ttl"}

func (s engineSetting) get(_ *call, d *databaseCluster) (*reply, error) {
	if !s.engine(d.Engine) {
		return nil, invalid("%s has no %s", d.Engine, s.name)
	}
	value, _ := d.effectiveConfig()[s.inConfig].(string)
	return &reply{http.StatusOK, object{s.name: s.fromConfig(value)}}, nil
}

func (s engineSetting) put(c *call, d *databaseCluster) (*reply, error) {
	var req map[string]string
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	value, ok := req[s.name]
	switch {
	case !s.engine(d.Engine):
		return nil, invalid("%s has no %s", d.Engine, s.name)
	case !ok || !s.valid(value):
		return nil, invalid("invalid %s: %q", s.name, value)
	}
	d.Config[s.inConfig] = s.toConfig(value)
	return &reply{http.StatusNoContent, nil}, nil
}

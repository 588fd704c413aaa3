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
	for _, s := range []engineSetting{sqlMode, evictionPolicy} {
		if value, ok := req.Config[s.inConfig]; ok {
			if text, isText := value.(string); !isText || !s.valid(text) {
				return nil, invalid("invalid %s: %v", s.inConfig, value)
			}
		}
	}
	maps.Copy(d.Config, req.Config)
	return &reply{http.StatusOK, nil}, nil
}

// engineSetting is one that has an address of its own.
type engineSetting struct {
	// name is its key there, inConfig its key in the engine's configuration.
	name, inConfig string
	engine         func(string) bool
	valid          func(string) bool
}

var sqlMode = engineSetting{"sql_mode", "sql_mode", isMySQL, func(string) bool { return true }}

var evictionPolicy = engineSetting{
	"eviction_policy", "valkey_maxmemory_policy",
	func(engine string) bool { return databaseEngines[engine].caching },
	func(policy string) bool {
		return slices.Contains([]string{"noeviction", "allkeys_lru", "allkeys_random", "volatile_lru", "volatile_random", "volatile_ttl"}, policy)
	},
}

func (s engineSetting) get(_ *call, d *databaseCluster) (*reply, error) {
	if !s.engine(d.Engine) {
		return nil, invalid("%s has no %s", d.Engine, s.name)
	}
	return &reply{http.StatusOK, object{s.name: d.effectiveConfig()[s.inConfig]}}, nil
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
	d.Config[s.inConfig] = value
	return &reply{http.StatusNoContent, nil}, nil
}

package dosim

import (
	"net/http"
	"slices"
)

// databaseDBKind serves the databases of a cluster, and the pools through
// which clients of PostgreSQL share connections to them.
var databaseDBKind = kind{name: "DatabaseDB", routes: []route{
	{pattern: "GET /v2/databases/{database}/dbs", scope: databaseRead, handle: onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		return unpaged(c, "dbs", d.DBs, dbView)
	})},
	{pattern: "POST /v2/databases/{database}/dbs", scope: databaseCreate, handle: whileOnline(createDB)},
	{pattern: "GET /v2/databases/{database}/dbs/{db}", scope: databaseRead, handle: onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		if !slices.Contains(d.DBs, c.path("db")) {
			return nil, notFound()
		}
		return &reply{http.StatusOK, object{"db": dbView(c.path("db"))}}, nil
	})},
	{pattern: "DELETE /v2/databases/{database}/dbs/{db}", scope: databaseDelete, handle: whileOnline(deleteDB)},
	{pattern: "GET /v2/databases/{database}/pools", scope: databaseRead, handle: onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		return unpaged(c, "pools", d.Pools, func(p *connectionPool) any { return c.poolView(d, p) })
	})},
	{pattern: "POST /v2/databases/{database}/pools", scope: databaseCreate, handle: whileOnline(createPool)},
	{pattern: "GET /v2/databases/{database}/pools/{pool}", scope: databaseRead, handle: onDatabase(onPool(func(c *call, d *databaseCluster, p *connectionPool) (*reply, error) {
		return &reply{http.StatusOK, object{"pool": c.poolView(d, p)}}, nil
	}))},
	{pattern: "PUT /v2/databases/{database}/pools/{pool}", scope: databaseUpdate, handle: whileOnline(onPool(updatePool))},
	{pattern: "DELETE /v2/databases/{database}/pools/{pool}", scope: databaseDelete, handle: whileOnline(onPool(func(_ *call, d *databaseCluster, p *connectionPool) (*reply, error) {
		d.Pools = without(d.Pools, p)
		return &reply{http.StatusNoContent, nil}, nil
	}))},
}}

func dbView(name string) any { return map[string]string{"name": name} }

func createDB(c *call, d *databaseCluster) (*reply, error) {
	var req struct {
		Name string `json:"name"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	switch {
	case !isPostgres(d.Engine) && !isMySQL(d.Engine) && d.Engine != "mongodb":
		return nil, invalid("databases are not supported by %s", d.Engine)
	case !databaseObject.MatchString(req.Name):
		return nil, invalid("invalid database name: %q", req.Name)
	case slices.Contains(d.DBs, req.Name):
		return nil, conflict("a database with this name exists already")
	}
	d.DBs = append(d.DBs, req.Name)
	return &reply{http.StatusCreated, object{"db": dbView(req.Name)}}, nil
}

func deleteDB(c *call, d *databaseCluster) (*reply, error) {
	if !slices.Contains(d.DBs, c.path("db")) {
		return nil, notFound()
	}
	d.DBs = without(d.DBs, c.path("db"))
	return &reply{http.StatusNoContent, nil}, nil
}

type connectionPool struct {
	Name string `json:"name"`
	poolSpec
}

// poolSpec is what a PUT replaces. Without a user sessions connect as their own.
type poolSpec struct {
	Mode string `json:"mode"`
	Size int    `json:"size"`
	DB   string `json:"db"`
	User string `json:"user,omitempty"`
}

func (c *call) poolView(d *databaseCluster, p *connectionPool) any {
	as, ok := d.user(p.User)
	if !ok {
		as = d.Users[0]
	}
	at := func(role string) databaseConnection {
		return c.connectionOf(d, as, databaseConnection{Host: d.host(role), Port: poolPort, Database: p.Name, SSL: true})
	}
	view := object{
		"name": p.Name, "mode": p.Mode, "size": p.Size, "db": p.DB, "user": p.User,
		"connection": at(""), "private_connection": at("private-"),
	}
	if d.Nodes > 1 {
		view["standby_connection"], view["standby_private_connection"] = at("replica-"), at("private-replica-")
	}
	return view
}

func onPool(handle func(c *call, d *databaseCluster, p *connectionPool) (*reply, error)) func(c *call, d *databaseCluster) (*reply, error) {
	return func(c *call, d *databaseCluster) (*reply, error) {
		i := slices.IndexFunc(d.Pools, func(p *connectionPool) bool { return p.Name == c.path("pool") })
		if i < 0 {
			return nil, notFound()
		}
		return handle(c, d, d.Pools[i])
	}
}

func createPool(c *call, d *databaseCluster) (*reply, error) {
	var req connectionPool
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	switch {
	case !isPostgres(d.Engine):
		return nil, invalid("connection pools are for PostgreSQL only")
	case len(req.Name) < 3 || len(req.Name) > 60 || !databaseObject.MatchString(req.Name):
		return nil, invalid("invalid pool name: %q", req.Name)
	case slices.ContainsFunc(d.Pools, func(p *connectionPool) bool { return p.Name == req.Name }):
		return nil, conflict("a pool with this name exists already")
	}
	if err := d.checkPool(&req); err != nil {
		return nil, err
	}
	d.Pools = append(d.Pools, &req)
	return &reply{http.StatusCreated, object{"pool": c.poolView(d, &req)}}, nil
}

// Each GB of memory is good for 25 connections, of which the cluster keeps 3.
const (
	connectionsPerGib = 25
	connectionsKept   = 3
)

var poolModes = []string{"session", "transaction", "statement"}

func (d *databaseCluster) checkPool(p *connectionPool) error {
	left := databaseSizes[d.Size].memory*connectionsPerGib - connectionsKept
	for _, other := range d.Pools {
		if other.Name != p.Name {
			left -= other.Size
		}
	}
	_, known := d.user(p.User)
	switch {
	case !slices.Contains(poolModes, p.Mode):
		return invalid("invalid pool mode: %q", p.Mode)
	case p.Size < 1 || p.Size > left:
		return invalid("invalid pool size: %d connections are left", left)
	case !slices.Contains(d.DBs, p.DB):
		return invalid("database %q does not exist", p.DB)
	case p.User != "" && !known:
		return invalid("user %q does not exist", p.User)
	}
	return nil
}

// updatePool replaces all but the name.
func updatePool(c *call, d *databaseCluster, p *connectionPool) (*reply, error) {
	changed := connectionPool{Name: p.Name}
	if err := c.decode(&changed.poolSpec); err != nil {
		return nil, err
	}
	if err := d.checkPool(&changed); err != nil {
		return nil, err
	}
	*p = changed
	return &reply{http.StatusNoContent, nil}, nil
}

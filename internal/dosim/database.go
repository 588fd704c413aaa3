package dosim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// viewCredentials is what it takes to see users' names and passwords in
// connections, and the passwords of users.
const viewCredentials = "database:view_credentials"

const (
	databaseRead   = "database:read"
	databaseCreate = "database:create"
	databaseUpdate = "database:update"
	databaseDelete = "database:delete"
)

// databaseKind serves managed database clusters. What a cluster holds is in
// the kinds below, which share its path.
var databaseKind = kind{
	name: "DatabaseCluster",
	routes: []route{
		{pattern: "GET /v2/databases", scope: databaseRead, handle: listDatabases},
		{pattern: "POST /v2/databases", scope: databaseCreate, handle: createDatabase},
		{pattern: "GET /v2/databases/options", scope: databaseRead, handle: func(*call) (*reply, error) {
			return &reply{http.StatusOK, databaseOptions}, nil
		}},
		{pattern: "GET /v2/databases/{database}", scope: databaseRead, handle: onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
			return &reply{http.StatusOK, object{"database": c.databaseView(d)}}, nil
		})},
		{pattern: "DELETE /v2/databases/{database}", scope: databaseDelete, handle: onDatabase(deleteDatabase)},
		{pattern: "PUT /v2/databases/{database}/resize", scope: databaseUpdate, handle: whileOnline(resizeDatabase)},
		{pattern: "PUT /v2/databases/{database}/migrate", scope: databaseUpdate, handle: whileOnline(migrateDatabase)},
		{pattern: "PUT /v2/databases/{database}/upgrade", scope: databaseUpdate, handle: whileOnline(upgradeDatabase)},
		{pattern: "PUT /v2/databases/{database}/maintenance", scope: databaseUpdate, handle: onDatabase(setMaintenance)},
		{pattern: "PUT /v2/databases/{database}/install_update", scope: databaseUpdate, handle: whileOnline(installUpdate)},
		{pattern: "GET /v2/databases/{database}/autoscale", scope: databaseRead, handle: onDatabase(getAutoscale)},
		{pattern: "PUT /v2/databases/{database}/autoscale", scope: databaseUpdate, handle: onDatabase(setAutoscale)},
		{pattern: "GET /v2/databases/{database}/do_settings", scope: databaseRead, handle: onDatabase(func(_ *call, d *databaseCluster) (*reply, error) {
			return &reply{http.StatusOK, object{"do_settings": d.Settings.view()}}, nil
		})},
		{pattern: "PUT /v2/databases/{database}/do_settings", scope: databaseUpdate, handle: onDatabase(setDatabaseSettings)},
	},
	seed: func(s *Server, t *team, n int) { t.seedDatabase(s.now(), n) },
}

// The statuses that DigitalOcean's description has.
const (
	databaseCreating  = "creating"
	databaseOnline    = "online"
	databaseResizing  = "resizing"
	databaseMigrating = "migrating"
	databaseForking   = "forking"
)

type databaseCluster struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Engine     string            `json:"engine"`
	Version    string            `json:"version"`
	Nodes      int               `json:"num_nodes"`
	Size       string            `json:"size"`
	Region     string            `json:"region"`
	Status     string            `json:"status"`
	CreatedAt  time.Time         `json:"created_at"`
	VPC        string            `json:"private_network_uuid"`
	Tags       []string          `json:"tags"`
	StorageMib int               `json:"storage_size_mib"`
	Window     maintenanceWindow `json:"maintenance_window"`
	Settings   databaseSettings  `json:"do_settings"`
	Autoscale  storageAutoscale  `json:"autoscale"`
	Users      []*databaseUser   `json:"users"`
	DBs        []string          `json:"db_names"`
	Pools      []*connectionPool `json:"pools,omitempty"`
	Rules      []trustedSource   `json:"rules"`
	Config     object            `json:"config"`
	Events     []databaseEvent   `json:"events"`
	// ReplicaOf is the id of the cluster that a replica follows; empty for a
	// cluster.
	ReplicaOf string `json:"replica_of,omitempty"`
	// Next is the change that is under way.
	Next *databaseChange `json:"next,omitempty"`
}

// databaseSettings are those that are DigitalOcean's, not the engine's.
type databaseSettings struct {
	CNAMEs []string `json:"service_cnames"`
}

// view is a list even where there are none.
func (s databaseSettings) view() any {
	return databaseSettings{append([]string{}, s.CNAMEs...)}
}

func (d *databaseCluster) key() string { return d.ID }

func (d *databaseCluster) engine() *databaseEngine { return databaseEngines[d.Engine] }

func (d *databaseCluster) urn() string { return "do:dbaas:" + d.ID }

// newDatabase completes a cluster with all that the server sets.
func newDatabase(now time.Time, d databaseCluster) *databaseCluster {
	d.ID, d.CreatedAt = uuid.NewString(), stamp(now)
	d.Window = firstWindow(d.ID)
	e := d.engine()
	d.Users = []*databaseUser{newDatabaseUser(e, e.admin, rolePrimary)}
	if e.defaultDB != "" {
		d.DBs = []string{e.defaultDB}
	}
	d.Config = object{}
	d.note(now, "cluster_create")
	return &d
}

// seedDatabase adds a cluster that is online and has an update pending.
func (t *team) seedDatabase(now time.Time, n int) *databaseCluster {
	d := newDatabase(now, databaseCluster{
		Name: fmt.Sprintf("seed-%d", n), Engine: "pg", Version: "17", Nodes: 1, Size: "db-s-1vcpu-1gb", Region: "nyc3",
		StorageMib: databaseSizes["db-s-1vcpu-1gb"].base(), VPC: t.defaultVPC(now, "nyc3").ID,
	})
	d.Status = databaseOnline
	d.Window.Pending, d.Window.Description = true, []string{"Upgrade to PostgreSQL 17.6 bugfix release"}
	return t.Databases.add(d)
}

// database finds a cluster, in the state that it has come to by now.
func (c *call) database(id string) (*databaseCluster, bool) {
	d, ok := c.team.Databases.get(id)
	if ok {
		d.settle(c.now)
	}
	return d, ok
}

// databases are the clusters that want chooses, in the state that they have
// come to by now.
func (c *call) databases(want func(d *databaseCluster) bool) []*databaseCluster {
	return c.team.Databases.filter(func(d *databaseCluster) bool {
		d.settle(c.now)
		return want(d)
	})
}

func onDatabase(handle func(c *call, d *databaseCluster) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		d, ok := c.database(c.path("database"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, d)
	}
}

// whileOnline is onDatabase for what a cluster cannot do while it is being
// created or changed.
func whileOnline(handle func(c *call, d *databaseCluster) (*reply, error)) handler {
	return onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		if d.Status != databaseOnline {
			return nil, preconditionFailed("cluster is not online: its status is " + d.Status)
		}
		return handle(c, d)
	})
}

// unpaged answers all items at once, whatever page is asked for: the listings
// below /v2/databases have neither links nor meta.
func unpaged[T any](c *call, key string, items []T, view func(T) any) (*reply, error) {
	views := make([]any, 0, len(items))
	for _, item := range items {
		views = append(views, view(item))
	}
	return &reply{http.StatusOK, object{key: c.distort(views)}}, nil
}

func listDatabases(c *call) (*reply, error) {
	tagged := c.query("tag_name")
	if tagged != "" && !c.token.has("tag:read") {
		return nil, missing("tag:read")
	}
	found := c.databases(func(d *databaseCluster) bool {
		return d.ReplicaOf == "" && (tagged == "" || hasTag(d.Tags, tagged))
	})
	return unpaged(c, "databases", found, c.databaseView)
}

// deleteDatabase deletes a cluster with its replicas, or one of these.
func deleteDatabase(c *call, d *databaseCluster) (*reply, error) {
	for _, r := range c.replicasOf(d) {
		c.team.Databases.remove(r.ID)
	}
	c.team.Databases.remove(d.ID)
	return &reply{http.StatusNoContent, nil}, nil
}

// databasesIn are the clusters in a private network.
func (c *call) databasesIn(v *vpc) []*databaseCluster {
	return c.databases(func(d *databaseCluster) bool { return d.VPC == v.ID })
}

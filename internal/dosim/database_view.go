package dosim

import (
	"fmt"
	"net/url"
	"time"
)

// databaseShown is a cluster as answers have it. What a token may not see is
// absent; lists that are empty are null, as the description allows.
type databaseShown struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Engine      string    `json:"engine"`
	Version     string    `json:"version"`
	Semantic    string    `json:"semantic_version"`
	Nodes       int       `json:"num_nodes"`
	Size        string    `json:"size"`
	Region      string    `json:"region"`
	Status      string    `json:"status"`
	CreatedAt   time.Time `json:"created_at"`
	VPC         string    `json:"private_network_uuid,omitempty"`
	Tags        any       `json:"tags,omitempty"`
	DBs         []string  `json:"db_names"`
	Users       []any     `json:"users"`
	Project     string    `json:"project_id,omitempty"`
	StorageMib  int       `json:"storage_size_mib"`
	EndOfLife   string    `json:"version_end_of_life,omitempty"`
	EndOfSale   string    `json:"version_end_of_availability,omitempty"`
	Settings    any       `json:"do_settings"`
	Window      any       `json:"maintenance_window"`
	Metrics     []object  `json:"metrics_endpoints"`
	Public      any       `json:"connection"`
	Private     any       `json:"private_connection"`
	StandbyPub  any       `json:"standby_connection,omitempty"`
	StandbyPriv any       `json:"standby_private_connection,omitempty"`
	UI          any       `json:"ui_connection,omitempty"`
}

func (c *call) databaseView(d *databaseCluster) any {
	e := d.engine()
	at, _ := e.version(d.Version)
	v := databaseShown{
		ID: d.ID, Name: d.Name, Engine: d.Engine, Version: d.Version, Nodes: d.Nodes, Size: d.Size, Region: d.Region,
		Status: d.Status, CreatedAt: d.CreatedAt, DBs: d.DBs, StorageMib: d.StorageMib, Settings: d.Settings.view(), Window: d.Window,
		Semantic: e.versions[at].semantic, EndOfLife: e.versions[at].endOfLife, EndOfSale: e.versions[at].endOfSale,
		Public: c.connection(d, ""), Private: c.connection(d, "private-"),
		Metrics: []object{{"host": d.host(""), "port": metricsPort}},
	}
	for _, u := range d.Users {
		v.Users = append(v.Users, c.databaseUserView(u))
	}
	if d.Nodes > 1 {
		v.StandbyPub, v.StandbyPriv = c.connection(d, "replica-"), c.connection(d, "private-replica-")
		v.Metrics = append(v.Metrics, object{"host": d.host("replica-"), "port": metricsPort})
	}
	if d.Engine == "opensearch" {
		v.UI = c.connection(d, "")
	}
	if c.token.has("vpc:read") {
		v.VPC = d.VPC
	}
	if c.token.has("tag:read") {
		v.Tags = nullWhereEmpty(d.Tags)
	}
	if c.token.has("project:read") {
		v.Project = c.projectOf(d.urn())
	}
	return v
}

// nullWhereEmpty is a list, or null: DigitalOcean's services for databases
// make no difference. (A bare nil would leave the field out.)
func nullWhereEmpty(list []string) any {
	if len(list) == 0 {
		return []string(nil)
	}
	return list
}

const (
	metricsPort = 9273
	poolPort    = 25061
)

// host is a cluster's name in the DNS; role is a prefix such as "private-".
func (d *databaseCluster) host(role string) string {
	return fmt.Sprintf("%s%s-do-user-258992-0.%c.db.ondigitalocean.com", role, d.Name, d.ID[0])
}

// databaseConnection is how to reach a cluster.
type databaseConnection struct {
	URI      string `json:"uri"`
	Database string `json:"database"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	SSL      bool   `json:"ssl"`
}

// connection is that of the first user, the cluster's own.
func (c *call) connection(d *databaseCluster, role string) databaseConnection {
	e := d.engine()
	return c.connectionOf(d, d.Users[0], databaseConnection{Host: d.host(role), Port: e.port, Database: e.defaultDB, SSL: true})
}

// connectionOf fills in who connects, for a token that may see it, and the URI
// that says it all.
func (c *call) connectionOf(d *databaseCluster, as *databaseUser, to databaseConnection) databaseConnection {
	e := d.engine()
	u := url.URL{Scheme: e.scheme, Host: fmt.Sprintf("%s:%d", to.Host, to.Port), Path: to.Database}
	if c.token.has(viewCredentials) {
		to.User, to.Password = as.Name, as.Password
		u.User = url.UserPassword(to.User, to.Password)
	}
	to.URI = u.String() + e.suffix
	if e.scheme == "" {
		to.URI = u.Host
	}
	return to
}

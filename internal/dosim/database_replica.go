package dosim

import (
	"cmp"
	"net/http"
	"time"
)

// databaseReplicaKind serves the read-only replicas of a cluster. Each is a
// cluster of one node itself, which is resized by its own id, but listed with
// the cluster that it follows only.
var databaseReplicaKind = kind{name: "DatabaseReplica", routes: []route{
	{pattern: "GET /v2/databases/{database}/replicas", scope: databaseRead, handle: onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		return unpaged(c, "replicas", c.replicasOf(d), c.replicaView)
	})},
	{pattern: "POST /v2/databases/{database}/replicas", scope: databaseCreate, handle: whileOnline(createReplica)},
	{pattern: "GET /v2/databases/{database}/replicas/{replica}", scope: databaseRead, handle: onReplica(func(c *call, r *databaseCluster) (*reply, error) {
		return &reply{http.StatusOK, object{"replica": c.replicaView(r)}}, nil
	})},
	{pattern: "DELETE /v2/databases/{database}/replicas/{replica}", scope: databaseDelete, handle: onReplica(deleteDatabase)},
	{pattern: "PUT /v2/databases/{database}/replicas/{replica}/promote", scope: databaseUpdate, handle: onReplica(promoteReplica)},
}}

func (c *call) replicasOf(d *databaseCluster) []*databaseCluster {
	return c.databases(func(r *databaseCluster) bool { return r.ReplicaOf == d.ID })
}

func onReplica(handle func(c *call, r *databaseCluster) (*reply, error)) handler {
	return onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		for _, r := range c.replicasOf(d) {
			if r.Name == c.path("replica") {
				return handle(c, r)
			}
		}
		return nil, notFound()
	})
}

func (c *call) replicaView(r *databaseCluster) any {
	v := struct {
		ID         string    `json:"id"`
		Name       string    `json:"name"`
		Region     string    `json:"region"`
		Size       string    `json:"size"`
		Status     string    `json:"status"`
		Tags       any       `json:"tags,omitempty"`
		CreatedAt  time.Time `json:"created_at"`
		VPC        string    `json:"private_network_uuid,omitempty"`
		StorageMib int       `json:"storage_size_mib"`
		Settings   any       `json:"do_settings"`
		Public     any       `json:"connection"`
		Private    any       `json:"private_connection"`
	}{
		ID: r.ID, Name: r.Name, Region: r.Region, Size: r.Size, Status: r.Status, Tags: c.tags(r.Tags), CreatedAt: r.CreatedAt,
		StorageMib: r.StorageMib, Settings: r.Settings.view(), Public: c.connection(r, ""), Private: c.connection(r, "private-"),
	}
	if c.token.has("vpc:read") {
		v.VPC = r.VPC
	}
	return v
}

func createReplica(c *call, d *databaseCluster) (*reply, error) {
	var req databaseRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if !isPostgres(d.Engine) && !isMySQL(d.Engine) || d.ReplicaOf != "" {
		return nil, invalid("read-only replicas are for clusters of PostgreSQL and MySQL only")
	}
	// What a replica has no say in is the cluster's.
	req.Engine, req.Version, req.Nodes = d.Engine, d.Version, 1
	req.Size, req.Region = cmp.Or(req.Size, d.Size), cmp.Or(req.Region, d.Region)
	req.Rules, req.Project, req.Restore = nil, "", nil
	if err := c.checkDatabase(&req); err != nil {
		return nil, err
	}
	if databaseSizes[req.Size].memory < databaseSizes[d.Size].memory {
		return nil, invalid("invalid size: a replica of %s must not be smaller", d.Size)
	}
	r := c.addDatabase(&req)
	r.ReplicaOf, r.Status = d.ID, databaseForking
	r.Users, r.DBs = d.Users, d.DBs
	return &reply{http.StatusCreated, object{"replica": c.replicaView(r)}}, nil
}

// promoteReplica makes a cluster of its own of it.
func promoteReplica(c *call, r *databaseCluster) (*reply, error) {
	r.ReplicaOf = ""
	r.note(c.now, "cluster_master_promotion")
	return &reply{http.StatusNoContent, nil}, nil
}

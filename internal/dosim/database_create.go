package dosim

import (
	"net/http"
	"regexp"
)

type databaseRequest struct {
	Name      string            `json:"name"`
	Engine    string            `json:"engine"`
	Version   string            `json:"version"`
	Size      string            `json:"size"`
	Region    string            `json:"region"`
	Nodes     int               `json:"num_nodes"`
	VPC       string            `json:"private_network_uuid"`
	Tags      []string          `json:"tags"`
	Project   string            `json:"project_id"`
	Storage   *int              `json:"storage_size_mib"`
	Rules     []trustedSource   `json:"rules"`
	Settings  *databaseSettings `json:"do_settings"`
	Autoscale *struct {
		Storage *storageAutoscale `json:"storage"`
	} `json:"autoscale"`
	// StorageAutoscale is how godo says Autoscale.Storage.
	StorageAutoscale *storageAutoscale `json:"storage_autoscale"`
	Restore          *databaseRestore  `json:"backup_restore"`
}

// databaseRestore names the cluster of whose backup another is made.
type databaseRestore struct {
	Name      string `json:"database_name"`
	CreatedAt string `json:"backup_created_at"`
}

func createDatabase(c *call) (*reply, error) {
	var req databaseRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := c.checkDatabase(&req); err != nil {
		return nil, err
	}
	d := c.addDatabase(&req)
	view := c.databaseView(d)
	if e := d.engine(); e.once {
		// From now on nobody sees the password.
		d.Users[0].Password = ""
	}
	return &reply{http.StatusCreated, object{"database": view}}, nil
}

// checkDatabase refuses a request that cannot be carried out, and completes it.
func (c *call) checkDatabase(req *databaseRequest) error {
	for _, check := range []func(*databaseRequest) error{
		c.checkDatabaseScopes, c.checkDatabaseName, c.completeEngine, c.checkDatabasePlace, c.checkDatabaseExtras,
	} {
		if err := check(req); err != nil {
			return err
		}
	}
	return nil
}

// addDatabase makes what was found to be good.
func (c *call) addDatabase(req *databaseRequest) *databaseCluster {
	vpc := req.VPC
	if vpc == "" {
		vpc = c.defaultVPC(req.Region).ID
	}
	d := newDatabase(c.now, databaseCluster{
		Name: req.Name, Engine: req.Engine, Version: req.Version, Nodes: req.Nodes, Size: req.Size, Region: req.Region,
		StorageMib: *req.Storage, VPC: vpc, Tags: c.ensureTags(req.Tags),
	})
	if req.Settings != nil {
		d.Settings = *req.Settings
	}
	if req.StorageAutoscale != nil {
		d.Autoscale = *req.StorageAutoscale
	}
	d.Rules = c.replacedRules(d, req.Rules)
	status := databaseCreating
	if req.Restore != nil {
		status = databaseForking
	}
	c.beginDatabaseChange(d, status, databaseChange{})
	c.touchTags(d.Tags, "databases", c.uri("/v2/databases/%s", d.ID))
	if req.Project != "" {
		c.assign(d.urn(), assignment{req.Project, stamp(c.now)})
	}
	return c.team.Databases.add(d)
}

// checkDatabaseScopes refuses what the token may not refer to.
func (c *call) checkDatabaseScopes(req *databaseRequest) error {
	for _, need := range []struct {
		asked bool
		scope string
	}{
		{req.VPC != "", "vpc:read"},
		{len(req.Tags) > 0, "tag:create"},
		{req.Project != "", assignScope},
	} {
		if need.asked && !c.token.has(need.scope) {
			return missing(need.scope)
		}
	}
	return nil
}

var databaseName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

func (c *call) checkDatabaseName(req *databaseRequest) error {
	if !databaseName.MatchString(req.Name) {
		return invalid("invalid cluster name: it must be 3 to 63 lowercase letters, numbers and dashes")
	}
	if _, taken := c.team.Databases.find(func(d *databaseCluster) bool { return d.Name == req.Name }); taken {
		return invalid("cluster name is not available")
	}
	return nil
}

// completeEngine makes Valkey of Redis, and fills in the version and the
// storage where none was asked for.
func (c *call) completeEngine(req *databaseRequest) error {
	if req.Engine == "redis" {
		req.Engine = "valkey"
	}
	e, ok := databaseEngines[req.Engine]
	if !ok {
		return invalid("invalid engine: %q", req.Engine)
	}
	if req.Version == "" || e.caching {
		req.Version = e.defaultVersion
	}
	if _, ok := e.version(req.Version); !ok {
		return invalid("invalid version: %q", req.Version)
	}
	if err := e.checkLayout(req.Nodes, req.Size); err != nil {
		return err
	}
	if req.Storage == nil {
		base := databaseSizes[req.Size].base()
		req.Storage = &base
	}
	return checkStorage(*req.Storage, req.Size)
}

func (c *call) checkDatabasePlace(req *databaseRequest) error {
	r, ok := findRegion(req.Region)
	if !ok {
		return invalid("invalid region: %q", req.Region)
	}
	req.Region = r.Slug
	if err := c.checkDatabaseVPC(req.VPC, r.Slug); err != nil {
		return err
	}
	if _, ok := c.team.Projects.get(req.Project); req.Project != "" && !ok {
		return invalid("invalid project_id: %q", req.Project)
	}
	return nil
}

// checkDatabaseVPC refuses a network that no cluster of the region can be in;
// none at all is the region's default.
func (c *call) checkDatabaseVPC(id, region string) error {
	if id == "" {
		return nil
	}
	if v, ok := c.team.VPCs.get(id); !ok || v.Region != region {
		return invalid("invalid private_network_uuid: no VPC %q in %s", id, region)
	}
	return nil
}

func (c *call) checkDatabaseExtras(req *databaseRequest) error {
	if req.Autoscale != nil && req.Autoscale.Storage != nil {
		req.StorageAutoscale = req.Autoscale.Storage
	}
	if req.StorageAutoscale != nil {
		if err := req.StorageAutoscale.check(); err != nil {
			return err
		}
	}
	if req.Settings != nil {
		if err := req.Settings.check(); err != nil {
			return err
		}
	}
	if req.Restore != nil {
		from, ok := c.team.Databases.find(func(d *databaseCluster) bool { return d.Name == req.Restore.Name })
		switch {
		case !ok:
			return notFound()
		case from.Engine != req.Engine || len(from.backups(c.now)) == 0:
			return invalid("no backup of %s can be restored as %s", from.Name, req.Engine)
		}
	}
	if err := c.checkRules(req.Rules); err != nil {
		return err
	}
	return c.checkTags(req.Tags...)
}

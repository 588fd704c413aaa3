package dosim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// dropletKind serves droplets: reading, creating, deleting. Their actions are
// in droplet_action.go.
var dropletKind = kind{
	name: "Droplet",
	routes: []route{
		{pattern: "GET /v2/droplets", scope: "droplet:read", handle: listDroplets},
		{pattern: "POST /v2/droplets", scope: "droplet:create", handle: createDroplets},
		{pattern: "DELETE /v2/droplets", scope: "droplet:delete", handle: deleteDropletsByTag},
		{pattern: "GET /v2/droplets/{droplet}", scope: "droplet:read", handle: onDroplet(getDroplet)},
		{pattern: "DELETE /v2/droplets/{droplet}", scope: "droplet:delete", handle: onDroplet(deleteDroplet)},
		{pattern: "GET /v2/droplets/{droplet}/kernels", scope: "droplet:read", handle: onDroplet(listKernels)},
		{pattern: "GET /v2/droplets/{droplet}/snapshots", scope: "droplet:read", handle: onDroplet(listDropletSnapshots)},
		{pattern: "GET /v2/droplets/{droplet}/backups", scope: "droplet:read", handle: onDroplet(listDropletBackups)},
		{pattern: "GET /v2/droplets/{droplet}/firewalls", scope: "firewall:read", handle: onDroplet(listDropletFirewalls)},
		{pattern: "GET /v2/droplets/{droplet}/neighbors", scope: "droplet:read", handle: onDroplet(listNeighbors)},
		{pattern: "GET /v2/droplets/{droplet}/destroy_with_associated_resources", scope: "droplet:read", handle: onDroplet(listAssociated)},
		{pattern: "GET /v2/reports/droplet_neighbors_ids", scope: "droplet:read", handle: reportNeighbors},
		{pattern: "GET /v2/droplets/{droplet}/backups/policy", scope: "droplet:read", handle: onDroplet(getBackupPolicy)},
		{pattern: "GET /v2/droplets/backups/policies", scope: "droplet:read", handle: listBackupPolicies},
		{pattern: "GET /v2/droplets/backups/supported_policies", scope: "droplet:read", handle: listSupportedPolicies},
	},
	seed: seedDroplet,
}

type droplet struct {
	ID        int       `json:"id"`
	Name      string    `json:"name"`
	Region    string    `json:"region"`
	Size      string    `json:"size"`
	Disk      int       `json:"disk"`
	Image     int       `json:"image"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"created_at"`
	// DeletedAt is set while a lagging listing still shows it.
	DeletedAt  *time.Time    `json:"deleted_at,omitempty"`
	Backups    *backupPolicy `json:"backups,omitempty"`
	IPv6       bool          `json:"ipv6"`
	Monitoring bool          `json:"monitoring"`
	NoAgent    bool          `json:"no_agent"`
	NoPublic   bool          `json:"no_public_network"`
	Tags       []string      `json:"tags"`
	Volumes    []string      `json:"volumes"`
	VPC        string        `json:"vpc"`
	PrivateIP  string        `json:"private_ip"`
}

func (d *droplet) key() int { return d.ID }

func (d *droplet) isGPU() bool { return strings.HasPrefix(d.Size, "gpu-") }

// onDroplet resolves the droplet in the path.
func onDroplet(handle func(c *call, d *droplet) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		d, ok := c.droplet(atoi(c.path("droplet"), 0))
		if !ok {
			return nil, notFound()
		}
		return handle(c, d)
	}
}

// droplet finds one that was not deleted.
func (c *call) droplet(id int) (*droplet, bool) {
	d, ok := c.team.Droplets.get(id)
	return d, ok && d.DeletedAt == nil
}

func listDroplets(c *call) (*reply, error) {
	name, tagName, gpus := c.query("name"), c.query("tag_name"), c.query("type") == "gpus"
	if tagName != "" && !c.token.has("tag:read") {
		return nil, missing("tag:read")
	}
	lag := c.settings.ListLag.Std()
	found := c.team.Droplets.filter(func(d *droplet) bool {
		switch {
		case d.isGPU() != gpus,
			name != "" && !strings.EqualFold(d.Name, name),
			tagName != "" && !hasTag(d.Tags, tagName),
			lag > 0 && c.now.Sub(d.CreatedAt) < lag,
			d.DeletedAt != nil && c.now.Sub(*d.DeletedAt) >= lag:
			return false
		}
		return true
	})
	return list(c, "droplets", found, c.dropletView)
}

func getDroplet(c *call, d *droplet) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"droplet": c.dropletView(d)}}, nil
}

func deleteDroplet(c *call, d *droplet) (*reply, error) {
	c.removeDroplet(d)
	return &reply{http.StatusNoContent, nil}, nil
}

// removeDroplet lets go of what it had and of what had it; they survive it.
func (c *call) removeDroplet(d *droplet) {
	for _, id := range slices.Clone(d.Volumes) {
		if v, ok := c.team.Volumes.get(id); ok {
			detach(d, v)
		}
	}
	c.team.forgetDroplet(d.ID)
	c.team.forgetBackend(d.ID)
	c.team.releaseIPs(d.ID)
	if v, ok := c.team.VPCs.get(d.VPC); ok {
		v.release(d.PrivateIP)
	}
	if c.settings.ListLag > 0 {
		at := c.now
		d.DeletedAt = &at
		return
	}
	c.team.Droplets.remove(d.ID)
}

func deleteDropletsByTag(c *call) (*reply, error) {
	name := c.query("tag_name")
	if name == "" {
		return nil, invalid("tag_name is required")
	}
	if !c.token.has("tag:read") {
		return nil, missing("tag:read")
	}
	tagged := c.team.Droplets.filter(func(d *droplet) bool { return d.DeletedAt == nil && hasTag(d.Tags, name) })
	for _, d := range tagged {
		c.removeDroplet(d)
	}
	return &reply{http.StatusNoContent, nil}, nil
}

package dosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
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

// dropletRequest is the body of a create, of one or of several.
type dropletRequest struct {
	Name             string            `json:"name"`
	Names            []string          `json:"names"`
	Region           string            `json:"region"`
	Size             string            `json:"size"`
	Image            idOrSlug          `json:"image"`
	Backups          bool              `json:"backups"`
	BackupPolicy     *backupPolicy     `json:"backup_policy"`
	IPv6             bool              `json:"ipv6"`
	Monitoring       bool              `json:"monitoring"`
	Tags             []string          `json:"tags"`
	Volumes          []json.RawMessage `json:"volumes"`
	VPC              string            `json:"vpc_uuid"`
	SSHKeys          []idOrSlug        `json:"ssh_keys"`
	WithDropletAgent *bool             `json:"with_droplet_agent"`
	PublicNetworking *bool             `json:"public_networking"`
}

// idOrSlug is a JSON string or number, as text.
type idOrSlug string

// UnmarshalJSON implements json.Unmarshaler.
func (i *idOrSlug) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("reading an id or a slug: %w", err)
	}
	switch v := v.(type) {
	case string:
		*i = idOrSlug(v)
	case float64:
		*i = idOrSlug(strconv.FormatFloat(v, 'f', -1, 64))
	}
	return nil
}

var hostname = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$`)

func validName(name string) error {
	if name == "" {
		return invalid("Name can't be blank")
	}
	if !hostname.MatchString(name) || len(name) > 255 {
		return invalid("Name is invalid. Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)")
	}
	return nil
}

func createDroplets(c *call) (*reply, error) {
	var req dropletRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	names := req.Names
	if names == nil {
		names = []string{req.Name}
	}
	proto, volumes, err := c.checkDroplet(&req, names)
	if err != nil {
		return nil, err
	}
	views, actions := []any{}, []any{}
	for _, name := range names {
		d := c.addDroplet(proto, name)
		for _, v := range volumes {
			attach(d, v)
		}
		a := c.begin(&action{Type: "create", ResourceType: "droplet", Droplet: d.ID, Region: d.Region})
		views = append(views, c.dropletView(d))
		actions = append(actions, map[string]any{
			"id": a.ID, "rel": "create", "href": fmt.Sprintf("http://%s/v2/actions/%d", c.r.Host, a.ID),
		})
	}
	body := map[string]any{"links": map[string]any{"actions": actions}}
	if req.Names != nil {
		body["droplets"] = views
	} else {
		body["droplet"] = views[0]
	}
	return &reply{http.StatusAccepted, body}, nil
}

// checkDroplet turns a request into a droplet without a name, and the volumes
// to attach.
func (c *call) checkDroplet(req *dropletRequest, names []string) (droplet, []*volume, error) {
	d := droplet{Status: "new", IPv6: req.IPv6, Monitoring: req.Monitoring}
	none := func(err error) (droplet, []*volume, error) { return droplet{}, nil, err }
	if len(names) == 0 || len(names) > 10 {
		return none(invalid("You can create between 1 and 10 Droplets at once."))
	}
	for _, name := range names {
		if err := validName(name); err != nil {
			return none(err)
		}
	}
	if err := c.checkParts(req, &d); err != nil {
		return none(err)
	}
	net, err := c.dropletVPC(req.VPC, d.Region)
	if err != nil {
		return none(err)
	}
	d.VPC = net.ID
	if req.Backups || req.BackupPolicy != nil {
		if d.Backups, err = req.BackupPolicy.normalise(); err != nil {
			return none(err)
		}
	}
	d.NoAgent = req.WithDropletAgent != nil && !*req.WithDropletAgent
	d.NoPublic = req.PublicNetworking != nil && !*req.PublicNetworking
	if d.Tags, err = c.ensureTags(req.Tags); err != nil {
		return none(err)
	}
	volumes, err := c.requestedVolumes(req.Volumes, d.Region)
	return d, volumes, err
}

// checkParts resolves region, size and image, and looks for the keys. Without
// a region DigitalOcean chooses one.
func (c *call) checkParts(req *dropletRequest, d *droplet) error {
	sz, ok := findSize(req.Size)
	if !ok {
		return invalid("You specified an invalid size for Droplet creation.")
	}
	if req.Region == "" {
		req.Region = sz.Regions[0]
	}
	r, ok := findRegion(req.Region)
	if !ok {
		return invalid("You specified an invalid region for Droplet creation.")
	}
	if !slices.Contains(sz.Regions, r.Slug) {
		return invalid("You specified an invalid size for Droplet creation.")
	}
	img, ok := c.team.findImage(string(req.Image))
	if !ok {
		return invalid("You specified an invalid image for Droplet creation.")
	}
	for _, key := range req.SSHKeys {
		if _, ok := c.team.findKey(string(key)); !ok {
			return invalid("%s are invalid key identifiers for Droplet creation.", key)
		}
	}
	d.Region, d.Size, d.Disk, d.Image = r.Slug, sz.Slug, sz.Disk, img.ID
	return nil
}

func (c *call) dropletVPC(id, region string) (*vpc, error) {
	if id == "" {
		return c.defaultVPC(region), nil
	}
	v, ok := c.team.VPCs.get(id)
	if !ok || v.Region != region {
		return nil, invalid("You specified an invalid VPC for Droplet creation.")
	}
	return v, nil
}

// requestedVolumes accepts ids, and the objects that godo sends.
func (c *call) requestedVolumes(raw []json.RawMessage, region string) ([]*volume, error) {
	var out []*volume
	for _, item := range raw {
		var ref struct{ ID, Name string }
		if json.Unmarshal(item, &ref.ID) != nil && json.Unmarshal(item, &ref) != nil {
			return nil, badRequest("error parsing request body: volumes")
		}
		v, ok := c.team.Volumes.find(func(v *volume) bool {
			return v.ID == ref.ID || ref.Name != "" && v.Name == ref.Name && v.Region == region
		})
		if !ok || v.Region != region || len(v.DropletIDs) > 0 {
			return nil, invalid("You specified an invalid volume for Droplet creation.")
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *call) addDroplet(proto droplet, name string) *droplet {
	d := proto
	d.ID, d.Name, d.CreatedAt = c.state.nextID(), name, stamp(c.now)
	d.Tags, d.Volumes = slices.Clone(d.Tags), []string{}
	if v, ok := c.team.VPCs.get(d.VPC); ok {
		d.PrivateIP = v.nextAddress()
	}
	c.touchTags(d.Tags, "droplets", c.uri("/v2/droplets/%d", d.ID))
	return c.team.Droplets.add(&d)
}

func deleteDroplet(c *call, d *droplet) (*reply, error) {
	c.removeDroplet(d)
	return &reply{http.StatusNoContent, nil}, nil
}

// removeDroplet lets go of its volumes and firewalls; they survive it.
func (c *call) removeDroplet(d *droplet) {
	for _, id := range slices.Clone(d.Volumes) {
		if v, ok := c.team.Volumes.get(id); ok {
			detach(d, v)
		}
	}
	for _, f := range c.team.Firewalls.rows {
		f.DropletIDs = without(f.DropletIDs, d.ID)
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
	tagged := c.team.Droplets.filter(func(d *droplet) bool { return d.DeletedAt == nil && hasTag(d.Tags, name) })
	for _, d := range tagged {
		c.removeDroplet(d)
	}
	return &reply{http.StatusNoContent, nil}, nil
}

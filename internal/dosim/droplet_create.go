package dosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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
	UserData         string            `json:"user_data"`
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

const maxUserData = 64 << 10

// dropletPlan is what a create would do. Until all of it is known to be good
// nothing is made: a refusal leaves no tags and no network behind.
type dropletPlan struct {
	names   []string
	proto   droplet
	tags    []string
	volumes []*volume
}

func createDroplets(c *call) (*reply, error) {
	var req dropletRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	plan := dropletPlan{names: req.Names}
	if req.Names == nil {
		plan.names = []string{req.Name}
	}
	for _, check := range []func(*dropletRequest, *dropletPlan) error{
		c.checkDropletScopes, checkDropletNames, c.checkDropletPlace, c.checkDropletOptions, c.checkDropletVolumes,
	} {
		if err := check(&req, &plan); err != nil {
			return nil, err
		}
	}
	made := c.carryOutPlan(&plan)
	views, actions := []any{}, []any{}
	for _, d := range made {
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

// carryOutPlan makes what the plan says.
func (c *call) carryOutPlan(plan *dropletPlan) []*droplet {
	if plan.proto.VPC == "" {
		plan.proto.VPC = c.defaultVPC(plan.proto.Region).ID
	}
	plan.proto.Tags = c.ensureTags(plan.tags)
	made := []*droplet{}
	for _, name := range plan.names {
		d := c.addDroplet(plan.proto, name)
		for _, v := range plan.volumes {
			attach(d, v)
		}
		made = append(made, d)
	}
	return made
}

// checkDropletScopes refuses what the token may not refer to.
func (c *call) checkDropletScopes(req *dropletRequest, _ *dropletPlan) error {
	for _, need := range []struct {
		asked bool
		scope string
	}{
		{req.Image != "", "image:read"},
		{req.VPC != "", "vpc:read"},
		{len(req.SSHKeys) > 0, "ssh_key:read"},
		{len(req.Tags) > 0, "tag:create"},
		{len(req.Volumes) > 0, "block_storage:read"},
	} {
		if need.asked && !c.token.has(need.scope) {
			return missing(need.scope)
		}
	}
	return nil
}

func checkDropletNames(_ *dropletRequest, plan *dropletPlan) error {
	if len(plan.names) == 0 || len(plan.names) > 10 {
		return invalid("You can create between 1 and 10 Droplets at once.")
	}
	for _, name := range plan.names {
		if err := validName(name); err != nil {
			return err
		}
	}
	return nil
}

// checkDropletPlace resolves size and image, and finds a region and a network
// for them.
func (c *call) checkDropletPlace(req *dropletRequest, plan *dropletPlan) error {
	sz, ok := findSize(req.Size)
	if !ok {
		return invalid("You specified an invalid size for Droplet creation.")
	}
	img, ok := c.team.findImage(string(req.Image))
	if !ok {
		return invalid("You specified an invalid image for Droplet creation.")
	}
	net, ok := c.team.VPCs.get(req.VPC)
	if !ok && req.VPC != "" {
		return invalid("You specified an invalid VPC for Droplet creation.")
	}
	r, err := chooseRegion(req.Region, sz, img, net)
	if err != nil {
		return err
	}
	if err := img.fits(r.Slug, sz.Disk); err != nil {
		return err
	}
	if net == nil {
		net, _ = c.team.VPCs.find(func(v *vpc) bool { return v.Default && v.Region == r.Slug })
	}
	if net != nil && net.room() < len(plan.names) {
		return invalid("The VPC has no addresses left for that many Droplets.")
	}
	plan.proto.Region, plan.proto.Size, plan.proto.Disk, plan.proto.Image = r.Slug, sz.Slug, sz.Disk, img.ID
	plan.proto.VPC = req.VPC
	return nil
}

// chooseRegion takes the first region that has all that is needed, out of the
// one that is named, of those whose slugs begin with the letters named ("nyc"),
// or of all.
func chooseRegion(wanted string, sz size, img *image, net *vpc) (region, error) {
	wanted = strings.ToLower(wanted)
	left := regions
	for _, need := range []struct {
		met       func(slug string) bool
		otherwise string
	}{
		{func(slug string) bool {
			return wanted == "" || slug == wanted || strings.TrimRight(slug, "0123456789") == wanted
		}, "You specified an invalid region for Droplet creation."},
		{func(slug string) bool { return slices.Contains(sz.Regions, slug) }, "You specified an invalid size for Droplet creation."},
		{func(slug string) bool { return net == nil || net.Region == slug }, "You specified an invalid VPC for Droplet creation."},
		{func(slug string) bool { return slices.Contains(img.Regions, slug) }, imageElsewhere},
	} {
		left = slices.DeleteFunc(slices.Clone(left), func(r region) bool { return !need.met(r.Slug) })
		if len(left) == 0 {
			return region{}, invalid("%s", need.otherwise)
		}
	}
	return left[0], nil
}

// checkDropletOptions looks at what is neither place nor volume.
func (c *call) checkDropletOptions(req *dropletRequest, plan *dropletPlan) error {
	for _, key := range req.SSHKeys {
		if _, ok := c.team.findKey(string(key)); !ok {
			return invalid("%s are invalid key identifiers for Droplet creation.", key)
		}
	}
	if len(req.UserData) > maxUserData {
		return invalid("User data may not exceed 64 KiB.")
	}
	policy, err := req.BackupPolicy.normalise()
	if err != nil {
		return err
	}
	d := &plan.proto
	d.Status, d.IPv6, d.Monitoring = "new", req.IPv6, req.Monitoring
	if req.Backups {
		d.Backups = policy
	}
	d.NoAgent = req.WithDropletAgent != nil && !*req.WithDropletAgent
	d.NoPublic = req.PublicNetworking != nil && !*req.PublicNetworking
	plan.tags = req.Tags
	return c.checkTags(req.Tags...)
}

// checkDropletVolumes accepts ids, and the objects that godo sends.
func (c *call) checkDropletVolumes(req *dropletRequest, plan *dropletPlan) error {
	for _, item := range req.Volumes {
		var ref struct{ ID, Name string }
		if json.Unmarshal(item, &ref.ID) != nil && json.Unmarshal(item, &ref) != nil {
			return badRequest("error parsing request body: volumes")
		}
		v, ok := c.team.Volumes.find(func(v *volume) bool {
			return v.ID == ref.ID || ref.Name != "" && v.Name == ref.Name && v.Region == plan.proto.Region
		})
		if !ok || slices.Contains(plan.volumes, v) {
			return invalid("You specified an invalid volume for Droplet creation.")
		}
		if err := c.attachable(v, plan.proto.Region); err != nil {
			return err
		}
		plan.volumes = append(plan.volumes, v)
	}
	switch {
	case len(plan.volumes) > maxVolumesPerDroplet:
		return errManyVolumes
	case len(plan.volumes) > 0 && len(plan.names) > 1:
		return invalid("A volume can be attached to a single Droplet only.")
	}
	return nil
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

package dosim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// dropletActionKind serves what is done to droplets after their creation.
var dropletActionKind = kind{name: "DropletAction", routes: []route{
	{pattern: "GET /v2/droplets/{droplet}/actions", scope: "droplet:read", handle: onDroplet(func(c *call, d *droplet) (*reply, error) {
		return c.listActions(func(a *action) bool { return a.Droplet == d.ID && a.ResourceType == "droplet" })
	})},
	{pattern: "GET /v2/droplets/{droplet}/actions/{action}", scope: "droplet:read", handle: onDroplet(func(c *call, d *droplet) (*reply, error) {
		return c.getAction(func(a *action) bool { return a.Droplet == d.ID && a.ResourceType == "droplet" })
	})},
	{pattern: "POST /v2/droplets/{droplet}/actions", scope: "droplet:update", handle: onDroplet(postDropletAction)},
	{pattern: "POST /v2/droplets/actions", scope: "droplet:update", handle: postDropletActionsByTag},
}}

// dropletParams is the body of an action; each type reads what it needs.
type dropletParams struct {
	Type         string        `json:"type"`
	Name         string        `json:"name,omitempty"`
	Size         string        `json:"size,omitempty"`
	Disk         bool          `json:"disk,omitempty"`
	Image        idOrSlug      `json:"image,omitempty"`
	BackupPolicy *backupPolicy `json:"backup_policy,omitempty"`
}

// dropletActionType is one thing that can be done to a droplet.
type dropletActionType struct {
	// scope is what it takes besides droplet:update; empty for most.
	scope string
	// check refuses, and may complete the parameters.
	check func(c *call, d *droplet, p *dropletParams) error
	// finish is the effect, when the action ends; it began at the given time.
	finish func(s *Server, t *team, d *droplet, p dropletParams, begun time.Time)
}

var dropletActionTypes = map[string]dropletActionType{
	"power_on":  {check: mustBe("off", "Droplet is already powered on."), finish: become("active")},
	"power_off": {check: mustBe("active", "Droplet is already powered off."), finish: become("off")},
	// Unlike power_off it is not refused where the droplet is off already.
	"shutdown":       {check: anyState, finish: become("off")},
	"power_cycle":    {check: mustBe("active", "Droplet is currently off. Please power it on to run this event."), finish: become("active")},
	"reboot":         {check: mustBe("active", "Droplet is currently off. Please power it on to run this event."), finish: become("active")},
	"password_reset": {scope: "droplet:admin", check: anyState, finish: become("active")},
	"change_kernel": {check: func(*call, *droplet, *dropletParams) error {
		return invalid("Kernel is managed internally by this Droplet.")
	}},
	"rename":                    {check: func(_ *call, _ *droplet, p *dropletParams) error { return validName(p.Name) }, finish: finishRename},
	"resize":                    {scope: "droplet:create", check: checkResize, finish: finishResize},
	"rebuild":                   {scope: "droplet:admin", check: checkRebuild, finish: finishRebuild},
	"restore":                   {scope: "droplet:admin", check: checkRestore, finish: finishRebuild},
	"snapshot":                  {scope: "image:create", check: checkSnapshot, finish: finishSnapshot},
	"enable_backups":            {check: checkEnableBackups, finish: finishBackups},
	"change_backup_policy":      {check: checkChangePolicy, finish: finishBackups},
	"disable_backups":           {check: checkDisableBackups, finish: func(_ *Server, _ *team, d *droplet, _ dropletParams, _ time.Time) { d.Backups = nil }},
	"enable_ipv6":               {check: mustBe("off", errOn.message), finish: func(_ *Server, _ *team, d *droplet, _ dropletParams, _ time.Time) { d.IPv6 = true }},
	"enable_private_networking": {check: anyState, finish: func(*Server, *team, *droplet, dropletParams, time.Time) {}},
}

// errOn is for what needs the droplet to be off.
var errOn = invalid("Droplet is currently on. Please power it off to run this event.")

func anyState(*call, *droplet, *dropletParams) error { return nil }

func mustBe(status, otherwise string) func(*call, *droplet, *dropletParams) error {
	return func(_ *call, d *droplet, _ *dropletParams) error {
		if d.Status != status {
			return invalid("%s", otherwise)
		}
		return nil
	}
}

func become(status string) func(*Server, *team, *droplet, dropletParams, time.Time) {
	return func(_ *Server, _ *team, d *droplet, _ dropletParams, _ time.Time) { d.Status = status }
}

func finishRename(_ *Server, _ *team, d *droplet, p dropletParams, _ time.Time) { d.Name = p.Name }

func checkResize(_ *call, d *droplet, p *dropletParams) error {
	to, ok := findSize(p.Size)
	switch {
	case !ok || !slices.Contains(to.Regions, d.Region):
		return invalid("You specified an invalid size for Droplet resize.")
	case d.Status != "off":
		return errOn
	case to.Disk < d.Disk:
		return invalid("This size is not available because it has a smaller disk.")
	case to.Slug == d.Size && (!p.Disk || to.Disk == d.Disk):
		return invalid("Droplet is already this size.")
	}
	p.Size = to.Slug
	return nil
}

// finishResize leaves the disk alone unless it was asked to grow: then a
// smaller size is out of reach for ever.
func finishResize(_ *Server, _ *team, d *droplet, p dropletParams, _ time.Time) {
	d.Size = p.Size
	if to, ok := findSize(p.Size); ok && p.Disk {
		d.Disk = to.Disk
	}
}

func checkRebuild(c *call, d *droplet, p *dropletParams) error {
	img, ok := c.team.findImage(string(p.Image))
	if !ok {
		return invalid("You specified an invalid image.")
	}
	return img.fits(d.Region, d.Disk)
}

// checkRestore takes snapshots of the droplet for backups: nothing here makes
// any of those by itself.
func checkRestore(c *call, d *droplet, p *dropletParams) error {
	if img, ok := c.team.findImage(string(p.Image)); !ok || img.Droplet != d.ID {
		return invalid("You specified an image that is no backup of this Droplet.")
	}
	return checkRebuild(c, d, p)
}

func finishRebuild(_ *Server, t *team, d *droplet, p dropletParams, _ time.Time) {
	if img, ok := t.findImage(string(p.Image)); ok {
		d.Image, d.Status = img.ID, "active"
	}
}

func checkSnapshot(c *call, d *droplet, p *dropletParams) error {
	if p.Name == "" {
		p.Name = d.Name + "-" + c.now.Format("20060102150405")
	}
	return nil
}

// finishSnapshot dates the snapshot by the action's start: that is how clients
// find the one that they asked for.
func finishSnapshot(s *Server, t *team, d *droplet, p dropletParams, begun time.Time) {
	snapshotOf(s, t, d, p.Name, begun)
}

func checkEnableBackups(_ *call, d *droplet, p *dropletParams) (err error) {
	if d.Backups != nil {
		return invalid("Backups are already enabled for this Droplet.")
	}
	p.BackupPolicy, err = p.BackupPolicy.normalise()
	return err
}

func checkChangePolicy(_ *call, d *droplet, p *dropletParams) (err error) {
	if d.Backups == nil {
		return invalid("Backups are not enabled for this Droplet.")
	}
	if p.BackupPolicy == nil {
		return invalid("backup_policy is required.")
	}
	p.BackupPolicy, err = p.BackupPolicy.normalise()
	return err
}

func checkDisableBackups(_ *call, d *droplet, _ *dropletParams) error {
	if d.Backups == nil {
		return invalid("Backups are already disabled for this Droplet.")
	}
	return nil
}

func finishBackups(_ *Server, _ *team, d *droplet, p dropletParams, _ time.Time) {
	d.Backups = p.BackupPolicy
}

func postDropletAction(c *call, d *droplet) (*reply, error) {
	p, err := c.dropletParams()
	if err != nil {
		return nil, err
	}
	if err := c.checkAction(d, &p); err != nil {
		return nil, err
	}
	a, err := c.beginAction(d, p)
	if err != nil {
		return nil, err
	}
	return &reply{http.StatusCreated, map[string]any{"action": a.view()}}, nil
}

func (c *call) dropletParams() (p dropletParams, err error) {
	err = c.decode(&p)
	p.Type = strings.ToLower(p.Type)
	return p, err
}

// checkAction refuses what cannot be done to a droplet, and completes the
// parameters of what can.
func (c *call) checkAction(d *droplet, p *dropletParams) error {
	what, ok := dropletActionTypes[p.Type]
	if !ok {
		return invalidAction(p.Type)
	}
	if !c.token.has(what.scope) {
		return missing(what.scope)
	}
	if c.team.busy(d.ID) {
		return errPendingEvent
	}
	return what.check(c, d, p)
}

func (c *call) beginAction(d *droplet, p dropletParams) (*action, error) {
	params, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return c.begin(&action{Type: p.Type, ResourceType: "droplet", Droplet: d.ID, Region: d.Region, Params: params}), nil
}

// actionsByTag are the types that can be done to all droplets of a tag.
var actionsByTag = []string{
	"power_cycle", "power_on", "power_off", "shutdown", "enable_ipv6", "enable_backups", "disable_backups", "snapshot",
	"enable_private_networking",
}

// postDropletActionsByTag acts on all droplets of a tag, or where one of them
// refuses on none.
func postDropletActionsByTag(c *call) (*reply, error) {
	name := c.query("tag_name")
	if name == "" {
		return nil, invalid("tag_name is required")
	}
	p, err := c.dropletParams()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(actionsByTag, p.Type) {
		return nil, invalidAction(p.Type)
	}
	tagged := c.team.Droplets.filter(func(d *droplet) bool { return d.DeletedAt == nil && hasTag(d.Tags, name) })
	params := make([]dropletParams, len(tagged))
	for i, d := range tagged {
		params[i] = p
		if err := c.checkAction(d, &params[i]); err != nil {
			return nil, err
		}
	}
	views := []any{}
	for i, d := range tagged {
		a, err := c.beginAction(d, params[i])
		if err != nil {
			return nil, err
		}
		views = append(views, a.view())
	}
	return &reply{http.StatusCreated, map[string]any{"actions": views}}, nil
}

// finishDropletAction is the effect of an ended action on a droplet.
func finishDropletAction(s *Server, t *team, a *action) bool {
	d, ok := t.Droplets.get(a.Droplet)
	if !ok || d.DeletedAt != nil {
		return false
	}
	if a.Type == "create" {
		d.Status = "active"
		return true
	}
	var p dropletParams
	if err := json.Unmarshal(a.Params, &p); err != nil {
		return false
	}
	dropletActionTypes[a.Type].finish(s, t, d, p, a.StartedAt)
	return true
}

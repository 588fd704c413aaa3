package dosim

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

const (
	actionInProgress = "in-progress"
	actionCompleted  = "completed"
	actionErrored    = "errored"
)

// actionKind serves the actions of all kinds.
var actionKind = kind{name: "Action", routes: []route{
	{pattern: "GET /v2/actions", scope: "actions:read", handle: func(c *call) (*reply, error) {
		return c.listActions(func(*action) bool { return true })
	}},
	{pattern: "GET /v2/actions/{action}", scope: "actions:read", handle: func(c *call) (*reply, error) {
		return c.getAction(func(*action) bool { return true })
	}},
}}

// action is something that takes a while. Its effect comes when it ends.
type action struct {
	ID           int             `json:"id"`
	Status       string          `json:"status"`
	Type         string          `json:"type"`
	StartedAt    time.Time       `json:"started_at"`
	CompletedAt  *time.Time      `json:"completed_at"`
	ResourceType string          `json:"resource_type"`
	Region       string          `json:"region_slug"`
	Droplet      int             `json:"droplet,omitempty"`
	Volume       string          `json:"volume,omitempty"`
	Image        int             `json:"image,omitempty"`
	IP           string          `json:"ip,omitempty"`
	Params       json.RawMessage `json:"params,omitempty"`
	// Due is when the first request to come finds it ended; Fails says how.
	Due   time.Time `json:"due"`
	Fails bool      `json:"fails,omitempty"`
}

func (a *action) key() int { return a.ID }

// effects are what ended actions do, by resource type; kinds add theirs. An
// effect says false when what it was for is gone.
var effects = map[string]func(s *Server, t *team, a *action) bool{
	"droplet": finishDropletAction,
	"volume":  finishVolumeAction,
	"image":   finishImageAction,

	asReservedIP.one: finishReservedIPAction,
	asFloatingIP.one: finishReservedIPAction,
}

// patience is how long it takes until what was asked has happened; an insider
// does not wait.
func (c *call) patience() time.Duration {
	if c.insider {
		return 0
	}
	return c.settings.ActionDuration.Std()
}

// begin records an action, which ends when patience has.
func (c *call) begin(a *action) *action {
	a.ID, a.Status = c.state.nextID(), actionInProgress
	a.StartedAt = stamp(c.now)
	a.Due = c.now.Add(c.patience())
	a.Fails = c.fault != nil && c.fault.FailAction
	c.team.Actions.add(a)
	c.team.pending = append(c.team.pending, a)
	return a
}

// settle ends the actions that are due, after what clusters began by themselves.
func (s *Server) settle(t *team, now time.Time) {
	s.settleKube(t, now)
	t.pending = slices.DeleteFunc(t.pending, func(a *action) bool {
		if a.Due.After(now) {
			return false
		}
		a.Status = actionCompleted
		if a.Fails || !effects[a.ResourceType](s, t, a) {
			a.Status = actionErrored
		}
		completed := stamp(a.Due)
		a.CompletedAt = &completed
		s.changes++
		return true
	})
}

var errPendingEvent = invalid("Droplet already has a pending event.")

func invalidAction(ofType string) error {
	return invalid("You specified an invalid action type: %q.", ofType)
}

// busy says whether a droplet has an action in progress: they are serial.
func (t *team) busy(droplet int) bool {
	return slices.ContainsFunc(t.pending, func(a *action) bool { return a.Droplet == droplet })
}

// volumeBusy is busy for a volume.
func (t *team) volumeBusy(volume string) bool {
	return slices.ContainsFunc(t.pending, func(a *action) bool { return a.Volume == volume })
}

func (a *action) view() any {
	view := map[string]any{
		"id": a.ID, "status": a.Status, "type": a.Type,
		"started_at": a.StartedAt, "completed_at": a.CompletedAt,
		"resource_id": nil, "resource_type": a.ResourceType,
		"region": regionJSON[a.Region], "region_slug": a.Region,
	}
	// The resource of a volume's action is the volume, whose id is no number.
	switch a.ResourceType {
	case "droplet":
		view["resource_id"] = a.Droplet
	case "image":
		view["resource_id"] = a.Image
	case asReservedIP.one, asFloatingIP.one:
		view["resource_id"] = ipNumber(a.IP)
	}
	return view
}

// listActions answers the chosen actions, the latest first.
func (c *call) listActions(want func(*action) bool) (*reply, error) {
	found := c.team.Actions.filter(want)
	slices.Reverse(found)
	return list(c, "actions", found, (*action).view)
}

func (c *call) getAction(want func(*action) bool) (*reply, error) {
	a, ok := c.team.Actions.get(atoi(c.path("action"), 0))
	if !ok || !want(a) {
		return nil, notFound()
	}
	return &reply{http.StatusOK, map[string]any{"action": a.view()}}, nil
}

// stamp is a time in the precision that DigitalOcean shows.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

package dosim

import (
	"encoding/json"
	"net/http"
	"slices"
)

type volumeParams struct {
	Type       string   `json:"type"`
	DropletID  int      `json:"droplet_id,omitempty"`
	VolumeName string   `json:"volume_name,omitempty"`
	Region     string   `json:"region,omitempty"`
	Size       int      `json:"size_gigabytes,omitempty"`
	Tags       []string `json:"tags,omitempty"`
}

func (v *volume) owns(a *action) bool { return a.Volume == v.ID }

func listVolumeActions(c *call, v *volume) (*reply, error) { return c.listActions(v.owns) }

func getVolumeAction(c *call, v *volume) (*reply, error) { return c.getAction(v.owns) }

func postVolumeAction(c *call, v *volume) (*reply, error) {
	var p volumeParams
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	return c.actOnVolume(v, p)
}

func postVolumeActionByName(c *call) (*reply, error) {
	var p volumeParams
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	if p.Region == "" {
		// Without a region the droplet's is meant.
		if d, ok := c.droplet(p.DropletID); ok {
			p.Region = d.Region
		}
	}
	v, ok := c.volumeByName(p.VolumeName, p.Region)
	if !ok {
		return nil, notFound()
	}
	return c.actOnVolume(v, p)
}

// volumeChecks say which actions there are, and refuse what cannot be done.
var volumeChecks = map[string]func(c *call, v *volume, p volumeParams) error{
	"attach": func(c *call, v *volume, p volumeParams) error {
		d, ok := c.droplet(p.DropletID)
		switch {
		case !ok:
			return notFound()
		case c.team.busy(d.ID):
			return errPendingEvent
		case len(d.Volumes) >= maxVolumesPerDroplet:
			return errManyVolumes
		}
		return c.attachable(v, d.Region)
	},
	"detach": func(c *call, v *volume, p volumeParams) error {
		switch {
		case !slices.Contains(v.DropletIDs, p.DropletID):
			return invalid("The volume is not attached to this Droplet.")
		case c.team.busy(p.DropletID):
			return errPendingEvent
		}
		return nil
	},
	"resize": func(_ *call, v *volume, p volumeParams) error {
		if p.Size <= v.Size || p.Size > maxVolumeGigabytes {
			return invalid("size_gigabytes must be greater than the volume's present size of %d and at most %d", v.Size, maxVolumeGigabytes)
		}
		return nil
	},
}

func (c *call) actOnVolume(v *volume, p volumeParams) (*reply, error) {
	check, ok := volumeChecks[p.Type]
	if !ok {
		return nil, invalidAction(p.Type)
	}
	if c.team.volumeBusy(v.ID) {
		return nil, errVolumePending
	}
	if err := check(c, v, p); err != nil {
		return nil, err
	}
	if err := c.checkTags(p.Tags...); err != nil {
		return nil, err
	}
	v.Tags = c.ensureTags(append(slices.Clone(v.Tags), p.Tags...))
	params, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	a := c.begin(&action{Type: p.Type, ResourceType: "volume", Volume: v.ID, Droplet: p.DropletID, Region: v.Region, Params: params})
	return &reply{http.StatusAccepted, map[string]any{"action": a.view()}}, nil
}

func finishVolumeAction(_ *Server, t *team, a *action) bool {
	var p volumeParams
	v, ok := t.Volumes.get(a.Volume)
	if !ok || json.Unmarshal(a.Params, &p) != nil {
		return false
	}
	if a.Type == "resize" {
		v.Size = p.Size
		return true
	}
	d, ok := t.Droplets.get(p.DropletID)
	if !ok || d.DeletedAt != nil {
		return false
	}
	if a.Type == "attach" {
		if len(v.DropletIDs) > 0 {
			return false
		}
		attach(d, v)
		return true
	}
	detach(d, v)
	return true
}

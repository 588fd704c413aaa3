package dosim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// volumeKind serves block storage. Volume actions are in volume_action.go.
var volumeKind = kind{
	name: "Volume",
	routes: []route{
		{pattern: "GET /v2/volumes", scope: "block_storage:read", handle: listVolumes},
		{pattern: "POST /v2/volumes", scope: "block_storage:create", handle: createVolume},
		{pattern: "DELETE /v2/volumes", scope: "block_storage:delete", handle: deleteVolumeByName},
		{pattern: "GET /v2/volumes/{volume}", scope: "block_storage:read", handle: onVolume(func(_ *call, v *volume) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"volume": v.view()}}, nil
		})},
		{pattern: "DELETE /v2/volumes/{volume}", scope: "block_storage:delete", handle: onVolume(deleteVolume)},
		{pattern: "GET /v2/volumes/{volume}/{sub}", handle: volumeSubresource},
		{pattern: "GET /v2/volumes/{volume}/actions/{action}", scope: "block_storage_action:read", handle: onVolume(getVolumeAction)},
		{pattern: "POST /v2/volumes/{volume}/actions", scope: "block_storage_action:create", handle: onVolume(postVolumeAction)},
		{pattern: "POST /v2/volumes/actions", scope: "block_storage_action:create", handle: postVolumeActionByName},
		{pattern: "POST /v2/volumes/{volume}/snapshots", scope: "block_storage_snapshot:create", handle: onVolume(snapshotVolume)},
		{pattern: "DELETE /v2/volumes/snapshots/{snapshot}", scope: "block_storage_snapshot:delete", handle: deleteVolumeSnapshot},
	},
	seed: func(s *Server, t *team, n int) {
		t.Volumes.add(&volume{
			ID: uuid.NewString(), Name: fmt.Sprintf("seed-%d", n), Region: "nyc3", Size: 10,
			CreatedAt: stamp(s.now()), DropletIDs: []int{}, Tags: []string{}, FilesystemType: "ext4",
		})
	},
}

type volume struct {
	ID              string    `json:"id"`
	Name            string    `json:"name"`
	Description     string    `json:"description"`
	Region          string    `json:"region"`
	Size            int       `json:"size_gigabytes"`
	CreatedAt       time.Time `json:"created_at"`
	DropletIDs      []int     `json:"droplet_ids"`
	Tags            []string  `json:"tags"`
	FilesystemType  string    `json:"filesystem_type"`
	FilesystemLabel string    `json:"filesystem_label"`
}

func (v *volume) key() string { return v.ID }

func (v *volume) view() any {
	type shown volume
	return struct {
		shown
		Region any `json:"region"`
	}{shown(*v), regionJSON[v.Region]}
}

func onVolume(handle func(c *call, v *volume) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		v, ok := c.team.Volumes.get(c.path("volume"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, v)
	}
}

// volumeSubresource takes apart what http.ServeMux cannot: it refuses
// /volumes/{volume}/actions beside /volumes/snapshots/{snapshot}, because
// neither is the more specific one.
func volumeSubresource(c *call) (*reply, error) {
	scope, handle := "block_storage_snapshot:read", onVolume(listVolumeSnapshots)
	switch {
	case c.path("volume") == "snapshots":
		handle = func(c *call) (*reply, error) { return c.getVolumeSnapshot(c.path("sub")) }
	case c.path("sub") == "actions":
		scope, handle = "block_storage_action:read", onVolume(listVolumeActions)
	case c.path("sub") != "snapshots":
		return nil, notFound()
	}
	if !c.token.has(scope) {
		return nil, missing(scope)
	}
	return handle(c)
}

func listVolumes(c *call) (*reply, error) {
	name, region := c.query("name"), c.query("region")
	found := c.team.Volumes.filter(func(v *volume) bool {
		return (name == "" || v.Name == name) && (region == "" || v.Region == region)
	})
	return list(c, "volumes", found, (*volume).view)
}

const maxVolumeGigabytes = 16384

var volumeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

type volumeRequest struct {
	Name            string   `json:"name"`
	Description     string   `json:"description"`
	Region          string   `json:"region"`
	Size            int      `json:"size_gigabytes"`
	SnapshotID      string   `json:"snapshot_id"`
	FilesystemType  string   `json:"filesystem_type"`
	FilesystemLabel string   `json:"filesystem_label"`
	Tags            []string `json:"tags"`
}

func createVolume(c *call) (*reply, error) {
	var req volumeRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := c.checkVolume(&req); err != nil {
		return nil, err
	}
	tags, err := c.ensureTags(req.Tags)
	if err != nil {
		return nil, err
	}
	v := c.team.Volumes.add(&volume{
		ID: uuid.NewString(), Name: req.Name, Description: req.Description, Region: req.Region, Size: req.Size,
		CreatedAt: stamp(c.now), DropletIDs: []int{}, Tags: tags,
		FilesystemType: req.FilesystemType, FilesystemLabel: req.FilesystemLabel,
	})
	c.touchTags(tags, "volumes", c.uri("/v2/volumes/%s", v.ID))
	return &reply{http.StatusCreated, map[string]any{"volume": v.view()}}, nil
}

func (c *call) checkVolume(req *volumeRequest) error {
	if req.SnapshotID != "" {
		from, ok := c.team.Snapshots.get(req.SnapshotID)
		if !ok {
			return notFound()
		}
		req.Region, req.Size = from.Regions[0], max(req.Size, from.MinDiskSize)
	}
	r, ok := findRegion(req.Region)
	switch {
	case !volumeName.MatchString(req.Name):
		return invalid("name must be lowercase, start with a letter and contain only letters, numbers and dashes")
	case !ok:
		return invalid("region does not exist")
	case req.Size < 1 || req.Size > maxVolumeGigabytes:
		return invalid("size_gigabytes must be between 1 and %d", maxVolumeGigabytes)
	case !slices.Contains([]string{"", "ext4", "xfs"}, req.FilesystemType):
		return invalid("filesystem_type must be one of ext4, xfs")
	}
	req.Region = r.Slug
	if _, taken := c.team.Volumes.find(func(v *volume) bool { return v.Name == req.Name && v.Region == req.Region }); taken {
		return conflict("a volume with this name already exists in this region")
	}
	return nil
}

func deleteVolume(c *call, v *volume) (*reply, error) {
	if len(v.DropletIDs) > 0 {
		return nil, conflict("cannot delete volume, it is attached to a droplet")
	}
	c.team.Volumes.remove(v.ID)
	return &reply{http.StatusNoContent, nil}, nil
}

func deleteVolumeByName(c *call) (*reply, error) {
	v, ok := c.volumeByName(c.query("name"), c.query("region"))
	if !ok {
		return nil, notFound()
	}
	return deleteVolume(c, v)
}

func (c *call) volumeByName(name, region string) (*volume, bool) {
	return c.team.Volumes.find(func(v *volume) bool { return v.Name == name && v.Region == region })
}

// attach and detach keep both sides of an attachment alike.
func attach(d *droplet, v *volume) {
	d.Volumes, v.DropletIDs = append(d.Volumes, v.ID), append(v.DropletIDs, d.ID)
}

func detach(d *droplet, v *volume) {
	d.Volumes, v.DropletIDs = without(d.Volumes, v.ID), without(v.DropletIDs, d.ID)
}

package dosim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// volumeKind serves block storage. Volume actions are in volume_action.go.
var volumeKind = kind{
	name: "Volume",
	routes: []route{
		{pattern: "GET /v2/volumes", scope: "block_storage:read", handle: listVolumes},
		{pattern: "POST /v2/volumes", scope: "block_storage:create", handle: createVolume, badRequest: plainShape},
		{pattern: "DELETE /v2/volumes", scope: "block_storage:delete", handle: deleteVolumeByName},
		{pattern: "GET /v2/volumes/{volume}", scope: "block_storage:read", handle: onVolume(func(c *call, v *volume) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"volume": c.volumeView(v)}}, nil
		})},
		{pattern: "DELETE /v2/volumes/{volume}", scope: "block_storage:delete", handle: onVolume(deleteVolume)},
		{pattern: "GET /v2/volumes/{volume}/{sub}", handle: volumeSubresource},
		{pattern: "GET /v2/volumes/{volume}/actions/{action}", scope: "block_storage_action:read", handle: onVolume(getVolumeAction)},
		{pattern: "POST /v2/volumes/{volume}/actions", scope: "block_storage_action:create", handle: onVolume(postVolumeAction)},
		{pattern: "POST /v2/volumes/actions", scope: "block_storage_action:create", handle: postVolumeActionByName},
		{pattern: "POST /v2/volumes/{volume}/snapshots", scope: "block_storage_snapshot:create", handle: onVolume(snapshotVolume), badRequest: plainShape},
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

func (c *call) volumeView(v *volume) any {
	type shown volume
	return struct {
		shown
		Region any `json:"region"`
		Tags   any `json:"tags,omitempty"`
	}{shown(*v), regionJSON[v.Region], c.tags(v.Tags)}
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
	return list(c, "volumes", found, c.volumeView)
}

const (
	maxVolumeGigabytes   = 16384
	maxVolumesPerDroplet = 15
)

// labelLengths are how long a label each file system takes; one that is not
// named yet could be any.
var labelLengths = map[string]int{"": 16, "ext4": 16, "xfs": 12}

var (
	errVolumePending = invalid("Volume already has a pending event.")
	errManyVolumes   = invalid("At most %d volumes can be attached to a Droplet.", maxVolumesPerDroplet)
)

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
	tags := c.ensureTags(req.Tags)
	v := c.team.Volumes.add(&volume{
		ID: uuid.NewString(), Name: req.Name, Description: req.Description, Region: req.Region, Size: req.Size,
		CreatedAt: stamp(c.now), DropletIDs: []int{}, Tags: tags,
		FilesystemType: req.FilesystemType, FilesystemLabel: req.FilesystemLabel,
	})
	c.touchTags(tags, "volumes", c.uri("/v2/volumes/%s", v.ID))
	return &reply{http.StatusCreated, map[string]any{"volume": c.volumeView(v)}}, nil
}

func (c *call) checkVolume(req *volumeRequest) error {
	if err := c.takeSnapshot(req); err != nil {
		return err
	}
	r, ok := findRegion(req.Region)
	labelLength, known := labelLengths[req.FilesystemType]
	switch {
	case !volumeName.MatchString(req.Name):
		return invalid("name must be lowercase, start with a letter and contain only letters, numbers and dashes")
	case !ok:
		return invalid("region does not exist")
	case req.Size < 1 || req.Size > maxVolumeGigabytes:
		return invalid("size_gigabytes must be between 1 and %d", maxVolumeGigabytes)
	case !known:
		return invalid("filesystem_type must be one of ext4, xfs")
	case utf8.RuneCountInString(req.FilesystemLabel) > labelLength:
		return invalid("filesystem_label must be at most %d characters", labelLength)
	}
	req.Region = r.Slug
	if _, taken := c.volumeByName(req.Name, req.Region); taken {
		return conflict("a volume with this name already exists in this region")
	}
	return c.checkTags(req.Tags...)
}

// takeSnapshot lets a volume begin as the snapshot that the request names, if
// it names one: where that is, as large at least, and formatted alike.
func (c *call) takeSnapshot(req *volumeRequest) error {
	if req.SnapshotID == "" {
		return nil
	}
	from, ok := c.team.Snapshots.get(req.SnapshotID)
	if !ok {
		return notFound()
	}
	if req.Region == "" {
		req.Region = from.Regions[0]
	}
	if !slices.Contains(from.Regions, strings.ToLower(req.Region)) {
		return invalid("The snapshot is not available in this region.")
	}
	req.Size = max(req.Size, from.MinDiskSize)
	if from.FilesystemType != "" {
		req.FilesystemType, req.FilesystemLabel = from.FilesystemType, from.FilesystemLabel
	}
	return nil
}

func deleteVolume(c *call, v *volume) (*reply, error) {
	if len(v.DropletIDs) > 0 {
		return nil, conflict("cannot delete volume, it is attached to a droplet")
	}
	if c.team.volumeBusy(v.ID) {
		return nil, conflict("cannot delete volume, an action on it is in progress")
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

// attachable refuses a volume that no droplet of the region can have now.
func (c *call) attachable(v *volume, region string) error {
	switch {
	case v.Region != region:
		return invalid("Droplet and volume must be in the same region.")
	case len(v.DropletIDs) > 0:
		return invalid("The volume is already attached to a Droplet.")
	case c.team.volumeBusy(v.ID):
		return errVolumePending
	}
	return nil
}

// attach and detach keep both sides of an attachment alike.
func attach(d *droplet, v *volume) {
	d.Volumes, v.DropletIDs = append(d.Volumes, v.ID), append(v.DropletIDs, d.ID)
}

func detach(d *droplet, v *volume) {
	d.Volumes, v.DropletIDs = without(d.Volumes, v.ID), without(v.DropletIDs, d.ID)
}

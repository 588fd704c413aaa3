package dosim

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// snapshotKind serves the snapshots of droplets (which are images) and of
// volumes under one path.
var snapshotKind = kind{name: "Snapshot", routes: []route{
	{pattern: "GET /v2/snapshots", scope: "snapshot:read", handle: listSnapshots},
	{pattern: "GET /v2/snapshots/{snapshot}", scope: "snapshot:read", handle: getSnapshot},
	{pattern: "DELETE /v2/snapshots/{snapshot}", scope: "snapshot:delete", handle: deleteSnapshot},
}}

type volumeSnapshot struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	CreatedAt     time.Time `json:"created_at"`
	Regions       []string  `json:"regions"`
	MinDiskSize   int       `json:"min_disk_size"`
	SizeGigabytes float64   `json:"size_gigabytes"`
	ResourceID    string    `json:"resource_id"`
	ResourceType  string    `json:"resource_type"`
	Tags          []string  `json:"tags"`
	// The file system is for the volumes that are made of it; not shown.
	FilesystemType  string `json:"filesystem_type,omitempty"`
	FilesystemLabel string `json:"filesystem_label,omitempty"`
}

func (s *volumeSnapshot) key() string { return s.ID }

func (c *call) snapshotView(s *volumeSnapshot) any {
	type plain volumeSnapshot
	shown := plain(*s)
	shown.FilesystemType, shown.FilesystemLabel = "", ""
	return struct {
		plain
		Tags any `json:"tags,omitempty"`
	}{shown, c.tags(s.Tags)}
}

// asSnapshot shows a droplet's image the way /v2/snapshots does.
func (i *image) asSnapshot() *volumeSnapshot {
	return &volumeSnapshot{
		ID: strconv.Itoa(i.ID), Name: i.Name, CreatedAt: i.CreatedAt, Regions: i.Regions,
		MinDiskSize: i.MinDiskSize, SizeGigabytes: i.SizeGigabytes,
		ResourceID: strconv.Itoa(i.Droplet), ResourceType: "droplet", Tags: i.Tags,
	}
}

func listSnapshots(c *call) (*reply, error) {
	ofType := c.query("resource_type")
	found := []*volumeSnapshot{}
	if ofType != "volume" {
		for _, i := range c.team.Images.rows {
			if i.Type == "snapshot" {
				found = append(found, i.asSnapshot())
			}
		}
	}
	if ofType != "droplet" {
		found = append(found, c.team.Snapshots.rows...)
	}
	return list(c, "snapshots", found, c.snapshotView)
}

func getSnapshot(c *call) (*reply, error) {
	id := c.path("snapshot")
	if i, ok := c.team.Images.get(atoi(id, 0)); ok {
		return &reply{http.StatusOK, map[string]any{"snapshot": c.snapshotView(i.asSnapshot())}}, nil
	}
	return c.getVolumeSnapshot(id)
}

func (c *call) getVolumeSnapshot(id string) (*reply, error) {
	s, ok := c.team.Snapshots.get(id)
	if !ok {
		return nil, notFound()
	}
	return &reply{http.StatusOK, map[string]any{"snapshot": c.snapshotView(s)}}, nil
}

func deleteSnapshot(c *call) (*reply, error) {
	if c.team.deleteImage(atoi(c.path("snapshot"), 0)) {
		return &reply{http.StatusNoContent, nil}, nil
	}
	return deleteVolumeSnapshot(c)
}

func deleteVolumeSnapshot(c *call) (*reply, error) {
	if !c.team.Snapshots.remove(c.path("snapshot")) {
		return nil, notFound()
	}
	return &reply{http.StatusNoContent, nil}, nil
}

func listVolumeSnapshots(c *call, v *volume) (*reply, error) {
	found := c.team.Snapshots.filter(func(s *volumeSnapshot) bool { return s.ResourceID == v.ID })
	return list(c, "snapshots", found, c.snapshotView)
}

func snapshotVolume(c *call, v *volume) (*reply, error) {
	var req struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Name == "" {
		return nil, invalid("name is required")
	}
	if err := c.checkTags(req.Tags...); err != nil {
		return nil, err
	}
	tags := c.ensureTags(req.Tags)
	s := c.team.Snapshots.add(&volumeSnapshot{
		ID: uuid.NewString(), Name: req.Name, CreatedAt: stamp(c.now), Regions: []string{v.Region},
		MinDiskSize: v.Size, SizeGigabytes: 0, ResourceID: v.ID, ResourceType: "volume", Tags: tags,
		FilesystemType: v.FilesystemType, FilesystemLabel: v.FilesystemLabel,
	})
	c.touchTags(tags, "volume_snapshots", c.uri("/v2/snapshots/%s", s.ID))
	return &reply{http.StatusCreated, map[string]any{"snapshot": c.snapshotView(s)}}, nil
}

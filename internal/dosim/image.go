package dosim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// imageKind serves the distributions' images and a team's own snapshots and
// backups of droplets.
var imageKind = kind{name: "Image", routes: []route{
	{pattern: "GET /v2/images", scope: "image:read", handle: listImages},
	{pattern: "GET /v2/images/{image}", scope: "image:read", handle: getImage},
	{pattern: "PUT /v2/images/{image}", scope: "image:update", handle: updateImage},
	{pattern: "DELETE /v2/images/{image}", scope: "image:delete", handle: deleteImage},
}}

type image struct {
	ID            int       `json:"id"`
	Name          string    `json:"name"`
	Type          string    `json:"type"`
	Distribution  string    `json:"distribution"`
	Slug          *string   `json:"slug"`
	Public        bool      `json:"public"`
	Regions       []string  `json:"regions"`
	CreatedAt     time.Time `json:"created_at"`
	MinDiskSize   int       `json:"min_disk_size"`
	SizeGigabytes float64   `json:"size_gigabytes"`
	Description   string    `json:"description"`
	Tags          []string  `json:"tags"`
	Status        string    `json:"status"`
	ErrorMessage  string    `json:"error_message"`
	// Droplet is what it is a snapshot of; shown only as a snapshot's
	// resource_id.
	Droplet int `json:"droplet,omitempty"`
}

func (i *image) key() int { return i.ID }

func (i *image) view() any {
	shown := *i
	shown.Droplet = 0
	return shown
}

// findImage looks for an id, or for the slug of a public image.
func (t *team) findImage(ref string) (*image, bool) {
	id := atoi(ref, 0)
	matches := func(i *image) bool {
		return i.ID == id || i.Slug != nil && strings.EqualFold(*i.Slug, ref)
	}
	if n := slices.IndexFunc(publicImages, matches); n >= 0 {
		return publicImages[n], true
	}
	return t.Images.find(matches)
}

const imageElsewhere = "The image is not available in this region."

// fits refuses a place that the image cannot be used in.
func (i *image) fits(region string, disk int) error {
	switch {
	case i.Status != imageAvailable:
		return invalid("The image is not available.")
	case !slices.Contains(i.Regions, region):
		return invalid(imageElsewhere)
	case i.MinDiskSize > disk:
		return invalid("The image needs a disk of at least %d GB.", i.MinDiskSize)
	}
	return nil
}

func listImages(c *call) (*reply, error) {
	all := slices.Concat(publicImages, c.team.Images.rows)
	private, tagName, ofType := c.query("private") == "true", c.query("tag_name"), c.query("type")
	found := slices.DeleteFunc(all, func(i *image) bool {
		switch {
		case private && i.Public,
			tagName != "" && !hasTag(i.Tags, tagName),
			ofType == "distribution" && i.Type != "base",
			ofType == "application" && (!i.Public || i.Type == "base"):
			return true
		}
		return false
	})
	return list(c, "images", found, (*image).view)
}

func getImage(c *call) (*reply, error) {
	i, ok := c.team.findImage(c.path("image"))
	if !ok {
		return nil, notFound()
	}
	return &reply{http.StatusOK, map[string]any{"image": i.view()}}, nil
}

func updateImage(c *call) (*reply, error) {
	i, ok := c.team.Images.get(atoi(c.path("image"), 0))
	if !ok {
		return nil, notFound()
	}
	// Distribution and description are those of custom images only; of any other
	// they are accepted and ignored.
	var req struct{ Name, Distribution, Description *string }
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Name != nil && *req.Name == "" {
		return nil, invalid("Name can't be blank")
	}
	set(&i.Name, req.Name)
	if i.Type == "custom" {
		set(&i.Distribution, req.Distribution)
		set(&i.Description, req.Description)
	}
	return &reply{http.StatusOK, map[string]any{"image": i.view()}}, nil
}

func deleteImage(c *call) (*reply, error) {
	if !c.team.deleteImage(atoi(c.path("image"), 0)) {
		return nil, notFound()
	}
	return &reply{http.StatusNoContent, nil}, nil
}

// deleteImage leaves it to the droplets that show it: clients rely on a
// droplet's image.
func (t *team) deleteImage(id int) bool {
	i, ok := t.Images.get(id)
	if !ok {
		return false
	}
	i.Status = "deleted"
	t.DeletedImages.add(i)
	return t.Images.remove(id)
}

// snapshotOf makes a private image of a droplet.
func snapshotOf(s *Server, t *team, d *droplet, name string, at time.Time) *image {
	distribution := "Unknown"
	if from, ok := t.findImage(strconv.Itoa(d.Image)); ok {
		distribution = from.Distribution
	}
	return t.Images.add(&image{
		ID: s.state.nextID(), Name: name, Type: "snapshot", Distribution: distribution,
		Regions: []string{d.Region}, CreatedAt: stamp(at), MinDiskSize: d.Disk,
		SizeGigabytes: 2.34, Tags: []string{}, Status: imageAvailable, Droplet: d.ID,
	})
}

// set changes a field that the request names.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

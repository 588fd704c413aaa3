package dosim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// imageActionKind serves what is done to a team's own images, and the import of
// custom ones.
var imageActionKind = kind{name: "ImageAction", routes: []route{
	{pattern: "POST /v2/images", scope: "image:create", handle: createCustomImage},
	{pattern: "GET /v2/images/{image}/actions", scope: "image:read", handle: onImage(func(c *call, i *image) (*reply, error) {
		return c.listActions(func(a *action) bool { return a.Image == i.ID })
	})},
	{pattern: "GET /v2/images/{image}/actions/{action}", scope: "image:read", handle: onImage(func(c *call, i *image) (*reply, error) {
		return c.getAction(func(a *action) bool { return a.Image == i.ID })
	})},
	{pattern: "POST /v2/images/{image}/actions", scope: "image:update", handle: onImage(postImageAction)},
}}

// onImage resolves a team's own image.
func onImage(handle func(c *call, i *image) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		i, ok := c.team.Images.get(atoi(c.path("image"), 0))
		if !ok {
			return nil, notFound()
		}
		return handle(c, i)
	}
}

type imageParams struct {
	Type   string `json:"type"`
	Region string `json:"region,omitempty"`
}

func postImageAction(c *call, i *image) (*reply, error) {
	var p imageParams
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	p.Type = strings.ToLower(p.Type)
	switch {
	case i.Status != imageAvailable:
		return nil, invalid("The image is not available.")
	case p.Type == "convert":
		if i.Type != "backup" {
			return nil, invalid("Only backups can be converted to snapshots.")
		}
		p.Region = ""
	case p.Type == "transfer":
		r, ok := findRegion(p.Region)
		if !ok {
			return nil, invalid("You specified an invalid region.")
		}
		if p.Region = r.Slug; slices.Contains(i.Regions, p.Region) {
			return nil, invalid("The image is already available in this region.")
		}
	default:
		return nil, invalidAction(p.Type)
	}
	a, err := c.beginOnImage(i, p)
	if err != nil {
		return nil, err
	}
	return &reply{http.StatusCreated, map[string]any{"action": a.view()}}, nil
}

func (c *call) beginOnImage(i *image, p imageParams) (*action, error) {
	params, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	region := p.Region
	if region == "" {
		region = i.Regions[0]
	}
	return c.begin(&action{Type: p.Type, ResourceType: "image", Image: i.ID, Region: region, Params: params}), nil
}

// finishImageAction is the effect of an ended action on an image.
func finishImageAction(_ *Server, t *team, a *action) bool {
	var p imageParams
	i, ok := t.Images.get(a.Image)
	if !ok || json.Unmarshal(a.Params, &p) != nil {
		return false
	}
	switch a.Type {
	case "transfer":
		if !slices.Contains(i.Regions, p.Region) {
			i.Regions = append(slices.Clone(i.Regions), p.Region)
		}
	case "convert":
		i.Type = "snapshot"
	case importImage:
		i.Status, i.MinDiskSize, i.SizeGigabytes = imageAvailable, 20, 0.34
	}
	return true
}

const (
	imageAvailable = "available"
	// importImage is the action that ends when a custom image can be used.
	importImage = "create"
)

// createCustomImage does not fetch what the URL names: nothing here boots.
func createCustomImage(c *call) (*reply, error) {
	var req struct {
		Name         string   `json:"name"`
		URL          string   `json:"url"`
		Distribution string   `json:"distribution"`
		Region       string   `json:"region"`
		Description  string   `json:"description"`
		Tags         []string `json:"tags"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	r, ok := findRegion(req.Region)
	at, err := url.Parse(req.URL)
	switch {
	case req.Name == "":
		return nil, invalid("Name can't be blank")
	case err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "":
		return nil, invalid("url is invalid")
	case !ok:
		return nil, invalid("You specified an invalid region.")
	}
	if err := c.checkTags(req.Tags...); err != nil {
		return nil, err
	}
	if req.Distribution == "" {
		req.Distribution = "Unknown"
	}
	i := c.team.Images.add(&image{
		ID: c.state.nextID(), Name: req.Name, Type: "custom", Distribution: req.Distribution, Regions: []string{r.Slug},
		CreatedAt: stamp(c.now), Description: req.Description, Tags: c.ensureTags(req.Tags), Status: "NEW",
	})
	if _, err := c.beginOnImage(i, imageParams{Type: importImage}); err != nil {
		return nil, err
	}
	return &reply{http.StatusAccepted, map[string]any{"image": i.view()}}, nil
}

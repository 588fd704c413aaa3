package dosim

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// tagKind serves tags. They compare without case, and keep the spelling in
// which they were first written.
var tagKind = kind{
	name: "Tag",
	routes: []route{
		{pattern: "GET /v2/tags", scope: "tag:read", handle: func(c *call) (*reply, error) {
			return list(c, "tags", c.team.Tags.rows, c.tagView)
		}},
		{pattern: "POST /v2/tags", scope: "tag:create", handle: createTag, badRequest: rootCauseShape},
		{pattern: "GET /v2/tags/{tag}", scope: "tag:read", handle: onTag(func(c *call, t *tag) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"tag": c.tagView(t)}}, nil
		})},
		{pattern: "DELETE /v2/tags/{tag}", scope: "tag:delete", handle: onTag(deleteTag)},
		{pattern: "POST /v2/tags/{tag}/resources", scope: "tag:create", handle: onTag(tagResources)},
		{pattern: "DELETE /v2/tags/{tag}/resources", scope: "tag:delete", handle: onTag(untagResources)},
	},
	seed: func(_ *Server, t *team, n int) { t.Tags.add(&tag{Name: fmt.Sprintf("seed-%d", n)}) },
}

type tag struct {
	Name string `json:"name"`
	// LastTagged is the URI of what was tagged last, by type; "" is over all.
	LastTagged map[string]string `json:"last_tagged,omitempty"`
}

func (t *tag) key() string { return strings.ToLower(t.Name) }

// taggable is a type of resource that can carry tags.
type taggable struct {
	// plural is its name in a tag's answer and in its own URIs.
	plural string
	// scope is what a token needs to see that such a resource is tagged.
	scope string
	// change is what it needs besides, to tag one; empty where no scope is said.
	change string
	find   func(t *team, id string) (*[]string, bool)
	each   func(t *team, visit func(tags *[]string))
}

// taggables are the resource types of POST /v2/tags/{tag}/resources.
var taggables = map[string]taggable{
	"droplet": {"droplets", "droplet:read", "droplet:update", func(t *team, id string) (*[]string, bool) {
		d, ok := t.Droplets.get(atoi(id, 0))
		if !ok || d.DeletedAt != nil {
			return nil, false
		}
		return &d.Tags, true
	}, func(t *team, visit func(*[]string)) {
		for _, d := range t.Droplets.rows {
			if d.DeletedAt == nil {
				visit(&d.Tags)
			}
		}
	}},
	"image": {"images", "image:read", "image:update", func(t *team, id string) (*[]string, bool) {
		i, ok := t.Images.get(atoi(id, 0))
		if !ok {
			return nil, false
		}
		return &i.Tags, true
	}, func(t *team, visit func(*[]string)) {
		for _, i := range t.Images.rows {
			visit(&i.Tags)
		}
	}},
	"volume": {"volumes", "block_storage:read", "", func(t *team, id string) (*[]string, bool) {
		v, ok := t.Volumes.get(id)
		if !ok {
			return nil, false
		}
		return &v.Tags, true
	}, func(t *team, visit func(*[]string)) {
		for _, v := range t.Volumes.rows {
			visit(&v.Tags)
		}
	}},
	"volume_snapshot": {"volume_snapshots", "block_storage_snapshot:read", "", func(t *team, id string) (*[]string, bool) {
		s, ok := t.Snapshots.get(id)
		if !ok {
			return nil, false
		}
		return &s.Tags, true
	}, func(t *team, visit func(*[]string)) {
		for _, s := range t.Snapshots.rows {
			visit(&s.Tags)
		}
	}},
	"database": {"databases", databaseRead, databaseUpdate, func(t *team, id string) (*[]string, bool) {
		d, ok := t.Databases.get(id)
		if !ok {
			return nil, false
		}
		return &d.Tags, true
	}, func(t *team, visit func(*[]string)) {
		for _, d := range t.Databases.rows {
			visit(&d.Tags)
		}
	}},
}

func onTag(handle func(c *call, t *tag) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		t, ok := c.team.Tags.get(strings.ToLower(c.path("tag")))
		if !ok {
			return nil, notFound()
		}
		return handle(c, t)
	}
}

func (c *call) tagView(t *tag) any {
	total := 0
	resources := map[string]any{}
	for _, what := range taggables {
		count := 0
		what.each(c.team, func(tags *[]string) {
			if c.token.has(what.scope) && hasTag(*tags, t.Name) {
				count++
			}
		})
		total += count
		resources[what.plural] = withURI(count, t.LastTagged[what.plural])
	}
	maps.Copy(resources, withURI(total, t.LastTagged[""]))
	return map[string]any{"name": t.Name, "resources": resources}
}

// tags are a resource's, or nil for a token that may not see them.
func (c *call) tags(names []string) any {
	if !c.token.has("tag:read") {
		return nil
	}
	return names
}

func withURI(count int, uri string) map[string]any {
	out := map[string]any{"count": count}
	if count > 0 && uri != "" {
		out["last_tagged_uri"] = uri
	}
	return out
}

var tagName = regexp.MustCompile(`^[a-zA-Z0-9_\-:]{1,255}$`)

func createTag(c *call) (*reply, error) {
	var req struct{ Name string }
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := c.checkTags(req.Name); err != nil {
		return nil, err
	}
	names := c.ensureTags([]string{req.Name})
	t, _ := c.team.Tags.get(strings.ToLower(names[0]))
	return &reply{http.StatusCreated, map[string]any{"tag": c.tagView(t)}}, nil
}

// checkTags refuses names that no tag can have.
func (c *call) checkTags(names ...string) error {
	for _, name := range names {
		if tagName.MatchString(name) {
			continue
		}
		err := invalid("Error validating resource tag: %q", fmt.Sprintf("tag-name %q contains invalid characters", name))
		if c.route.badRequest != nil {
			return badRequest(err.message)
		}
		return err
	}
	return nil
}

// ensureTags creates the tags that do not exist, and returns the names as
// they were first spelled, each once. They were checked before, with all else
// that could be refused.
func (c *call) ensureTags(names []string) []string {
	out := []string{}
	for _, name := range names {
		t, ok := c.team.Tags.get(strings.ToLower(name))
		if !ok {
			t = c.team.Tags.add(&tag{Name: name})
		}
		if !hasTag(out, t.Name) {
			out = append(out, t.Name)
		}
	}
	return out
}

// touchTags remembers what was tagged last.
func (c *call) touchTags(names []string, plural, uri string) {
	for _, name := range names {
		t, ok := c.team.Tags.get(strings.ToLower(name))
		if !ok {
			continue
		}
		if t.LastTagged == nil {
			t.LastTagged = map[string]string{}
		}
		t.LastTagged[plural], t.LastTagged[""] = uri, uri
	}
}

func (c *call) uri(format string, args ...any) string {
	return "https://api.digitalocean.com" + fmt.Sprintf(format, args...)
}

// deleteTag takes it off everything; what was tagged stays.
func deleteTag(c *call, t *tag) (*reply, error) {
	for _, what := range taggables {
		what.each(c.team, func(tags *[]string) { *tags = withoutTag(*tags, t.Name) })
	}
	c.team.forgetTag(t.Name)
	c.team.Tags.remove(t.key())
	return &reply{http.StatusNoContent, nil}, nil
}

func tagResources(c *call, t *tag) (*reply, error) {
	return c.eachTagged(func(tags *[]string, uri, plural string) {
		if !hasTag(*tags, t.Name) {
			*tags = append(*tags, t.Name)
		}
		c.touchTags([]string{t.Name}, plural, uri)
	})
}

func untagResources(c *call, t *tag) (*reply, error) {
	return c.eachTagged(func(tags *[]string, _, _ string) { *tags = withoutTag(*tags, t.Name) })
}

// eachTagged visits the resources that the body names, all or none.
func (c *call) eachTagged(visit func(tags *[]string, uri, plural string)) (*reply, error) {
	var req struct {
		Resources []struct {
			ID   idOrSlug `json:"resource_id"`
			Type string   `json:"resource_type"`
		} `json:"resources"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if len(req.Resources) == 0 {
		return nil, invalid("resources is required")
	}
	found := make([]*[]string, len(req.Resources))
	for i, r := range req.Resources {
		what, ok := taggables[r.Type]
		if !ok {
			return nil, invalid("resource_type %q is not supported", r.Type)
		}
		if !c.token.has(what.change) {
			return nil, missing(what.change)
		}
		if found[i], ok = what.find(c.team, string(r.ID)); !ok {
			return nil, notFound()
		}
	}
	for i, r := range req.Resources {
		plural := taggables[r.Type].plural
		visit(found[i], c.uri("/v2/%s/%s", plural, r.ID), plural)
	}
	return &reply{http.StatusNoContent, nil}, nil
}

func hasTag(tags []string, name string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, name) })
}

func withoutTag(tags []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return strings.EqualFold(t, name) })
}

// without returns a copy of list in which v does not occur.
func without[T comparable](list []T, v T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return x == v })
}

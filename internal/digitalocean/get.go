package digitalocean

import (
	"context"
	"fmt"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Get asks for one resource. A resource that is not there is a NotFound error;
// no other class says so. An id that no path can hold, as "..", is Invalid and is not asked
// for: of its absence only complete listings tell.
func (c *Client) Get(ctx context.Context, kind, id string) (resource.Resource, error) {
	k, err := lookup(kind, "reading "+clean(id, c.token))
	if err != nil {
		return resource.Resource{}, err
	}
	ctx = asking(ctx, k.Name)
	doing := fmt.Sprintf("reading %s %s", k.One, clean(id, c.token))
	path, parentID, err := k.getPath(id)
	if err != nil {
		return resource.Resource{}, &Error{Class: Invalid, Doing: doing, Message: err.Error()}
	}
	body, askedAt, err := c.get(ctx, doing, path, nil)
	if err != nil {
		return resource.Resource{}, err
	}
	res, err := k.readItem(body, parentID)
	if err != nil {
		return resource.Resource{}, &Error{Class: Malformed, Doing: doing, Message: clean(err.Error(), c.token)}
	}
	if !k.SameID(res.ID, id) {
		return resource.Resource{}, &Error{Class: Malformed, Doing: doing,
			Message: "the answer is about " + clean(res.ID, c.token)}
	}
	res.ObservedAt = askedAt
	hidden, err := c.hiddenOf(ctx, k)
	if err != nil {
		return resource.Resource{}, err
	}
	hide(&res, hidden)
	known, err := lookAside(ctx, c, k, func(ctx context.Context, aside *kinds.Aside) (map[string]any, error) {
		return c.getAside(ctx, aside, id)
	})
	if err != nil {
		return resource.Resource{}, err
	}
	for i := range k.Asides {
		fill(&res, &k.Asides[i], known[i])
	}
	return res, nil
}

// readItem reads an answer that holds one resource.
func (k *kind) readItem(body []byte, parentID string) (resource.Resource, error) {
	if err := checkJSON(body); err != nil {
		return resource.Resource{}, err
	}
	answer, err := cutObject(body)
	if err != nil {
		return resource.Resource{}, fmt.Errorf("the answer is %w", err)
	}
	key := k.itemKey()
	item := answer
	if key != "" {
		if item, err = cutObject(answer[key]); err != nil {
			return resource.Resource{}, fmt.Errorf("the answer has no %q", key)
		}
	}
	if _, err := k.bounded(item); err != nil {
		return resource.Resource{}, err
	}
	return k.read(item, parentID, newValues())
}

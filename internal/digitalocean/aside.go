package digitalocean

import (
	"context"
	"encoding/json"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// asideIsMissing says whether the fields that another endpoint tells are unseen for good: the
// token may not ask there, or there is nothing. Anything else heals by itself, so that the
// whole is in error: ten thousand resources would be written as unseen, and once more a
// minute later.
func asideIsMissing(err error) bool {
	class := ClassOf(err)
	return class == "" || class == Forbidden || class == NotFound
}

// lookAside asks what other endpoints tell of a kind, side by side. An answer is the zero value
// where nobody wants its fields, or where it is missing for good. What goes wrong otherwise
// goes wrong for the whole.
func lookAside[T any](ctx context.Context, c *Client, k *kind, ask func(ctx context.Context, aside *kinds.Aside) (T, error)) ([]T, error) {
	answers := make([]T, len(k.Asides))
	group, ctx := errgroup.WithContext(ctx)
	for i := range k.Asides {
		if aside := &k.Asides[i]; c.wants(k.Name, aside.Paths) {
			group.Go(func() (err error) {
				if answers[i], err = ask(ctx, aside); asideIsMissing(err) {
					return nil
				}
				return err
			})
		}
	}
	return answers, group.Wait()
}

// listAside asks what another endpoint tells of all resources, by their IDs. What came is
// true of its resource, whether or not the rest came too.
func (c *Client) listAside(ctx context.Context, aside *kinds.Aside) (map[string]map[string]any, error) {
	known, v := map[string]map[string]any{}, newValues()
	pages := pages{doing: "listing " + aside.What, path: aside.List, key: aside.ListKey}
	err := c.walk(ctx, pages, func(p *pageReader) error {
		return eachMember(p.raw, func(id string, raw json.RawMessage) error {
			if err := p.saw(id); err != nil {
				return err
			}
			if !isNull(raw) {
				known[id] = told(aside, raw, v)
			}
			return nil
		})
	})
	return known, err
}

// getAside asks what another endpoint tells of one resource.
func (c *Client) getAside(ctx context.Context, aside *kinds.Aside, id string) (map[string]any, error) {
	doing := "reading " + aside.What + " of " + clean(id, c.token)
	body, _, err := c.get(ctx, doing, within(aside.Get, id), nil)
	if err != nil {
		return nil, err
	}
	malformed := func(message string) error { return &Error{Class: Malformed, Doing: doing, Message: message} }
	if err := checkJSON(body); err != nil {
		return nil, malformed(clean(err.Error(), c.token))
	}
	answer, err := cutObject(body)
	if err != nil {
		return nil, malformed("the answer is " + clean(err.Error(), c.token))
	}
	raw := answer[aside.ItemKey]
	if raw == nil || isNull(raw) {
		return nil, nil
	}
	return told(aside, raw, newValues()), nil
}

// fill sets what is known from aside. The body has left the rest unseen.
func fill(res *resource.Resource, aside *kinds.Aside, known map[string]any) {
	for _, path := range aside.Paths {
		if value, ok := known[path]; ok {
			res.Unseen = slices.DeleteFunc(res.Unseen, func(p string) bool { return p == path })
			res.Values[path] = value
		}
	}
}

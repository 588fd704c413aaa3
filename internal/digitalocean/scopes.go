package digitalocean

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// hiddenOf returns the paths of the kind that the token's scopes hide, or may hide: the
// other kinds are only asked for where somebody declares what hangs on them.
func (c *Client) hiddenOf(ctx context.Context, k *kind) ([]string, error) {
	sees := make([]bool, len(k.Scoped))
	group, ctx := errgroup.WithContext(ctx)
	for i, s := range k.Scoped {
		if c.wants(k.Name, s.Paths) {
			group.Go(func() (err error) {
				sees[i], err = c.sees(ctx, s.Listing)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var hidden []string
	for i, s := range k.Scoped {
		if !sees[i] {
			hidden = append(hidden, s.Paths...)
		}
	}
	return hidden, nil
}

// sees says whether the token may list a kind. An endpoint that has no such listing shows
// nothing of the kind either; its 404 must not be taken for that of the resource which the
// question is about. Any other answer is an error: what is hidden must not change with a
// fault.
func (c *Client) sees(ctx context.Context, listing string) (bool, error) {
	_, _, err := c.get(ctx, "asking whether the token sees "+listing, listing, url.Values{"per_page": {"1"}})
	switch ClassOf(err) {
	case "":
		return true, nil
	case Forbidden, NotFound:
		return false, nil
	default:
		return false, err
	}
}

// hide adds to what is unseen of a resource those of the paths that tell nothing of it:
// what lies in lists is told apart where it is compared, and a whole field that is not
// empty was seen.
func hide(res *resource.Resource, hidden []string) {
	for _, path := range hidden {
		if slices.Contains(res.Unseen, path) {
			continue // the key did not come at all
		}
		if !strings.Contains(path, "[*]") {
			if list, ok := res.Values[path].([]any); ok && len(list) > 0 {
				continue
			}
		}
		res.Unseen = append(res.Unseen, path)
	}
}

package digitalocean

import (
	"context"
	"net/url"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// hiddenOf returns the paths of the kind that the token's scopes hide, or may hide: the
// other kinds are only asked for where somebody declares what hangs on them.
func (c *Client) hiddenOf(ctx context.Context, k *kind) ([]string, error) {
	var hidden []string
	for _, s := range k.scoped {
		if c.wants(k.name, s.paths) {
			sees, err := c.sees(ctx, s.listing)
			if err != nil {
				return nil, err
			}
			if sees {
				continue
			}
		}
		hidden = append(hidden, s.paths...)
	}
	return hidden, nil
}

// sees says whether the token may list a kind. Any other answer than yes or no is an
// error: what it hides must not change with a fault.
func (c *Client) sees(ctx context.Context, listing string) (bool, error) {
	_, _, err := c.get(ctx, "asking whether the token sees "+listing, listing, url.Values{"per_page": {"1"}})
	switch ClassOf(err) {
	case "":
		return true, nil
	case Forbidden:
		return false, nil
	default:
		return false, err
	}
}

// hiddenIn are those of the paths that tell nothing of this resource: what lies in lists
// is told apart where it is compared, and a whole field that is not empty was seen.
func hiddenIn(res resource.Resource, hidden []string) []string {
	var out []string
	for _, path := range hidden {
		if !strings.Contains(path, "[*]") {
			value := res.Fields[path]
			if value == nil {
				value = res.Attrs[path]
			}
			if list, ok := value.([]any); ok && len(list) > 0 {
				continue
			}
		}
		out = append(out, path)
	}
	return out
}

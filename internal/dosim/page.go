package dosim

import (
	"net/http"
	"strconv"
)

const (
	defaultPerPage = 20
	maxPerPage     = 200
)

// list answers one page of items under key, with links and meta as
// DigitalOcean gives them. Only the page's own items are rendered.
func list[T any](c *call, key string, items []T, view func(T) any) (*reply, error) {
	return c.page(key, len(items), func(from, to int) any {
		views := make([]any, 0, to-from)
		for _, item := range items[from:to] {
			views = append(views, view(item))
		}
		return c.distort(views)
	})
}

// page answers items [from, to) of total, which render produces.
func (c *call) page(key string, total int, render func(from, to int) any) (*reply, error) {
	perPage := min(positive(c.query("per_page"), defaultPerPage), maxPerPage)
	last := max((total+perPage-1)/perPage, 1)
	// Every page after the last is as empty as the next; far ones overflow.
	page := min(positive(c.query("page"), 1), last+1)
	from := min((page-1)*perPage, total)
	to := min(from+perPage, total)
	shown := total
	if c.fault != nil {
		shown += c.fault.TotalDelta
	}
	return &reply{http.StatusOK, map[string]any{
		key:     render(from, to),
		"links": c.links(page, perPage, last),
		"meta":  map[string]int{"total": shown},
	}}, nil
}

// distort is where a fault makes a listing lie.
func (c *call) distort(views []any) []any {
	if c.fault == nil {
		return views
	}
	views = views[:max(len(views)-c.fault.DropItems, 0)]
	if c.fault.RepeatItem && len(views) > 0 {
		views = append(views, views[0])
	}
	return views
}

// links has only the relations that make sense; when everything fits on one
// page there are none.
func (c *call) links(page, perPage, last int) map[string]any {
	pages := map[string]string{}
	add := func(rel string, n int) {
		u := *c.r.URL
		q := u.Query()
		q.Set("page", strconv.Itoa(n))
		q.Set("per_page", strconv.Itoa(perPage))
		u.Scheme, u.Host, u.RawQuery = "http", c.r.Host, q.Encode()
		pages[rel] = u.String()
	}
	if page > 1 {
		add("first", 1)
		add("prev", min(page-1, last))
	}
	if page < last {
		add("next", page+1)
		add("last", last)
	}
	if len(pages) == 0 {
		return map[string]any{}
	}
	return map[string]any{"pages": pages}
}

// positive is a number from 1; any other text is as good as none.
func positive(s string, otherwise int) int {
	if n := atoi(s, otherwise); n > 0 {
		return n
	}
	return otherwise
}

func atoi(s string, otherwise int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return otherwise
	}
	return n
}

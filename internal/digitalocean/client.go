// Package digitalocean reads a DigitalOcean account: it lists a kind, gets one
// resource, and says what an error means. It is the only importer of godo, and
// the only place that holds a token.
package digitalocean

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/digitalocean/godo"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Client reads one account. It is safe for concurrent use.
type Client struct {
	godo    *godo.Client
	limiter *limiter
	now     func() time.Time
	token   string
	without map[string]bool
	known   func(resource.Resource) bool
}

// Format keeps the token out of whatever prints a client.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "DigitalOcean client for "+c.godo.BaseURL.Host)
}

// Without returns a client that spends no calls of their own on these fields:
// they come back as Unseen. It costs one call for every 200 droplets to know
// the fields backups and backup_policy, which no droplet's own body tells for
// certain, so it pays to say that nobody declares them.
func (c *Client) Without(kind string, paths ...string) *Client {
	without := maps.Clone(c.without)
	if without == nil {
		without = map[string]bool{}
	}
	for _, path := range paths {
		without[kind+"."+path] = true
	}
	less := *c
	less.without = without
	return &less
}

// Knowing returns a client whose listings keep only the ID of a resource that was
// seen as known has it already: of ten thousand, few have changed. known is called by
// several goroutines at once, and must not keep the resource, whose memory is used again.
func (c *Client) Knowing(known func(resource.Resource) bool) *Client {
	knowing := *c
	knowing.known = known
	return &knowing
}

// wants says whether any of the paths is asked for.
func (c *Client) wants(kind string, paths []string) bool {
	for _, path := range paths {
		if !c.without[kind+"."+path] {
			return true
		}
	}
	return false
}

// RateLimit is what DigitalOcean last said of the token's hourly budget.
type RateLimit struct {
	Limit, Remaining int
	// ResetAt is when the oldest of the requests that count expires.
	ResetAt time.Time
	// Known is false until an answer has said it.
	Known bool
}

// RateLimit returns what the token's last answer said, whichever client got it.
func (c *Client) RateLimit() RateLimit { return c.limiter.rateLimit() }

// get asks for path and returns the body and the time at which the attempt
// that brought it was sent. path is relative to the endpoint and escaped.
func (c *Client) get(ctx context.Context, doing, path string, query url.Values) ([]byte, time.Time, error) {
	return c.do(ctx, &exchange{room: &bytes.Buffer{}, most: ordinaryBody}, doing, path, query)
}

// do is get with what its attempts need. The body is valid until the exchange's room is
// used again.
func (c *Client) do(ctx context.Context, x *exchange, doing, path string, query url.Values) ([]byte, time.Time, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	req, err := c.godo.NewRequest(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, time.Time{}, &Error{Class: Invalid, Doing: doing, Message: "the request can't be built"}
	}
	x.reads = true
	if _, err := c.godo.Do(context.WithValue(ctx, exchangeKey{}, x), req, nil); err != nil {
		return nil, x.askedAt, c.classify(ctx, doing, x, err)
	}
	return x.body, x.askedAt, nil
}

// Package digitalocean reads a DigitalOcean account: it lists a kind, gets one
// resource, and says what an error means. It is the only importer of godo, and
// the only place that holds a token.
package digitalocean

import (
	"context"
	"errors"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Pool makes clients that share connections and, for each token, one limiter.
type Pool struct{}

// Option sets something of a Pool.
type Option func(*Pool)

// WithVersion puts clouddrift's version in the user agent.
func WithVersion(version string) Option { return func(*Pool) {} }

// WithClock gives the pool its clock, for the times of observations.
func WithClock(now func() time.Time) Option { return func(*Pool) {} }

// WithRetries says how often a failed read is tried again, and how long to wait
// at first and at most in between.
func WithRetries(retries int, first, most time.Duration) Option { return func(*Pool) {} }

// WithTimeout limits each attempt.
func WithTimeout(attempt time.Duration) Option { return func(*Pool) {} }

// NewPool returns an empty pool.
func NewPool(opts ...Option) *Pool { return &Pool{} }

// Client returns a client for this token at this endpoint.
func (p *Pool) Client(endpoint, token string) (*Client, error) { return nil, errors.New("not yet") }

// Client reads one account.
type Client struct{}

// Account is whose token it is.
type Account struct {
	// TeamUUID and TeamName are the team's; an account without teams is its own.
	TeamUUID, TeamName string
	// UUID is the user's whose token it is.
	UUID string
	// Status is active, warning or locked.
	Status string
	// DropletLimit is how many droplets the account may hold.
	DropletLimit int
}

// Account asks whose token it is.
func (c *Client) Account(ctx context.Context) (Account, error) {
	return Account{}, errors.New("not yet")
}

// Kinds are the kinds that can be listed, parents before children.
func Kinds() []string { return nil }

// ParentOf is the kind that the kind's listing needs the listing of, or "".
func ParentOf(kind string) string { return "" }

// List lists all resources of the kind. parents is the listing of ParentOf(kind).
func (c *Client) List(ctx context.Context, kind string, parents resource.Listing) (resource.Listing, error) {
	return resource.Listing{}, errors.New("not yet")
}

// Get asks for one resource. A resource that is not there is a NotFound error.
func (c *Client) Get(ctx context.Context, kind, id string) (resource.Resource, error) {
	return resource.Resource{}, errors.New("not yet")
}

// RateLimit is what DigitalOcean last said of the token's hourly budget.
type RateLimit struct {
	Limit, Remaining int
	ResetAt          time.Time
	// Known is false until an answer has said it.
	Known bool
}

// RateLimit returns what the token's last answer said.
func (c *Client) RateLimit() RateLimit { return RateLimit{} }

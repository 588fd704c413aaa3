package inventory

import (
	"context"

	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Lister lists what an account holds. Its errors have a class that digitalocean.ClassOf
// tells.
type Lister interface {
	// List lists a kind or, where every parent has a listing of its own, what one parent has.
	// A listing that is not complete comes with an error; one of the class NotFound says that
	// the parent is gone.
	List(ctx context.Context, kind, parent string) (resource.Listing, error)
}

// Getter asks for single resources.
type Getter interface {
	// Get asks for one resource; one that is gone is an error of the class NotFound.
	Get(ctx context.Context, kind, id string) (resource.Resource, error)
}

// Cloud reads one DigitalOcean account. It changes nothing: whoever does gets an interface of
// their own, whose requests are never sent twice.
type Cloud interface {
	Lister
	Getter
	// Account asks whose token it is.
	Account(ctx context.Context) (digitalocean.Account, error)
	// Without returns a Cloud that spends no calls of their own on these fields of the
	// kind; they come back as unseen.
	Without(kind string, paths ...string) Cloud
	// Knowing returns a Cloud whose listings keep only the ID of a resource that was seen
	// as known has it already.
	Knowing(known func(resource.Resource) bool) Cloud
	// RateLimit is what the last answer said of the token's budget.
	RateLimit() digitalocean.RateLimit
}

// CloudFor returns the Cloud of a token at an endpoint.
type CloudFor func(endpoint, token string) (Cloud, error)

// NewCloud makes a Cloud of a client.
func NewCloud(client *digitalocean.Client) Cloud { return cloudClient{client} }

type cloudClient struct{ *digitalocean.Client }

// Without is the client's, as a Cloud.
func (c cloudClient) Without(kind string, paths ...string) Cloud {
	return cloudClient{c.Client.Without(kind, paths...)}
}

// Knowing is the client's, as a Cloud.
func (c cloudClient) Knowing(known func(resource.Resource) bool) Cloud {
	return cloudClient{c.Client.Knowing(known)}
}

package digitalocean

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// List lists all resources of the kind. parents is the complete listing of
// ParentOf(kind), or the zero value where that is "".
//
// The listing is Complete, and the error nil, when every page arrived, no id
// came twice and their number is the total that every page gave. Else the
// listing holds what was seen until then, and the error's class says why;
// pages that do not add up are Incomplete, after the listing was tried anew.
func (c *Client) List(ctx context.Context, kind string, parents resource.Listing) (resource.Listing, error) {
	listing := resource.Listing{Kind: kind, StartedAt: c.now()}
	k, err := lookup(kind, "listing")
	if err != nil {
		return listing, err
	}
	if k.parent != "" && (parents.Kind != k.parent || !parents.Complete) {
		return listing, &Error{Class: Incomplete, Doing: "listing " + k.many,
			Message: "that takes a complete listing of the kind " + k.parent}
	}
	l := newLister(c, k)
	err = l.list(asking(ctx, k.name), parents)
	listing.Resources, listing.Unchanged = l.sorted()
	listing.GoneParents = l.gone
	if !l.startedAt.IsZero() {
		listing.StartedAt = l.startedAt
	}
	if k.parent != "" && !parents.StartedAt.IsZero() {
		// A parent that came since is not in it, nor is what it holds.
		listing.StartedAt = parents.StartedAt
	}
	listing.Complete = err == nil
	return listing, err
}

// lister collects a kind's resources from all its listings.
type lister struct {
	client    *Client
	kind      *kind
	values    *values
	resources []resource.Resource
	byID      map[string]int
	startedAt time.Time
	// hidden are the paths that the token's scopes hide.
	hidden []string
	// gone are the parents that went while they were asked for their children.
	gone []string
}

func newLister(c *Client, k *kind) *lister {
	return &lister{client: c, kind: k, values: newValues(), byID: map[string]int{}}
}

func (l *lister) list(ctx context.Context, parents resource.Listing) error {
	var err error
	if l.hidden, err = l.client.hiddenOf(ctx, l.kind); err != nil {
		return err
	}
	if l.kind.parent == "" {
		if err := l.listAll(ctx, ""); err != nil {
			return err
		}
		return l.lookAside(ctx)
	}
	if err := l.listChildren(ctx, slices.Collect(parents.IDs())); err != nil {
		return err
	}
	return l.lookAside(ctx)
}

// parentsAtOnce is how many parents are asked for their children at once.
const parentsAtOnce = 4

// listChildren lists what each parent has. One that is gone meanwhile says nothing of the
// others.
func (l *lister) listChildren(ctx context.Context, parents []string) error {
	each := make([]*lister, len(parents))
	isGone := make([]bool, len(parents))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parentsAtOnce)
	for i, parent := range parents {
		each[i] = newLister(l.client, l.kind)
		each[i].hidden = l.hidden
		group.Go(func() error {
			err := each[i].listAll(ctx, parent)
			if ClassOf(err) == NotFound {
				isGone[i] = true
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	for i, child := range each {
		if isGone[i] {
			l.gone = append(l.gone, parents[i])
			continue
		}
		for _, res := range child.resources {
			l.keep(res)
		}
		if l.startedAt.IsZero() || !child.startedAt.IsZero() && child.startedAt.Before(l.startedAt) {
			l.startedAt = child.startedAt
		}
	}
	return err
}

// listAll reads the listings that together show all that a parent has.
func (l *lister) listAll(ctx context.Context, parentID string) error {
	k, c := l.kind, l.client
	for _, query := range k.queries {
		doing := "listing " + k.many
		if parentID != "" {
			doing += " of " + clean(parentID, c.token)
		}
		if len(query) > 0 {
			doing += " with " + query.Encode()
		}
		if err := l.listOne(ctx, pages{doing, k.listPath(parentID), query, k.listKey}, parentID); err != nil {
			return k.notListed(err)
		}
	}
	return nil
}

// listOne reads one listing.
func (l *lister) listOne(ctx context.Context, pages pages, parentID string) error {
	var found []resource.Resource
	body := object{}
	err := l.client.walk(ctx, pages, func(p *pageReader) error {
		if l.startedAt.IsZero() {
			l.startedAt = p.askedAt
		}
		if p.number == 1 {
			// A walk that begins anew must not keep what has gone since the last.
			found = found[:0]
		}
		return eachElement(p.raw, func(element json.RawMessage) error {
			if err := body.cut(element); err != nil {
				return err
			}
			res, err := l.kind.read(body, parentID, l.values)
			if err != nil {
				return err
			}
			res.ObservedAt = p.askedAt
			hide(&res, l.hidden)
			if err := p.saw(res.ID); err != nil {
				return err
			}
			if !l.looksAside() {
				res = l.lessKnown(res)
			}
			found = append(found, res)
			return nil
		})
	})
	for _, res := range found {
		l.keep(res)
	}
	return err
}

// notListed keeps a listing's 404 from reading as one resource's: the endpoint is not
// DigitalOcean's API. With a parent it is the parent's.
func (k *kind) notListed(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Class != NotFound || k.parent != "" {
		return err
	}
	other := *e
	other.Class = Malformed
	return &other
}

// keep adds the resource, or puts it in the place of its older observation.
func (l *lister) keep(res resource.Resource) {
	if i, ok := l.byID[res.ID]; ok {
		l.resources[i] = res
		return
	}
	l.byID[res.ID] = len(l.resources)
	l.resources = append(l.resources, res)
}

// lookAside fills in what another endpoint tells. What goes wrong there goes wrong
// for the whole listing, unless it is final, see aside.missing.
func (l *lister) lookAside(ctx context.Context) error {
	k := l.kind
	if k.aside == nil {
		return nil
	}
	var known map[string]map[string]any
	if l.looksAside() && len(l.resources) > 0 {
		var err error
		known, err = k.aside.list(ctx, l.client)
		if !k.aside.missing(err) {
			return err
		}
	}
	for i := range l.resources {
		if res := &l.resources[i]; res.Fields != nil {
			k.fill(res, known[res.ID])
			*res = l.lessKnown(*res)
		}
	}
	return nil
}

// looksAside says whether another endpoint is asked too.
func (l *lister) looksAside() bool {
	return l.kind.aside != nil && l.client.wants(l.kind.name, l.kind.aside.paths)
}

// lessKnown leaves nothing but its name of a resource that is known as it was seen.
func (l *lister) lessKnown(res resource.Resource) resource.Resource {
	if l.client.known != nil && l.client.known(res) {
		l.values.reuse(res)
		return resource.Resource{Ref: res.Ref}
	}
	return res
}

// sorted are the resources that values were kept of, and the IDs of the others.
func (l *lister) sorted() (kept []resource.Resource, unchanged []string) {
	for _, res := range l.resources {
		if res.Fields == nil {
			unchanged = append(unchanged, res.ID)
		} else {
			kept = append(kept, res)
		}
	}
	return kept, unchanged
}

// fill sets what is known from aside. The body has left the rest unseen.
func (k *kind) fill(res *resource.Resource, known map[string]any) {
	for _, path := range k.aside.paths {
		if value, ok := known[path]; ok {
			k.set(res, path, value)
		}
	}
}

package digitalocean

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// List lists all resources of the kind or, where every parent has a listing of its own, those
// of one parent: see kinds.Kind.PerParent. parent is "" otherwise.
//
// The listing is Complete, and the error nil, when every page arrived, no id
// came twice and their number is the total that every page gave. Else the
// listing holds what was seen until then, and the error's class says why;
// pages that do not add up are Incomplete, after the listing was tried anew.
// NotFound says that the parent is gone: asking for it was answered 404 too.
func (c *Client) List(ctx context.Context, kind, parent string) (resource.Listing, error) {
	k, err := lookup(kind, "listing")
	if err != nil {
		return resource.Listing{Kind: kind, StartedAt: c.now()}, err
	}
	return c.list(ctx, k, parent)
}

func (c *Client) list(ctx context.Context, k *kind, parent string) (resource.Listing, error) {
	listing := resource.Listing{Kind: k.Name, StartedAt: c.now()}
	if k.PerParent() != (parent != "") {
		return listing, &Error{Class: Invalid, Doing: "listing " + k.Many, Message: "its listing takes the id of a parent, and no other does"}
	}
	l := &lister{client: c, kind: k, parent: parent, byID: map[string]int{}}
	if k.PerParent() {
		ctx = leaving(ctx, ofChildren)
	}
	err := l.list(asking(ctx, k.Name))
	listing.Resources, listing.Unchanged = l.sorted()
	if !l.startedAt.IsZero() {
		listing.StartedAt = l.startedAt
	}
	listing.Complete = err == nil
	return listing, err
}

// lister collects a kind's resources from all its listings.
type lister struct {
	client *Client
	kind   *kind
	// parent is whose children are listed, "" where all are.
	parent    string
	resources []resource.Resource
	byID      map[string]int
	startedAt time.Time
	// hidden are the paths that the token's scopes hide.
	hidden []string
	// kept is how large the bodies are of which values are kept, of all parts.
	kept atomic.Int64
}

func (l *lister) list(ctx context.Context) error {
	var err error
	if l.hidden, err = l.client.hiddenOf(ctx, l.kind); err != nil {
		return err
	}
	if err := l.listParts(ctx); err != nil {
		return err
	}
	return l.lookAside(ctx)
}

// part is one of the listings that together show all there is: one for each query.
type part struct {
	query url.Values
	// found is what it showed, and startedAt when its first page was asked for.
	found     []resource.Resource
	startedAt time.Time
	// kept is what it adds to what the listing keeps.
	kept int64
}

// listParts reads the parts side by side, and puts together in their order what they show.
func (l *lister) listParts(ctx context.Context) error {
	group, within := errgroup.WithContext(ctx)
	var parts []*part
	for _, query := range l.kind.queries {
		p := &part{query: query}
		parts = append(parts, p)
		group.Go(func() error { return l.listPart(within, p, newValues()) })
	}
	err := group.Wait()
	if cause := ctx.Err(); err == nil && cause != nil {
		err = &Error{Class: Canceled, Doing: "listing " + l.kind.Many, Message: cause.Error(), cause: cause}
	}
	for _, p := range parts {
		for _, res := range p.found {
			l.keep(res)
		}
		if l.startedAt.IsZero() || !p.startedAt.IsZero() && p.startedAt.Before(l.startedAt) {
			l.startedAt = p.startedAt
		}
	}
	return err
}

// listPart reads one listing.
func (l *lister) listPart(ctx context.Context, p *part, v *values) error {
	k, c := l.kind, l.client
	doing := "listing " + k.Many
	if l.parent != "" {
		doing += " of " + clean(l.parent, c.token)
	}
	if len(p.query) > 0 {
		doing += " with " + p.query.Encode()
	}
	if !canBeAskedFor(l.parent) {
		return &Error{Class: Invalid, Doing: doing, Message: "no id can be that"}
	}
	err := l.walk(ctx, pages{doing, k.listPath(l.parent), p.query, k.Listing.Key, k.Listing.Paging}, p, v)
	if ClassOf(err) == NotFound && l.parent != "" {
		return l.parentGone(ctx, err)
	}
	return k.notListed(err)
}

// parentGone makes sure that a parent whose children's listing was answered 404 is gone: a
// 404 alone would have every child of a parent that is there read as deleted.
func (l *lister) parentGone(ctx context.Context, answered error) error {
	_, err := l.client.Get(ctx, l.kind.Parent, l.parent)
	switch ClassOf(err) {
	case NotFound:
		return answered
	case "":
		return l.kind.notListed(answered)
	default:
		return err
	}
}

// walk reads the pages of one listing.
func (l *lister) walk(ctx context.Context, pages pages, p *part, v *values) error {
	return l.client.walk(ctx, pages, func(page *pageReader) error {
		if p.startedAt.IsZero() {
			p.startedAt = page.askedAt
		}
		if page.number == 1 {
			// A walk that begins anew must not keep what has gone since the last.
			l.kept.Add(-p.kept)
			p.found, p.kept = p.found[:0], 0
		}
		r := &reading{lister: l, part: p, page: page, values: v, body: object{}}
		switch {
		case l.kind.Listing.Single:
			return r.element(page.raw)
		case l.kind.Listing.Within != "":
			return eachElement(page.raw, r.children)
		default:
			return eachElement(page.raw, r.element)
		}
	})
}

// reading is one page of a listing that is being read.
type reading struct {
	*lister
	part   *part
	page   *pageReader
	values *values
	body   object
}

// element reads one resource of the page.
func (r *reading) element(element json.RawMessage) error {
	res, size, err := r.resource(element, r.parent)
	if err != nil {
		return err
	}
	if err := r.page.saw(res.ID); err != nil {
		return err
	}
	return r.take(res, size)
}

// children reads those that lie in one resource of the page, which is their parent.
func (r *reading) children(element json.RawMessage) error {
	parent := object{}
	if err := parent.cut(element); err != nil {
		return err
	}
	id, err := readID(parent["id"])
	if err != nil {
		return fmt.Errorf("a %s without a usable id: %w", r.kind.Parent, err)
	}
	if err := r.page.saw(id); err != nil {
		return err
	}
	children := parent[r.kind.Listing.Within]
	switch {
	case children == nil:
		return fmt.Errorf("%s %s comes without its %s", r.kind.Parent, id, r.kind.Many)
	case isNull(children):
		return nil
	}
	return eachElement(children, func(child json.RawMessage) error {
		res, size, err := r.resource(child, id)
		if err != nil {
			return err
		}
		return r.take(res, size)
	})
}

// resource reads one resource, and says how many bytes are kept of it.
func (r *reading) resource(element json.RawMessage, parentID string) (res resource.Resource, size int, err error) {
	if err := r.body.cut(element); err != nil {
		return res, 0, err
	}
	if size, err = r.kind.bounded(r.body); err != nil {
		return res, 0, err
	}
	res, err = r.kind.read(r.body, parentID, r.values)
	res.ObservedAt = r.page.askedAt
	hide(&res, r.hidden)
	return res, size, err
}

// take keeps a resource, of which size bytes are read, or what there is to keep of it.
func (r *reading) take(res resource.Resource, size int) error {
	if !r.looksAside() {
		res = r.lessKnown(res, r.values)
	}
	r.part.found = append(r.part.found, res)
	if res.Values != nil {
		r.part.kept += int64(size)
		r.kept.Add(int64(size))
	}
	if r.kept.Load() > mostKept {
		return fmt.Errorf("there are more than %d MiB of them", mostKept>>20)
	}
	return nil
}

// notListed keeps a listing's 404 from reading as one resource's: the endpoint is not
// DigitalOcean's API.
func (k *kind) notListed(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Class != NotFound {
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

// lookAside fills in what other endpoints tell.
func (l *lister) lookAside(ctx context.Context) error {
	k := l.kind
	if len(k.Asides) == 0 {
		return nil
	}
	known := make([]map[string]map[string]any, len(k.Asides))
	if len(l.resources) > 0 {
		var err error
		if known, err = lookAside(ctx, l.client, k, l.client.listAside); err != nil {
			return err
		}
	}
	v := newValues()
	for n := range l.resources {
		if res := &l.resources[n]; res.Values != nil {
			for i := range k.Asides {
				fill(res, &k.Asides[i], known[i][res.ID])
			}
			*res = l.lessKnown(*res, v)
		}
	}
	return nil
}

// looksAside says whether any other endpoint is asked too.
func (l *lister) looksAside() bool {
	return slices.ContainsFunc(l.kind.Asides, func(a kinds.Aside) bool { return l.client.wants(l.kind.Name, a.Paths) })
}

// lessKnown leaves nothing but its name of a resource that is known as it was seen.
func (l *lister) lessKnown(res resource.Resource, v *values) resource.Resource {
	if l.client.known != nil && l.client.known(res) {
		v.reuse(res)
		return resource.Resource{Ref: res.Ref}
	}
	return res
}

// sorted are the resources that values were kept of, and the IDs of the others.
func (l *lister) sorted() (kept []resource.Resource, unchanged []string) {
	for _, res := range l.resources {
		if res.Values == nil {
			unchanged = append(unchanged, res.ID)
		} else {
			kept = append(kept, res)
		}
	}
	return kept, unchanged
}

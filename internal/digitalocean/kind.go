package digitalocean

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// kind is how one kind is read. Each has a file of its own, which registers it.
// What a kind is stands in the package kinds.
type kind struct {
	name string
	// parent and known are from the package kinds.
	parent string
	known  kinds.Kind
	// one and many are what messages call it.
	one, many string
	// path is the listing's, below the endpoint; with a parent it holds a %s
	// for the parent's id.
	path string
	// listKey and itemKey are where an answer holds the resources, or the one.
	listKey, itemKey string
	// queries are the listings that together show all there is; nil means one
	// without a query of its own.
	queries []url.Values
	// paging is how the listing says that it has come to its end.
	paging paging
	// id is the key that holds the id; "id" where it is empty.
	id string
	// refName gives what a reference by name is matched with, where that is not
	// the field name.
	refName func(name, parentID string) string
	fields  []field
	// aside is what another endpoint tells about the kind, or nil.
	aside *aside
	// scoped are the keys within the fields that only a token sees which may see another
	// kind. An empty value there tells nothing to any other.
	scoped []scoped
}

// scoped is what hangs on the sight of one kind.
type scoped struct {
	// paths of the keys, as resource.Resource.Unseen has them.
	paths []string
	// listing is that kind's: it answers 403 to a token that may not see it.
	listing string
}

// field is one value that is kept of a resource. What no field names is
// dropped where it is read, so that a secret can't get any further.
type field struct {
	path string
	// top, from the package kinds, puts it into Resource.Fields.
	top bool
	// key is where the body holds it; path, where empty.
	key string
	// optional fields are left out of the body when they are empty. The others
	// are Unseen when they do not come: then a scope is missing.
	optional bool
	// read normalises the value; nil keeps a scalar or a list of scalars as it came. What
	// a reader does not name is dropped at every depth.
	read reader
}

// aside is a second endpoint that tells some of the kind's fields.
type aside struct {
	// paths are the fields that nothing else tells for certain.
	paths []string
	// list asks for all resources of the kind, get for one. They return what is
	// known by id.
	list func(ctx context.Context, c *Client) (map[string]map[string]any, error)
	get  func(ctx context.Context, c *Client, id string) (map[string]any, error)
}

// missing says whether the fields are unseen for good: the token may not ask there,
// or there is nothing. Anything else heals by itself, so that the whole is in error:
// ten thousand resources would be written as unseen, and once more a minute later.
func (a *aside) missing(err error) bool {
	class := ClassOf(err)
	return class == "" || class == Forbidden || class == NotFound
}

var registry = map[string]*kind{}

// register panics on a kind that the package kinds does not know.
func register(k kind) {
	known, ok := kinds.Lookup(k.name)
	if !ok {
		panic("digitalocean: the package kinds does not know " + k.name)
	}
	k.known, k.parent = known, known.Parent
	for i, f := range k.fields {
		k.fields[i].top = slices.Contains(known.TopLevel, f.path)
	}
	k.id = cmp.Or(k.id, "id")
	if k.queries == nil {
		k.queries = []url.Values{{}}
	}
	registry[k.name] = &k
}

func lookup(name, doing string) (*kind, error) {
	k, ok := registry[name]
	if !ok {
		return nil, &Error{Class: Invalid, Doing: doing, Message: fmt.Sprintf("no such kind: %q", name)}
	}
	return k, nil
}

// listPath is the path of the listing under one parent.
func (k *kind) listPath(parentID string) string {
	if k.parent == "" {
		return k.path
	}
	return fmt.Sprintf(k.path, url.PathEscape(parentID))
}

// canBeAskedFor says whether an id can be part of a path. Dots alone would be resolved into
// another path.
func canBeAskedFor(id string) bool { return id != "." && id != ".." }

// getPath is the path of one resource, and its parent's id.
func (k *kind) getPath(id string) (path, parentID string, err error) {
	own := id
	if k.parent != "" {
		var ok bool
		if parentID, own, ok = strings.Cut(id, "/"); !ok {
			return "", "", fmt.Errorf("its id must be the %s's and its own, joined by a slash", strings.ToLower(k.parent))
		}
	}
	for _, part := range []string{parentID, own} {
		if !canBeAskedFor(part) {
			return "", "", fmt.Errorf("no id is %q", part)
		}
	}
	if own == "" || k.parent != "" && parentID == "" || len(id) > longestID {
		return "", "", fmt.Errorf("its id is empty or too long")
	}
	return k.listPath(parentID) + "/" + url.PathEscape(own), parentID, nil
}

// read makes a resource of its body. ObservedAt is the caller's to set.
func (k *kind) read(body object, parentID string, v *values) (resource.Resource, error) {
	res := v.newResource(len(k.fields))
	id, err := readID(body[k.id])
	if err != nil {
		return res, fmt.Errorf("a %s without a usable %s: %w", k.one, k.id, err)
	}
	if k.parent != "" {
		id = parentID + "/" + id
	}
	if len(id) > longestID {
		return res, fmt.Errorf("a %s with a %s of %d bytes, longer than any", k.one, k.id, len(id))
	}
	res.Ref = resource.Ref{Kind: k.name, ID: id}
	for _, f := range k.fields {
		if err := f.readInto(&res, body, v); err != nil {
			return res, fmt.Errorf("%s %s: %w", k.one, id, err)
		}
	}
	// One without a name can't be referred to by one. It is there all the same.
	if name, ok := res.Fields["name"].(string); ok {
		if k.refName != nil {
			name = k.refName(name, parentID)
		}
		if length(name) <= longestName {
			res.Name = name
		}
	}
	return res, nil
}

func (f field) readInto(res *resource.Resource, body object, v *values) error {
	raw, came := body[cmp.Or(f.key, f.path)]
	if !came {
		if f.optional {
			f.put(res, nil)
			return nil
		}
		res.Unseen = append(res.Unseen, f.path)
		return nil
	}
	read := f.read
	if read == nil || isNull(raw) {
		read = plain
	}
	value, known, err := read(raw, v)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	// What the API would refuse to record would keep its whole kind from being known.
	if !known || f.top && !recordable(f.path, value) {
		res.Unseen = append(res.Unseen, f.path)
		return nil
	}
	f.put(res, value)
	return nil
}

func (f field) put(res *resource.Resource, value any) {
	if f.top {
		res.Fields[f.path] = value
	} else {
		res.Attrs[f.path] = value
	}
}

// set overwrites a field by its path, for what comes from aside.
func (k *kind) set(res *resource.Resource, path string, value any) {
	res.Unseen = slices.DeleteFunc(res.Unseen, func(p string) bool { return p == path })
	for _, f := range k.fields {
		if f.path == path {
			f.put(res, value)
			return
		}
	}
	res.Attrs[path] = value
}

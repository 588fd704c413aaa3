package digitalocean

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// kind is how one kind is read, made of its description in the package kinds.
type kind struct {
	kinds.Kind
	fields []field
	// queries are the listings that together show all there is.
	queries []url.Values
}

// field is one value that is kept of a resource. What no field names is
// dropped where it is read, so that a secret can't get any further.
type field struct {
	// path is its top-level name, key where the body holds it; none where it is "".
	path, key string
	// optional fields are left out of the body when they are empty. The others
	// are Unseen when they do not come: then a scope is missing.
	optional bool
	// seenWith is a key without which an optional field is not seen either.
	seenWith string
	read     reader
}

var registry = registered()

func registered() map[string]*kind {
	out := map[string]*kind{}
	for _, known := range kinds.All() {
		k := &kind{Kind: known, queries: known.Listing.Queries}
		if k.queries == nil {
			k.queries = []url.Values{{}}
		}
		for _, part := range known.Parts() {
			k.fields = append(k.fields, fieldOf(part))
		}
		out[known.Name] = k
	}
	return out
}

func lookup(name, doing string) (*kind, error) {
	k, ok := registry[name]
	if !ok {
		return nil, &Error{Class: Invalid, Doing: doing, Message: fmt.Sprintf("no such kind: %q", name)}
	}
	return k, nil
}

// isChild says whether its ID begins with its parent's.
func (k *kind) isChild() bool { return k.Parent != "" && !k.Listing.Single }

// listPath is the path of the listing under one parent.
func (k *kind) listPath(parentID string) string { return within(k.Listing.Path, parentID) }

// within puts ids into a path that has places for them.
func within(path string, ids ...string) string {
	for _, id := range ids {
		path = strings.Replace(path, "%s", url.PathEscape(id), 1)
	}
	return path
}

// canBeAskedFor says whether an id can be part of a path. Dots alone would be resolved into
// another path.
func canBeAskedFor(id string) bool { return id != "." && id != ".." }

// getPath is the path of one resource, and its parent's id.
func (k *kind) getPath(id string) (path, parentID string, err error) {
	own := id
	if k.isChild() {
		var ok bool
		if parentID, own, ok = strings.Cut(id, "/"); !ok {
			return "", "", fmt.Errorf("its id must be the %s's and its own, joined by a slash", strings.ToLower(k.Parent))
		}
	}
	for _, part := range []string{parentID, own} {
		if !canBeAskedFor(part) {
			return "", "", fmt.Errorf("no id is %q", part)
		}
	}
	if own == "" || k.isChild() && parentID == "" || len(id) > longestID {
		return "", "", fmt.Errorf("its id is empty or too long")
	}
	switch {
	case k.Listing.Single:
		return k.listPath(own), own, nil
	case k.Listing.ItemPath != "":
		return within(k.Listing.ItemPath, parentID, own), parentID, nil
	}
	return k.listPath(parentID) + "/" + url.PathEscape(own), parentID, nil
}

// read makes a resource of its body. ObservedAt is the caller's to set.
func (k *kind) read(body object, parentID string, v *values) (resource.Resource, error) {
	res := v.newResource(len(k.fields))
	id, err := k.idOf(body, parentID)
	if err != nil {
		return res, err
	}
	res.Ref = resource.Ref{Kind: k.Name, ID: id}
	for _, f := range k.fields {
		if err := f.readInto(&res, body, v); err != nil {
			return res, fmt.Errorf("%s %s: %w", k.One, id, err)
		}
	}
	// One without a name can't be referred to by one. It is there all the same.
	if name, ok := res.Values[k.Named].(string); ok {
		if k.FullName != nil {
			name = k.FullName(name, parentID)
		}
		if length(name) <= longestName {
			res.Name = name
		}
	}
	return res, nil
}

func (k *kind) idOf(body object, parentID string) (string, error) {
	if k.Listing.Single {
		return parentID, nil
	}
	id, err := readID(body[k.Listing.IDKey])
	if err != nil {
		return "", fmt.Errorf("a %s without a usable %s: %w", k.One, k.Listing.IDKey, err)
	}
	if k.isChild() {
		id = parentID + "/" + id
	}
	if len(id) > longestID {
		return "", fmt.Errorf("a %s with a %s of %d bytes, longer than any", k.One, k.Listing.IDKey, len(id))
	}
	return id, nil
}

func (f field) readInto(res *resource.Resource, body object, v *values) error {
	raw, came := body[f.key]
	if !came || f.key == "" {
		_, seen := body[f.seenWith]
		if f.optional && (seen || f.seenWith == "") {
			res.Values[f.path] = nil
			return nil
		}
		res.Unseen = append(res.Unseen, f.path)
		return nil
	}
	read := f.read
	if isNull(raw) {
		read = plain
	}
	value, known, err := read(raw, v)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if !known {
		res.Unseen = append(res.Unseen, f.path)
		return nil
	}
	res.Values[f.path] = value
	return nil
}

// itemKey is where an answer holds the one resource; "" where it is the answer.
func (k *kind) itemKey() string {
	if k.Listing.Single {
		return ""
	}
	return cmp.Or(k.Listing.ItemKey, k.Listing.Key)
}

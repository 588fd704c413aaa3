// Package kinds is what clouddrift knows of each DigitalOcean kind, in one entry each: where
// it is listed, what is read of it, how each field is compared, what it takes to change it.
// Reading, comparing, the documentation and the tests all follow from it. One file a kind,
// and one line for it in All. Everything in it is data and pure functions.
package kinds

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// Kind is a kind of resource.
type Kind struct {
	// Name is DigitalOcean's own name of it, as in Droplet. One and Many are what messages
	// call it.
	Name      string
	One, Many string
	// About is what else there is to know of it, for the documentation.
	About string
	// Parent is the kind whose ID comes first in this one's, or empty.
	Parent  string
	Listing Listing
	// Scope is the scope that a token needs to read it.
	Scope string
	// ID is the shape of an ID.
	ID IDShape
	// Named is the field that a reference by name is matched with: "name" where it is empty.
	Named string
	// FullName makes the name that a reference has of a child's own and its parent's ID.
	// Nil: its own is all there is.
	FullName func(name, parentID string) string
	// Holds says whether a parent may have a child of that full name. Nil: any may.
	Holds func(parentID, name string) bool
	// NameForm brings a name into the one spelling that its equals share. Nil: names are
	// compared letter by letter.
	NameForm func(name string) string
	// Identifying are the fields that, beside its name, say which resource is meant, as the
	// type of a DNS record.
	Identifying []string
	Fields      []Field
	// CreateOnly are names that a request to create one takes, and that no answer ever holds;
	// with other tools' names for them.
	CreateOnly []string
	// Unreadable are other names that people declare and that no answer ever holds, with why.
	Unreadable map[string]string
	// Asides are what other endpoints tell of it. No two tell the same field.
	Asides []Aside
	// Scoped are the fields that only a token sees which may see another kind.
	Scoped []Scoped
	// Owned says which of its resources somebody else than people looks after, see OwnerOf.
	Owned []Ownership
	// Terraform is how Terraform's provider has it.
	Terraform Terraform

	// The rest is set by complete.
	drift.Schema
	// Costly are the fields that take API calls of their own to observe.
	Costly Costly
	table  string
	top    []string
}

// Listing is how a kind is listed, and how one resource of it is asked for.
type Listing struct {
	// Path is below the endpoint. A child's holds a %s for its parent's ID.
	Path string
	// Key and ItemKey are where an answer holds the resources, or the one.
	Key, ItemKey string
	// Queries are the listings that together show all there is; nil: one without a query.
	Queries []url.Values
	Paging  Paging
	// IDKey is the key of a resource's body that holds its ID; "id" where it is empty.
	IDKey string
	// Within is for children that lie in their parents' bodies: the listing shows the
	// parents, and each holds its children under this key. Each is asked for at ItemPath.
	Within   string
	ItemPath string
	// Single is for what every parent has one of: the answer itself is the resource, and its
	// ID is its parent's.
	Single bool
}

// Paging is how a listing says that it has come to its end.
type Paging int

const (
	// Paged listings say on each page how many there are in all, and where there is a next.
	Paged Paging = iota
	// Whole listings are one answer. Where it says how many there are, it has to hold so
	// many.
	Whole
	// UntilShort listings say nothing of their end: it is the first page with fewer than
	// were asked for. What goes while they are read may push another out of sight, and
	// nothing tells; that it is gone is believed only when it was asked for by its id.
	UntilShort
)

// Field is a value of a resource. What no field names is dropped where it is read.
type Field struct {
	// Path is where people declare it, as the grammar of paths writes it. Fields with a
	// common beginning lie in one object.
	Path string

	// In is the key of the body that holds it: the first part of Path where it is empty.
	In string
	// Of is the key to take of an object that is shown where people declare one value of it:
	// a region's slug. Has is for booleans that are told by a member of a list.
	Of, Has string
	// Optional fields are left out of a body when they are empty. The others are unseen when
	// they do not come: then a scope is missing.
	Optional bool
	// SeenWith is another key of the body, for an optional field that needs the scope which
	// that one needs: where neither comes, the scope is missing.
	SeenWith string
	// Members are the names within its objects, and within its lists' objects; of a field that
	// is one member Of an object, those of that object, which may be declared too. Nil: it
	// holds no object. Reads are those that are read, where these are not all.
	Members drift.Members
	Reads   []string
	// Holds is the shape of its value. Left out, complete makes it a list of objects where it
	// has a Key, else a boolean, a number or a text, as it compares.
	Holds drift.Shape
	// Sensitive values never reach an object: a digest stands for each.
	Sensitive bool

	// Compare is drift.Loose where it is nil. Words say how it compares, where the
	// documentation can't find it out by asking.
	Compare drift.Comparison
	Words   string
	// Ordered, Key and Elements are those of drift.Field.
	Ordered  bool
	Key      drift.Key
	Elements []Field
	// Needs are costly fields on which the comparison rests.
	Needs []string

	Change drift.Change
	// Note tells a person what else to know of it.
	Note string
	// Others are other tools' names for it: Terraform's and Ansible's.
	Others []string
	// Terraform is how Terraform's provider has it, beyond that.
	Terraform TerraformField

	// A declaration that is made of a live resource has what one would declare: not what is
	// read-only, secret or empty, and of the rest what these say.

	// Default is what DigitalOcean gives it where nobody asks for anything else, where the
	// comparison does not say it.
	Default any
	// EmptyCounts says that it is declared when it is empty too: a firewall without rules
	// lets nobody in.
	EmptyCounts bool
	// Follows is a field that says what this one would: it is left out where that one is
	// declared.
	Follows string
	// Unadopted is why it is always left out; empty: it is not.
	Unadopted string
}

// Aside is a second endpoint that tells some of a kind's fields.
type Aside struct {
	// What it tells, in the plural, for messages.
	What string
	// Paths are the fields that nothing else tells for certain.
	Paths []string
	// List shows what is told of all resources, by their IDs, under the key ListKey. Get has a
	// %s for an ID, and shows the same of one resource under ItemKey.
	List, ListKey string
	Get, ItemKey  string
	// Members are the names that are read of what it tells.
	Members drift.Members
	// Tells makes values of fields of what was read. A field that it leaves out is unseen.
	Tells func(told map[string]any) map[string]any
}

// Scoped is what hangs on the sight of one kind.
type Scoped struct {
	// Paths of the keys, as resource.Resource.Unseen has them. An empty value there tells
	// nothing to a token that may not see the kind.
	Paths []string
	// Listing is that kind's: it answers 403 to such a token.
	Listing string
}

// Costly are fields that are only looked at where somebody declares them, or
// another field whose comparison rests on them.
type Costly struct{ Paths, NeededBy []string }

// IDShape is the shape of a kind's IDs.
type IDShape struct {
	Pattern *regexp.Regexp
	Example string
	// NoCase says that two spellings, one in upper and one in lower case, are one ID.
	NoCase bool
	// Form brings what people write for an ID into DigitalOcean's spelling, for a hint. Nil:
	// only white space around it is known.
	Form func(id string) string
}

var (
	number = IDShape{Pattern: regexp.MustCompile(`^[1-9][0-9]{0,18}$`), Example: "3164444"}
	uuid   = IDShape{
		Pattern: regexp.MustCompile(`^` + uuidText + `$`),
		Example: "506f78a4-e098-11e5-ad9f-000f53306ae1",
		NoCase:  true,
	}
)

const uuidText = `[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`

// all are the kinds, parents before their children, else by name. This is the one place
// where a kind is registered.
var all = completed(
	cdnEndpoint, databaseCluster, domain, droplet, firewall, kubernetesCluster, loadBalancer, reservedIP, tag, vpc, volume,
	databaseFirewall, domainRecord, kubernetesNodePool,
)

// All returns the kinds, parents before their children, else by name.
func All() []Kind { return slices.Clone(all) }

// Lookup finds a kind by its exact name.
func Lookup(name string) (Kind, bool) {
	i := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

// Suggest says which kind may have been meant: the one that is alike, else all there are.
func Suggest(name string) string {
	names := make([]string, 0, len(all))
	for _, k := range all {
		names = append(names, k.Name)
	}
	if nearest := drift.Nearest(name, names); nearest != "" {
		return "did you mean " + nearest + "?"
	}
	slices.Sort(names)
	return "known are " + strings.Join(names, ", ")
}

// ValidateID says what is wrong with an ID, with the spelling that DigitalOcean has for it or
// with an example of a right one.
func (k Kind) ValidateID(id string) error {
	if k.ID.Pattern.MatchString(id) {
		return nil
	}
	form := k.ID.Form
	if form == nil {
		form = strings.TrimSpace
	}
	if spelled := form(id); k.ID.Pattern.MatchString(spelled) {
		return fmt.Errorf("%q is no ID of a %s: write %s", id, k.Name, spelled)
	}
	return fmt.Errorf("%q is no ID of a %s: want one like %q", id, k.Name, k.ID.Example)
}

// SameID says whether two spellings are one ID: tags, domains and UUIDs have no
// case.
func (k Kind) SameID(a, b string) bool {
	if k.ID.NoCase {
		return strings.EqualFold(a, b)
	}
	return a == b
}

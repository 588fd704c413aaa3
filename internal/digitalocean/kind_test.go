package digitalocean

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// fileOf is the file with a full body of a kind: domain_record of DomainRecord.
func fileOf(kind string) string {
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])|([A-Z])([A-Z][a-z])`).ReplaceAllString(kind, "${1}${3}_$2$4"))
}

// parentOf is the ID that the parent of the kind's test body has.
func parentOf(k *kind) string {
	parent, known := kinds.Lookup(k.Parent)
	if !known {
		return ""
	}
	return parent.ID.Example
}

// readBody reads the kind's test body, as a listing would.
func readBody(t *testing.T, name string) resource.Resource {
	t.Helper()
	data, err := os.ReadFile("testdata/" + fileOf(name) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var body object
	if err := json.Unmarshal(data, &body); err != nil {
		t.Fatal(err)
	}
	res, err := registry[name].read(body, parentOf(registry[name]), newValues())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// unread are the fields of the tables in internal/kinds that a full body does
// not tell, and why.
var unread = map[string]string{
	"Droplet.backup_policy.plan":                  "told by /v2/droplets/backups/policies",
	"Droplet.backup_policy.weekday":               "told by /v2/droplets/backups/policies",
	"Droplet.backup_policy.hour":                  "told by /v2/droplets/backups/policies",
	"Droplet.backup_policy.window_length_hours":   "told by /v2/droplets/backups/policies",
	"Droplet.backup_policy.retention_period_days": "told by /v2/droplets/backups/policies",
}

// A field that can be declared and is never read would never drift.
func TestEveryFieldOfTheTablesIsRead(t *testing.T) {
	for _, kind := range kinds.All() {
		name := kind.Schema.Kind
		if _, ok := registry[name]; !ok {
			t.Errorf("%s can be declared but not read", name)
			continue
		}
		res := readBody(t, name)
		for _, f := range kind.Fields {
			path, err := resource.ParsePath(f.Path)
			if err != nil {
				t.Fatal(err)
			}
			_, seen := res.Lookup(path)
			why, excused := unread[name+"."+f.Path]
			if seen == excused {
				t.Errorf("%s.%s: seen %v, but: %s", name, f.Path, seen, why)
			}
		}
	}
}

// The tables are the allowlist of what an object in the cluster may hold.
func TestNothingElseIsRead(t *testing.T) {
	for name := range registry {
		k := registry[name]
		for _, f := range k.fields {
			if !slices.ContainsFunc(k.Fields, func(known kinds.Field) bool {
				return known.Path == f.path || strings.HasPrefix(known.Path, f.path+".")
			}) {
				t.Errorf("%s.%s is not in the kind's table", name, f.path)
			}
		}
	}
}

func TestNothingSecretIsKept(t *testing.T) {
	for name := range registry {
		res := readBody(t, name)
		if text := toJSON(t, res); strings.Contains(text, "SECRET") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// A body without a field that needs no scope must not be read as one without
// the field's value.
func TestEveryAbsentKeyIsUnseenOrOptional(t *testing.T) {
	for name := range registry {
		k := registry[name]
		for _, f := range k.fields {
			if f.path == k.Listing.IDKey || f.path == "name" {
				continue
			}
			minimal := object{"id": json.RawMessage(`1`), "name": json.RawMessage(`"x"`), "ip": json.RawMessage(`"192.0.2.1"`)}
			res, err := k.read(minimal, parentOf(k), newValues())
			if err != nil {
				t.Fatal(err)
			}
			if optional := f.optional && f.seenWith == ""; slices.Contains(res.Unseen, f.path) == optional {
				t.Errorf("%s.%s: unseen %v", name, f.path, res.Unseen)
			}
		}
	}
}

func TestEveryKindIsListedAndGot(t *testing.T) {
	for name := range registry {
		t.Run(name, func(t *testing.T) {
			k := registry[name]
			item := toJSON(t, testBody(t, fileOf(name)))
			element := item
			if k.Listing.Within != "" {
				element = fmt.Sprintf(`{"id":%q,%q:[%s]}`, parentOf(k), k.Listing.Within, item)
			}
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Query().Get("type") == "gpus":
					_, _ = fmt.Fprint(w, pageOf(k.Listing.Key, nil, "{}", 0))
				case strings.Contains(r.URL.Path, "/backups/"):
					refuse(w, 403, "forbidden", "no")
				case k.Listing.Single:
					_, _ = fmt.Fprint(w, item)
				case r.URL.Path == "/"+k.listPath(parentOf(k)) && k.Listing.Paging == kinds.Whole:
					_, _ = fmt.Fprintf(w, `{%q:[%s]}`, k.Listing.Key, element)
				case r.URL.Query().Get("page") != "":
					_, _ = fmt.Fprint(w, pageOf(k.Listing.Key, []string{element}, "{}", 1))
				default:
					_, _ = fmt.Fprintf(w, `{%q:%s}`, k.itemKey(), item)
				}
			})
			parent := ""
			if k.PerParent() {
				parent = parentOf(k)
			}
			listed, err := c.List(t.Context(), name, parent)
			if err != nil || !listed.Complete || len(listed.Resources) != 1 {
				t.Fatalf("%+v, %v", listed, err)
			}
			one := listed.Resources[0]
			got, err := c.Get(t.Context(), name, one.ID)
			if err != nil {
				t.Fatal(err)
			}
			got.ObservedAt = one.ObservedAt
			if a, b := toJSON(t, one), toJSON(t, got); a != b {
				t.Errorf("listed %s\ngot    %s", a, b)
			}
		})
	}
}

func TestSharedScalarsAreBounded(t *testing.T) {
	v := newValues()
	for i := range 2 * mostScalars {
		if got := v.decode(json.RawMessage(fmt.Sprint(i))); got != json.Number(fmt.Sprint(i)) {
			t.Fatalf("%d is read as %v", i, got)
		}
	}
	if len(v.scalars) > mostScalars {
		t.Errorf("%d scalars are kept", len(v.scalars))
	}
}

func TestUnknownKind(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, err := c.List(t.Context(), "Dropplet", "")
	wantClass(t, err, Invalid)
}

// The memory of a resource that is not kept is used again: nothing of its values may
// turn up in the next.
func TestWhatIsNotKeptLeavesNothingBehind(t *testing.T) {
	known, next := volumeBody(1), `{"id":"volume-2","name":"data-2"}`
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, listing{key: "volumes", items: []string{known, next}}.page(r))
	}).Knowing(func(res resource.Resource) bool { return res.ID == "volume-1" })
	got, err := client.List(t.Context(), "Volume", "")
	if err != nil || len(got.Unchanged) != 1 || len(got.Resources) != 1 {
		t.Fatalf("%+v: %v", got, err)
	}
	kept := got.Resources[0]
	if value, seen := kept.Lookup(resource.Path{"size_gigabytes"}); seen || value != nil || kept.Values["size_gigabytes"] != nil {
		t.Errorf("a volume without a size has one of %v", kept.Values["size_gigabytes"])
	}
	if _, ok := kept.Values["region"]; ok {
		t.Errorf("a volume without a region is in %v", kept.Values["region"])
	}
}

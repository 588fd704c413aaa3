package digitalocean

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// bodies are the files with a full body of each kind.
var bodies = map[string]string{
	"Droplet": "droplet", "Volume": "volume", "VPC": "vpc", "Firewall": "firewall",
	"Tag": "tag", "Domain": "domain", "DomainRecord": "domain_record",
}

// kindNames are the kinds' names, parents before children.
func kindNames() []string {
	var out []string
	for _, kind := range kinds.All() {
		out = append(out, kind.Schema.Kind)
	}
	return out
}

func TestKindsHaveParentsFirst(t *testing.T) {
	var before []string
	for _, kind := range kinds.All() {
		if kind.Parent != "" && !slices.Contains(before, kind.Parent) {
			t.Errorf("%s comes before its parent %s", kind.Schema.Kind, kind.Parent)
		}
		before = append(before, kind.Schema.Kind)
	}
	if len(before) != len(bodies) {
		t.Errorf("%v, but there are bodies of %d", before, len(bodies))
	}
}

// readBody reads the kind's test body, as a listing would.
func readBody(t *testing.T, name string) resource.Resource {
	t.Helper()
	data, err := os.ReadFile("testdata/" + bodies[name] + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var body object
	if err := json.Unmarshal(data, &body); err != nil {
		t.Fatal(err)
	}
	res, err := registry[name].read(body, "example.com", newValues())
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
			// Nested fields belong to what is read as a whole.
			top := slices.Contains(kind.TopLevel, string(path[0]))
			if _, ok := res.Fields[string(path[0])]; seen && ok != top {
				t.Errorf("%s.%s: at the top level %v, want %v", name, f.Path, ok, top)
			}
		}
	}
}

// The tables are the allowlist of what an object in the cluster may hold.
func TestNothingElseIsRead(t *testing.T) {
	for _, name := range kindNames() {
		k := registry[name]
		for _, f := range k.fields {
			if !slices.ContainsFunc(k.known.Fields, func(known drift.Field) bool {
				return known.Path == f.path || strings.HasPrefix(known.Path, f.path+".")
			}) {
				t.Errorf("%s.%s is not in the kind's table", name, f.path)
			}
		}
	}
}

func TestNothingSecretIsKept(t *testing.T) {
	for _, name := range kindNames() {
		res := readBody(t, name)
		if text := toJSON(t, res); strings.Contains(text, "SECRET") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// A body without a field that needs no scope must not be read as one without
// the field's value.
func TestEveryAbsentKeyIsUnseenOrOptional(t *testing.T) {
	for _, name := range kindNames() {
		k := registry[name]
		for _, f := range k.fields {
			if f.path == k.id || f.path == "name" {
				continue
			}
			minimal := object{"id": json.RawMessage(`1`), "name": json.RawMessage(`"x"`)}
			res, err := k.read(minimal, "example.com", newValues())
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(res.Unseen, f.path) == f.optional {
				t.Errorf("%s.%s: unseen %v", name, f.path, res.Unseen)
			}
		}
	}
}

func TestEveryKindIsListedAndGot(t *testing.T) {
	for _, name := range kindNames() {
		t.Run(name, func(t *testing.T) {
			k := registry[name]
			item := toJSON(t, testBody(t, bodies[name]))
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Query().Get("type") == "gpus":
					_, _ = fmt.Fprint(w, pageOf(k.listKey, nil, "{}", 0))
				case strings.Contains(r.URL.Path, "/backups/"):
					refuse(w, 403, "forbidden", "no")
				case r.URL.Query().Get("page") != "":
					_, _ = fmt.Fprint(w, pageOf(k.listKey, []string{item}, "{}", 1))
				default:
					_, _ = fmt.Fprintf(w, `{%q:%s}`, k.itemKey, item)
				}
			})
			parents := resource.Listing{}
			if k.parent != "" {
				parents = resource.Listing{Kind: k.parent, Complete: true,
					Resources: []resource.Resource{{Ref: resource.Ref{Kind: k.parent, ID: "example.com"}}}}
			}
			listed, err := c.List(t.Context(), name, parents)
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
	_, err := c.List(t.Context(), "Dropplet", resource.Listing{})
	wantClass(t, err, Invalid)
}

// The memory of a resource that is not kept is used again: nothing of its values may
// turn up in the next.
func TestWhatIsNotKeptLeavesNothingBehind(t *testing.T) {
	known, next := volumeBody(1), `{"id":"volume-2","name":"data-2"}`
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, listing{key: "volumes", items: []string{known, next}}.page(r))
	}).Knowing(func(res resource.Resource) bool { return res.ID == "volume-1" })
	got, err := client.List(t.Context(), "Volume", resource.Listing{})
	if err != nil || len(got.Unchanged) != 1 || len(got.Resources) != 1 {
		t.Fatalf("%+v: %v", got, err)
	}
	kept := got.Resources[0]
	if value, seen := kept.Lookup(resource.Path{"size_gigabytes"}); seen || value != nil || kept.Attrs["size_gigabytes"] != nil {
		t.Errorf("a volume without a size has one of %v", kept.Attrs["size_gigabytes"])
	}
	if _, ok := kept.Fields["region"]; ok {
		t.Errorf("a volume without a region is in %v", kept.Fields["region"])
	}
}

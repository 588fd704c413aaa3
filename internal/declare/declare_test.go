package declare_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declare"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// account is a simulated account with something of every kind, and what comes with it.
func account(t *testing.T) *dosim.Server {
	t.Helper()
	server := dosim.New(dosim.WithActionDuration(0), dosim.WithRateLimit(0, 0))
	if err := server.LoadFile(filepath.Join("..", "terraform", "testdata", "account.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Change("DELETE", "/v2/firewalls/f1d2a9d1-8d15-4c54-a2df-72dd3388eb37", nil); err != nil {
		t.Fatal(err) // the demo has one of that name
	}
	if err := server.SeedDemo(); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// inventory is everything in the account, in no order.
func inventory(t *testing.T, server *dosim.Server) []resource.Resource {
	t.Helper()
	client, err := digitalocean.NewPool(digitalocean.WithRetries(0, time.Millisecond, time.Millisecond)).Client(server.URL(), dosim.DefaultToken)
	if err != nil {
		t.Fatal(err)
	}
	var out []resource.Resource
	ids := map[string][]string{}
	for _, kind := range kinds.All() {
		parents := []string{""}
		if kind.PerParent() {
			parents = ids[kind.Parent]
		}
		for _, parent := range parents {
			// As a sync does while nobody declares what takes requests of its own.
			listing, err := client.Without(kind.Name, kind.Costly.Paths...).List(context.Background(), kind.Name, parent)
			if err != nil {
				t.Fatalf("listing %s: %v", kind.Many, err)
			}
			out = append(out, listing.Resources...)
			for id := range listing.IDs() {
				ids[kind.Name] = append(ids[kind.Name], id)
			}
		}
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func items(all []resource.Resource) []declare.Item {
	out := make([]declare.Item, 0, len(all))
	for _, each := range all {
		out = append(out, declare.Item{Resource: each})
	}
	return out
}

func desired(t *testing.T, p *driftv1alpha1.CloudProvisioned) map[string]any {
	t.Helper()
	out := map[string]any{}
	for name, raw := range p.Spec.Desired {
		value, err := resource.Decode(raw.Raw)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = value
	}
	return out
}

// meant are the resources that a declaration refers to.
func meant(t *testing.T, all []resource.Resource, p *driftv1alpha1.CloudProvisioned) (out []resource.Resource) {
	t.Helper()
	kind, _ := kinds.Lookup(p.Spec.Resource.Kind)
	for _, each := range all {
		ref := p.Spec.Resource
		if each.Kind != ref.Kind {
			continue
		}
		where := map[string]any{}
		for field, value := range ref.Where {
			where[field] = value.String()
		}
		matches, _ := drift.Matches(kind.Schema, where, each)
		if ref.ID == each.ID || ref.ID == "" && kind.SameName(each.Name, ref.Name) && (len(where) == 0 || matches) {
			out = append(out, each)
		}
	}
	return out
}

// Whatever is adopted means one resource and does not differ from it, by id and by name, and
// the manifest says just that.
func TestAnAdoptedAccountDoesNotDiffer(t *testing.T) {
	all := inventory(t, account(t))
	for _, o := range []declare.Options{
		{Account: "production", By: declare.ByID}, {Account: "production", Namespace: "infra", By: declare.ByName},
		{Account: "production", By: declare.ByID, Defaults: true},
	} {
		result := declare.Make(items(all), o)
		owned := 0
		for _, n := range result.Owned {
			owned += n
		}
		if len(result.Declarations)+owned != len(all) || owned == 0 || len(result.Empty)+len(result.Unknown) > 0 {
			t.Errorf("%s: of %d resources %d are declared and %v left out: %+v", o.By, len(all), len(result.Declarations), result.Owned, result.Empty)
		}
		names := map[string]bool{}
		for _, p := range result.Declarations {
			if names[p.Name] || len(p.Name) > 63 {
				t.Errorf("the name %s is taken, or too long", p.Name)
			}
			names[p.Name] = true
			found := meant(t, all, p)
			if len(found) != 1 {
				t.Errorf("%s means %d resources: %+v", p.Name, len(found), p.Spec.Resource)
				continue
			}
			kind, _ := kinds.Lookup(p.Spec.Resource.Kind)
			differences := drift.Differences(kind.Schema, desired(t, p), found[0], nil)
			if len(differences.Differences)+len(differences.Unknown)+len(differences.Unseen) > 0 {
				t.Errorf("%s: %+v", p.Name, differences)
			}
			manifest, err := declare.Manifest(p)
			if err != nil {
				t.Fatal(err)
			}
			read := &driftv1alpha1.CloudProvisioned{}
			if err := yaml.UnmarshalStrict(manifest, read); err != nil {
				t.Fatalf("%v\n%s", err, manifest)
			}
			if diff := cmp.Diff(p, read); diff != "" {
				t.Errorf("the manifest says something else (-want +got):\n%s", diff)
			}
		}
	}
}

func written(t *testing.T, result declare.Result) string {
	t.Helper()
	var b strings.Builder
	for _, p := range result.Declarations {
		manifest, err := declare.Manifest(p)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(manifest)
	}
	return b.String()
}

// DigitalOcean lists in whatever order it likes, and lists within resources too.
func TestTheOrderOfAListingMeansNothing(t *testing.T) {
	server := account(t)
	for _, by := range []declare.By{declare.ByID, declare.ByName} {
		first := written(t, declare.Make(items(inventory(t, server)), declare.Options{Account: "production", By: by}))
		for range 5 {
			all := inventory(t, server)
			for i := range all {
				for name, value := range all[i].Values {
					if list, isList := value.([]any); isList {
						list = slices.Clone(list)
						rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
						all[i].Values = maps.Clone(all[i].Values)
						all[i].Values[name] = list
					}
				}
			}
			if again := written(t, declare.Make(items(all), declare.Options{Account: "production", By: by})); again != first {
				t.Fatalf("by %s a second run changes something:\n%s", by, cmp.Diff(first, again))
			}
		}
	}
}

func droplet(id, name string, values map[string]any) resource.Resource {
	values = maps.Clone(values)
	if values == nil {
		values = map[string]any{}
	}
	values["name"] = name
	return resource.Resource{Ref: resource.Ref{Kind: "Droplet", ID: id}, Name: name, Values: values}
}

func record(id, name, kind, data string) resource.Resource {
	return resource.Resource{Ref: resource.Ref{Kind: "DomainRecord", ID: "example.com/" + id}, Name: strings.TrimPrefix(name+".example.com", "@."),
		Values: map[string]any{"type": kind, "name": name, "data": data}}
}

func TestReferencesByName(t *testing.T) {
	all := []resource.Resource{
		droplet("1", "web", map[string]any{"region": "nyc3"}), droplet("2", "web", map[string]any{"region": "fra1"}),
		droplet("3", "twin", map[string]any{"region": "nyc3"}), droplet("4", "twin", map[string]any{"region": "nyc3"}),
		droplet("5", "lone", nil), droplet("6", "", nil),
		record("7", "www", "A", "203.0.113.1"), record("8", "www", "A", "203.0.113.2"), record("9", "@", "MX", "mail.example.com"),
		{Ref: resource.Ref{Kind: "DatabaseFirewall", ID: "506f78a4-e098-11e5-ad9f-000f53306ae1"}, Values: map[string]any{"rules": []any{}}},
	}
	result := declare.Make(items(all), declare.Options{Account: "a", By: declare.ByName})
	var got []string
	for _, p := range result.Declarations {
		line := p.Name + " " + p.Spec.Resource.ID + p.Spec.Resource.Name
		for _, field := range slices.Sorted(maps.Keys(p.Spec.Resource.Where)) {
			value := p.Spec.Resource.Where[field]
			line += fmt.Sprint(" ", field, "=", value.String())
		}
		got = append(got, line)
	}
	want := []string{
		"droplet-lone lone", "droplet-twin-3 3", "droplet-twin-4 4", "droplet-web-nyc3 web region=nyc3", "droplet-web-fra1 web region=fra1",
		"databasefirewall-506f78a4 506f78a4-e098-11e5-ad9f-000f53306ae1",
		"domainrecord-example.com-mx example.com type=MX",
		"domainrecord-www.example.com-203.0.113.1-a www.example.com data=203.0.113.1 type=A",
		"domainrecord-www.example.com-203.0.113.2-a www.example.com data=203.0.113.2 type=A",
	}
	slices.Sort(got)
	slices.Sort(want)
	got = slices.DeleteFunc(got, func(line string) bool { return strings.HasPrefix(line, "droplet-6") })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.Equal(result.OnlyByID, []string{"droplet-twin-3", "droplet-twin-4", "databasefirewall-506f78a4"}) && len(result.OnlyByID) != 3 {
		t.Errorf("only by id: %v", result.OnlyByID)
	}
}

// A namesake that nobody adopts now is a namesake all the same.
func TestNamesakesThatAreNotAdopted(t *testing.T) {
	web := droplet("1", "web", map[string]any{"region": "nyc3"})
	other := droplet("2", "web", map[string]any{"region": "fra1"})
	p := declare.Make(items([]resource.Resource{web}), declare.Options{By: declare.ByName, Among: []resource.Resource{web, other}}).Declarations[0]
	if where := p.Spec.Resource.Where["region"]; where.String() != "nyc3" {
		t.Errorf("the reference is %+v", p.Spec.Resource)
	}
}

func TestWhatSomebodyElseLooksAfterIsLeftOut(t *testing.T) {
	node := droplet("1", "pool-1", map[string]any{"tags": []any{"k8s", "k8s:worker"}})
	result := declare.Make([]declare.Item{{Resource: node}, {Resource: droplet("2", "web", nil)}}, declare.Options{By: declare.ByID})
	if len(result.Declarations) != 1 || result.Owned[kinds.OwnerKubernetes] != 1 {
		t.Errorf("%d are declared, left out are %v", len(result.Declarations), result.Owned)
	}
	result = declare.Make([]declare.Item{{Resource: node, Lasting: true}}, declare.Options{By: declare.ByID})
	if len(result.Declarations) != 1 {
		t.Error("what was asked for is declared, whoever looks after it")
	}
}

func TestNames(t *testing.T) {
	const uuid = "506f78a4-e098-11e5-ad9f-000f53306ae1"
	for _, c := range []struct {
		why, want string
		r         resource.Resource
		o         declare.Options
	}{
		{"by id, the id tells it from namesakes", "droplet-web-1", droplet("1", "web", nil), declare.Options{By: declare.ByID}},
		{"a name that is no object's", "droplet-my-web-server-1", droplet("1", "My Web_Server!", nil), declare.Options{By: declare.ByID}},
		{"and none that can be written", "droplet-1", droplet("1", "сервер", nil), declare.Options{By: declare.ByID}},
		{"by name, a hash stands for what can't be written", "droplet-my-web-server-36855a", droplet("1", "My Web_Server!", nil), declare.Options{By: declare.ByName}},
		{"a long one", "droplet-" + strings.Repeat("x", 48) + "-", droplet("1", strings.Repeat("x", 80), nil), declare.Options{By: declare.ByID}},
		{"a child's id is its own", "domainrecord-www.example.com-7", record("7", "www", "A", "203.0.113.1"), declare.Options{By: declare.ByID}},
		{"what is its own name", "tag-web", resource.Resource{Ref: resource.Ref{Kind: "Tag", ID: "web"}, Name: "web", Values: map[string]any{"name": "web"}}, declare.Options{By: declare.ByID}},
		{"and can't be written", "tag-env-production-", resource.Resource{Ref: resource.Ref{Kind: "Tag", ID: "env:production"}, Name: "env:production",
			Values: map[string]any{"name": "env:production"}}, declare.Options{By: declare.ByID}},
		{"of a set, no name that may change", "infra-vpc-506f78a4-", resource.Resource{Ref: resource.Ref{Kind: "VPC", ID: uuid}, Name: "main",
			Values: map[string]any{"name": "main"}}, declare.Options{By: declare.ByID, Prefix: "infra"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			p := declare.Make(items([]resource.Resource{c.r}), c.o).Declarations[0]
			isExact := p.Name == c.want
			if !isExact && (!strings.HasPrefix(p.Name, c.want) || !strings.HasSuffix(c.want, "-")) {
				t.Errorf("it is named %s, want %s", p.Name, c.want)
			}
			if len(p.Name) > 63 {
				t.Errorf("%s has %d characters", p.Name, len(p.Name))
			}
		})
	}
	a, b := droplet("1", strings.Repeat("x", 80)+"a", nil), droplet("1", strings.Repeat("x", 80)+"b", nil)
	first := declare.Make(items([]resource.Resource{a}), declare.Options{By: declare.ByName}).Declarations[0].Name
	second := declare.Make(items([]resource.Resource{b}), declare.Options{By: declare.ByName}).Declarations[0].Name
	if first == second {
		t.Errorf("two resources have one name: %s", first)
	}
}

// Text is text again, whatever version of YAML reads it.
func TestTextStaysText(t *testing.T) {
	for _, text := range []string{"no", "off", "y", "null", "~", "8", "1e3", "0x10", "02:00", "02:00:00", "true", "- a", "a: b", "#x", "2001:db8::1", "*", "&a", "", " a ", "a\nb", "é", "@", "%"} {
		r := droplet("1", "web", map[string]any{"tags": []any{text}, "region": text})
		p := declare.Make([]declare.Item{{Resource: r}}, declare.Options{By: declare.ByID, Account: "a"}).Declarations[0]
		manifest, err := declare.Manifest(p)
		if err != nil {
			t.Fatal(err)
		}
		read := &driftv1alpha1.CloudProvisioned{}
		if err := yaml.UnmarshalStrict(manifest, read); err != nil || cmp.Diff(p, read) != "" {
			t.Errorf("%q: %v\n%s", text, err, manifest)
		}
		if (text == "no" || strings.HasPrefix(text, "02")) && !strings.Contains(string(manifest), `"`+text+`"`) {
			t.Errorf("%q has no quotes:\n%s", text, manifest)
		}
	}
}

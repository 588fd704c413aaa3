package digitalocean_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var quick = digitalocean.WithRetries(3, time.Millisecond, time.Millisecond)

// simulate starts a simulated account and makes a client of it.
func simulate(t *testing.T, opts ...dosim.Option) (*dosim.Server, *digitalocean.Client) {
	t.Helper()
	sim := dosim.New(opts...)
	url, err := sim.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return sim, clientAt(t, url, dosim.DefaultToken)
}

func clientAt(t *testing.T, url, token string) *digitalocean.Client {
	t.Helper()
	client, err := digitalocean.NewPool(quick, digitalocean.WithTimeout(2*time.Second)).Client(url, token)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func change(t *testing.T, sim *dosim.Server, method, path string, body any) {
	t.Helper()
	if _, err := sim.Change(method, path, body); err != nil {
		t.Fatal(err)
	}
}

func seed(t *testing.T, sim *dosim.Server, kind string, n int) {
	t.Helper()
	if err := sim.Seed(kind, n); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, c *digitalocean.Client, kind string, parents resource.Listing) resource.Listing {
	t.Helper()
	if !lookup(t, kind).PerParent() {
		got, err := c.List(t.Context(), kind, "")
		if err != nil || !got.Complete {
			t.Fatalf("complete %v: %v", got.Complete, err)
		}
		return got
	}
	all := resource.Listing{Kind: kind, Complete: true}
	for parent := range parents.IDs() {
		got, err := c.List(t.Context(), kind, parent)
		if err != nil || !got.Complete {
			t.Fatalf("of %s: complete %v: %v", parent, got.Complete, err)
		}
		all.Resources = append(all.Resources, got.Resources...)
	}
	return all
}

func TestSimulatedAccount(t *testing.T) {
	_, c := simulate(t)
	got, err := c.Account(t.Context())
	if err != nil || got.TeamUUID != dosim.DefaultTeam || got.Status != "active" {
		t.Errorf("%+v, %v", got, err)
	}
	if rate := c.RateLimit(); !rate.Known || rate.Limit != 5000 || rate.Remaining != 4999 {
		t.Errorf("%+v", rate)
	}
}

func TestSimulatedKinds(t *testing.T) {
	sim, c := simulate(t)
	listings := map[string]resource.Listing{}
	for _, known := range kinds.All() {
		kind := known.Name
		seed(t, sim, kind, 3)
	}
	for _, known := range kinds.All() {
		kind := known.Name
		got := list(t, c, kind, listings[known.Parent])
		listings[kind] = got
		if len(got.Resources) < 3 {
			t.Errorf("%s: %d of 3 or more", kind, len(got.Resources))
		}
		for _, res := range got.Resources {
			if len(res.Unseen) > 0 {
				t.Errorf("%s %s: unseen %v", kind, res.ID, res.Unseen)
			}
		}
		one, err := c.Get(t.Context(), kind, got.Resources[0].ID)
		if err != nil || one.ID != got.Resources[0].ID || one.Name != got.Resources[0].Name {
			t.Errorf("%s: %+v, %v", kind, one.Ref, err)
		}
		missing := missingID(known, got.Resources[0].ID)
		if _, err := c.Get(t.Context(), kind, missing); digitalocean.ClassOf(err) != digitalocean.NotFound {
			t.Errorf("%s %s: %v", kind, missing, err)
		}
	}
}

// missingID is an ID that nothing has. For what lies in a parent, the parent is there, being
// that of another ID that is there.
func missingID(kind kinds.Kind, there string) string {
	if kind.Parent == "" {
		return "999999999"
	}
	parent, _, within := strings.Cut(there, "/")
	if !within {
		return kind.ID.Example // the ID is the parent's
	}
	_, own, _ := strings.Cut(kind.ID.Example, "/")
	return parent + "/" + own
}

// What a person does in the console is seen by the next listing and the next
// reading alike.
func TestSimulatedDropletChanges(t *testing.T) {
	sim, c := simulate(t)
	seed(t, sim, "Droplet", 2)
	id := list(t, c, "Droplet", resource.Listing{}).Resources[0].ID
	actions := "/v2/droplets/" + id + "/actions"
	change(t, sim, "POST", actions, map[string]any{"type": "power_off"})
	change(t, sim, "POST", actions, map[string]any{"type": "resize", "size": "s-2vcpu-4gb"})
	change(t, sim, "POST", actions, map[string]any{"type": "enable_backups",
		"backup_policy": map[string]any{"plan": "daily", "hour": 4}})
	got, err := c.Get(t.Context(), "Droplet", id)
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range []resource.Resource{got, list(t, c, "Droplet", resource.Listing{}).Resources[0]} {
		policy, _ := res.Values["backup_policy"].(map[string]any)
		if res.Values["size_slug"] != "s-2vcpu-4gb" || res.Values["status"] != "off" ||
			res.Values["backups"] != true || policy["plan"] != "daily" {
			t.Errorf("%v %v %v %v", res.Values["size_slug"], res.Values["status"], res.Values["backups"], policy)
		}
	}
	change(t, sim, "DELETE", "/v2/droplets/"+id, nil)
	if _, err := c.Get(t.Context(), "Droplet", id); digitalocean.ClassOf(err) != digitalocean.NotFound {
		t.Errorf("a deleted droplet: %v", err)
	}
	if got := list(t, c, "Droplet", resource.Listing{}); len(got.Resources) != 1 {
		t.Errorf("%d droplets after one was deleted", len(got.Resources))
	}
}

func TestSimulatedGPUDroplets(t *testing.T) {
	sim, c := simulate(t)
	seed(t, sim, "Droplet", 1)
	change(t, sim, "POST", "/v2/droplets", map[string]any{
		"name": "gpu-1", "region": "tor1", "size": "gpu-h100x1-80gb", "image": "ubuntu-24-04-x64",
	})
	var names []string
	for _, res := range list(t, c, "Droplet", resource.Listing{}).Resources {
		names = append(names, res.Name)
	}
	if !slices.Equal(names, []string{"seed-1", "gpu-1"}) {
		t.Errorf("%v", names)
	}
}

func TestSimulatedScopes(t *testing.T) {
	sim, _ := simulate(t, dosim.WithTokens(dosim.Token{Value: "scoped",
		Without: []string{"image:read", "tag:read", "vpc:read", "block_storage:read"}}))
	seed(t, sim, "Droplet", 1)
	c := clientAt(t, sim.URL(), "scoped")
	got := list(t, c, "Droplet", resource.Listing{}).Resources[0]
	want := []string{"tags", "image", "vpc_uuid", "volume_ids", "backup_ids", "snapshot_ids"}
	if !slices.Equal(got.Unseen, want) {
		t.Errorf("unseen %v, want %v", got.Unseen, want)
	}
	if _, err := c.List(t.Context(), "Volume", ""); digitalocean.ClassOf(err) != digitalocean.Forbidden {
		t.Errorf("a kind that the token may not see: %v", err)
	}
	if _, err := clientAt(t, sim.URL(), "wrong").Account(t.Context()); digitalocean.ClassOf(err) != digitalocean.Denied {
		t.Errorf("a wrong token: %v", err)
	}
}

func TestSimulatedFaults(t *testing.T) {
	tests := map[string]struct {
		fault dosim.Fault
		class digitalocean.Class
	}{
		"status 500":       {dosim.Fault{Status: 500}, digitalocean.ServerError},
		"status 403":       {dosim.Fault{Status: 403}, digitalocean.Forbidden},
		"status 401":       {dosim.Fault{Status: 401}, digitalocean.Denied},
		"cut":              {dosim.Fault{Cut: true}, digitalocean.Unreachable},
		"truncated":        {dosim.Fault{Truncate: true}, digitalocean.Malformed},
		"hanging":          {dosim.Fault{Hang: true}, digitalocean.Unreachable},
		"an item missing":  {dosim.Fault{DropItems: 1}, digitalocean.Incomplete},
		"an item repeated": {dosim.Fault{RepeatItem: true}, digitalocean.Incomplete},
		"another total":    {dosim.Fault{TotalDelta: 3}, digitalocean.Incomplete},
		"throttled":        {dosim.Fault{Status: 429}, digitalocean.Throttled},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := dosim.New()
			url, err := sim.Start()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = sim.Close() }()
			seed(t, sim, "Volume", 250)
			c, err := digitalocean.NewPool(quick, digitalocean.WithTimeout(500*time.Millisecond)).Client(url, dosim.DefaultToken)
			if err != nil {
				t.Fatal(err)
			}
			tt.fault.Path, tt.fault.Page = "/v2/volumes", 2
			clear := sim.AddFault(tt.fault)
			got, err := c.List(t.Context(), "Volume", "")
			if digitalocean.ClassOf(err) != tt.class || got.Complete {
				t.Errorf("complete %v, class %q: %v", got.Complete, digitalocean.ClassOf(err), err)
			}
			if len(got.Resources) < 200 {
				t.Errorf("%d resources: what did come is lost", len(got.Resources))
			}
			if strings.Contains(fmt.Sprint(err), dosim.DefaultToken) {
				t.Errorf("the error holds the token: %v", err)
			}
			clear()
			if tt.class == digitalocean.Throttled {
				return // it holds its breath for a minute
			}
			if got := list(t, c, "Volume", resource.Listing{}); len(got.Resources) != 250 {
				t.Errorf("%d resources once the fault is gone", len(got.Resources))
			}
		})
	}
}

// Something is deleted on page 1 while page 2 is about to be read: without the
// total, one volume would look deleted that is not.
func TestSimulatedDeletionWhileListing(t *testing.T) {
	sim := dosim.New()
	seed(t, sim, "Volume", 250)
	deleted := false
	var victim string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" && !deleted {
			deleted = true
			change(t, sim, "DELETE", "/v2/volumes/"+victim, nil)
		}
		sim.ServeHTTP(w, r)
	}))
	defer server.Close()
	c := clientAt(t, server.URL, dosim.DefaultToken)
	deleted = true
	before := list(t, c, "Volume", resource.Listing{})
	victim, deleted = before.Resources[7].ID, false

	after := list(t, c, "Volume", resource.Listing{})
	if len(after.Resources) != 249 {
		t.Errorf("%d volumes, want 249", len(after.Resources))
	}
	for _, res := range before.Resources {
		found := slices.ContainsFunc(after.Resources, func(r resource.Resource) bool { return r.ID == res.ID })
		if found == (res.ID == victim) {
			t.Errorf("volume %s: found %v", res.ID, found)
		}
	}
}

func TestSimulatedLimit(t *testing.T) {
	sim, c := simulate(t, dosim.WithRateLimit(100, 0))
	seed(t, sim, "Volume", 1)
	for i := range 100 {
		_, err := c.List(t.Context(), "Volume", "")
		if err == nil {
			continue
		}
		if digitalocean.ClassOf(err) != digitalocean.Throttled {
			t.Fatal(err)
		}
		// One in twenty is left to writes, and DigitalOcean was not asked in vain.
		if rate := c.RateLimit(); i != 95 || rate.Remaining != 5 {
			t.Errorf("stopped after %d, %+v", i, rate)
		}
		if at, ok := digitalocean.RetryAt(err); !ok || time.Until(at) < 50*time.Minute {
			t.Errorf("RetryAt %s, %v", at, ok)
		}
		return
	}
	t.Error("the whole budget was spent")
}

// The calls that it takes to check ten thousand droplets.
func TestSimulatedCallsForTenThousandDroplets(t *testing.T) {
	sim, _ := simulate(t)
	// An answer that a busy machine makes late would be asked for again, and counted.
	c, err := digitalocean.NewPool(quick, digitalocean.WithTimeout(time.Minute)).Client(sim.URL(), dosim.DefaultToken)
	if err != nil {
		t.Fatal(err)
	}
	seed(t, sim, "Droplet", 10000)
	got := list(t, c.Without("Droplet", "backups", "backup_policy"), "Droplet", resource.Listing{})
	if calls := len(sim.Requests()); len(got.Resources) != 10000 || calls != 51 {
		t.Errorf("%d droplets by %d calls, want 51", len(got.Resources), calls)
	}
}

package digitalocean_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// More than fit on a page: a listing that has none is one answer, children lie in the bodies
// of parents that come in pages, and every parent is asked for the one thing that it has.
func TestSimulatedListingsOfParentsAndChildren(t *testing.T) {
	// What children may have of a minute's requests is more than are asked for.
	const clusters, asked = 230, 60
	for _, c := range []struct {
		parent, child  string
		calls, parents int
	}{
		{"DatabaseCluster", "DatabaseFirewall", 1 + asked, asked},
		{"KubernetesCluster", "KubernetesNodePool", 2 + 2, clusters},
		{"Domain", "DomainRecord", 2 + asked, asked},
	} {
		t.Run(c.child, func(t *testing.T) {
			sim, client := simulate(t)
			seed(t, sim, c.parent, clusters)
			parents := list(t, client, c.parent, resource.Listing{})
			some := parents
			some.Resources = some.Resources[len(some.Resources)-c.parents:]
			children := list(t, client, c.child, some)
			if calls := len(sim.Requests()); calls != c.calls {
				t.Errorf("%d calls, want %d", calls, c.calls)
			}
			of := map[string]bool{}
			for _, child := range children.Resources {
				parent, _, _ := strings.Cut(child.ID, "/")
				of[parent] = true
				if kind := lookup(t, c.child); kind.ValidateID(child.ID) != nil || len(child.Unseen) > 0 {
					t.Errorf("%s: %v, unseen %v", child.ID, kind.ValidateID(child.ID), child.Unseen)
				}
			}
			if len(parents.Resources) != clusters || len(of) != c.parents {
				t.Errorf("%d parents, children of %d", len(parents.Resources), len(of))
			}
		})
	}
}

// meddler is an API in front of a simulated account that does something before an answer.
func meddler(t *testing.T, sim *dosim.Server, before func(r *http.Request)) *digitalocean.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before(r)
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return clientAt(t, server.URL, dosim.DefaultToken)
}

// A cluster that goes before it is asked for its trusted sources says so.
func TestSimulatedDatabaseGoesBeforeItsFirewallIsListed(t *testing.T) {
	sim, client := simulate(t)
	seed(t, sim, "DatabaseCluster", 12)
	parents := list(t, client, "DatabaseCluster", resource.Listing{})
	victim := parents.Resources[5].ID
	var gone atomic.Bool
	client = meddler(t, sim, func(r *http.Request) {
		if strings.Contains(r.URL.Path, victim) && !gone.Swap(true) {
			if _, err := sim.Change("DELETE", "/v2/databases/"+victim, nil); err != nil {
				t.Error(err)
			}
		}
	})
	if _, err := client.List(t.Context(), "DatabaseFirewall", victim); digitalocean.ClassOf(err) != digitalocean.NotFound {
		t.Errorf("the firewall of a cluster that is gone is listed: %v", err)
	}
	if _, err := client.Get(t.Context(), "DatabaseFirewall", victim); digitalocean.ClassOf(err) != digitalocean.NotFound {
		t.Errorf("the firewall of a cluster that is gone: %v", err)
	}
}

// A cluster that goes between two pages moves another one out of sight: its pools must not
// read as deleted.
func TestSimulatedClusterGoesWhilePoolsAreListed(t *testing.T) {
	sim, client := simulate(t)
	seed(t, sim, "KubernetesCluster", 205)
	parents := list(t, client, "KubernetesCluster", resource.Listing{})
	victim := parents.Resources[3].ID
	var gone atomic.Bool
	client = meddler(t, sim, func(r *http.Request) {
		if r.URL.Query().Get("page") == "2" && !gone.Swap(true) {
			if _, err := sim.Change("DELETE", "/v2/kubernetes/clusters/"+victim, nil); err != nil {
				t.Error(err)
			}
		}
	})
	got := list(t, client, "KubernetesNodePool", parents)
	of := map[string]bool{}
	for _, pool := range got.Resources {
		parent, _, _ := strings.Cut(pool.ID, "/")
		of[parent] = true
	}
	if len(of) != 204 || of[victim] {
		t.Errorf("pools of %d clusters; of the one that is gone: %v", len(of), of[victim])
	}
}

// The largest clusters that DigitalOcean makes have a thousand nodes, which come with each
// answer about the cluster.
func TestSimulatedClusterOfAThousandNodes(t *testing.T) {
	w := newWorld(t)
	w.request("PUT /v2/kubernetes/clusters/{k8s}/node_pools/{fixed}", `{"count":1000}`)
	parents := list(t, w.client, "KubernetesCluster", resource.Listing{})
	pools := list(t, w.client, "KubernetesNodePool", parents)
	if len(parents.Resources) != 1 || len(pools.Resources) != 2 {
		t.Errorf("%d clusters, %d pools", len(parents.Resources), len(pools.Resources))
	}
	if count, _ := w.read("KubernetesNodePool", "fixed").Lookup(resource.Path{"count"}); count != json.Number("1000") {
		t.Errorf("%v nodes", count)
	}
}

// What a token may not see is unseen, and no drift: neither of the resource that it reads
// nor of one that it lists.
func TestSimulatedScopesOfTheNewKinds(t *testing.T) {
	for _, c := range []struct {
		scope  string
		unseen map[string][]string
	}{
		{"vpc:read", map[string][]string{"db": {"private_network_uuid"}, "k8s": {"vpc_uuid", "worker_subnet_uuid"}}},
		{"tag:read", map[string][]string{"db": {"tags"}, "k8s": {"tags"}, "workers": {"tags"}, "fixed": {"tags"}}},
		{"project:read", map[string][]string{"db": {"project_id"}, "ip": {"project_id"}}},
		{"droplet:read", map[string][]string{"ip": {"droplet"}}},
		{"database:view_credentials", nil},
		{"kubernetes:access_cluster", nil},
	} {
		t.Run(c.scope, func(t *testing.T) {
			w := newWorld(t, dosim.WithTokens(dosim.Token{Value: dosim.DefaultToken}, dosim.Token{Value: "scoped", Without: []string{c.scope}}))
			scoped := clientAt(t, w.sim.URL(), "scoped")
			for name, kind := range inhabitants() {
				desired := declaredAs(t, w.read(kind, name))
				got, err := scoped.Get(t.Context(), kind, w.idOf(name))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Unseen, c.unseen[name]) {
					t.Errorf("%s: unseen %v, want %v", name, got.Unseen, c.unseen[name])
				}
				differs, unknown := drifts(t, kind, desired, got)
				if len(differs) > 0 || !slices.Equal(unknown, c.unseen[name]) {
					t.Errorf("%s: differs at %v, unknown %v", name, differs, unknown)
				}
				listed := list(t, scoped, kind, resource.Listing{}).Resources
				at := slices.IndexFunc(listed, func(res resource.Resource) bool { return res.ID == got.ID })
				if at < 0 || !slices.Equal(listed[at].Unseen, got.Unseen) || fmt.Sprint(listed[at].Values) != fmt.Sprint(got.Values) {
					t.Errorf("%s is listed otherwise than it is read", name)
				}
			}
		})
	}
}

// Sources of a firewall that the token may not see are neither missing nor equal.
func TestSimulatedScopesOfAFirewallsSources(t *testing.T) {
	for scope, key := range map[string]string{"load_balancer:read": "load_balancer_uids", "kubernetes:read": "kubernetes_ids"} {
		t.Run(scope, func(t *testing.T) {
			w := newWorld(t, dosim.WithTokens(dosim.Token{Value: dosim.DefaultToken}, dosim.Token{Value: "scoped", Without: []string{scope}}))
			w.make("fw", "/v2/firewalls", "firewall", `{"name":"web","inbound_rules":[
				{"protocol":"tcp","ports":"80","sources":{"load_balancer_uids":["{lb}"],"addresses":["192.0.2.0/24"]}},
				{"protocol":"tcp","ports":"443","sources":{"kubernetes_ids":["{k8s}"],"addresses":["192.0.2.0/24"]}}]}`)
			desired := declaredAs(t, w.read("Firewall", "fw"))
			got, err := clientAt(t, w.sim.URL(), "scoped").Get(t.Context(), "Firewall", w.ids["fw"])
			if err != nil {
				t.Fatal(err)
			}
			differs, unknown := drifts(t, "Firewall", desired, got)
			if len(differs) > 0 || len(unknown) != 1 || !strings.HasSuffix(unknown[0], ".sources."+key) {
				t.Errorf("differs at %v, unknown %v", differs, unknown)
			}
		})
	}
}

// secretsOf are what the API tells of databases and clusters that nobody but their users
// may know.
func (w *world) secretsOf() []string {
	w.t.Helper()
	var secrets []string
	for _, path := range []string{"/v2/databases", "/v2/databases/{db}/users", "/v2/kubernetes/clusters/{k8s}/credentials"} {
		var answer any
		w.decode(w.request("GET "+path, ""), &answer)
		secrets = append(secrets, secretIn(answer)...)
	}
	tokens := regexp.MustCompile(`(token|certificate-authority-data): (\S+)`)
	for _, match := range tokens.FindAllStringSubmatch(string(w.request("GET /v2/kubernetes/clusters/{k8s}/kubeconfig", "")), -1) {
		secrets = append(secrets, match[2])
	}
	return secrets
}

// secretIn are the values under the names that hold secrets, at every depth.
func secretIn(value any) []string {
	var out []string
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			out = append(out, secretIn(element)...)
		}
	case map[string]any:
		for name, inner := range value {
			text, isText := inner.(string)
			if isText && text != "" && slices.Contains([]string{"password", "uri", "user", "token", "certificate_authority_data"}, name) {
				out = append(out, text)
			}
			out = append(out, secretIn(inner)...)
		}
	}
	return out
}

func TestSimulatedSecretsAreNeverRead(t *testing.T) {
	w := newWorld(t)
	secrets := w.secretsOf()
	if len(secrets) < 12 {
		t.Fatalf("only %d secrets are told: %v", len(secrets), secrets)
	}
	listings := map[string]resource.Listing{}
	for _, kind := range kinds.All() {
		got := list(t, w.client, kind.Name, listings[kind.Parent])
		listings[kind.Name] = got
		for _, listed := range got.Resources {
			one, err := w.client.Get(t.Context(), kind.Name, listed.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				if text := fmt.Sprint(listed, one); strings.Contains(text, secret) {
					t.Errorf("%s %s tells %s: %s", kind.Name, listed.ID, secret, text)
				}
			}
		}
	}
}

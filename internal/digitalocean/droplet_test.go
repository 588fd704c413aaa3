package digitalocean

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// dropletServer answers with these droplets and policies.
type dropletServer struct {
	plain, gpus []string
	// policies is the object of them; empty answers 403.
	policies string
	asked    []string
}

func (s *dropletServer) handle(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.URL.Path)
	switch {
	case r.URL.Path == "/v2/droplets" && r.URL.Query().Get("type") == "gpus":
		_, _ = fmt.Fprint(w, listing{key: "droplets", items: s.gpus}.page(r))
	case r.URL.Path == "/v2/droplets":
		_, _ = fmt.Fprint(w, listing{key: "droplets", items: s.plain}.page(r))
	case s.policies == "" && strings.Contains(r.URL.Path, "/backups/"):
		refuse(w, 403, "forbidden", "You are not authorized")
	case r.URL.Path == "/v2/droplets/backups/policies":
		var all map[string]json.RawMessage
		_ = json.Unmarshal([]byte(s.policies), &all)
		_, _ = fmt.Fprintf(w, `{"policies":%s,"links":{},"meta":{"total":%d}}`, s.policies, len(all))
	case strings.HasSuffix(r.URL.Path, "/backups/policy"):
		var all map[string]json.RawMessage
		_ = json.Unmarshal([]byte(s.policies), &all)
		if all["3164444"] == nil {
			refuse(w, 404, "not_found", "The resource you were accessing could not be found.")
			return
		}
		_, _ = fmt.Fprintf(w, `{"policy":%s}`, all["3164444"])
	default:
		_, _ = fmt.Fprintf(w, `{"droplet":%s}`, s.plain[0])
	}
}

func listDroplets(t *testing.T, c *Client) []resource.Resource {
	t.Helper()
	got, err := c.List(t.Context(), "Droplet", "")
	if err != nil || !got.Complete {
		t.Fatalf("complete %v: %v", got.Complete, err)
	}
	return got.Resources
}

const daily = `{"3164444":{"droplet_id":3164444,"backup_enabled":true,
	"backup_policy":{"plan":"daily","hour":20,"window_length_hours":4,"retention_period_days":7,"secret":"SECRET"},
	"next_backup_window":{"start":"2026-09-13T20:00:00Z","end":"2026-09-14T00:00:00Z"}}}`

func TestDropletNormalised(t *testing.T) {
	server := &dropletServer{plain: []string{toJSON(t, testBody(t, "droplet"))}, policies: daily}
	got := listDroplets(t, serve(t, server.handle))[0]

	number := func(s string) json.Number { return json.Number(s) }
	want := resource.Resource{
		Ref:  resource.Ref{Kind: "Droplet", ID: "3164444"},
		Name: "web-1",
		Values: map[string]any{
			"name": "web-1", "region": "nyc3", "size_slug": "s-2vcpu-4gb", "status": "active",
			"tags": []any{"web", "env:prod"},
			"image": map[string]any{"id": number("63663980"), "slug": "ubuntu-20-04-x64", "name": "20.04 (LTS) x64",
				"type": "snapshot", "distribution": "Ubuntu", "public": true},
			"vpc_uuid": "760e09ef-dc84-11e8-981e-3cfdfeaae000",
			"features": []any{"backups", "private_networking", "ipv6"},
			"backups":  true, "ipv6": true, "monitoring": false,
			"backup_policy": map[string]any{"plan": "daily", "hour": number("20"),
				"window_length_hours": number("4"), "retention_period_days": number("7")},
			"memory": number("4096"), "vcpus": number("2"), "disk": number("80"),
			"volume_ids": []any{"506f78a4-e098-11e5-ad9f-000f53306ae1"},
			"backup_ids": []any{number("53893572")}, "snapshot_ids": []any{number("67512819")},
			"networks": map[string]any{
				"v4": []any{
					map[string]any{"ip_address": "10.128.192.124", "netmask": "255.255.0.0", "gateway": "nil", "type": "private"},
					map[string]any{"ip_address": "192.241.165.154", "netmask": "255.255.255.0", "gateway": "192.241.165.1", "type": "public"},
				},
				"v6": []any{map[string]any{"ip_address": "2604:a880:0:1010::18a:a001", "netmask": number("64"),
					"gateway": "2604:a880:0:1010::1", "type": "public"}},
			},
			"created_at": "2026-07-21T18:37:44Z",
		},
		Unseen:     []string{},
		ObservedAt: got.ObservedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The plain listing leaves GPU droplets out: each would look deleted.
func TestDropletsOfBothTypes(t *testing.T) {
	droplet := func(id int) string {
		b := testBody(t, "droplet")
		b["id"] = id
		return toJSON(t, b)
	}
	server := &dropletServer{plain: []string{droplet(1), droplet(2)}, gpus: []string{droplet(7)}, policies: daily}
	got := listDroplets(t, serve(t, server.handle))
	ids := []string{got[0].ID, got[1].ID, got[2].ID}
	if !slices.Equal(ids, []string{"1", "2", "7"}) {
		t.Errorf("%v", ids)
	}
	// Should the plain listing show them some day, that is no id that came twice.
	server.plain = append(server.plain, droplet(7))
	if got := listDroplets(t, serve(t, server.handle)); len(got) != 3 {
		t.Errorf("%d droplets, want 3", len(got))
	}
}

func TestDropletGPUListingFails(t *testing.T) {
	server := &dropletServer{plain: []string{toJSON(t, testBody(t, "droplet"))}, policies: daily}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("type") == "gpus" {
			refuse(w, 403, "forbidden", "no")
			return
		}
		server.handle(w, r)
	})
	got, err := c.List(t.Context(), "Droplet", "")
	wantClass(t, err, Forbidden)
	if got.Complete || !strings.Contains(err.Error(), "listing droplets with type=gpus, page 1") {
		t.Errorf("complete %v: %v", got.Complete, err)
	}
}

func TestDropletBackups(t *testing.T) {
	tests := map[string]struct {
		features []any
		policies string
		without  []string
		// nil means unseen; policy also when there is known to be none.
		backups any
		policy  any
		unseen  []string
	}{
		"a policy": {
			features: []any{"backups"}, policies: daily,
			backups: true, policy: "daily",
		},
		"a usage-based policy, which the features do not show": {
			features: []any{}, policies: daily,
			backups: true, policy: "daily",
		},
		"known to have none": {
			features: []any{}, policies: `{"3164444":{"droplet_id":3164444,"backup_enabled":false}}`,
			backups: false,
		},
		"the token may not ask, the features say yes": {
			features: []any{"backups"},
			backups:  true, unseen: []string{"backup_policy"},
		},
		"the token may not ask, the features do not say": {
			features: []any{},
			unseen:   []string{"backups", "backup_policy"},
		},
		"no policy for this droplet: it is younger than the answer": {
			features: []any{}, policies: `{"1":{"backup_enabled":true}}`,
			unseen: []string{"backups", "backup_policy"},
		},
		"an answer of no use": {
			features: []any{}, policies: `{"3164444":{}}`,
			unseen: []string{"backups", "backup_policy"},
		},
		"enabled, by a policy that did not come": {
			features: []any{}, policies: `{"3164444":{"backup_enabled":true}}`,
			backups: true, unseen: []string{"backup_policy"},
		},
		"nobody asks for it": {
			features: []any{}, policies: daily, without: []string{"backups", "backup_policy"},
			unseen: []string{"backups", "backup_policy"},
		},
		"one of the two is asked for": {
			features: []any{}, policies: daily, without: []string{"backups"},
			backups: true, policy: "daily",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := testBody(t, "droplet")
			b["features"] = tt.features
			server := &dropletServer{plain: []string{toJSON(t, b)}, policies: tt.policies}
			c := serve(t, server.handle).Without("Droplet", tt.without...)
			got, err := c.Get(t.Context(), "Droplet", "3164444")
			wantClass(t, err, "")
			for _, res := range []resource.Resource{listDroplets(t, c)[0], got} {
				var plan any
				if policy, ok := res.Values["backup_policy"].(map[string]any); ok {
					plan = policy["plan"]
				}
				if res.Values["backups"] != tt.backups || plan != tt.policy || !slices.Equal(res.Unseen, tt.unseen) {
					t.Errorf("backups %v, plan %v, unseen %v", res.Values["backups"], plan, res.Unseen)
				}
			}
			asked := slices.ContainsFunc(server.asked, func(path string) bool { return strings.Contains(path, "/backups/") })
			if asked != (len(tt.without) < 2) {
				t.Errorf("asked for %v", server.asked)
			}
		})
	}
}

// What heals by itself leaves nothing unseen: ten thousand droplets would be
// written, and once more when it has healed.
func TestDropletBackupsFail(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		class  Class
	}{
		"a spent budget":  {status(429, "API rate limit exceeded."), Throttled},
		"a server error":  {status(500, "Unexpected server-side error"), ServerError},
		"a revoked token": {status(401, "Unable to authenticate you"), Denied},
		"half an answer":  {body(`{"policies":{"3164444":`), Malformed},
		"another answer":  {body(`<html>maintenance</html>`), Malformed},
		"no answer":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Unreachable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := &dropletServer{plain: []string{toJSON(t, testBody(t, "droplet"))}, policies: daily}
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/backups/") {
					tt.answer(w, r)
					return
				}
				server.handle(w, r)
			})
			got, err := c.List(t.Context(), "Droplet", "")
			wantClass(t, err, tt.class)
			if got.Complete {
				t.Error("the listing is complete")
			}
			_, err = c.Get(t.Context(), "Droplet", "3164444")
			wantClass(t, err, tt.class)
		})
	}
}

func TestDropletBackupsDoNotAddUp(t *testing.T) {
	server := &dropletServer{plain: []string{toJSON(t, testBody(t, "droplet"))}}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/backups/") {
			_, _ = fmt.Fprintf(w, `{"policies":%s,"links":{},"meta":{"total":2}}`, daily)
			return
		}
		server.handle(w, r)
	})
	_, err := c.List(t.Context(), "Droplet", "")
	wantClass(t, err, Incomplete)
}

func TestDropletWithoutScopes(t *testing.T) {
	b := testBody(t, "droplet")
	scoped := []string{"tags", "image", "vpc_uuid", "volume_ids", "backup_ids", "snapshot_ids"}
	for _, key := range scoped {
		delete(b, key)
	}
	server := &dropletServer{plain: []string{toJSON(t, b)}, policies: daily}
	got := listDroplets(t, serve(t, server.handle))[0]
	if diff := cmp.Diff(scoped, got.Unseen); diff != "" {
		t.Errorf("unseen (-want +got):\n%s", diff)
	}
	for _, key := range scoped {
		if _, ok := got.Values[key]; ok {
			t.Errorf("the unseen field %s has a value", key)
		}
	}
	// Empty is another thing than unseen.
	b["tags"], b["volume_ids"], b["image"] = []any{}, []any{}, nil
	server.plain = []string{toJSON(t, b)}
	got = listDroplets(t, serve(t, server.handle))[0]
	if diff := cmp.Diff([]any{}, got.Values["tags"]); diff != "" {
		t.Error(diff)
	}
	if image, ok := got.Values["image"]; !ok || image != nil {
		t.Errorf("image %v, %v", image, ok)
	}
	if want := []string{"vpc_uuid", "backup_ids", "snapshot_ids"}; !slices.Equal(got.Unseen, want) {
		t.Errorf("unseen %v, want %v", got.Unseen, want)
	}
}

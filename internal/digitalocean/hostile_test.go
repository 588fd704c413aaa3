package digitalocean

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestAWriteIsSentOnce(t *testing.T) {
	var sent atomic.Int64
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	})
	req, err := c.godo.NewRequest(t.Context(), http.MethodPost, "v2/droplets/1/actions", map[string]string{"type": "resize"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.godo.Do(t.Context(), req, nil); err == nil {
		t.Error("a 500 is no error")
	}
	if sent.Load() != 1 {
		t.Errorf("one POST was sent %d times, want once", sent.Load())
	}
}

func TestOneWithoutANameLeavesTheOthersKnown(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, pageOf("volumes", []string{volumeBody(1), `{"id":"volume-2","name":null}`}, "{}", 2))
	})
	got, err := listVolumes(t, c)
	wantClass(t, err, "")
	if !got.Complete || len(got.Resources) != 2 || got.Resources[1].Name != "" {
		t.Errorf("complete %v with %d resources", got.Complete, len(got.Resources))
	}
}

// What an endpoint may send without costing more than a page does.
func TestHostileAnswersAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"more than was asked for": pageOf("volumes", volumes(perPage+1), "{}", perPage+1),
		"deeper than anything":    `{"volumes":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `,"meta":{"total":1}}`,
		"larger than any page":    `{"volumes":["` + strings.Repeat("x", maxPage) + `"],"meta":{"total":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
			got, err := listVolumes(t, c)
			wantClass(t, err, Malformed)
			if got.Complete {
				t.Error("it is complete")
			}
		})
	}
}

func TestPagesEndWhereTheTotalSays(t *testing.T) {
	var asked atomic.Int64
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n := asked.Add(1)
		_, _ = fmt.Fprint(w, pageOf("volumes", []string{volumeBody(int(n))}, `{"pages":{"next":"http://elsewhere.invalid/"}}`, 3))
	})
	got, err := listVolumes(t, c)
	wantClass(t, err, Incomplete)
	if got.Complete || asked.Load() > attempts*4 {
		t.Errorf("complete %v after %d requests", got.Complete, asked.Load())
	}
}

// Nothing that no table names is kept, at any depth.
func TestPlantedKeysAreDroppedAtEveryDepth(t *testing.T) {
	const secret = "planted-secret"
	for kind, file := range bodies {
		k := registry[kind]
		body, ok := plant(testBody(t, file), secret).(map[string]any)
		if !ok {
			t.Fatalf("%s is no object", file)
		}
		o, err := cutObject([]byte(toJSON(t, body)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := k.read(o, "example.com", newValues())
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if text := toJSON(t, []any{res.Fields, res.Attrs}); strings.Contains(text, secret) {
			t.Errorf("%s keeps what was planted: %s", kind, text)
		}
	}
}

// plant puts an unknown key into every object, also into those in lists.
func plant(value any, secret string) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{"password": secret, "inner": map[string]any{"key": secret}}
		for key, inner := range value {
			out[key] = plant(inner, secret)
		}
		return out
	case []any:
		out := make([]any, 0, len(value)+1)
		for _, inner := range value {
			out = append(out, plant(inner, secret))
		}
		return out
	default:
		return value
	}
}

// A token that may not see a kind is shown none of it in a firewall's rules.
func TestWhatAFirewallHidesIsUnseen(t *testing.T) {
	firewall := `{"id":"bb4b2611-3d72-467b-8602-280330ecd65c","name":"fw","status":"succeeded","tags":[],"droplet_ids":[8043964],
		"inbound_rules":[{"protocol":"tcp","ports":"5432","sources":{}}],"outbound_rules":[],"created_at":"2026-01-01T00:00:00Z"}`
	may := map[string]int{"/v2/kubernetes/clusters": 403, "/v2/tags": 403}
	var probed atomic.Int64
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/firewalls" {
			_, _ = fmt.Fprint(w, pageOf("firewalls", []string{firewall}, "{}", 1))
			return
		}
		probed.Add(1)
		if status := may[r.URL.Path]; status != 0 {
			refuse(w, status, "forbidden", "not yours")
			return
		}
		_, _ = fmt.Fprint(w, `{}`)
	})
	list := func(c *Client) string {
		got, err := c.List(t.Context(), "Firewall", resource.Listing{})
		wantClass(t, err, "")
		return strings.Join(got.Resources[0].Unseen, " ")
	}
	want := "tags inbound_rules[*].sources.tags outbound_rules[*].destinations.tags inbound_rules[*].sources.kubernetes_ids outbound_rules[*].destinations.kubernetes_ids"
	if got := list(c); got != want {
		t.Errorf("unseen: %s, want %s", got, want)
	}
	if probed.Load() != 4 {
		t.Errorf("%d questions, want one for each kind", probed.Load())
	}
	may["/v2/tags"] = 500
	if _, err := c.List(t.Context(), "Firewall", resource.Listing{}); ClassOf(err) != ServerError {
		t.Errorf("what a fault hides would come and go: %v", err)
	}
	probed.Store(0)
	unasked := list(c.Without("Firewall", registry["Firewall"].known.Costly.Paths...))
	if probed.Load() != 0 || !strings.Contains(unasked, "inbound_rules[*].sources.load_balancer_uids") {
		t.Errorf("%d questions; unseen: %s", probed.Load(), unasked)
	}
}

func TestTheLimiterKeepsWhatWasSent(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, pageOf("volumes", nil, "{}", 0)) })
	if got := cap(c.limiter.sent); got != 0 {
		t.Errorf("a token that sent nothing has room for %d requests", got)
	}
	if _, err := listVolumes(t, c); err != nil {
		t.Fatal(err)
	}
	if got := cap(c.limiter.sent); got == 0 || got > 16 {
		t.Errorf("after one request there is room for %d", got)
	}
}

package digitalocean

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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

func volumeWith(more string) string { return `{"id":"volume-1","name":"data-1",` + more + `}` }

// What an endpoint may send without costing more than a page does.
func TestHostileAnswersAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"more than was asked for": pageOf("volumes", volumes(perPage+1), "{}", perPage+1),
		"deeper than anything":    `{"volumes":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `,"meta":{"total":1}}`,
		"larger than any page":    `{"volumes":["` + strings.Repeat("x", maxPage) + `"],"meta":{"total":1}}`,
		"larger than any volume":  pageOf("volumes", []string{volumeWith(`"description":"` + strings.Repeat("x", largestElement) + `"`)}, "{}", 1),
		"of more values than any": pageOf("volumes", []string{volumeWith(`"tags":[` + strings.Repeat("1,", mostValues) + `1]`)}, "{}", 1),
		"with an endless id":      pageOf("volumes", []string{`{"id":"` + strings.Repeat("x", longestID+1) + `","name":"x"}`}, "{}", 1),
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
		got, err := c.List(t.Context(), "Firewall", "")
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
	if _, err := c.List(t.Context(), "Firewall", ""); ClassOf(err) != ServerError {
		t.Errorf("what a fault hides would come and go: %v", err)
	}
	probed.Store(0)
	unasked := list(c.Without("Firewall", registry["Firewall"].Costly.Paths...))
	if probed.Load() != 0 || !strings.Contains(unasked, "inbound_rules[*].sources.load_balancer_uids") {
		t.Errorf("%d questions; unseen: %s", probed.Load(), unasked)
	}
}

// largeVolumes are pages of 200 volumes, of more than an ordinary answer's size each.
func largeVolumes(n int) listing {
	all := listing{key: "volumes"}
	for i := range n {
		all.items = append(all.items, fmt.Sprintf(`{"id":"volume-%d","name":"x","description":%q}`, i, strings.Repeat("x", ordinaryBody/perPage)))
	}
	return all
}

// Large answers share a few places among all listings, and every listing comes to its end.
func TestLargeAnswersShareFewPlaces(t *testing.T) {
	all := largeVolumes(3*perPage + 1)
	var listings sync.WaitGroup
	for range 2 * cap(largeBodies) {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, all.page(r)) })
		listings.Go(func() {
			got, err := c.List(t.Context(), "Volume", "")
			if err != nil || !got.Complete || len(got.Resources) != len(all.items) {
				t.Errorf("complete %v with %d: %v", got.Complete, len(got.Resources), err)
			}
		})
	}
	listings.Wait()
	if held := len(largeBodies); held != 0 {
		t.Errorf("%d places are still taken", held)
	}
}

// With all places taken a large answer waits, and an ordinary one does not.
func TestOrdinaryAnswersWaitForNoPlace(t *testing.T) {
	for range cap(largeBodies) {
		largeBodies <- struct{}{}
	}
	defer func() {
		for range cap(largeBodies) {
			<-largeBodies
		}
	}()
	large := largeVolumes(perPage)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/vpcs" {
			_, _ = fmt.Fprint(w, pageOf("vpcs", nil, "{}", 0))
			return
		}
		_, _ = fmt.Fprint(w, large.page(r))
	}, WithTimeout(300*time.Millisecond), WithRetries(0, 0, 0))
	if _, err := c.List(t.Context(), "VPC", ""); err != nil {
		t.Error(err)
	}
	_, err := c.List(t.Context(), "Volume", "")
	wantClass(t, err, Unreachable)
}

// An answer that is an error is known by its status, however much comes with it.
func TestALargeErrorKeepsItsClass(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprint(w, strings.Repeat("x", 3*ordinaryBody))
	})
	_, err := listVolumes(t, c)
	wantClass(t, err, Forbidden)
}

// A write is sent once also where the connection is cut before its answer.
func TestAWriteOnACutConnectionIsSentOnce(t *testing.T) {
	var sent atomic.Int64
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = fmt.Fprint(w, pageOf("volumes", nil, "{}", 0))
			return
		}
		sent.Add(1)
		panic(http.ErrAbortHandler)
	})
	if _, err := listVolumes(t, c); err != nil { // a connection that is kept
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		sent.Store(0)
		req, err := c.godo.NewRequest(t.Context(), method, "v2/volumes/1", map[string]string{"a": "b"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.godo.Do(t.Context(), req, nil); err == nil {
			t.Error("no answer is no error")
		}
		if sent.Load() != 1 {
			t.Errorf("one %s was sent %d times", method, sent.Load())
		}
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

// Of Kafka, a cluster's users come with their certificates and keys in each answer about it:
// some 5 KB each. What nothing reads does not make a resource larger than any.
func TestWhatNothingReadsMayBeLarge(t *testing.T) {
	body := testBody(t, "database_cluster")
	var users []any
	for i := range 120 {
		users = append(users, map[string]any{"name": fmt.Sprint("user-", i), "access_cert": strings.Repeat("c", 2000),
			"access_key": strings.Repeat("k", 3000), "settings": map[string]any{"acl": make([]any, 100)}})
	}
	body["users"] = users
	cluster := toJSON(t, body)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/databases" {
			_, _ = fmt.Fprintf(w, `{"databases":[%s]}`, cluster)
			return
		}
		_, _ = fmt.Fprintf(w, `{"database":%s}`, cluster)
	})
	listed, err := c.List(t.Context(), "DatabaseCluster", "")
	if err != nil || len(listed.Resources) != 1 || len(cluster) < 2*largestElement {
		t.Fatalf("%d of %d bytes are listed: %v", len(listed.Resources), len(cluster), err)
	}
	if _, err := c.Get(t.Context(), "DatabaseCluster", listed.Resources[0].ID); err != nil {
		t.Error(err)
	}
}

package digitalocean

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

const testToken = "dop_v1_0123456789abcdef"

// quick retries as often as by default, without the waiting.
var quick = WithRetries(3, time.Millisecond, time.Millisecond)

// serve makes a client of a server that answers with handler.
func serve(t *testing.T, handler http.HandlerFunc, opts ...Option) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return clientOf(t, NewPool(append([]Option{quick}, opts...)...), server.URL)
}

func clientOf(t *testing.T, pool *Pool, endpoint string) *Client {
	t.Helper()
	client, err := pool.Client(endpoint, testToken)
	if err != nil {
		t.Fatalf("making a client: %v", err)
	}
	return client
}

// listing is a listing as DigitalOcean pages it.
type listing struct {
	key   string
	items []string
	// size is how many fit on a page; 0 means what was asked for.
	size int
}

// page answers r's page of the listing.
func (l listing) page(r *http.Request) string {
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	size := l.size
	if size == 0 {
		size, _ = strconv.Atoi(r.URL.Query().Get("per_page"))
	}
	from := min((number-1)*size, len(l.items))
	to := min(from+size, len(l.items))
	links := "{}"
	if to < len(l.items) {
		links = fmt.Sprintf(`{"pages":{"next":"http://elsewhere.invalid/v2?page=%d"}}`, number+1)
	}
	return pageOf(l.key, l.items[from:to], links, len(l.items))
}

func pageOf(key string, items []string, links string, total int) string {
	return fmt.Sprintf(`{%q:[%s],"links":%s,"meta":{"total":%d}}`, key, strings.Join(items, ","), links, total)
}

// volumes are n volumes, numbered from 1.
func volumes(n int) []string {
	items := make([]string, n)
	for i := range items {
		items[i] = volumeBody(i + 1)
	}
	return items
}

func volumeBody(n int) string {
	return fmt.Sprintf(`{"id":"volume-%d","name":"data-%d","region":{"slug":"nyc3"},"tags":[],"droplet_ids":[],"size_gigabytes":10,"created_at":"2026-03-02T17:00:49Z"}`, n, n)
}

func idsOf(listing resource.Listing) []string {
	ids := make([]string, 0, len(listing.Resources))
	for _, r := range listing.Resources {
		ids = append(ids, r.ID)
	}
	return ids
}

func testBody(t *testing.T, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(data, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

func toJSON(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// wantClass checks an error's class, and what no error may ever hold.
func wantClass(t *testing.T, err error, want Class) {
	t.Helper()
	if got := ClassOf(err); got != want {
		t.Errorf("class %q, want %q: %v", got, want, err)
	}
	if err == nil {
		return
	}
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, testToken) {
		t.Errorf("the error holds the token: %s", text)
	}
}

// numbered gives the handler the request's number, from 1, and counts them.
func numbered(handle func(n int, w http.ResponseWriter, r *http.Request)) (http.HandlerFunc, *atomic.Int64) {
	var count atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		handle(int(count.Add(1)), w, r)
	}, &count
}

func refuse(w http.ResponseWriter, status int, id, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"id":%q,"message":%q,"request_id":"4d9d8375-3c56-4925-a3e7-eb137fed17e9"}`, id, message)
}

func listVolumes(t *testing.T, c *Client) (resource.Listing, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return c.List(ctx, "Volume", "")
}

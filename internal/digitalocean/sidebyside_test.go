package digitalocean

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// atOnce counts how many requests of a transport are under way. Each takes a second of
// synctest's clock.
type atOnce struct {
	answer  func(r *http.Request) string
	now     atomic.Int64
	mu      sync.Mutex
	most    int64
	started int
}

func (a *atOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	under := a.now.Add(1)
	defer a.now.Add(-1)
	a.mu.Lock()
	a.most = max(a.most, under)
	a.started++
	a.mu.Unlock()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(time.Second):
	}
	return responding(r, bodyOf(a.answer(r))), nil
}

func (a *atOnce) client(t *testing.T) *Client {
	t.Helper()
	return clientOf(t, NewPool(quick, WithTransport(a)), "https://api.digitalocean.com")
}

func bodyOf(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

type roundTripper func(r *http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Pages whose number is known, a kind's queries and its parents are asked for at the same
// time, a few at once.
func TestListingsAreReadSideBySide(t *testing.T) {
	droplets := listing{key: "droplets"}
	for i := range 2000 {
		droplets.items = append(droplets.items, fmt.Sprintf(`{"id":%d,"name":"web-%d"}`, i+1, i+1))
	}
	for _, tt := range []struct {
		kind       string
		requests   int
		takes      time.Duration
		most, came int
	}{
		// Ten pages and one of GPU droplets: the first two, then four, four and one.
		{"Droplet", 11, 4 * time.Second, 2 * pagesAtOnce, 2000},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &atOnce{answer: func(r *http.Request) string {
					switch {
					case r.URL.Query().Get("type") == "gpus":
						return pageOf("droplets", nil, "{}", 0)
					default:
						return droplets.page(r)
					}
				}}
				start := time.Now()
				c := a.client(t).Without("Droplet", "backups", "backup_policy")
				got, err := c.List(t.Context(), tt.kind, "")
				wantClass(t, err, "")
				if !got.Complete || len(got.Resources) != tt.came || a.started != tt.requests {
					t.Errorf("complete %v, %d resources after %d requests", got.Complete, len(got.Resources), a.started)
				}
				if took := time.Since(start); took > tt.takes || a.most > int64(tt.most) {
					t.Errorf("it took %s, want %s, with %d requests at once", took, tt.takes, a.most)
				}
				for i, res := range got.Resources {
					if tt.kind == "Droplet" && res.ID != fmt.Sprint(i+1) {
						t.Fatalf("%s came %d.", res.ID, i+1)
					}
				}
			})
		})
	}
}

// Nothing of a listing is under way when it has ended, however it ended.
func TestNothingIsUnderWayAfterAListing(t *testing.T) {
	for name, page2 := range map[string]string{
		"complete":   "",
		"malformed":  `{"volumes":7}`,
		"incomplete": pageOf("volumes", volumes(1), `{"pages":{"next":"x"}}`, 4000),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := listing{key: "volumes", items: volumes(4000)}
				a := &atOnce{answer: func(r *http.Request) string {
					if page2 != "" && r.URL.Query().Get("page") == "2" {
						return page2
					}
					return all.page(r)
				}}
				got, _ := a.client(t).List(t.Context(), "Volume", "")
				if under := a.now.Load(); under != 0 || got.Complete != (page2 == "") {
					t.Errorf("complete %v, with %d requests under way", got.Complete, under)
				}
			})
		})
	}
}

// The deadline of whoever asks ends a listing wherever it is: in an answer that drips, in
// the wait between attempts, and in the wait for the limiter.
func TestAListingEndsWithItsDeadline(t *testing.T) {
	const within = 100 * time.Second
	page := listing{key: "volumes", items: volumes(1000)}
	for name, tt := range map[string]struct {
		limits Option
		answer func(r *http.Request) (*http.Response, error)
	}{
		"a page that drips": {WithLimits(perMinute, perHour), func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("page") == "1" {
				return responding(r, bodyOf(page.page(r))), nil
			}
			return responding(r, dripping{r.Context()}), nil
		}},
		"answers that fail": {WithLimits(perMinute, perHour), func(r *http.Request) (*http.Response, error) {
			<-time.After(20 * time.Second)
			return nil, fmt.Errorf("connection reset by peer")
		}},
		"a full minute": {WithLimits(1, perHour), func(r *http.Request) (*http.Response, error) {
			return responding(r, bodyOf(page.page(r))), nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := clientOf(t, NewPool(tt.limits, WithTransport(roundTripper(tt.answer))), "https://api.digitalocean.com")
				ctx, cancel := context.WithTimeout(t.Context(), within)
				defer cancel()
				start := time.Now()
				got, err := c.List(ctx, "Volume", "")
				if class := ClassOf(err); got.Complete || !slices.Contains([]Class{Canceled, Unreachable, Throttled}, class) {
					t.Errorf("complete %v: %v", got.Complete, err)
				}
				if took := time.Since(start); took > within+20*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

func responding(r *http.Request, body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: body, ContentLength: -1}
}

// dripping is a body of which a byte comes every ten seconds, for ever.
type dripping struct{ ctx context.Context }

func (d dripping) Read(b []byte) (int, error) {
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(10 * time.Second):
		b[0] = ' '
		return 1, nil
	}
}

func (dripping) Close() error { return nil }

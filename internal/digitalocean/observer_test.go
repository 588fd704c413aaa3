package digitalocean

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recorder keeps what an observer was told, without the times.
type recorder struct {
	mu   sync.Mutex
	seen []string
	took time.Duration
}

func (r *recorder) observe(request Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, request.Kind+" "+string(request.Class))
	r.took += request.Took
}

func TestObserverSeesEachAttempt(t *testing.T) {
	volumes := listing{key: "volumes", items: volumes(1), size: 1}
	fine := func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(volumes.page(r))) }
	for name, test := range map[string]struct {
		why    string
		answer func(n int, w http.ResponseWriter, r *http.Request)
		want   []string
	}{
		"answered": {"one page, one attempt",
			func(_ int, w http.ResponseWriter, r *http.Request) { fine(w, r) },
			[]string{"Volume "}},
		"retried": {"DigitalOcean counts retries, so they are counted here",
			func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					refuse(w, http.StatusBadGateway, "server_error", "later")
					return
				}
				fine(w, r)
			},
			[]string{"Volume ServerError", "Volume "}},
		"forbidden": {"a 403 is not retried",
			func(_ int, w http.ResponseWriter, _ *http.Request) {
				refuse(w, http.StatusForbidden, "forbidden", "no")
			},
			[]string{"Volume Forbidden"}},
		"cut": {"a connection that ends in the middle of a body is no answer",
			func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					w.Header().Set("Content-Length", "1000")
					_, _ = w.Write([]byte(`{"volumes":[`))
					return
				}
				fine(w, r)
			},
			[]string{"Volume Unreachable", "Volume "}},
	} {
		t.Run(name, func(t *testing.T) {
			handler, _ := numbered(test.answer)
			r := &recorder{}
			_, _ = listVolumes(t, serve(t, handler, WithObserver(r.observe)))
			if diff := cmp.Diff(test.want, r.seen); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.why, diff)
			}
			if r.took <= 0 {
				t.Errorf("it took %s", r.took)
			}
		})
	}
}

func TestObserverLearnsWhatWasAskedFor(t *testing.T) {
	r := &recorder{}
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/v2/account") {
			_, _ = w.Write([]byte(`{"account":{"uuid":"u"}}`))
			return
		}
		refuse(w, http.StatusNotFound, "not_found", "no")
	}, WithObserver(r.observe))
	if _, err := c.Account(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := c.Get(t.Context(), "Droplet", "1")
	wantClass(t, err, NotFound)
	if diff := cmp.Diff([]string{"Account ", "Droplet NotFound"}, r.seen); diff != "" {
		t.Error(diff)
	}
}

func TestObserverIsNotToldOfWhatWasNeverSent(t *testing.T) {
	r := &recorder{}
	c := serve(t, func(http.ResponseWriter, *http.Request) {}, WithObserver(r.observe), WithLimits(1, 1))
	c.limiter.count() // the budget is spent
	_, err := c.Account(t.Context())
	wantClass(t, err, Throttled)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Account(ctx)
	wantClass(t, err, Canceled)
	if len(r.seen) > 0 {
		t.Errorf("it was told of %v", r.seen)
	}
}

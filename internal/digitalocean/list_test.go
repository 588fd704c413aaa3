package digitalocean

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestListWalksAllPages(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var ticking sync.Mutex
	clock := func() time.Time {
		ticking.Lock()
		defer ticking.Unlock()
		now = now.Add(time.Second)
		return now
	}
	var (
		mu    sync.Mutex
		asked []string
	)
	all := listing{key: "volumes", items: volumes(450)}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.RequestURI())
		mu.Unlock()
		if got := r.Header.Get("Authorization"); got != "Bearer "+testToken {
			t.Errorf("Authorization %q", got)
		}
		if got := r.UserAgent(); !strings.HasPrefix(got, "clouddrift/1.2.3 godo/") {
			t.Errorf("User-Agent %q", got)
		}
		_, _ = fmt.Fprint(w, all.page(r))
	}, WithClock(clock), WithVersion("1.2.3"))

	got, err := listVolumes(t, c)
	wantClass(t, err, "")
	if !got.Complete || len(got.Resources) != 450 || got.Kind != "Volume" {
		t.Fatalf("complete %v with %d of %s", got.Complete, len(got.Resources), got.Kind)
	}
	want := []string{"/v2/volumes?page=1&per_page=200", "/v2/volumes?page=2&per_page=200", "/v2/volumes?page=3&per_page=200"}
	slices.Sort(asked)
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	first, second := got.Resources[0].ObservedAt, got.Resources[200].ObservedAt
	if !got.StartedAt.Equal(first) {
		t.Errorf("started at %s, its first page was asked for at %s", got.StartedAt, first)
	}
	if !second.After(first) {
		t.Errorf("page 2 was observed at %s, not after page 1 at %s", second, first)
	}
}

func TestListOfNothingIsComplete(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"volumes":[],"links":{},"meta":{"total":0}}`)
	})
	got, err := listVolumes(t, c)
	if err != nil || !got.Complete || len(got.Resources) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// From a listing whose second page did not come nothing may be concluded,
// whatever the way in which it did not come.
func TestListSecondPageFails(t *testing.T) {
	page2 := `{"volumes":[` + volumeBody(3) + `],"links":{},"meta":{"total":3}}`
	tests := map[string]struct {
		fail  http.HandlerFunc
		class Class
		says  string
	}{
		"server error": {
			fail: func(w http.ResponseWriter, _ *http.Request) {
				refuse(w, 500, "server_error", "Unexpected server-side error")
			},
			class: ServerError, says: "listing volumes, page 2: 500 Internal Server Error: Unexpected server-side error (request 4d9d8375",
		},
		"forbidden": {
			fail:  func(w http.ResponseWriter, _ *http.Request) { refuse(w, 403, "forbidden", "You are not authorized") },
			class: Forbidden, says: "listing volumes, page 2: 403 Forbidden: You are not authorized",
		},
		"token revoked meanwhile": {
			fail: func(w http.ResponseWriter, _ *http.Request) {
				refuse(w, 401, "unauthorized", "Unable to authenticate you")
			},
			class: Denied, says: "page 2: 401",
		},
		"not found": {
			fail:  func(w http.ResponseWriter, _ *http.Request) { refuse(w, 404, "not_found", "nothing here") },
			class: Malformed, says: "page 2: 404",
		},
		"unprocessable": {
			fail:  func(w http.ResponseWriter, _ *http.Request) { refuse(w, 422, "unprocessable_entity", "page too large") },
			class: Invalid, says: "page 2: 422",
		},
		"connection cut before the answer": {
			fail:  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			class: Unreachable, says: "page 2",
		},
		"connection cut within the body": {
			fail: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(len(page2)))
				_, _ = fmt.Fprint(w, page2[:40])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			},
			class: Unreachable, says: "reading the answer",
		},
		"truncated JSON": {
			fail:  func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, page2[:60]) },
			class: Malformed, says: "the answer ends in the middle",
		},
		"JSON and then more": {
			fail:  func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, page2+"{}") },
			class: Malformed, says: "it is not JSON",
		},
		"a page of HTML": {
			fail:  func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") },
			class: Malformed, says: "it is not JSON",
		},
		"another listing": {
			fail: func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprint(w, `{"droplets":[],"meta":{"total":3}}`)
			},
			class: Malformed, says: `no "volumes"`,
		},
		"null instead of a list": {
			fail: func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprint(w, `{"volumes":null,"meta":{"total":3}}`)
			},
			class: Malformed, says: "not a list",
		},
		"a redirect": {
			fail: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://elsewhere.invalid/")
				w.WriteHeader(http.StatusFound)
			},
			class: Malformed, says: "302",
		},
		"time-out": {
			fail:  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			class: Unreachable, says: "no whole answer within",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			all := listing{key: "volumes", items: volumes(3), size: 2}
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("page") == "2" {
					tt.fail(w, r)
					return
				}
				_, _ = fmt.Fprint(w, all.page(r))
			}, WithTimeout(100*time.Millisecond))
			got, err := listVolumes(t, c)
			wantClass(t, err, tt.class)
			if got.Complete {
				t.Error("the listing is complete")
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v does not say %q", err, tt.says)
			}
		})
	}
}

func TestListPagesThatDoNotAddUp(t *testing.T) {
	next := `{"pages":{"next":"x"}}`
	v := volumes(5)
	tests := map[string]struct {
		pages []string
		says  string
	}{
		"the total changes": {
			pages: []string{pageOf("volumes", v[:2], next, 4), pageOf("volumes", v[2:5], "{}", 5)},
			says:  "there were 4 in all on page 1 and are 5 now",
		},
		"an id comes twice": {
			pages: []string{pageOf("volumes", v[:2], next, 4), pageOf("volumes", v[1:3], "{}", 4)},
			says:  "volume-2 came twice",
		},
		"fewer than the total": {
			pages: []string{pageOf("volumes", v[:2], next, 4), pageOf("volumes", v[2:3], "{}", 4)},
			says:  "3 came of 4",
		},
		"more than the total": {
			pages: []string{pageOf("volumes", v[:2], next, 3), pageOf("volumes", v[2:4], next, 3)},
			says:  "more than the 3",
		},
		"no total": {
			pages: []string{`{"volumes":[],"links":{}}`},
			says:  "does not say how many",
		},
		"an empty page before the last": {
			pages: []string{pageOf("volumes", v[:2], next, 4), pageOf("volumes", nil, next, 4)},
			says:  "empty and yet not the last",
		},
		"one page for ever": {
			pages: []string{pageOf("volumes", v[:2], next, 4)},
			says:  "came twice",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			handler, count := numbered(func(n int, w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprint(w, tt.pages[(n-1)%len(tt.pages)])
			})
			got, err := listVolumes(t, serve(t, handler))
			wantClass(t, err, Incomplete)
			if got.Complete {
				t.Error("the listing is complete")
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v does not say %q", err, tt.says)
			}
			if n := count.Load(); n > 6 {
				t.Errorf("%d requests: more than three attempts", n)
			}
		})
	}
}

// Something is deleted on page 1 while page 2 is read: what was first on page 2
// moves to page 1, out of sight. Read anew, the listing adds up.
func TestListHealsAShiftedPage(t *testing.T) {
	before, after := listing{key: "volumes", items: volumes(5), size: 2}, listing{key: "volumes", items: volumes(5)[1:], size: 2}
	handler, _ := numbered(func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			_, _ = fmt.Fprint(w, before.page(r))
			return
		}
		_, _ = fmt.Fprint(w, after.page(r))
	})
	got, err := listVolumes(t, serve(t, handler))
	wantClass(t, err, "")
	// volume-1 was seen in the first attempt only: it must not stay.
	if want := []string{"volume-2", "volume-3", "volume-4", "volume-5"}; !got.Complete || !slices.Equal(idsOf(got), want) {
		t.Errorf("complete %v, %v, want %v", got.Complete, idsOf(got), want)
	}
}

// The same, but the total stays, because something else was created: then only
// the id that is missing could tell, and the count does not. What remains is
// that a duplicate shows it the other way round.
func TestListCreatedOnPageOneComesTwice(t *testing.T) {
	before := listing{key: "volumes", items: volumes(4), size: 2}
	after := listing{key: "volumes", items: append([]string{volumeBody(9)}, volumes(3)...), size: 2}
	handler, count := numbered(func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			_, _ = fmt.Fprint(w, before.page(r))
			return
		}
		_, _ = fmt.Fprint(w, after.page(r))
	})
	got, err := listVolumes(t, serve(t, handler))
	wantClass(t, err, "")
	if want := []string{"volume-9", "volume-1", "volume-2", "volume-3"}; !slices.Equal(idsOf(got), want) {
		t.Errorf("%v, want %v", idsOf(got), want)
	}
	if count.Load() != 4 {
		t.Errorf("%d requests, want 4", count.Load())
	}
}

func TestListRetriesWhatPasses(t *testing.T) {
	all := listing{key: "volumes", items: volumes(3), size: 2}
	handler, count := numbered(func(n int, w http.ResponseWriter, r *http.Request) {
		switch n {
		case 2:
			refuse(w, 503, "service_unavailable", "try again")
		case 3:
			panic(http.ErrAbortHandler)
		case 4:
			w.Header().Set("Content-Length", "1000")
			_, _ = fmt.Fprint(w, "{")
			panic(http.ErrAbortHandler)
		default:
			_, _ = fmt.Fprint(w, all.page(r))
		}
	})
	c := serve(t, handler)
	got, err := listVolumes(t, c)
	wantClass(t, err, "")
	if !got.Complete || len(got.Resources) != 3 {
		t.Errorf("complete %v with %d", got.Complete, len(got.Resources))
	}
	if n := count.Load(); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
	// Every attempt counts with DigitalOcean, so it counts here.
	if got := len(c.limiter.sent); got != 5 {
		t.Errorf("the limiter counted %d, want 5", got)
	}
}

func TestListChildren(t *testing.T) {
	record := toJSON(t, testBody(t, "domain_record"))
	apex := strings.Replace(record, `"www"`, `"@"`, 1)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v2/domains/example.com/records":
			_, _ = fmt.Fprint(w, pageOf("domain_records", []string{record}, "{}", 1))
		case "/v2/domains/example.org/records":
			_, _ = fmt.Fprint(w, pageOf("domain_records", []string{apex}, "{}", 1))
		case "/v2/domains/there.example":
			_, _ = fmt.Fprint(w, `{"domain":{"name":"there.example","ttl":1800,"zone_file":"x"}}`)
		default:
			refuse(w, 404, "not_found", "gone")
		}
	})
	list := func(domain string) (resource.Listing, error) { return c.List(t.Context(), "DomainRecord", domain) }

	for domain, name := range map[string]string{"example.com": "www.example.com", "example.org": "example.org"} {
		got, err := list(domain)
		wantClass(t, err, "")
		if want := []string{domain + "/28448429"}; !got.Complete || !slices.Equal(idsOf(got), want) {
			t.Errorf("complete %v, %v, want %v", got.Complete, idsOf(got), want)
		}
		if got.Resources[0].Name != name {
			t.Errorf("its name is %s, want %s", got.Resources[0].Name, name)
		}
		if domain == "example.org" && got.Resources[0].Values["name"] != "@" {
			t.Errorf("the field name is %v, not DigitalOcean's own", got.Resources[0].Values["name"])
		}
	}

	// A domain that has gone since its listing.
	got, err := list("gone.example")
	wantClass(t, err, NotFound)
	if got.Complete {
		t.Error("the records of a domain that is gone are complete")
	}
	// A 404 about the records of one that is there says nothing of them.
	got, err = list("there.example")
	wantClass(t, err, Malformed)
	if got.Complete {
		t.Error("complete")
	}
	_, err = list("")
	wantClass(t, err, Invalid)
	_, err = c.List(t.Context(), "Domain", "example.com")
	wantClass(t, err, Invalid)
}

func TestListEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	got, err := c.List(ctx, "Volume", "")
	wantClass(t, err, Canceled)
	if got.Complete {
		t.Error("the listing is complete")
	}
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// cloud is a sequence's simulated DigitalOcean. It knows at every time what the
// truth is and was, and can do to answers what dosim's faults can't: small pages,
// late answers, and changes while a listing is read.
type cloud struct {
	sim    *dosim.Server
	server *http.Server
	url    string

	mu      sync.Mutex // held by one change at a time
	current truth
	past    past
	deleted map[string]int // by kind

	shape   sync.Mutex
	perPage int
	delays  []*delay
	// between is what happens while a listing is read: before a page from the second on.
	between []func()
}

// delay holds answers back, after they were made.
type delay struct {
	path  string
	count int
	by    time.Duration
}

// startCloud starts a cloud without resources.
func startCloud(c *clock, rng *rand.Rand) (*cloud, error) {
	out := &cloud{
		sim:     dosim.New(dosim.WithActionDuration(0), dosim.WithClock(c.Now), dosim.WithRateLimit(0, 0)),
		current: truth{}, past: past{}, deleted: map[string]int{},
		perPage: []int{2, 3, 5, 7, 200}[rng.IntN(5)],
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the cloud: %w", err)
	}
	out.url = "http://" + listener.Addr().String()
	out.server = &http.Server{Handler: out, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = out.server.Serve(listener) }()
	return out, nil
}

func (c *cloud) close() error {
	if err := c.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("closing the cloud: %w", err)
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page, _ := strconv.Atoi(query.Get("page"))
	c.shape.Lock()
	if query.Get("per_page") == "200" {
		query.Set("per_page", strconv.Itoa(c.perPage))
		r.URL.RawQuery = query.Encode()
	}
	var happens func()
	if page > 1 && len(c.between) > 0 {
		happens, c.between = c.between[0], c.between[1:]
	}
	var by time.Duration
	for _, d := range c.delays {
		if struck, _ := path.Match(d.path, r.URL.Path); struck && d.count > 0 {
			d.count--
			by = d.by
			break
		}
	}
	c.shape.Unlock()

	if happens != nil {
		happens()
	}
	if by == 0 {
		c.sim.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	c.sim.ServeHTTP(answer, r)
	time.Sleep(by)
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// holdBack delays the next answers for a path, in which * is any one segment.
func (c *cloud) holdBack(path string, count int, by time.Duration) {
	c.shape.Lock()
	defer c.shape.Unlock()
	c.delays = append(c.delays, &delay{path, count, by})
}

// whileReading does something before the next page that is not a first one.
func (c *cloud) whileReading(f func()) {
	c.shape.Lock()
	defer c.shape.Unlock()
	c.between = append(c.between, f)
}

// heal ends every fault.
func (c *cloud) heal() {
	c.sim.ClearFaults()
	c.sim.Configure(func(s *dosim.Settings) { s.Latency, s.ListLag = 0, 0 })
	c.shape.Lock()
	defer c.shape.Unlock()
	c.delays, c.between = nil, nil
}

// change is what somebody does behind the operator's back. One that DigitalOcean
// refuses changes nothing.
func (c *cloud) change(method, path string, body any) (map[string]any, error) {
	return c.changeIf(nil, method, path, body)
}

// changeIf makes the change only if it still makes sense when its turn comes.
func (c *cloud) changeIf(sensible func(truth) bool, method, path string, body any) (map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sensible != nil && !sensible(c.current) {
		return nil, nil
	}
	began := time.Now()
	answer, err := c.sim.Change(method, path, body)
	// A change of a database cluster ends when somebody looks.
	_, lookErr := c.sim.Change(http.MethodGet, "/v2/databases", nil)
	if lookErr != nil {
		return nil, lookErr
	}
	ended := time.Now()
	state, stateErr := c.sim.MarshalState()
	if stateErr != nil {
		return nil, stateErr
	}
	is, stateErr := readTruth(state, dosim.DefaultTeam)
	if stateErr != nil {
		return nil, stateErr
	}
	for r := range c.current {
		if _, stays := is[r]; !stays {
			c.deleted[r.kind]++
		}
	}
	c.past.advance(c.current, is, began, ended)
	c.current = is
	if err != nil || len(answer) == 0 {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("reading the answer to %s %s: %w", method, path, err)
	}
	return out, nil
}

// now is the truth.
func (c *cloud) now() truth {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current // never changed, always replaced
}

// during are what a resource was at any time between the two.
func (c *cloud) during(r ref, from, until time.Time) []*object {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.past.during(r, from, until)
}

// alone is past's.
func (c *cloud) alone(r ref, means func(*object) bool, until time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.past.alone(r, means, until)
}

// counts are how many of a kind there may have been between the two times.
func (c *cloud) counts(kind string, from, until time.Time) (least, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for r := range c.past {
		if r.kind != kind {
			continue
		}
		seen := c.past.during(r, from, until)
		there := slices.ContainsFunc(seen, func(o *object) bool { return o != nil })
		gone := slices.ContainsFunc(seen, func(o *object) bool { return o == nil })
		if there {
			most++
		}
		if there && !gone {
			least++
		}
	}
	return least, most
}

// deletions is how many of a kind were deleted so far.
func (c *cloud) deletions(kind string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deleted[kind]
}

package dosim

import (
	"maps"
	"slices"
	"time"
)

// keptRequests bounds the log; the counters know of all.
const keptRequests = 10_000

// Request is one request under /v2/ as the log keeps it.
type Request struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	// Route is the pattern that served it, "GET /v2/droplets/{id}"; "/" for
	// an unknown one.
	Route string `json:"route"`
	// Status is 0 where no answer was given.
	Status  int    `json:"status"`
	Team    string `json:"team,omitempty"`
	Faulted bool   `json:"faulted,omitempty"`
}

type requestLog struct {
	entries []Request
	counts  map[string]int
}

func (l *requestLog) add(r Request) {
	if l.counts == nil {
		l.counts = map[string]int{}
	}
	l.counts[r.Route]++
	if len(l.entries) >= 2*keptRequests {
		l.entries = slices.Clone(l.entries[keptRequests:])
	}
	l.entries = append(l.entries, r)
}

// Requests returns the latest requests in the order in which they were
// answered, at least the last 10,000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log.entries)
}

// Counts says how many requests each route has served since the log was last
// cleared.
func (s *Server) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log.counts == nil {
		return map[string]int{}
	}
	return maps.Clone(s.log.counts)
}

// ClearRequests empties the log and sets its counters to zero.
func (s *Server) ClearRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = requestLog{}
}

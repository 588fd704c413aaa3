package dosim

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"

	"github.com/google/uuid"
)

// Fault makes chosen requests go wrong. The first half says which requests,
// where a zero value means any; the second half says how.
type Fault struct {
	// ID is given by AddFault.
	ID string `json:"id,omitempty"`

	Method string `json:"method,omitempty"`
	// Path is "/v2/droplets", "/v2/droplets/{id}" or "/v2/droplets/*": a
	// segment in braces or a star stands for any one segment.
	Path string `json:"path,omitempty"`
	// Query are parameters that the request must have, such as type=gpus; an
	// empty value asks for the parameter to be missing or empty.
	Query map[string]string `json:"query,omitempty"`
	// Page is the page asked for; a request that names none asks for page 1.
	Page  int    `json:"page,omitempty"`
	Token string `json:"token,omitempty"`
	// Skip lets so many matching requests pass first.
	Skip int `json:"skip,omitempty"`
	// Count is how many requests it strikes; 0 is all of them until removed.
	Count int `json:"count,omitempty"`

	// Status is answered in place of the real answer, with Body or an error
	// body of DigitalOcean's shape, and these headers.
	Status  int               `json:"status,omitempty"`
	Body    string            `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// Hang never answers, until the client gives up.
	Hang bool `json:"hang,omitempty"`
	// AfterEffect lets Status and Hang strike after the request was carried
	// out: the change is made and its answer lost.
	AfterEffect bool `json:"after_effect,omitempty"`
	// Latency is added to the server's own.
	Latency Duration `json:"latency,omitempty"`
	// Cut breaks the connection in the middle of the real answer's body.
	Cut bool `json:"cut,omitempty"`
	// Truncate sends half of the body as if that were all.
	Truncate bool `json:"truncate,omitempty"`
	// Drip sends a byte of the body at a time, with so much time between two.
	Drip Duration `json:"drip,omitempty"`
	// Pad makes the body longer by so many bytes, in a key of its own.
	Pad int64 `json:"pad,omitempty"`
	// Plant adds a key of this name to every object of the body, however deep.
	Plant string `json:"plant,omitempty"`
	// DropItems leaves the last items of a page out; meta.total still counts
	// them.
	DropItems int `json:"drop_items,omitempty"`
	// RepeatItem shows the first item of a page a second time.
	RepeatItem bool `json:"repeat_item,omitempty"`
	// TotalDelta is added to meta.total.
	TotalDelta int `json:"total_delta,omitempty"`
	// FailAction makes the action that the request begins end as errored,
	// without its effect. A change of a database cluster, which is no action,
	// ends without its effect too.
	FailAction bool `json:"fail_action,omitempty"`
}

// armedFault is a fault and how often it was met.
type armedFault struct {
	Fault
	met, struck int
}

// AddFault arms a fault. Of several that match a request, the oldest that is
// not used up strikes.
// A path that is no pattern is a mistake of the test's, and panics.
func (s *Server) AddFault(f Fault) (remove func()) {
	armed, err := s.arm(f)
	if err != nil {
		panic(err)
	}
	return func() { s.RemoveFault(armed.ID) }
}

func (s *Server) arm(f Fault) (Fault, error) {
	if _, err := path.Match(f.pattern(), ""); err != nil {
		return Fault{}, fmt.Errorf("adding a fault: path %q: %w", f.Path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.ID = uuid.NewString()
	s.faults = append(s.faults, &armedFault{Fault: f})
	return f, nil
}

// RemoveFault disarms the fault with this ID, and says whether there was one.
func (s *Server) RemoveFault(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(f *armedFault) bool { return f.ID == id })
	return len(s.faults) < before
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Faults lists the armed faults, used up ones included.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		out = append(out, f.Fault)
	}
	return out
}

// pickFault returns the fault that strikes a request, if one does. Callers
// hold the lock.
func (s *Server) pickFault(r *http.Request, t Token) *Fault {
	for _, f := range s.faults {
		if f.Count > 0 && f.struck >= f.Count || !f.matches(r, t) {
			continue
		}
		f.met++
		if f.met <= f.Skip {
			continue
		}
		f.struck++
		struck := f.Fault
		return &struck
	}
	return nil
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// pattern is the path as path.Match understands it.
func (f *Fault) pattern() string { return wildcard.ReplaceAllString(f.Path, "*") }

func (f *Fault) matches(r *http.Request, t Token) bool {
	if f.Method != "" && f.Method != r.Method || f.Token != "" && f.Token != t.Value {
		return false
	}
	if f.Path != "" {
		if ok, err := path.Match(f.pattern(), r.URL.Path); err != nil || !ok {
			return false
		}
	}
	query := r.URL.Query()
	for name, want := range f.Query {
		if query.Get(name) != want {
			return false
		}
	}
	return f.Page == 0 || f.Page == atoi(query.Get("page"), 1)
}

// answer is what a fault with a status says on a route.
func (f *Fault) answer(rt route, requestID string) (int, []byte) {
	if f.Body != "" {
		return f.Status, []byte(f.Body)
	}
	e := &apiError{status: f.Status, id: "server_error", message: "Unexpected server-side error"}
	switch f.Status {
	case http.StatusBadRequest:
		e = badRequest("error parsing request body")
	case http.StatusUnauthorized:
		e = unauthorized()
	case http.StatusForbidden:
		e = forbidden("You are not authorized to perform this operation.")
	case http.StatusNotFound:
		e = notFound()
	case http.StatusConflict:
		e = conflict("The request could not be completed due to a conflict.")
	case http.StatusUnprocessableEntity:
		e = invalid("The request could not be processed.")
	case http.StatusTooManyRequests:
		e = tooMany()
	}
	return rt.errorBody(requestID, e)
}

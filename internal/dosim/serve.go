package dosim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
)

// insiderKey marks a request of Change, with the team that it is made in.
type insiderKey struct{}

func asInsider(ctx context.Context, teamUUID string) context.Context {
	return context.WithValue(ctx, insiderKey{}, teamUUID)
}

type handler func(c *call) (*reply, error)

// text is a body that is sent as it is.
type text string

// reply is a successful answer; a nil body is an empty one.
type reply struct {
	status int
	body   any
}

// call is one authenticated request while the server's lock is held.
type call struct {
	*Server
	route route
	r     *http.Request
	body  []byte
	team  *team
	token Token
	now   time.Time
	fault *Fault
	// insider is set for a request of Change.
	insider bool
}

func (s *Server) serve(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		requestID := uuid.NewString()
		w.Header().Set("X-Request-Id", requestID)
		adm := s.admit(w.Header(), r, rt)
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
		if err != nil && adm.err == nil {
			adm.err = badRequest("error reading request body")
		}
		status, payload := s.answer(r.Context(), rt, r, body, requestID, adm)
		if !adm.insider {
			s.record(r, rt, adm, status)
		}
		if rt.produces != "" && status < http.StatusBadRequest {
			w.Header().Set("Content-Type", rt.produces)
		}
		deliver(r.Context(), w, status, payload, adm.fault)
	}
}

// admission is what is known of a request before its handler runs.
type admission struct {
	token   Token
	insider bool
	fault   *Fault
	latency time.Duration
	err     error
}

// admit authenticates, counts against the limits and picks a fault. Nothing
// of that concerns an insider.
func (s *Server) admit(h http.Header, r *http.Request, rt route) admission {
	s.mu.Lock()
	defer s.mu.Unlock()
	if teamUUID, ok := r.Context().Value(insiderKey{}).(string); ok {
		t := s.tokenOfTeam(teamUUID)
		t.Scopes, t.Without = nil, nil
		return admission{token: t, insider: true}
	}
	a := admission{latency: s.settings.Latency.Std()}
	token, ok := s.state.token(bearer(r))
	if !ok {
		s.limits.announce(h, "", s.settings.hourly(), s.now())
		a.err = unauthorized()
		return a
	}
	a.token = token
	if err := s.limits.take(h, token.Value, rt, s.settings, s.now()); err != nil {
		a.err = err
		return a
	}
	if a.fault = s.pickFault(r, token); a.fault != nil {
		a.latency += a.fault.Latency.Std()
	}
	return a
}

// answer runs the handler and returns a status and a JSON body.
func (s *Server) answer(ctx context.Context, rt route, r *http.Request, body []byte, requestID string, a admission) (int, []byte) {
	if !pause(ctx, a.latency) {
		return 0, nil
	}
	if a.err != nil {
		return rt.errorBody(requestID, a.err)
	}
	f := a.fault
	if f != nil && f.Hang && !f.AfterEffect {
		<-ctx.Done()
		return 0, nil
	}
	if f != nil && f.Status != 0 && !f.AfterEffect {
		return f.answer(rt, requestID)
	}
	status, payload := s.run(rt, r, body, requestID, a)
	switch {
	case f != nil && f.Hang:
		<-ctx.Done()
		return 0, nil
	case f != nil && f.Status != 0:
		return f.answer(rt, requestID)
	}
	return status, payload
}

// run executes the handler under the lock; the answer is rendered before the
// lock is released, because it points into the state.
func (s *Server) run(rt route, r *http.Request, body []byte, requestID string, a admission) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	status, payload := s.guarded(rt, r, body, requestID, a, now)
	if s.tape != nil && !a.insider {
		s.tape.add(now, r, body, status, payload)
	}
	return status, payload
}

// guarded answers a panic too: to a client, a connection that breaks is a
// network that failed, and nobody would look for the bug here.
func (s *Server) guarded(rt route, r *http.Request, body []byte, requestID string, a admission, now time.Time) (status int, payload []byte) {
	defer func() {
		if p := recover(); p != nil {
			log.Printf("dosim: %s %s: panic: %v\n%s", r.Method, r.URL, p, debug.Stack())
			status, payload = rt.errorBody(requestID, fmt.Errorf("panic: %v", p))
		}
	}()
	return s.carryOut(rt, r, body, requestID, a, now)
}

func (s *Server) carryOut(rt route, r *http.Request, body []byte, requestID string, a admission, now time.Time) (int, []byte) {
	t := s.state.team(a.token)
	s.settle(t, now)
	c := &call{Server: s, route: rt, r: r, body: body, team: t, token: a.token, now: now, fault: a.fault, insider: a.insider}
	if !a.token.has(rt.scope) {
		return rt.errorBody(requestID, missing(rt.scope))
	}
	rep, err := rt.handle(c)
	if err != nil {
		return rt.errorBody(requestID, err)
	}
	if r.Method != http.MethodGet {
		s.changes++
	}
	if a.insider {
		s.settle(t, now)
	}
	if rep.body == nil {
		return rep.status, nil
	}
	if plain, ok := rep.body.(text); ok {
		return rep.status, []byte(plain)
	}
	payload, err := json.Marshal(rep.body)
	if err != nil {
		return rt.errorBody(requestID, fmt.Errorf("encoding the answer: %w", err))
	}
	return rep.status, payload
}

// now is the simulated time; callers hold the lock.
func (s *Server) now() time.Time {
	return s.clock().Add(s.state.Offset.Std()).UTC()
}

func (s *Server) record(r *http.Request, rt route, a admission, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.add(Request{
		Time: s.now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Route: rt.pattern, Status: status, Team: a.token.Team, Faulted: a.fault != nil,
	})
}

func bearer(r *http.Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(value)
}

// pause waits for d, and says false when the client gave up before.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func unknownRoute(*call) (*reply, error) { return nil, notFound() }

// decode reads the request's JSON body into v.
func (c *call) decode(v any) error {
	if err := json.Unmarshal(c.body, v); err != nil {
		if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return badRequest(fmt.Sprintf("error parsing request body: %s must be %s", mistyped.Field, mistyped.Type))
		}
		return badRequest("error parsing request body")
	}
	return nil
}

// path is the value of a wildcard in the route's pattern.
func (c *call) path(name string) string { return c.r.PathValue(name) }

// query is a parameter of the request's query string.
func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

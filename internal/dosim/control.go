package dosim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// registerControl adds the knobs. They need no token and are neither limited
// nor logged: they are the tester's, not the account's.
func (s *Server) registerControl() {
	for pattern, handle := range map[string]func(r *http.Request) (any, error){
		"GET /_dosim/settings":       func(*http.Request) (any, error) { return s.Settings(), nil },
		"PATCH /_dosim/settings":     s.patchSettings,
		"GET /_dosim/faults":         func(*http.Request) (any, error) { return s.Faults(), nil },
		"POST /_dosim/faults":        s.postFault,
		"DELETE /_dosim/faults":      func(*http.Request) (any, error) { s.ClearFaults(); return done, nil },
		"DELETE /_dosim/faults/{id}": s.deleteFault,
		"GET /_dosim/tokens":         func(*http.Request) (any, error) { return s.Tokens(), nil },
		"POST /_dosim/tokens":        s.postToken,
		"DELETE /_dosim/tokens/{id}": func(r *http.Request) (any, error) { s.RevokeToken(r.PathValue("id")); return done, nil },
		"GET /_dosim/requests":       func(*http.Request) (any, error) { return requestsView{s.Counts(), s.Requests()}, nil },
		"DELETE /_dosim/requests":    func(*http.Request) (any, error) { s.ClearRequests(); return done, nil },
		"POST /_dosim/seed":          s.postSeed,
		"POST /_dosim/clock":         s.postClock,
		"POST /_dosim/reset":         func(*http.Request) (any, error) { s.Reset(); return done, nil },
		"GET /_dosim/state":          func(*http.Request) (any, error) { data, err := s.MarshalState(); return json.RawMessage(data), err },
		"PUT /_dosim/state":          s.putState,
		"GET /_dosim/healthz":        func(*http.Request) (any, error) { return done, nil },
	} {
		s.mux.HandleFunc(pattern, control(handle))
	}
	s.mux.HandleFunc("/_dosim/", func(w http.ResponseWriter, r *http.Request) { writeError(w, r, notFound()) })
}

// done is the answer of a knob that has nothing to tell.
var done = map[string]bool{"ok": true}

type requestsView struct {
	Counts   map[string]int `json:"counts"`
	Requests []Request      `json:"requests"`
}

func control(handle func(r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := handle(r)
		if err != nil {
			if _, known := errors.AsType[*apiError](err); !known {
				err = badRequest(err.Error())
			}
			writeError(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(answer)
	}
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	status, body := route{}.errorBody("", err)
	deliver(r.Context(), w, status, body, nil)
}

// read refuses fields that it does not know: a misspelt knob turns nothing.
func read(r *http.Request, v any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return badRequest("reading the body: " + err.Error())
	}
	return nil
}

func (s *Server) patchSettings(r *http.Request) (any, error) {
	changed := s.Settings()
	if err := read(r, &changed); err != nil {
		return nil, err
	}
	s.Configure(func(set *Settings) { *set = changed })
	return changed, nil
}

func (s *Server) postFault(r *http.Request) (any, error) {
	var f Fault
	if err := read(r, &f); err != nil {
		return nil, err
	}
	return s.arm(f)
}

func (s *Server) deleteFault(r *http.Request) (any, error) {
	if !s.RemoveFault(r.PathValue("id")) {
		return nil, notFound()
	}
	return done, nil
}

func (s *Server) postToken(r *http.Request) (any, error) {
	var t Token
	if err := read(r, &t); err != nil {
		return nil, err
	}
	return done, s.AddToken(t)
}

func (s *Server) postSeed(r *http.Request) (any, error) {
	req := struct {
		Kind  string `json:"kind"`
		Count int    `json:"count"`
		Team  string `json:"team"`
	}{Team: DefaultTeam}
	if err := read(r, &req); err != nil {
		return nil, err
	}
	if req.Kind == "demo" {
		return done, s.SeedDemo()
	}
	return done, s.SeedTeam(req.Team, req.Kind, req.Count)
}

func (s *Server) postClock(r *http.Request) (any, error) {
	var req struct {
		Advance Duration `json:"advance"`
	}
	if err := read(r, &req); err != nil {
		return nil, err
	}
	s.Advance(req.Advance.Std())
	return done, nil
}

func (s *Server) putState(r *http.Request) (any, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return done, s.UnmarshalState(data)
}

package dosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// Change is somebody else's request: made as the default team with every
// scope, not logged, not counted, not limited, not struck by faults. An action
// that it begins is finished when it returns, whatever actions take. It
// returns the answer's body.
//
//	s.Change("POST", "/v2/droplets/42/actions", map[string]any{"type": "power_off"})
func (s *Server) Change(method, path string, body any) (json.RawMessage, error) {
	return s.ChangeTeam(DefaultTeam, method, path, body)
}

// ChangeTeam is Change in the team with this UUID.
func (s *Server) ChangeTeam(teamUUID, method, path string, body any) (json.RawMessage, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("encoding the body of %s %s: %w", method, path, err)
		}
	}
	r, err := http.NewRequest(method, "http://dosim"+path, bytes.NewReader(payload)) //nolint:noctx // never leaves the process
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	answer := &capture{header: http.Header{}}
	s.ServeHTTP(answer, r.WithContext(asInsider(r.Context(), teamUUID)))
	if answer.status >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, answer.status, answer.body.Bytes())
	}
	return answer.body.Bytes(), nil
}

// capture is an http.ResponseWriter that keeps the answer.
type capture struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (c *capture) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *capture) WriteHeader(status int) { c.status = status }

// Write implements http.ResponseWriter.
func (c *capture) Write(b []byte) (int, error) { return c.body.Write(b) }

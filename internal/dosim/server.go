package dosim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path"
	"sync"
	"time"
)

const (
	// DefaultToken is accepted by a server to which no token was added.
	DefaultToken = "dosim-token"
	// DefaultTeam is the UUID of the team that DefaultToken belongs to.
	DefaultTeam = "ad0c1a0d-0000-4000-8000-000000000001"

	maxBodyBytes = 4 << 20
)

// Server is a simulated DigitalOcean. It implements http.Handler; every
// method is safe for concurrent use.
type Server struct {
	mux     *http.ServeMux
	unknown http.HandlerFunc
	clock   func() time.Time

	mu       sync.Mutex
	settings Settings
	state    *state
	faults   []*armedFault
	limits   limiter
	log      requestLog
	// tape is nil where nothing is recorded.
	tape    *Tape
	changes uint64

	listening *http.Server
	url       string
}

// New returns a server that holds no resources and accepts DefaultToken.
func New(opts ...Option) *Server {
	s := &Server{
		mux:      http.NewServeMux(),
		clock:    time.Now,
		settings: defaultSettings(),
		state:    newState(),
	}
	s.limits.reset()
	s.state.setToken(Token{Value: DefaultToken})
	for _, k := range kinds() {
		for _, rt := range k.routes {
			s.mux.HandleFunc(rt.pattern, s.serve(rt))
		}
	}
	s.unknown = s.serve(route{pattern: "/", handle: unknownRoute})
	s.mux.HandleFunc("/", s.unknown)
	s.registerControl()
	for _, o := range opts {
		o(s)
	}
	return s
}

// ServeHTTP answers one request, DigitalOcean's API under /v2/ and the knobs
// under /_dosim/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The mux would redirect them, whoever asks.
	if p := r.URL.EscapedPath(); path.Clean(p) != p && path.Clean(p)+"/" != p {
		s.unknown(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Start serves on a free loopback port until Close and returns the base URL,
// without a trailing slash.
func (s *Server) Start() (string, error) {
	return s.Listen("127.0.0.1:0")
}

// Listen serves on addr until Close and returns the base URL.
func (s *Server) Listen(addr string) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listening on %s: %w", addr, err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.mu.Lock()
	s.listening, s.url = server, "http://"+listener.Addr().String()
	url := s.url
	s.mu.Unlock()
	go func() { _ = server.Serve(listener) }()
	return url, nil
}

// URL is the address that Start or Listen returned; empty before.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Close stops serving, and cuts the requests that are being served.
func (s *Server) Close() error {
	s.mu.Lock()
	server := s.listening
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	return server.Close()
}

// route is one operation of the API.
type route struct {
	// pattern is http.ServeMux's: "GET /v2/droplets/{id}".
	pattern string
	// scope is what a token needs; empty: any token will do.
	scope  string
	handle handler
	// burst is a limit of this route's own, tighter than the token's.
	burst limit
	// badRequest is the shape of its 400s, where the description has one that
	// a bad tag name is answered with too. Nil: that name is a 422.
	badRequest errorShape
	// produces is the media type of its answers, but for errors. Empty: JSON.
	produces string
}

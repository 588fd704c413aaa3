package dosim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
)

// state is everything that is worth saving: what the accounts hold, who may
// see it, and how far the clock was moved.
type state struct {
	LastID int              `json:"last_id"`
	Offset Duration         `json:"clock_offset"`
	Tokens []Token          `json:"tokens"`
	Teams  map[string]*team `json:"teams"`
}

// team is one DigitalOcean account and what it holds. Teams do not see one
// another.
type team struct {
	UUID  string `json:"uuid"`
	Name  string `json:"name"`
	Owner string `json:"owner_uuid"`
	// ProjectCreated is when the default project came to be.
	ProjectCreated time.Time `json:"project_created"`

	Droplets  table[int, *droplet]           `json:"droplets"`
	Volumes   table[string, *volume]         `json:"volumes"`
	VPCs      table[string, *vpc]            `json:"vpcs"`
	Firewalls table[string, *firewall]       `json:"firewalls"`
	Tags      table[string, *tag]            `json:"tags"`
	Domains   table[string, *domain]         `json:"domains"`
	Keys      table[int, *sshKey]            `json:"ssh_keys"`
	Images    table[int, *image]             `json:"images"`
	Snapshots table[string, *volumeSnapshot] `json:"volume_snapshots"`
	// DeletedImages are shown in the droplets that were made of them only.
	DeletedImages table[int, *image]  `json:"deleted_images"`
	Actions       table[int, *action] `json:"actions"`

	LoadBalancers table[string, *loadBalancer]    `json:"load_balancers"`
	CDNEndpoints  table[string, *cdnEndpoint]     `json:"cdn_endpoints"`
	ReservedIPs   table[string, *reservedIP]      `json:"reserved_ips"`
	Databases     table[string, *databaseCluster] `json:"databases"`

	Peerings table[string, *peering] `json:"vpc_peerings"`
	Projects table[string, *project] `json:"projects"`
	// Assigned says in which project a resource is, by its URN.
	Assigned map[string]assignment `json:"assigned,omitempty"`

	// KubeClusters have their node pools within.
	KubeClusters table[string, *kubeCluster] `json:"kubernetes_clusters"`

	// Seeded counts what was seeded, so that names stay unique.
	Seeded int `json:"seeded,omitempty"`

	// pending are the actions of Actions that are still in progress.
	pending []*action
	// busyKube are the clusters of KubeClusters that have something to do by themselves.
	busyKube []*kubeCluster
}

func newState() *state {
	return &state{LastID: 3164443, Teams: map[string]*team{}}
}

// nextID is unique over all teams, as DigitalOcean's numbers are.
func (s *state) nextID() int {
	s.LastID++
	return s.LastID
}

func (s *state) token(value string) (Token, bool) {
	i := slices.IndexFunc(s.Tokens, func(t Token) bool { return t.Value == value })
	if value == "" || i < 0 {
		return Token{}, false
	}
	return s.Tokens[i], true
}

// setToken adds a token or replaces the one of the same value.
func (s *state) setToken(t Token) {
	t.setDefaults()
	s.removeToken(t.Value)
	s.Tokens = append(s.Tokens, t)
}

func (s *state) removeToken(value string) {
	s.Tokens = slices.DeleteFunc(s.Tokens, func(t Token) bool { return t.Value == value })
}

// team returns the token's team, and founds it at first sight.
func (s *state) team(t Token) *team {
	found, ok := s.Teams[t.Team]
	if !ok {
		found = &team{
			UUID: t.Team, Name: t.TeamName,
			Owner:          uuid.NewSHA1(uuid.NameSpaceURL, []byte(t.Team)).String(),
			ProjectCreated: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		s.Teams[t.Team] = found
	}
	return found
}

// relink rebuilds what is derived after the state was read from JSON.
func (s *state) relink() {
	for _, t := range s.Teams {
		t.pending = t.Actions.filter(func(a *action) bool { return a.Status == actionInProgress })
		t.busyKube = t.KubeClusters.filter(func(k *kubeCluster) bool { return !k.idle() })
	}
}

// Reset forgets every resource, fault and logged request, and sets the clock
// right. Tokens and settings stay.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := newState()
	fresh.Tokens = s.state.Tokens
	s.state, s.faults, s.log = fresh, nil, requestLog{}
	s.limits.reset()
	s.changes++
}

// Changes counts the requests that may have changed something; a saver that
// remembers it knows whether there is anything to save.
func (s *Server) Changes() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

// MarshalState returns the whole state as JSON, tokens included.
func (s *Server) MarshalState() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := json.Marshal(s.state)
	if err != nil {
		return nil, fmt.Errorf("encoding the state: %w", err)
	}
	return data, nil
}

// UnmarshalState replaces the state with what MarshalState returned. On an
// error the present state stays.
func (s *Server) UnmarshalState(data []byte) error {
	fresh := newState()
	if err := json.Unmarshal(data, fresh); err != nil {
		return fmt.Errorf("reading the state: %w", err)
	}
	fresh.relink()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = fresh
	return nil
}

// SaveFile writes the state to path, wholly or not at all.
func (s *Server) SaveFile(path string) error {
	data, err := s.MarshalState()
	if err != nil {
		return err
	}
	// The mode of a temporary file is 0600, which suits the tokens inside.
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("saving the state: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("saving the state to %s: %w", path, err)
	}
	return nil
}

// LoadFile replaces the state with what SaveFile wrote.
func (s *Server) LoadFile(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("loading the state: %w", err)
	}
	return s.UnmarshalState(data)
}

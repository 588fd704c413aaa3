package dosim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Token is a bearer token and what it opens.
type Token struct {
	Value string `json:"value"`
	// Team is the UUID of the account; tokens of one team see the same
	// resources. Empty: DefaultTeam.
	Team     string `json:"team,omitempty"`
	TeamName string `json:"team_name,omitempty"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	// Scopes are all that the token may, in DigitalOcean's spelling
	// ("droplet:read"). Empty: everything.
	Scopes []string `json:"scopes,omitempty"`
	// Without takes scopes away from a token that otherwise has everything.
	Without []string `json:"without,omitempty"`
}

func (t *Token) setDefaults() {
	orElse := func(s *string, otherwise string) {
		if *s == "" {
			*s = otherwise
		}
	}
	orElse(&t.Team, DefaultTeam)
	orElse(&t.TeamName, "My Team")
	orElse(&t.Email, "sammy@example.com")
	orElse(&t.Name, "Sammy the Shark")
}

// has says whether the token carries a scope; the empty scope is everybody's.
func (t Token) has(scope string) bool {
	if scope == "" {
		return true
	}
	if scope == assignScope && t.has("project:update") {
		return true
	}
	if slices.Contains(t.Without, scope) {
		return false
	}
	return len(t.Scopes) == 0 || slices.Contains(t.Scopes, scope)
}

// AddToken makes a token valid, or changes the one of the same value. A scope
// that no route and no field asks for is refused: it would silently do nothing.
func (s *Server) AddToken(t Token) error {
	if t.Value == "" {
		return fmt.Errorf("adding a token: value must not be empty")
	}
	known := knownScopes()
	for _, scope := range slices.Concat(t.Scopes, t.Without) {
		if !slices.Contains(known, scope) {
			return fmt.Errorf("adding a token: unknown scope %q; known are %s", scope, strings.Join(known, ", "))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.setToken(t)
	s.changes++
	return nil
}

// RevokeToken makes a token invalid: its next request is answered 401. Its
// team's resources stay.
func (s *Server) RevokeToken(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.removeToken(value)
	s.changes++
}

// Tokens lists the valid tokens.
func (s *Server) Tokens() []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.state.Tokens)
}

func knownScopes() []string {
	set := map[string]bool{}
	for _, k := range kinds() {
		for _, rt := range k.routes {
			set[rt.scope] = true
		}
	}
	delete(set, "")
	// Asked for by volumeSubresource, which serves several scopes.
	set["block_storage_snapshot:read"] = true
	set[viewCredentials] = true
	for _, what := range taggables {
		set[what.scope], set[what.change] = true, true
	}
	for _, what := range urnTypes {
		set[what.scope] = true
	}
	for _, what := range dropletActionTypes {
		set[what.scope] = true
	}
	delete(set, "")
	return slices.Sorted(maps.Keys(set))
}

package inventory

import (
	"sync"
	"time"
)

const (
	// AccountsAtOnce is how many accounts are synced at once. A pass mostly waits for
	// DigitalOcean's answers, and where these come slowly it must not keep others waiting.
	AccountsAtOnce = 32
	// accountsOfNamespace is how many of these may be of one namespace, so that no
	// tenant's slow endpoints take every place.
	accountsOfNamespace = 8
	// ShareRetry is when an account that found its namespace's places taken comes again.
	ShareRetry = 2 * time.Second
)

// Shares count the syncs that are being made, by namespace. The zero value is ready.
type Shares struct {
	mu    sync.Mutex
	taken map[string]int
}

// Take says whether one more sync of the namespace may be made now; GiveBack follows it.
func (s *Shares) Take(namespace string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[namespace] >= accountsOfNamespace {
		return false
	}
	if s.taken == nil {
		s.taken = map[string]int{}
	}
	s.taken[namespace]++
	return true
}

// GiveBack ends what Take allowed.
func (s *Shares) GiveBack(namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[namespace]--; s.taken[namespace] <= 0 {
		delete(s.taken, namespace)
	}
}

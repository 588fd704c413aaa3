package controller

import (
	"sync"
	"time"
)

const (
	// accountsAtOnce is how many accounts are synced at once. A pass mostly waits for
	// DigitalOcean's answers, and where these come slowly it must not keep others waiting.
	accountsAtOnce = 32
	// accountsOfNamespace is how many of these may be of one namespace, so that no
	// tenant's slow endpoints take every place.
	accountsOfNamespace = 8
	// shareRetry is when an account that found its namespace's places taken comes again.
	shareRetry = 2 * time.Second
)

// shares count the syncs that are being made, by namespace. The zero value is ready.
type shares struct {
	mu    sync.Mutex
	taken map[string]int
}

// take says whether one more sync of the namespace may be made now; giveBack follows it.
func (s *shares) take(namespace string) bool {
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

func (s *shares) giveBack(namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[namespace]--; s.taken[namespace] <= 0 {
		delete(s.taken, namespace)
	}
}

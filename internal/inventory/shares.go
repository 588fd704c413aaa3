package inventory

import (
	"sync"
	"time"
)

const (
	// AccountsAtOnce is how many accounts are looked at once. A pass waits a while for its
	// sync, and where DigitalOcean answers slowly it must not keep others waiting.
	AccountsAtOnce = 32
	// syncsAtOnce is how many syncs are made at once, as each holds what it has listed.
	syncsAtOnce = 128
	// syncsOfNamespace is how many of these may be of one namespace. Once half of all places
	// are taken, a namespace may have one, so that no few tenants' slow endpoints take every
	// place.
	syncsOfNamespace = 8
	// ShareRetry is when an account that found no place comes again.
	ShareRetry = 2 * time.Second
)

// Shares count the syncs that are being made, by namespace. The zero value is ready.
type Shares struct {
	mu    sync.Mutex
	all   int
	taken map[string]int
}

// Take says whether one more sync of the namespace may be made now; GiveBack follows it.
func (s *Shares) Take(namespace string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[namespace] >= s.share() {
		return false
	}
	if s.taken == nil {
		s.taken = map[string]int{}
	}
	s.taken[namespace]++
	s.all++
	return true
}

// share is how many syncs a namespace may have now.
func (s *Shares) share() int {
	switch {
	case s.all >= syncsAtOnce:
		return 0
	case s.all >= syncsAtOnce/2:
		return 1
	default:
		return syncsOfNamespace
	}
}

// GiveBack ends what Take allowed.
func (s *Shares) GiveBack(namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.taken[namespace]--; s.taken[namespace] <= 0 {
		delete(s.taken, namespace)
	}
}

package inventory

import (
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// scopeTimes remember when each parent was last asked for its children, so that those come
// first that have waited longest: a budget that is too small for all of them in one sync
// reaches every one in its turn. After a restart all have waited equally long.
type scopeTimes struct {
	mu sync.Mutex
	of map[accountKind]map[string]scopeTime
}

// scopeTime is zero for a parent that was never asked.
type scopeTime struct {
	attempted time.Time
	// observed is when the last complete listing was asked for.
	observed time.Time
}

func newScopeTimes() *scopeTimes { return &scopeTimes{of: map[accountKind]map[string]scopeTime{}} }

// inTurn sorts the parents of a kind, whoever has waited longest first. It forgets
// those that are no longer among them.
func (s *scopeTimes) inTurn(account *driftv1alpha1.CloudAccount, kind string, parents []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, now := s.of[accountKind{account.UID, kind}], make(map[string]scopeTime, len(parents))
	for _, parent := range parents {
		now[parent] = before[parent]
	}
	s.of[accountKind{account.UID, kind}] = now
	out := slices.Clone(parents)
	slices.SortStableFunc(out, func(a, b string) int { return now[a].attempted.Compare(now[b].attempted) })
	return out
}

// attempted remembers that a parent was asked at that time, and whether the listing was
// complete.
func (s *scopeTimes) attempted(account *driftv1alpha1.CloudAccount, kind, parent string, at time.Time, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	times := s.of[accountKind{account.UID, kind}]
	if times == nil {
		return // the account is gone
	}
	t := times[parent]
	t.attempted = at
	if complete {
		t.observed = at
	}
	times[parent] = t
}

// oldest is the oldest of the latest complete listings, zero where a parent has none.
func (s *scopeTimes) oldest(account *driftv1alpha1.CloudAccount, kind string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest time.Time
	for _, t := range s.of[accountKind{account.UID, kind}] {
		if t.observed.IsZero() {
			return time.Time{}
		}
		if oldest.IsZero() || t.observed.Before(oldest) {
			oldest = t.observed
		}
	}
	return oldest
}

// forget drops an account that is gone.
func (s *scopeTimes) forget(account types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.of, func(key accountKind, _ map[string]scopeTime) bool { return key.account == account })
}

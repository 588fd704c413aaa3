package detection

import (
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// PendingRequests are requests of declarations for fields that cost API calls of their own,
// and that no sync has looked at so far, because nobody declared them. Each has its account
// synced soon, once for each generation of the declaration: a field may also stay unseen
// for want of a scope.
type PendingRequests struct {
	// syncSoon has the account reconciled.
	syncSoon func(account types.NamespacedName)

	mu         sync.Mutex
	requests   map[types.NamespacedName]*pendingRequest   // by CloudProvisioned
	unanswered map[types.NamespacedName][]*pendingRequest // by account
	early      map[types.NamespacedName]time.Time
}

// earlySyncs is how long after one early sync of an account the next may be made:
// whoever edits declarations must not be able to spend the token's requests.
const earlySyncs = time.Minute

// pendingRequest is the request of one declaration.
type pendingRequest struct {
	kind string
	// uid and generation are the declaration's: one that is made anew under the same name
	// has a request of its own.
	uid                 types.UID
	generation          int64
	attempted, answered bool
}

// NewPendingRequests returns no requests yet. syncSoon has an account reconciled.
func NewPendingRequests(syncSoon func(account types.NamespacedName)) *PendingRequests {
	return &PendingRequests{
		syncSoon: syncSoon,
		requests: map[types.NamespacedName]*pendingRequest{}, unanswered: map[types.NamespacedName][]*pendingRequest{}, early: map[types.NamespacedName]time.Time{},
	}
}

// request asks for what p declares, and says whether a sync has yet to look at it.
func (r *PendingRequests) request(p *driftv1alpha1.CloudProvisioned) (waiting bool) {
	key := types.NamespacedName{Namespace: p.Namespace, Name: p.Name}
	account := types.NamespacedName{Namespace: p.Namespace, Name: p.Spec.AccountRef.Name}
	r.mu.Lock()
	current := r.requests[key]
	asks := false
	if current == nil || current.uid != p.UID || current.generation != p.Generation {
		asks = !answeredBefore(p)
		current = &pendingRequest{kind: p.Spec.Resource.Kind, uid: p.UID, generation: p.Generation, attempted: !asks, answered: !asks}
		r.requests[key] = current
	}
	if asks {
		r.unanswered[account] = append(r.unanswered[account], current)
	}
	waiting = !current.answered
	r.mu.Unlock()
	if asks {
		r.syncSoon(account)
	}
	return waiting
}

// answeredBefore says whether p's status shows that a sync has looked for what p declares
// and could not see all of it: what this process has yet to learn after a restart.
func answeredBefore(p *driftv1alpha1.CloudProvisioned) bool {
	isUnseen := func(conditionType string) bool {
		return objects.CurrentVerdict(p.Status.Conditions, conditionType).Reason == driftv1alpha1.ReasonFixFieldsUnseen
	}
	return p.Status.ObservedGeneration == p.Generation && (isUnseen(driftv1alpha1.ConditionInSync) || isUnseen(driftv1alpha1.ConditionReady))
}

// waits says whether the account has a request that no sync was attempted for.
func (r *PendingRequests) waits(account types.NamespacedName) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.unanswered[account], func(each *pendingRequest) bool { return !each.attempted })
}

// Due is when the sync that the account's declarations wait for may be made; zero where
// none waits for one.
func (r *PendingRequests) Due(account types.NamespacedName, now time.Time) time.Time {
	if !r.waits(account) {
		return time.Time{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.early[account]
	if at := last.Add(earlySyncs); !last.After(now) && at.After(now) {
		return at
	}
	return now
}

// MakesEarly remembers that a sync is made for nothing but the declarations' sake.
func (r *PendingRequests) MakesEarly(account types.NamespacedName, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.early[account] = now
}

// Attempt is called before a sync. The function that it returns is called after it: of the
// requests that there were before, it answers those for kinds that the sync brought.
func (r *PendingRequests) Attempt(account types.NamespacedName) (answer func(brought func(kind string) bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	attempted := slices.Clone(r.unanswered[account])
	for _, each := range attempted {
		each.attempted = true
	}
	return func(brought func(kind string) bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, each := range attempted {
			each.answered = each.answered || brought(each.kind)
		}
		r.unanswered[account] = slices.DeleteFunc(r.unanswered[account], func(each *pendingRequest) bool { return each.answered })
	}
}

// ForgetAccount drops the requests for an account that is gone.
func (r *PendingRequests) ForgetAccount(account types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.unanswered, account)
	delete(r.early, account)
}

// forget drops the request of a declaration that is gone.
func (r *PendingRequests) forget(provisioned types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.requests, provisioned)
}

// needsCostly says whether any of the paths is only looked at where it is declared, or
// rests on one that is.
func needsCostly(kind kinds.Kind, paths []resource.Path) bool {
	return slices.ContainsFunc(paths, func(path resource.Path) bool {
		return len(path) > 0 && slices.Contains(kind.Costly.NeededBy, string(path[0]))
	})
}

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

// PendingRequests are the declarations that name a field which was not looked at so far,
// because nobody declared it. Each has its account synced soon, once for each of
// its generations: a field may also stay unseen for want of a scope.
type PendingRequests struct {
	// syncSoon has the account reconciled.
	syncSoon func(account types.NamespacedName)

	mu         sync.Mutex
	requests   map[types.NamespacedName]*pendingRequest   // by CloudProvisioned
	unanswered map[types.NamespacedName][]*pendingRequest // by account, those that a sync has yet to grant
	early      map[types.NamespacedName]time.Time
}

// earlySyncs is how long after one early sync of an account the next may be made:
// whoever edits declarations must not be able to spend the token's requests.
const earlySyncs = time.Minute

type pendingRequest struct {
	kind string
	// uid and generation are the declaration's: one that is made anew under the same name
	// wishes for itself.
	uid                 types.UID
	generation          int64
	attempted, answered bool
}

func NewPendingRequests(soon func(types.NamespacedName)) *PendingRequests {
	return &PendingRequests{
		syncSoon: soon,
		requests: map[types.NamespacedName]*pendingRequest{}, unanswered: map[types.NamespacedName][]*pendingRequest{}, early: map[types.NamespacedName]time.Time{},
	}
}

// request wishes for what p declares, and says whether that is still to be looked at.
func (w *PendingRequests) request(p *driftv1alpha1.CloudProvisioned) (waiting bool) {
	key := types.NamespacedName{Namespace: p.Namespace, Name: p.Name}
	account := types.NamespacedName{Namespace: p.Namespace, Name: p.Spec.AccountRef.Name}
	w.mu.Lock()
	current := w.requests[key]
	asks := false
	if current == nil || current.uid != p.UID || current.generation != p.Generation {
		asks = !answeredBefore(p)
		current = &pendingRequest{kind: p.Spec.Resource.Kind, uid: p.UID, generation: p.Generation, attempted: !asks, answered: !asks}
		w.requests[key] = current
	}
	if asks {
		w.unanswered[account] = append(w.unanswered[account], current)
	}
	waiting = !current.answered
	w.mu.Unlock()
	if asks {
		w.syncSoon(account)
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

// pending says whether the account has a wish that no sync was attempted for.
func (w *PendingRequests) pending(account types.NamespacedName) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.unanswered[account], func(each *pendingRequest) bool { return !each.attempted })
}

// Due is when the sync that the account's declarations wait for may be made; zero where
// none waits for one.
func (w *PendingRequests) Due(account types.NamespacedName, now time.Time) time.Time {
	if !w.pending(account) {
		return time.Time{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.early[account]
	if at := last.Add(earlySyncs); !last.After(now) && at.After(now) {
		return at
	}
	return now
}

// MakesEarly remembers that a sync is made for nothing but the declarations' sake.
func (w *PendingRequests) MakesEarly(account types.NamespacedName, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.early[account] = now
}

// Attempt is called before a sync. The function that it returns is called after
// it, and grants what was wished for before of the kinds that the sync brought.
func (w *PendingRequests) Attempt(account types.NamespacedName) (grant func(brought func(kind string) bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	attempted := slices.Clone(w.unanswered[account])
	for _, each := range attempted {
		each.attempted = true
	}
	return func(brought func(kind string) bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, each := range attempted {
			each.answered = each.answered || brought(each.kind)
		}
		w.unanswered[account] = slices.DeleteFunc(w.unanswered[account], func(each *pendingRequest) bool { return each.answered })
	}
}

// ForgetAccount drops what was wished for of an account that is gone.
func (w *PendingRequests) ForgetAccount(account types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.unanswered, account)
	delete(w.early, account)
}

// forget drops the wish of a declaration that is gone.
func (w *PendingRequests) forget(provisioned types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.requests, provisioned)
}

// needsCostly says whether any of the paths is only looked at where it is declared, or
// rests on one that is.
func needsCostly(kind kinds.Kind, paths []resource.Path) bool {
	return slices.ContainsFunc(paths, func(path resource.Path) bool {
		return len(path) > 0 && slices.Contains(kind.Costly.NeededBy, string(path[0]))
	})
}

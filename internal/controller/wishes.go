package controller

import (
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// wishes are the declarations that name a field which was not looked at so far,
// because nobody declared it. Each has its account synced soon, once for each of
// its generations: a field may also stay unseen for want of a scope.
type wishes struct {
	// soon has the account reconciled.
	soon func(account types.NamespacedName)

	mu     sync.Mutex
	made   map[types.NamespacedName]*wish   // by CloudProvisioned
	synced map[types.NamespacedName][]*wish // by account, those that a sync has yet to grant
	early  map[types.NamespacedName]time.Time
}

// earlySyncs is how long after one early sync of an account the next may be made:
// whoever edits declarations must not be able to spend the token's requests.
const earlySyncs = time.Minute

type wish struct {
	kind string
	// uid and generation are the declaration's: one that is made anew under the same name
	// wishes for itself.
	uid                types.UID
	generation         int64
	attempted, granted bool
}

func newWishes(soon func(types.NamespacedName)) *wishes {
	return &wishes{
		soon: soon,
		made: map[types.NamespacedName]*wish{}, synced: map[types.NamespacedName][]*wish{}, early: map[types.NamespacedName]time.Time{},
	}
}

// make wishes for what p declares, and says whether that is still to be looked at.
func (w *wishes) make(p *driftv1alpha1.CloudProvisioned) (waiting bool) {
	key := types.NamespacedName{Namespace: p.Namespace, Name: p.Name}
	account := types.NamespacedName{Namespace: p.Namespace, Name: p.Spec.AccountRef.Name}
	w.mu.Lock()
	current := w.made[key]
	asks := false
	if current == nil || current.uid != p.UID || current.generation != p.Generation {
		asks = !granted(p)
		current = &wish{kind: p.Spec.Resource.Kind, uid: p.UID, generation: p.Generation, attempted: !asks, granted: !asks}
		w.made[key] = current
	}
	if asks {
		w.synced[account] = append(w.synced[account], current)
	}
	waiting = !current.granted
	w.mu.Unlock()
	if asks {
		w.soon(account)
	}
	return waiting
}

// granted says whether p's status shows that a sync has looked for what p declares
// and could not see all of it: what this process has yet to learn after a restart.
func granted(p *driftv1alpha1.CloudProvisioned) bool {
	isUnseen := func(conditionType string) bool {
		return currentVerdict(p.Status.Conditions, conditionType).reason == driftv1alpha1.ReasonFixFieldsUnseen
	}
	return p.Status.ObservedGeneration == p.Generation && (isUnseen(driftv1alpha1.ConditionInSync) || isUnseen(driftv1alpha1.ConditionReady))
}

// pending says whether the account has a wish that no sync was attempted for.
func (w *wishes) pending(account types.NamespacedName) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.synced[account], func(each *wish) bool { return !each.attempted })
}

// due is when the sync that the account's declarations wait for may be made; zero where
// none waits for one.
func (w *wishes) due(account types.NamespacedName, now time.Time) time.Time {
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

// makesEarly remembers that a sync is made for nothing but the declarations' sake.
func (w *wishes) makesEarly(account types.NamespacedName, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.early[account] = now
}

// attempt is called before a sync. The function that it returns is called after
// it, and grants what was wished for before of the kinds that the sync brought.
func (w *wishes) attempt(account types.NamespacedName) (grant func(brought func(kind string) bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	attempted := slices.Clone(w.synced[account])
	for _, each := range attempted {
		each.attempted = true
	}
	return func(brought func(kind string) bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, each := range attempted {
			each.granted = each.granted || brought(each.kind)
		}
		w.synced[account] = slices.DeleteFunc(w.synced[account], func(each *wish) bool { return each.granted })
	}
}

// forgetAccount drops what was wished for of an account that is gone.
func (w *wishes) forgetAccount(account types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.synced, account)
	delete(w.early, account)
}

// forget drops the wish of a declaration that is gone.
func (w *wishes) forget(provisioned types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.made, provisioned)
}

// costly says whether any of the paths is only looked at where it is declared, or
// rests on one that is.
func costly(kind kinds.Kind, paths []resource.Path) bool {
	return slices.ContainsFunc(paths, func(path resource.Path) bool {
		return len(path) > 0 && slices.Contains(kind.Costly.NeededBy, string(path[0]))
	})
}

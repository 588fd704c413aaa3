package detection

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// defaultNewDrifts is maxNewDriftsPerMinute as the CRD defaults it.
const defaultNewDrifts = 600

// budgets says how many drifts an account may still open: no more than its limit in any
// minute, whichever minute one looks at.
type budgets struct {
	clock clock.PassiveClock

	mu        sync.Mutex
	byAccount map[types.UID]*budget
}

// budget is what was granted to one account in the last minute.
type budget struct {
	granted []grant
	// short says that less was granted than was wanted since the last sweep.
	short bool
}

type grant struct {
	at time.Time
	n  int
}

func newBudgets(c clock.PassiveClock) *budgets {
	return &budgets{clock: c, byAccount: map[types.UID]*budget{}}
}

// of returns an account's budget, without what is older than a minute.
func (b *budgets) of(account types.UID, now time.Time) *budget {
	found := b.byAccount[account]
	if found == nil {
		found = &budget{}
		b.byAccount[account] = found
	}
	kept := found.granted[:0]
	for _, g := range found.granted {
		if age := now.Sub(g.at); age >= 0 && age < time.Minute { // a grant of the future is of before the clock was set back
			kept = append(kept, g)
		}
	}
	found.granted = kept
	return found
}

// take takes up to wanted from the account's budget and returns how many it got, and
// whether that is the first time since a sweep that it got less.
func (b *budgets) take(account *driftv1alpha1.CloudAccount, wanted int) (granted int, short bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	of := b.of(account.UID, now)
	left := int(ptr.Deref(account.Spec.MaxNewDriftsPerMinute, defaultNewDrifts))
	for _, g := range of.granted {
		left -= g.n
	}
	granted = min(wanted, max(left, 0))
	if granted > 0 {
		of.granted = append(of.granted, grant{now, granted})
	}
	if granted < wanted && !of.short {
		of.short, short = true, true
	}
	return granted, short
}

// giveBack takes back a grant that no drift came of.
func (b *budgets) giveBack(account types.UID, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	of := b.of(account, b.clock.Now())
	for i := len(of.granted) - 1; i >= 0 && n > 0; i-- {
		taken := min(n, of.granted[i].n)
		of.granted[i].n -= taken
		n -= taken
	}
}

// wasShort says whether drifts were held back since the last sweep, which counts them, and
// begins anew.
func (b *budgets) wasShort(account types.UID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	of := b.byAccount[account]
	if of == nil || !of.short {
		return false
	}
	of.short = false
	return true
}

// forget drops an account that is gone.
func (b *budgets) forget(uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.byAccount, uid)
}

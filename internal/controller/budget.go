package controller

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// defaultNewDrifts is maxNewDriftsPerMinute as the CRD defaults it.
const defaultNewDrifts = 600

// budgets says how many drifts an account may still open in this minute.
type budgets struct {
	clock clock.PassiveClock

	mu        sync.Mutex
	byAccount map[types.UID]*rate.Limiter
}

func newBudgets(c clock.PassiveClock) *budgets {
	return &budgets{clock: c, byAccount: map[types.UID]*rate.Limiter{}}
}

// take takes up to wanted from the account's budget and returns how many it got.
func (b *budgets) take(account *driftv1alpha1.CloudAccount, wanted int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	most := int(ptr.Deref(account.Spec.MaxNewDriftsPerMinute, defaultNewDrifts))
	limiter, ok := b.byAccount[account.UID]
	if !ok {
		limiter = rate.NewLimiter(0, most)
		b.byAccount[account.UID] = limiter
	}
	limiter.SetBurstAt(now, most)
	limiter.SetLimitAt(now, rate.Limit(float64(most)/time.Minute.Seconds()))
	granted := min(wanted, int(limiter.TokensAt(now)))
	if granted <= 0 {
		return 0
	}
	limiter.AllowN(now, granted)
	return granted
}

// forget drops an account that is gone.
func (b *budgets) forget(uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.byAccount, uid)
}

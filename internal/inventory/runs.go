package inventory

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// Runs are the syncs that are under way, at most one of each account. A sync that takes long
// holds up nothing else of its account: what it has found so far can be collected meanwhile.
type Runs struct {
	syncer *Syncer
	// ended is told of an account whose sync has ended.
	ended func(types.NamespacedName)

	mu    sync.Mutex
	by    map[types.UID]*run
	going sync.WaitGroup
}

// NewRuns makes syncs with syncer. ended is told of each that ended after nobody waited for
// it any more.
func NewRuns(syncer *Syncer, ended func(types.NamespacedName)) *Runs {
	return &Runs{syncer: syncer, ended: ended, by: map[types.UID]*run{}}
}

// run is one sync.
type run struct {
	connection Connection
	cancel     context.CancelFunc
	done       chan struct{}

	mu sync.Mutex
	// found is what is certain already; it is complete once done is closed.
	found Report
	err   error
	// collected are the kinds that were collected before the end.
	collected map[string]bool
	// awaited says that somebody waits for the end.
	awaited bool
}

// Begin begins a sync of the account, and calls after when it has ended, before anybody
// collects it. counts is the report's Counts. ctx must outlive the reconciliation that begins
// it. There must be no other sync of the account under way.
func (r *Runs) Begin(ctx context.Context, account *driftv1alpha1.CloudAccount, c Connection, counts bool, after func(*Report, error)) {
	ctx, cancel := context.WithCancel(ctx)
	one := &run{connection: c, cancel: cancel, done: make(chan struct{}), collected: map[string]bool{},
		found: Report{Account: account, StartedAt: r.syncer.Clock.Now(), Counts: counts}}
	r.mu.Lock()
	r.by[account.UID] = one
	r.mu.Unlock()
	r.going.Go(func() {
		defer cancel()
		report, err := r.syncer.sync(ctx, account, c.Cloud, one.tell)
		report.Counts = counts
		after(&report, err)
		if one.end(report, err) {
			r.ended(client.ObjectKeyFromObject(account))
		}
	})
}

// tell keeps what was found of a kind for whoever collects it.
func (r *run) tell(found kindReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found.kinds = append(r.found.kinds, found)
}

// end keeps the whole, and says whether somebody has to be told. What was collected before is
// not counted once more.
func (r *run) end(report Report, err error) (tell bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range report.kinds {
		report.kinds[i].counted = r.collected[report.kinds[i].kind]
	}
	r.found, r.err = report, err
	close(r.done)
	return !r.awaited
}

// Under says whether a sync of the account is under way, or has yet to be collected.
func (r *Runs) Under(account types.UID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[account] != nil
}

// Collect returns what the account's sync has found since it was collected last, nil where
// that is nothing. It waits until the sync has ended, but not for longer than patience. The
// error is the sync's, once it has ended.
func (r *Runs) Collect(ctx context.Context, account types.UID, patience time.Duration) (*Report, error) {
	r.mu.Lock()
	one := r.by[account]
	r.mu.Unlock()
	if one == nil {
		return nil, nil
	}
	if one.wait(ctx, patience) {
		r.drop(account, one)
		return &one.found, one.err
	}
	return one.soFar(), nil
}

// wait says whether the sync has ended. Where it has not, its end will be told.
func (r *run) wait(ctx context.Context, patience time.Duration) (ended bool) {
	await := func(awaited bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.awaited = awaited
	}
	await(true)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-r.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	await(false)
	select {
	case <-r.done: // just now
		return true
	default:
		return false
	}
}

// soFar is what is certain before the end and was not collected yet.
func (r *run) soFar() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &Report{Account: r.found.Account, StartedAt: r.found.StartedAt, Counts: r.found.Counts}
	for _, found := range r.found.kinds {
		if !r.collected[found.kind] {
			r.collected[found.kind] = true
			out.kinds = append(out.kinds, found)
		}
	}
	if len(out.kinds) == 0 {
		return nil
	}
	return out
}

// UsedOther says whether the sync that is under way was begun with another token than this
// connection's.
func (r *Runs) UsedOther(account types.UID, c Connection) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.by[account]
	return one != nil && one.connection.digest != c.digest
}

// Stop ends the sync of an account for which it has become useless. What it found is lost.
func (r *Runs) Stop(account types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.by[account]; one != nil {
		one.cancel()
		delete(r.by, account)
	}
}

// Forget ends the sync of an account that is gone, and drops what is remembered of it.
func (r *Runs) Forget(account types.UID) {
	r.Stop(account)
	r.syncer.forget(account)
}

func (r *Runs) drop(account types.UID, one *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by[account] == one {
		delete(r.by, account)
	}
}

// Start implements manager.Runnable: the process ends after the syncs that are under way,
// whose contexts end with it.
func (r *Runs) Start(ctx context.Context) error {
	<-ctx.Done()
	r.going.Wait()
	return nil
}

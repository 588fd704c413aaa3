package controller

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/detection"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resolution"
)

// accountReconciler syncs an account's inventory and sweeps what it declares, each
// when it is due.
type accountReconciler struct {
	objects.Access
	timetables *objects.Timetables
	connector  *inventory.Connector
	runs       *inventory.Runs
	shares     inventory.Shares
	crds       *inventory.CRDGuard
	admission  *resolution.AdmissionGuard
	pending    *detection.PendingRequests
	sweeper    *detection.Sweeper
	retention  detection.Retention
	metrics    *metrics.Passes
	secretPoll time.Duration

	mu sync.Mutex
	// known are the accounts that something is remembered of.
	known map[types.NamespacedName]types.UID
}

// Reconcile does what is due for one account and comes back when the next thing
// is, or when its Secret has to be looked at again.
func (r *accountReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	account, err := r.get(ctx, req.NamespacedName)
	if account == nil || err != nil {
		return ctrl.Result{}, err
	}
	pass := r.begin(ctx, account)
	if !r.beginSync(ctx, pass) {
		return ctrl.Result{RequeueAfter: inventory.ShareRetry}, nil
	}
	if err := r.collect(ctx, pass); err != nil {
		return requeueOnConflict(fmt.Errorf("syncing CloudAccount %s: %w", req, err))
	}
	if err := r.finish(ctx, pass); err != nil {
		return ctrl.Result{}, fmt.Errorf("CloudAccount %s: %w", req, err)
	}
	return ctrl.Result{RequeueAfter: r.wait(pass)}, nil
}

// get returns nil where the account is gone, or is being deleted.
func (r *accountReconciler) get(ctx context.Context, name types.NamespacedName) (*driftv1alpha1.CloudAccount, error) {
	account := &driftv1alpha1.CloudAccount{}
	err := r.Client.Get(ctx, name, account)
	switch {
	case apierrors.IsNotFound(err), err == nil && !account.DeletionTimestamp.IsZero():
		r.remember(name, "")
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("getting CloudAccount %s: %w", name, err)
	}
	r.remember(name, account.UID)
	return account, nil
}

// accountPass is one reconciliation of an account.
type accountPass struct {
	account    *driftv1alpha1.CloudAccount
	timetable  objects.Timetable
	startedAt  time.Time
	connection inventory.Connection
	// problem is why nothing can be asked of DigitalOcean.
	problem inventory.Problem
	// admission is why approvals can't be trusted; nil: they can.
	admission error
	// report is what a sync has found since the last pass, nil where that is nothing.
	report *inventory.Report
	// begun says that a sync was begun in this pass.
	begun bool
	// result is what a sweep found, nil where none was made.
	result *detection.SweepResult
}

// begin finds out what the account can be worked with.
func (r *accountReconciler) begin(ctx context.Context, account *driftv1alpha1.CloudAccount) *accountPass {
	pass := &accountPass{account: account, timetable: r.timetables.Of(account), startedAt: r.Clock.Now()}
	pass.connection, pass.problem = r.connector.Connect(ctx, account)
	pass.admission = r.admission.Check(ctx, account.Namespace)
	if gone := r.crds.Check(ctx, account.Namespace); gone.Exists() {
		pass.problem = gone
	}
	if pass.problem.Exists() {
		r.connector.Forget(account.UID) // whatever mends it is worth a sync
	}
	return pass
}

// syncsNow says whether a sync can be made and is due, or may be made early for the
// declarations that wait for one.
func (r *accountReconciler) syncsNow(pass *accountPass) bool {
	switch {
	case pass.problem.Exists():
		return false
	case inventory.SyncDue(pass.account, pass.timetable, pass.connection, pass.startedAt):
		return true
	case inventory.ReadWithOtherFields(pass.account) && r.crds.Age() == nil: // older CRDs would not keep what a sync says
		return true
	}
	key := client.ObjectKeyFromObject(pass.account)
	if at := r.pending.Due(key, pass.startedAt); at.IsZero() || at.After(pass.startedAt) {
		return false
	}
	r.pending.MakesEarly(key, pass.startedAt)
	return true
}

// Patience is how long a pass waits for its sync. One that takes longer goes on by itself, and
// what it has found is put into the status bit by bit.
const (
	patience = 10 * time.Second
	// collectEvery is how often a sync that is under way is asked for what it has found.
	collectEvery = 10 * time.Second
)

// beginSync begins a sync where one is due and none is under way. It is false where the
// account's namespace has as many under way as it may have.
func (r *accountReconciler) beginSync(ctx context.Context, pass *accountPass) bool {
	uid := pass.account.UID
	if pass.problem.Exists() || r.runs.UsedOther(uid, pass.connection) {
		r.runs.Stop(uid) // whatever it finds is of no use any more
	}
	if r.runs.Under(uid) || !r.syncsNow(pass) {
		return true
	}
	if !r.shares.Take(pass.account.Namespace) {
		return false
	}
	pass.begun = true
	answer := r.pending.Attempt(client.ObjectKeyFromObject(pass.account))
	counts := inventory.DueOrAskedFor(pass.account, pass.timetable, pass.startedAt)
	r.runs.Begin(ctx, pass.account, pass.connection, counts, func(report *inventory.Report, err error) {
		r.shares.GiveBack(pass.account.Namespace)
		if err == nil {
			answer(report.Brought)
			r.connector.Used(uid, pass.connection)
		}
	})
	return true
}

// collect takes what the account's sync has found. The pass that began it waits for its end.
func (r *accountReconciler) collect(ctx context.Context, pass *accountPass) (err error) {
	wait := time.Duration(0)
	if pass.begun {
		wait = patience
	}
	pass.report, err = r.runs.Collect(ctx, pass.account.UID, wait)
	return err
}

// ended says whether a sync ended in this pass.
func (pass *accountPass) ended() bool { return pass.report != nil && pass.report.Ended }

// asSynced is the account as the sync that ended knew it, or as it is.
func (pass *accountPass) asSynced() *driftv1alpha1.CloudAccount {
	if pass.ended() {
		return pass.report.Account
	}
	return pass.account
}

// outdated says whether something was changed or asked for while the sync was under way.
func (pass *accountPass) outdated() bool {
	was := pass.asSynced()
	return was.Generation != pass.account.Generation || inventory.SyncRequest(was) != inventory.SyncRequest(pass.account)
}

// sweepsNow says whether everything declared has to be compared: on each sync, when it is
// due, and to count the drifts that the account's limit holds back.
func (r *accountReconciler) sweepsNow(pass *accountPass) bool {
	wasShort := r.sweeper.TakeWithheld(pass.account.UID)
	return wasShort || pass.report != nil || detection.SweepDue(pass.account, pass.timetable, pass.problem.Exists(), pass.startedAt)
}

// remember drops what is remembered of an account that is gone, or was there before
// another one of its name; uid "" is none.
func (r *accountReconciler) remember(name types.NamespacedName, uid types.UID) {
	r.mu.Lock()
	was := r.known[name]
	if uid == "" {
		delete(r.known, name)
	} else {
		if r.known == nil {
			r.known = map[types.NamespacedName]types.UID{}
		}
		r.known[name] = uid
	}
	r.mu.Unlock()
	if was == "" || was == uid {
		return
	}
	r.connector.Forget(was)
	r.sweeper.Forget(was)
	r.runs.Forget(was)
	r.timetables.Forget(was)
	if uid == "" {
		r.pending.ForgetAccount(name)
	}
}

// finish writes what the sync found, compares on it, and answers whoever asked
// for it. The freshness comes first, because detection depends on it.
func (r *accountReconciler) finish(ctx context.Context, pass *accountPass) error {
	sweeps := r.sweepsNow(pass)
	if pass.report != nil {
		if err := r.writeStatus(ctx, pass, false); err != nil {
			return err
		}
	}
	if sweeps {
		startedAt := r.Clock.Now()
		result, err := r.sweeper.Sweep(ctx, pass.account)
		if err != nil {
			return err
		}
		r.metrics.Swept(r.Clock.Since(startedAt))
		// It stands in nobody's way: what was asked for is answered all the same.
		if err := r.retention.Tidy(ctx, pass.account); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "tidying the history failed, it is tried again at the next sweep")
		}
		pass.result = &result
	}
	return r.writeStatus(ctx, pass, true)
}

// writeStatus is written over what is there live, because a sync takes its time
// and people annotate meanwhile. A status that says the same is not written.
func (r *accountReconciler) writeStatus(ctx context.Context, pass *accountPass, final bool) error {
	var reader client.Reader = r.Client
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		live := &driftv1alpha1.CloudAccount{}
		if err := reader.Get(ctx, client.ObjectKeyFromObject(pass.account), live); err != nil {
			return err
		}
		reader = r.Live // after a conflict the cache may still be behind
		if live.UID != pass.account.UID {
			return nil // another account of that name
		}
		before := live.Status.DeepCopy()
		r.describe(pass, &live.Status, final)
		if equality.Semantic.DeepEqual(*before, live.Status) {
			return nil
		}
		read := inventory.ReadWithOtherFields(live)
		err := r.Client.Status().Update(ctx, live)
		if apierrors.IsInvalid(err) {
			live.Status = refusedStatus(pass, *before, err)
			read, err = inventory.ReadWithOtherFields(live), r.Client.Status().Update(ctx, live)
		}
		if err == nil && !read {
			_ = r.crds.Kept("status.kinds.fieldTable of a CloudAccount", !inventory.ReadWithOtherFields(live)) // Ready says so
		}
		return err
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("writing its status: %w", err)
	}
	if pass.report != nil {
		pass.report.Counts = false // a sync is counted once, and its status written twice
	}
	return nil
}

// wait is until the next thing that is due, and no longer than until the Secret
// has to be looked at again: it is polled, because watching it would mean to list
// every Secret.
func (r *accountReconciler) wait(pass *accountPass) time.Duration {
	now := r.Clock.Now()
	wait := r.secretPoll
	if next := pass.timetable.Sweep.Next(pass.startedAt); next.Sub(now) < wait {
		wait = next.Sub(now)
	}
	if next := r.pending.Due(client.ObjectKeyFromObject(pass.account), now); !next.IsZero() && !pass.problem.Exists() && next.Sub(now) < wait {
		wait = next.Sub(now)
	}
	switch next := inventory.NextSync(pass.account, pass.report, pass.timetable, pass.startedAt); {
	case pass.problem.Exists():
	case r.runs.Under(pass.account.UID):
		wait = min(wait, collectEvery)
	case pass.outdated():
		wait = 0
	default:
		wait = min(wait, next.Sub(now))
	}
	return max(wait, time.Second)
}

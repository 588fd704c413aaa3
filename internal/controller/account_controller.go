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
	syncer     *inventory.Syncer
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
	if r.syncsNow(pass) {
		if !r.shares.Take(req.Namespace) {
			return ctrl.Result{RequeueAfter: inventory.ShareRetry}, nil
		}
		defer r.shares.GiveBack(req.Namespace)
		if err := r.sync(ctx, pass); err != nil {
			return requeueOnConflict(fmt.Errorf("syncing CloudAccount %s: %w", req, err))
		}
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
	// report is what a sync found, nil where none was due.
	report *inventory.Report
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

// sync refreshes the inventory, and answers the declarations that waited for it.
func (r *accountReconciler) sync(ctx context.Context, pass *accountPass) error {
	answer := r.pending.Attempt(client.ObjectKeyFromObject(pass.account))
	report, err := r.syncer.Sync(ctx, pass.account, pass.connection.Cloud)
	if err != nil {
		return err
	}
	report.Counts = inventory.DueOrAskedFor(pass.account, pass.timetable, pass.startedAt)
	pass.report = &report
	answer(report.Brought)
	r.connector.Used(pass.account.UID, pass.connection)
	return nil
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
	r.syncer.Forget(was)
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
	if next := inventory.NextSync(pass.account, pass.report, pass.timetable, pass.startedAt); !pass.problem.Exists() && next.Sub(now) < wait {
		wait = next.Sub(now)
	}
	return max(wait, time.Second)
}

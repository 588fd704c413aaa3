package controller

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// accountReconciler syncs an account's inventory and sweeps what it declares, each
// when it is due.
type accountReconciler struct {
	client     client.Client
	live       client.Reader
	announcer  announcer
	clock      clock.PassiveClock
	timetables *timetables
	connector  *connector
	admission  *admissionGuard
	crds       *crdGuard
	sweeper    *sweeper
	wishes     *wishes
	// confirmations are what is confirmed to be gone and not settled yet.
	confirmations *confirmations
	historian     historian
	metrics       *passMetrics
	secretPoll    time.Duration
	shares        shares

	mu sync.Mutex
	// known are the accounts that something is remembered of.
	known map[types.NamespacedName]types.UID
}

// Reconcile does what is due for one account and comes back when the next thing
// is, or when its Secret has to be looked at again.
func (r *accountReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	account := &driftv1alpha1.CloudAccount{}
	err := r.client.Get(ctx, req.NamespacedName, account)
	if client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, fmt.Errorf("getting CloudAccount %s: %w", req, err)
	}
	if err != nil || !account.DeletionTimestamp.IsZero() {
		r.remember(req.NamespacedName, "")
		return ctrl.Result{}, nil
	}
	r.remember(req.NamespacedName, account.UID)
	pass := accountPass{account: account, timetable: r.timetables.of(account), startedAt: r.clock.Now()}
	pass.connection, pass.problem = r.connector.connect(ctx, account)
	pass.admission = r.admission.Check(ctx, account.Namespace)
	if gone := r.crds.Check(ctx, account.Namespace); gone.exists() {
		pass.problem = gone
	}

	if pass.problem.exists() {
		r.connector.forget(account.UID) // whatever mends it is worth a sync
		pass.sweep = sweepDue(account, pass.timetable, pass.problem, pass.startedAt)
	} else if r.syncsNow(account, &pass) {
		if !r.shares.take(req.Namespace) {
			return ctrl.Result{RequeueAfter: shareRetry}, nil
		}
		defer r.shares.giveBack(req.Namespace)
		grant := r.wishes.attempt(req.NamespacedName)
		report, err := r.sync(ctx, account, pass.connection.cloud)
		if err != nil {
			return requeueOnConflict(fmt.Errorf("syncing CloudAccount %s: %w", req, err))
		}
		report.counts = isDue(account, pass.timetable, pass.startedAt)
		pass.report = &report
		grant(report.brought)
		r.connector.used(account.UID, pass.connection)
	} else {
		pass.sweep = sweepDue(account, pass.timetable, pass.problem, pass.startedAt)
	}
	if r.sweeper.detector.budgets.wasShort(account.UID) {
		pass.sweep = true // to count what is held back
	}
	if err := r.finish(ctx, &pass); err != nil {
		return ctrl.Result{}, fmt.Errorf("CloudAccount %s: %w", req, err)
	}
	return ctrl.Result{RequeueAfter: r.wait(account, pass)}, nil
}

// syncsNow says whether a sync is due, or may be made early for the declarations that
// wait for one.
func (r *accountReconciler) syncsNow(account *driftv1alpha1.CloudAccount, pass *accountPass) bool {
	if syncDue(account, pass.timetable, pass.connection, pass.startedAt) {
		return true
	}
	if readWithOtherFields(account) && r.crds.age() == nil { // older CRDs would not keep what a sync says
		return true
	}
	key := client.ObjectKeyFromObject(account)
	if at := r.wishes.due(key, pass.startedAt); at.IsZero() || at.After(pass.startedAt) {
		return false
	}
	r.wishes.makesEarly(key, pass.startedAt)
	return true
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
	r.connector.forget(was)
	r.sweeper.detector.budgets.forget(was)
	r.confirmations.forget(was)
	r.timetables.forget(was)
	if uid == "" {
		r.wishes.forgetAccount(name)
	}
}

// accountPass is one reconciliation of an account.
type accountPass struct {
	account    *driftv1alpha1.CloudAccount
	timetable  timetable
	startedAt  time.Time
	connection connection
	// problem is why nothing can be asked of DigitalOcean.
	problem problem
	// admission is why approvals can't be trusted, nil: they can.
	admission error
	// report is what a sync found, nil where none was due.
	report *syncReport
	// sweep says that everything declared is to be compared.
	sweep  bool
	result *sweepResult
}

// finish writes what the sync found, compares on it, and answers whoever asked
// for it. The freshness comes first, because detection depends on it.
func (r *accountReconciler) finish(ctx context.Context, pass *accountPass) error {
	if pass.report != nil {
		if err := r.writeStatus(ctx, pass, false); err != nil {
			return err
		}
	}
	if pass.report != nil || pass.sweep {
		startedAt := r.clock.Now()
		result, err := r.sweeper.Sweep(ctx, pass.account)
		if err != nil {
			return err
		}
		r.metrics.swept(r.clock.Since(startedAt))
		// It stands in nobody's way: what was asked for is answered all the same.
		if err := r.historian.tidy(ctx, pass.account); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "tidying the history failed, it is tried again at the next sweep")
		}
		pass.result = &result
	}
	return r.writeStatus(ctx, pass, true)
}

// writeStatus is written over what is there live, because a sync takes its time
// and people annotate meanwhile. A status that says the same is not written.
func (r *accountReconciler) writeStatus(ctx context.Context, pass *accountPass, final bool) error {
	var reader client.Reader = r.client
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		live := &driftv1alpha1.CloudAccount{}
		if err := reader.Get(ctx, client.ObjectKeyFromObject(pass.account), live); err != nil {
			return err
		}
		reader = r.live // after a conflict the cache may still be behind
		if live.UID != pass.account.UID {
			return nil // another account of that name
		}
		before := live.Status.DeepCopy()
		r.describe(pass, &live.Status, final)
		if equality.Semantic.DeepEqual(*before, live.Status) {
			return nil
		}
		read := readWithOtherFields(live)
		err := r.client.Status().Update(ctx, live)
		if apierrors.IsInvalid(err) {
			live.Status = refusedStatus(pass, *before, err)
			read, err = readWithOtherFields(live), r.client.Status().Update(ctx, live)
		}
		if err == nil && !read {
			_ = r.crds.kept("status.kinds.fieldTable of a CloudAccount", !readWithOtherFields(live)) // Ready says so
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
		pass.report.counts = false // a sync is counted once, and its status written twice
	}
	return nil
}

// wait is until the next thing that is due, and no longer than until the Secret
// has to be looked at again: it is polled, because watching it would mean to list
// every Secret.
func (r *accountReconciler) wait(account *driftv1alpha1.CloudAccount, pass accountPass) time.Duration {
	now := r.clock.Now()
	wait := r.secretPoll
	if next := pass.timetable.sweep.Next(pass.startedAt); next.Sub(now) < wait {
		wait = next.Sub(now)
	}
	if next := r.wishes.due(client.ObjectKeyFromObject(account), now); !next.IsZero() && !pass.problem.exists() && next.Sub(now) < wait {
		wait = next.Sub(now)
	}
	if next := nextSync(account, pass); !pass.problem.exists() && next.Sub(now) < wait {
		wait = next.Sub(now)
	}
	return max(wait, time.Second)
}

// syncDue says whether the inventory has to be refreshed now.
func syncDue(account *driftv1alpha1.CloudAccount, t timetable, c connection, now time.Time) bool {
	status := &account.Status
	switch {
	case status.LastSyncTime == nil, status.NextSyncTime == nil:
		return true
	case account.Generation != status.ObservedGeneration:
		return true
	case syncRequest(account) != "" && syncRequest(account) != status.LastHandledSyncRequest:
		return true
	case c.changed:
		return true
	case confirms(account):
		return true
	case status.LastSyncTime.After(now.Add(time.Minute)):
		return true // the clock went back: the next time would be too far off
	default:
		return !now.Before(status.NextSyncTime.Time) || !now.Before(t.sync.Next(status.LastSyncTime.Time))
	}
}

// isDue says whether a sync is due by the schedule or asked for, and not only tried again.
func isDue(account *driftv1alpha1.CloudAccount, t timetable, now time.Time) bool {
	last := account.Status.LastSyncTime
	return last == nil || !now.Before(t.sync.Next(last.Time)) ||
		syncRequest(account) != "" && syncRequest(account) != account.Status.LastHandledSyncRequest
}

// readWithOtherFields says whether the last attempt at a kind was an operator's that knows
// other fields of it, or did not know the kind, or was cut short while it recorded.
func readWithOtherFields(account *driftv1alpha1.CloudAccount) bool {
	for _, kind := range kinds.All() {
		status := kindStatus(account, kind.Schema.Kind)
		if status.FieldTable != kind.FieldTable() {
			return true
		}
		if status.ObservedAt != nil && status.BehindSince == nil && status.RecordedAt == nil {
			return true // a sync was cut short while it recorded
		}
	}
	return false
}

// syncRequest is the request for a sync as the status can repeat it.
func syncRequest(account *driftv1alpha1.CloudAccount) string {
	return shorten(account.Annotations[driftv1alpha1.SyncAnnotation], messageLimit)
}

// confirms says whether the account's annotation answers a mass disappearance
// that is waiting for it.
func confirms(account *driftv1alpha1.CloudAccount) bool {
	token := account.Annotations[driftv1alpha1.ConfirmDisappearanceAnnotation]
	if token == "" {
		return false
	}
	for _, k := range account.Status.Kinds {
		if k.ConfirmationToken == token {
			return true
		}
	}
	return false
}

// withheldSweep is when the drifts that an account's limit held back are counted
// once more: the limit is one of a minute.
const withheldSweep = time.Minute

// sweepDue says whether everything declared has to be compared once more. A sync
// sweeps too; while a problem keeps any from being made, a sweep takes its place,
// because what was not looked at for three syncs is no longer known.
func sweepDue(account *driftv1alpha1.CloudAccount, t timetable, p problem, now time.Time) bool {
	last := account.Status.LastDetectionTime
	if last == nil || last.After(now.Add(time.Minute)) {
		return true
	}
	due := t.sweep.Next(last.Time)
	if at := t.sync.Next(last.Time); p.exists() && at.Before(due) {
		due = at
	}
	withheld := meta.IsStatusConditionTrue(account.Status.Conditions, driftv1alpha1.ConditionDriftsWithheld)
	if at := last.Add(withheldSweep); withheld && at.Before(due) {
		due = at
	}
	return !now.Before(due)
}

// The waits before a sync that failed is tried again: as long as it has been
// failing, between these two, so that they double by themselves.
const (
	firstRetry = 30 * time.Second
	mostRetry  = 10 * time.Minute
)

// nextSync is when the next sync is due: by the schedule, or sooner where the last
// one failed in a way that heals by itself.
func nextSync(account *driftv1alpha1.CloudAccount, pass accountPass) time.Time {
	if pass.report == nil {
		if account.Status.NextSyncTime != nil {
			return account.Status.NextSyncTime.Time
		}
		return pass.timetable.sync.Next(pass.startedAt)
	}
	next := pass.timetable.sync.Next(pass.report.startedAt)
	for _, p := range pass.report.problems(&account.Status) {
		if at := retryTime(p.problem, p.since, pass.report.startedAt); !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next
}

// retryTime is zero for a problem whose mending is noticed.
func retryTime(p problem, since, now time.Time) time.Time {
	switch p.reason {
	case driftv1alpha1.ReasonFixCredentials, driftv1alpha1.ReasonFixMassDisappearance:
		return time.Time{}
	case driftv1alpha1.ReasonFixScopes, driftv1alpha1.ReasonRefused, driftv1alpha1.ReasonFixRefusedWrite, driftv1alpha1.ReasonFixCRDs:
		return now.Add(mostRetry)
	}
	wait := firstRetry
	if !since.IsZero() {
		wait = min(max(now.Sub(since), firstRetry), mostRetry)
	}
	// What DigitalOcean says is the earliest. A Retry-After of a second, over and
	// over, is no reason to list everything each second.
	if at := now.Add(wait); at.After(p.retryAt) {
		return at
	}
	return p.retryAt
}

// summarised is the time in the form that the API keeps it in.
func summarised(t time.Time) *metav1.Time {
	m := metav1.NewTime(t).Rfc3339Copy()
	return &m
}

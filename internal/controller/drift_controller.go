package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// admissionRetry is when an approval is looked at again for which nobody could see
// whether the admission policies are in force.
const admissionRetry = 2 * time.Second

// driftReconciler does what people ask for on a CloudDrift.
type driftReconciler struct {
	client   client.Client
	acceptor acceptor
}

// Reconcile begins or continues the resolution of one drift.
func (r *driftReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	d := &driftv1alpha1.CloudDrift{}
	if err := r.client.Get(ctx, req.NamespacedName, d); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !wantsResolution(d) {
		return ctrl.Result{}, nil
	}
	// When an approval was written is in managedFields, which the cache leaves out.
	if err := r.acceptor.live.Get(ctx, req.NamespacedName, d); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !wantsResolution(d) {
		return ctrl.Result{}, nil
	}
	begun := d.Status.Resolution != nil
	if !begun {
		if proceed, result, err := r.begin(ctx, d); err != nil || !proceed {
			return result, err
		}
	}
	return r.result(ctx, r.acceptor.carryOn(ctx, d, !begun))
}

// begin records the approval if it can be trusted, and else takes it off: anybody may
// have written it, and nobody would look at it again once the policies are back.
func (r *driftReconciler) begin(ctx context.Context, d *driftv1alpha1.CloudDrift) (proceed bool, result ctrl.Result, err error) {
	switch err := r.acceptor.admission.Trusts(ctx, d); {
	case errors.Is(err, errUnproven):
		result, err := requeueOnConflict(r.acceptor.dismiss(ctx, d, distrusted(err)))
		return false, result, err
	case err != nil:
		result, err := r.result(ctx, &errUnseen{err})
		return false, result, err
	}
	proceed, err = r.acceptor.begin(ctx, d)
	if err != nil {
		result, err = requeueOnConflict(err)
	}
	return proceed, result, err
}

// result waits where nobody could see whether an approval can be trusted.
func (r *driftReconciler) result(ctx context.Context, err error) (ctrl.Result, error) {
	if _, unseen := errors.AsType[*errUnseen](err); unseen {
		ctrl.LoggerFrom(ctx).Info("nobody could see whether an approval can be trusted, it waits", "cause", err.Error())
		return ctrl.Result{RequeueAfter: admissionRetry}, nil
	}
	return requeueOnConflict(err)
}

// errUnseen: nobody could see whether an approval can be trusted.
type errUnseen struct{ cause error }

func (e *errUnseen) Error() string { return e.cause.Error() }
func (e *errUnseen) Unwrap() error { return e.cause }

// distrusted refuses an approval that nothing proves, and says what to do.
func distrusted(why error) error {
	return fmt.Errorf("%w: %w; annotate it again when the CloudAccount is Ready", errRefused, why)
}

// wantsResolution says whether there is anything to begin or to carry on.
func wantsResolution(d *driftv1alpha1.CloudDrift) bool {
	return d.Status.State == driftv1alpha1.DriftOpen && d.DeletionTimestamp.IsZero() && (d.Status.Resolution != nil || asks(d))
}

// requeueOnConflict comes back soon where somebody else wrote meanwhile: what they
// wrote decides anew.
func requeueOnConflict(err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: 100 * time.Millisecond}, nil
	}
	return ctrl.Result{}, err
}

func (r *driftReconciler) setup(mgr ctrl.Manager, workers int) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("clouddrift").
		For(&driftv1alpha1.CloudDrift{}).
		WithOptions(queued(workers)).
		Complete(r)
}

// resolutionAnnotations come and go together.
var resolutionAnnotations = []string{
	driftv1alpha1.ResolveAnnotation,
	driftv1alpha1.ResolvedByAnnotation,
	driftv1alpha1.ResolveObservationAnnotation,
	driftv1alpha1.ResolveReasonAnnotation,
}

// asks says whether anything is asked for.
func asks(d *driftv1alpha1.CloudDrift) bool {
	for _, name := range resolutionAnnotations {
		if _, ok := d.Annotations[name]; ok {
			return true
		}
	}
	return false
}

package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// admissionRetry is when an approval is looked at again for which nobody could see
// whether the admission policies are in force.
const admissionRetry = 15 * time.Second

// driftReconciler does what people ask for on a CloudDrift.
type driftReconciler struct {
	client    client.Client
	admission *admissionGuard
	acceptor  acceptor
}

// Reconcile begins or continues the resolution of one drift.
func (r *driftReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	d := &driftv1alpha1.CloudDrift{}
	if err := r.client.Get(ctx, req.NamespacedName, d); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if d.Status.State != driftv1alpha1.DriftOpen || !d.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	if d.Status.Resolution == nil && !asks(d) {
		return ctrl.Result{}, nil
	}
	switch err := r.admission.Trust(ctx, d); {
	case apierrors.IsNotFound(err):
		return ctrl.Result{}, nil
	case errors.Is(err, errUnproven) && d.Status.Resolution == nil:
		// Anybody may have written it, and nobody would look at it again once the
		// policies are back.
		return requeueOnConflict(r.acceptor.dismiss(ctx, d, fmt.Errorf("%w: %w; annotate it again when the account is Ready", errRefused, err)))
	case err != nil:
		ctrl.LoggerFrom(ctx).Info("an approval can't be trusted now, it waits", "cause", err.Error())
		return ctrl.Result{RequeueAfter: admissionRetry}, nil
	}
	if d.Status.Resolution == nil {
		if begun, err := r.acceptor.begin(ctx, d); err != nil || !begun {
			return requeueOnConflict(err)
		}
	}
	return requeueOnConflict(r.acceptor.carryOn(ctx, d))
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
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
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

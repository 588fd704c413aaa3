package controller

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resolution"
)

// admissionRetry is when an approval is looked at again for which nobody could see
// whether the admission policies are in force.
const admissionRetry = 2 * time.Second

// driftReconciler does what people ask for on a CloudDrift.
type driftReconciler struct {
	resolver resolution.Resolver
	snoozer  resolution.Snoozer
}

// Reconcile begins or continues the resolution of one drift, or its snooze.
func (r *driftReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var wake time.Duration
	err := r.resolver.Resolve(ctx, req.NamespacedName)
	if err == nil {
		wake, err = r.snoozer.Snooze(ctx, req.NamespacedName)
	}
	if _, unchecked := errors.AsType[*resolution.UncheckedError](err); unchecked {
		ctrl.LoggerFrom(ctx).Info("nobody could see whether an approval or a snooze can be trusted, it waits", "cause", err.Error())
		return ctrl.Result{RequeueAfter: admissionRetry}, nil
	}
	if err != nil {
		return requeueOnConflict(err)
	}
	return ctrl.Result{RequeueAfter: wake}, nil
}

// soon is when an object is looked at again that somebody else wrote meanwhile: what they
// wrote is on its way into the cache.
const soon = 100 * time.Millisecond

// requeueOnConflict comes back soon where somebody else wrote meanwhile: what they
// wrote decides anew.
func requeueOnConflict(err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: soon}, nil
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

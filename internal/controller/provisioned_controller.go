package controller

import (
	"context"
	"errors"
	"slices"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/detection"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// withheldRetry is when a detection that could not open all its drifts is made
// again: the account's budget is one of a minute.
const withheldRetry = 10 * time.Second

// provisionedReconciler runs the detection for a CloudProvisioned whenever it or
// what it is compared with changes.
type provisionedReconciler struct {
	client   client.Client
	detector *detection.Detector
}

// Reconcile compares one CloudProvisioned with the inventory.
func (r *provisionedReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	found, err := r.detector.Detect(ctx, req.NamespacedName)
	switch {
	case errors.Is(err, detection.ErrEpisodeTaken):
		return ctrl.Result{RequeueAfter: soon}, nil
	case errors.Is(err, detection.ErrOneAtATime):
		return ctrl.Result{RequeueAfter: time.Second}, nil
	case err != nil:
		return requeueOnConflict(err)
	case found.Withheld > 0:
		return ctrl.Result{RequeueAfter: withheldRetry}, nil
	}
	return ctrl.Result{}, nil
}

func (r *provisionedReconciler) setup(mgr ctrl.Manager, again <-chan event.GenericEvent, workers int) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("cloudprovisioned").
		For(&driftv1alpha1.CloudProvisioned{}, builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, acceptancesChanged))).
		Owns(&driftv1alpha1.CloudDrift{}, builder.WithPredicates(stateChanged)).
		Watches(&driftv1alpha1.CloudProvisioned{}, handler.EnqueueRequestsFromMapFunc(r.siblings), builder.WithPredicates(referenceChanged)).
		Watches(&driftv1alpha1.CloudResource{}, handler.EnqueueRequestsFromMapFunc(r.declarations), builder.WithPredicates(observationChanged)).
		Watches(&driftv1alpha1.CloudAccount{}, handler.EnqueueRequestsFromMapFunc(r.ofAccount), builder.WithPredicates(comingAndGoing)).
		WatchesRawSource(source.Channel(again, &handler.EnqueueRequestForObject{})).
		WithOptions(queued(workers)).
		Complete(r)
}

// acceptancesChanged lets through what changes no generation: that the manifest says an
// accepted value, which may be there already, or that an acceptance was taken back.
var acceptancesChanged = predicate.Funcs{
	CreateFunc:  func(event.CreateEvent) bool { return false },
	DeleteFunc:  func(event.DeleteEvent) bool { return false },
	GenericFunc: func(event.GenericEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		was, okWas := e.ObjectOld.(*driftv1alpha1.CloudProvisioned)
		is, okIs := e.ObjectNew.(*driftv1alpha1.CloudProvisioned)
		return okWas && okIs && (!slices.Equal(objects.InManifest(was), objects.InManifest(is)) ||
			!slices.Equal(objects.Withdrawn(was), objects.Withdrawn(is)))
	},
}

// stateChanged lets a drift's opening, its resolution and its deletion through,
// and not the refreshing of its values, which detection itself writes.
var stateChanged = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		was, okWas := e.ObjectOld.(*driftv1alpha1.CloudDrift)
		is, okIs := e.ObjectNew.(*driftv1alpha1.CloudDrift)
		return okWas && okIs && (was.Status.State != is.Status.State || (was.Status.Resolution == nil) != (is.Status.Resolution == nil))
	},
}

// referenceChanged lets through what may change which declaration of a resource is
// the oldest: one that comes, goes, or is bound to another resource.
var referenceChanged = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		was, okWas := e.ObjectOld.(*driftv1alpha1.CloudProvisioned)
		is, okIs := e.ObjectNew.(*driftv1alpha1.CloudProvisioned)
		return okWas && okIs && objects.ReferencedID(was) != objects.ReferencedID(is)
	},
}

// observationChanged leaves out what others write on a CloudResource.
var observationChanged = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		was, okWas := e.ObjectOld.(*driftv1alpha1.CloudResource)
		is, okIs := e.ObjectNew.(*driftv1alpha1.CloudResource)
		return okWas && okIs && !objects.SameObservation(was, is)
	},
}

// comingAndGoing leaves out an account's status: the end of each sync sweeps
// everything anyway.
var comingAndGoing = predicate.Funcs{
	UpdateFunc: func(event.UpdateEvent) bool { return false },
}

// declarations are the CloudProvisioned that a CloudResource concerns: those bound
// to it, and those that refer to its name.
func (r *provisionedReconciler) declarations(ctx context.Context, o client.Object) []reconcile.Request {
	live, ok := o.(*driftv1alpha1.CloudResource)
	if !ok {
		return nil
	}
	account, kind := live.Spec.AccountRef.Name, live.Spec.Kind
	return append(
		r.list(ctx, o.GetNamespace(), objects.ByResource, objects.ResourceKey(account, resource.Ref{Kind: kind, ID: live.Spec.ID})),
		r.list(ctx, o.GetNamespace(), objects.ByDeclaredName, objects.NameKey(account, kind, objects.LiveName(live)))...)
}

// siblings are the other declarations of a resource: one of them may be the oldest
// now, or no longer be it.
func (r *provisionedReconciler) siblings(ctx context.Context, o client.Object) []reconcile.Request {
	p, ok := o.(*driftv1alpha1.CloudProvisioned)
	if !ok || objects.ReferencedID(p) == "" {
		return nil
	}
	ref := resource.Ref{Kind: p.Spec.Resource.Kind, ID: objects.ReferencedID(p)}
	return r.list(ctx, o.GetNamespace(), objects.ByResource, objects.ResourceKey(p.Spec.AccountRef.Name, ref))
}

func (r *provisionedReconciler) ofAccount(ctx context.Context, o client.Object) []reconcile.Request {
	return r.list(ctx, o.GetNamespace(), objects.ByAccount, o.GetName())
}

func (r *provisionedReconciler) list(ctx context.Context, namespace, index, key string) []reconcile.Request {
	var found driftv1alpha1.CloudProvisionedList
	if err := r.client.List(ctx, &found, client.InNamespace(namespace), client.MatchingFields{index: key},
		client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		// A mapping can't fail; the sweep catches what is missed here.
		ctrl.LoggerFrom(ctx).Error(err, "finding what to compare again", "index", index, "key", key)
		return nil
	}
	requests := make([]reconcile.Request, 0, len(found.Items))
	for i := range found.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&found.Items[i])})
	}
	return requests
}

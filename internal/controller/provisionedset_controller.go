package controller

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declaring"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// urlPoll is how often a URL is asked for its state.
const urlPoll = time.Minute

// provisionedSetReconciler keeps a set's declarations as its state has them.
type provisionedSetReconciler struct {
	objects.Access
	declarer   *declaring.Declarer
	secretPoll time.Duration
}

// Reconcile looks at the state once, and comes back for the next look: a Secret is polled,
// because watching it would mean to list every Secret.
func (r *provisionedSetReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	set := &driftv1alpha1.CloudProvisionedSet{}
	err := r.Client.Get(ctx, req.NamespacedName, set)
	switch {
	case apierrors.IsNotFound(err):
		r.declarer.Forget(req.NamespacedName)
		return ctrl.Result{}, nil
	case err != nil:
		return ctrl.Result{}, fmt.Errorf("getting CloudProvisionedSet %s: %w", req, err)
	case !set.DeletionTimestamp.IsZero():
		return ctrl.Result{}, nil
	}
	outcome, err := r.declarer.Declare(ctx, set)
	if outcome.Ready.Status != "" {
		if err := r.writeStatus(ctx, set, outcome); err != nil {
			return requeueOnConflict(fmt.Errorf("CloudProvisionedSet %s: %w", req, err))
		}
	}
	if err != nil {
		return requeueOnConflict(fmt.Errorf("declaring what CloudProvisionedSet %s names: %w", req, err))
	}
	if set.Spec.Terraform.SecretRef == nil {
		return ctrl.Result{RequeueAfter: urlPoll}, nil
	}
	return ctrl.Result{RequeueAfter: r.secretPoll}, nil
}

// writeStatus says what became of the set. What was read before stands where nothing could
// be read now.
func (r *provisionedSetReconciler) writeStatus(ctx context.Context, set *driftv1alpha1.CloudProvisionedSet, outcome declaring.Outcome) error {
	before := set.Status
	now := set.DeepCopy()
	status := &now.Status
	if outcome.Read {
		status.Declared, status.Unmapped = count(outcome.Declared), count(len(outcome.Unmapped))
		status.Serial, status.Lineage = max(outcome.Serial, 0), objects.Shorten(outcome.Lineage, 128)
		status.UnmappedResources = nil
		const most, longest = 32, 512
		for _, each := range outcome.Unmapped[:min(len(outcome.Unmapped), most)] {
			status.UnmappedResources = append(status.UnmappedResources, driftv1alpha1.UnmappedResource{
				Address: objects.Shorten(each.Address, longest), Reason: objects.Shorten(each.Reason, longest)})
		}
	}
	status.ObservedGeneration = set.Generation
	at := metav1.NewTime(r.Clock.Now())
	outcome.Ready.Set(&status.Conditions, driftv1alpha1.ConditionReady, set.Generation, at)
	objects.SetKstatus(&status.Conditions, set.Generation, at, outcome.Ready)
	if equality.Semantic.DeepEqual(before, *status) {
		return nil
	}
	if err := r.Client.Status().Update(ctx, now); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("writing its status: %w", err)
	}
	return nil
}

func count(n int) *int32 { return ptr.To(int32(n)) }

func (r *provisionedSetReconciler) setup(mgr ctrl.Manager, workers int) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("cloudprovisionedset").
		For(&driftv1alpha1.CloudProvisionedSet{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Owns(&driftv1alpha1.CloudProvisioned{}, builder.WithPredicates(declarationChanged)).
		WithOptions(queued(workers)).
		Complete(r)
}

// declarationChanged lets through what somebody else may have changed in a set's declaration.
var declarationChanged = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool { return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() },
}

package detection

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// confirm makes sure that a verdict rests on the observation that is in force. It is
// the one thing that no write here is guarded by, and of two operators the one whose
// cache is behind would take back what the other has just found. Only what is about
// to be written is worth the request.
func (d *Detector) confirm(ctx context.Context, run *detectionRun) error {
	if err := d.confirmName(ctx, run); err != nil {
		return err
	}
	if err := d.confirmOlder(ctx, run); err != nil {
		return err
	}
	if err := d.confirmEnded(ctx, run); err != nil {
		return err
	}
	seen := run.binding.Resource
	was := objects.CurrentVerdict(run.provisioned.Status.Conditions, driftv1alpha1.ConditionInSync).Status
	becomesInSync := run.inSync().Status == metav1.ConditionTrue && was != metav1.ConditionTrue
	if seen == nil || run.plan.Empty() && !becomesInSync && len(run.ended) == 0 {
		return nil
	}
	live := &driftv1alpha1.CloudResource{}
	err := d.Live.Get(ctx, client.ObjectKeyFromObject(seen), live)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("reading CloudResource %s: %w", seen.Name, err)
	}
	if err != nil || !objects.SameObservation(live, seen) {
		return apierrors.NewConflict(driftv1alpha1.GroupVersion.WithResource("cloudresources").GroupResource(), seen.Name,
			errors.New("the observation in the cache is not the latest"))
	}
	return nil
}

// confirmName makes sure that what is new to be said of a name rests on what a complete
// listing showed, and not on the middle of the next one: what is bound stays so, and of
// resources that take each other's names none is seen to be missing.
func (d *Detector) confirmName(ctx context.Context, run *detectionRun) error {
	p := run.provisioned
	if p.Spec.Resource.Name == "" || !run.decidesName() {
		return nil
	}
	live := &driftv1alpha1.CloudAccount{}
	if err := d.Live.Get(ctx, client.ObjectKeyFromObject(run.account), live); err != nil {
		return fmt.Errorf("reading CloudAccount %s: %w", run.account.Name, err)
	}
	kind := p.Spec.Resource.Kind
	if !objects.KindStatus(live, kind).RecordedAt.Equal(objects.KindStatus(run.account, kind).RecordedAt) {
		return apierrors.NewConflict(driftv1alpha1.GroupVersion.WithResource("cloudaccounts").GroupResource(), live.Name,
			errors.New("the inventory has changed, or is changing"))
	}
	return nil
}

// confirmOlder makes sure that the declaration that decides is still there, before what is
// open for this one is closed in its favour.
func (d *Detector) confirmOlder(ctx context.Context, run *detectionRun) error {
	seen := run.binding.Older
	if seen == nil || run.plan.Empty() {
		return nil
	}
	live := &driftv1alpha1.CloudProvisioned{}
	err := d.Live.Get(ctx, client.ObjectKeyFromObject(seen), live)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("reading CloudProvisioned %s: %w", seen.Name, err)
	}
	if err != nil || live.UID != seen.UID || !live.DeletionTimestamp.IsZero() || objects.ReferencedID(live) != objects.ReferencedID(seen) {
		return apierrors.NewConflict(driftv1alpha1.GroupVersion.WithResource("cloudprovisioneds").GroupResource(), seen.Name,
			errors.New("the older declaration in the cache is gone, or is bound to something else"))
	}
	return nil
}

// confirmTaken makes sure that episodes that were taken by an earlier run, which did not come to
// create their drifts, are still what is remembered: another operator may have gone on from
// there.
func (d *Detector) confirmTaken(ctx context.Context, run *detectionRun) error {
	p := run.provisioned
	if len(run.plan.Open) == 0 {
		return nil
	}
	live := &driftv1alpha1.CloudProvisioned{}
	if err := d.Live.Get(ctx, client.ObjectKeyFromObject(p), live); err != nil {
		return fmt.Errorf("reading what it remembers: %w", err)
	}
	if live.ResourceVersion != p.ResourceVersion {
		return apierrors.NewConflict(driftv1alpha1.GroupVersion.WithResource("cloudprovisioneds").GroupResource(), p.Name,
			errors.New("what it remembers in the cache is not the latest"))
	}
	return nil
}

// decidesName says whether the name is bound to another resource than before, or for the
// first time found to be none's or several's.
func (run *detectionRun) decidesName() bool {
	was := objects.CurrentVerdict(run.provisioned.Status.Conditions, driftv1alpha1.ConditionReady).Reason
	switch reason := run.binding.Ready.Reason; reason {
	case driftv1alpha1.ReasonResourceNotFound, driftv1alpha1.ReasonFixAmbiguousName:
		return reason != was
	default:
		return run.binding.ID != "" && run.binding.ID != run.provisioned.Status.ResourceID
	}
}

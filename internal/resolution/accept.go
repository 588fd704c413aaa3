package resolution

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// acceptor makes a drift's actual value the desired one. Three writes, each under
// the resourceVersion that was read: the approval into the drift's status; the
// value into the CloudProvisioned, together with a mark that names the drift; the
// drift's end. Cut short after any of them, the status and the mark tell where to
// go on, so that an accept is neither lost nor made twice.
//
// The mark has room for one drift. Whoever sets it first closes the drift that it
// names, so that a mark that was overwritten belonged to an accept that was over. It
// names the drift by its UID: a declaration that was restored from a copy carries the
// mark of a drift that is gone.
type acceptor struct{ Resolver }

// validate returns errOutdated or errRefused where the difference is no longer the one that
// was approved, or can't be accepted.
func (a acceptor) validate(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	p, err := a.provisioned(ctx, d)
	if err != nil {
		return err
	}
	if p.Annotations[driftv1alpha1.LastAcceptedAnnotation] == markOf(d) {
		// It was set while no policy kept anybody from it, to be believed once this is begun.
		return fmt.Errorf("%w: CloudProvisioned %s says in %s that it was accepted already, and no accept of it was begun; take that annotation off",
			errRefused, p.Name, driftv1alpha1.LastAcceptedAnnotation)
	}
	_, err = a.adopted(ctx, d, p)
	return err
}

// carryOn applies a recorded approval and closes the drift, from wherever an
// earlier attempt came to. trusted: it was found to be proven in this pass.
func (a acceptor) carryOn(ctx context.Context, d *driftv1alpha1.CloudDrift, trusted bool) error {
	p, err := a.provisioned(ctx, d)
	if errors.Is(err, errRefused) {
		return nil // the declaration is gone, and the drift is collected with it
	}
	if err != nil {
		return err
	}
	goesOn := true
	if p.Annotations[driftv1alpha1.LastAcceptedAnnotation] == markOf(d) {
		err = a.carriedOut(ctx, d, p, trusted) // the value was written, whatever was declared since
	} else {
		goesOn, err = a.write(ctx, d, p, trusted)
	}
	switch {
	case errors.Is(err, errOutdated), errors.Is(err, errRefused):
		return a.withdraw(ctx, d, err)
	case err != nil, !goesOn:
		return err
	}
	if err := a.close(ctx, d, p); err != nil {
		return err
	}
	return a.handOver(ctx, p)
}

// handOver comes after everything else: without it, it only takes longer until an accepted
// value is seen to be in the manifest.
func (a acceptor) handOver(ctx context.Context, p *driftv1alpha1.CloudProvisioned) error {
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		err := a.HandOver(ctx, p)
		if apierrors.IsConflict(err) {
			return errors.Join(err, a.Live.Get(ctx, client.ObjectKeyFromObject(p), p))
		}
		return err
	})
	if apierrors.IsNotFound(err) || objects.IsRefusal(err) {
		return nil
	}
	return err
}

// write writes the approved value into the declaration. goesOn is false where there is nothing
// left to do.
func (a acceptor) write(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned, trusted bool) (goesOn bool, err error) {
	if err := a.consistent(d); err != nil {
		return false, err
	}
	// After the declaration, because another operator may have carried this approval
	// out, and its mark may be gone again: who takes the mark closes the drift first.
	if goesOn, err := a.stillUnderWay(ctx, d); err != nil || !goesOn {
		return false, err
	}
	if err := a.proven(ctx, d, trusted); err != nil {
		return false, err
	}
	if err := a.closeMarked(ctx, p, p.Annotations[driftv1alpha1.LastAcceptedAnnotation]); err != nil {
		return false, err
	}
	if err := a.apply(ctx, d, p); err != nil {
		return false, err
	}
	crashpoint.Reached(crashpoint.AcceptApplied)
	return true, nil
}

// adopted is p's desired state with the live value in it, provided that the
// difference is still the one that was approved.
func (a acceptor) adopted(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) (map[string]any, error) {
	if d.Spec.Field == drift.Existence {
		return nil, fmt.Errorf("%w: the resource is gone, and its absence can't be declared; to give it up, remove the CloudProvisioned %s",
			errRefused, p.Name)
	}
	path, err := drift.FieldPath(d.Spec.Field)
	if err != nil {
		return nil, fmt.Errorf("%w: field %q: %w", errRefused, d.Spec.Field, err)
	}
	desired, err := desiredOf(p)
	if err != nil {
		return nil, err
	}
	account := &driftv1alpha1.CloudAccount{}
	if err := a.Client.Get(ctx, client.ObjectKey{Namespace: p.Namespace, Name: p.Spec.AccountRef.Name}, account); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("getting CloudAccount %s: %w", p.Spec.AccountRef.Name, err)
	}
	b, err := (binding.Binder{In: binding.Cached{Reader: a.Client}, Now: a.Clock.Now()}).Bind(ctx, p, account)
	if err != nil {
		return nil, err
	}
	if b.Resource == nil || b.ID != d.Spec.ResourceRef.ID || b.Presence() != resource.Present {
		return nil, fmt.Errorf("%w: CloudProvisioned %s is not bound to %s %s any more, or that is gone",
			errOutdated, p.Name, d.Spec.ResourceRef.Kind, d.Spec.ResourceRef.ID)
	}
	observed := objects.ResourceOf(b.Resource)
	accepted := objects.PendingAcceptances(p)
	effective, _ := drift.Effective(b.Kind.Schema, desired, accepted)
	for _, difference := range drift.Differences(b.Kind.Schema, effective, observed, b.Ignore()).Differences {
		if difference.Path.String() != path.String() {
			continue
		}
		if drift.Observation(d.Spec.Field, difference.Expected, difference.Actual) != d.Status.Observation {
			return nil, fmt.Errorf("%w: expected is %s and actual %s now", errOutdated,
				resource.Short(difference.Expected, objects.RenderLimit), resource.Short(difference.Actual, objects.RenderLimit))
		}
		out, err := drift.AdoptAccepted(b.Kind.Schema, desired, accepted, difference.Actual, path)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errRefused, err)
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: the field does not differ any more", errOutdated)
}

// apply writes the accepted value and the mark in one patch, which can only
// succeed on the object that was read.
func (a acceptor) apply(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) error {
	desired, err := a.intended(ctx, d, p)
	if err != nil {
		return err
	}
	patch, err := desiredPatch(p, desired, markOf(d))
	if err != nil {
		return err
	}
	err = a.Client.Patch(ctx, p, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(objects.AcceptManager))
	if objects.IsRefusal(err) {
		return fmt.Errorf("%w: the API server refuses the new desired state: %w", errRefused, err)
	}
	if err != nil {
		return fmt.Errorf("writing the accepted value into CloudProvisioned %s: %w", p.Name, err)
	}
	return nil
}

// closeMarked finishes the accept that the mark names, if it was cut short.
func (a acceptor) closeMarked(ctx context.Context, p *driftv1alpha1.CloudProvisioned, mark string) error {
	name, _, _ := strings.Cut(mark, "/")
	if name == "" {
		return nil
	}
	other := &driftv1alpha1.CloudDrift{}
	if err := a.Live.Get(ctx, client.ObjectKey{Namespace: p.Namespace, Name: name}, other); err != nil {
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("reading CloudDrift %s, which was accepted last: %w", mark, err)
	}
	if markOf(other) != mark {
		return nil // the mark came with a copy of the declaration, and names a drift that is gone
	}
	if other.Status.State != driftv1alpha1.DriftOpen || other.Status.Resolution == nil || !metav1.IsControlledBy(other, p) {
		return nil
	}
	if err := a.carriedOut(ctx, other, p, false); err != nil {
		if errors.Is(err, errRefused) {
			return nil // the next pass takes it back
		}
		return err
	}
	return a.close(ctx, other, p)
}

// close ends the drift as Accepted.
func (a acceptor) close(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) error {
	if err := a.end(ctx, d, driftv1alpha1.DriftAccepted); err != nil {
		return err
	}
	crashpoint.Reached(crashpoint.AcceptClosed)
	a.Events.DriftAccepted(p, d)
	return nil
}

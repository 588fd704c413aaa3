package resolution

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// Resolve begins or continues what people ask for on one drift. A drift that is gone, or
// on which nothing is asked for, is no error. A conflict means that something was written
// meanwhile, an UncheckedError that nobody could see whether the approval can be trusted:
// both are tried again.
func (a Acceptor) Resolve(ctx context.Context, key client.ObjectKey) error {
	d := &driftv1alpha1.CloudDrift{}
	if err := a.Client.Get(ctx, key, d); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !wantsResolution(d) {
		return nil
	}
	// When an approval was written is in managedFields, which the cache leaves out.
	if err := a.Live.Get(ctx, key, d); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !wantsResolution(d) {
		return nil
	}
	begun := d.Status.Resolution != nil
	if !begun {
		if proceed, err := a.beginTrusted(ctx, d); err != nil || !proceed {
			return err
		}
	}
	return a.carryOn(ctx, d, !begun)
}

// beginTrusted records the approval if it can be trusted, and takes it off otherwise:
// anybody may have written it, and nobody would look at it again once the policies are
// back.
func (a Acceptor) beginTrusted(ctx context.Context, d *driftv1alpha1.CloudDrift) (proceed bool, err error) {
	switch err := a.admission.Trusts(ctx, d); {
	case errors.Is(err, errUnproven):
		return false, a.dismiss(ctx, d, distrusted(err))
	case err != nil:
		return false, &UncheckedError{err}
	}
	return a.begin(ctx, d)
}

// UncheckedError says that nobody could see whether an approval can be trusted. The
// approval stays, and waits.
type UncheckedError struct{ cause error }

// Error is what stood in the way of the check.
func (e *UncheckedError) Error() string { return e.cause.Error() }

// Unwrap is what stood in the way of the check.
func (e *UncheckedError) Unwrap() error { return e.cause }

// distrusted refuses an approval that nothing proves, and says what to do.
func distrusted(why error) error {
	return fmt.Errorf("%w: %w; annotate it again when the CloudAccount is Ready", errRefused, why)
}

// wantsResolution says whether there is anything to begin or to carry on.
func wantsResolution(d *driftv1alpha1.CloudDrift) bool {
	return d.Status.State == driftv1alpha1.DriftOpen && d.DeletionTimestamp.IsZero() && (d.Status.Resolution != nil || objects.AsksForResolution(d))
}

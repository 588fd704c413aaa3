package resolution

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// Why an approval is not carried out. Whoever looks at the new values may approve again where
// it is outdated; where it is refused, approving again changes nothing.
var (
	errOutdated = errors.New("the approval is outdated")
	errRefused  = errors.New("it can't be accepted")
)

// withdraw takes back a recorded approval that nothing came of, and then the
// annotations.
func (r Resolver) withdraw(ctx context.Context, d *driftv1alpha1.CloudDrift, why error) error {
	d.Status.Resolution = nil
	if err := r.Client.Status().Update(ctx, d); err != nil {
		return fmt.Errorf("taking back the approval of CloudDrift %s: %w", d.Name, err)
	}
	return r.dismiss(ctx, d, why)
}

// dismiss takes the annotations off the drift that was read, and says why. An error
// that is neither errOutdated nor errRefused is returned as it is.
func (r Resolver) dismiss(ctx context.Context, d *driftv1alpha1.CloudDrift, why error) error {
	outdated := errors.Is(why, errOutdated)
	if !outdated && !errors.Is(why, errRefused) {
		return why
	}
	before := d.DeepCopy()
	for _, name := range objects.ResolutionAnnotations {
		delete(d.Annotations, name)
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	err := r.Client.Patch(ctx, d, patch)
	if err == nil || !objects.IsAnswer(err) {
		// Where the answer was lost the annotations may be gone, and nobody would say why.
		// Being told twice is better.
		if outdated {
			r.Events.ApprovalOutdated(d, why.Error())
		} else {
			r.Events.ApprovalRefused(d, why.Error())
		}
	}
	if err != nil {
		return fmt.Errorf("taking the approval off CloudDrift %s: %w", d.Name, err)
	}
	return nil
}

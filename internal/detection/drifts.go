package detection

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var (
	// errFieldTaken: this field of this resource has an open drift already, and it
	// is another CloudProvisioned's, or one of a deleted one that is not collected
	// yet. It is over when that is.
	errFieldTaken = errors.New("another CloudProvisioned has an open drift for this field of this resource")
	// ErrEpisodeTaken says that the name is in use by history that is not ours: the next
	// detection takes the next episode.
	ErrEpisodeTaken = errors.New("the episode was taken before")
)

// driftWriter writes the CloudDrifts of one CloudProvisioned.
type driftWriter struct {
	objects.Access
	provisioned *driftv1alpha1.CloudProvisioned
}

// open creates a drift and writes its first status. The name is the unique index:
// of two creates, whoever's, one is refused.
func (r driftWriter) open(ctx context.Context, o drift.Opening, b binding.Binding) error {
	p := r.provisioned
	ref := resource.Ref{Kind: b.Kind.Schema.Kind, ID: b.ID}
	d := &driftv1alpha1.CloudDrift{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Namespace,
			Name:      o.Name,
			Labels: map[string]string{
				driftv1alpha1.AccountLabel:     p.Spec.AccountRef.Name,
				driftv1alpha1.KindLabel:        ref.Kind,
				driftv1alpha1.ProvisionedLabel: p.Name,
			},
		},
		Spec: driftv1alpha1.CloudDriftSpec{
			AccountRef:     p.Spec.AccountRef,
			ProvisionedRef: driftv1alpha1.LocalReference{Name: p.Name},
			ResourceRef: driftv1alpha1.ResourceReference{
				Name: objects.CloudResourceName(p.Spec.AccountRef.Name, ref), Kind: ref.Kind, ID: ref.ID,
			},
			Field:   o.Field,
			Episode: o.Episode,
		},
	}
	if err := controllerutil.SetControllerReference(p, d, r.Client.Scheme()); err != nil {
		return fmt.Errorf("making CloudDrift %s its own: %w", o.Name, err)
	}
	err := r.Client.Create(ctx, d)
	if apierrors.IsAlreadyExists(err) {
		d, err = r.existing(ctx, d)
	}
	if err != nil {
		return fmt.Errorf("creating CloudDrift %s: %w", o.Name, err)
	}
	crashpoint.Reached(crashpoint.DetectCreated)
	if d.Status.State != "" {
		return nil // another operator was here first
	}
	return r.write(ctx, d, o.Expected, o.Actual, o.Observation)
}

// existing reads the drift that has the name already, past the cache, and says
// whether it is this one, created before a crash or by another operator.
func (r driftWriter) existing(ctx context.Context, wanted *driftv1alpha1.CloudDrift) (*driftv1alpha1.CloudDrift, error) {
	found := &driftv1alpha1.CloudDrift{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(wanted), found); err != nil {
		return nil, fmt.Errorf("reading the one that exists: %w", err)
	}
	if metav1.IsControlledBy(found, r.provisioned) && found.Spec == wanted.Spec {
		return found, nil
	}
	owner := metav1.GetControllerOf(found)
	switch {
	case objects.IsResolved(found):
		return nil, ErrEpisodeTaken
	case owner == nil:
		// Nobody else will: its declaration was deleted and this was left behind.
		if err := r.closeAsStale(ctx, found, objects.BecauseAbandoned); err != nil {
			return nil, err
		}
		return nil, ErrEpisodeTaken
	}
	return nil, fmt.Errorf("%w: CloudProvisioned %s (%s)", errFieldTaken, owner.Name, owner.UID)
}

// refresh writes new values into an open drift.
func (r driftWriter) refresh(ctx context.Context, d *driftv1alpha1.CloudDrift, to drift.Refreshing) error {
	if err := r.write(ctx, d, to.Expected, to.Actual, to.Observation); err != nil {
		return fmt.Errorf("refreshing CloudDrift %s: %w", d.Name, err)
	}
	return nil
}

func (r driftWriter) write(ctx context.Context, d *driftv1alpha1.CloudDrift, expected, actual any, observation string) error {
	now := metav1.NewTime(r.Clock.Now())
	first := d.Status.State == ""
	if first {
		d.Status.State = driftv1alpha1.DriftOpen
		d.Status.DetectedAt = &now
	}
	var err error
	if d.Status.Expected, err = objects.Encode(drift.Cap(expected)); err != nil {
		return fmt.Errorf("expected: %w", err)
	}
	if d.Status.Actual, err = objects.Encode(drift.Cap(actual)); err != nil {
		return fmt.Errorf("actual: %w", err)
	}
	d.Status.Rendered.Expected, d.Status.Rendered.Actual = resource.ShortPair(expected, actual, objects.RenderLimit)
	d.Status.Observation = observation
	d.Status.ChangedAt = &now
	if err := r.Client.Status().Update(ctx, d); err != nil {
		return fmt.Errorf("writing the status of CloudDrift %s: %w", d.Name, err)
	}
	if first {
		r.Events.DriftDetected(r.provisioned, d)
	}
	return nil
}

// closeAsStale closes a drift whose difference went away without us; because ends
// the sentence that says why.
func (r driftWriter) closeAsStale(ctx context.Context, d *driftv1alpha1.CloudDrift, because string) error {
	if err := writeStale(ctx, r.Client, d, r.Clock.Now()); err != nil {
		return err
	}
	crashpoint.Reached(crashpoint.DetectClosed)
	r.Events.DriftStale(r.provisioned, d, because)
	return nil
}

// writeStale ends a drift as Stale.
func writeStale(ctx context.Context, c client.Client, d *driftv1alpha1.CloudDrift, at time.Time) error {
	now := metav1.NewTime(at)
	d.Status.State = driftv1alpha1.DriftStale
	d.Status.ResolvedAt = &now
	d.Status.ResolvedBy = driftv1alpha1.OperatorUser
	if err := c.Status().Update(ctx, d); err != nil {
		return fmt.Errorf("closing CloudDrift %s as stale: %w", d.Name, err)
	}
	return nil
}

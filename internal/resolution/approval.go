package resolution

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// longestUser is how many characters of a user name a drift's status takes.
const longestUser = 1024

// begin records the approval, if it is valid. An approval that is not is taken off the
// drift, with an event that says why.
func (r Resolver) begin(ctx context.Context, d *driftv1alpha1.CloudDrift) (begun bool, err error) {
	way, offered := r.asked(d)
	if !offered {
		return false, r.dismiss(ctx, d, fmt.Errorf("%w: %s=%s is not something that this version does; it does %s", errRefused,
			driftv1alpha1.ResolveAnnotation, resource.Short(d.Annotations[driftv1alpha1.ResolveAnnotation], objects.RenderLimit), strings.Join(r.names(d.Status.State), ", ")))
	}
	if err := r.validate(ctx, d, way); err != nil {
		return false, r.dismiss(ctx, d, err)
	}
	crashpoint.Reached(crashpoint.AcceptApproved)
	d.Status.Resolution = &driftv1alpha1.Resolution{
		Verb:        way.recorded,
		User:        d.Annotations[driftv1alpha1.ResolvedByAnnotation],
		Observation: d.Status.Observation,
		Value:       d.Status.Actual,
		Reason:      objects.Shorten(d.Annotations[driftv1alpha1.ResolveReasonAnnotation], objects.MessageLimit),
		StartedAt:   metav1.NewTime(r.Clock.Now()),
	}
	err = r.Client.Status().Update(ctx, d)
	if apierrors.IsInvalid(err) {
		// It would be as invalid next time.
		d.Status.Resolution = nil
		return false, r.dismiss(ctx, d, fmt.Errorf("%w: it can't be recorded: %w", errRefused, err))
	}
	if err != nil {
		return false, fmt.Errorf("recording the approval of CloudDrift %s: %w", d.Name, err)
	}
	crashpoint.Reached(crashpoint.AcceptIntended)
	return true, nil
}

// validate returns errOutdated or errRefused where something is wrong with an approval.
func (r Resolver) validate(ctx context.Context, d *driftv1alpha1.CloudDrift, way offer) error {
	by := d.Annotations[driftv1alpha1.ResolvedByAnnotation]
	switch {
	case utf8.RuneCountInString(by) > longestUser:
		return fmt.Errorf("%w: the user name in %s has more than %d characters, and can't be recorded",
			errRefused, driftv1alpha1.ResolvedByAnnotation, longestUser)
	case by == "":
		return fmt.Errorf("%w: %s is missing, which says who approves", errRefused, driftv1alpha1.ResolvedByAnnotation)
	case d.Annotations[driftv1alpha1.ResolveObservationAnnotation] != d.Status.Observation:
		return fmt.Errorf("%w: it was given for other values", errOutdated)
	}
	return way.verb.validate(ctx, d)
}

// consistent refuses a recorded approval that is not of the values that it names: nobody
// approved it, whoever wrote it.
func (r Resolver) consistent(d *driftv1alpha1.CloudDrift) error {
	value, err := objects.Decode(d.Status.Resolution.Value)
	if err != nil {
		return fmt.Errorf("%w: the approved value: %w", errRefused, err)
	}
	expected, err := objects.Decode(d.Status.Expected)
	if err != nil {
		return fmt.Errorf("%w: the expected value: %w", errRefused, err)
	}
	if d.Status.Resolution.Observation != d.Status.Observation {
		return fmt.Errorf("%w: it was recorded for another observation", errRefused)
	}
	if drift.IsCapped(value) || drift.IsCapped(expected) {
		return nil // the hash is of the whole values, which are compared when they are written
	}
	if drift.Observation(d.Spec.Field, expected, value) != d.Status.Observation {
		return fmt.Errorf("%w: the recorded value is not the one that was observed", errRefused)
	}
	return nil
}

// proven says why what is recorded is not to be applied. Who writes statuses is
// proven by the same policies as who annotates.
func (r Resolver) proven(ctx context.Context, d *driftv1alpha1.CloudDrift, trusted bool) error {
	if trusted {
		return nil
	}
	err := r.admission.Trusts(ctx, d)
	switch {
	case errors.Is(err, errUnproven):
		return distrusted(err)
	case err != nil:
		return &UncheckedError{err}
	}
	return nil
}

// stillUnderWay reads the drift past the cache, and says whether its approval has
// yet to be carried out.
func (r Resolver) stillUnderWay(ctx context.Context, d *driftv1alpha1.CloudDrift) (bool, error) {
	key := client.ObjectKeyFromObject(d)
	if err := r.Live.Get(ctx, key, d); err != nil {
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return false, fmt.Errorf("reading CloudDrift %s: %w", key, err)
	}
	return d.Status.State == driftv1alpha1.DriftOpen && d.Status.Resolution != nil, nil
}

// provisioned is the drift's CloudProvisioned as it is now.
func (r Resolver) provisioned(ctx context.Context, d *driftv1alpha1.CloudDrift) (*driftv1alpha1.CloudProvisioned, error) {
	p := &driftv1alpha1.CloudProvisioned{}
	key := client.ObjectKey{Namespace: d.Namespace, Name: d.Spec.ProvisionedRef.Name}
	if err := r.Live.Get(ctx, key, p); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("%w: CloudProvisioned %s is gone", errRefused, key.Name)
		}
		return nil, fmt.Errorf("reading CloudProvisioned %s: %w", key, err)
	}
	if !metav1.IsControlledBy(d, p) {
		return nil, fmt.Errorf("%w: CloudProvisioned %s is not the one that the drift was found for", errRefused, key.Name)
	}
	return p, nil
}

// desiredOf is p's desired state. One that is too large is not decoded, and refused.
func desiredOf(p *driftv1alpha1.CloudProvisioned) (map[string]any, error) {
	if why := objects.SizeOf(p.Spec.Desired).Beyond(resource.Most); why != "" {
		return nil, fmt.Errorf("%w: CloudProvisioned %s is too large: %s", errRefused, p.Name, why)
	}
	return objects.DecodeMap(p.Spec.Desired)
}

// end closes the drift in a resolved state, in the name of who approved it.
func (r Resolver) end(ctx context.Context, d *driftv1alpha1.CloudDrift, state driftv1alpha1.DriftState) error {
	now := metav1.NewTime(r.Clock.Now())
	d.Status.State = state
	d.Status.ResolvedAt = &now
	d.Status.ResolvedBy = d.Status.Resolution.User
	if err := r.Client.Status().Update(ctx, d); err != nil {
		return fmt.Errorf("closing CloudDrift %s as %s: %w", d.Name, strings.ToLower(string(state)), err)
	}
	return nil
}

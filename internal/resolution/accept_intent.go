package resolution

import (
	"context"
	"fmt"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// intended is p's desired state with the value of a recorded approval in it. Only
// the declaration itself can still stand in the way, and not the inventory: without
// that, one of two operators with a cache each would take the approval back, because a
// newer value has arrived, while the other has just written it. What has become of
// the live value since is the next drift's to tell.
func (a acceptor) intended(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) (map[string]any, error) {
	kind, known := kinds.Lookup(d.Spec.ResourceRef.Kind)
	if !known {
		return nil, fmt.Errorf("%w: kind %q is not known", errRefused, d.Spec.ResourceRef.Kind)
	}
	path, err := drift.FieldPath(d.Spec.Field)
	if err != nil {
		return nil, fmt.Errorf("%w: field %q: %w", errRefused, d.Spec.Field, err)
	}
	value, err := objects.Decode(d.Status.Resolution.Value)
	if err != nil {
		return nil, fmt.Errorf("the approved value: %w", err)
	}
	approved, err := objects.Decode(d.Status.Expected)
	if err != nil {
		return nil, fmt.Errorf("the expected value: %w", err)
	}
	desired, err := desiredOf(p)
	if err != nil {
		return nil, err
	}
	if drift.IsCapped(value) {
		return a.adopted(ctx, d, p) // only the inventory holds the whole value
	}
	expected, differs := drift.Expected(kind.Schema, desired, value, path)
	if !differs {
		return nil, fmt.Errorf("%w: the field does not differ any more", errOutdated)
	}
	if resource.Hash(drift.Cap(expected)) != resource.Hash(approved) {
		return nil, fmt.Errorf("%w: expected is %s now", errOutdated, resource.Short(expected, objects.RenderLimit))
	}
	if drift.Observation(d.Spec.Field, expected, value) != d.Status.Resolution.Observation {
		return nil, fmt.Errorf("%w: the recorded value %s is not the one that was observed and approved", errRefused, resource.Short(value, objects.RenderLimit))
	}
	out, err := drift.Adopt(kind.Schema, desired, value, path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	return out, nil
}

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
	in, err := intentOf(d, p)
	if err != nil {
		return nil, err
	}
	approved, err := objects.Decode(d.Status.Expected)
	if err != nil {
		return nil, fmt.Errorf("the expected value: %w", err)
	}
	if drift.IsCapped(in.value) {
		return a.adopted(ctx, d, p) // only the inventory holds the whole value
	}
	accepted := objects.PendingAcceptances(p)
	effective, _ := drift.Effective(in.schema, in.desired, accepted)
	expected, differs := drift.Expected(in.schema, effective, in.value, in.path)
	if !differs {
		return nil, fmt.Errorf("%w: the field does not differ any more", errOutdated)
	}
	if resource.Hash(drift.Cap(expected)) != resource.Hash(approved) {
		return nil, fmt.Errorf("%w: expected is %s now", errOutdated, resource.Short(expected, objects.RenderLimit))
	}
	if drift.Observation(d.Spec.Field, expected, in.value) != d.Status.Resolution.Observation {
		return nil, fmt.Errorf("%w: the recorded value %s is not the one that was observed and approved", errRefused, resource.Short(in.value, objects.RenderLimit))
	}
	out, err := drift.AdoptAccepted(in.schema, in.desired, accepted, in.value, in.path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	return out, nil
}

// carriedOut makes sure of a mark that says that a recorded approval was carried out. Where
// the approved value is declared, it was. Where it is not, somebody changed the declaration
// since, or set the mark himself while no policy kept anybody from that. Where the approval
// was given under policies that have been in force ever since, nobody did.
func (a acceptor) carriedOut(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned, trusted bool) error {
	in, err := intentOf(d, p)
	if err == nil && !drift.IsCapped(in.value) {
		if drift.Says(in.schema, in.desired, in.value, in.path) {
			return nil
		}
	}
	return a.proven(ctx, d, trusted)
}

// intent is a recorded approval beside what is declared now.
type intent struct {
	schema  drift.Schema
	path    resource.Path
	value   any
	desired map[string]any
}

func intentOf(d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) (intent, error) {
	kind, known := kinds.Lookup(d.Spec.ResourceRef.Kind)
	if !known {
		return intent{}, fmt.Errorf("%w: kind %q is not known", errRefused, d.Spec.ResourceRef.Kind)
	}
	path, err := drift.FieldPath(d.Spec.Field)
	if err != nil {
		return intent{}, fmt.Errorf("%w: field %q: %w", errRefused, d.Spec.Field, err)
	}
	value, err := objects.Decode(d.Status.Resolution.Value)
	if err != nil {
		return intent{}, fmt.Errorf("the approved value: %w", err)
	}
	desired, err := desiredOf(p)
	if err != nil {
		return intent{}, err
	}
	return intent{kind.Schema, path, value, desired}, nil
}

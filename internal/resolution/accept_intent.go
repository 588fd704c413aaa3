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
func (a Acceptor) intended(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) (map[string]any, error) {
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
	desired, err := objects.DecodeMap(p.Spec.Desired)
	if err != nil {
		return nil, err
	}
	if drift.IsCapped(value) {
		return a.adopted(ctx, d, p) // only the inventory holds the whole value
	}
	expected, differs := expectedAt(kind, desired, path, value)
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

// expectedAt is what is declared at the path, provided that it differs from value.
func expectedAt(kind kinds.Kind, desired map[string]any, path resource.Path, value any) (expected any, differs bool) {
	observed := resource.Resource{Attrs: map[string]any{string(path[0]): placeValue(desired[string(path[0])], path[1:], value)}}
	for _, difference := range drift.Differences(kind.Schema, desired, observed, nil).Differences {
		if difference.Path.String() == path.String() {
			return difference.Expected, true
		}
	}
	return nil, false
}

// placeValue is a live field that holds nothing but the value, at a path below it: the
// one element of a list, unless an object is declared there.
func placeValue(declared any, at resource.Path, value any) any {
	if len(at) == 0 {
		return value
	}
	if object, isObject := declared.(map[string]any); isObject && len(object) > 0 {
		return map[string]any{string(at[0]): placeValue(object[string(at[0])], at[1:], value)}
	}
	if value == nil {
		return []any{}
	}
	return []any{value}
}

package binding

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// Lookup is what a detection has to find. What it returns is not copied out of the
// cache: it is to be read only.
type Lookup interface {
	// Account is nil where there is none of p's name.
	Account(ctx context.Context, p *driftv1alpha1.CloudProvisioned) (*driftv1alpha1.CloudAccount, error)
	// Resource is nil where the inventory has never held it.
	Resource(ctx context.Context, p *driftv1alpha1.CloudProvisioned, id string) (*driftv1alpha1.CloudResource, error)
	// Named are the live resources of p's kind that have p's declared name.
	Named(ctx context.Context, p *driftv1alpha1.CloudProvisioned) ([]*driftv1alpha1.CloudResource, error)
	// Declarations are all that declare this resource, or are bound to it; p is one.
	Declarations(ctx context.Context, p *driftv1alpha1.CloudProvisioned, id string) ([]*driftv1alpha1.CloudProvisioned, error)
	// Drifts are the CloudDrifts of p.
	Drifts(ctx context.Context, p *driftv1alpha1.CloudProvisioned) ([]driftv1alpha1.CloudDrift, error)
}

// Cached looks each thing up in the cache.
type Cached struct{ Reader client.Reader }

// Account implements Lookup.
func (c Cached) Account(ctx context.Context, p *driftv1alpha1.CloudProvisioned) (*driftv1alpha1.CloudAccount, error) {
	key := client.ObjectKey{Namespace: p.Namespace, Name: p.Spec.AccountRef.Name}
	found := &driftv1alpha1.CloudAccount{}
	if err := c.Reader.Get(ctx, key, found, client.UnsafeDisableDeepCopy); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("getting CloudAccount %s: %w", key, err)
	}
	return found, nil
}

// Resource implements Lookup.
func (c Cached) Resource(ctx context.Context, p *driftv1alpha1.CloudProvisioned, id string) (*driftv1alpha1.CloudResource, error) {
	key := client.ObjectKey{Namespace: p.Namespace, Name: objects.CloudResourceName(p.Spec.AccountRef.Name, objects.RefOf(p, id))}
	found := &driftv1alpha1.CloudResource{}
	if err := c.Reader.Get(ctx, key, found, client.UnsafeDisableDeepCopy); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("getting CloudResource %s: %w", key, err)
	}
	return found, nil
}

// Named implements Lookup.
func (c Cached) Named(ctx context.Context, p *driftv1alpha1.CloudProvisioned) ([]*driftv1alpha1.CloudResource, error) {
	var list driftv1alpha1.CloudResourceList
	if err := c.Reader.List(ctx, &list, client.InNamespace(p.Namespace), client.MatchingFields{
		objects.ByLiveName: objects.NameKey(p.Spec.AccountRef.Name, p.Spec.Resource.Kind, p.Spec.Resource.Name),
	}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing CloudResources named %q: %w", p.Spec.Resource.Name, err)
	}
	return pointers(list.Items), nil
}

// Declarations implements Lookup.
func (c Cached) Declarations(ctx context.Context, p *driftv1alpha1.CloudProvisioned, id string) ([]*driftv1alpha1.CloudProvisioned, error) {
	var list driftv1alpha1.CloudProvisionedList
	if err := c.Reader.List(ctx, &list, client.InNamespace(p.Namespace), client.MatchingFields{
		objects.ByResource: objects.ResourceKey(p.Spec.AccountRef.Name, objects.RefOf(p, id)),
	}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil, fmt.Errorf("listing the declarations of %s %s: %w", p.Spec.Resource.Kind, id, err)
	}
	return pointers(list.Items), nil
}

// Drifts lists the CloudDrifts of p. A List that reads its own writes waits for
// those of all others too, so that ten thousand drifts would open one after the
// other. Here the drifts that p remembers are awaited, each by its name.
func (c Cached) Drifts(ctx context.Context, p *driftv1alpha1.CloudProvisioned) ([]driftv1alpha1.CloudDrift, error) {
	for _, field := range p.Status.Fields {
		if field.OpenDrift == "" {
			continue
		}
		key := client.ObjectKey{Namespace: p.Namespace, Name: field.OpenDrift}
		if err := c.Reader.Get(ctx, key, &driftv1alpha1.CloudDrift{}, client.UnsafeDisableDeepCopy); client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("getting CloudDrift %s: %w", key, err)
		}
	}
	var list driftv1alpha1.CloudDriftList
	if err := c.Reader.List(ctx, &list, client.InNamespace(p.Namespace), client.MatchingFields{objects.ByOwner: string(p.UID)},
		client.DisableReadYourWritesConsistency); err != nil {
		return nil, fmt.Errorf("listing its CloudDrifts: %w", err)
	}
	return list.Items, nil
}

func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}

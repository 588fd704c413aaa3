package controller

import (
	"context"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// The cache's indexes. Each is within a namespace.
const (
	// byAccount: any of our objects by its account's name.
	byAccount = "account"
	// byAccountKind: a CloudResource by account and kind.
	byAccountKind = "account-kind"
	// byLiveName: a CloudResource that is there, by account, kind and live name.
	byLiveName = "live-name"
	// byResource: a CloudProvisioned by the resource that it declares or is bound to.
	byResource = "resource"
	// byDeclaredName: a CloudProvisioned by account, kind and declared name.
	byDeclaredName = "declared-name"
	// byOwner: a CloudDrift by its CloudProvisioned's UID.
	byOwner = "owner"
)

// indexKey joins parts so that no two lists of parts have one key.
func indexKey(parts ...string) string {
	var key []byte
	for _, part := range parts {
		key = append(strconv.AppendQuote(key, part), ' ')
	}
	return string(key)
}

func resourceKey(account string, ref resource.Ref) string {
	return indexKey(account, ref.Kind, canonicalID(ref))
}

// nameKey is the same for all spellings of one name.
func nameKey(account, kind, name string) string {
	return indexKey(account, kind, canonicalName(kind, name))
}

func canonicalName(kind, name string) string {
	if known, ok := kinds.Lookup(kind); ok {
		return known.NameKey(name)
	}
	return name
}

func addIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range []struct {
		object client.Object
		name   string
		keys   client.IndexerFunc
	}{
		{&driftv1alpha1.CloudResource{}, byAccountKind, func(o client.Object) []string {
			r := o.(*driftv1alpha1.CloudResource)
			return []string{indexKey(r.Spec.AccountRef.Name, r.Spec.Kind)}
		}},
		{&driftv1alpha1.CloudResource{}, byLiveName, func(o client.Object) []string {
			r := o.(*driftv1alpha1.CloudResource)
			if r.Observed.AbsentSince != nil {
				return nil
			}
			return []string{nameKey(r.Spec.AccountRef.Name, r.Spec.Kind, liveName(r))}
		}},
		{&driftv1alpha1.CloudProvisioned{}, byAccount, func(o client.Object) []string {
			return []string{o.(*driftv1alpha1.CloudProvisioned).Spec.AccountRef.Name}
		}},
		{&driftv1alpha1.CloudProvisioned{}, byResource, func(o client.Object) []string {
			p := o.(*driftv1alpha1.CloudProvisioned)
			if id := referencedID(p); id != "" {
				return []string{resourceKey(p.Spec.AccountRef.Name, resource.Ref{Kind: p.Spec.Resource.Kind, ID: id})}
			}
			return nil
		}},
		{&driftv1alpha1.CloudProvisioned{}, byDeclaredName, func(o client.Object) []string {
			p := o.(*driftv1alpha1.CloudProvisioned)
			if p.Spec.Resource.Name == "" {
				return nil
			}
			return []string{nameKey(p.Spec.AccountRef.Name, p.Spec.Resource.Kind, p.Spec.Resource.Name)}
		}},
		{&driftv1alpha1.CloudDrift{}, byAccount, func(o client.Object) []string {
			return []string{o.(*driftv1alpha1.CloudDrift).Spec.AccountRef.Name}
		}},
		{&driftv1alpha1.CloudDrift{}, byOwner, func(o client.Object) []string {
			if owner := metav1.GetControllerOf(o); owner != nil {
				return []string{string(owner.UID)}
			}
			return nil
		}},
	} {
		if err := indexer.IndexField(ctx, index.object, index.name, index.keys); err != nil {
			return fmt.Errorf("adding the index %s of %T: %w", index.name, index.object, err)
		}
	}
	return nil
}

// referencedID is the id of the resource that is declared, or that a reference by
// name was bound to; "" while there is none.
func referencedID(p *driftv1alpha1.CloudProvisioned) string {
	if p.Spec.Resource.ID != "" {
		return p.Spec.Resource.ID
	}
	return p.Status.ResourceID
}

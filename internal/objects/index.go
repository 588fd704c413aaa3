package objects

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
	// ByAccount: any of our objects by its account's name.
	ByAccount = "account"
	// ByAccountKind: a CloudResource by account and kind.
	ByAccountKind = "account-kind"
	// ByLiveName: a CloudResource that is there, by account, kind and live name.
	ByLiveName = "live-name"
	// ByResource: a CloudProvisioned by the resource that it declares or is bound to.
	ByResource = "resource"
	// ByDeclaredName: a CloudProvisioned by account, kind and declared name.
	ByDeclaredName = "declared-name"
	// ByOwner: a CloudDrift by its CloudProvisioned's UID, a CloudProvisioned by its
	// CloudProvisionedSet's.
	ByOwner = "owner"
)

// IndexKey joins parts so that no two lists of parts have one key.
func IndexKey(parts ...string) string {
	var key []byte
	for _, part := range parts {
		key = append(strconv.AppendQuote(key, part), ' ')
	}
	return string(key)
}

// ResourceKey is the key of the index ByResource.
func ResourceKey(account string, ref resource.Ref) string {
	return IndexKey(account, ref.Kind, CanonicalID(ref))
}

// NameKey is the same for all spellings of one name.
func NameKey(account, kind, name string) string {
	return IndexKey(account, kind, CanonicalName(kind, name))
}

// CanonicalName is the one spelling that a name is compared and indexed in.
func CanonicalName(kind, name string) string {
	if known, ok := kinds.Lookup(kind); ok {
		return known.NameKey(name)
	}
	return name
}

// AddIndexes adds all indexes to a cache.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range []struct {
		object client.Object
		name   string
		keys   client.IndexerFunc
	}{
		{&driftv1alpha1.CloudResource{}, ByAccountKind, func(o client.Object) []string {
			r := o.(*driftv1alpha1.CloudResource)
			return []string{IndexKey(r.Spec.AccountRef.Name, r.Spec.Kind)}
		}},
		{&driftv1alpha1.CloudResource{}, ByLiveName, func(o client.Object) []string {
			r := o.(*driftv1alpha1.CloudResource)
			if r.Observed.AbsentSince != nil {
				return nil
			}
			return []string{NameKey(r.Spec.AccountRef.Name, r.Spec.Kind, LiveName(r))}
		}},
		{&driftv1alpha1.CloudProvisioned{}, ByAccount, func(o client.Object) []string {
			return []string{o.(*driftv1alpha1.CloudProvisioned).Spec.AccountRef.Name}
		}},
		{&driftv1alpha1.CloudProvisioned{}, ByResource, func(o client.Object) []string {
			p := o.(*driftv1alpha1.CloudProvisioned)
			if id := ReferencedID(p); id != "" {
				return []string{ResourceKey(p.Spec.AccountRef.Name, resource.Ref{Kind: p.Spec.Resource.Kind, ID: id})}
			}
			return nil
		}},
		{&driftv1alpha1.CloudProvisioned{}, ByDeclaredName, func(o client.Object) []string {
			p := o.(*driftv1alpha1.CloudProvisioned)
			if p.Spec.Resource.Name == "" {
				return nil
			}
			return []string{NameKey(p.Spec.AccountRef.Name, p.Spec.Resource.Kind, p.Spec.Resource.Name)}
		}},
		{&driftv1alpha1.CloudDrift{}, ByAccount, func(o client.Object) []string {
			return []string{o.(*driftv1alpha1.CloudDrift).Spec.AccountRef.Name}
		}},
		{&driftv1alpha1.CloudDrift{}, ByOwner, byController},
		{&driftv1alpha1.CloudProvisioned{}, ByOwner, byController},
	} {
		if err := indexer.IndexField(ctx, index.object, index.name, index.keys); err != nil {
			return fmt.Errorf("adding the index %s of %T: %w", index.name, index.object, err)
		}
	}
	return nil
}

func byController(o client.Object) []string {
	if owner := metav1.GetControllerOf(o); owner != nil {
		return []string{string(owner.UID)}
	}
	return nil
}

// ReferencedID is the id of the resource that is declared, or that a reference by
// name was bound to; "" while there is none.
func ReferencedID(p *driftv1alpha1.CloudProvisioned) string {
	if p.Spec.Resource.ID != "" {
		return p.Spec.Resource.ID
	}
	return p.Status.ResourceID
}

package objects

import (
	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// CoverageOf is who looks after a resource that is there: whoever declares it, else what its
// values say that it belongs to.
func CoverageOf(r *driftv1alpha1.CloudResource, declared bool) driftv1alpha1.Coverage {
	if declared {
		return driftv1alpha1.Coverage{State: driftv1alpha1.CoverageManaged}
	}
	if kind, known := kinds.Lookup(r.Spec.Kind); known && len(kind.Owned) > 0 {
		if owner := kind.OwnerOf(ResourceOf(r)); owner != kinds.OwnerNone {
			return driftv1alpha1.Coverage{State: driftv1alpha1.CoverageOwned, Owner: string(owner)}
		}
	}
	return driftv1alpha1.Coverage{State: driftv1alpha1.CoverageUnmanaged}
}

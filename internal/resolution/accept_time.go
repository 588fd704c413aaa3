package resolution

import (
	"encoding/json"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// approvedAt is when d's recorded approval or, where none is recorded or it is over, the
// annotation that asks for something was written, by the API server's clock. Zero: managedFields don't say. Of the
// other annotations the earliest counts, where they have an owner: what the mutating
// policy fills in has none.
func approvedAt(d *driftv1alpha1.CloudDrift) time.Time {
	if d.Status.Resolution != nil && !objects.IsResolved(d) {
		return writtenAt(d.ManagedFields, "f:status", "f:resolution")
	}
	return askedAt(d, driftv1alpha1.ResolveAnnotation, objects.ResolutionAnnotations)
}

// askedAt is when the annotation that asks was written, or the earliest of those that belong
// to it.
func askedAt(d *driftv1alpha1.CloudDrift, asks string, all []string) time.Time {
	at := writtenAt(d.ManagedFields, "f:metadata", "f:annotations", "f:"+asks)
	for _, name := range all {
		other := writtenAt(d.ManagedFields, "f:metadata", "f:annotations", "f:"+name)
		if !other.IsZero() && other.Before(at) {
			at = other
		}
	}
	return at
}

// writtenAt is the earliest time of an owner of the field.
func writtenAt(managed []metav1.ManagedFieldsEntry, path ...string) time.Time {
	var first time.Time
	for _, entry := range managed {
		if entry.FieldsV1 == nil || !owns(entry.FieldsV1.GetRawBytes(), path) {
			continue
		}
		if entry.Time == nil {
			return time.Time{}
		}
		if first.IsZero() || entry.Time.Time.Before(first) {
			first = entry.Time.Time
		}
	}
	return first
}

func owns(fields []byte, path []string) bool {
	for _, key := range path {
		var at map[string]json.RawMessage
		if err := json.Unmarshal(fields, &at); err != nil {
			return false
		}
		below, there := at[key]
		if !there {
			return false
		}
		fields = below
	}
	return true
}

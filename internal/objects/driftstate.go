package objects

import (
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// IsResolved says whether the drift is history.
func IsResolved(d *driftv1alpha1.CloudDrift) bool {
	return d.Status.State != "" && d.Status.State != driftv1alpha1.DriftOpen
}

// ResolutionAnnotations come and go together.
var ResolutionAnnotations = []string{
	driftv1alpha1.ResolveAnnotation,
	driftv1alpha1.ResolvedByAnnotation,
	driftv1alpha1.ResolveObservationAnnotation,
	driftv1alpha1.ResolveReasonAnnotation,
}

// AsksForResolution says whether anything is asked for.
func AsksForResolution(d *driftv1alpha1.CloudDrift) bool {
	for _, name := range ResolutionAnnotations {
		if _, ok := d.Annotations[name]; ok {
			return true
		}
	}
	return false
}

// BecauseAbandoned ends the sentence about a drift whose declaration is gone.
const BecauseAbandoned = "was declared by a CloudProvisioned that is gone"

// SnoozeAnnotations come and go together.
var SnoozeAnnotations = []string{
	driftv1alpha1.SnoozeUntilAnnotation,
	driftv1alpha1.SnoozedByAnnotation,
	driftv1alpha1.SnoozeReasonAnnotation,
}

// IsSnoozed says whether an open drift does not count as open now.
func IsSnoozed(d *driftv1alpha1.CloudDrift, now time.Time) bool {
	return !IsResolved(d) && d.Status.Snooze != nil && d.Status.Snooze.Until.After(now)
}

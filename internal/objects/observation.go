package objects

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// ObservedAfter says whether what is held was observed after that time. What bears a time
// that has yet to come was observed before the clock was set back.
func ObservedAfter(held *driftv1alpha1.CloudResource, than, now time.Time) bool {
	at := held.Observed.ObservedAt.Time
	return at.After(than) && !at.After(now)
}

// SameObservation says whether two states of a CloudResource show the same. Somebody's label
// is nothing that a verdict rests on.
func SameObservation(a, b *driftv1alpha1.CloudResource) bool {
	return a.UID == b.UID && equality.Semantic.DeepEqual(a.Observed, b.Observed)
}

package objects

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// What a verdict rests on is another observation as soon as any of it is another.
func TestSameObservation(t *testing.T) {
	at := metav1.NewMicroTime(time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
	seen := func() *driftv1alpha1.CloudResource {
		r := sent(0)[0].(*driftv1alpha1.CloudResource)
		r.Observed.Digest, r.Observed.ObservedAt = "d", at
		return r
	}
	for name, c := range map[string]struct {
		change func(*driftv1alpha1.CloudResource)
		same   bool
	}{
		"nothing":        {func(*driftv1alpha1.CloudResource) {}, true},
		"a label":        {func(r *driftv1alpha1.CloudResource) { r.Labels["team"], r.ResourceVersion = "a", "2" }, true},
		"an annotation":  {func(r *driftv1alpha1.CloudResource) { r.Annotations = map[string]string{"a": "b"} }, true},
		"another object": {func(r *driftv1alpha1.CloudResource) { r.UID = "other" }, false},
		"the digest":     {func(r *driftv1alpha1.CloudResource) { r.Observed.Digest = "e" }, false},
		"when":           {func(r *driftv1alpha1.CloudResource) { r.Observed.ObservedAt = metav1.NewMicroTime(at.Add(time.Second)) }, false},
		"gone":           {func(r *driftv1alpha1.CloudResource) { r.Observed.AbsentSince = &metav1.Time{Time: at.Time} }, false},
		"withheld":       {func(r *driftv1alpha1.CloudResource) { r.Observed.WithheldSince = &metav1.Time{Time: at.Time} }, false},
		"what is unseen": {func(r *driftv1alpha1.CloudResource) { r.Observed.Unseen = nil }, false},
		"the fields":     {func(r *driftv1alpha1.CloudResource) { r.Observed.FieldTable = "f" }, false},
	} {
		changed := seen()
		c.change(changed)
		if got := SameObservation(changed, seen()); got != c.same {
			t.Errorf("%s: %v, want %v", name, got, c.same)
		}
	}
}

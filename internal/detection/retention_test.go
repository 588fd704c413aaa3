package detection

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

func TestExpiredKeepsTheLastEpisodesAndTheYoung(t *testing.T) {
	resolved := func(episode int64, age time.Duration) driftv1alpha1.CloudDrift {
		return driftv1alpha1.CloudDrift{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("d-%02d", episode)},
			Spec:       driftv1alpha1.CloudDriftSpec{Field: "size_slug", Episode: episode},
			Status: driftv1alpha1.CloudDriftStatus{
				State: driftv1alpha1.DriftStale, ResolvedAt: ptr.To(metav1.NewTime(objectstest.Noon.Add(-age))),
			},
		}
	}
	const day = 24 * time.Hour
	drifts := []driftv1alpha1.CloudDrift{
		resolved(1, 400*day), resolved(2, 100*day), resolved(3, 89*day), resolved(4, 95*day), resolved(5, 91*day),
		{ObjectMeta: metav1.ObjectMeta{Name: "d-06"}, Spec: driftv1alpha1.CloudDriftSpec{Field: "size_slug", Episode: 6},
			Status: driftv1alpha1.CloudDriftStatus{State: driftv1alpha1.DriftOpen}},
	}
	for name, c := range map[string]struct {
		policy driftv1alpha1.HistoryPolicy
		want   []string
	}{
		"the defaults keep ten episodes":           {driftv1alpha1.HistoryPolicy{}, nil},
		"two episodes are kept whatever their age": {driftv1alpha1.HistoryPolicy{RetainEpisodes: new(int32(2))}, []string{"d-01", "d-02", "d-04"}},
		"and the young whatever their number":      {driftv1alpha1.HistoryPolicy{RetainEpisodes: new(int32(1)), RetainDays: new(int32(99))}, []string{"d-01", "d-02"}},
	} {
		var got []string
		for _, d := range expired(slices.Clone(drifts), c.policy, objectstest.Noon) {
			got = append(got, d.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestHistoryHasAnEnd(t *testing.T) {
	t.Run("of a declaration", func(t *testing.T) {
		tryHistoryHasAnEnd(t, []metav1.OwnerReference{{UID: "p", Controller: new(true)}})
	})
	t.Run("of none, after it was deleted and left them behind", func(t *testing.T) { tryHistoryHasAnEnd(t, nil) })
}

func tryHistoryHasAnEnd(t *testing.T, owner []metav1.OwnerReference) {
	t.Helper()
	var drifts []driftv1alpha1.CloudDrift
	for i := range mostResolved + 40 {
		at := metav1.NewTime(objectstest.Noon.Add(time.Duration(i-1000) * time.Second))
		d := driftv1alpha1.CloudDrift{Spec: driftv1alpha1.CloudDriftSpec{Field: fmt.Sprint(i), Episode: 1},
			Status: driftv1alpha1.CloudDriftStatus{State: driftv1alpha1.DriftStale, ResolvedAt: &at}}
		d.Name = fmt.Sprintf("d-%04d", i)
		d.OwnerReferences = owner
		drifts = append(drifts, d)
	}
	going := expired(drifts, driftv1alpha1.HistoryPolicy{}, objectstest.Noon)
	if len(going) != 40 || going[0].Name != "d-0000" || going[39].Name != "d-0039" {
		t.Errorf("%d of %d go", len(going), len(drifts))
	}
}

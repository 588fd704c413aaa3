package detection

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

func TestRememberForgetsOnlyWhatNothingIsLeftOf(t *testing.T) {
	var memory []drift.Memory
	for i := range mostRemembered + 88 {
		memory = append(memory, drift.Memory{Path: fmt.Sprint(i), Episode: 3})
	}
	memory[0].OpenDrift = "open"
	history := []driftv1alpha1.CloudDrift{{Spec: driftv1alpha1.CloudDriftSpec{Field: "1"}}}
	got := remember(nil, memory, history)
	if len(got) != 2 || got[0].Path != "0" || got[1].Path != "1" {
		t.Errorf("%d are left", len(got))
	}
	if got := remember(nil, memory[:mostRemembered], nil); len(got) != mostRemembered {
		t.Errorf("below the limit %d are left", len(got))
	}
}

// More fields than the status holds must not keep the rest of it from being written.
func TestNoMoreFieldsAreRememberedThanTheStatusHolds(t *testing.T) {
	var memory []drift.Memory
	var history []driftv1alpha1.CloudDrift
	for i := range 2 * drift.MostFields {
		memory = append(memory, drift.Memory{Path: fmt.Sprint(i), Episode: 1})
		history = append(history, driftv1alpha1.CloudDrift{Spec: driftv1alpha1.CloudDriftSpec{Field: fmt.Sprint(i)}})
	}
	memory[2*drift.MostFields-1].OpenDrift = "open"
	got := remember(nil, memory, history)
	if len(got) != drift.MostFields || got[drift.MostFields-1].OpenDrift != "open" {
		t.Errorf("%d are left, the last is %+v", len(got), got[len(got)-1])
	}
}

// Where only acceptances are left, they too make room for what the status takes.
func TestAcceptancesMakeRoom(t *testing.T) {
	accepted := acceptances{}
	var memory []drift.Memory
	for i := range drift.MostFields + 76 {
		since := metav1.NewTime(objectstest.Noon.Add(time.Duration(i) * time.Second))
		accepted[fmt.Sprint(i)] = &driftv1alpha1.Acceptance{Drift: "d", Git: driftv1alpha1.GitPending, Since: since}
		memory = append(memory, drift.Memory{Path: fmt.Sprint(i), Episode: 1})
	}
	memory[0].OpenDrift = "open"
	got := remember(accepted, memory, nil)
	if len(got) != drift.MostFields || got[0].OpenDrift != "open" || got[1].Path != "77" {
		t.Errorf("%d rows, the first with %q; the API server takes %d", len(got), got[0].OpenDrift, drift.MostFields)
	}
}

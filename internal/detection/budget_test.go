package detection

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	testingclock "k8s.io/utils/clock/testing"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// No minute has more new drifts than the limit, whichever minute one looks at.
func TestBudget(t *testing.T) {
	clock := testingclock.NewFakePassiveClock(objectstest.Noon)
	b := newBudgets(clock)
	account := &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{UID: types.UID("a")}}
	account.Spec.MaxNewDriftsPerMinute = new(int32(60))
	for _, c := range []struct {
		why     string
		at      time.Duration
		granted int
		short   bool
	}{
		{"it is whole", 0, 50, false},
		{"what is left", 0, 10, true},
		{"nothing is left, and that was said", 0, 0, false},
		{"the same minute", 59 * time.Second, 0, false},
		{"the next one", time.Minute, 50, false},
	} {
		clock.SetTime(objectstest.Noon.Add(c.at))
		if granted, short := b.take(account, 50); granted != c.granted || short != c.short {
			t.Errorf("%s: granted %d, short %t, want %d, %t", c.why, granted, short, c.granted, c.short)
		}
	}
	b.giveBack(account.UID, 50)
	if granted, _ := b.take(account, 60); granted != 60 {
		t.Errorf("%d of 60 after nothing came of what was granted", granted)
	}
	if !b.wasShort(account.UID) || b.wasShort(account.UID) {
		t.Error("what was held back is counted once")
	}
}

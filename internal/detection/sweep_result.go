package detection

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// SweepResult is what a sweep found, by kind.
type SweepResult struct {
	managed, open, ignored map[string]int
	withheld, pending      int
	rules                  ruleUses
	coverage               coverage
}

func newSweepResult() SweepResult {
	return SweepResult{managed: map[string]int{}, open: map[string]int{}, ignored: map[string]int{}, rules: ruleUses{}}
}

// add takes what one detection found.
func (s *SweepResult) add(found Outcome) {
	s.open[found.kind] += found.open
	s.withheld += found.Withheld
	s.pending += found.pending
	s.rules.add(found.rules)
	if found.ignored != nil {
		s.ignored[found.kind] += int(*found.ignored)
	}
}

func (s SweepResult) totalOpen() int {
	total := 0
	for _, n := range s.open {
		total += n
	}
	return total
}

// Into puts a sweep's counts into the status.
func (s SweepResult) Into(status *driftv1alpha1.CloudAccountStatus, account *driftv1alpha1.CloudAccount, now time.Time) {
	status.LastDetectionTime = objects.APITime(now)
	resources, managed, unmanaged, owned := 0, 0, 0, 0
	status.Ignored = nil
	for i := range status.Kinds {
		k := &status.Kinds[i]
		k.Managed = ptr.To(int32(s.managed[k.Kind]))
		k.OpenDrifts = ptr.To(int32(s.open[k.Kind]))
		k.Ignored = nil
		if ignored, some := s.ignored[k.Kind]; some {
			k.Ignored = ptr.To(int32(ignored))
			status.Ignored = ptr.To(ptr.Deref(status.Ignored, 0) + int32(ignored))
		}
		s.coverage.into(k)
		resources += int(ptr.Deref(k.Resources, 0))
		managed += s.managed[k.Kind]
		unmanaged += s.coverage.unmanaged[k.Kind]
		owned += s.coverage.owned[k.Kind]
	}
	status.Resources = ptr.To(int32(resources))
	status.Managed = ptr.To(int32(managed))
	status.OpenDrifts = ptr.To(int32(s.totalOpen()))
	status.Unmanaged, status.Owned = ptr.To(int32(unmanaged)), ptr.To(int32(owned))
	status.PendingAcceptances = ptr.To(int32(s.pending))
	status.Coverage = covered(managed, max(resources-owned, 0))
	withheld := objects.False(driftv1alpha1.ReasonWithinLimit, "every difference found has its drift")
	if s.withheld > 0 {
		withheld = objects.True(driftv1alpha1.ReasonLimitReached,
			"%d differences have no drift yet: at most %d may open in a minute (spec.maxNewDriftsPerMinute)",
			s.withheld, ptr.Deref(account.Spec.MaxNewDriftsPerMinute, defaultNewDrifts))
	}
	withheld.Set(&status.Conditions, driftv1alpha1.ConditionDriftsWithheld, account.Generation, metav1.NewTime(now))
	s.rules.setCondition(&status.Conditions, account, metav1.NewTime(now))
}

// covered is what is declared of what is anybody's to declare.
func covered(managed, resources int) string {
	if resources == 0 {
		return "0 of 0"
	}
	managed = min(managed, resources) // what is declared may be listed only by the next sync
	return fmt.Sprintf("%d of %d (%d%%)", managed, resources, managed*100/resources)
}

package detection

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// coverage is who looks after an account's resources.
type coverage struct {
	unmanaged, owned map[string]int
	// changed is what CloudResources do not say yet.
	changed []coverageChange
}

type coverageChange struct {
	resource *driftv1alpha1.CloudResource
	to       driftv1alpha1.Coverage
	// appeared says that the resource is new, and that nobody declares it.
	appeared bool
}

// coverageOf finds who looks after what the snapshot holds as there. bound are declared.
// What appears is told only of kinds that a sweep has covered before: the first listing, and
// the first one of an operator that knows coverage, show what has been there all the time.
func coverageOf(account *driftv1alpha1.CloudAccount, snapshot *binding.Snapshot, bound map[resource.Ref]bool) coverage {
	out := coverage{unmanaged: map[string]int{}, owned: map[string]int{}}
	covered := map[string]bool{}
	for _, k := range account.Status.Kinds {
		covered[k.Kind] = k.Unmanaged != nil
	}
	for ref, r := range snapshot.Resources() {
		if r.Observed.AbsentSince != nil {
			continue
		}
		is := objects.CoverageOf(r, bound[ref])
		switch is.State {
		case driftv1alpha1.CoverageOwned:
			out.owned[ref.Kind]++
		case driftv1alpha1.CoverageUnmanaged:
			out.unmanaged[ref.Kind]++
		case driftv1alpha1.CoverageManaged: // the sweep counts by declaration
		}
		if is == r.Coverage || !metav1.IsControlledBy(r, account) {
			continue // or what a deleted account of the same name left
		}
		appeared := r.Coverage.State == "" && is.State == driftv1alpha1.CoverageUnmanaged && covered[ref.Kind]
		out.changed = append(out.changed, coverageChange{r, is, appeared})
	}
	return out
}

// coverageWriters is how many CloudResources are written at once.
const coverageWriters = 8

// record writes what changed, each CloudResource once, and tells what appeared. What somebody
// else writes meanwhile is left to the next sweep, as is the rest where CRDs that are older
// than the operator drop what it writes.
func (s *Sweeper) record(ctx context.Context, account *driftv1alpha1.CloudAccount, found coverage) error {
	writes := &objects.Failures{}
	var mu sync.Mutex
	var appeared []*driftv1alpha1.CloudResource
	dropped := false
	goesOn := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return !dropped && !writes.Ended() && ctx.Err() == nil
	}
	var group errgroup.Group
	group.SetLimit(coverageWriters)
	for _, change := range found.changed {
		if !goesOn() {
			break
		}
		group.Go(func() error {
			updated := change.resource.DeepCopy()
			updated.Coverage = change.to
			updated.ManagedFields = []metav1.ManagedFieldsEntry{{}} // nobody asks who owns which field
			err := s.client.Update(ctx, updated)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case apierrors.IsConflict(err) || apierrors.IsNotFound(err):
			case err != nil:
				writes.Add(err)
			case updated.Coverage != change.to:
				dropped = true
			case change.appeared:
				appeared = append(appeared, updated)
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are collected
	s.tell(account, appeared)
	if err := writes.Joined(nil); err != nil {
		return fmt.Errorf("writing who looks after resources: %w", err)
	}
	return nil
}

// mostTold is how many resources that appear have an event each.
const mostTold = 5

// tell records events of what appeared: one for each, or one for all where they are many.
func (s *Sweeper) tell(account *driftv1alpha1.CloudAccount, appeared []*driftv1alpha1.CloudResource) {
	if len(appeared) <= mostTold {
		for _, r := range appeared {
			s.detector.Events.ResourceUnmanaged(r)
		}
		return
	}
	counts := map[string]int{}
	for _, r := range appeared {
		counts[r.Spec.Kind]++
	}
	var which []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		which = append(which, fmt.Sprintf("%d %s", counts[kind], kind))
	}
	s.detector.Events.ResourcesUnmanaged(account, strings.Join(which, ", "))
}

// into puts the counts into a kind's status; of what was never listed nobody can tell.
func (c coverage) into(k *driftv1alpha1.KindStatus) {
	k.Unmanaged, k.Owned = nil, nil
	if unmanaged, owned := c.unmanaged[k.Kind], c.owned[k.Kind]; k.ObservedAt != nil || unmanaged+owned > 0 {
		k.Unmanaged, k.Owned = ptr.To(int32(unmanaged)), ptr.To(int32(owned))
	}
}

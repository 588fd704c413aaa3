package detection

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// detectors is how many detections a sweep runs at once.
const detectors = 4

// Sweeper runs the detection for everything that an account declares.
type Sweeper struct {
	client   client.Client
	detector *Detector
	// again has a detection that failed run once more, in its own time.
	again func(*driftv1alpha1.CloudProvisioned)
}

// NewSweeper returns a sweeper that has again make a detection that failed once more.
func NewSweeper(c client.Client, d *Detector, again func(*driftv1alpha1.CloudProvisioned)) *Sweeper {
	return &Sweeper{client: c, detector: d, again: again}
}

// TakeWithheld says whether the account's limit held drifts back since this was last asked.
// A sweep then counts them.
func (s *Sweeper) TakeWithheld(account types.UID) bool { return s.detector.budgets.wasShort(account) }

// Forget drops what is remembered of an account that is gone.
func (s *Sweeper) Forget(account types.UID) { s.detector.budgets.forget(account) }

// Sweep compares everything declared with the inventory. One detection that fails
// does not keep the others from being made: it is logged and made again.
func (s *Sweeper) Sweep(ctx context.Context, account *driftv1alpha1.CloudAccount) (SweepResult, error) {
	snapshot, err := binding.TakeSnapshot(ctx, s.client, account)
	if err != nil {
		return SweepResult{}, err
	}
	result := newSweepResult()
	bound := map[resource.Ref]bool{}
	var mu sync.Mutex
	group, detecting := errgroup.WithContext(ctx)
	group.SetLimit(detectors)
	for i := range snapshot.Declared {
		p := &snapshot.Declared[i]
		group.Go(func() error {
			found, quiet, err := s.detector.DryRun(detecting, snapshot, p)
			if err == nil && !quiet {
				found, err = s.detect(detecting, client.ObjectKeyFromObject(p))
			}
			if err != nil {
				if !apierrors.IsConflict(err) && !errors.Is(err, ErrOneAtATime) {
					log.FromContext(detecting).Error(err, "detection failed, it is made again", "cloudProvisioned", p.Name)
				}
				s.again(p)
			}
			mu.Lock()
			defer mu.Unlock()
			result.add(found)
			if err != nil { // what it declares is declared all the same
				result.rules.add(undecided(p, account))
				found.kind, found.resourceID = p.Spec.Resource.Kind, objects.ReferencedID(p)
			}
			// What was proven gone, or was never there, is no part of what is covered.
			ref := objects.CanonicalRef(resource.Ref{Kind: found.kind, ID: found.resourceID})
			if snapshot.Present(ref) && !bound[ref] {
				bound[ref] = true
				result.managed[found.kind]++
			}
			return detecting.Err()
		})
	}
	err = group.Wait() // before result is read: the detections write into it
	if err != nil {
		return result, err
	}
	result.coverage = coverageOf(account, snapshot, bound)
	if err := s.record(ctx, account, result.coverage); err != nil {
		log.FromContext(ctx).Error(err, "recording the coverage failed, it is tried again at the next sweep")
	}
	return result, nil
}

// detect runs a detection again while somebody else writes what it reads.
func (s *Sweeper) detect(ctx context.Context, key client.ObjectKey) (Outcome, error) {
	const attempts = 5
	var found Outcome
	var err error
	for range attempts {
		found, err = s.detector.Detect(ctx, key)
		if !apierrors.IsConflict(err) {
			return found, err
		}
	}
	return found, err
}

// withheldSweep is when the drifts that an account's limit held back are counted
// once more: the limit is one of a minute.
const withheldSweep = time.Minute

// SweepDue says whether everything declared has to be compared once more. A sync
// sweeps too; while something keeps all syncs from being made (blocked), a sweep takes
// the place of each, because what was not looked at for three syncs is no longer known.
func SweepDue(account *driftv1alpha1.CloudAccount, t objects.Timetable, blocked bool, now time.Time) bool {
	last := account.Status.LastDetectionTime
	if last == nil || last.After(now.Add(time.Minute)) {
		return true
	}
	due := t.Sweep.Next(last.Time)
	if at := t.Sync.Next(last.Time); blocked && at.Before(due) {
		due = at
	}
	withheld := meta.IsStatusConditionTrue(account.Status.Conditions, driftv1alpha1.ConditionDriftsWithheld)
	if at := last.Add(withheldSweep); withheld && at.Before(due) {
		due = at
	}
	return !now.Before(due)
}

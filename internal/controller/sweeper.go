package controller

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// detectors is how many detections a sweep runs at once.
const detectors = 4

// sweeper runs the detection for everything that an account declares.
type sweeper struct {
	client   client.Client
	detector *detector
	// again has a detection that failed run once more, in its own time.
	again func(*driftv1alpha1.CloudProvisioned)
}

// sweepResult is what a sweep found, by kind.
type sweepResult struct {
	managed, open map[string]int
	withheld      int
}

func (s sweepResult) totalOpen() int {
	total := 0
	for _, n := range s.open {
		total += n
	}
	return total
}

// Sweep compares everything declared with the inventory. One detection that fails
// does not keep the others from being made: it is logged and made again.
func (s *sweeper) Sweep(ctx context.Context, account *driftv1alpha1.CloudAccount) (sweepResult, error) {
	picture, err := takePicture(ctx, s.client, account)
	if err != nil {
		return sweepResult{}, err
	}
	result := sweepResult{managed: map[string]int{}, open: map[string]int{}}
	bound := map[resource.Ref]bool{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(detectors)
	for i := range picture.declared {
		p := &picture.declared[i]
		group.Go(func() error {
			found, quiet, err := s.detector.Glance(ctx, picture, p)
			if err == nil && !quiet {
				found, err = s.detect(ctx, client.ObjectKeyFromObject(p))
			}
			if err != nil {
				if !apierrors.IsConflict(err) && !errors.Is(err, errOneAtATime) {
					log.FromContext(ctx).Error(err, "detection failed, it is made again", "cloudProvisioned", p.Name)
				}
				s.again(p)
			}
			mu.Lock()
			defer mu.Unlock()
			result.open[found.kind] += found.open
			result.withheld += found.withheld
			// What was proven gone, or was never there, is no part of what is covered.
			ref := canonical(resource.Ref{Kind: found.kind, ID: found.resourceID})
			if r := picture.resources[ref]; r != nil && r.Observed.AbsentSince == nil && !bound[ref] {
				bound[ref] = true
				result.managed[found.kind]++
			}
			return ctx.Err()
		})
	}
	err = group.Wait() // before result is read: the detections write into it
	return result, err
}

// detect runs a detection again while somebody else writes what it reads.
func (s *sweeper) detect(ctx context.Context, key client.ObjectKey) (outcome, error) {
	const attempts = 5
	var found outcome
	var err error
	for range attempts {
		found, err = s.detector.Detect(ctx, key)
		if !apierrors.IsConflict(err) {
			return found, err
		}
	}
	return found, err
}

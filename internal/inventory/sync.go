package inventory

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// How long the listings of a sync may take, and the whole of it: an endpoint that
// answers a byte a second must not be waited for without end. At 250 requests a minute
// the 5,000 of an hour take 20 minutes.
const (
	longestListing = 22 * time.Minute
	longestSync    = 30 * time.Minute
)

// Syncer refreshes the inventories of accounts. What a sync needs and does is its own: it
// knows nothing of what is compared with the inventory afterwards.
type Syncer struct {
	objects.Access
	crds    *CRDGuard
	metrics *metrics.Passes
	// confirmations are what is confirmed to be gone and not settled yet.
	confirmations *confirmations
	scopes        *scopeTimes
}

// NewSyncer returns a syncer that records with access, and counts its syncs in metrics.
func NewSyncer(access objects.Access, crds *CRDGuard, metrics *metrics.Passes) *Syncer {
	return &Syncer{Access: access, crds: crds, metrics: metrics, confirmations: newConfirmations(), scopes: newScopeTimes()}
}

// forget drops what is remembered of an account that is gone.
func (s *Syncer) forget(account types.UID) {
	s.confirmations.forget(account)
	s.scopes.forget(account)
}

// sync refreshes the account's inventory; told is called with what is certain of a kind. What DigitalOcean did not answer, or the
// API server did not take, is in the report, and nothing was concluded from it. The
// error is of what no kind can be looked at without: it is retried as it is.
func (s *Syncer) sync(ctx context.Context, account *driftv1alpha1.CloudAccount, cloud Cloud, told func(kindReport)) (Report, error) {
	report := Report{Account: account, StartedAt: s.Clock.Now()}
	limited, cancel := context.WithTimeout(ctx, longestSync)
	defer cancel()
	err := s.lookAtAll(limited, account, cloud, &report, told)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err, report.Problem = nil, Problem{Reason: driftv1alpha1.ReasonUnreachable,
			Message: fmt.Sprintf("the sync did not end within %s", longestSync)}
	}
	report.Ended, report.EndedAt = true, s.Clock.Now()
	report.rate = cloud.RateLimit()
	outcome, reason := report.outcome(err)
	s.metrics.Synced(outcome, reason, report.took())
	return report, err
}

func (s *Syncer) lookAtAll(ctx context.Context, account *driftv1alpha1.CloudAccount, cloud Cloud, report *Report, told func(kindReport)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	whose := askWhose(ctx, account, cloud, cancel)
	if account.Status.TeamUUID == "" {
		// Nobody knows yet whether the token is worth more than one request.
		if <-whose.answered; whose.err == nil {
			whose.err = s.pin(ctx, account, whose.team)
		}
		if whose.err != nil {
			return whose.into(report, nil)
		}
	}
	reports, err := newSyncRun(s, account, cloud, whose, told).run(ctx)
	if err != nil {
		cancel()
	}
	<-whose.answered // it ends with the context
	report.team, report.kinds = whose.team, reports
	return whose.into(report, err)
}

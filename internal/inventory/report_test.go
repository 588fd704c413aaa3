package inventory

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// What DigitalOcean sends is no reason for the API server to refuse the status.
func TestForeignValuesAreClamped(t *testing.T) {
	var status driftv1alpha1.CloudAccountStatus
	report := Report{Ended: true, StartedAt: objectstest.Noon, EndedAt: objectstest.Noon, team: digitalocean.Account{TeamUUID: strings.Repeat("ü", 500), TeamName: strings.Repeat("ü", 500)}}
	report.rate = digitalocean.RateLimit{Known: true, Limit: math.MaxInt, Remaining: -1, ResetAt: time.Unix(objectstest.Noon.UnixMilli(), 0)}
	report.Into(&status)
	if *status.RateLimit.Limit != math.MaxInt32 || *status.RateLimit.Remaining != 0 || status.RateLimit.ResetAt != nil {
		t.Errorf("rate limit: %+v", status.RateLimit)
	}
	if n := len([]rune(status.TeamUUID)); n > longestTeamID || len([]rune(status.TeamName)) > 256 {
		t.Errorf("the team has an id of %d characters", n)
	}
	if other := teamID(digitalocean.Account{TeamUUID: strings.Repeat("ü", 501)}); other == status.TeamUUID {
		t.Error("two teams are taken for one")
	}
}

func TestLastSyncSecondsAreNotNegative(t *testing.T) {
	var status driftv1alpha1.CloudAccountStatus
	report := Report{Ended: true, StartedAt: objectstest.Noon, EndedAt: objectstest.Noon.Add(-time.Hour)} // the clock was set back meanwhile
	report.Into(&status)
	if got := *status.LastSyncSeconds; got != 0 {
		t.Errorf("%d seconds", got)
	}
}

func TestOutcomeOfASync(t *testing.T) {
	forbidden := Problem{Reason: driftv1alpha1.ReasonFixScopes}
	denied := Problem{Reason: driftv1alpha1.ReasonFixCredentials}
	for name, test := range map[string]struct {
		why             string
		report          Report
		err             error
		outcome, reason string
	}{
		"complete": {"every kind was listed", Report{kinds: []kindReport{{kind: "Droplet"}}}, nil,
			metrics.OutcomeComplete, driftv1alpha1.ReasonSynced},
		"one kind behind": {"the others are fresh", Report{kinds: []kindReport{{kind: "Droplet"}, {kind: "Volume", problem: forbidden, missed: true}}}, nil,
			metrics.OutcomePartial, driftv1alpha1.ReasonFixScopes},
		"one kind hidden": {"nobody misses it", Report{kinds: []kindReport{{kind: "Droplet"}, {kind: "Volume", problem: forbidden}}}, nil,
			metrics.OutcomeComplete, driftv1alpha1.ReasonSynced},
		"wrong token": {"nothing was looked at", Report{Problem: denied}, nil,
			metrics.OutcomeFailed, driftv1alpha1.ReasonFixCredentials},
		"token revoked meanwhile": {"it concerns the account as a whole", Report{kinds: []kindReport{{kind: "Volume", problem: denied}}}, nil,
			metrics.OutcomeFailed, driftv1alpha1.ReasonFixCredentials},
		"API server": {"what is held could not be read", Report{kinds: []kindReport{{kind: "Volume", problem: forbidden}}}, errors.New("no"),
			metrics.OutcomeFailed, metrics.ReasonKubernetes},
	} {
		t.Run(name, func(t *testing.T) {
			if outcome, reason := test.report.outcome(test.err); outcome != test.outcome || reason != test.reason {
				t.Errorf("%s for %s, want %s for %s: %s", outcome, reason, test.outcome, test.reason, test.why)
			}
		})
	}
}

package inventory

import (
	"context"
	"errors"
	"fmt"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// teamID is what an account is pinned to; an account without teams is its own.
func teamID(a digitalocean.Account) string {
	id := a.TeamUUID
	if id == "" {
		id = a.UUID
	}
	if len(id) > longestTeamID {
		return objects.Shorten(id, longestTeamID-len(resource.Hash(id))-1) + " " + resource.Hash(id)
	}
	return id
}

// longestTeamID is what the API holds of a team's id. A longer one is told apart by its
// hash.
const longestTeamID = 128

// otherTeam is the problem of a token that does not belong to the pinned team.
func otherTeam(pinned string, team digitalocean.Account) Problem {
	if pinned == "" || pinned == teamID(team) {
		return Problem{}
	}
	return Problem{Reason: driftv1alpha1.ReasonFixCredentials, Message: fmt.Sprintf(
		"the token belongs to team %q (%s), this account to team %s; bring its token back, or make a new CloudAccount",
		objects.Shorten(team.TeamName, 128), teamID(team), pinned)}
}

// identity is whose token it is, once that is answered. The listings of an account that is
// pinned are asked for meanwhile; nothing that they show is recorded before.
type identity struct {
	// answered is closed when the rest is there.
	answered chan struct{}
	team     digitalocean.Account
	// err is why nothing of the account may be recorded, and problem what a person is told
	// of it; none of an error that is tried again as it is.
	err     error
	problem Problem
}

var errOtherTeam = errors.New("the token belongs to another team")

// askWhose asks whose token it is, and calls off what else is asked for where nothing of the
// answers may be recorded.
func askWhose(ctx context.Context, account *driftv1alpha1.CloudAccount, cloud Cloud, callOff func()) *identity {
	i, pinned := &identity{answered: make(chan struct{})}, account.Status.TeamUUID
	go func() {
		defer close(i.answered)
		if i.team, i.err = cloud.Account(ctx); i.err != nil {
			i.problem, _ = cloudProblem(i.err)
		} else if i.problem = otherTeam(pinned, i.team); i.problem.Exists() {
			i.err = errOtherTeam
		}
		if i.err != nil {
			callOff()
		}
	}()
	return i
}

// known waits for the answer. Without an error the account may be recorded.
func (i *identity) known(ctx context.Context) error {
	select {
	case <-i.answered:
		return i.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// into puts the problem into the report, or returns the error, beside the listings' own.
func (i *identity) into(report *Report, listing error) error {
	if report.Problem = i.problem; i.problem.Exists() {
		report.kinds = nil
		return nil
	}
	return errors.Join(listing, i.err)
}

// pin ties an account to the team of its first working token before anything is
// recorded of it: a sync that is cut short must not leave an inventory that the
// next token's team would be compared with. The resourceVersion decides between
// two operators; the one that loses reads the account again.
func (s *Syncer) pin(ctx context.Context, account *driftv1alpha1.CloudAccount, team digitalocean.Account) error {
	if account.Status.TeamUUID != "" {
		return nil
	}
	nameTeam(&account.Status, team)
	if err := s.Client.Status().Update(ctx, account); err != nil {
		return fmt.Errorf("pinning it to team %s: %w", teamID(team), err)
	}
	return nil
}

func nameTeam(status *driftv1alpha1.CloudAccountStatus, team digitalocean.Account) {
	status.TeamUUID, status.TeamName = teamID(team), objects.Shorten(team.TeamName, 256)
}

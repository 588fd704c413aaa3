package inventory

import (
	"context"
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

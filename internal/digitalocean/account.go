package digitalocean

import (
	"context"
	"encoding/json"
	"net/http"
)

// Account is whose token it is.
type Account struct {
	// TeamUUID and TeamName are the team's, empty for a token outside of teams.
	TeamUUID, TeamName string
	// UUID is the user's whose token it is.
	UUID string
	// Status is active, warning or locked.
	Status string
	// DropletLimit is how many droplets the account may hold, 0 where the token
	// may not know.
	DropletLimit int
}

// Account asks whose token it is.
func (c *Client) Account(ctx context.Context) (Account, error) {
	const doing = "reading the account"
	body, _, err := c.get(asking(ctx, KindOfAccount), doing, "v2/account", nil)
	if ClassOf(err) == NotFound {
		return Account{}, &Error{Class: Malformed, Doing: doing, Status: http.StatusNotFound,
			Message: "the endpoint has no account, so it is not DigitalOcean's API"}
	}
	if err != nil {
		return Account{}, err
	}
	var answer struct {
		Account struct {
			UUID         string `json:"uuid"`
			Status       string `json:"status"`
			DropletLimit int    `json:"droplet_limit"`
			Team         struct {
				UUID string `json:"uuid"`
				Name string `json:"name"`
			} `json:"team"`
		} `json:"account"`
	}
	if err = checkJSON(body); err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil {
		return Account{}, &Error{Class: Malformed, Doing: doing, Message: clean(err.Error(), c.token)}
	}
	a := answer.Account
	account := Account{
		TeamUUID:     clean(a.Team.UUID, c.token),
		TeamName:     clean(a.Team.Name, c.token),
		UUID:         clean(a.UUID, c.token),
		Status:       clean(a.Status, c.token),
		DropletLimit: a.DropletLimit,
	}
	if account.TeamUUID == "" && account.UUID == "" {
		return Account{}, &Error{Class: Malformed, Doing: doing, Message: "the answer has neither a team's uuid nor a user's"}
	}
	return account, nil
}

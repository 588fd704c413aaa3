package dosim

import (
	"net/http"

	"github.com/google/uuid"
)

// accountKind serves what a token says about itself.
var accountKind = kind{name: "Account", routes: []route{
	{pattern: "GET /v2/account", scope: "account:read", handle: getAccount},
}}

func getAccount(c *call) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"account": map[string]any{
		"droplet_limit": 25, "floating_ip_limit": 5, "reserved_ip_limit": 5, "volume_limit": 100,
		"email": c.token.Email, "name": c.token.Name,
		"uuid":           uuid.NewSHA1(uuid.NameSpaceURL, []byte(c.token.Email)).String(),
		"email_verified": true, "status": "active", "status_message": "",
		"team": map[string]string{"uuid": c.team.UUID, "name": c.team.Name},
	}}}, nil
}

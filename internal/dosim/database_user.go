package dosim

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"slices"
)

// databaseUserKind serves the users of a cluster.
var databaseUserKind = kind{name: "DatabaseUser", routes: []route{
	{pattern: "GET /v2/databases/{database}/users", scope: databaseRead, handle: onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		return unpaged(c, "users", d.Users, func(u *databaseUser) any { return c.databaseUserView(u) })
	})},
	{pattern: "POST /v2/databases/{database}/users", scope: databaseCreate, handle: whileOnline(createDatabaseUser)},
	{pattern: "GET /v2/databases/{database}/users/{user}", scope: databaseRead, handle: onDatabase(onUser(func(c *call, d *databaseCluster, u *databaseUser) (*reply, error) {
		return c.userReply(http.StatusOK, u), nil
	}))},
	{pattern: "PUT /v2/databases/{database}/users/{user}", scope: databaseUpdate, handle: whileOnline(onUser(updateDatabaseUser))},
	{pattern: "DELETE /v2/databases/{database}/users/{user}", scope: databaseDelete, handle: whileOnline(onUser(deleteDatabaseUser))},
	{pattern: "POST /v2/databases/{database}/users/{user}/reset_auth", scope: databaseUpdate, handle: whileOnline(onUser(resetUserAuth))},
}}

const (
	rolePrimary = "primary"
	roleNormal  = "normal"
)

type databaseUser struct {
	Name     string         `json:"name"`
	Role     string         `json:"role"`
	Password string         `json:"password,omitempty"`
	Cert     string         `json:"access_cert,omitempty"`
	Key      string         `json:"access_key,omitempty"`
	MySQL    *mysqlSettings `json:"mysql_settings,omitempty"`
	Settings object         `json:"settings,omitempty"`
}

type mysqlSettings struct {
	Plugin string `json:"auth_plugin"`
}

// mysqlPlugins are the ways to authenticate; the first is the default.
var mysqlPlugins = []string{"caching_sha2_password", "mysql_native_password"}

func newDatabaseUser(e *databaseEngine, name, role string) *databaseUser {
	u := &databaseUser{Name: name, Role: role, Password: newPassword()}
	switch e {
	case databaseEngines["mysql"], databaseEngines["advanced_mysql"]:
		u.MySQL = &mysqlSettings{mysqlPlugins[0]}
	case databaseEngines["kafka"]:
		u.Cert = "-----BEGIN CERTIFICATE-----\n" + rand.Text() + "\n-----END CERTIFICATE-----\n"
		u.Key = "-----BEGIN PRIVATE KEY-----\n" + rand.Text() + "\n-----END PRIVATE KEY-----\n"
	}
	return u
}

func newPassword() string { return "AVNS_" + rand.Text()[:19] }

// databaseUserView leaves out what is secret for a token that may not see it.
func (c *call) databaseUserView(u *databaseUser) any {
	shown := *u
	if !c.token.has(viewCredentials) {
		shown.Password, shown.Cert, shown.Key = "", "", ""
	}
	return shown
}

func (c *call) userReply(status int, u *databaseUser) *reply {
	return &reply{status, object{"user": c.databaseUserView(u)}}
}

func (d *databaseCluster) user(name string) (*databaseUser, bool) {
	i := slices.IndexFunc(d.Users, func(u *databaseUser) bool { return u.Name == name })
	if i < 0 {
		return nil, false
	}
	return d.Users[i], true
}

func onUser(handle func(c *call, d *databaseCluster, u *databaseUser) (*reply, error)) func(c *call, d *databaseCluster) (*reply, error) {
	return func(c *call, d *databaseCluster) (*reply, error) {
		u, ok := d.user(c.path("user"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, d, u)
	}
}

type databaseUserRequest struct {
	Name     string         `json:"name"`
	MySQL    *mysqlSettings `json:"mysql_settings"`
	Settings object         `json:"settings"`
}

// databaseObject is the name of a user, a database or a pool.
var databaseObject = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,62}$`)

func createDatabaseUser(c *call, d *databaseCluster) (*reply, error) {
	var req databaseUserRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	_, taken := d.user(req.Name)
	switch {
	case d.engine().caching:
		return nil, invalid("users are not supported by %s", d.Engine)
	case !databaseObject.MatchString(req.Name):
		return nil, invalid("invalid user name: %q", req.Name)
	case taken:
		return nil, conflict("a user with this name exists already")
	}
	u := newDatabaseUser(d.engine(), req.Name, roleNormal)
	u.Settings = req.Settings
	if err := u.setPlugin(d, req.MySQL); err != nil {
		return nil, err
	}
	d.Users = append(d.Users, u)
	answer := c.userReply(http.StatusCreated, u)
	if d.engine().once {
		u.Password = ""
	}
	return answer, nil
}

// setPlugin changes how a user of MySQL authenticates, where a request says.
func (u *databaseUser) setPlugin(d *databaseCluster, to *mysqlSettings) error {
	switch {
	case to == nil:
		return nil
	case !isMySQL(d.Engine):
		return invalid("mysql_settings are for MySQL only")
	case !slices.Contains(mysqlPlugins, to.Plugin):
		return invalid("invalid auth_plugin: %q", to.Plugin)
	}
	u.MySQL = to
	return nil
}

// updateDatabaseUser changes settings only.
func updateDatabaseUser(c *call, d *databaseCluster, u *databaseUser) (*reply, error) {
	var req databaseUserRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Settings == nil {
		return nil, invalid("settings is required")
	}
	u.Settings = req.Settings
	return c.userReply(http.StatusCreated, u), nil
}

func deleteDatabaseUser(_ *call, d *databaseCluster, u *databaseUser) (*reply, error) {
	if u.Role == rolePrimary {
		return nil, invalid("the user %s cannot be deleted", u.Name)
	}
	d.Users = without(d.Users, u)
	return &reply{http.StatusNoContent, nil}, nil
}

// resetUserAuth gives a new password; with it a MySQL user changes how it
// authenticates.
func resetUserAuth(c *call, d *databaseCluster, u *databaseUser) (*reply, error) {
	var req databaseUserRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := u.setPlugin(d, req.MySQL); err != nil {
		return nil, err
	}
	u.Password = newPassword()
	answer := c.userReply(http.StatusOK, u)
	if d.engine().once {
		u.Password = ""
	}
	return answer, nil
}

package dosim

import (
	"crypto/md5" // the fingerprint is defined by it
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keysBurst is tighter than the limit of the other endpoints.
var keysBurst = limit{n: 10, window: time.Minute}

// keyTypes are those that OpenSSH makes, or made.
var keyTypes = []string{
	"ssh-rsa", "ssh-dss", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
	"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
}

var errKey = invalid("Key invalid, key should be of the format `type key [comment]`")

// sshKeyKind serves the public keys that droplets are created with.
var sshKeyKind = kind{name: "SSHKey", routes: []route{
	{pattern: "GET /v2/account/keys", scope: "ssh_key:read", burst: keysBurst, handle: func(c *call) (*reply, error) {
		return list(c, "ssh_keys", c.team.Keys.rows, (*sshKey).view)
	}},
	{pattern: "POST /v2/account/keys", scope: "ssh_key:create", handle: createKey},
	{pattern: "GET /v2/account/keys/{key}", scope: "ssh_key:read", handle: onKey(func(_ *call, k *sshKey) (*reply, error) {
		return &reply{http.StatusOK, map[string]any{"ssh_key": k.view()}}, nil
	})},
	{pattern: "PUT /v2/account/keys/{key}", scope: "ssh_key:update", handle: onKey(updateKey)},
	{pattern: "DELETE /v2/account/keys/{key}", scope: "ssh_key:delete", handle: onKey(func(c *call, k *sshKey) (*reply, error) {
		c.team.Keys.remove(k.ID)
		return &reply{http.StatusNoContent, nil}, nil
	})},
}}

type sshKey struct {
	ID          int    `json:"id"`
	Name        string `json:"name"`
	PublicKey   string `json:"public_key"`
	Fingerprint string `json:"fingerprint"`
}

func (k *sshKey) key() int { return k.ID }

func (k *sshKey) view() any { return *k }

// findKey looks for an id or a fingerprint.
func (t *team) findKey(ref string) (*sshKey, bool) {
	return t.Keys.find(func(k *sshKey) bool { return strconv.Itoa(k.ID) == ref || k.Fingerprint == ref })
}

func onKey(handle func(c *call, k *sshKey) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		k, ok := c.team.findKey(c.path("key"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, k)
	}
}

func createKey(c *call) (*reply, error) {
	var req struct {
		Name      string `json:"name"`
		PublicKey string `json:"public_key"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	fields := strings.Fields(req.PublicKey)
	if req.Name == "" || len(fields) < 2 || !slices.Contains(keyTypes, fields[0]) {
		return nil, errKey
	}
	blob, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || len(blob) == 0 {
		return nil, errKey
	}
	k := &sshKey{Name: req.Name, PublicKey: req.PublicKey, Fingerprint: fingerprint(blob)}
	if _, taken := c.team.findKey(k.Fingerprint); taken {
		return nil, invalid("SSH Key is already in use on your account")
	}
	k.ID = c.state.nextID()
	c.team.Keys.add(k)
	return &reply{http.StatusCreated, map[string]any{"ssh_key": k.view()}}, nil
}

func fingerprint(blob []byte) string {
	sum := md5.Sum(blob)
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(parts, ":")
}

func updateKey(c *call, k *sshKey) (*reply, error) {
	var req struct{ Name string }
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Name == "" {
		return nil, invalid("Name can't be blank")
	}
	k.Name = req.Name
	return &reply{http.StatusOK, map[string]any{"ssh_key": k.view()}}, nil
}

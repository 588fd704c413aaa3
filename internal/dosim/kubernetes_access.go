package dosim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

// kubeAccess is the scope for what opens a cluster: its credentials are secret.
const kubeAccess = "kubernetes:access_cluster"

// kubeTokenLife is how long a token is good where nobody says how long.
const kubeTokenLife = 7 * 24 * time.Hour

// kubeToken is what opens a cluster. It stays the same, and there is nothing behind it.
func (k *kubeCluster) token() string {
	sum := sha256.Sum256([]byte("token of " + k.ID))
	return "dop_v1_" + hex.EncodeToString(sum[:])
}

// authority has the form of a certificate, but is none.
func (k *kubeCluster) authority() string {
	sum := sha256.Sum256([]byte("authority of " + k.ID))
	pem := "-----BEGIN CERTIFICATE-----\n" + base64.StdEncoding.EncodeToString(sum[:]) + "\n-----END CERTIFICATE-----\n"
	return base64.StdEncoding.EncodeToString([]byte(pem))
}

func (c *call) checkKubeReady(k *kubeCluster) error {
	if k.ReadyAt.After(c.now) || k.Fails {
		return preconditionFailed("the cluster is " + k.state(c.now))
	}
	return nil
}

const kubeconfigForm = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: %[2]s
    server: %[3]s
  name: %[1]s
contexts:
- context:
    cluster: %[1]s
    user: %[1]s-admin
  name: %[1]s
current-context: %[1]s
kind: Config
preferences: {}
users:
- name: %[1]s-admin
  user:
    token: %[4]s
`

func getKubeconfig(c *call, k *kubeCluster) (*reply, error) {
	if err := c.checkKubeReady(k); err != nil {
		return nil, err
	}
	name := "do-" + k.Region + "-" + k.Name
	return &reply{http.StatusOK, text(fmt.Sprintf(kubeconfigForm, name, k.authority(), k.endpoint(), k.token()))}, nil
}

func getKubeCredentials(c *call, k *kubeCluster) (*reply, error) {
	if err := c.checkKubeReady(k); err != nil {
		return nil, err
	}
	life := kubeTokenLife
	if seconds := atoi(c.query("expiry_seconds"), 0); seconds > 0 {
		life = time.Duration(seconds) * time.Second
	}
	return &reply{http.StatusOK, map[string]any{
		"server": k.endpoint(), "certificate_authority_data": k.authority(),
		"client_certificate_data": nil, "client_key_data": nil, "token": k.token(), "expires_at": c.now.Add(life).UTC(),
	}}, nil
}

func getKubeUser(c *call, _ *kubeCluster) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"kubernetes_cluster_user": map[string]any{
		"username": c.token.Email, "groups": []string{"k8saas:authenticated"},
	}}}, nil
}

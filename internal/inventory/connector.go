package inventory

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// Connector gets an account's token and makes its Cloud. It remembers a digest of
// the token that was used last, never the token.
type Connector struct {
	secrets   client.Reader
	clouds    CloudFor
	endpoints []string

	mu   sync.Mutex
	last map[types.UID][sha256.Size]byte
}

// NewConnector reads Secrets with secrets, which must not cache them, and sends tokens to these
// endpoints only.
func NewConnector(secrets client.Reader, clouds CloudFor, endpoints []string) *Connector {
	return &Connector{secrets: secrets, clouds: clouds, endpoints: endpoints, last: map[types.UID][sha256.Size]byte{}}
}

// Connection is an account's Cloud.
type Connection struct {
	Cloud  Cloud
	digest [sha256.Size]byte
	// changed says that the token is not the one of the last sync, or
	// that the account is waiting for a working one.
	changed bool
}

// Connect reads the Secret past the cache, which must not hold Secrets.
func (c *Connector) Connect(ctx context.Context, account *driftv1alpha1.CloudAccount) (Connection, Problem) {
	endpoint := account.Spec.Endpoint
	if !c.allowed(endpoint) {
		return Connection{}, Problem{Reason: driftv1alpha1.ReasonFixEndpoint, Message: fmt.Sprintf(
			"endpoint %s is not one that the operator may send a token to (%s); it is started with --allowed-endpoint for each",
			endpoint, strings.Join(c.endpoints, ", "))}
	}
	ref := account.Spec.TokenSecretRef
	key := ref.Key
	if key == "" {
		key = "token"
	}
	secret := &corev1.Secret{}
	if err := c.secrets.Get(ctx, client.ObjectKey{Namespace: account.Namespace, Name: ref.Name}, secret); err != nil {
		message := fmt.Sprintf("reading Secret %s: %v", ref.Name, err)
		if apierrors.IsNotFound(err) {
			message = fmt.Sprintf("Secret %s does not exist", ref.Name)
		}
		return Connection{}, Problem{Reason: driftv1alpha1.ReasonFixSecret, Message: message}
	}
	token := strings.TrimSpace(string(secret.Data[key]))
	if token == "" {
		return Connection{}, Problem{Reason: driftv1alpha1.ReasonFixSecret,
			Message: fmt.Sprintf("Secret %s has no key %q, or it is empty", ref.Name, key)}
	}
	cloud, err := c.clouds(endpoint, token)
	if p, known := cloudProblem(err); known {
		return Connection{}, p
	}
	if err != nil {
		return Connection{}, Problem{Reason: driftv1alpha1.ReasonFixEndpoint, Message: fmt.Sprintf("endpoint %s: %v", endpoint, err)}
	}
	out := Connection{Cloud: cloud, digest: sha256.Sum256([]byte(token))}
	c.mu.Lock()
	defer c.mu.Unlock()
	last, known := c.last[account.UID]
	out.changed = known && last != out.digest || !known && awaitsToken(account)
	return out, Problem{}
}

// awaitsToken says whether the account's last pass failed for want of a token
// that works, so that a restarted operator tries the one that is there.
func awaitsToken(account *driftv1alpha1.CloudAccount) bool {
	switch objects.CurrentVerdict(account.Status.Conditions, driftv1alpha1.ConditionReady).Reason {
	case driftv1alpha1.ReasonFixCredentials, driftv1alpha1.ReasonFixSecret, driftv1alpha1.ReasonFixEndpoint:
		return true
	}
	return false
}

// Used remembers the token of a sync that was made.
func (c *Connector) Used(uid types.UID, used Connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last[uid] = used.digest
}

// Forget drops an account that is gone.
func (c *Connector) Forget(uid types.UID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.last, uid)
}

// allowed compares what is meant, not how it is spelled.
func (c *Connector) allowed(endpoint string) bool {
	return slices.ContainsFunc(c.endpoints, func(allowed string) bool {
		return sameEndpoint(endpoint, allowed)
	})
}

func sameEndpoint(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	if errX != nil || errY != nil {
		return false
	}
	return strings.EqualFold(x.Scheme, y.Scheme) && strings.EqualFold(x.Host, y.Host) &&
		strings.TrimSuffix(x.Path, "/") == strings.TrimSuffix(y.Path, "/")
}

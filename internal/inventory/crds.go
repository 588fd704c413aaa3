package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// errOldCRDs says that the API server answered a write without a field that was
// written: its CRDs are older than this operator.
var errOldCRDs = errors.New("the CRDs are older than the operator")

// crdsEvery is how often at most it is looked whether the CRDs are there.
const crdsEvery = time.Minute

// CRDGuard notices CRDs that are gone, or older than the operator. A CRD that is gone
// shows when its objects are listed past the cache, which takes no permission beyond the
// operator's own; an older one shows when an object comes back from a write with less
// than was written.
type CRDGuard struct {
	live  client.Reader
	clock clock.PassiveClock

	mu        sync.Mutex
	checkedAt time.Time
	gone      error
	// old are the fields that did not come back, and what to do.
	old map[string]error
}

// NewCRDGuard lists past the cache with live.
func NewCRDGuard(live client.Reader, clock clock.PassiveClock) *CRDGuard {
	return &CRDGuard{live: live, clock: clock}
}

// Check says whether a CRD is gone, as far as anybody can see from this namespace.
// Nothing can be recorded then.
func (g *CRDGuard) Check(ctx context.Context, namespace string) Problem {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.clock.Now(); g.checkedAt.IsZero() || now.Sub(g.checkedAt).Abs() >= crdsEvery {
		g.checkedAt = now
		g.gone = g.look(ctx, namespace)
	}
	if g.gone == nil {
		return Problem{}
	}
	return Problem{Reason: driftv1alpha1.ReasonFixCRDs, Message: objects.Shorten(g.gone.Error(), objects.MessageLimit)}
}

func (g *CRDGuard) look(ctx context.Context, namespace string) error {
	for _, list := range []client.ObjectList{
		&driftv1alpha1.CloudResourceList{}, &driftv1alpha1.CloudProvisionedList{}, &driftv1alpha1.CloudDriftList{},
	} {
		err := g.live.List(ctx, list, client.InNamespace(namespace), client.Limit(1))
		if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
			kind := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", list), "*v1alpha1."), "List")
			return fmt.Errorf("the API server serves no %s: apply config/crd of the operator's version: %w", kind, err)
		}
	}
	return nil
}

// Kept takes whether a field that was written came back.
func (g *CRDGuard) Kept(field string, kept bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if kept {
		delete(g.old, field)
		return nil
	}
	if g.old == nil {
		g.old = map[string]error{}
	}
	g.old[field] = fmt.Errorf("%w: %s was written and is not stored; apply config/crd of the operator's version", errOldCRDs, field)
	return g.old[field]
}

// Age says whether the last writes showed that the CRDs are older than the operator.
func (g *CRDGuard) Age() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, field := range slices.Sorted(maps.Keys(g.old)) {
		return g.old[field]
	}
	return nil
}

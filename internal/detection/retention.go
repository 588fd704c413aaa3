package detection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// What an account's history keeps, as the CRD defaults it.
const (
	defaultRetainDays     = 90
	defaultRetainEpisodes = 10
)

// Retention closes drifts that nobody declares any more, and deletes resolved ones
// that the account's history policy lets go.
type Retention struct {
	objects.Access
}

// NewRetention returns what tidies the drifts of any account.
func NewRetention(access objects.Access) Retention { return Retention{access} }

// Tidy does what is due. What fails is due the next time, too.
func (h Retention) Tidy(ctx context.Context, account *driftv1alpha1.CloudAccount) error {
	var list driftv1alpha1.CloudDriftList
	if err := h.Client.List(ctx, &list, client.InNamespace(account.Namespace), client.MatchingFields{
		objects.ByAccount: account.Name,
	}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the account's CloudDrifts: %w", err)
	}
	return errors.Join(h.closeAbandoned(ctx, list.Items), h.prune(ctx, account, list.Items))
}

func (h Retention) prune(ctx context.Context, account *driftv1alpha1.CloudAccount, drifts []driftv1alpha1.CloudDrift) error {
	for _, d := range expired(drifts, account.Spec.History, h.Clock.Now()) {
		err := h.Client.Delete(ctx, d.DeepCopy(), client.Preconditions{UID: &d.UID, ResourceVersion: &d.ResourceVersion})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting CloudDrift %s, which is past its retention: %w", d.Name, err)
		}
	}
	return nil
}

// closeAbandoned closes the open drifts whose declaration is gone, as after a
// deletion with --cascade=orphan: no detection finds them, and the field could
// drift a second time beside them. A resolution that had begun ends with what it
// was to be written into.
func (h Retention) closeAbandoned(ctx context.Context, drifts []driftv1alpha1.CloudDrift) error {
	for i := range drifts {
		if objects.IsResolved(&drifts[i]) || !drifts[i].DeletionTimestamp.IsZero() {
			continue
		}
		abandoned, err := h.abandoned(ctx, &drifts[i])
		if err != nil {
			return err
		}
		if !abandoned {
			continue
		}
		d := drifts[i].DeepCopy()
		if err := writeStale(ctx, h.Client, d, h.Clock.Now()); apierrors.IsNotFound(err) {
			continue // collected
		} else if err != nil {
			return err
		}
		h.Events.DriftAbandoned(d)
	}
	return nil
}

// abandoned says whether the drift's declaration is gone, not only behind in the
// cache.
func (h Retention) abandoned(ctx context.Context, d *driftv1alpha1.CloudDrift) (bool, error) {
	owner := metav1.GetControllerOf(d)
	if owner == nil {
		return true, nil
	}
	key := client.ObjectKey{Namespace: d.Namespace, Name: owner.Name}
	for _, reader := range []client.Reader{h.Client, h.Live} {
		var p driftv1alpha1.CloudProvisioned
		err := reader.Get(ctx, key, &p, client.UnsafeDisableDeepCopy)
		if err == nil && p.UID == owner.UID {
			return false, nil
		}
		if client.IgnoreNotFound(err) != nil {
			return false, fmt.Errorf("getting CloudProvisioned %s: %w", key, err)
		}
	}
	return true, nil
}

// mostResolved is how many resolved drifts are kept of one declaration, whatever the policy
// says: each key of a list is a field, and one that flaps has an episode a minute.
const mostResolved = 500

// expired are the resolved drifts that are both too old and not among the last
// episodes of their field and, of a declaration with too many resolved drifts, the oldest.
func expired(drifts []driftv1alpha1.CloudDrift, policy driftv1alpha1.HistoryPolicy, now time.Time) []*driftv1alpha1.CloudDrift {
	keepAfter := now.AddDate(0, 0, -int(ptr.Deref(policy.RetainDays, defaultRetainDays)))
	byField := map[string][]*driftv1alpha1.CloudDrift{}
	for i := range drifts {
		d := &drifts[i]
		key := objects.IndexKey(d.Spec.ResourceRef.Name, d.Spec.Field)
		byField[key] = append(byField[key], d)
	}
	var out []*driftv1alpha1.CloudDrift
	for _, episodes := range byField {
		slices.SortFunc(episodes, func(a, b *driftv1alpha1.CloudDrift) int { return cmp.Compare(b.Spec.Episode, a.Spec.Episode) })
		for i, d := range episodes {
			old := objects.IsResolved(d) && d.Status.ResolvedAt != nil && d.Status.ResolvedAt.Time.Before(keepAfter)
			if old && i >= int(ptr.Deref(policy.RetainEpisodes, defaultRetainEpisodes)) {
				out = append(out, d)
			}
		}
	}
	out = append(out, surplus(drifts, out)...)
	slices.SortFunc(out, func(a, b *driftv1alpha1.CloudDrift) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// surplus are the oldest resolved drifts of declarations that keep more than mostResolved,
// without those that are deleted anyway.
func surplus(drifts []driftv1alpha1.CloudDrift, going []*driftv1alpha1.CloudDrift) []*driftv1alpha1.CloudDrift {
	gone := make(map[*driftv1alpha1.CloudDrift]bool, len(going))
	for _, d := range going {
		gone[d] = true
	}
	kept := map[types.UID][]*driftv1alpha1.CloudDrift{}
	for i := range drifts {
		d := &drifts[i]
		if !objects.IsResolved(d) || d.Status.ResolvedAt == nil || gone[d] {
			continue
		}
		var owner types.UID // those of no declaration, which were orphaned, are counted together
		if controller := metav1.GetControllerOfNoCopy(d); controller != nil {
			owner = controller.UID
		}
		kept[owner] = append(kept[owner], d)
	}
	var out []*driftv1alpha1.CloudDrift
	for _, resolved := range kept {
		if len(resolved) <= mostResolved {
			continue
		}
		slices.SortFunc(resolved, func(a, b *driftv1alpha1.CloudDrift) int {
			return cmp.Or(a.Status.ResolvedAt.Compare(b.Status.ResolvedAt.Time), cmp.Compare(a.Name, b.Name))
		})
		out = append(out, resolved[:len(resolved)-mostResolved]...)
	}
	return out
}

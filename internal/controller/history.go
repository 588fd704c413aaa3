package controller

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// What an account's history keeps, as the CRD defaults it.
const (
	defaultRetainDays     = 90
	defaultRetainEpisodes = 10
)

// historian deletes resolved drifts that the account's history policy lets go.
type historian struct {
	client client.Client
	clock  clock.PassiveClock
}

func (h historian) prune(ctx context.Context, account *driftv1alpha1.CloudAccount) error {
	var list driftv1alpha1.CloudDriftList
	if err := h.client.List(ctx, &list, client.InNamespace(account.Namespace), client.MatchingFields{
		byAccount: account.Name,
	}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the account's CloudDrifts: %w", err)
	}
	for _, d := range expired(list.Items, account.Spec.History, h.clock.Now()) {
		err := h.client.Delete(ctx, d.DeepCopy(), client.Preconditions{UID: &d.UID, ResourceVersion: &d.ResourceVersion})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting CloudDrift %s, which is past its retention: %w", d.Name, err)
		}
	}
	return nil
}

// expired are the resolved drifts that are both too old and not among the last
// episodes of their field.
func expired(drifts []driftv1alpha1.CloudDrift, policy driftv1alpha1.HistoryPolicy, now time.Time) []*driftv1alpha1.CloudDrift {
	keepAfter := now.AddDate(0, 0, -int(ptr.Deref(policy.RetainDays, defaultRetainDays)))
	byField := map[string][]*driftv1alpha1.CloudDrift{}
	for i := range drifts {
		d := &drifts[i]
		key := indexKey(d.Spec.ResourceRef.Name, d.Spec.Field)
		byField[key] = append(byField[key], d)
	}
	var out []*driftv1alpha1.CloudDrift
	for _, episodes := range byField {
		slices.SortFunc(episodes, func(a, b *driftv1alpha1.CloudDrift) int { return cmp.Compare(b.Spec.Episode, a.Spec.Episode) })
		for i, d := range episodes {
			old := isResolved(d) && d.Status.ResolvedAt != nil && d.Status.ResolvedAt.Time.Before(keepAfter)
			if old && i >= int(ptr.Deref(policy.RetainEpisodes, defaultRetainEpisodes)) {
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, func(a, b *driftv1alpha1.CloudDrift) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

package objects

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// KindStatus is what the account's status says of a kind; zero where it says nothing.
func KindStatus(account *driftv1alpha1.CloudAccount, kind string) driftv1alpha1.KindStatus {
	for _, k := range account.Status.Kinds {
		if k.Kind == kind {
			return k
		}
	}
	return driftv1alpha1.KindStatus{}
}

// Freshness is how new what the inventory says of a resource is.
type Freshness struct {
	// ObservedAt is when the last complete listing of what the resource belongs to was asked
	// for: the whole kind, or its parent's children. Nil: never was one complete.
	ObservedAt *metav1.Time
	// MissedSyncs is how many syncs in a row brought none since.
	MissedSyncs int32
	// BehindSince is set where the latest sync brought none; Reason and Message say why.
	BehindSince     *metav1.Time
	Reason, Message string
}

// FreshnessOf is the freshness of one resource, there or not. id is "" where nobody knows yet
// which is meant: then it is the kind's.
func FreshnessOf(account *driftv1alpha1.CloudAccount, kind kinds.Kind, id string) Freshness {
	return FreshnessIn(KindStatus(account, kind.Name), kind, id)
}

// FreshnessIn is FreshnessOf by what a status says of the kind.
func FreshnessIn(k driftv1alpha1.KindStatus, kind kinds.Kind, id string) Freshness {
	out := Freshness{ObservedAt: k.ObservedAt, MissedSyncs: k.MissedSyncs, BehindSince: k.BehindSince, Reason: k.Reason, Message: k.Message}
	if id == "" || len(k.BehindParents) == 0 {
		return out
	}
	parent := kind.ParentOf(id)
	at := slices.IndexFunc(k.BehindParents, func(behind driftv1alpha1.BehindParent) bool { return SameParent(kind, behind.ID, parent) })
	if at < 0 {
		return Freshness{ObservedAt: k.OthersObservedAt}
	}
	out.ObservedAt, out.MissedSyncs = k.BehindParents[at].ObservedAt, k.BehindParents[at].MissedSyncs
	return out
}

// SameParent says whether two spellings of an id are one parent of a kind.
func SameParent(kind kinds.Kind, a, b string) bool {
	return CanonicalID(resource.Ref{Kind: kind.Parent, ID: a}) == CanonicalID(resource.Ref{Kind: kind.Parent, ID: b})
}

// RecordedAt is when everything had been recorded that may have a name: nil where some of
// the kind is not recorded yet, or could not be listed.
func RecordedAt(account *driftv1alpha1.CloudAccount, kind kinds.Kind, name string) *metav1.MicroTime {
	k := KindStatus(account, kind.Name)
	if slices.ContainsFunc(k.BehindParents, func(behind driftv1alpha1.BehindParent) bool { return kind.MayHold(behind.ID, name) }) {
		return nil
	}
	return k.RecordedAt
}

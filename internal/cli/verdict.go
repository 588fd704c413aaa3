package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// finding is what can be told of the declarations that are chosen: what differs, what nobody
// can tell, and what nobody declared.
type finding struct {
	accounts []driftv1alpha1.CloudAccount
	declared []driftv1alpha1.CloudProvisioned
	// drifts are the open ones that count, and snoozed those that do not yet.
	drifts, snoozed []driftv1alpha1.CloudDrift
	unknown         []unknown
	// uncovered are kinds of which something lives that nobody declared.
	uncovered []uncovered
}

// unknown is something of which nobody can tell whether it is in sync.
type unknown struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`
	Message   string `json:"message"`
}

// uncovered counts resources of a kind that nobody declared and nothing else looks after.
type uncovered struct {
	Account   string `json:"account"`
	Kind      string `json:"kind"`
	Live      int32  `json:"resources"`
	Declared  int32  `json:"managed"`
	Unmanaged int32  `json:"unmanaged"`
	Owned     int32  `json:"owned"`
}

// grace is how late a sync may be before it counts as missing.
const grace = 15 * time.Minute

// find looks at the accounts and declarations that are chosen. Where maxAge is not zero, an
// inventory that is older tells nothing.
func (e *Env) find(ctx context.Context, c *chosen, maxAge time.Duration) (*finding, error) {
	f := &finding{}
	open, err := e.drifts(ctx, c, driftv1alpha1.DriftOpen)
	if err != nil {
		return nil, err
	}
	f.drifts, f.snoozed = e.splitSnoozed(open)
	if f.accounts, err = e.accounts(ctx, c); err != nil {
		return nil, err
	}
	if f.declared, err = e.declarations(ctx, c); err != nil {
		return nil, err
	}
	for i := range f.accounts {
		a := &f.accounts[i]
		if reason, message := e.overdue(a, maxAge); reason != "" {
			f.unknown = append(f.unknown, unknown{"CloudAccount", a.Namespace, a.Name, reason, message})
		}
		if w := meta.FindStatusCondition(a.Status.Conditions, driftv1alpha1.ConditionDriftsWithheld); w != nil && w.Status == metav1.ConditionTrue {
			f.unknown = append(f.unknown, unknown{"CloudAccount", a.Namespace, a.Name, w.Reason, w.Message})
		}
		f.uncovered = append(f.uncovered, uncoveredOf(a, c)...)
	}
	for i := range f.declared {
		p := &f.declared[i]
		if reason, message := unsure(p); reason != "" {
			f.unknown = append(f.unknown, unknown{"CloudProvisioned", p.Namespace, p.Name, reason, message})
		}
	}
	if len(f.declared) == 0 {
		f.unknown = append(f.unknown, unknown{"Namespace", "", "", "NothingDeclared", "no CloudProvisioned is chosen" + e.where(c.everywhere)})
	}
	return f, nil
}

// overdue says why an account's inventory tells nothing of what is now, "" where it does.
func (e *Env) overdue(a *driftv1alpha1.CloudAccount, maxAge time.Duration) (reason, message string) {
	now := e.Clock.Now()
	last, next := a.Status.LastSyncTime, a.Status.NextSyncTime
	switch {
	case last == nil:
		return "NeverSynced", "no sync has been made yet" + because(a.Status.Conditions, driftv1alpha1.ConditionReady)
	case maxAge > 0 && now.Sub(last.Time) > maxAge:
		return "Stale", fmt.Sprintf("the last sync was %s ago, and may be %s", e.since(last), maxAge)
	case next != nil && now.Sub(next.Time) > grace:
		return "Overdue", fmt.Sprintf("a sync was due %s ago; is the operator running?", e.since(next))
	}
	return "", ""
}

// because is what a condition says where it is not True.
func because(conditions []metav1.Condition, name string) string {
	c := meta.FindStatusCondition(conditions, name)
	if c == nil || c.Status == metav1.ConditionTrue {
		return ""
	}
	return ": " + c.Reason + ": " + c.Message
}

// unsure says why nobody can tell whether a declaration is in sync, "" where somebody can.
func unsure(p *driftv1alpha1.CloudProvisioned) (reason, message string) {
	inSync := meta.FindStatusCondition(p.Status.Conditions, driftv1alpha1.ConditionInSync)
	switch {
	case inSync == nil || p.Status.ObservedGeneration < p.Generation:
		return "NotLookedAt", "the operator has not looked at it yet"
	case inSync.Status != metav1.ConditionUnknown:
		return "", ""
	case inSync.Reason == driftv1alpha1.ReasonNotReady:
		if ready := meta.FindStatusCondition(p.Status.Conditions, driftv1alpha1.ConditionReady); ready != nil {
			return ready.Reason, ready.Message
		}
	}
	return inSync.Reason, inSync.Message
}

func uncoveredOf(a *driftv1alpha1.CloudAccount, c *chosen) []uncovered {
	var out []uncovered
	for _, k := range a.Status.Kinds {
		if len(c.kinds) > 0 && !slices.Contains(c.kinds, k.Kind) || k.Resources == nil {
			continue
		}
		u := uncovered{Account: a.Name, Kind: k.Kind, Live: *k.Resources, Declared: ptr.Deref(k.Managed, 0), Owned: ptr.Deref(k.Owned, 0)}
		u.Unmanaged = ptr.Deref(k.Unmanaged, u.Live-u.Declared-u.Owned)
		if u.Unmanaged > 0 {
			out = append(out, u)
		}
	}
	return out
}

// accounts are those that are chosen, by name. One that is named has to be there.
func (e *Env) accounts(ctx context.Context, c *chosen) ([]driftv1alpha1.CloudAccount, error) {
	out, err := listAll(ctx, e, c, &driftv1alpha1.CloudAccountList{}, func(l *driftv1alpha1.CloudAccountList) []driftv1alpha1.CloudAccount { return l.Items })
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(out))
	for i := range out {
		names = append(names, out[i].Name)
	}
	for _, name := range c.accounts {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no CloudAccount %q%s%s", name, e.where(c.everywhere), didYouMean(name, names))
		}
	}
	out = slices.DeleteFunc(out, func(a driftv1alpha1.CloudAccount) bool {
		return len(c.accounts) > 0 && !slices.Contains(c.accounts, a.Name)
	})
	slices.SortFunc(out, func(a, b driftv1alpha1.CloudAccount) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// declarations are those that are chosen, by name.
func (e *Env) declarations(ctx context.Context, c *chosen) ([]driftv1alpha1.CloudProvisioned, error) {
	out, err := listAll(ctx, e, c, &driftv1alpha1.CloudProvisionedList{}, func(l *driftv1alpha1.CloudProvisionedList) []driftv1alpha1.CloudProvisioned { return l.Items })
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(p driftv1alpha1.CloudProvisioned) bool {
		return len(c.accounts) > 0 && !slices.Contains(c.accounts, p.Spec.AccountRef.Name) ||
			len(c.kinds) > 0 && !slices.Contains(c.kinds, p.Spec.Resource.Kind)
	})
	slices.SortFunc(out, func(a, b driftv1alpha1.CloudProvisioned) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// listAll lists page by page.
func listAll[L client.ObjectList, T any](ctx context.Context, e *Env, c *chosen, list L, items func(L) []T) ([]T, error) {
	cluster, err := e.Client()
	if err != nil {
		return nil, err
	}
	namespace, err := e.Namespace()
	if err != nil {
		return nil, err
	}
	if c.everywhere {
		namespace = ""
	}
	var out []T
	for next := ""; ; {
		into, _ := list.DeepCopyObject().(L)
		if err := cluster.List(ctx, into, client.InNamespace(namespace), client.Limit(page), client.Continue(next)); err != nil {
			return nil, err
		}
		out = append(out, items(into)...)
		if next = into.GetContinue(); next == "" {
			return out, nil
		}
	}
}

// gone says whether a drift is that of a resource that is gone.
func gone(d *driftv1alpha1.CloudDrift) bool { return d.Spec.Field == drift.Existence }

package cli

import (
	"context"
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

func TestExplain(t *testing.T) {
	newPlugin(t).goldens(map[string]string{
		"explain":              "explain",
		"explain-kind":         "explain Volume",
		"explain-elements":     "explain LoadBalancer",
		"explain-field":        "explain droplet.size_slug",
		"explain-inner":        "explain Droplet.backup_policy.plan",
		"explain-object":       "explain Droplet.backup_policy",
		"explain-list":         "explain Firewall.inbound_rules",
		"explain-bad-kind":     "explain Dropplet",
		"explain-bad-field":    "explain Droplet.size",
		"explain-unreadable":   "explain Droplet.user_data",
		"explain-bad-path":     "explain Droplet.a..b",
		"explain-bad-argument": "explain Droplet size",
	})
}

func TestStatus(t *testing.T) {
	p := newPlugin(t, infra(t)...)
	p.goldens(map[string]string{
		"status":         "status",
		"status-kind":    "status -A --kind Droplet",
		"status-nothing": "status -n elsewhere",
	})
	p.clock.SetTime(noon.Add(40 * time.Minute))
	p.goldens(map[string]string{"status-overdue": "status --kind Droplet"})
}

func TestHistory(t *testing.T) {
	newPlugin(t, infra(t)...).goldens(map[string]string{
		"history":          "history web-1",
		"history-field":    "history cloudprovisioned/web-1 --field size_slug",
		"history-id":       "history droplet/3164444 -o name",
		"history-none":     "history data",
		"history-bad-name": "history web-3",
		"history-no-name":  "history",
	})
}

// Who may not see declarations sees the drifts all the same.
func TestHistoryWithoutDeclarations(t *testing.T) {
	stored, _ := launch()
	p := newPlugin(t)
	p.cluster = memory(interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
			return apierrors.NewForbidden(driftv1alpha1.GroupVersion.WithResource("cloudprovisioneds").GroupResource(), key.Name,
				errors.New(`User "alice" cannot get resource "cloudprovisioneds" in API group "drift.arcadia.cloud" in the namespace "infra"`))
		},
	}, stored...)
	p.goldens(map[string]string{"history-forbidden": "history api"})
}

// What was accepted and what is snoozed is told by all that give an overview.
func TestOverviewsOfAcceptsAndSnoozes(t *testing.T) {
	stored, _ := launch()
	stored = append(stored, snoozedIn(infra(t))[1:]...) // which have the same account
	a, _ := stored[0].(*driftv1alpha1.CloudAccount)
	a.Status.PendingAcceptances = ptr.To(int32(1))
	objects.False(driftv1alpha1.ReasonRuleMatchesNothing, "nothing that is declared matches Droplet backup_policy").
		Set(&a.Status.Conditions, driftv1alpha1.ConditionIgnoreRulesMatch, 1, *ago(time.Hour))
	newPlugin(t, stored...).goldens(map[string]string{
		"status-accepts":   "status",
		"status-accepts-A": "status -A --kind Droplet",
		"history-accepts":  "history api",
		"history-snoozed":  "history web-1 --field size_slug",
		"report-accepts":   "report --kind Droplet",
	})
}

func TestSync(t *testing.T) {
	p := newPlugin(t, infra(t)...)
	p.goldens(map[string]string{"sync": "sync", "sync-bad-name": "sync prodution", "sync-nothing": "sync -n elsewhere"})
	a := &driftv1alpha1.CloudAccount{}
	if err := p.cluster.Get(t.Context(), client.ObjectKey{Namespace: "infra", Name: "production"}, a); err != nil {
		t.Fatal(err)
	}
	if a.Annotations[driftv1alpha1.SyncAnnotation] == "" {
		t.Error("nothing was asked for")
	}
}

// synced answers a request for a sync at once.
func synced(whole objects.Verdict) interceptor.Funcs {
	return interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := c.Patch(ctx, o, patch, options...); err != nil {
				return err
			}
			a := o.DeepCopyObject().(*driftv1alpha1.CloudAccount)
			a.Status.LastHandledSyncRequest = a.Annotations[driftv1alpha1.SyncAnnotation]
			whole.Set(&a.Status.Conditions, driftv1alpha1.ConditionSynced, 1, *ago(0))
			return c.Status().Update(ctx, a)
		},
	}
}

func TestSyncAndWait(t *testing.T) {
	for name, whole := range map[string]objects.Verdict{
		"sync-wait":         objects.True(driftv1alpha1.ReasonSynced, ""),
		"sync-wait-refused": objects.False(driftv1alpha1.ReasonFixCredentials, "asking for the account: 401 Unauthorized"),
	} {
		p := newPlugin(t)
		p.cluster = memory(synced(whole), infra(t)...)
		golden(t, name, "sync --wait", p.run("sync", "--wait"))
	}
	p := newPlugin(t)
	p.cluster = memory(synced(objects.True(driftv1alpha1.ReasonSynced, "")), calm(nil)...)
	golden(t, "check-sync", "check --sync", p.run("check", "--sync"))
}

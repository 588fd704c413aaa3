package controller

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/detection"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// oneDroplet is a Cloud with a droplet that the inventory knows, of which what costs calls of
// its own can't be seen. failing is the kind whose listing fails.
type oneDroplet struct {
	inventory.Cloud
	failing string
}

func (c *oneDroplet) Account(context.Context) (digitalocean.Account, error) {
	return digitalocean.Account{TeamUUID: "team"}, nil
}

func (c *oneDroplet) RateLimit() digitalocean.RateLimit { return digitalocean.RateLimit{} }

func (c *oneDroplet) Without(string, ...string) inventory.Cloud { return c }

func (c *oneDroplet) Knowing(func(resource.Resource) bool) inventory.Cloud { return c }

func (c *oneDroplet) List(_ context.Context, kind, _ string) (resource.Listing, error) {
	out := resource.Listing{Kind: kind, StartedAt: objectstest.Noon}
	if kind == c.failing {
		return out, &digitalocean.Error{Class: digitalocean.ServerError, Doing: "listing " + kind}
	}
	if out.Complete = true; kind == "Droplet" {
		out.Unchanged = []string{"1"}
	}
	return out, nil
}

// A declaration that waits for a sync to look at what it declares is answered by one that
// brought its kind, and not by one that brought others.
func TestASyncAnswersForTheKindsThatItBrought(t *testing.T) {
	account := objectstest.Recorded("Droplet")
	account.Status.TeamUUID = "team"
	p := objectstest.Named("Droplet", "", nil, map[string]string{"backups": "true"})
	p.Spec.Resource.ID = "1"
	r := objectstest.Live(t, "Droplet", "1", "web-1", nil, nil)
	r.Observed.Unseen = []string{"backups", "backup_policy"}
	r.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(account, driftv1alpha1.GroupVersion.WithKind("CloudAccount"))}
	c := objectstest.Stored(t, interceptor.Funcs{}, account, p, &r)
	reconciler := reconcilerOf(c, c)
	detector := detection.NewDetector(reconciler.Access, reconciler.timetables, reconciler.pending)
	inSync := func() string {
		t.Helper()
		if _, err := detector.Detect(t.Context(), client.ObjectKeyFromObject(p)); err != nil {
			t.Fatal(err)
		}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(p), p); err != nil {
			t.Fatal(err)
		}
		return objects.CurrentVerdict(p.Status.Conditions, driftv1alpha1.ConditionInSync).Reason
	}
	if got := inSync(); got != driftv1alpha1.ReasonAwaitingInventory {
		t.Fatalf("before any sync: %s", got)
	}
	for _, tt := range []struct{ failing, want string }{
		{"Droplet", driftv1alpha1.ReasonAwaitingInventory},
		{"Volume", driftv1alpha1.ReasonFixFieldsUnseen},
	} {
		pass := &accountPass{account: account.DeepCopy(), connection: inventory.Connection{Cloud: &oneDroplet{failing: tt.failing}}, startedAt: objectstest.Noon,
			timetable: reconciler.timetables.Of(account)}
		if !reconciler.beginSync(t.Context(), pass) || !pass.begun {
			t.Fatal("no sync was begun")
		}
		if err := reconciler.collect(t.Context(), pass); err != nil || !pass.ended() {
			t.Fatalf("the sync has not ended: %v", err)
		}
		if got := inSync(); got != tt.want {
			t.Errorf("after a sync that could not list the kind %s: %s, want %s", tt.failing, got, tt.want)
		}
	}
}

package detection

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestRequestsAfterARestart(t *testing.T) {
	for name, c := range map[string]struct {
		why      string
		verdict  objects.Verdict
		observed int64
		awaited  bool
	}{
		"new":                   {"nobody has looked", objects.Verdict{}, 0, true},
		"in sync, before":       {"the field was seen then, and is not now", objects.True(driftv1alpha1.ReasonInSync, ""), 2, true},
		"not looked at yet":     {"the sync is on its way", objects.Unknown(driftv1alpha1.ReasonAwaitingInventory, ""), 2, true},
		"looked at, and hidden": {"another sync would see no more", objects.Unknown(driftv1alpha1.ReasonFixFieldsUnseen, ""), 2, false},
		"edited since":          {"the field may be new", objects.Unknown(driftv1alpha1.ReasonFixFieldsUnseen, ""), 1, true},
	} {
		p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Name: "web-1", Generation: 2}}
		p.Status.ObservedGeneration = c.observed
		if c.verdict.Status != "" {
			c.verdict.Set(&p.Status.Conditions, driftv1alpha1.ConditionInSync, c.observed, metav1.NewTime(objectstest.Noon))
		}
		asked := 0
		r := NewPendingRequests(func(types.NamespacedName) { asked++ })
		first, second := r.request(p), r.request(p)
		if first != c.awaited || second != c.awaited || (asked == 1) != c.awaited || asked > 1 {
			t.Errorf("%s: waits %v and %v, asked %d times, although %s", name, first, second, asked, c.why)
		}
	}
}

// A sync that could not list a kind looked for nothing of it.
func TestARequestIsAnsweredByItsKindAlone(t *testing.T) {
	r := NewPendingRequests(func(types.NamespacedName) {})
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "p", Generation: 1}}
	p.Spec.AccountRef.Name, p.Spec.Resource.Kind = "a", "Droplet"
	account := types.NamespacedName{Namespace: "n", Name: "a"}
	if !r.request(p) {
		t.Fatal("nothing is waited for")
	}
	r.Attempt(account)(func(kind string) bool { return kind == "Volume" })
	if !r.request(p) {
		t.Error("the droplets could not be listed, and the declaration no longer waits")
	}
	r.Attempt(account)(func(kind string) bool { return kind == "Droplet" })
	if r.request(p) {
		t.Error("the droplets were listed, and the declaration still waits")
	}
}

// Editing a declaration over and over spends one early sync a minute.
func TestEarlySyncsAreLimited(t *testing.T) {
	r := NewPendingRequests(func(types.NamespacedName) {})
	account := types.NamespacedName{Namespace: "n", Name: "a"}
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "p"}}
	p.Spec.AccountRef.Name, p.Spec.Resource.Kind = "a", "Droplet"
	syncs := 0
	for second := range 120 {
		now := objectstest.Noon.Add(time.Duration(second) * time.Second)
		p.Generation++
		r.request(p)
		if at := r.Due(account, now); !at.IsZero() && !at.After(now) {
			syncs++
			r.MakesEarly(account, now)
			r.Attempt(account)(func(string) bool { return false })
		}
	}
	if syncs != 2 {
		t.Errorf("%d syncs in two minutes, want 2", syncs)
	}
	if at := r.Due(account, objectstest.Noon.Add(-time.Hour)); at.After(objectstest.Noon) {
		t.Errorf("the clock was set back, and the next is only due at %s", at)
	}
}

// A declaration that is made anew under the same name names other fields, at the same
// generation, and its predecessor's going may not have been noticed.
func TestARequestIsOfOneDeclaration(t *testing.T) {
	asked := 0
	r := NewPendingRequests(func(types.NamespacedName) { asked++ })
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "p", UID: "first", Generation: 1}}
	p.Spec.AccountRef.Name, p.Spec.Resource.Kind = "a", "Droplet"
	account := types.NamespacedName{Namespace: "n", Name: "a"}
	r.request(p)
	r.Attempt(account)(func(string) bool { return true })
	if r.request(p) {
		t.Fatal("it was looked for, and is still awaited")
	}
	p.UID = "second"
	if !r.request(p) || asked != 2 || !r.waits(account) {
		t.Errorf("another declaration of that name: nothing is looked for, asked %d times", asked)
	}
}

func TestCostlyIsWhatRestsOnACallOfItsOwn(t *testing.T) {
	droplet, _ := kinds.Lookup("Droplet")
	volume, _ := kinds.Lookup("Volume")
	for path, want := range map[string]bool{"backups": true, "backup_policy.plan": true, "features": true, "image": false} {
		at, err := resource.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := needsCostly(droplet, []resource.Path{{"tags"}, at}); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
		if needsCostly(volume, []resource.Path{at}) {
			t.Errorf("a volume's %s costs nothing", path)
		}
	}
}

func TestADeletedAccountsRequestsAndBudgetAreForgotten(t *testing.T) {
	account := objectstest.Account()
	name := types.NamespacedName{Namespace: account.Namespace, Name: account.Name}
	r := NewPendingRequests(func(types.NamespacedName) {})
	r.unanswered[name] = []*pendingRequest{{}}
	r.MakesEarly(name, objectstest.Noon)
	s := NewSweeper(nil, quietDetector(), nil)
	_, _ = s.detector.budgets.take(account, 1)
	r.ForgetAccount(name)
	s.Forget(account.UID)
	if len(r.unanswered)+len(r.early) != 0 || len(s.detector.budgets.byAccount) != 0 {
		t.Errorf("%d requests, %d early syncs and %d budgets are kept of an account that is gone",
			len(r.unanswered), len(r.early), len(s.detector.budgets.byAccount))
	}
}

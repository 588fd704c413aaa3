package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// syncerOf is one of an account in memory.
func syncerOf(c client.WithWatch) *Syncer {
	access := objectstest.Access(c, c)
	return NewSyncer(access, NewCRDGuard(access.Live, access.Clock), metrics.NewPasses())
}

// ignored is what nobody waits for.
func ignored(kindReport) {}

// fakeCloud lists as it is told, and knows no id.
type fakeCloud struct {
	list func(ctx context.Context, kind string) error
	get  func(kind, id string) error
	// has are the ids of what it lists, by kind, and for children by kind and parent.
	has map[string][]string
	// of is asked for each parent's listing; nil: all are complete.
	of func(kind, parent string) error

	mu     sync.Mutex
	listed []string
	// now is when it answers; the zero time is noon.
	now time.Time
	// takes is how long a listing of a kind takes.
	takes func(kind string) time.Duration
}

func (c *fakeCloud) at() time.Time {
	if c.now.IsZero() {
		return objectstest.Noon
	}
	return c.now
}

func (c *fakeCloud) Account(context.Context) (digitalocean.Account, error) {
	return digitalocean.Account{TeamUUID: "team"}, nil
}

func (c *fakeCloud) Get(_ context.Context, kind, id string) (resource.Resource, error) {
	if c.get == nil {
		return resource.Resource{}, &digitalocean.Error{Class: digitalocean.NotFound}
	}
	return resource.Resource{}, c.get(kind, id)
}

func (c *fakeCloud) Without(string, ...string) Cloud { return c }

func (c *fakeCloud) Knowing(func(resource.Resource) bool) Cloud { return c }

func (c *fakeCloud) RateLimit() digitalocean.RateLimit { return digitalocean.RateLimit{} }

func (c *fakeCloud) List(ctx context.Context, kind, parent string) (resource.Listing, error) {
	out := resource.Listing{Kind: kind, StartedAt: c.at()}
	if c.takes != nil {
		time.Sleep(c.takes(kind)) // in a bubble; not below, where others would wait for a lock
	}
	if parent == "" {
		if err := c.list(ctx, kind); err != nil {
			return out, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := kind
	if parent != "" {
		if c.of != nil {
			if err := c.of(kind, parent); err != nil {
				return out, err
			}
		}
		key += "/" + parent
	}
	c.listed = append(c.listed, key)
	for _, id := range c.has[key] {
		out.Resources = append(out.Resources, resource.Resource{Ref: resource.Ref{Kind: kind, ID: id}, Values: map[string]any{}, ObservedAt: c.at()})
	}
	out.Complete = true
	return out, nil
}

// One kind whose listing costs more than an hour's requests keeps no other from being
// listed.
func TestNoKindWaitsBehindAnExpensiveOne(t *testing.T) {
	account := objectstest.Account()
	c := objectstest.Stored(t, interceptor.Funcs{}, account)
	cloud := &fakeCloud{list: func(_ context.Context, kind string) error {
		if kind == "Domain" || kind == "Droplet" {
			return &digitalocean.Error{Class: digitalocean.Throttled, Doing: "listing " + kind}
		}
		return nil
	}}
	s := syncerOf(c)
	for range 5 {
		current := &driftv1alpha1.CloudAccount{}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(account), current); err != nil {
			t.Fatal(err)
		}
		if _, err := s.sync(t.Context(), current, cloud, ignored); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range kinds.All() {
		waits := kind.Name == "Domain" || kind.Name == "Droplet" || kind.Parent == "Domain"
		if listed := slices.Contains(cloud.listed, kind.Name); listed == waits && !kind.PerParent() {
			t.Errorf("%s was listed: %v", kind.Name, listed)
		}
	}
}

// A listing that never ends says so of its kind, and the others hold.
func TestASyncEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := objectstest.Account()
		c := objectstest.Stored(t, interceptor.Funcs{}, account)
		s := syncerOf(c)
		began := time.Now()
		report, err := s.sync(t.Context(), account, &fakeCloud{list: func(ctx context.Context, kind string) error {
			if kind == "Volume" {
				<-ctx.Done()
				return &digitalocean.Error{Class: digitalocean.Canceled}
			}
			return nil
		}}, ignored)
		if err != nil || report.Problem.Exists() {
			t.Fatalf("%v, %v", err, report.Problem)
		}
		if took := time.Since(began); took > longestSync {
			t.Errorf("it took %s", took)
		}
		for _, k := range report.kinds {
			if isBehind := k.observedAt.IsZero(); isBehind != (k.kind == "Volume") {
				t.Errorf("%s: behind %v, %v", k.kind, isBehind, k.problem)
			}
			if k.kind == "Volume" && (k.problem.Reason != driftv1alpha1.ReasonUnreachable || !strings.Contains(k.problem.Message, "did not end within")) {
				t.Errorf("said: %v", k.problem)
			}
		}
	})
}

// wholeKinds are those that one listing shows.
func wholeKinds() []kinds.Kind {
	return slices.DeleteFunc(slices.Clone(kinds.All()), kinds.Kind.PerParent)
}

// Ids that exist nowhere spend some requests of a sync, after every listing, and leave
// no kind behind, whatever is answered.
func TestDeclaredIDsAreAskedForLast(t *testing.T) {
	account := objectstest.Account()
	objects := []client.Object{account}
	for i := range 1000 {
		p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: fmt.Sprint("p", i)}}
		p.Spec.AccountRef.Name, p.Spec.Resource = "a", driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: fmt.Sprint(i + 1)}
		objects = append(objects, p)
	}
	c := objectstest.Stored(t, interceptor.Funcs{}, objects...)
	cloud := &fakeCloud{list: func(context.Context, string) error { return nil }}
	asked := map[string]int{}
	cloud.get = func(_, id string) error {
		if len(cloud.listed)%len(wholeKinds()) != 0 {
			t.Errorf("%s is asked for when only %v were listed", id, cloud.listed)
		}
		asked[id]++
		return &digitalocean.Error{Class: digitalocean.NotFound}
	}
	s := syncerOf(c)
	for n := 1; n <= 5; n++ {
		report, err := s.sync(t.Context(), account, cloud, ignored)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range report.kinds {
			if k.problem.Exists() {
				t.Errorf("%s is behind: %v", k.kind, k.problem)
			}
		}
		if len(asked) != n*mostDeclaredAsked {
			t.Errorf("sync %d: %d were asked for, want %d", n, len(asked), n*mostDeclaredAsked)
		}
	}
}

// Requests that run out at ids, which are asked for last, leave no kind behind.
func TestASpentBudgetAtDeclaredIDsLeavesNoKindBehind(t *testing.T) {
	account := objectstest.Account()
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "p"}}
	p.Spec.AccountRef.Name, p.Spec.Resource = "a", driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: "1"}
	c := objectstest.Stored(t, interceptor.Funcs{}, account, p)
	report, err := syncerOf(c).sync(t.Context(), account, &fakeCloud{
		list: func(context.Context, string) error { return nil },
		get:  func(string, string) error { return &digitalocean.Error{Class: digitalocean.Throttled} },
	}, ignored)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range report.kinds {
		if k.problem.Exists() {
			t.Errorf("%s is behind: %v", k.kind, k.problem)
		}
	}
}

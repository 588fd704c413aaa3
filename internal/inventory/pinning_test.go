package inventory

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// oneEach is a Cloud that says whose it is when whose lets it.
type oneEach struct {
	fakeCloud
	whose func(ctx context.Context) (digitalocean.Account, error)
}

func (c *oneEach) Account(ctx context.Context) (digitalocean.Account, error) { return c.whose(ctx) }

func (c *oneEach) Knowing(func(resource.Resource) bool) Cloud { return c }

func (c *oneEach) Without(string, ...string) Cloud { return c }

// one is a Cloud with a resource of each kind that has no parent.
func one(whose func(ctx context.Context) (digitalocean.Account, error)) *oneEach {
	c := &oneEach{whose: whose}
	c.has = map[string][]string{}
	for _, kind := range kinds.All() {
		if kind.Parent == "" {
			c.has[kind.Name] = []string{kind.ID.Example}
		}
	}
	return c
}

// The kinds are asked for while it is not known yet whose token it is, and nothing is
// written, nor asked for by its id, before that is known.
func TestNothingIsRecordedBeforeItIsKnownWhoseTokenItIs(t *testing.T) {
	for _, tt := range []struct {
		why    string
		team   string
		err    error
		reason string
	}{
		{why: "the account's own", team: "team"},
		{why: "another team's", team: "other", reason: driftv1alpha1.ReasonFixCredentials},
		{why: "a token that was revoked", err: &digitalocean.Error{Class: digitalocean.Denied}, reason: driftv1alpha1.ReasonFixCredentials},
		{why: "no answer", err: &digitalocean.Error{Class: digitalocean.Unreachable}, reason: driftv1alpha1.ReasonUnreachable},
	} {
		t.Run(tt.why, func(t *testing.T) {
			account := objectstest.Account()
			account.Status.TeamUUID = "team"
			var known atomic.Bool
			var written atomic.Int64
			c := objectstest.Stored(t, interceptor.Funcs{
				Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
					if written.Add(1); !known.Load() {
						t.Error("something is written before it is known whose token it is")
					}
					return c.Create(ctx, o, opts...)
				},
			}, account)
			listed := make(chan struct{}, len(kinds.All()))
			cloud := one(func(ctx context.Context) (digitalocean.Account, error) {
				for _, kind := range kinds.All() {
					if kind.Parent != "" {
						continue // its parent's listing has not ended
					}
					select {
					case <-listed:
					case <-ctx.Done():
						return digitalocean.Account{}, ctx.Err()
					}
				}
				known.Store(tt.err == nil && tt.team == "team")
				return digitalocean.Account{TeamUUID: tt.team}, tt.err
			})
			cloud.list = func(context.Context, string) error {
				listed <- struct{}{}
				return nil
			}
			told := func(k kindReport) {
				if !known.Load() {
					t.Errorf("what is found of the kind %s is told before it is known whose token it is", k.kind)
				}
			}
			report, err := syncerOf(c).sync(t.Context(), account, cloud, told)
			if err != nil || report.Problem.Reason != tt.reason {
				t.Fatalf("%v, %v", report.Problem, err)
			}
			if wrote := written.Load() > 0; wrote != (tt.reason == "") {
				t.Errorf("%d CloudResources are written", written.Load())
			}
			if len(report.kinds) > 0 && tt.reason != "" {
				t.Errorf("it is reported what the kinds were: %v", report.kinds)
			}
		})
	}
}

// An account that is not pinned spends one request on a token that does not work.
func TestATokenIsTriedBeforeTheFirstSync(t *testing.T) {
	account := objectstest.Account()
	c := objectstest.Stored(t, interceptor.Funcs{}, account)
	cloud := one(func(context.Context) (digitalocean.Account, error) {
		return digitalocean.Account{}, &digitalocean.Error{Class: digitalocean.Denied}
	})
	cloud.list = func(_ context.Context, kind string) error {
		t.Errorf("%s is asked for", kind)
		return nil
	}
	report, err := syncerOf(c).sync(t.Context(), account, cloud, ignored)
	if err != nil || report.Problem.Reason != driftv1alpha1.ReasonFixCredentials {
		t.Errorf("%v, %v", report.Problem, err)
	}
}

// What the API server refuses ends the sync, though the question whose token it is has no answer yet.
func TestASyncThatFailsWaitsForNoAnswer(t *testing.T) {
	account := objectstest.Account()
	account.Status.TeamUUID = "team"
	refused := errors.New("the API server is gone")
	c := objectstest.Stored(t, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return refused },
	}, account)
	cloud := one(func(ctx context.Context) (digitalocean.Account, error) {
		<-ctx.Done()
		return digitalocean.Account{}, &digitalocean.Error{Class: digitalocean.Canceled}
	})
	if _, err := syncerOf(c).sync(t.Context(), account, cloud, ignored); !errors.Is(err, refused) {
		t.Errorf("it ended with %v", err)
	}
}

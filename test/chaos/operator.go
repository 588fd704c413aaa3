package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/arcadiacloud/clouddrift/internal/controller"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// operator is one running operator, which sees one namespace and nobody else.
type operator struct {
	guard  *guard
	cancel context.CancelFunc
	done   chan struct{}
}

// patience is how long the operator's client waits for an answer: short, so that
// answers that never come cost little, and long enough for a busy machine.
const patience = 1500 * time.Millisecond

// startOperator runs an operator as its own service account.
func startOperator(cp *cluster, s *sequence, logger logr.Logger, seed uint64) (*operator, error) {
	g := newGuard(cp.stats, seed)
	mgr, err := ctrl.NewManager(rest.CopyConfig(cp.operator), ctrl.Options{
		Scheme:         cp.scheme,
		Logger:         logger,
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return cp.mapper, nil },
		Metrics:        metricsserver.Options{BindAddress: "0"},
		Controller:     config.Controller{SkipNameValidation: ptr.To(true)},
		Cache: cache.Options{
			DefaultNamespaces: map[string]cache.Config{s.namespace: {}},
			DefaultTransform:  lagging(objects.CacheTransform(), g),
		},
		Client: client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		NewClient: func(c *rest.Config, o client.Options) (client.Client, error) {
			inner, err := client.New(c, o)
			return guarded{inner, g}, err
		},
		GracefulShutdownTimeout: ptr.To(2 * time.Second),
	})
	if err != nil {
		return nil, fmt.Errorf("making a manager: %w", err)
	}
	pool := digitalocean.NewPool(
		digitalocean.WithRetries(1, time.Millisecond, 5*time.Millisecond),
		digitalocean.WithTimeout(patience),
		digitalocean.WithClock(s.clock.Now),
		digitalocean.WithLimits(5000, 5000),
	)
	ctx, cancel := context.WithCancel(context.Background())
	err = controller.Setup(ctx, mgr, controller.Options{
		Clouds: func(endpoint, token string) (inventory.Cloud, error) {
			client, err := pool.Client(endpoint, token)
			if err != nil {
				return nil, err
			}
			return inventory.NewCloud(client), nil
		},
		AllowedEndpoints: []string{s.cloud.url},
		Clock:            s.clock,
		SecretPoll:       time.Second,
		// Longer than this API server takes to enforce a policy that comes back.
		AdmissionSettling: enforced - time.Second,
		Workers:           2,
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("setting up the controllers: %w", err)
	}
	o := &operator{guard: g, cancel: cancel, done: make(chan struct{})}
	guards.Store(g, true)
	go func() {
		defer close(o.done)
		defer guards.Delete(g)
		_ = mgr.Start(ctx) // how it ends is the sequence's doing
	}()
	return o, nil
}

func lagging(inner toolscache.TransformFunc, g *guard) toolscache.TransformFunc {
	return func(o any) (any, error) {
		if _, err := g.transform(o); err != nil {
			return nil, err
		}
		return inner(o)
	}
}

// end stops the operator and waits until nothing of it is left.
func (o *operator) end() error {
	o.cancel()
	select {
	case <-o.done:
		return nil
	case <-time.After(30 * time.Second):
		return fmt.Errorf("an operator did not end within 30 s")
	}
}

// crashed says whether it ended by itself.
func (o *operator) crashed() bool { return o.guard.dead.Load() }

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/arcadiacloud/clouddrift/internal/controller"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// oldestMinor is the first Kubernetes 1.x whose selectable fields are stable.
const oldestMinor = 32

// newManager wires everything together.
func newManager(ctx context.Context, config *rest.Config, scheme *runtime.Scheme, o *options) (ctrl.Manager, error) {
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Metrics:                       metricsOptions(o),
		HealthProbeBindAddress:        o.probeAddress,
		PprofBindAddress:              o.pprofAddress,
		LeaderElection:                o.leaderElection,
		LeaderElectionID:              "clouddrift.drift.arcadia.cloud",
		LeaderElectionNamespace:       o.leaderNamespace,
		LeaderElectionReleaseOnCancel: true, // nothing is written after Start returns
		Cache: cache.Options{
			DefaultTransform: objects.CacheTransform(),
		},
		Client: client.Options{Cache: &client.CacheOptions{
			// A detection that ends a sync has to see what the sync wrote.
			EnableReadYourWritesConsistency: ptr.To(true),
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	observe, err := metrics.ObserveRequests(ctrlmetrics.Registry)
	if err != nil {
		return nil, fmt.Errorf("counting requests: %w", err)
	}
	pool := digitalocean.NewPool(digitalocean.WithVersion(version), digitalocean.WithObserver(func(r digitalocean.Request) {
		observe(r.Kind, string(r.Class), r.Took)
	}))
	err = controller.Setup(ctx, mgr, controller.Options{
		//nolint:contextcheck // making a client asks nothing; what it asks later has the caller's context
		Clouds: func(endpoint, token string) (inventory.Cloud, error) {
			client, err := pool.Client(endpoint, token)
			if err != nil {
				return nil, err
			}
			return inventory.NewCloud(client), nil
		},
		AllowedEndpoints: o.endpoints,
		AllowedStateURLs: o.stateURLs,
		SecretPoll:       o.secretPoll,
		Workers:          o.workers,
		Registry:         ctrlmetrics.Registry,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the controllers: %w", err)
	}
	if err := errors.Join(
		mgr.AddHealthzCheck("ping", healthz.Ping),
		mgr.AddReadyzCheck("ping", healthz.Ping),
	); err != nil {
		return nil, fmt.Errorf("adding the probes: %w", err)
	}
	return mgr, nil
}

func metricsOptions(o *options) metricsserver.Options {
	out := metricsserver.Options{BindAddress: o.metricsAddress}
	if o.metricsInsecure {
		return out
	}
	out.SecureServing = true
	out.FilterProvider = filters.WithAuthenticationAndAuthorization
	// HTTP/2 off: its rapid resets (CVE-2023-44487) buy nothing here.
	out.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }}
	return out
}

// checkServer refuses an API server that lacks what the CRDs need.
func checkServer(config *rest.Config) error {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return fmt.Errorf("making a discovery client: %w", err)
	}
	server, err := client.ServerVersion()
	if err != nil {
		return fmt.Errorf("asking the API server for its version: %w", err)
	}
	minor, err := strconv.Atoi(strings.TrimRight(server.Minor, "+"))
	if err != nil {
		return fmt.Errorf("reading the API server's version %s.%s: %w", server.Major, server.Minor, err)
	}
	if server.Major == "1" && minor < oldestMinor {
		return fmt.Errorf("this is Kubernetes 1.%d; clouddrift needs 1.%d or later, for the selectable fields of its CRDs", minor, oldestMinor)
	}
	return nil
}

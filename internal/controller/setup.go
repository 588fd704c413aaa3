package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declaring"
	"github.com/arcadiacloud/clouddrift/internal/detection"
	"github.com/arcadiacloud/clouddrift/internal/fairqueue"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resolution"
)

// Options are what the controllers are given.
type Options struct {
	// Clouds makes the Cloud of a token. Required.
	Clouds inventory.CloudFor
	// AllowedEndpoints are the endpoints that a token may be sent to.
	AllowedEndpoints []string
	// AllowedStateURLs are what the URLs of states may begin with.
	AllowedStateURLs []string
	// Clock is the wall clock where it is nil.
	Clock clock.PassiveClock
	// SecretPoll is how often each account's Secret is looked at. Zero: 15 s.
	SecretPoll time.Duration
	// AdmissionSettling is how long the admission policies have to have been as they are
	// before an approval is believed: longer than any API server takes to enforce them.
	// Zero: 30 s.
	AdmissionSettling time.Duration
	// Workers is how many objects of a kind are reconciled at once. Zero: 4.
	Workers int
	// Registry takes the metrics. Nil: none are published.
	Registry prometheus.Registerer
}

// Setup adds the indexes and the controllers to the manager.
func Setup(ctx context.Context, mgr ctrl.Manager, o Options) error {
	if o.Clouds == nil {
		return errors.New("setting up the controllers: no Clouds were given")
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.SecretPoll == 0 {
		o.SecretPoll = 15 * time.Second
	}
	if o.AdmissionSettling == 0 {
		o.AdmissionSettling = resolution.DefaultSettling
	}
	if o.Workers == 0 {
		o.Workers = 4
	}
	if err := objects.AddIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	access := objects.Access{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: o.Clock,
		Events: objects.NewEventRecorder(mgr.GetEventRecorder("clouddrift")),
	}
	// The manager's client waits until its cache holds what it wrote, and a dry run
	// writes nothing.
	trial, err := client.New(mgr.GetConfig(), client.Options{HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper()})
	if err != nil {
		return fmt.Errorf("making a client for dry runs: %w", err)
	}
	passes := metrics.NewPasses()
	if err := metrics.Register(o.Registry, append(passes.Collectors(), metrics.NewStateCollector(mgr.GetCache(), o.Clock))...); err != nil {
		return err
	}
	guard := resolution.NewAdmissionGuard(trial, access.Live, o.AdmissionSettling)
	crds := inventory.NewCRDGuard(access.Live, o.Clock)
	tables := &objects.Timetables{}
	// Detection asks for accounts to be synced soon, sweeps for detections to be made again.
	asked, again := make(chan event.GenericEvent, 1024), make(chan event.GenericEvent, 1024)
	reconcile := func(account types.NamespacedName) {
		send(asked, &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{Namespace: account.Namespace, Name: account.Name}})
	}
	pending := detection.NewPendingRequests(reconcile)
	detector := detection.NewDetector(access, tables, pending)
	accounts := &accountReconciler{
		Access: access, timetables: tables, secretPoll: o.SecretPoll, metrics: passes, crds: crds, admission: guard, pending: pending,
		connector: inventory.NewConnector(access.Live, o.Clouds, o.AllowedEndpoints),
		runs:      inventory.NewRuns(inventory.NewSyncer(access, crds, passes), reconcile),
		sweeper:   detection.NewSweeper(access.Client, detector, func(p *driftv1alpha1.CloudProvisioned) { send(again, p) }),
		retention: detection.NewRetention(access),
	}
	return errors.Join(
		mgr.Add(accounts.runs),
		accounts.setup(mgr, asked, max(o.Workers, inventory.AccountsAtOnce)),
		(&provisionedReconciler{client: access.Client, detector: detector}).setup(mgr, again, o.Workers),
		(&provisionedSetReconciler{access, declaring.NewDeclarer(access, declaring.NewSource(access.Live, o.AllowedStateURLs)), o.SecretPoll}).setup(mgr, o.Workers),
		(&driftReconciler{resolution.NewResolver(access, guard), resolution.NewSnoozer(access, guard)}).setup(mgr, o.Workers),
	)
}

// send drops an object for which the channel has no room: the next sweep, or the next look
// at the Secret, finds what there is to do.
func send(channel chan<- event.GenericEvent, object client.Object) {
	select {
	case channel <- event.GenericEvent{Object: object}:
	default:
	}
}

// queued are the options of a controller whose workers no namespace has for itself.
func queued(workers int) controller.Options {
	return controller.Options{MaxConcurrentReconciles: workers, NewQueue: fairqueue.New, RateLimiter: fairqueue.RateLimiter()}
}

func (r *accountReconciler) setup(mgr ctrl.Manager, asked <-chan event.GenericEvent, workers int) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("cloudaccount").
		For(&driftv1alpha1.CloudAccount{}).
		WatchesRawSource(source.Channel(asked, &handler.EnqueueRequestForObject{})).
		WithOptions(queued(workers)).
		Complete(r)
}

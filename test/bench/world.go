package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/hack/stack"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

const (
	namespace = "bench"
	account   = "production"
	// never is a schedule that leaves the bench alone; a sync or a sweep is asked for.
	never = "@yearly"
	// parallel is how many writes the operator makes at once: four workers, and
	// four detections of a sweep.
	parallel = 8
)

// world is a control plane, a cloud with n droplets and an operator.
type world struct {
	bench *bench
	n     int
	dir   string

	plane           *stack.ControlPlane
	cloud, operator *stack.Process
	// directURL is the simulated DigitalOcean, replayURL what it answered before.
	directURL, replayURL, metricsURL, profilesURL string
	// admin declares; approver is a platform admin, who accepts.
	admin, approver client.WithWatch
	syncs           int
	// asked is when the first sync of an account and each later one began.
	asked []time.Time
}

func (w *world) start(ctx context.Context) error {
	w.bench.say("%d droplets: starting a control plane, a simulated DigitalOcean and the operator", w.n)
	w.dir = filepath.Join(w.bench.dir, strconv.Itoa(w.n))
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	var err error
	w.plane, err = stack.Start(ctx, stack.Options{
		CRDs: []string{filepath.Join(w.bench.root, "config/crd/bases")}, Progress: os.Stderr,
	})
	if err != nil {
		return err
	}
	if _, _, err := w.plane.Kubectl(ctx, "", "apply", "--server-side", "-k", filepath.Join(w.bench.root, "config/default")); err != nil {
		return err
	}
	if err := w.makeClients(); err != nil {
		return err
	}
	ports, err := stack.FreePorts(ctx, 5)
	if err != nil {
		return err
	}
	local := func(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
	if err := w.startCloud(ctx, local(ports[0]), local(ports[1])); err != nil {
		return err
	}
	if err := w.startOperator(ctx, local(ports[2]), local(ports[3]), local(ports[4])); err != nil {
		return err
	}
	return w.prepare(ctx)
}

func (w *world) makeClients() error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), driftv1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	unlimited := func(config *rest.Config) (client.WithWatch, error) {
		config.QPS = -1
		return client.NewWithWatch(config, client.Options{Scheme: scheme})
	}
	var err error
	if w.admin, err = unlimited(rest.CopyConfig(w.plane.Config)); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	config, err := w.plane.User("alice")
	if err != nil {
		return err
	}
	if w.approver, err = unlimited(config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return nil
}

func (w *world) startCloud(ctx context.Context, direct, replayed string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	w.directURL, w.replayURL = "http://"+direct, "http://"+replayed
	w.cloud = &stack.Process{
		Name: "the simulated DigitalOcean", Path: self,
		Args:    []string{"cloud", "--direct", direct, "--replayed", replayed, "--droplets", strconv.Itoa(w.n)},
		LogFile: filepath.Join(w.dir, "cloud.log"),
		Ready:   stack.GetOK(http.DefaultClient, w.replayURL+"/_dosim/healthz"),
	}
	return w.cloud.Start(ctx)
}

// startOperator runs the operator with its own rights, and with the settings of its
// memory that it has in a cluster.
func (w *world) startOperator(ctx context.Context, metrics, probes, profiles string) error {
	config, err := w.plane.ServiceAccount("clouddrift-system", "clouddrift-controller-manager")
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(w.dir, "operator.kubeconfig")
	if err := stack.WriteKubeconfig(kubeconfig, config); err != nil {
		return err
	}
	settings, err := w.bench.memorySettings()
	if err != nil {
		return err
	}
	w.metricsURL, w.profilesURL = "http://"+metrics+"/metrics", "http://"+profiles+"/debug/pprof/"
	w.operator = &stack.Process{
		Name: "the operator", Path: filepath.Join(w.bench.dir, "operator"),
		Args: []string{
			"--kubeconfig", kubeconfig, "--leader-elect=false",
			"--allowed-endpoint", w.directURL, "--allowed-endpoint", w.replayURL,
			"--metrics-bind-address", metrics, "--metrics-insecure", "--health-probe-bind-address", probes,
			"--pprof-bind-address", profiles,
		},
		Env:     append(os.Environ(), settings...),
		LogFile: filepath.Join(w.dir, "operator.log"),
		Ready:   stack.GetOK(http.DefaultClient, "http://"+probes+"/readyz"),
	}
	return w.operator.Start(ctx)
}

// memorySettings are those of the Go runtime that the operator's manifest makes.
func (b *bench) memorySettings() ([]string, error) {
	manifest, err := os.ReadFile(filepath.Join(b.root, "config/manager/manager.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the operator's manifest: %w", err)
	}
	var out []string
	for _, found := range regexp.MustCompile(`name: (GOMEMLIMIT|GOGC)\s+value: "?([0-9A-Za-z]+)`).FindAllSubmatch(manifest, -1) {
		out = append(out, string(found[1])+"="+string(found[2]))
	}
	if len(out) != 2 {
		return nil, fmt.Errorf("the operator's manifest sets %v, not GOMEMLIMIT and GOGC", out)
	}
	return out, nil
}

// prepare makes the namespace, the Secret and the approver's role.
func (w *world) prepare(ctx context.Context) error {
	for _, o := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "digitalocean"}, StringData: map[string]string{"token": dosim.DefaultToken}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "alice"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "clouddrift-platform-admin"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "alice"}},
		},
	} {
		if err := w.admin.Create(ctx, o); err != nil {
			return fmt.Errorf("creating %T: %w", o, err)
		}
	}
	return nil
}

// addAccount makes a CloudAccount that syncs once, and then when it is asked to.
func (w *world) addAccount(ctx context.Context, name, endpoint, secret string) error {
	w.asked = append(w.asked, time.Now())
	err := w.admin.Create(ctx, &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: driftv1alpha1.CloudAccountSpec{
			TokenSecretRef: driftv1alpha1.SecretKeyReference{Name: secret},
			Endpoint:       endpoint,
			SyncSchedule:   never, DetectionSchedule: never,
			MaxNewDriftsPerMinute: ptr.To[int32](100000),
		},
	})
	if err != nil {
		return fmt.Errorf("creating CloudAccount %s: %w", name, err)
	}
	return until(ctx, func() (bool, error) {
		a, err := w.account(ctx, name)
		// A long sync is told bit by bit, with detections meanwhile.
		return err == nil && a.Status.LastSyncTime != nil && a.Status.LastDetectionTime != nil, err
	})
}

// declare makes a CloudProvisioned for every droplet, as it is.
func (w *world) declare(ctx context.Context) error {
	var held driftv1alpha1.CloudResourceList
	if err := w.admin.List(ctx, &held, client.InNamespace(namespace), client.MatchingLabels{driftv1alpha1.KindLabel: "Droplet"}); err != nil {
		return fmt.Errorf("listing CloudResources: %w", err)
	}
	if len(held.Items) != w.n {
		return fmt.Errorf("the inventory holds %d droplets of %d", len(held.Items), w.n)
	}
	return inParallel(ctx, len(held.Items), func(ctx context.Context, i int) error {
		r := &held.Items[i]
		desired := map[string]any{"name": r.Observed.Name, "region": r.Observed.Region, "size_slug": r.Observed.SizeSlug, "tags": []string{}, "monitoring": false}
		p := &driftv1alpha1.CloudProvisioned{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "droplet-" + r.Spec.ID},
			Spec: driftv1alpha1.CloudProvisionedSpec{
				AccountRef: driftv1alpha1.LocalReference{Name: account},
				Resource:   driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: r.Spec.ID},
				Desired:    map[string]apiextensionsv1.JSON{},
			},
		}
		for field, value := range desired {
			raw, err := json.Marshal(value)
			if err != nil {
				return err
			}
			p.Spec.Desired[field] = apiextensionsv1.JSON{Raw: raw}
		}
		return w.admin.Create(ctx, p)
	})
}

func (w *world) account(ctx context.Context, name string) (*driftv1alpha1.CloudAccount, error) {
	a := &driftv1alpha1.CloudAccount{}
	if err := w.admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, a); err != nil {
		return nil, fmt.Errorf("getting CloudAccount %s: %w", name, err)
	}
	return a, nil
}

func (w *world) stop() error {
	for _, p := range []*stack.Process{w.operator, w.cloud} {
		if p != nil {
			p.Stop()
		}
	}
	if w.plane == nil {
		return nil
	}
	return w.plane.Stop()
}

// inParallel does n things, as many at once as the operator would.
func inParallel(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

// until asks again and again, for an hour at most.
func until(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

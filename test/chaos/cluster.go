package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/hack/stack"
)

// cluster is the control plane that all sequences share, garbage collection
// included, with the CRDs, roles and admission policies of config/default.
type cluster struct {
	*stack.ControlPlane
	scheme *runtime.Scheme
	mapper meta.RESTMapper
	// admin declares and looks; alice is a platform admin who accepts.
	admin, alice client.WithWatch
	// mallory may patch drifts, and holds no verb accept.
	mallory  client.WithWatch
	operator *rest.Config
	stats    *stats

	mu sync.Mutex
	// away says that the API server or etcd is, back when it was back last.
	away bool
	back time.Time
	// disarmed says that an admission policy is away or weak, armed when it was mended.
	disarmed bool
	armed    time.Time
}

// outage says that the API server or etcd goes away, or is back.
func (c *cluster) outage(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away, c.back = away, time.Now()
}

// over says whether so much time has passed since then in which the control plane
// was there. A restart takes a minute where the machine is busy.
func (c *cluster) over(since time.Time, within time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.away && time.Since(since) > within && time.Since(c.back) > within && time.Since(c.armed) > within
}

const accepter = "alice"

func startCluster(ctx context.Context, progress io.Writer, s *stats) (*cluster, error) {
	root, err := stack.Root()
	if err != nil {
		return nil, err
	}
	plane, err := stack.Start(ctx, stack.Options{
		CRDs:              []string{filepath.Join(root, "config", "crd", "bases")},
		ControllerManager: true,
		Progress:          progress,
	})
	if err != nil {
		return nil, err
	}
	c := &cluster{ControlPlane: plane, scheme: runtime.NewScheme(), stats: s}
	if err := c.prepare(ctx, root); err != nil {
		_ = plane.Stop()
		return nil, err
	}
	return c, nil
}

func (c *cluster) prepare(ctx context.Context, root string) error {
	if _, _, err := c.Kubectl(ctx, "", "apply", "--server-side", "-k", filepath.Join(root, "config", "default")); err != nil {
		return err
	}
	if err := clientgoscheme.AddToScheme(c.scheme); err != nil {
		return err
	}
	if err := driftv1alpha1.AddToScheme(c.scheme); err != nil {
		return err
	}
	var err error
	if c.operator, err = c.ServiceAccount("clouddrift-system", "clouddrift-controller-manager"); err != nil {
		return err
	}
	http, err := rest.HTTPClientFor(c.Config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if c.mapper, err = apiutil.NewDynamicRESTMapper(c.Config, http); err != nil {
		return fmt.Errorf("making a mapper: %w", err)
	}
	alice, err := c.User(accepter)
	if err != nil {
		return err
	}
	options := client.Options{Scheme: c.scheme, Mapper: c.mapper}
	if c.admin, err = client.NewWithWatch(c.Config, options); err != nil {
		return fmt.Errorf("making the administrator's client: %w", err)
	}
	if c.alice, err = client.NewWithWatch(alice, options); err != nil {
		return fmt.Errorf("making %s's client: %w", accepter, err)
	}
	if err := c.admitForger(ctx, options); err != nil {
		return err
	}
	err = c.admin.Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: accepter},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "clouddrift-platform-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: accepter}},
	})
	if err != nil {
		return fmt.Errorf("binding %s to the platform admins' role: %w", accepter, err)
	}
	return c.waitForAdmission(ctx)
}

// waitForAdmission waits until the API server enforces the policies, which it
// does a moment after they were created.
func (c *cluster) waitForAdmission(ctx context.Context) error {
	const namespace = "admission-probe"
	if err := c.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return fmt.Errorf("creating a namespace: %w", err)
	}
	probe := &driftv1alpha1.CloudDrift{
		ObjectMeta: metav1.ObjectMeta{Name: "probe", Namespace: namespace,
			Annotations: map[string]string{driftv1alpha1.ResolveAnnotation: driftv1alpha1.ResolveAccept}},
		Spec: driftv1alpha1.CloudDriftSpec{
			AccountRef:     driftv1alpha1.LocalReference{Name: "a"},
			ProvisionedRef: driftv1alpha1.LocalReference{Name: "p"},
			ResourceRef:    driftv1alpha1.ResourceReference{Name: "r", Kind: "Droplet", ID: "1"},
			Field:          "size_slug", Episode: 1,
		},
	}
	defer c.disarm(false)
	for range 600 {
		if err := c.admin.Create(ctx, probe.DeepCopy(), client.DryRunAll); err != nil {
			return nil // to be refused is what it waits for
		}
		pause(ctx, 50*time.Millisecond)
	}
	return fmt.Errorf("the admission policies are not enforced after 30 s")
}

// Package access_test tries who may do what, as real users of a real API server
// with everything of config/default applied.
package access_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/hack/stack"
)

// namespace is where everybody's roles are bound, except nobody's.
const namespace = "team"

var (
	controlPlane *stack.ControlPlane
	scheme       = runtime.NewScheme()
	scratch      string // for manifests and editors
	requests     atomic.Int64

	admin    user // system:masters
	viewer   user // clouddrift-viewer
	editor   user // clouddrift-editor
	alice    user // clouddrift-platform-admin
	bob      user // clouddrift-platform-admin
	nobody   user // authenticated, and that is all
	patcher  user // may patch and update clouddrifts, and has no verb of ours
	greedy   user // RBAC lets it write everything of ours, and it has no verb of ours
	operator user // the service account of config/manager, with the roles of config/rbac
)

// user is somebody with a client certificate.
type user struct {
	name       string
	config     *rest.Config
	client     client.Client
	kubeconfig string
}

func TestAccess(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Who may")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	log.SetLogger(GinkgoLogr)
	SetDefaultEventuallyTimeout(60 * time.Second)
	SetDefaultEventuallyPollingInterval(100 * time.Millisecond)
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(driftv1alpha1.AddToScheme(scheme)).To(Succeed())
	scratch = GinkgoT().TempDir()

	var err error
	controlPlane, err = stack.Start(ctx, stack.Options{
		CRDs:              []string{"../../config/crd/bases"},
		ControllerManager: true,
		Progress:          GinkgoWriter,
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(controlPlane.Stop()).To(Succeed()) })

	_, _, err = controlPlane.Kubectl(ctx, "", "apply", "--server-side", "--force-conflicts", "-k", "../../config/default")
	Expect(err).NotTo(HaveOccurred())

	makeUsers(ctx)
	waitForPolicies(ctx)
})

var _ = ReportAfterSuite("requests", func(report Report) {
	fmt.Printf("\nwho may: %d specs made %d requests as real users\n", report.PreRunStats.SpecsThatWillRun, requests.Load())
})

func makeUsers(ctx context.Context) {
	admin = newUser("admin", "system:masters")
	Expect(admin.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())

	viewer, editor, nobody = newUser("viewer"), newUser("editor"), newUser("nobody")
	alice, bob = newUser("alice"), newUser("bob")
	bind(ctx, namespace, "clouddrift-viewer", viewer)
	bind(ctx, namespace, "clouddrift-editor", editor)
	bind(ctx, namespace, "clouddrift-platform-admin", alice)
	bind(ctx, namespace, "clouddrift-platform-admin", bob)

	patcher, greedy = newUser("patcher"), newUser("greedy")
	role(ctx, "drift-patcher", rbacv1.PolicyRule{
		APIGroups: []string{"drift.arcadia.cloud"}, Resources: []string{"clouddrifts"},
		Verbs: []string{"get", "list", "watch", "patch", "update"},
	})
	bind(ctx, namespace, "drift-patcher", patcher)
	role(ctx, "greedy", rbacv1.PolicyRule{
		APIGroups: []string{"drift.arcadia.cloud"}, Resources: []string{"*"},
		Verbs: []string{"get", "list", "watch", "create", "patch", "update", "delete"},
	})
	bind(ctx, namespace, "greedy", greedy)

	config, err := controlPlane.ServiceAccount("clouddrift-system", "clouddrift-controller-manager")
	Expect(err).NotTo(HaveOccurred())
	operator = userOf("operator", config)
}

func newUser(name string, groups ...string) user {
	config, err := controlPlane.User(name, groups...)
	Expect(err).NotTo(HaveOccurred())
	return userOf(name, config)
}

func userOf(name string, config *rest.Config) user {
	c, err := client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	kubeconfig := filepath.Join(scratch, name+".kubeconfig")
	Expect(stack.WriteKubeconfig(kubeconfig, config)).To(Succeed())
	return user{name: name, config: config, client: c, kubeconfig: kubeconfig}
}

func role(ctx context.Context, name string, rules ...rbacv1.PolicyRule) {
	Expect(admin.client.Create(ctx, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules,
	})).To(Succeed())
}

func bind(ctx context.Context, namespace, clusterRole string, to user) {
	Expect(admin.client.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: to.name + "-", Namespace: namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: to.name}},
	})).To(Succeed())
}

// waitForPolicies waits until the API server enforces each policy: it learns of
// them, and of roles, through watches.
func waitForPolicies(ctx context.Context) {
	d := openDrift(ctx)
	p := provisioned(ctx)
	Eventually(func() string {
		return errorText(alice.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/resolved-by=x", "--dry-run=server"))
	}).Should(ContainSubstring("change only together"))
	Eventually(func() string {
		return errorText(alice.kubectl(ctx, "label", "clouddrift", d.Name, "a=b", "--dry-run=server"))
	}).Should(ContainSubstring("only the operator writes the labels"))
	Eventually(func() string {
		return errorText(alice.kubectl(ctx, "annotate", "cloudprovisioned", p.Name, "drift.arcadia.cloud/last-accepted=x", "--dry-run=server"))
	}).Should(ContainSubstring("operator's own"))
	Eventually(func() string {
		return errorText(alice.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/snoozed-by=x", "--dry-run=server"))
	}).Should(ContainSubstring("change only together"))
	told := declared(ctx, `{"size_slug":"s-1"}`, 1)
	Eventually(func() string {
		as, heard := editor.warned()
		told.Spec.Desired = desiredOf(`{"size_slug":"s-2"}`)
		Expect(as.client.Update(ctx, told.DeepCopy(), client.DryRunAll)).To(Succeed())
		return heard.take()
	}).Should(ContainSubstring("%s", warns))
	for _, asked := range []string{"resolve=accept", "snooze-until=" + from(day)} {
		Eventually(func() string {
			return errorText(alice.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/"+asked, "--dry-run=server"))
		}).Should(BeEmpty())
	}
}

// kubectl runs kubectl as u, in the namespace.
func (u user) kubectl(ctx context.Context, args ...string) error {
	requests.Add(1)
	_, _, err := controlPlane.Kubectl(ctx, u.kubeconfig, append([]string{"--namespace", namespace}, args...)...)
	return err
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// file writes content to a file of its own and returns its path.
func file(name, content string) string {
	dir, err := os.MkdirTemp(scratch, "")
	Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(dir, name)
	Expect(os.WriteFile(path, []byte(content), 0o700)).To(Succeed())
	return path
}

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

package controller_test

import (
	"context"
	"fmt"
	"path/filepath"
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
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/config/admission"
	"github.com/arcadiacloud/clouddrift/hack/stack"
)

var (
	controlPlane *stack.ControlPlane
	scheme       = runtime.NewScheme()
	// admin is who declares and looks; alice is a platform admin who accepts.
	admin client.Client
	alice string // a kubeconfig
	// operatorConfig is the operator's own service account, with the roles of
	// config/rbac and nothing more.
	operatorConfig *rest.Config
)

func TestController(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Controllers")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter), zap.UseDevMode(true)))
	SetDefaultEventuallyTimeout(20 * time.Second)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	SetDefaultConsistentlyDuration(time.Second)
	EnforceDefaultTimeoutsWhenUsingContexts()
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(driftv1alpha1.AddToScheme(scheme)).To(Succeed())

	var err error
	controlPlane, err = stack.Start(ctx, stack.Options{
		CRDs:     []string{filepath.Join("..", "..", "config", "crd", "bases")},
		Progress: GinkgoWriter,
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(controlPlane.Stop()).To(Succeed()) })
	_, stderr, err := controlPlane.Kubectl(ctx, "", "apply", "--server-side", "-k", filepath.Join("..", "..", "config", "default"))
	Expect(err).NotTo(HaveOccurred(), stderr)

	admin, err = client.New(controlPlane.Config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	operatorConfig, err = controlPlane.ServiceAccount("clouddrift-system", "clouddrift-controller-manager")
	Expect(err).NotTo(HaveOccurred())
	alice, err = controlPlane.UserKubeconfig("alice")
	Expect(err).NotTo(HaveOccurred())
	Expect(admin.Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "alice"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "clouddrift-platform-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "alice"}},
	})).To(Succeed())
	waitForAdmission(ctx)
})

// admissionSettling is what operators wait for after a change of the policies here.
const admissionSettling = 3 * time.Second

// waitForAdmission waits until the API server enforces the policies, which it does
// a moment after they were created, and until an operator relies on them.
func waitForAdmission(ctx context.Context) {
	const namespace = "admission-probe"
	Expect(client.IgnoreAlreadyExists(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))).To(Succeed())
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
	Eventually(ctx, func() error {
		return admin.Create(ctx, probe.DeepCopy(), client.DryRunAll)
	}).Should(MatchError(ContainSubstring("not created with a resolution")))
	Eventually(ctx, func(g Gomega) {
		state, err := admission.Check(ctx, admin)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(state.Problems).To(BeEmpty())
		g.Expect(time.Now()).To(BeTemporally(">", state.ChangedAt.Add(admissionSettling+2*time.Second)))
	}).Should(Succeed())
}

// namespaces are numbered, so that specs don't meet.
var namespaces int

func newNamespace(ctx context.Context) string {
	namespaces++
	name := fmt.Sprintf("spec-%d", namespaces)
	Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})).To(Succeed())
	return name
}

package access_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const systemNamespace = "clouddrift-system"

func deployment(ctx context.Context) *appsv1.Deployment {
	var d appsv1.Deployment
	Expect(admin.client.Get(ctx, client.ObjectKey{Namespace: systemNamespace, Name: "clouddrift-controller-manager"}, &d)).To(Succeed())
	return &d
}

var _ = Describe("the operator's pod", func() {
	pod := func(ctx context.Context, change func(*corev1.PodSpec)) error {
		template := deployment(ctx).Spec.Template
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "manager-", Namespace: systemNamespace, Labels: template.Labels}, Spec: template.Spec}
		change(&p.Spec)
		requests.Add(1)
		return admin.client.Create(ctx, p, client.DryRunAll)
	}

	It("is let into its namespace, which admits only restricted ones", func(ctx SpecContext) {
		Expect(pod(ctx, func(*corev1.PodSpec) {})).To(Succeed())
		for name, weaken := range map[string]func(*corev1.PodSpec){
			"allowPrivilegeEscalation": func(s *corev1.PodSpec) { s.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil },
			"capabilities":             func(s *corev1.PodSpec) { s.Containers[0].SecurityContext.Capabilities = nil },
			"seccompProfile":           func(s *corev1.PodSpec) { s.SecurityContext.SeccompProfile = nil },
			"runAsNonRoot":             func(s *corev1.PodSpec) { s.SecurityContext.RunAsNonRoot = nil },
		} {
			Expect(pod(ctx, weaken)).To(MatchError(ContainSubstring(name)))
		}
	})

	It("has a read-only root, limits, and a GOMEMLIMIT below them", func(ctx SpecContext) {
		c := deployment(ctx).Spec.Template.Spec.Containers[0]
		Expect(c.SecurityContext.ReadOnlyRootFilesystem).To(HaveValue(BeTrue()))
		Expect(c.Resources.Limits.Memory().Value()).To(Equal(int64(512 << 20)))
		Expect(c.Env).To(ContainElement(corev1.EnvVar{Name: "GOMEMLIMIT", Value: "460MiB"}))
	})

	It("is what the network policy and the metrics Service select", func(ctx SpecContext) {
		pod := labels.Set(deployment(ctx).Spec.Template.Labels)
		var policy networkingv1.NetworkPolicy
		Expect(admin.client.Get(ctx, client.ObjectKey{Namespace: systemNamespace, Name: "clouddrift-controller-manager"}, &policy)).To(Succeed())
		selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		Expect(err).NotTo(HaveOccurred())
		Expect(selector.Matches(pod)).To(BeTrue())
		Expect(policy.Spec.PolicyTypes).To(ConsistOf(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress))
		var service corev1.Service
		Expect(admin.client.Get(ctx, client.ObjectKey{Namespace: systemNamespace, Name: "clouddrift-metrics"}, &service)).To(Succeed())
		Expect(labels.SelectorFromSet(service.Spec.Selector).Matches(pod)).To(BeTrue())
	})
})

var _ = Describe("the operator's program, with its service account's rights and no others", Ordered, func() {
	var session *gexec.Session
	var address string

	BeforeAll(func(ctx SpecContext) {
		binary, err := gexec.Build("github.com/arcadiacloud/clouddrift/cmd/operator", "-buildvcs=false")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(gexec.CleanupBuildArtifacts)
		address = freeAddress()
		cmd := exec.Command(binary, "--leader-elect", "--leader-election-namespace="+systemNamespace,
			"--metrics-bind-address="+address, "--kubeconfig="+operator.kubeconfig)
		session, err = gexec.Start(cmd, GinkgoWriter, GinkgoWriter)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { session.Kill().Wait(10 * time.Second) })
	})

	It("starts, leads, and answers for an account", func(ctx SpecContext) {
		a := account(ctx)
		Eventually(func() []metav1.Condition {
			Expect(admin.client.Get(ctx, client.ObjectKeyFromObject(a), a)).To(Succeed())
			return a.Status.Conditions
		}).ShouldNot(BeEmpty(), "its Secret is missing, and it says so")
		var lease coordinationv1.Lease
		Expect(admin.client.Get(ctx, client.ObjectKey{Namespace: systemNamespace, Name: "clouddrift.drift.arcadia.cloud"}, &lease)).To(Succeed())
		Expect(lease.Spec.HolderIdentity).To(HaveValue(Not(BeEmpty())))
		Expect(string(session.Err.Contents())).NotTo(ContainSubstring("forbidden"))
		Expect(session.ExitCode()).To(Equal(-1), "it still runs")
	})

	It("shows its metrics to who may read metrics, and to nobody else", func(ctx SpecContext) {
		reader, stranger := serviceAccount(ctx, "metrics-reader"), serviceAccount(ctx, "stranger")
		Expect(admin.client.Create(ctx, &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "metrics-reader"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "clouddrift-metrics-reader"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: "metrics-reader"}},
		})).To(Succeed())

		Expect(status(get("https://"+address+"/metrics", ""))).To(Equal(http.StatusUnauthorized))
		// controller-runtime's filter answers 500 to a token that is none.
		Expect(status(get("https://"+address+"/metrics", "made-up"))).To(BeNumerically(">=", 400))
		Expect(status(get("https://"+address+"/metrics", stranger))).To(Equal(http.StatusForbidden))
		var body string
		Eventually(func() (code int) {
			code, body = get("https://"+address+"/metrics", reader)
			return code
		}).Should(Equal(http.StatusOK))
		Expect(body).To(ContainSubstring("controller_runtime_reconcile_total"))
		By("and never in the clear")
		code, body := get("http://"+address+"/metrics", reader)
		Expect(code).NotTo(Equal(http.StatusOK))
		Expect(body).NotTo(ContainSubstring("controller_runtime_reconcile_total"))
	})

	It("ends when it is told to", func() {
		Eventually(session.Terminate(), 30*time.Second).Should(gexec.Exit(0))
	})
})

func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// serviceAccount makes one and returns a token of it.
func serviceAccount(ctx context.Context, name string) string {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	Expect(admin.client.Create(ctx, account)).To(Succeed())
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](600)}}
	Expect(admin.client.SubResource("token").Create(ctx, account, request)).To(Succeed())
	return request.Status.Token
}

func get(url, token string) (code int, body string) {
	requests.Add(1)
	request, err := http.NewRequest(http.MethodGet, url, nil)
	Expect(err).NotTo(HaveOccurred())
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	c := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // it makes its certificate itself
	}}
	response, err := c.Do(request)
	if err != nil {
		return 0, fmt.Sprint(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil { // a TLS server resets a plain connection, now or a little later
		return response.StatusCode, fmt.Sprint(err)
	}
	return response.StatusCode, string(content)
}

func status(code int, body string) int {
	GinkgoHelper()
	Expect(code).NotTo(BeZero(), body)
	return code
}

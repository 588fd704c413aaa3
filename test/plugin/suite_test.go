// Package plugin_test runs the kubectl plugin's program against a real control plane without
// the mutating policy, a simulated DigitalOcean and the operator's program.
package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/hack/stack"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var (
	controlPlane *stack.ControlPlane
	cloud        *dosim.Server
	scratch      string
	program      string // the plugin's
	operator     *stack.Process
	// kubeconfigs are those of the operator and of people, with the namespace infra.
	kubeconfigs = map[string]string{}
)

func TestPlugin(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The kubectl plugin's program")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	SetDefaultEventuallyTimeout(60 * time.Second)
	SetDefaultEventuallyPollingInterval(100 * time.Millisecond)
	scratch = GinkgoT().TempDir()
	root, err := stack.Root()
	Expect(err).NotTo(HaveOccurred())
	program = filepath.Join(scratch, "kubectl-drift")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", scratch, "./cmd/operator", "./cmd/kubectl-drift")
	build.Dir = root
	out, err := build.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))

	controlPlane, err = stack.Start(ctx, stack.Options{
		CRDs:     []string{filepath.Join(root, "config", "crd", "bases")},
		Progress: GinkgoWriter,
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(controlPlane.Stop()).To(Succeed()) })
	// On servers before 1.36 nothing fills in what a request leaves out.
	kubectl(ctx, "apply", "--server-side", "-k", filepath.Join(root, "config", "default-without-mutation"))
	kubectl(ctx, "create", "namespace", "infra")
	for who, role := range map[string]string{"dana": "clouddrift-platform-admin", "vic": "clouddrift-viewer", "nobody": ""} {
		kubeconfigs[who], err = controlPlane.UserKubeconfig(who)
		Expect(err).NotTo(HaveOccurred())
		_, stderr, err := controlPlane.Kubectl(ctx, kubeconfigs[who], "config", "set-context", "--current", "--namespace=infra")
		Expect(err).NotTo(HaveOccurred(), stderr)
		if role != "" {
			kubectl(ctx, "-n", "infra", "create", "rolebinding", who, "--user="+who, "--clusterrole="+role)
		}
	}
	cloud = dosim.New(dosim.WithActionDuration(0))
	_, err = cloud.Start()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cloud.Close)
	startOperator(ctx)
})

func startOperator(ctx context.Context) {
	GinkgoHelper()
	config, err := controlPlane.ServiceAccount("clouddrift-system", "clouddrift-controller-manager")
	Expect(err).NotTo(HaveOccurred())
	file := filepath.Join(scratch, "operator.kubeconfig")
	Expect(stack.WriteKubeconfig(file, config)).To(Succeed())
	ports, err := stack.FreePorts(ctx, 2)
	Expect(err).NotTo(HaveOccurred())
	probes := fmt.Sprintf("127.0.0.1:%d", ports[0])
	operator = &stack.Process{
		Name: "operator", Path: filepath.Join(scratch, "operator"),
		Args:    []string{"--kubeconfig", file, "--allowed-endpoint", cloud.URL(), "--health-probe-bind-address", probes, "--secret-poll", "1s"},
		LogFile: filepath.Join(scratch, "operator.log"),
		Ready:   stack.GetOK(http.DefaultClient, "http://"+probes+"/readyz"),
	}
	Expect(operator.Start(ctx)).To(Succeed())
	DeferCleanup(operator.Kill)
}

// kubectl runs kubectl as the administrator.
func kubectl(ctx context.Context, args ...string) string {
	GinkgoHelper()
	stdout, stderr, err := controlPlane.Kubectl(ctx, "", args...)
	Expect(err).NotTo(HaveOccurred(), "kubectl %s\n%s", strings.Join(args, " "), stderr)
	return strings.TrimSpace(stdout)
}

// result is what a run of the plugin left.
type result struct {
	code     int
	out, err string
}

// drift runs the plugin as somebody.
func drift(ctx context.Context, who string, args ...string) result {
	GinkgoHelper()
	cmd := command(ctx, who, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	r := result{code: codeOf(cmd.Run())}
	r.out, r.err = stdout.String(), stderr.String()
	GinkgoWriter.Printf("$ kubectl drift %s   # as %s\n%s%s(%d)\n", strings.Join(args, " "), who, r.out, r.err, r.code)
	return r
}

func command(ctx context.Context, who string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfigs[who], "TERM=xterm")
	return cmd
}

func codeOf(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	Expect(err).NotTo(HaveOccurred())
	return 0
}

// manifest applies one, as the administrator.
func manifest(ctx context.Context, text string) {
	GinkgoHelper()
	file := filepath.Join(scratch, "manifest.yaml")
	Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
	kubectl(ctx, "-n", "infra", "apply", "-f", file)
}

// Package e2e_test runs the operator's program, as its service account, against a
// real control plane and a simulated DigitalOcean, with kubectl as the client.
package e2e_test

import (
	"context"
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
	program      string // the operator's
	scratch      string
	kubeconfigs  = map[string]string{} // of the operator and of people
)

func TestE2E(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The operator's program")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	SetDefaultEventuallyTimeout(60 * time.Second)
	SetDefaultEventuallyPollingInterval(100 * time.Millisecond)
	scratch = GinkgoT().TempDir()
	root, err := stack.Root()
	Expect(err).NotTo(HaveOccurred())
	program = filepath.Join(scratch, "operator")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, "./cmd/operator")
	build.Dir = root
	out, err := build.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))

	controlPlane, err = stack.Start(ctx, stack.Options{
		CRDs:              []string{filepath.Join(root, "config", "crd", "bases")},
		ControllerManager: true,
		Progress:          GinkgoWriter,
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(controlPlane.Stop()).To(Succeed()) })
	kubectl(ctx, "", "apply", "--server-side", "-k", filepath.Join(root, "config", "default"))

	cloud = dosim.New(dosim.WithActionDuration(0))
	_, err = cloud.Start()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cloud.Close)

	config, err := controlPlane.ServiceAccount("clouddrift-system", "clouddrift-controller-manager")
	Expect(err).NotTo(HaveOccurred())
	kubeconfigs["operator"] = filepath.Join(scratch, "operator.kubeconfig")
	Expect(stack.WriteKubeconfig(kubeconfigs["operator"], config)).To(Succeed())
	for _, name := range []string{"dana"} {
		kubeconfigs[name], err = controlPlane.UserKubeconfig(name)
		Expect(err).NotTo(HaveOccurred())
	}
	kubectl(ctx, "", "create", "clusterrolebinding", "dana", "--user=dana", "--clusterrole=clouddrift-platform-admin")
})

// kubectl runs kubectl as a person, "" being the administrator, and returns what it
// printed.
func kubectl(ctx context.Context, as string, args ...string) string {
	GinkgoHelper()
	stdout, stderr, err := controlPlane.Kubectl(ctx, kubeconfigs[as], args...)
	Expect(err).NotTo(HaveOccurred(), "kubectl %s\n%s", strings.Join(args, " "), stderr)
	return strings.TrimSpace(stdout)
}

// operators is how many were started, for the names of their logs.
var operators int

// operator is the operator's program with these flags; it is not started.
func operator(ctx context.Context, flags ...string) *stack.Process {
	GinkgoHelper()
	operators++
	ports, err := stack.FreePorts(ctx, 2)
	Expect(err).NotTo(HaveOccurred())
	probes := fmt.Sprintf("127.0.0.1:%d", ports[0])
	p := &stack.Process{
		Name: fmt.Sprintf("operator %d", operators),
		Path: program,
		Args: append([]string{
			"--kubeconfig", kubeconfigs["operator"],
			"--allowed-endpoint", cloud.URL(),
			"--health-probe-bind-address", probes,
			"--secret-poll", "1s",
		}, flags...),
		LogFile: filepath.Join(scratch, fmt.Sprintf("operator-%d.log", operators)),
		Ready:   stack.GetOK(http.DefaultClient, "http://"+probes+"/readyz"),
	}
	DeferCleanup(func() {
		p.Kill()
		if CurrentSpecReport().Failed() {
			log, _ := os.ReadFile(p.LogFile)
			GinkgoWriter.Printf("%s:\n%s\n", p.Name, log)
		}
	})
	return p
}

func start(ctx context.Context, p *stack.Process) *stack.Process {
	GinkgoHelper()
	Expect(p.Start(ctx)).To(Succeed())
	return p
}

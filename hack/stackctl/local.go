package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

const (
	// token is what the simulated DigitalOcean asks of its callers.
	token = "dosim-token"
	// The operator's own user, as config/rbac names it.
	operatorNamespace = "clouddrift-system"
	operatorAccount   = "clouddrift-controller-manager"
)

// local is clouddrift on this machine.
type local struct {
	root string
	// dir takes everything that it writes.
	dir string
	// progress takes a line about each thing that is being done.
	progress io.Writer
	// persistent keeps the control plane's and DigitalOcean's data for the next start.
	persistent bool

	plane    *stack.ControlPlane
	dosim    *stack.Process
	operator *stack.Process
	// endpoint is the simulated DigitalOcean's URL.
	endpoint string
	// metrics is where the operator serves its metrics.
	metrics string
}

func (l *local) say(format string, args ...any) { _, _ = fmt.Fprintf(l.progress, format+"\n", args...) }

func (l *local) file(name string) string { return filepath.Join(l.dir, name) }

// start brings everything up, in order; the caller calls stop in any case.
func (l *local) start(ctx context.Context) error {
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return fmt.Errorf("making the stack's directory: %w", err)
	}
	l.say("building the operator, the plugin and the simulated DigitalOcean")
	if err := l.build(ctx); err != nil {
		return err
	}
	l.say("starting etcd, kube-apiserver and kube-controller-manager")
	options := stack.Options{
		ControllerManager: true,
		CRDs:              []string{filepath.Join(l.root, "config/crd/bases")},
		Progress:          l.progress,
	}
	var err error
	if l.persistent {
		options.Dir = l.file("controlplane")
		if options.Port, err = l.port(ctx, 6443); err != nil {
			return err
		}
	}
	if l.plane, err = stack.Start(ctx, options); err != nil {
		return err
	}
	if err := l.install(ctx); err != nil {
		return err
	}
	l.say("starting the simulated DigitalOcean")
	if err := l.startDosim(ctx); err != nil {
		return err
	}
	l.say("starting the operator, with the rights of its service account")
	return l.startOperator(ctx)
}

// stop ends everything, in the opposite order.
func (l *local) stop() error {
	for _, p := range []*stack.Process{l.operator, l.dosim} {
		if p != nil {
			p.Stop()
		}
	}
	if l.plane == nil {
		return nil
	}
	return l.plane.Stop()
}

func (l *local) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", filepath.Join(l.root, "bin")+"/", "./cmd/operator", "./cmd/dosim", "./cmd/kubectl-drift")
	cmd.Dir = l.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the operator: %w\n%s", err, out)
	}
	return nil
}

// install applies config/default. Of the operator's Deployment nothing would
// come, for there is no node: the operator runs as a process.
func (l *local) install(ctx context.Context) error {
	l.say("applying config/default: CRDs, roles, admission policies")
	manifest, _, err := l.plane.Kubectl(ctx, "", "kustomize", filepath.Join(l.root, "config/default"))
	if err != nil {
		return err
	}
	var kept []string
	for object := range strings.SplitSeq(manifest, "\n---\n") {
		if !strings.Contains("\n"+object, "\nkind: Deployment\n") {
			kept = append(kept, object)
		}
	}
	path := l.file("install.yaml")
	if err := os.WriteFile(path, []byte(strings.Join(kept, "\n---\n")), 0o644); err != nil {
		return fmt.Errorf("writing what is to be installed: %w", err)
	}
	_, _, err = l.plane.Kubectl(ctx, "", "apply", "--server-side", "--force-conflicts", "-f", path)
	return err
}

func (l *local) startDosim(ctx context.Context) error {
	port, err := l.port(ctx, 8085)
	if err != nil {
		return err
	}
	l.endpoint = "http://127.0.0.1:" + strconv.Itoa(port)
	args := []string{"--listen", "127.0.0.1:" + strconv.Itoa(port), "--seed", "demo"}
	if l.persistent {
		args = append(args, "--state", l.file("dosim.json"))
	}
	l.dosim = &stack.Process{
		Name:    "dosim",
		Path:    filepath.Join(l.root, "bin/dosim"),
		Args:    args,
		LogFile: l.file("dosim.log"),
		Ready:   stack.GetOK(http.DefaultClient, l.endpoint+"/_dosim/healthz"),
	}
	return l.dosim.Start(ctx)
}

func (l *local) startOperator(ctx context.Context) error {
	cfg, err := l.plane.ServiceAccount(operatorNamespace, operatorAccount)
	if err != nil {
		return err
	}
	kubeconfig := l.file("operator.kubeconfig")
	if err := stack.WriteKubeconfig(kubeconfig, cfg); err != nil {
		return err
	}
	ports, err := stack.FreePorts(ctx, 2)
	if err != nil {
		return err
	}
	metrics, probes := "127.0.0.1:"+strconv.Itoa(ports[0]), "127.0.0.1:"+strconv.Itoa(ports[1])
	l.metrics = "https://" + metrics + "/metrics"
	l.operator = &stack.Process{
		Name: "the operator",
		Path: filepath.Join(l.root, "bin/operator"),
		Args: []string{
			"--kubeconfig", kubeconfig,
			"--allowed-endpoint", l.endpoint,
			"--metrics-bind-address", metrics,
			"--health-probe-bind-address", probes,
			"--leader-elect=false",
		},
		LogFile: l.file("operator.log"),
		Ready:   stack.GetOK(http.DefaultClient, "http://"+probes+"/readyz"),
	}
	return l.operator.Start(ctx)
}

// account writes the manifests of a Secret and a CloudAccount for the simulated
// DigitalOcean and returns their path.
func (l *local) account() (string, error) {
	path := l.file("account.yaml")
	manifest := fmt.Sprintf(accountManifest, token, l.endpoint)
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
		return "", fmt.Errorf("writing the account's manifest: %w", err)
	}
	return path, nil
}

const accountManifest = `apiVersion: v1
kind: Secret
metadata:
  name: digitalocean
stringData:
  token: %s
---
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudAccount
metadata:
  name: production
spec:
  tokenSecretRef:
    name: digitalocean
    key: token
  endpoint: %s
`

// port is a free port: the usual one for a stack that stays, so that what people
// have in their shells is good for the next one too.
func (l *local) port(ctx context.Context, usual int) (int, error) {
	var preferred []int
	if l.persistent {
		preferred = append(preferred, usual)
	}
	ports, err := stack.FreePorts(ctx, 1, preferred...)
	if err != nil {
		return 0, err
	}
	return ports[0], nil
}

// newLocal is a stack in dir, which need not exist.
func newLocal(dir string, progress io.Writer) (*local, error) {
	root, err := stack.Root()
	if err != nil {
		return nil, err
	}
	return &local{root: root, dir: dir, progress: progress}, nil
}

package stack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// Options say which control plane Start brings up. The zero value is etcd and
// an API server with nothing in them, gone after Stop.
type Options struct {
	// CRDs are files or directories with the CustomResourceDefinitions to install.
	CRDs []string
	// ControllerManager also runs kube-controller-manager: garbage collection,
	// namespaces, service accounts, role aggregation and the type check of
	// admission policies. It starts after CRDs are installed, because the garbage
	// collector looks for new types only every 30 s.
	ControllerManager bool
	// Dir keeps data, certificates and logs over restarts. Empty: a temporary
	// directory, removed by Stop.
	Dir string
	// Port is the API server's, so that a kubeconfig stays good over restarts.
	// Zero: a free one.
	Port int
	// APIServerArgs are appended to the API server's flags.
	APIServerArgs []string
	// Progress takes lines about binaries that are being built. Nil: os.Stderr.
	Progress io.Writer
}

// ControlPlane is a running control plane.
type ControlPlane struct {
	// Config is the administrator's (group system:masters).
	Config *rest.Config
	// URL is the API server's, on the loopback interface.
	URL string
	// EtcdURL is etcd's, on the loopback interface, without TLS.
	EtcdURL string
	// KubectlPath is a kubectl of the API server's version.
	KubectlPath string

	dir      string
	tempDir  bool
	unlock   func()
	pki      *pki
	binaries *Binaries
	options  Options

	etcd, apiServer, controllerManager *Process
}

// Start finds or builds the binaries and starts a control plane. It is ready
// when Start returns: the default namespace is there, the CRDs are served, and
// with a controller manager the default service account exists. ctx bounds the
// start only. A failed start leaves nothing behind.
func Start(ctx context.Context, options Options) (*ControlPlane, error) {
	binaries, err := FindBinaries(ctx, options.Progress)
	if err != nil {
		return nil, err
	}
	var cp *ControlPlane
	// Between choosing a free port and listening on it, another process may take it.
	for range 3 {
		cp = &ControlPlane{options: options, binaries: binaries, KubectlPath: binaries.Kubectl}
		if err = cp.start(ctx); err == nil {
			return cp, nil
		}
		err = errors.Join(err, cp.Stop())
		if !strings.Contains(err.Error(), "address already in use") {
			break
		}
	}
	return nil, err
}

func (cp *ControlPlane) start(ctx context.Context) error {
	if err := cp.prepare(ctx); err != nil {
		return err
	}
	if err := cp.etcd.Start(ctx); err != nil {
		return err
	}
	if err := cp.apiServer.Start(ctx); err != nil {
		return err
	}
	if len(cp.options.CRDs) > 0 {
		if err := cp.InstallCRDs(cp.options.CRDs...); err != nil {
			return err
		}
	}
	if cp.controllerManager != nil {
		return cp.controllerManager.Start(ctx)
	}
	return nil
}

// InstallCRDs installs the CustomResourceDefinitions in these files or
// directories and waits until they are served.
func (cp *ControlPlane) InstallCRDs(paths ...string) error {
	_, err := envtest.InstallCRDs(cp.Config, envtest.CRDInstallOptions{
		Paths: paths, ErrorIfPathMissing: true, MaxTime: 30 * time.Second,
	})
	if err != nil {
		return fmt.Errorf("installing CRDs: %w", err)
	}
	return nil
}

// Dir holds the control plane's data, certificates, kubeconfigs and logs.
func (cp *ControlPlane) Dir() string { return cp.dir }

// Stop ends every process and removes the temporary directory. It can be called
// again.
func (cp *ControlPlane) Stop() error {
	for _, p := range []*Process{cp.controllerManager, cp.apiServer, cp.etcd} {
		if p != nil {
			p.Stop()
		}
	}
	if cp.unlock != nil {
		cp.unlock()
		cp.unlock = nil
	}
	if cp.tempDir {
		if err := os.RemoveAll(cp.dir); err != nil {
			return fmt.Errorf("removing the control plane's directory: %w", err)
		}
	}
	return nil
}

// StopAPIServer ends the API server and keeps its data, port and users.
func (cp *ControlPlane) StopAPIServer() { cp.apiServer.Stop() }

// StartAPIServer starts the API server again after StopAPIServer.
func (cp *ControlPlane) StartAPIServer(ctx context.Context) error { return cp.apiServer.Start(ctx) }

// KillEtcd ends etcd as a crash would; the API server stays up without it.
func (cp *ControlPlane) KillEtcd() { cp.etcd.Kill() }

// StartEtcd starts etcd again after KillEtcd, with the data it had.
func (cp *ControlPlane) StartEtcd(ctx context.Context) error { return cp.etcd.Start(ctx) }

// Alive is nil while every process of the control plane runs, else it says
// which has ended and how its log ends.
func (cp *ControlPlane) Alive() error {
	for _, p := range []*Process{cp.etcd, cp.apiServer, cp.controllerManager} {
		if p != nil && !p.Running() {
			return fmt.Errorf("%s has ended\n%s", p.Name, p.LogTail())
		}
	}
	return nil
}

// Done is closed when the API server has ended, and with it what everything else
// stands on. Alive then says why.
func (cp *ControlPlane) Done() <-chan struct{} { return cp.apiServer.Done() }

func (cp *ControlPlane) adminKubeconfig() string { return filepath.Join(cp.dir, "admin.kubeconfig") }

func (cp *ControlPlane) file(name string) string { return filepath.Join(cp.dir, name) }

// prepare makes the directory, the certificates, the ports and the three
// processes' command lines.
func (cp *ControlPlane) prepare(ctx context.Context) error {
	if err := cp.openDir(ctx); err != nil {
		return err
	}
	var err error
	if cp.pki, err = openPKI(cp.file("pki")); err != nil {
		return err
	}
	ports, err := FreePorts(ctx, 3)
	if err != nil {
		return err
	}
	if cp.options.Port != 0 {
		ports[2] = cp.options.Port
	}
	cp.URL = "https://127.0.0.1:" + strconv.Itoa(ports[2])
	if cp.Config, err = cp.User("clouddrift-admin", "system:masters"); err != nil {
		return err
	}
	if err := cp.Kubeconfig(cp.adminKubeconfig()); err != nil {
		return err
	}
	cp.EtcdURL = "http://127.0.0.1:" + strconv.Itoa(ports[0])
	cp.etcd = cp.etcdProcess(cp.EtcdURL, "http://127.0.0.1:"+strconv.Itoa(ports[1]))
	if cp.apiServer, err = cp.apiServerProcess(cp.EtcdURL, ports[2]); err != nil {
		return err
	}
	if cp.options.ControllerManager {
		cp.controllerManager, err = cp.controllerManagerProcess()
	}
	return err
}

func (cp *ControlPlane) process(name, path string, args []string, ready func(context.Context) error) *Process {
	return &Process{Name: name, Path: path, Args: args, Ready: ready, LogFile: cp.file(name + ".log")}
}

func (cp *ControlPlane) etcdProcess(clientURL, peerURL string) *Process {
	args := []string{
		"--data-dir=" + cp.file("etcd"),
		"--listen-client-urls=" + clientURL,
		"--advertise-client-urls=" + clientURL,
		"--listen-peer-urls=" + peerURL,
		// Nothing here has to outlive the machine, and an fsync for each write is
		// what makes a control plane on a slow disk slow.
		"--unsafe-no-fsync=true",
	}
	return cp.process("etcd", cp.binaries.Etcd, args, GetOK(http.DefaultClient, clientURL+"/health"))
}

func (cp *ControlPlane) apiServerProcess(etcdURL string, port int) (*Process, error) {
	args := []string{
		"--etcd-servers=" + etcdURL,
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(port),
		// Without these two it looks for the machine's default route, which a
		// machine without a network has not.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		"--cert-dir=" + cp.file("pki"),
		"--tls-cert-file=" + cp.pki.file("apiserver.crt"),
		"--tls-private-key-file=" + cp.pki.file("apiserver.key"),
		"--client-ca-file=" + cp.pki.file("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + cp.pki.file("sa.key"),
		"--service-account-signing-key-file=" + cp.pki.file("sa.key"),
		"--service-cluster-ip-range=10.0.0.0/24",
		"--authorization-mode=RBAC",
	}
	if !cp.options.ControllerManager {
		// It refuses pods in a namespace without a service account, and nobody makes one.
		args = append(args, "--disable-admission-plugins=ServiceAccount")
	}
	args = append(args, cp.options.APIServerArgs...)
	client, err := cp.adminHTTPClient()
	if err != nil {
		return nil, err
	}
	ready := func(ctx context.Context) error {
		if err := GetOK(client, cp.URL+"/readyz")(ctx); err != nil {
			return err
		}
		return GetOK(client, cp.URL+"/api/v1/namespaces/default")(ctx)
	}
	return cp.process("kube-apiserver", cp.binaries.APIServer, args, ready), nil
}

func (cp *ControlPlane) controllerManagerProcess() (*Process, error) {
	const user = "system:kube-controller-manager"
	cfg, err := cp.User(user)
	if err != nil {
		return nil, err
	}
	kubeconfig := cp.file("controller-manager.kubeconfig")
	if err := WriteKubeconfig(kubeconfig, cfg); err != nil {
		return nil, err
	}
	args := []string{
		"--kubeconfig=" + kubeconfig,
		"--leader-elect=false",
		"--secure-port=0",
		"--controllers=" + strings.Join([]string{
			"garbage-collector-controller",
			"namespace-controller",
			"serviceaccount-controller",
			"root-ca-certificate-publisher-controller",
			"clusterrole-aggregation-controller",
			"validatingadmissionpolicy-status-controller",
		}, ","),
		// As in a real cluster: each controller is a user of its own, so that an
		// admission policy meets the garbage collector under its real name.
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + cp.pki.file("sa.key"),
		"--root-ca-file=" + cp.pki.file("ca.crt"),
	}
	clients, err := kubernetes.NewForConfig(cp.Config)
	if err != nil {
		return nil, fmt.Errorf("making the administrator's client: %w", err)
	}
	ready := func(ctx context.Context) error {
		_, err := clients.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	}
	return cp.process("kube-controller-manager", cp.binaries.ControllerManager, args, ready), nil
}

func (cp *ControlPlane) adminHTTPClient() (*http.Client, error) {
	pair, err := tls.X509KeyPair(cp.Config.CertData, cp.Config.KeyData)
	if err != nil {
		return nil, fmt.Errorf("reading the administrator's certificate: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cp.pki.ca)
	return &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		},
	}, nil
}

// GetOK is a readiness check: a GET of url answers 200.
func GetOK(client *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, resp.Status)
		}
		return nil
	}
}

package stack

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
)

// User is a configuration with which the API server sees name as the user and
// groups as its groups (system:authenticated is added by the server). The
// credentials are a client certificate: real authentication, no impersonation.
// For a service account, see ServiceAccount.
func (cp *ControlPlane) User(name string, groups ...string) (*rest.Config, error) {
	certPEM, keyPEM, err := cp.pki.client(name, groups)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host: cp.URL,
		TLSClientConfig: rest.TLSClientConfig{
			CAData: cp.pki.caPEM, CertData: certPEM, KeyData: keyPEM,
		},
		// Tests must not wait for a client-side limiter.
		QPS: -1,
	}, nil
}

// ServiceAccount is a configuration with which the API server sees the user
// and the groups that a pod of this service account would have.
func (cp *ControlPlane) ServiceAccount(namespace, name string) (*rest.Config, error) {
	return cp.User("system:serviceaccount:"+namespace+":"+name,
		"system:serviceaccounts", "system:serviceaccounts:"+namespace)
}

// UserKubeconfig writes a kubeconfig for User(name, groups...) into the control
// plane's directory and returns its path.
func (cp *ControlPlane) UserKubeconfig(name string, groups ...string) (string, error) {
	cfg, err := cp.User(name, groups...)
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(cp.dir, "user-*.kubeconfig")
	if err != nil {
		return "", fmt.Errorf("making a kubeconfig for %s: %w", name, err)
	}
	_ = file.Close()
	return file.Name(), WriteKubeconfig(file.Name(), cfg)
}

// Kubeconfig writes the administrator's kubeconfig to path.
func (cp *ControlPlane) Kubeconfig(path string) error {
	return WriteKubeconfig(path, cp.Config)
}

// WriteKubeconfig writes cfg, as User or ServiceAccount made it, to path.
func WriteKubeconfig(path string, cfg *rest.Config) error {
	const name = "clouddrift"
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters[name] = &clientcmdapi.Cluster{Server: cfg.Host, CertificateAuthorityData: cfg.CAData}
	kubeconfig.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: cfg.CertData, ClientKeyData: cfg.KeyData}
	kubeconfig.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	kubeconfig.CurrentContext = name
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing kubeconfig: %w", err)
	}
	if err := clientcmd.WriteToFile(*kubeconfig, path); err != nil {
		return fmt.Errorf("writing kubeconfig %s: %w", path, err)
	}
	return nil
}

// Kubectl runs kubectl with this kubeconfig (the administrator's, if empty). A
// non-zero exit is an error, which carries what kubectl said on stderr.
func (cp *ControlPlane) Kubectl(ctx context.Context, kubeconfig string, args ...string) (stdout, stderr string, err error) {
	if kubeconfig == "" {
		kubeconfig = cp.adminKubeconfig()
	}
	cmd := exec.CommandContext(ctx, cp.KubectlPath, args...)
	// A cache of its own: discovery of another control plane must not leak in.
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "KUBECACHEDIR="+filepath.Join(cp.dir, "kubectl-cache"))
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), errOut.String(), fmt.Errorf("kubectl %q: %w: %s", args, err, bytes.TrimSpace(errOut.Bytes()))
	}
	return out.String(), errOut.String(), nil
}

func encodeCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: der})
}

package stack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

const certificateLife = 10 * 365 * 24 * time.Hour

// pki is a control plane's certificate authority, kept in a directory: a second
// start in the same directory has the same users and the same server identity.
type pki struct {
	dir   string
	ca    *x509.Certificate
	key   *ecdsa.PrivateKey
	caPEM []byte
}

func (p *pki) file(name string) string { return filepath.Join(p.dir, name) }

// openPKI reads the authority in dir, or makes one, with the API server's
// certificate and the key that signs service account tokens.
func openPKI(dir string) (*pki, error) {
	p := &pki{dir: dir}
	if pair, err := tls.LoadX509KeyPair(p.file("ca.crt"), p.file("ca.key")); err == nil {
		key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("reading %s: not an ECDSA key", p.file("ca.key"))
		}
		p.ca, p.key = pair.Leaf, key
		p.caPEM = encodeCertificate(pair.Leaf.Raw)
		return p, nil
	}
	if err := p.create(); err != nil {
		return nil, fmt.Errorf("making the control plane's certificates: %w", err)
	}
	return p, nil
}

func (p *pki) create() error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	p.key = key
	if p.ca, err = cert.NewSelfSignedCACert(cert.Config{CommonName: "clouddrift-stack"}, key); err != nil {
		return err
	}
	p.caPEM = encodeCertificate(p.ca.Raw)
	serverCert, serverKey, err := p.sign(pkix.Name{CommonName: "kube-apiserver"}, x509.ExtKeyUsageServerAuth)
	if err != nil {
		return err
	}
	tokenKey, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return err
	}
	caKey, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	// ca.crt is written last: with it the directory counts as complete.
	for _, f := range []struct {
		name string
		data []byte
	}{
		{"apiserver.crt", serverCert}, {"apiserver.key", serverKey},
		{"sa.key", tokenKey}, {"ca.key", caKey}, {"ca.crt", p.caPEM},
	} {
		if err := os.WriteFile(p.file(f.name), f.data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// client is a certificate that the API server knows as this user in these groups.
func (p *pki) client(user string, groups []string) (certPEM, keyPEM []byte, err error) {
	return p.sign(pkix.Name{CommonName: user, Organization: groups}, x509.ExtKeyUsageClientAuth)
}

func (p *pki) sign(subject pkix.Name, usage x509.ExtKeyUsage) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key for %s: %w", subject.CommonName, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, fmt.Errorf("making a serial number for %s: %w", subject.CommonName, err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(certificateLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{usage},
	}
	if usage == x509.ExtKeyUsageServerAuth {
		template.DNSNames = []string{"localhost", "kubernetes.default.svc"}
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, p.ca, key.Public(), p.key)
	if err != nil {
		return nil, nil, fmt.Errorf("signing a certificate for %s: %w", subject.CommonName, err)
	}
	keyPEM, err = keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding the key of %s: %w", subject.CommonName, err)
	}
	return encodeCertificate(raw), keyPEM, nil
}

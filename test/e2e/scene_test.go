package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// scene is a namespace with an account in it.
type scene struct {
	namespace string
	syncs     int
}

var scenes int

func newScene(ctx context.Context) *scene {
	GinkgoHelper()
	return newSceneIn(ctx, cloud)
}

// newSceneIn is one with another simulated account.
func newSceneIn(ctx context.Context, cloud *dosim.Server) *scene {
	GinkgoHelper()
	scenes++
	s := &scene{namespace: fmt.Sprintf("scene-%d", scenes)}
	kubectl(ctx, "", "create", "namespace", s.namespace)
	s.kubectl(ctx, "create", "secret", "generic", "digitalocean", "--from-literal=token="+dosim.DefaultToken)
	s.apply(ctx, `
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudAccount
metadata: {name: production}
spec: {tokenSecretRef: {name: digitalocean}, endpoint: "`+cloud.URL()+`"}`)
	DeferCleanup(func(ctx SpecContext) { kubectl(ctx, "", "delete", "namespace", s.namespace, "--wait=false") })
	return s
}

// kubectl runs kubectl in the namespace, as the administrator.
func (s *scene) kubectl(ctx context.Context, args ...string) string {
	GinkgoHelper()
	return kubectl(ctx, "", append([]string{"-n", s.namespace}, args...)...)
}

// as runs kubectl in the namespace as somebody.
func (s *scene) as(ctx context.Context, who string, args ...string) string {
	GinkgoHelper()
	return kubectl(ctx, who, append([]string{"-n", s.namespace}, args...)...)
}

func (s *scene) apply(ctx context.Context, manifest string) {
	GinkgoHelper()
	file := filepath.Join(scratch, "manifest.yaml")
	Expect(os.WriteFile(file, []byte(manifest), 0o600)).To(Succeed())
	s.kubectl(ctx, "apply", "-f", file)
}

// declare declares a droplet's fields, given in YAML's flow style.
func (s *scene) declare(ctx context.Context, name, id, desired string) {
	GinkgoHelper()
	s.apply(ctx, fmt.Sprintf(`
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudProvisioned
metadata: {name: %s}
spec: {accountRef: {name: production}, resource: {kind: Droplet, id: %q}, desired: %s}`, name, id, desired))
}

// sync asks for a sync and waits for its answer.
func (s *scene) sync(ctx context.Context) {
	GinkgoHelper()
	s.syncs++
	request := fmt.Sprint(s.syncs)
	s.kubectl(ctx, "annotate", "cloudaccount", "production", "drift.arcadia.cloud/sync="+request, "--overwrite")
	s.kubectl(ctx, "wait", "cloudaccount/production", "--for=jsonpath={.status.lastHandledSyncRequest}="+request, "--timeout=60s")
}

// drifts are "field state expected actual by", one for each drift.
func (s *scene) drifts(ctx context.Context) []string {
	out := s.kubectl(ctx, "get", "clouddrift", "--no-headers", "-o",
		"custom-columns=F:.spec.field,S:.status.state,E:.status.rendered.expected,A:.status.rendered.actual,B:.status.resolvedBy")
	lines := []string{}
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "No" {
			lines = append(lines, strings.Join(fields, " "))
		}
	}
	return lines
}

func (s *scene) expectDrifts(ctx context.Context, lines ...string) {
	GinkgoHelper()
	Eventually(ctx, func() []string { return s.drifts(ctx) }).Should(ConsistOf(lines))
}

// nameOf is the name of the one open drift of a field.
func (s *scene) nameOf(ctx context.Context, field string) string {
	GinkgoHelper()
	var name string
	Eventually(ctx, func(g Gomega) {
		name = s.kubectl(ctx, "get", "clouddrift", "--field-selector", "status.state=Open,spec.field="+field, "-o", "name")
		g.Expect(strings.Fields(name)).To(HaveLen(1))
	}).Should(Succeed())
	return strings.TrimPrefix(name, "clouddrift.drift.arcadia.cloud/")
}

// accept waits first until the operator relies on the policies, which were applied
// not long ago.
func (s *scene) accept(ctx context.Context, drift string) {
	GinkgoHelper()
	s.awaitReady(ctx)
	s.as(ctx, "dana", "annotate", "clouddrift", drift, "drift.arcadia.cloud/resolve=accept")
}

func (s *scene) awaitReady(ctx context.Context) {
	GinkgoHelper()
	s.kubectl(ctx, "wait", "cloudaccount/production", "--for=condition=Ready", "--timeout=90s")
}

// get is one value of an object, by a JSON path.
func (s *scene) get(ctx context.Context, object, path string) string {
	GinkgoHelper()
	return s.kubectl(ctx, "get", object, "-o", "jsonpath={"+path+"}")
}

// droplet makes a droplet of s-1vcpu-1gb.
func droplet(name string, tags ...string) string {
	GinkgoHelper()
	return dropletAt(cloud, name, tags...)
}

// dropletAt makes one in another simulated account.
func dropletAt(cloud *dosim.Server, name string, tags ...string) string {
	GinkgoHelper()
	answer, err := cloud.Change("POST", "/v2/droplets", map[string]any{
		"name": name, "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "tags": tags,
	})
	Expect(err).NotTo(HaveOccurred())
	var out struct {
		Droplet struct{ ID json.Number }
	}
	Expect(json.Unmarshal(answer, &out)).To(Succeed())
	return out.Droplet.ID.String()
}

func resize(id, size string) {
	GinkgoHelper()
	for _, action := range []map[string]any{{"type": "power_off"}, {"type": "resize", "size": size}, {"type": "power_on"}} {
		_, err := cloud.Change("POST", "/v2/droplets/"+id+"/actions", action)
		Expect(err).NotTo(HaveOccurred())
	}
}

package plugin_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// droplet makes a droplet of s-1vcpu-1gb.
func droplet(name string) string {
	GinkgoHelper()
	answer, err := cloud.Change("POST", "/v2/droplets", map[string]any{
		"name": name, "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "tags": []string{"web"},
	})
	Expect(err).NotTo(HaveOccurred())
	var out struct {
		Droplet struct{ ID json.Number }
	}
	Expect(json.Unmarshal(answer, &out)).To(Succeed())
	return out.Droplet.ID.String()
}

func resize(id string) {
	GinkgoHelper()
	for _, action := range []map[string]any{{"type": "power_off"}, {"type": "resize", "size": "s-2vcpu-4gb"}, {"type": "power_on"}} {
		_, err := cloud.Change("POST", "/v2/droplets/"+id+"/actions", action)
		Expect(err).NotTo(HaveOccurred())
	}
}

var _ = Describe("A namespace with an account", Ordered, func() {
	var first, second string

	BeforeAll(func(ctx SpecContext) {
		first, second = droplet("web-1"), droplet("web-2")
		kubectl(ctx, "-n", "infra", "create", "secret", "generic", "digitalocean", "--from-literal=token="+dosim.DefaultToken)
		manifest(ctx, `
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudAccount
metadata: {name: production}
spec: {tokenSecretRef: {name: digitalocean}, endpoint: "`+cloud.URL()+`"}
---
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudProvisioned
metadata: {name: web-1}
spec: {accountRef: {name: production}, resource: {kind: Droplet, id: "`+first+`"}, desired: {size_slug: s-1vcpu-1gb, tags: [web]}}
---
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudProvisioned
metadata: {name: web-2}
spec: {accountRef: {name: production}, resource: {kind: Droplet, id: "`+second+`"}, desired: {size_slug: s-1vcpu-1gb}}`)
		kubectl(ctx, "-n", "infra", "wait", "cloudprovisioned", "--all", "--for=condition=InSync", "--timeout=60s")
	})

	It("is in sync, and a check says so", func(ctx SpecContext) {
		r := drift(ctx, "dana", "check", "--sync")
		Expect(r.code).To(BeZero(), r.err)
		Expect(r.out).To(HavePrefix("InSync: "))
		Expect(drift(ctx, "vic", "list").err).To(ContainSubstring("No open drifts found in namespace infra."))
	})

	It("tells of drifts as they open, to whoever watches and lists", func(ctx SpecContext) {
		watch := command(ctx, "vic", "watch")
		news, err := watch.StdoutPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(watch.Start()).To(Succeed())
		resize(first)
		resize(second)
		r := drift(ctx, "dana", "sync", "--wait")
		Expect(r.code).To(BeZero(), r.err)
		Expect(r.out).To(Equal("production: synced, 2 drifts open\n"))
		lines := bufio.NewScanner(news)
		for range 2 {
			Expect(lines.Scan()).To(BeTrue())
			Expect(lines.Text()).To(MatchRegexp(`Open(ed)? .*web-. size_slug  s-1vcpu-1gb -> s-2vcpu-4gb`))
		}
		Expect(watch.Process.Signal(os.Interrupt)).To(Succeed())
		Expect(codeOf(watch.Wait())).To(BeZero())

		Expect(strings.Fields(drift(ctx, "vic", "list", "--by-change").out)).To(ContainElements("2", "Droplet", "size_slug", "web-1,", "web-2"))
		Expect(drift(ctx, "vic", "check").code).To(Equal(2))
		Expect(drift(ctx, "vic", "check", "--kind", "Firewall").code).To(Equal(3))
		Expect(drift(ctx, "vic", "check", "--max-age", "1ns").code).To(Equal(2))
	})

	It("shows what a drift means", func(ctx SpecContext) {
		name := strings.TrimSpace(drift(ctx, "vic", "list", "--where", "resource=web-1", "-o", "name").out)
		r := drift(ctx, "vic", "show", name)
		Expect(r.code).To(BeZero(), r.err)
		Expect(r.out).To(ContainSubstring("  -   size_slug: s-1vcpu-1gb\n  +   size_slug: s-2vcpu-4gb\n"))
	})

	It("is used by way of kubectl", func(ctx SpecContext) {
		cmd := command(ctx, "vic")
		cmd.Path, cmd.Args = controlPlane.KubectlPath, []string{"kubectl", "drift", "list", "-o", "name"}
		cmd.Env = append(cmd.Env, "PATH="+filepath.Dir(program))
		out, err := cmd.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		Expect(strings.Fields(string(out))).To(HaveLen(2))
	})

	It("refuses who may not, and says who grants it", func(ctx SpecContext) {
		r := drift(ctx, "vic", "accept", "--all", "--yes")
		Expect(r.code).To(Equal(1))
		Expect(r.err).To(ContainSubstring("vic lacks the verb patch and accept on clouddrifts.drift.arcadia.cloud/droplet-"))
		Expect(r.err).To(ContainSubstring("the ClusterRole clouddrift-platform-admin grants it"))
		r = drift(ctx, "nobody", "list")
		Expect(r.code).To(Equal(1))
		Expect(r.err).To(ContainSubstring(`"nobody" cannot list resource "clouddrifts"`))
		Expect(r.err).To(ContainSubstring("the ClusterRole clouddrift-viewer grants it"))
		Expect(r.err).To(HaveSuffix("\n"))
		Expect(strings.Count(r.err, "\n")).To(Equal(1))
	})

	It("says which verb is missing where a role of one's own has the others", func(ctx SpecContext) {
		kubectl(ctx, "-n", "infra", "create", "role", "patcher", "--verb=get,list,patch", "--resource=clouddrifts.drift.arcadia.cloud")
		kubectl(ctx, "-n", "infra", "create", "rolebinding", "patcher", "--role=patcher", "--user=vic")
		r := drift(ctx, "vic", "accept", "--where", "resource=web-1", "--yes")
		Expect(r.code).To(Equal(1))
		Expect(r.err).To(ContainSubstring("vic lacks the verb accept on clouddrifts.drift.arcadia.cloud/droplet-"))
	})

	It("has a terminal with colour and a question, and a pipe with neither", func(ctx SpecContext) {
		code, shown := onTerminal(ctx, "dana", "n\n", "accept", "--where", "resource=web-1")
		Expect(code).To(BeZero())
		Expect(shown).To(ContainSubstring("Accept 1 drift? [y/N]"))
		Expect(shown).To(ContainSubstring("\x1b["))
		r := drift(ctx, "dana", "accept", "--where", "resource=web-1")
		Expect(r.code).To(Equal(1))
		Expect(r.err).To(ContainSubstring("add --yes"))
		Expect(r.out + r.err).NotTo(ContainSubstring("\x1b"))
		Expect(kubectl(ctx, "-n", "infra", "get", "clouddrift", "-o", "jsonpath={.items[*].metadata.annotations}")).To(BeEmpty())
	})

	It("accepts without the mutating policy, and waits", func(ctx SpecContext) {
		kubectl(ctx, "-n", "infra", "wait", "cloudaccount/production", "--for=condition=Ready", "--timeout=90s")
		r := drift(ctx, "dana", "accept", "--where", "resource=web-1", "--dry-run")
		Expect(r.code).To(BeZero(), r.err)
		Expect(r.out).To(ContainSubstring("(dry run)"))
		code, shown := onTerminal(ctx, "dana", "y\n", "accept", "--field", "size_slug", "--reason", "the launch needs it", "--wait")
		Expect(code).To(BeZero(), shown)
		Expect(shown).To(ContainSubstring("web-2"))
		Expect(drift(ctx, "vic", "check").code).To(BeZero())
		Expect(kubectl(ctx, "-n", "infra", "get", "cloudprovisioned", "web-1", "-o", "jsonpath={.spec.desired.size_slug}")).To(Equal("s-2vcpu-4gb"))
		Expect(drift(ctx, "vic", "history", "web-1").out).To(MatchRegexp(`size_slug .* Accepted .* dana +the launch needs it`))
	})

	It("does not complain of a reader that has gone", func(ctx SpecContext) {
		for _, args := range [][]string{{"list", "--state", "all"}, {"explain"}, {"check"}} {
			cmd := command(ctx, "vic", args...)
			read, write, err := os.Pipe()
			Expect(err).NotTo(HaveOccurred())
			Expect(read.Close()).To(Succeed())
			var stderr strings.Builder
			cmd.Stdout, cmd.Stderr = write, &stderr
			Expect(codeOf(cmd.Run())).To(BeZero())
			Expect(write.Close()).To(Succeed())
			Expect(stderr.String()).To(BeEmpty())
		}
	})

	takesBackAndSnoozes()

	It("completes names", func(ctx SpecContext) {
		Expect(drift(ctx, "vic", "__complete", "history", "").out).To(ContainSubstring("web-1\nweb-2\n"))
		Expect(drift(ctx, "vic", "__complete", "list", "--account", "").out).To(ContainSubstring("production\n"))
	})

	It("says in one line that the cluster can't be reached", func(ctx SpecContext) {
		for args, want := range map[string]string{
			"--server=https://127.0.0.1:1":               "error: the cluster can't be reached: ",
			"--kubeconfig=/nowhere":                      "error: ",
			"--context=staging":                          `error: context "staging" does not exist`,
			"--server=https://127.0.0.1:1 -n infra show": "error: give the name of a drift",
		} {
			line := strings.Fields(args)
			if line[len(line)-1] != "show" {
				line = append(line, "list")
			}
			r := drift(ctx, "vic", line...)
			Expect(r.code).To(Equal(1))
			Expect(r.err).To(HavePrefix(want))
			Expect(strings.Count(r.err, "\n")).To(Equal(1), r.err)
		}
	})

	It("says in one line that clouddrift is not installed", func(ctx SpecContext) {
		kubectl(ctx, "delete", "crd", "clouddrifts.drift.arcadia.cloud", "--timeout=60s")
		for _, args := range [][]string{{"list"}, {"show", "x"}, {"check"}, {"accept", "x", "--yes"}, {"withdraw", "--all"}, {"snooze", "x", "--for", "1h"}, {"watch"}, {"history", "web-1"}} {
			r := drift(ctx, "dana", args...)
			Expect(r.code).To(Equal(1))
			Expect(r.err).To(HavePrefix("error: the cluster does not serve clouddrifts of drift.arcadia.cloud/v1alpha1: clouddrift is not installed there"))
			Expect(strings.Count(r.err, "\n")).To(Equal(1), r.err)
		}
	})
})

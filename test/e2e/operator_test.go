package e2e_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/hack/stack"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

// crashPoint labels the specs that end the operator at one.
const crashPoint = "crash point"

var _ = Describe("The operator", func() {
	It("goes the whole way with kubectl", func(ctx SpecContext) {
		start(ctx, operator(ctx))
		s := newScene(ctx)
		id := droplet("web-1", "web", "prod")
		s.sync(ctx)
		s.declare(ctx, "web-1", id, `{size_slug: s-2vcpu-4gb, region: NYC3, tags: [prod, WEB]}`)
		s.expectDrifts(ctx, "size_slug Open s-2vcpu-4gb s-1vcpu-1gb <none>")
		Expect(s.get(ctx, "cloudprovisioned/web-1", ".status.specVersion")).To(Equal("1"))

		s.accept(ctx, s.nameOf(ctx, "size_slug"))
		s.expectDrifts(ctx, "size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb dana")
		s.kubectl(ctx, "wait", "cloudprovisioned/web-1", "--for=condition=InSync", "--timeout=30s")
		Expect(s.get(ctx, "cloudprovisioned/web-1", ".spec.desired.size_slug")).To(Equal("s-1vcpu-1gb"))
		Expect(s.get(ctx, "cloudprovisioned/web-1", ".status.specVersion")).To(Equal("2"))

		resize(id, "s-4vcpu-8gb")
		s.sync(ctx)
		s.expectDrifts(ctx, "size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb dana", "size_slug Open s-1vcpu-1gb s-4vcpu-8gb <none>")
		resize(id, "s-1vcpu-1gb")
		s.sync(ctx)
		s.expectDrifts(ctx, "size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb dana", "size_slug Stale s-1vcpu-1gb s-4vcpu-8gb system:clouddrift")
	})

	DescribeTable("ends in the middle of an accept and is started again: the accept is made once",
		func(ctx SpecContext, point crashpoint.Point) {
			s := newScene(ctx)
			id := droplet("web-1", "web")
			o := operator(ctx, "--crash-at", string(point))
			start(ctx, o)
			s.sync(ctx)
			s.declare(ctx, "web-1", id, `{size_slug: s-2vcpu-4gb, tags: [db]}`)
			name := s.nameOf(ctx, "size_slug")
			s.nameOf(ctx, "tags")
			s.accept(ctx, name)
			Eventually(o.Done()).Should(BeClosed(), "it ends at the crash point")

			start(ctx, operator(ctx))
			s.expectDrifts(ctx, "size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb dana", `tags Open ["db"] ["web"] <none>`)
			s.sync(ctx)
			s.expectDrifts(ctx, "size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb dana", `tags Open ["db"] ["web"] <none>`)
			Expect(s.get(ctx, "cloudprovisioned/web-1", ".spec.desired.size_slug")).To(Equal("s-1vcpu-1gb"))
			Expect(s.get(ctx, "cloudprovisioned/web-1", ".metadata.generation")).To(Equal("2"), "the spec was written once")
			Expect(s.get(ctx, "cloudprovisioned/web-1", ".status.specVersion")).To(Equal("2"))
		},
		Entry(nil, Label(crashPoint), crashpoint.AcceptApproved),
		Entry(nil, Label(crashPoint), crashpoint.AcceptIntended),
		Entry(nil, Label(crashPoint), crashpoint.AcceptApplied),
		Entry(nil, Label(crashPoint), crashpoint.AcceptClosed),
	)

	DescribeTable("ends in the middle of taking an accept back and is started again: it is taken back once",
		func(ctx SpecContext, point crashpoint.Point) {
			s := newScene(ctx)
			id := droplet("web-1")
			o := operator(ctx, "--crash-at", string(point))
			start(ctx, o)
			s.sync(ctx)
			s.declare(ctx, "web-1", id, `{size_slug: s-2vcpu-4gb}`)
			name := s.nameOf(ctx, "size_slug")
			s.accept(ctx, name)
			s.expectDrifts(ctx, "size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb dana")
			s.kubectl(ctx, "wait", "cloudprovisioned/web-1", "--for=condition=AcceptancesPending", "--timeout=30s")
			s.as(ctx, "dana", "annotate", "--overwrite", "clouddrift", name, "drift.arcadia.cloud/resolve=withdraw")
			Eventually(o.Done()).Should(BeClosed(), "it ends at the crash point")

			start(ctx, operator(ctx))
			s.expectDrifts(ctx, "size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb dana", "size_slug Open s-2vcpu-4gb s-1vcpu-1gb <none>")
			Expect(s.get(ctx, "cloudprovisioned/web-1", ".spec.desired.size_slug")).To(Equal("s-2vcpu-4gb"))
			Expect(s.get(ctx, "cloudprovisioned/web-1", ".metadata.generation")).To(Equal("3"), "the spec was written by each once")
			Eventually(ctx, func() string { return s.get(ctx, "clouddrift/"+name, ".metadata.annotations") }).
				Should(And(ContainSubstring("withdrawn"), Not(ContainSubstring("drift.arcadia.cloud/resolve"))))
		},
		Entry(nil, Label(crashPoint), crashpoint.WithdrawRestored),
		Entry(nil, Label(crashPoint), crashpoint.WithdrawRemembered),
	)

	It("loses nothing when it is killed again and again", func(ctx SpecContext) {
		const droplets, kills = 8, 6
		s := newScene(ctx)
		o := start(ctx, operator(ctx))
		s.sync(ctx)
		want := []string{}
		for n := range droplets {
			name := fmt.Sprintf("web-%d", n)
			s.declare(ctx, name, droplet(name), `{size_slug: s-2vcpu-4gb}`)
			want = append(want, "size_slug Accepted s-2vcpu-4gb s-1vcpu-1gb dana")
		}
		s.sync(ctx)
		s.awaitReady(ctx)
		s.as(ctx, "dana", "annotate", "clouddrift", "--all", "drift.arcadia.cloud/resolve=accept")
		for n := range kills {
			By(fmt.Sprintf("killing it when %d were accepted", n))
			Eventually(ctx, func() int {
				return len(slices.DeleteFunc(s.drifts(ctx), func(line string) bool { return !strings.Contains(line, "Accepted") }))
			}).WithPolling(time.Millisecond).Should(BeNumerically(">=", n))
			o.Kill()
			o = start(ctx, operator(ctx))
		}
		s.expectDrifts(ctx, want...)
		s.sync(ctx)
		s.expectDrifts(ctx, want...)
		for n := range droplets {
			Expect(s.get(ctx, fmt.Sprintf("cloudprovisioned/web-%d", n), ".metadata.generation")).To(Equal("2"))
		}
	})

	It("hands over to another when it ends", func(ctx SpecContext) {
		flags := []string{"--leader-elect", "--leader-election-namespace", "clouddrift-system"}
		first := start(ctx, operator(ctx, flags...))
		s := newScene(ctx)
		s.sync(ctx)
		second := start(ctx, operator(ctx, flags...))
		first.Stop()
		s.sync(ctx)
		second.Stop()
	})

	It("shows its metrics to whoever may see them, and to nobody else", func(ctx SpecContext) {
		ports, err := stack.FreePorts(ctx, 1)
		Expect(err).NotTo(HaveOccurred())
		address := fmt.Sprintf("127.0.0.1:%d", ports[0])
		start(ctx, operator(ctx, "--metrics-bind-address", address))
		Eventually(ctx, func() string { return metrics(ctx, address, "") }).Should(HavePrefix("401 "))
		Expect(metrics(ctx, address, token(ctx, "stranger"))).To(HavePrefix("403 "))
		kubectl(ctx, "", "create", "clusterrolebinding", "scraper", "--serviceaccount=default:scraper", "--clusterrole=clouddrift-metrics-reader")
		Eventually(ctx, func() string { return metrics(ctx, address, token(ctx, "scraper")) }).Should(
			And(HavePrefix("200 "), ContainSubstring("controller_runtime_reconcile_total")))
	})

	DescribeTable("says what is wrong with its flags",
		func(ctx SpecContext, message string, flags ...string) {
			out, err := exec.CommandContext(ctx, program, append([]string{"--kubeconfig", kubeconfigs["operator"]}, flags...)...).CombinedOutput()
			Expect(err).To(HaveOccurred())
			Expect(string(out)).To(ContainSubstring(message))
		},
		Entry(nil, "the token would be sent in the clear", "--allowed-endpoint", "http://api.digitalocean.com"),
		Entry(nil, "give between 1s and 30s", "--secret-poll", "1m"),
		Entry(nil, "the crash points are", "--crash-at", "somewhere"),
		Entry(nil, "plain http is for loopback", "--metrics-insecure", "--metrics-bind-address", ":8080"),
		Entry(nil, "give between 1 and 64", "--workers", "0"),
	)
})

var _ = ReportAfterSuite("crash points", func(report Report) {
	points := 0
	for _, spec := range report.SpecReports {
		if spec.State == types.SpecStatePassed && slices.Contains(spec.Labels(), crashPoint) {
			points++
		}
	}
	fmt.Printf("\nnote: an accept survived the operator's end at %d crash points\n", points)
})

// token is a service account's.
func token(ctx context.Context, account string) string {
	GinkgoHelper()
	_, _, _ = controlPlane.Kubectl(ctx, "", "create", "serviceaccount", account)
	return kubectl(ctx, "", "create", "token", account)
}

// metrics is the answer's status and body.
func metrics(ctx context.Context, address, bearer string) string {
	GinkgoHelper()
	// The certificate is made at start-up, for want of another.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // see above
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/metrics", nil)
	Expect(err).NotTo(HaveOccurred())
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	Expect(err).NotTo(HaveOccurred())
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}

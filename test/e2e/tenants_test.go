package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/hack/stack"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// The limit on memory that config/manager/manager.yaml sets, and the settings of the
// garbage collector that it makes for it.
const memoryLimit = 512 // MiB

var memorySettings = []string{"GOMEMLIMIT=460MiB", "GOGC=50"}

// hostile is how many declarations of the largest size there are: a few, because the API
// server takes its time for them; make hostile tries 200.
var hostile = cmp.Or(number(os.Getenv("CLOUDDRIFT_HOSTILE")), 16)

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

var _ = Describe("The operator under its memory limit", func() {
	It("survives declarations of the largest size, and serves another namespace meanwhile", func(ctx SpecContext) {
		o := operator(ctx)
		o.Env = append(os.Environ(), memorySettings...)
		start(ctx, o)
		quiet, loud := newScene(ctx), newScene(ctx)
		quiet.awaitReady(ctx)
		usual := quiet.goRound(ctx, "before")

		kubeconfig, err := controlPlane.UserKubeconfig("eve")
		Expect(err).NotTo(HaveOccurred())
		kubeconfigs["eve"] = kubeconfig
		loud.kubectl(ctx, "create", "rolebinding", "eve", "--user=eve", "--clusterrole=clouddrift-editor")
		manifests := writeHostile()
		ended := make(chan struct{})
		go func() {
			defer GinkgoRecover()
			defer close(ended)
			loud.as(ctx, "eve", "create", "-f", manifests)
		}()
		var meanwhile []time.Duration
		for n := 0; !closed(ended); n++ {
			meanwhile = append(meanwhile, quiet.goRound(ctx, fmt.Sprintf("meanwhile-%d", n)))
		}
		AddReportEntry("a round of the other namespace", fmt.Sprintf("usually %s, while they were created %s", usual, meanwhile))
		loud.expectTooLarge(ctx)
		expectWithinLimit(o)

		By("starting it again, with all of them there")
		for range 3 {
			o.Kill()
			start(ctx, o)
			quiet.sync(ctx)
			expectWithinLimit(o)
		}
		quiet.awaitReady(ctx)
		AddReportEntry("a round of the other namespace", "after they were created "+quiet.goRound(ctx, "after").String())
		loud.sync(ctx)
		loud.expectTooLarge(ctx)
		expectWithinLimit(o)
	})
})

var _ = Describe("The operator with many tenants", func() {
	It("compares and accepts for one namespace while another has drifts by the hundred and endpoints that drip", func(ctx SpecContext) {
		many, dripping := dosim.New(dosim.WithActionDuration(0)), dosim.New()
		for _, server := range []*dosim.Server{many, dripping} {
			_, err := server.Start()
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(server.Close)
		}
		dripping.AddFault(dosim.Fault{Path: "/v2/*", Drip: dosim.Duration(500 * time.Millisecond)})
		start(ctx, operator(ctx, "--allowed-endpoint", many.URL(), "--allowed-endpoint", dripping.URL()))
		quiet, loud := newScene(ctx), newScene(ctx)
		quiet.awaitReady(ctx)
		usual := []time.Duration{quiet.goRound(ctx, "before-1"), quiet.goRound(ctx, "before-2"), quiet.goRound(ctx, "before-3")}

		var manifests strings.Builder
		// First: of one namespace eight accounts are synced at once.
		fmt.Fprintf(&manifests, "---\napiVersion: drift.arcadia.cloud/v1alpha1\nkind: CloudAccount\nmetadata: {name: many}\nspec: {tokenSecretRef: {name: digitalocean}, endpoint: %q, maxNewDriftsPerMinute: 100000}\n", many.URL())
		drifting := 15 * hostile
		for n := range drifting {
			id := dropletAt(many, fmt.Sprintf("many-%d", n))
			fmt.Fprintf(&manifests, "---\napiVersion: drift.arcadia.cloud/v1alpha1\nkind: CloudProvisioned\nmetadata: {name: many-%d}\nspec: {accountRef: {name: many}, resource: {kind: Droplet, id: %q}, desired: {size_slug: s-2vcpu-4gb, tags: [a], name: b}}\n", n, id)
		}
		for n := range 12 {
			fmt.Fprintf(&manifests, "---\napiVersion: drift.arcadia.cloud/v1alpha1\nkind: CloudAccount\nmetadata: {name: dripping-%d}\nspec: {tokenSecretRef: {name: digitalocean}, endpoint: %q}\n", n, dripping.URL())
		}
		loud.apply(ctx, manifests.String())
		open := func() int {
			return strings.Count(loud.kubectl(ctx, "get", "clouddrift", "--no-headers"), "Open")
		}
		var meanwhile []time.Duration
		for n := 0; n == 0 || open() < 3*drifting; n++ {
			meanwhile = append(meanwhile, quiet.goRound(ctx, fmt.Sprintf("meanwhile-%d", n)))
		}
		AddReportEntry("a round of the quiet namespace", fmt.Sprintf("usually %s; while the other had %d drifts and 12 dripping accounts %s", usual, 3*drifting, meanwhile))
		Expect(loud.kubectl(ctx, "get", "cloudaccount", "dripping-0", "-o", `jsonpath={.status.conditions[?(@.type=="Synced")].status}`)).NotTo(Equal("True"))
	})
})

// goRound declares a droplet wrongly, syncs, accepts the drift, and returns how long
// that took.
func (s *scene) goRound(ctx context.Context, name string) time.Duration {
	GinkgoHelper()
	id := droplet(name)
	began := time.Now()
	s.declare(ctx, name, id, `{size_slug: s-2vcpu-4gb}`)
	s.sync(ctx)
	s.as(ctx, "dana", "annotate", "clouddrift", s.nameOf(ctx, "size_slug"), "drift.arcadia.cloud/resolve=accept")
	s.kubectl(ctx, "wait", "cloudprovisioned/"+name, "--for=condition=InSync", "--timeout=60s")
	return time.Since(began).Round(time.Millisecond)
}

func (s *scene) expectTooLarge(ctx context.Context) {
	GinkgoHelper()
	Eventually(ctx, func() int {
		// As a table: the objects themselves are hundreds of megabytes.
		count := 0
		for line := range strings.Lines(s.kubectl(ctx, "get", "cloudprovisioned", "--no-headers")) {
			if strings.Contains(line, "False") && strings.Contains(line, "Unknown") { // Ready, In Sync
				count++
			}
		}
		return count
	}).WithTimeout(10 * time.Minute).WithPolling(5 * time.Second).Should(Equal(hostile))
	Expect(s.get(ctx, "cloudprovisioned/hostile-0", `.status.conditions[?(@.type=="Ready")].reason`)).To(Equal("FixTooLarge"))
}

// expectWithinLimit is about the most that it ever had, which the kernel knows.
func expectWithinLimit(o *stack.Process) {
	GinkgoHelper()
	Expect(o.Running()).To(BeTrue())
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.Pid()))
	if os.IsNotExist(err) {
		Skip("only Linux says how much memory a process had")
	}
	Expect(err).NotTo(HaveOccurred())
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kibibytes, err := strconv.Atoi(strings.Fields(value)[0])
			Expect(err).NotTo(HaveOccurred())
			AddReportEntry("memory", fmt.Sprintf("%d MiB at most", kibibytes/1024))
			Expect(kibibytes/1024).To(BeNumerically("<", memoryLimit), "MiB of memory")
			return
		}
	}
	Fail("the kernel does not say how much memory the process had")
}

// writeHostile writes declarations as large as the API server takes, of each shape.
func writeHostile() string {
	GinkgoHelper()
	folder := filepath.Join(scratch, "hostile")
	Expect(os.MkdirAll(folder, 0o700)).To(Succeed())
	keys := make([]string, 60_000)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%05d":1`, i)
	}
	wide := func(n int) string { return "{" + strings.Join(keys[:n], ",") + "}" }
	shapes := []string{
		`"` + strings.Repeat("a", 1_500_000) + `"`,
		"[" + strings.Join(slices.Repeat([]string{"1"}, 700_000), ",") + "]",
		wide(50_000),
		strings.Repeat(`{"a":`, 1000) + wide(30_000) + strings.Repeat("}", 1000),
	}
	for n := range hostile {
		manifest := fmt.Sprintf(`{"apiVersion":"drift.arcadia.cloud/v1alpha1","kind":"CloudProvisioned","metadata":{"name":"hostile-%d"},"spec":{"accountRef":{"name":"production"},"resource":{"kind":"Volume","id":"%d"},"desired":{"filesystem_label":%s}}}`,
			n, n, shapes[n%len(shapes)])
		Expect(os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.json", n)), []byte(manifest), 0o600)).To(Succeed())
	}
	return folder
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

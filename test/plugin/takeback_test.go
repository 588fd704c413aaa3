package plugin_test

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

// named is the name of the one drift that flags choose.
func named(ctx context.Context, flags ...string) string {
	GinkgoHelper()
	r := drift(ctx, "dana", append([]string{"list", "-o", "name"}, flags...)...)
	Expect(strings.Fields(r.out)).To(HaveLen(1), r.err)
	return strings.TrimSpace(r.out)
}

func desiredSize(ctx context.Context, name string) string {
	GinkgoHelper()
	return kubectl(ctx, "-n", "infra", "get", "cloudprovisioned", name, "-o", "jsonpath={.spec.desired.size_slug}")
}

// annotationsOf are those of a drift, as JSON.
func annotationsOf(ctx context.Context, name string) string {
	GinkgoHelper()
	return kubectl(ctx, "-n", "infra", "get", name, "-o", "jsonpath={.metadata.annotations}")
}

// takesBackAndSnoozes begins where both droplets' sizes were accepted, and are pending because
// kubectl apply declared the old ones.
func takesBackAndSnoozes() {
	It("says what Git has yet to say", func(ctx SpecContext) {
		accepted := named(ctx, "--state", "accepted", "--where", "resource=web-1")
		Eventually(func() string { return drift(ctx, "vic", "show", accepted).out }).Should(
			MatchRegexp(`In Git +Pending since .*\n(.*\n)+The manifest of CloudProvisioned web-1 has yet to say .*\n  - s-1vcpu-1gb\n  \+ s-2vcpu-4gb\n`))
		Expect(drift(ctx, "vic", "status").out).To(MatchRegexp(`web-2 +size_slug +s-1vcpu-1gb +s-2vcpu-4gb`))
	})

	It("withdraws only for whoever may accept", func(ctx SpecContext) {
		r := drift(ctx, "vic", "withdraw", "--all", "--yes")
		Expect(r.code).To(Equal(1))
		Expect(r.err).To(ContainSubstring("vic lacks the verb accept on clouddrifts.drift.arcadia.cloud/droplet-"))
		Expect(desiredSize(ctx, "web-1")).To(Equal("s-2vcpu-4gb"))
	})

	It("takes an accept back, and snoozes, without the mutating policies", takeBackAndSnooze)

	It("refuses to take back what Git says by now", func(ctx SpecContext) {
		accepted := named(ctx, "--state", "accepted", "--where", "resource=web-2")
		id := kubectl(ctx, "-n", "infra", "get", "cloudprovisioned", "web-2", "-o", "jsonpath={.spec.resource.id}")
		manifest(ctx, `
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudProvisioned
metadata: {name: web-2}
spec: {accountRef: {name: production}, resource: {kind: Droplet, id: "`+id+`"}, desired: {size_slug: s-2vcpu-4gb}}`)
		Eventually(func() string { return drift(ctx, "vic", "history", "web-2").out }).Should(MatchRegexp(`size_slug .* Accepted +Landed`))
		r := drift(ctx, "dana", "withdraw", accepted, "--yes")
		Expect(r.code).To(Equal(1))
		Expect(r.err).To(ContainSubstring("it is Landed since "))
	})

	It("takes a request back that is not carried out", func(ctx SpecContext) {
		operator.Kill()
		open := named(ctx, "--where", "resource=web-1")
		Expect(drift(ctx, "dana", "accept", open, "--yes", "--reason", "by mistake").code).To(BeZero())
		Expect(annotationsOf(ctx, open)).To(ContainSubstring("by mistake"))
		r := drift(ctx, "dana", "withdraw", "--all", "--yes", "--wait")
		Expect(r.code).To(BeZero(), r.err)
		Expect(r.out).To(Equal("web-1 size_slug: withdrawn\n"))
		Expect(annotationsOf(ctx, open)).NotTo(ContainSubstring("resolve"))
		Expect(operator.Start(ctx)).To(Succeed())
	})

	It("takes an accept back, and snoozes, with the mutating policies too", func(ctx SpecContext) {
		root, err := stack.Root()
		Expect(err).NotTo(HaveOccurred())
		kubectl(ctx, "apply", "--server-side", "-k", filepath.Join(root, "config", "admission-mutating"))
		open := named(ctx, "--where", "resource=web-1")
		Eventually(func() error { // refused until the policy fills in who asks
			_, _, err := controlPlane.Kubectl(ctx, "", "-n", "infra", "annotate", open, "--dry-run=server",
				"drift.arcadia.cloud/snooze-until="+time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
			return err
		}).Should(Succeed())
		r := drift(ctx, "dana", "accept", open, "--yes", "--reason", "the launch is off", "--wait")
		Expect(r.code).To(BeZero(), r.err)
		takeBackAndSnooze(ctx)
	})
}

// takeBackAndSnooze takes the accept of web-1 back, and snoozes and wakes what drifts again.
func takeBackAndSnooze(ctx SpecContext) {
	r := drift(ctx, "dana", "withdraw", "--where", "resource=web-1", "--dry-run")
	Expect(r.code).To(BeZero(), r.err)
	Expect(r.out).To(ContainSubstring("  - s-2vcpu-4gb\n  + s-1vcpu-1gb\n"))
	Expect(r.out).To(ContainSubstring("withdraw asked for, s-2vcpu-4gb -> s-1vcpu-1gb (dry run)"))
	Expect(desiredSize(ctx, "web-1")).To(Equal("s-2vcpu-4gb"))
	code, shown := onTerminal(ctx, "dana", "y\n", "withdraw", "--where", "resource=web-1", "--reason", "the launch is off", "--wait")
	Expect(code).To(BeZero(), shown)
	Expect(shown).To(ContainSubstring("Withdraw 1 drift? [y/N]"))
	Expect(desiredSize(ctx, "web-1")).To(Equal("s-1vcpu-1gb"))
	Expect(drift(ctx, "vic", "history", "web-1").out).To(MatchRegexp(`size_slug .* Accepted +Withdrawn`))
	r = drift(ctx, "dana", "withdraw", "--where", "resource=web-1", "--yes")
	Expect(r.err).To(ContainSubstring("No such drifts found"))

	Eventually(func() int { return drift(ctx, "vic", "check").code }).Should(Equal(2))
	open := named(ctx, "--where", "resource=web-1")
	r = drift(ctx, "vic", "snooze", open, "--for", "1h", "--yes")
	Expect(r.code).To(Equal(1))
	Expect(r.err).To(ContainSubstring("vic lacks the verb snooze on clouddrifts.drift.arcadia.cloud/droplet-"))
	r = drift(ctx, "dana", "snooze", open, "--for", "1h", "--reason", "the launch is on the 23rd", "--yes", "--wait")
	Expect(r.code).To(BeZero(), r.err)
	Expect(r.out).To(HavePrefix("web-1 size_slug: snoozed until "))
	Expect(drift(ctx, "vic", "list", "--snoozed", "-o", "name").out).To(ContainSubstring(open))
	Expect(drift(ctx, "vic", "list", "--snoozed=false").err).To(ContainSubstring("No open drifts found"))
	r = drift(ctx, "vic", "check")
	Expect(r.code).To(BeZero())
	Expect(r.out).To(HavePrefix("InSync: in sync but for 1 drift, snoozed: 2 declared\n"))
	// Another time, and another reason, in the first one's place.
	r = drift(ctx, "dana", "snooze", open, "--for", "2h", "--yes", "--wait")
	Expect(r.code).To(BeZero(), r.err)
	Expect(drift(ctx, "vic", "show", open).out).To(MatchRegexp(`Snoozed +until .* \(in (119m|2h)\) by dana\n`))
	r = drift(ctx, "dana", "snooze", "--end", "--all", "--yes", "--wait")
	Expect(r.code).To(BeZero(), r.err)
	Expect(r.out).To(Equal("web-1 size_slug: counts as open again\n"))
	Expect(drift(ctx, "vic", "check").code).To(Equal(2))
	Expect(annotationsOf(ctx, open)).NotTo(ContainSubstring("snooze"))
}

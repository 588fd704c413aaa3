package access_test

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/config/admission"
)

// from is the time so long from now, as an annotation has it.
func from(now time.Duration) string { return time.Now().Add(now).UTC().Format(time.RFC3339) }

const day = 24 * time.Hour

var (
	tomorrow, later = from(day), from(2 * day)
	snoozing        = []string{"snooze-until", "snoozed-by", "snooze-reason"}
)

func snooze(by, until string) map[string]string {
	return map[string]string{driftv1alpha1.SnoozeUntilAnnotation: until, driftv1alpha1.SnoozedByAnnotation: by}
}

// snoozedDrift is one that alice snoozed until tomorrow.
func snoozedDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := openDrift(ctx)
	d.Annotations = snooze(alice.name, tomorrow)
	Expect(alice.client.Update(ctx, d)).To(Succeed())
	return d
}

const (
	snoozeVerb     = "needs the verb snooze on this CloudDrift; the ClusterRole clouddrift-platform-admin has it"
	snoozeTogether = "snooze-until and snoozed-by change only together"
	noTime         = "snooze-until must be a time as RFC 3339 writes it, like 2026-12-24T09:00:00Z, not "
	isPast         = ", which is past; give a time to come"
	tooFar         = ", which is more than a year ahead"
)

var snoozes = []attempt{
	{name: "until a time, and who is filled in", as: &alice, on: openDrift,
		edit: values("snooze-until", tomorrow), want: snooze("alice", tomorrow)},
	{name: "with everything brought, as on servers that fill nothing in", as: &alice, on: openDrift,
		edit: values("snooze-until", tomorrow, "snoozed-by", "alice"), want: snooze("alice", tomorrow)},
	{name: "for longer, in one's own name though another's is there", as: &bob, on: snoozedDrift, takesOver: true,
		edit: values("snooze-until", later), want: snooze("bob", later)},
	{name: "no longer", as: &bob, on: snoozedDrift, edit: removal("snooze-until")},
	{name: "no longer, as the operator does when the time has come", as: &operator, on: snoozedDrift, edit: removal("snooze-until", "snoozed-by")},

	{name: "in another's name", as: &alice, on: openDrift,
		edit: values("snooze-until", tomorrow, "snoozed-by", "bob"), refused: `snoozed-by must be alice, who asks, not "bob"`},
	{name: "without the verb", as: &patcher, on: openDrift, edit: values("snooze-until", tomorrow), refused: "patcher " + snoozeVerb},
	{name: "without the verb, in the name of one who has it", as: &patcher, on: openDrift,
		edit: values("snooze-until", tomorrow, "snoozed-by", "alice"), refused: snoozeVerb},
	{name: "as the operator", as: &operator, on: openDrift, edit: values("snooze-until", tomorrow), refused: snoozeVerb},
	{name: "as an editor", as: &editor, on: openDrift, edit: values("snooze-until", tomorrow), refused: noRight},
	{name: "no longer, without the verb", as: &patcher, on: snoozedDrift, edit: removal("snooze-until"), refused: snoozeVerb},
	{name: "only who", as: &alice, on: openDrift, edit: values("snoozed-by", "alice"), refused: snoozeTogether},
	{name: "only why", as: &alice, on: openDrift, edit: values("snooze-reason", "because"), refused: snoozeTogether},
	{name: "by nobody any more", as: &alice, on: snoozedDrift, edit: removal("snoozed-by"), refused: snoozeTogether},
	{name: "a drift that is resolved", as: &alice, on: staleDrift, edit: values("snooze-until", tomorrow), refused: isStale},
	{name: "until a time that is past", as: &alice, on: openDrift, edit: values("snooze-until", from(-time.Minute)), refused: isPast},
	{name: "until a time that is more than a year ahead", as: &alice, on: openDrift, edit: values("snooze-until", from(368*day)), refused: tooFar},
	{name: "with a reason that is too long", as: &alice, on: openDrift,
		edit: values("snooze-until", tomorrow, "snooze-reason", strings.Repeat("x", 1025)), refused: "at most 1024 characters"},
}

var _ = Describe("snoozing", func() { tryBy(snoozes, ways[0], ways[2], ways[6], ways[7]) })

var _ = Describe("the time of a snooze", func() {
	in := time.Now().AddDate(0, 6, 0)
	nextFebruary := time.Now().Year()
	if time.Now().Month() > time.January {
		nextFebruary++
	}
	february := func(day string) string {
		return time.Date(nextFebruary, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + "-02-" + day + "T00:00:00Z"
	}
	for _, c := range []struct{ until, refused string }{
		{in.UTC().Format(time.RFC3339), ""},
		{in.UTC().Format(time.RFC3339Nano), ""},
		{in.In(time.FixedZone("", 5*3600+1800)).Format(time.RFC3339), ""},
		{in.In(time.FixedZone("", -8*3600)).Format(time.RFC3339), ""},
		{from(365 * day), ""},
		{february("28"), ""},
		{february("30"), noTime},
		{"2020-02-29T00:00:00Z", isPast},
		{"2021-02-29T00:00:00Z", noTime},
		{"1999-12-31T23:59:59Z", isPast},
		{"9999-12-31T23:59:59Z", tooFar},
		{"tomorrow", noTime},
		{"", noTime},
		{"24h", noTime},
		{in.Format("2006-01-02"), noTime},
		{in.Format("2006-01-02T15:04:05"), noTime},
		{in.Format("2006-01-02 15:04:05Z"), noTime},
		{in.Format("2006-01-02T15:04Z"), noTime},
		{in.Format("2006-01-02t15:04:05z"), noTime},
		{in.Format("2006") + "-13-01T00:00:00Z", noTime},
		{in.Format("2006") + "-04-31T00:00:00Z", noTime},
		{in.Format("2006-01-02") + "T24:00:00Z", noTime},
		{in.Format("2006-01-02") + "T23:59:60Z", noTime},
		{in.Format("2006-01-02") + "T00:00:00+24:00", noTime},
		{"1767225600", noTime},
	} {
		It(sprintf("%q is accepted: %v", c.until, c.refused == ""), func(ctx SpecContext) {
			d := openDrift(ctx)
			err := annotate(ctx, alice, d, values("snooze-until", c.until))
			if c.refused == "" {
				Expect(err).NotTo(HaveOccurred())
				Expect(ours(live(ctx, d).Annotations)).To(Equal(snooze("alice", c.until)))
				return
			}
			Expect(errorText(err)).To(ContainSubstring("%s", c.refused))
			Expect(errorText(err)).NotTo(ContainSubstring("resulted in error"))
			Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
		})
	}
})

var _ = Describe("the annotations of a snooze", func() {
	It("are refused when a drift is created with them", func(ctx SpecContext) {
		for _, as := range []user{operator, admin} {
			d := newDrift()
			d.Annotations = snooze(as.name, tomorrow)
			requests.Add(1)
			Expect(errorText(as.client.Create(ctx, d))).To(ContainSubstring("not created with a snooze"))
		}
	})

	It("do not come in by way of the status", func(ctx SpecContext) {
		d := openDrift(ctx)
		d.Annotations = snooze("alice", tomorrow)
		requests.Add(1)
		Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
	})

	It("stand beside those of a resolution", func(ctx SpecContext) {
		d := snoozedDrift(ctx)
		Expect(annotate(ctx, alice, d, values("resolve", "accept"))).To(Succeed())
		Expect(live(ctx, d).Annotations).To(HaveKeyWithValue(driftv1alpha1.SnoozeUntilAnnotation, tomorrow))
		Expect(annotate(ctx, alice, d, removal("resolve"))).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(Equal(snooze("alice", tomorrow)))
	})

	It("carry a reason, which goes with the rest", func(ctx SpecContext) {
		d := openDrift(ctx)
		Expect(annotate(ctx, alice, d, values("snooze-until", tomorrow, "snooze-reason", "after the launch"))).To(Succeed())
		Expect(live(ctx, d).Annotations).To(HaveKeyWithValue(driftv1alpha1.SnoozeReasonAnnotation, "after the launch"))
		Expect(annotate(ctx, alice, d, removal("snooze-until"))).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
	})

	It("are refused without the mutating policy where who asks is left out", func(ctx SpecContext) {
		meta := metav1.ObjectMeta{Name: admission.SnoozeDefaultsPolicy}
		Expect(admin.client.Delete(ctx, &admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: meta})).To(Succeed())
		DeferCleanup(func(ctx SpecContext) {
			_, _, err := controlPlane.Kubectl(ctx, "", "apply", "--server-side", "-k", "../../config/default")
			Expect(err).NotTo(HaveOccurred())
			waitForPolicies(ctx)
		})
		d := openDrift(ctx)
		Eventually(func() string {
			return errorText(alice.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/snooze-until="+tomorrow, "--dry-run=server"))
		}).Should(ContainSubstring(snoozeTogether))
		Expect(annotate(ctx, alice, d, values("snooze-until", tomorrow, "snoozed-by", "alice"))).To(Succeed())
		Expect(annotate(ctx, alice, d, removal(snoozing...))).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
	})
})

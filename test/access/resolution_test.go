package access_test

import (
	"context"
	"maps"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func values(keysAndValues ...string) edit {
	e := edit{}
	for i := 0; i < len(keysAndValues); i += 2 {
		e[keysAndValues[i]] = &keysAndValues[i+1]
	}
	return e
}

func removal(keys ...string) edit {
	e := edit{}
	for _, key := range keys {
		e[key] = nil
	}
	return e
}

var everything = []string{"resolve", "resolved-by", "resolve-observation"}

// attempt is an edit of a drift's annotations and what has to come of it.
type attempt struct {
	name string
	as   *user
	on   func(context.Context) *driftv1alpha1.CloudDrift
	edit edit
	// takesOver: it changes what another manager of fields set.
	takesOver bool
	// refused is in the message; empty: the edit goes through, and leaves want.
	refused string
	want    map[string]string
}

const (
	noRight    = "orbidden" // by RBAC
	together   = "change only together"
	needsVerb  = "needs the verb accept"
	lookAgain  = "look again: this drift changed since the observation that you bring. Now expected is s-2vcpu-4gb, actual is s-4vcpu-8gb, and the observation is observed-now"
	hasBegun   = "work on what alice asked for has begun"
	isAccepted = "this drift is Accepted since 20"
	isStale    = "this drift is Stale since 20"

	notAccepted = "resolve=withdraw takes back an accept, and this drift was not accepted"
	canWithdraw = "but drift.arcadia.cloud/resolve=withdraw takes back a value that the manifest does not say yet"
)

var asking = []attempt{
	{name: "accept, and the rest is filled in", as: &alice, on: openDrift,
		edit: values("resolve", "accept"), want: approval("alice", observation)},
	{name: "accept on the observation that was looked at", as: &alice, on: openDrift,
		edit: values("resolve", "accept", "resolve-observation", observation), want: approval("alice", observation)},
	{name: "accept with everything brought, as on servers that fill nothing in", as: &alice, on: openDrift,
		edit: values("resolve", "accept", "resolved-by", "alice", "resolve-observation", observation), want: approval("alice", observation)},
	{name: "take over what another asked for, in one's own name", as: &bob, on: approvedDrift, takesOver: true,
		edit: values("resolve", "accept", "resolved-by", "bob", "resolve-observation", observation), want: approval("bob", observation)},

	{name: "in another's name", as: &alice, on: openDrift,
		edit: values("resolve", "accept", "resolved-by", "bob"), refused: `resolved-by must be alice, who asks, not "bob"`},
	{name: "in nobody's name", as: &alice, on: openDrift,
		edit: values("resolve", "accept", "resolved-by", ""), refused: `resolved-by must be alice, who asks, not ""`},
	{name: "on an outdated observation", as: &alice, on: openDrift,
		edit: values("resolve", "accept", "resolve-observation", "observed-before"), refused: lookAgain},
	{name: "on no observation", as: &alice, on: openDrift,
		edit: values("resolve", "accept", "resolve-observation", ""), refused: lookAgain},
	{name: "without the verb", as: &patcher, on: openDrift,
		edit: values("resolve", "accept"), refused: "patcher " + needsVerb},
	{name: "without the verb, with everything brought", as: &patcher, on: openDrift,
		edit: values("resolve", "accept", "resolved-by", "patcher", "resolve-observation", observation), refused: needsVerb},
	{name: "without the verb, in the name of one who has it", as: &patcher, on: openDrift,
		edit: values("resolve", "accept", "resolved-by", "alice", "resolve-observation", observation), refused: needsVerb},
	{name: "as an editor", as: &editor, on: openDrift, edit: values("resolve", "accept"), refused: noRight},
	{name: "as a viewer", as: &viewer, on: openDrift, edit: values("resolve", "accept"), refused: noRight},
	{name: "as nobody", as: &nobody, on: openDrift, edit: values("resolve", "accept"), refused: noRight},
	{name: "as the operator", as: &operator, on: openDrift, edit: values("resolve", "accept"), refused: needsVerb},
	{name: "revert, which this version does not do", as: &alice, on: openDrift,
		edit: values("resolve", "revert"), refused: "this version does not do drift.arcadia.cloud/resolve=revert;"},
	{name: "revert with downtime, which this version does not do", as: &alice, on: openDrift,
		edit: values("resolve", "revert-with-downtime"), refused: "this version does not do drift.arcadia.cloud/resolve=revert-with-downtime;"},
	{name: "withdraw, where nothing was accepted", as: &alice, on: openDrift,
		edit: values("resolve", "withdraw"), refused: notAccepted},
	{name: "what nobody knows", as: &alice, on: openDrift,
		edit: values("resolve", "Accept"), refused: `resolve must not be "Accept"; it can be accept`},
	{name: "nothing", as: &alice, on: openDrift,
		edit: values("resolve", ""), refused: `resolve must not be ""; it can be accept`},
	{name: "only who", as: &alice, on: openDrift, edit: values("resolved-by", "alice"), refused: together},
	{name: "only the observation", as: &alice, on: openDrift, edit: values("resolve-observation", observation), refused: together},
	{name: "only a reason", as: &alice, on: openDrift, edit: values("resolve-reason", "because"), refused: together},
	{name: "a reason that is too long", as: &alice, on: openDrift,
		edit: values("resolve", "accept", "resolve-reason", strings.Repeat("x", 1025)), refused: "at most 1024 characters"},
	{name: "a reason for what another asked for", as: &bob, on: approvedDrift,
		edit: values("resolve-reason", "because"), refused: `resolved-by must be bob, who asks, not "alice"`},
	{name: "another's name under what one asked for oneself", as: &alice, on: approvedDrift, takesOver: true,
		edit: values("resolved-by", "bob"), refused: `resolved-by must be alice`},
	{name: "one's own name under what another asked for, without the verb", as: &patcher, on: approvedDrift, takesOver: true,
		edit: values("resolved-by", "patcher"), refused: needsVerb},
	{name: "on a drift that nothing is known of yet", as: &alice, on: unseenDrift,
		edit: values("resolve", "accept"), refused: together},
	{name: "on a drift that nothing is known of yet, with an observation made up", as: &alice, on: unseenDrift,
		edit: values("resolve", "accept", "resolve-observation", "x"), refused: "nothing has been observed of this drift yet"},
	{name: "on a drift that is resolved", as: &alice, on: staleDrift,
		edit: values("resolve", "accept"), refused: isStale},
	{name: "on a drift that is resolved, another's name", as: &alice, on: resolvedDrift, takesOver: true,
		edit: values("resolved-by", "bob"), refused: isAccepted},
	{name: "when work has begun", as: &alice, on: brokenOffDrift,
		edit: values("resolve", "accept"), refused: hasBegun},
	{name: "when work has begun, a reason", as: &alice, on: begunDrift,
		edit: values("resolve-reason", "because"), refused: hasBegun},
}

var withdrawing = []attempt{
	{name: "one's own, all of it", as: &alice, on: approvedDrift, edit: removal(everything...)},
	{name: "one's own, by the first, and the rest follows", as: &alice, on: approvedDrift, edit: removal("resolve")},
	{name: "another's, with the verb", as: &bob, on: approvedDrift, edit: removal("resolve")},
	{name: "an outdated one, as the operator", as: &operator, on: approvedDrift, edit: removal(everything...)},
	{name: "one on which work has begun, as the operator", as: &operator, on: begunDrift, edit: removal(everything...)},

	{name: "without the verb", as: &patcher, on: approvedDrift, edit: removal("resolve"), refused: needsVerb},
	{name: "without the verb, all of it", as: &patcher, on: approvedDrift, edit: removal(everything...), refused: needsVerb},
	{name: "as an editor", as: &editor, on: approvedDrift, edit: removal("resolve"), refused: noRight},
	{name: "as a viewer", as: &viewer, on: approvedDrift, edit: removal("resolve"), refused: noRight},
	{name: "as nobody", as: &nobody, on: approvedDrift, edit: removal("resolve"), refused: noRight},
	{name: "only who", as: &alice, on: approvedDrift, edit: removal("resolved-by"), refused: together},
	{name: "only the observation", as: &alice, on: approvedDrift, edit: removal("resolve-observation"), refused: together},
	{name: "only who, as the operator", as: &operator, on: approvedDrift, edit: removal("resolved-by"), refused: needsVerb},
	{name: "when work has begun", as: &alice, on: begunDrift, edit: removal("resolve"), refused: hasBegun},
	{name: "from a drift that is resolved", as: &alice, on: resolvedDrift, edit: removal("resolve"), refused: isAccepted},
	{name: "from a drift that is resolved, as the operator", as: &operator, on: resolvedDrift, edit: removal(everything...), refused: isAccepted},
}

// What asked for the accept is still on the drift.
var takingBack = []attempt{
	{name: "one's own, and the rest is filled in", as: &alice, on: resolvedDrift, takesOver: true,
		edit: values("resolve", "withdraw"), want: withdrawal("alice")},
	{name: "another's, in one's own name", as: &bob, on: resolvedDrift, takesOver: true,
		edit: values("resolve", "withdraw"), want: withdrawal("bob")},
	{name: "another's, with everything brought, as on servers that fill nothing in", as: &bob, on: resolvedDrift, takesOver: true,
		edit: values("resolve", "withdraw", "resolved-by", "bob", "resolve-observation", observation), want: withdrawal("bob")},
	{name: "what was accepted for a reason, which is not the reason now", as: &bob, on: reasonedDrift, takesOver: true,
		edit: values("resolve", "withdraw"), want: withdrawal("bob")},

	{name: "in another's name", as: &alice, on: resolvedDrift, takesOver: true,
		edit: values("resolve", "withdraw", "resolved-by", "bob"), refused: `resolved-by must be alice, who asks, not "bob"`},
	{name: "on an outdated observation", as: &alice, on: resolvedDrift, takesOver: true,
		edit: values("resolve", "withdraw", "resolve-observation", "observed-before"), refused: "look again"},
	{name: "without the verb", as: &patcher, on: resolvedDrift, takesOver: true, edit: values("resolve", "withdraw"), refused: "patcher " + needsVerb},
	{name: "without the verb, in the name of one who has it", as: &patcher, on: resolvedDrift, takesOver: true,
		edit: values("resolve", "withdraw", "resolved-by", "alice", "resolve-observation", observation), refused: needsVerb},
	{name: "as an editor", as: &editor, on: resolvedDrift, edit: values("resolve", "withdraw"), refused: noRight},
	{name: "as nobody", as: &nobody, on: resolvedDrift, edit: values("resolve", "withdraw"), refused: noRight},
	{name: "as the operator", as: &operator, on: resolvedDrift, takesOver: true, edit: values("resolve", "withdraw"), refused: needsVerb},
	{name: "of a drift that went stale", as: &alice, on: staleDrift, edit: values("resolve", "withdraw"), refused: isStale},
	{name: "of a drift that is being accepted", as: &alice, on: begunDrift, takesOver: true, edit: values("resolve", "withdraw"), refused: hasBegun},
	{name: "anything else of a drift that was accepted", as: &alice, on: resolvedDrift, takesOver: true, edit: values("resolve", "revert"), refused: canWithdraw},
	{name: "a reason alone, under what asked for the accept", as: &alice, on: resolvedDrift, edit: values("resolve-reason", "because"), refused: canWithdraw},

	{name: "nothing after all", as: &alice, on: withdrawnDrift, edit: removal(everything...)},
	{name: "nothing after all, by the first, and the rest follows", as: &bob, on: withdrawnDrift, edit: removal("resolve")},
	{name: "nothing after all, as the operator", as: &operator, on: withdrawnDrift, edit: removal(everything...)},
	{name: "nothing after all, without the verb", as: &patcher, on: withdrawnDrift, edit: removal(everything...), refused: needsVerb},
	{name: "an accept in the place of a withdrawal", as: &alice, on: withdrawnDrift, takesOver: true, edit: values("resolve", "accept"), refused: isAccepted},
}

var _ = Describe("asking for a resolution", func() { tryEveryWay(asking) })

var _ = Describe("withdrawing", func() { tryEveryWay(withdrawing) })

var _ = Describe("taking an accept back", func() { tryEveryWay(takingBack) })

func tryEveryWay(attempts []attempt) { tryBy(attempts, ways...) }

func tryBy(attempts []attempt, ways ...way) {
	for _, w := range ways {
		Context("by "+w.name, func() {
			for _, a := range attempts {
				verdict := "goes through: "
				if a.refused != "" || (a.takesOver && w.conflicts) {
					verdict = "is refused: "
				}
				It(verdict+a.name, func(ctx SpecContext) { a.try(ctx, w) })
			}
		})
	}
}

func (a attempt) try(ctx context.Context, w way) {
	d := a.on(ctx)
	before := ours(d.Annotations)
	err := w.apply(ctx, *a.as, d, a.edit)
	refused := a.refused
	if a.takesOver && w.conflicts {
		refused = "conflict"
	}
	if refused != "" {
		Expect(errorText(err)).To(ContainSubstring(refused))
		Expect(ours(live(ctx, d).Annotations)).To(Equal(before), "a refused request must leave nothing behind")
		return
	}
	Expect(err).NotTo(HaveOccurred())
	want := a.want
	if want == nil {
		want = map[string]string{}
	}
	Expect(ours(live(ctx, d).Annotations)).To(Equal(want))
}

var _ = Describe("the resolution annotations", func() {
	It("are refused when a drift is created with them, whoever does", func(ctx SpecContext) {
		for _, as := range []user{operator, admin} {
			for _, named := range []bool{true, false} {
				d := newDrift()
				d.Annotations = approval(as.name, observation)
				if named {
					d.Name, d.GenerateName = "created-approved", ""
				}
				requests.Add(1)
				Expect(errorText(as.client.Create(ctx, d))).To(ContainSubstring("not created with a resolution"))
			}
		}
	})

	It("are refused when server-side apply creates the drift", func(ctx SpecContext) {
		d := newDrift()
		d.Name, d.GenerateName = "applied-approved", ""
		d.Annotations = approval(operator.name, observation)
		d.SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDrift"))
		Expect(errorText(operator.kubectl(ctx, "apply", "--server-side", "-f", file("drift.yaml", jsonOf(d))))).
			To(ContainSubstring("not created with a resolution"))
	})

	It("do not come in by way of the status", func(ctx SpecContext) {
		d := openDrift(ctx)
		d.Annotations = approval("alice", observation)
		requests.Add(1)
		Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
	})

	It("can't be made to fit a status that the request brings itself", func(ctx SpecContext) {
		d := openDrift(ctx)
		d.Status.Observation = "made-up"
		d.Annotations = approval("alice", "made-up")
		requests.Add(1)
		Expect(errorText(alice.client.Update(ctx, d))).To(ContainSubstring("look again"))
	})

	It("can't be set on a resolved drift by bringing the status of an open one", func(ctx SpecContext) {
		d := staleDrift(ctx)
		d.Status = openStatus()
		d.Annotations = approval("alice", observation)
		requests.Add(1)
		Expect(errorText(alice.client.Update(ctx, d))).To(ContainSubstring(isStale))
	})

	It("are held to the same rules in a dry run, which leaves nothing", func(ctx SpecContext) {
		d := openDrift(ctx)
		Expect(alice.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/resolve=accept", "--dry-run=server")).To(Succeed())
		Expect(errorText(alice.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/resolve=accept",
			"drift.arcadia.cloud/resolved-by=bob", "--dry-run=server"))).To(ContainSubstring("must be alice"))
		Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
	})

	It("carry a reason", func(ctx SpecContext) {
		d := openDrift(ctx)
		Expect(annotate(ctx, alice, d, values("resolve", "accept", "resolve-reason", "the launch needs it"))).To(Succeed())
		Expect(live(ctx, d).Annotations).To(HaveKeyWithValue(driftv1alpha1.ResolveReasonAnnotation, "the launch needs it"))
		By("which goes with the rest")
		Expect(annotate(ctx, alice, d, removal("resolve"))).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
	})

	It("can be applied from the server side twice, and are withdrawn by applying without them", func(ctx SpecContext) {
		d := openDrift(ctx)
		with := file("with.yaml", partial(d, map[string]string{driftv1alpha1.ResolveAnnotation: "accept"}))
		without := file("without.yaml", partial(d, nil))
		Expect(alice.kubectl(ctx, "apply", "--server-side", "-f", with)).To(Succeed())
		Expect(alice.kubectl(ctx, "apply", "--server-side", "-f", with)).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(Equal(approval("alice", observation)))
		Expect(alice.kubectl(ctx, "apply", "--server-side", "-f", without)).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(BeEmpty())
	})

	It("leave it to the operator to say that an accept was taken back", func(ctx SpecContext) {
		d := withdrawnDrift(ctx)
		for _, as := range []user{alice, patcher, greedy} {
			Expect(errorText(as.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/withdrawn=yes"))).
				To(ContainSubstring("only the operator writes drift.arcadia.cloud/withdrawn"))
		}
		patch := `{"metadata":{"annotations":{"drift.arcadia.cloud/resolve":null,"drift.arcadia.cloud/resolved-by":null,"drift.arcadia.cloud/resolve-observation":null,"drift.arcadia.cloud/withdrawn":"yes"}}}`
		Expect(operator.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=merge", "-p", patch)).To(Succeed())
		Expect(errorText(alice.kubectl(ctx, "annotate", "clouddrift", d.Name, "drift.arcadia.cloud/withdrawn-"))).
			To(ContainSubstring("only the operator writes drift.arcadia.cloud/withdrawn"))
		By("which may be asked for again, whatever comes of it")
		Expect(annotate(ctx, alice, d, values("resolve", "withdraw"))).To(Succeed())
	})

	It("leave other annotations alone, which need no verb of ours", func(ctx SpecContext) {
		for _, d := range []*driftv1alpha1.CloudDrift{openDrift(ctx), resolvedDrift(ctx)} {
			Expect(patcher.kubectl(ctx, "annotate", "clouddrift", d.Name, "example.com/ticket=4711")).To(Succeed())
		}
	})

	It("stay the approver's when another asks for the same, which changes nothing", func(ctx SpecContext) {
		d := approvedDrift(ctx)
		Expect(annotate(ctx, bob, d, edit{"resolve": ptr.To("accept")})).To(Succeed())
		Expect(ours(live(ctx, d).Annotations)).To(Equal(approval("alice", observation)))
	})
})

var _ = Describe("a line break in what is asked for", func() {
	for asked, says := range map[string]string{
		"resolve": "drift.arcadia.cloud/resolve can be accept", "resolved-by": "resolved-by must be who asks",
		"snooze-until": "snooze-until must be a time as RFC 3339 writes it", "snoozed-by": "snoozed-by must be who asks",
	} {
		It("is refused with what to do, in "+asked, func(ctx SpecContext) {
			e := values("resolve", "accept")
			if strings.HasPrefix(asked, "snooze") {
				e = values("snooze-until", tomorrow)
			}
			maps.Copy(e, values(asked, tomorrow+"\n"))
			Expect(errorText(annotate(ctx, alice, openDrift(ctx), e))).To(And(ContainSubstring("%s", says), Not(ContainSubstring("failed expression"))))
		})
	}
})

package cli

import (
	"context"
	"fmt"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// asleep snoozes a drift, as the operator has taken it up.
func asleep(d *driftv1alpha1.CloudDrift, left time.Duration, by, reason string) *driftv1alpha1.CloudDrift {
	until := *ago(-left)
	d.Annotations = map[string]string{driftv1alpha1.SnoozeUntilAnnotation: until.UTC().Format(time.RFC3339), driftv1alpha1.SnoozedByAnnotation: by}
	if reason != "" {
		d.Annotations[driftv1alpha1.SnoozeReasonAnnotation] = reason
	}
	d.Status.Snooze = &driftv1alpha1.Snooze{Until: until, User: by, Reason: reason, Since: *ago(time.Minute)}
	return d
}

// snoozedIn snoozes some of the drifts that are stored, until a time that is to come and one
// that is past.
func snoozedIn(stored []client.Object) []client.Object {
	for _, o := range stored {
		d, ok := o.(*driftv1alpha1.CloudDrift)
		switch {
		case !ok || stateOf(d) != driftv1alpha1.DriftOpen:
		case d.Spec.ProvisionedRef.Name == "web-1" && d.Spec.Field == "size_slug":
			asleep(d, 31*24*time.Hour-3*time.Hour, "dana", "the launch is on the 23rd")
		case d.Spec.ProvisionedRef.Name == "web-2":
			asleep(d, -time.Second, "dana", "")
		}
	}
	return stored
}

func TestSnooze(t *testing.T) {
	stored := snoozedIn(infra(t))
	size, tags, size2 := nameOf(t, stored, "web-1", "size_slug", 3), nameOf(t, stored, "web-1", "tags", 1), nameOf(t, stored, "web-2", "size_slug", 1)
	until := func(text string, reason ...string) map[string]string {
		out := map[string]string{driftv1alpha1.SnoozeUntilAnnotation: text, driftv1alpha1.SnoozedByAnnotation: "alice"}
		if len(reason) > 0 {
			out[driftv1alpha1.SnoozeReasonAnnotation] = reason[0]
		}
		return out
	}
	none := map[string]string{}
	for _, c := range []struct {
		golden, line, typed string
		terminal            bool
		want                map[string]map[string]string
	}{
		{golden: "snooze", line: "snooze " + tags + " --until 2026-12-24T10:00:00+01:00 --reason 'the launch is on the 23rd' --yes",
			want: map[string]map[string]string{tags: until("2026-12-24T09:00:00Z", "the launch is on the 23rd")}},
		{golden: "snooze-for", line: "snooze --kind Droplet --field size_slug --for 7d", terminal: true, typed: "y\n",
			want: map[string]map[string]string{size: until("2026-11-30T12:00:00Z"), size2: until("2026-11-30T12:00:00Z")}},
		{golden: "snooze-no", line: "snooze " + tags + " --for 90m", terminal: true, typed: "n\n"},
		{golden: "snooze-pipe", line: "snooze " + tags + " --for 90m"},
		{golden: "snooze-dry-run-client", line: "snooze --all --for 12h --dry-run=client"},
		{golden: "snooze-end", line: "snooze --end --all -y", want: map[string]map[string]string{size: none, size2: none}},
		{golden: "snooze-end-name", line: "snooze --end " + size, terminal: true, typed: "y\n", want: map[string]map[string]string{size: none}},
		{golden: "snooze-end-awake", line: "snooze --end -y " + tags},
		{golden: "snooze-end-reason", line: "snooze --end --reason x -y " + size},
		{golden: "snooze-history", line: "snooze --for 1d -y " + nameOf(t, stored, "web-1", "size_slug", 1)},
		{golden: "snooze-when", line: "snooze " + tags},
		{golden: "snooze-both", line: "snooze " + tags + " --for 7d --end"},
		{golden: "snooze-what", line: "snooze --for 7d"},
		{golden: "snooze-tomorrow", line: "snooze --until tomorrow " + tags},
		{golden: "snooze-past", line: "snooze --until 2026-11-23T11:59:59Z " + tags},
		{golden: "snooze-year", line: "snooze --for 367d " + tags},
		{golden: "snooze-bad-for", line: "snooze --for week " + tags},
		{golden: "snooze-bad-name", line: "snooze --for 7d " + tags + "1"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			p := newPlugin(t, snoozedIn(infra(t))...)
			if c.terminal {
				p.onTerminal(120, c.typed)
			}
			golden(t, c.golden, c.line, p.run(append(fieldsOf(c.line), "--color=never")...))
			for _, o := range stored {
				d, ok := o.(*driftv1alpha1.CloudDrift)
				if !ok {
					continue
				}
				want := c.want[d.Name]
				if want == nil {
					want = d.Annotations
				}
				if have := p.annotationsOf(d.Name); fmt.Sprint(have) != fmt.Sprint(want) {
					t.Errorf("%s has %v, want %v", d.Name, have, want)
				}
			}
		})
	}
}

// snoozer takes up, or off, what is asked for as soon as it is asked for.
func snoozer(refuse string) interceptor.Funcs {
	return interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := c.Patch(ctx, o, patch, options...); err != nil {
				return err
			}
			d := o.DeepCopyObject().(*driftv1alpha1.CloudDrift)
			text, asked := d.Annotations[driftv1alpha1.SnoozeUntilAnnotation]
			until, _ := time.Parse(time.RFC3339, text)
			switch {
			case refuse != "":
				d.Annotations = nil
				event := &eventsv1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: d.Name}, Reason: driftv1alpha1.EventSnoozeRefused,
					Note: refuse, Regarding: corev1.ObjectReference{Name: d.Name, UID: d.UID}}
				if err := c.Create(ctx, event); err != nil {
					return err
				}
				return c.Update(ctx, d)
			case asked:
				d.Status.Snooze = &driftv1alpha1.Snooze{Until: metav1.NewTime(until), User: "alice"}
			default:
				d.Status.Snooze = nil
			}
			return c.Status().Update(ctx, d)
		},
	}
}

func TestSnoozeAndWait(t *testing.T) {
	for name, c := range map[string]struct{ line, refuse string }{
		"snooze-wait":         {line: "snooze --field size_slug --for 7d --yes --wait"},
		"snooze-end-wait":     {line: "snooze --field size_slug --end --yes --wait"},
		"snooze-wait-refused": {"snooze --field tags --for 7d --yes --wait", "not snoozed: the ValidatingAdmissionPolicy clouddrift-snooze is missing; annotate it again when the CloudAccount is Ready"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlugin(t)
			p.cluster = memory(snoozer(c.refuse), snoozedIn(infra(t))...)
			golden(t, name, c.line, p.run(fieldsOf(c.line)...))
		})
	}
}

// A refusal names the verb of the snooze's own policy.
func TestARefusedSnoozeSaysWhichVerbIsMissing(t *testing.T) {
	p := newPlugin(t)
	p.cluster = memory(interceptor.Funcs{
		Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			return apierrors.NewForbidden(driftv1alpha1.GroupVersion.WithResource("clouddrifts").GroupResource(), "d",
				fmt.Errorf("ValidatingAdmissionPolicy 'clouddrift-snooze' denied request: alice needs the verb snooze"))
		},
		Create: func(_ context.Context, _ client.WithWatch, o client.Object, _ ...client.CreateOption) error {
			if review, ok := o.(*authorizationv1.SelfSubjectAccessReview); ok {
				review.Status.Allowed = review.Spec.ResourceAttributes.Verb != "snooze"
			}
			return nil
		},
	}, infra(t)...)
	golden(t, "snooze-forbidden", "snooze --field tags --for 7d --yes", p.run("snooze", "--field", "tags", "--for", "7d", "--yes"))
}

package cli

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// acceptedBy is a drift that was accepted and how far Git has come with it, remembered by its
// declaration.
func acceptedBy(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift, git driftv1alpha1.GitState, since time.Duration) *driftv1alpha1.CloudDrift {
	resolved(d, driftv1alpha1.DriftAccepted, "dana", "the launch needs it", since)
	d.Annotations = map[string]string{driftv1alpha1.ResolveAnnotation: "accept", driftv1alpha1.ResolvedByAnnotation: "dana",
		driftv1alpha1.ResolveObservationAnnotation: d.Status.Observation, driftv1alpha1.ResolveReasonAnnotation: "the launch needs it"}
	a := &driftv1alpha1.Acceptance{Drift: d.Name, From: d.Status.Expected, To: d.Status.Actual, Git: git, Since: *ago(since)}
	if git != driftv1alpha1.GitPending {
		a.From, a.To = jsonOf(nil), jsonOf(nil)
	}
	p.Status.Fields = append(p.Status.Fields, driftv1alpha1.FieldStatus{Path: d.Spec.Field, Episode: d.Spec.Episode, Acceptance: a})
	return d
}

// launch is a namespace in which drifts were accepted, and one is asked to be.
func launch() (stored []client.Object, names map[string]string) {
	api := declared("api", "Droplet", "7", map[string]any{"size_slug": "s-1vcpu-1gb", "region": "nyc3", "tags": []any{"api"}, "name": "api", "monitoring": true})
	pending := acceptedBy(api, opened(api, "size_slug", 2, "s-1vcpu-1gb", "s-2vcpu-2gb", 5*time.Hour), driftv1alpha1.GitPending, 4*time.Hour)
	landed := acceptedBy(api, opened(api, "region", 1, "nyc1", "nyc3", 50*time.Hour), driftv1alpha1.GitLanded, 40*time.Hour)
	taken := acceptedBy(api, opened(api, "name", 1, "api", "API", 9*time.Hour), driftv1alpha1.GitWithdrawn, 8*time.Hour)
	taken.Annotations = map[string]string{driftv1alpha1.WithdrawnAnnotation: `{"at":"2026-11-23T04:00:00Z","by":"erin","reason":"a typo"}`}
	before := resolved(opened(api, "size_slug", 1, "s-1vcpu-1gb", "s-4vcpu-8gb", 90*time.Hour), driftv1alpha1.DriftAccepted, "dana", "", 80*time.Hour)
	stale := resolved(opened(api, "monitoring", 1, true, false, 90*time.Hour), driftv1alpha1.DriftStale, driftv1alpha1.OperatorUser, "", 80*time.Hour)
	asked := opened(api, "tags", 1, []any{"api"}, []any{"api", "hot"}, time.Hour)
	asked.Annotations = map[string]string{driftv1alpha1.ResolveAnnotation: "accept", driftv1alpha1.ResolvedByAnnotation: "dana",
		driftv1alpha1.ResolveObservationAnnotation: asked.Status.Observation, "note": "kept"}
	quiet := opened(api, "monitoring", 2, true, false, time.Hour)
	stored = []client.Object{account(), api}
	names = map[string]string{}
	for name, d := range map[string]*driftv1alpha1.CloudDrift{"pending": pending, "landed": landed, "taken": taken, "before": before,
		"stale": stale, "asked": asked, "quiet": quiet} {
		stored = append(stored, d)
		names[name] = d.Name
	}
	return stored, names
}

func TestWithdraw(t *testing.T) {
	_, names := launch()
	pending, asked := names["pending"], names["asked"]
	for _, c := range []struct {
		golden, line, typed string
		terminal            bool
		withdrawn           []string
	}{
		{golden: "withdraw", line: "withdraw " + pending + " --yes --reason 'the launch is off'", withdrawn: []string{pending}},
		{golden: "withdraw-request", line: "withdraw clouddrift/" + asked, terminal: true, typed: "y\n", withdrawn: []string{asked}},
		{golden: "withdraw-all", line: "withdraw --all", terminal: true, typed: "yes\n", withdrawn: []string{pending, asked}},
		{golden: "withdraw-no", line: "withdraw " + pending, terminal: true, typed: "\n"},
		{golden: "withdraw-where", line: "withdraw --kind Droplet --field size_slug -y", withdrawn: []string{pending}},
		{golden: "withdraw-dry-run-client", line: "withdraw --all --dry-run=client"},
		{golden: "withdraw-pipe", line: "withdraw " + pending},
		{golden: "withdraw-what", line: "withdraw"},
		{golden: "withdraw-nothing", line: "withdraw --field monitoring"},
		{golden: "withdraw-landed", line: "withdraw -y " + names["landed"]},
		{golden: "withdraw-taken", line: "withdraw -y " + names["taken"]},
		{golden: "withdraw-before", line: "withdraw -y " + names["before"]},
		{golden: "withdraw-stale", line: "withdraw -y " + names["stale"]},
		{golden: "withdraw-quiet", line: "withdraw -y " + names["quiet"]},
		{golden: "withdraw-bad-name", line: "withdraw -y " + pending + "1"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			stored, _ := launch()
			p := newPlugin(t, stored...)
			if c.terminal {
				p.onTerminal(120, c.typed)
			}
			golden(t, c.golden, c.line, p.run(append(fieldsOf(c.line), "--color=never")...))
			for _, o := range stored {
				d, ok := o.(*driftv1alpha1.CloudDrift)
				if !ok {
					continue
				}
				want := d.Annotations
				for _, name := range c.withdrawn {
					switch {
					case name == d.Name && name == asked:
						want = map[string]string{"note": "kept"}
					case name == d.Name:
						want = map[string]string{driftv1alpha1.ResolveAnnotation: "withdraw", driftv1alpha1.ResolvedByAnnotation: "alice",
							driftv1alpha1.ResolveObservationAnnotation: d.Status.Observation}
						if c.golden == "withdraw" {
							want[driftv1alpha1.ResolveReasonAnnotation] = "the launch is off"
						}
					}
				}
				if have := p.annotationsOf(d.Name); fmt.Sprint(have) != fmt.Sprint(want) {
					t.Errorf("%s has %v, want %v", d.Name, have, want)
				}
			}
		})
	}
}

// Accepts of another namespace than the usual one are found, many as well as few.
func TestWithdrawElsewhere(t *testing.T) {
	for _, n := range []int{1, fewDeclarations + 1} {
		var stored []client.Object
		for i := range n {
			p := declared(fmt.Sprintf("web-%d", i), "Droplet", fmt.Sprint(i), map[string]any{"size_slug": "a"})
			p.Namespace = "elsewhere"
			stored = append(stored, acceptedBy(p, opened(p, "size_slug", 1, "a", "b", 2*time.Hour), driftv1alpha1.GitPending, time.Hour), p)
		}
		r := newPlugin(t, stored...).run("withdraw", "-A", "--all", "--yes")
		if have := strings.Count(r.out, "withdraw asked for"); r.code != 0 || have != n {
			t.Errorf("%d of %d\n%s%s", have, n, r.out, r.err)
		}
	}
}

// withdrawer carries out, or takes off, what is asked for as soon as it is asked for.
func withdrawer(refuse string) interceptor.Funcs {
	return interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := c.Patch(ctx, o, patch, options...); err != nil {
				return err
			}
			d := o.DeepCopyObject().(*driftv1alpha1.CloudDrift)
			d.Annotations = nil
			if refuse == "" {
				d.Annotations = map[string]string{driftv1alpha1.WithdrawnAnnotation: `{"by":"alice"}`}
				return c.Update(ctx, d)
			}
			event := &eventsv1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: d.Name}, Reason: driftv1alpha1.EventApprovalRefused,
				Note: refuse, Regarding: corev1.ObjectReference{Name: d.Name, UID: d.UID}}
			if err := c.Create(ctx, event); err != nil {
				return err
			}
			return c.Update(ctx, d)
		},
	}
}

func TestWithdrawAndWait(t *testing.T) {
	for name, refuse := range map[string]string{"withdraw-wait": "",
		"withdraw-wait-refused": "nothing was applied: the acceptance can't be taken back: the manifest says the accepted value by now; change it there"} {
		t.Run(name, func(t *testing.T) {
			stored, _ := launch()
			p := newPlugin(t)
			p.cluster = memory(withdrawer(refuse), stored...)
			golden(t, name, "withdraw --field size_slug --yes --wait", p.run("withdraw", "--field", "size_slug", "--yes", "--wait"))
		})
	}
}

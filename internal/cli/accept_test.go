package cli

import (
	"context"
	"fmt"
	"strings"
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

// annotationsOf are those of a drift that is stored.
func (p *plugin) annotationsOf(name string) map[string]string {
	p.t.Helper()
	d := &driftv1alpha1.CloudDrift{}
	if err := p.cluster.Get(p.t.Context(), client.ObjectKey{Namespace: "infra", Name: name}, d); err != nil {
		p.t.Fatal(err)
	}
	return d.Annotations
}

func TestAccept(t *testing.T) {
	stored := infra(t)
	size1, size2 := nameOf(t, stored, "web-1", "size_slug", 3), nameOf(t, stored, "web-2", "size_slug", 1)
	tags := nameOf(t, stored, "web-1", "tags", 1)
	for _, c := range []struct {
		golden, line, typed string
		terminal            bool
		asked               []string
	}{
		{golden: "accept", line: "accept " + size1 + " --yes --reason 'the launch needs it'", asked: []string{size1}},
		{golden: "accept-several", line: "accept clouddrift/" + size1 + " " + tags + " -y", asked: []string{size1, tags}},
		{golden: "accept-where", line: "accept --kind Droplet --field size_slug --where actual=s-4vcpu-8gb --yes", asked: []string{size1, size2}},
		{golden: "accept-yes", line: "accept --kind Droplet", terminal: true, typed: "y\n", asked: []string{size1, tags, size2}},
		{golden: "accept-no", line: "accept " + size1, terminal: true, typed: "n\n"},
		{golden: "accept-silence", line: "accept " + size1, terminal: true},
		{golden: "accept-pipe", line: "accept " + size1},
		{golden: "accept-dry-run-client", line: "accept --field size_slug --dry-run=client"},
		{golden: "accept-dry-run-bad", line: "accept --all --dry-run=servre"},
		{golden: "accept-nothing", line: "accept --account staging --yes"},
		{golden: "accept-what", line: "accept"},
		{golden: "accept-both", line: "accept " + size1 + " --kind Droplet"},
		{golden: "accept-gone", line: "accept --yes " + nameOf(t, stored, "db-old", "(existence)", 1)},
		{golden: "accept-history", line: "accept --yes " + nameOf(t, stored, "web-1", "size_slug", 1)},
		{golden: "accept-long-reason", line: "accept --yes --reason " + strings.Repeat("x", 1025) + " " + size1},
	} {
		t.Run(c.golden, func(t *testing.T) {
			p := newPlugin(t, infra(t)...)
			if c.terminal {
				p.onTerminal(120, c.typed)
			}
			line := c.line
			if c.golden == "accept-long-reason" {
				line = "accept --yes --reason <1025 characters> " + size1
			}
			golden(t, c.golden, line, p.run(append(fieldsOf(c.line), "--color=never")...))
			for _, o := range stored {
				d, ok := o.(*driftv1alpha1.CloudDrift)
				if !ok {
					continue
				}
				have := p.annotationsOf(d.Name)
				want := map[string]string{}
				for _, name := range c.asked {
					if name == d.Name {
						want = map[string]string{driftv1alpha1.ResolveAnnotation: "accept", driftv1alpha1.ResolvedByAnnotation: "alice",
							driftv1alpha1.ResolveObservationAnnotation: d.Status.Observation}
					}
				}
				if c.golden == "accept" && d.Name == size1 {
					want[driftv1alpha1.ResolveReasonAnnotation] = "the launch needs it"
				}
				if fmt.Sprint(have) != fmt.Sprint(want) {
					t.Errorf("%s has %v, want %v", d.Name, have, want)
				}
			}
		})
	}
}

// A reason that somebody else gave for an earlier request is not this one's.
func TestAcceptReplacesAnEarlierRequest(t *testing.T) {
	web := declared("web", "Droplet", "1", map[string]any{"size_slug": "a"})
	d := opened(web, "size_slug", 1, "a", "b", time.Hour)
	d.Annotations = map[string]string{driftv1alpha1.ResolveAnnotation: "accept", driftv1alpha1.ResolvedByAnnotation: "dana",
		driftv1alpha1.ResolveObservationAnnotation: "old", driftv1alpha1.ResolveReasonAnnotation: "hers", "note": "kept"}
	p := newPlugin(t, web, d)
	if r := p.run("accept", d.Name, "--yes"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	want := map[string]string{driftv1alpha1.ResolveAnnotation: "accept", driftv1alpha1.ResolvedByAnnotation: "alice",
		driftv1alpha1.ResolveObservationAnnotation: d.Status.Observation, "note": "kept"}
	if have := p.annotationsOf(d.Name); fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("have %v, want %v", have, want)
	}
}

// The observation is that of what was shown.
func TestAcceptCarriesTheObservationThatWasShown(t *testing.T) {
	web := declared("web", "Droplet", "1", map[string]any{"size_slug": "a"})
	d := opened(web, "size_slug", 1, "a", "b", time.Hour)
	var sent string
	p := newPlugin(t)
	p.cluster = memory(interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			data, err := patch.Data(o)
			sent = string(data)
			return err
		},
	}, web, d)
	shown := d.Status.Observation
	p.onTerminal(80, "y\n")
	p.run("accept", d.Name)
	if !strings.Contains(sent, shown) {
		t.Errorf("the request does not carry the observation %s: %s", shown, sent)
	}
}

// operator carries out, or takes off, what is asked for as soon as it is asked for.
func operator(refuse string) interceptor.Funcs {
	return interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := c.Patch(ctx, o, patch, options...); err != nil {
				return err
			}
			d := o.DeepCopyObject().(*driftv1alpha1.CloudDrift)
			if refuse != "" {
				d.Annotations = nil
				event := &eventsv1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: d.Name}, Reason: driftv1alpha1.EventApprovalOutdated,
					Note: refuse, Regarding: corev1.ObjectReference{Name: d.Name, UID: d.UID}}
				if err := c.Create(ctx, event); err != nil {
					return err
				}
				return c.Update(ctx, d)
			}
			resolved(d, driftv1alpha1.DriftAccepted, "alice", "", 0)
			return c.Status().Update(ctx, d)
		},
	}
}

func TestAcceptAndWait(t *testing.T) {
	for name, refuse := range map[string]string{"accept-wait": "", "accept-wait-refused": "nothing was applied: expected is s-1vcpu-1gb now; look again and annotate anew"} {
		t.Run(name, func(t *testing.T) {
			p := newPlugin(t)
			p.cluster = memory(operator(refuse), infra(t)...)
			golden(t, name, "accept --field size_slug --yes --wait", p.run("accept", "--field", "size_slug", "--yes", "--wait"))
		})
	}
}

// Where the operator does not run, waiting ends.
func TestWaitingEnds(t *testing.T) {
	p := newPlugin(t, infra(t)...)
	done := make(chan result, 1)
	go func() { done <- p.run("accept", "--field", "tags", "--yes", "--wait", "--timeout", "30s") }()
	for {
		select {
		case r := <-done:
			golden(t, "accept-wait-timeout", "accept --field tags --yes --wait --timeout 30s", r)
			return
		default:
			if p.clock.HasWaiters() {
				p.clock.Step(time.Second)
			}
		}
	}
}

func TestARefusalSaysWhichVerbIsMissingAndWhoGrantsIt(t *testing.T) {
	stored := infra(t)
	forbidden := func(message string) error {
		return apierrors.NewForbidden(driftv1alpha1.GroupVersion.WithResource("clouddrifts").GroupResource(), "d", fmt.Errorf("%s", message))
	}
	for name, c := range map[string]struct {
		err     error
		allowed map[string]bool
	}{
		"accept-forbidden": {forbidden("ValidatingAdmissionPolicy 'clouddrift-resolution' denied request: alice needs the verb accept"), map[string]bool{"patch": true}},
		"accept-viewer":    {forbidden(`User "alice" cannot patch resource "clouddrifts"`), nil},
		"accept-policy":    {forbidden("ValidatingAdmissionPolicy 'freeze' denied request: no changes before Monday"), map[string]bool{"patch": true, "accept": true}},
		"accept-look-again": {apierrors.NewInvalid(driftv1alpha1.GroupVersion.WithKind("CloudDrift").GroupKind(), "d", nil),
			map[string]bool{"patch": true, "accept": true}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlugin(t)
			p.cluster = memory(interceptor.Funcs{
				Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
					return c.err
				},
				Create: func(_ context.Context, _ client.WithWatch, o client.Object, _ ...client.CreateOption) error {
					if review, ok := o.(*authorizationv1.SelfSubjectAccessReview); ok {
						review.Status.Allowed = c.allowed[review.Spec.ResourceAttributes.Verb]
					}
					return nil
				},
			}, stored...)
			golden(t, name, "accept --field tags --yes", p.run("accept", "--field", "tags", "--yes"))
		})
	}
}

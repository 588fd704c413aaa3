package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// atHome gives the plugin a cache folder of its own.
func atHome(t *testing.T) string {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	return os.Getenv("XDG_CACHE_HOME")
}

func TestTriage(t *testing.T) {
	home := atHome(t)
	stored := infra(t)
	p := newPlugin(t, stored...)
	golden(t, "triage-pipe", "triage", p.run("triage"))

	// The resource that is gone is skipped, the size accepted, and then it is enough.
	p.onTerminal(120, "k\nx\na\nthe launch needs it\nq\n")
	golden(t, "triage", "triage", p.run("triage", "--color=never"))
	size := nameOf(t, stored, "web-1", "size_slug", 3)
	if have := p.annotationsOf(size)[driftv1alpha1.ResolveReasonAnnotation]; have != "the launch needs it" {
		t.Errorf("the reason is %q", have)
	}

	// It goes on where it ended: tags are ignored, after a no and a yes; the end of the input
	// is the end.
	p.onTerminal(120, "i\ntag\ni\ntags\nx\ni\n\nd\nn\ni\n\nd\ny\n")
	golden(t, "triage-resumed", "triage", p.run("triage", "--color=never"))
	web := &driftv1alpha1.CloudProvisioned{}
	if err := p.cluster.Get(t.Context(), client.ObjectKey{Namespace: "infra", Name: "web-1"}, web); err != nil {
		t.Fatal(err)
	}
	if strings.Join(web.Spec.Ignore, " ") != "tags" {
		t.Errorf("web-1 ignores %v", web.Spec.Ignore)
	}

	// From the beginning, to the end; then nothing is remembered any more.
	p.onTerminal(120, strings.Repeat("k\n", 10))
	r := p.run("triage", "--restart", "--color=never")
	if r.code != 0 || !strings.Contains(r.out, "1 of 4") || !strings.Contains(r.err, "That was all.") {
		t.Errorf("%+v", r)
	}
	if files, _ := filepath.Glob(filepath.Join(home, "kubectl-drift", "*")); len(files) > 0 {
		t.Errorf("%v are left", files)
	}
}

// An ignore rule of the account is shown before it is written; one that gives the same reason
// takes the field.
func TestTriageIgnoresInTheAccount(t *testing.T) {
	atHome(t)
	p := newPlugin(t, infra(t)...)
	rules := func() string {
		a := &driftv1alpha1.CloudAccount{}
		if err := p.cluster.Get(t.Context(), client.ObjectKey{Namespace: "infra", Name: "production"}, a); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(a.Spec.Ignore)
	}
	p.onTerminal(120, "i\ntags[\"load-*\"]\na\nthe load tests\ny\nq\n")
	golden(t, "triage-account", "triage --field tags", p.run("triage", "--field", "tags", "--color=never"))
	if have := rules(); have != `[{Droplet [tags["load-*"]] the load tests}]` {
		t.Errorf("it ignores %s", have)
	}
	p.onTerminal(120, "i\n\na\nthe load tests\ny\n")
	golden(t, "triage-account-again", "triage --by-change --field size_slug", p.run("triage", "--by-change", "--field", "size_slug", "--color=never"))
	if have := rules(); have != `[{Droplet [tags["load-*"] size_slug] the load tests}]` {
		t.Errorf("it ignores %s", have)
	}
	p.onTerminal(120, "i\n\na\nanother\nq\n")
	golden(t, "triage-account-ignored", "triage --field size_slug --where resource=web-1", p.run("triage", "--field", "size_slug", "--where", "resource=web-1", "--color=never"))
}

func TestTriageSnoozes(t *testing.T) {
	atHome(t)
	stored := snoozedIn(infra(t))
	p := newPlugin(t, stored...).onTerminal(120, "s\n\ns\nsoon\ns\n2d\nafter the tests\nq\n")
	golden(t, "triage-snooze", "triage --kind Droplet --field tags", p.run("triage", "--kind", "Droplet", "--field", "tags", "--color=never"))
	want := map[string]string{driftv1alpha1.SnoozeUntilAnnotation: "2026-11-25T12:00:00Z", driftv1alpha1.SnoozedByAnnotation: "alice",
		driftv1alpha1.SnoozeReasonAnnotation: "after the tests"}
	if have := p.annotationsOf(nameOf(t, stored, "web-1", "tags", 1)); fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("have %v, want %v", have, want)
	}

	// What is snoozed is left out, but for who asks for it.
	p.onTerminal(120, "q\n")
	golden(t, "triage-awake", "triage --field size_slug", p.run("triage", "--field", "size_slug", "--color=never"))
	p.onTerminal(120, "q\n")
	golden(t, "triage-asleep", "triage --snoozed", p.run("triage", "--snoozed", "--color=never"))
}

// What may not be written is said, and asked about again.
func TestTriageSaysWhatMayNotBeIgnored(t *testing.T) {
	atHome(t)
	p := newPlugin(t).onTerminal(120, "i\n\na\n\ny\nq\n")
	p.cluster = memory(interceptor.Funcs{
		Patch: func(_ context.Context, _ client.WithWatch, o client.Object, _ client.Patch, _ ...client.PatchOption) error {
			return apierrors.NewForbidden(driftv1alpha1.GroupVersion.WithResource("cloudaccounts").GroupResource(), o.GetName(),
				errors.New(`User "alice" cannot patch resource "cloudaccounts" in API group "drift.arcadia.cloud" in the namespace "infra"`))
		},
	}, infra(t)...)
	golden(t, "triage-forbidden", "triage --field tags", p.run("triage", "--field", "tags", "--color=never"))
}

func TestTriageByChange(t *testing.T) {
	atHome(t)
	stored := infra(t)
	p := newPlugin(t, stored...).onTerminal(120, "d\na\n\nq\n")
	golden(t, "triage-by-change", "triage --by-change --field size_slug", p.run("triage", "--by-change", "--field", "size_slug", "--color=never"))
	for _, name := range []string{nameOf(t, stored, "web-1", "size_slug", 3), nameOf(t, stored, "web-2", "size_slug", 1)} {
		if p.annotationsOf(name)[driftv1alpha1.ResolveAnnotation] != "accept" {
			t.Errorf("%s is not accepted", name)
		}
	}
}

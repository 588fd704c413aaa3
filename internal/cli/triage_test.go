package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

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
	p.onTerminal(120, "i\nn\ni\ny\n")
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

package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// lines is an output that tells when there are so many lines.
type lines struct {
	mu     sync.Mutex
	text   bytes.Buffer
	come   chan struct{}
	broken error
}

func newLines() *lines { return &lines{come: make(chan struct{}, 100)} }

func (l *lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return 0, l.broken
	}
	for range bytes.Count(data, []byte("\n")) {
		l.come <- struct{}{}
	}
	return l.text.Write(data)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits for one more line.
func (l *lines) wait(t *testing.T) {
	t.Helper()
	select {
	case <-l.come:
	case <-time.After(20 * time.Second):
		t.Fatalf("no line came after\n%s", l)
	}
}

func TestWatch(t *testing.T) {
	web := declared("web", "Droplet", "1", map[string]any{"size_slug": "a", "tags": []any{"x"}})
	first := opened(web, "size_slug", 1, "a", "b", time.Hour)
	old := resolved(opened(web, "region", 1, "a", "b", time.Hour), driftv1alpha1.DriftStale, driftv1alpha1.OperatorUser, "", time.Hour)
	other := opened(declared("fw", "Firewall", "1", nil), "name", 1, "a", "b", time.Hour)
	for i, d := range []*driftv1alpha1.CloudDrift{first, old, other} {
		d.UID = types.UID(rune('1' + i))
	}
	p := newPlugin(t)
	watched := make(chan struct{}, 10)
	p.cluster = memory(interceptor.Funcs{
		Watch: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) (apiwatch.Interface, error) {
			defer func() { watched <- struct{}{} }()
			return c.Watch(ctx, list, options...)
		},
	}, web, first, old, other)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := newLines()
	var errOut bytes.Buffer
	e := p.env(&bytes.Buffer{}, &errOut)
	e.Out = quietly(out)
	ended := make(chan int, 1)
	go func() { ended <- e.Run(ctx, []string{"watch", "--kind", "Droplet"}) }()
	out.wait(t) // what is open
	<-watched   // the cluster in memory does not tell what happened between list and watch

	update := func(change func(d *driftv1alpha1.CloudDrift)) {
		t.Helper()
		change(first)
		if err := p.cluster.Update(ctx, first); err != nil {
			t.Fatal(err)
		}
		change(first) // which took the status from what is stored
		if err := p.cluster.Status().Update(ctx, first); err != nil {
			t.Fatal(err)
		}
	}
	second := opened(web, "tags", 1, []any{"x"}, []any{"y"}, 0)
	second.UID = "9"
	if err := p.cluster.Create(ctx, second); err != nil {
		t.Fatal(err)
	}
	out.wait(t)
	update(func(d *driftv1alpha1.CloudDrift) {
		d.Status.Actual, d.Status.Rendered.Actual = jsonOf("c"), "c"
		d.Status.Observation = drift.Observation("size_slug", "a", "c")
	})
	out.wait(t)
	update(func(d *driftv1alpha1.CloudDrift) {
		d.Annotations = map[string]string{driftv1alpha1.ResolveAnnotation: "accept", driftv1alpha1.ResolvedByAnnotation: "dana"}
	})
	out.wait(t)
	update(func(d *driftv1alpha1.CloudDrift) { d.Annotations = nil })
	out.wait(t)
	update(func(d *driftv1alpha1.CloudDrift) { asleep(d, time.Hour, "dana", "") })
	out.wait(t)
	update(func(d *driftv1alpha1.CloudDrift) { d.Annotations, d.Status.Snooze = nil, nil })
	out.wait(t)
	update(func(d *driftv1alpha1.CloudDrift) { d.Labels["x"] = "no news" })
	update(func(d *driftv1alpha1.CloudDrift) { resolved(d, driftv1alpha1.DriftAccepted, "dana", "", 0) })
	out.wait(t)
	update(func(d *driftv1alpha1.CloudDrift) {
		d.Annotations = map[string]string{driftv1alpha1.ResolveAnnotation: "withdraw", driftv1alpha1.ResolvedByAnnotation: "erin"}
	})
	out.wait(t)
	update(func(d *driftv1alpha1.CloudDrift) {
		d.Annotations = map[string]string{driftv1alpha1.WithdrawnAnnotation: `{"by":"erin"}`}
	})
	out.wait(t)
	if err := p.cluster.Delete(ctx, second); err != nil {
		t.Fatal(err)
	}
	out.wait(t)
	stop()
	golden(t, "watch", "watch --kind Droplet", result{code: <-ended, out: out.String(), err: errOut.String()})
}

// A pipe that nobody reads any more ends the watching at the next news, without a word.
func TestWatchEndsWithItsReader(t *testing.T) {
	web := declared("web", "Droplet", "1", map[string]any{"size_slug": "a"})
	d := opened(web, "size_slug", 1, "a", "b", time.Hour)
	p := newPlugin(t, web, d)
	out := newLines()
	out.broken = &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
	var errOut bytes.Buffer
	e := p.env(&bytes.Buffer{}, &errOut)
	e.Out = quietly(out)
	if code := e.Run(t.Context(), []string{"watch"}); code != 0 || errOut.String() != "" {
		t.Errorf("exit code %d, %q", code, &errOut)
	}
}

// What is watched is written as JSON, one object a line.
func TestWatchJSON(t *testing.T) {
	web := declared("web", "Droplet", "1", map[string]any{"name": "a"})
	d := opened(web, "name", 1, "a", "\u009b<b>", time.Hour)
	p := newPlugin(t, web, d)
	ctx, stop := context.WithCancel(t.Context())
	out := newLines()
	e := p.env(&bytes.Buffer{}, &bytes.Buffer{})
	e.Out = quietly(out)
	ended := make(chan int, 1)
	go func() { ended <- e.Run(ctx, []string{"watch", "-o", "json"}) }()
	out.wait(t)
	stop()
	<-ended
	decoded, err := resource.Decode([]byte(strings.TrimSpace(out.String())))
	if err != nil {
		t.Fatal(err)
	}
	if event := decoded.(map[string]any)["event"]; event != "Open" {
		t.Errorf("the event is %v", event)
	}
	if strings.ContainsRune(out.String(), '\u009b') {
		t.Errorf("a control character gets through: %q", out)
	}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

// demo runs the steps on a stack of its own and removes it. It fails if any step
// did not hold.
func demo(ctx context.Context, _ string) (err error) {
	began := time.Now()
	dir, err := os.MkdirTemp("", "clouddrift-demo-")
	if err != nil {
		return fmt.Errorf("making the demo's directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	l, err := newLocal(dir, os.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	if err := l.start(ctx); err != nil {
		return err
	}
	d, err := newDemo(l, os.Stdout)
	if err != nil {
		return err
	}
	var failed []string
	for i, s := range steps {
		if ctx.Err() != nil {
			return fmt.Errorf("step %d: %w", i+1, ctx.Err())
		}
		if err := d.do(ctx, s); err != nil {
			d.say("\n   !! this step did not hold: %v", err)
			failed = append(failed, fmt.Sprintf("step %d: %v", i+1, err))
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d steps did not hold:\n%s\n%s", len(failed), len(steps), strings.Join(failed, "\n"), l.operator.LogTail())
	}
	d.say("\nAll %d steps held, in %s. The demo's control plane and account are gone again; `make up` leaves them running.",
		len(steps), time.Since(began).Round(time.Second))
	return nil
}

// demonstration shows steps on a stack.
type demonstration struct {
	*local
	out io.Writer
	// env is what the commands see.
	env []string
}

func newDemo(l *local, out io.Writer) (*demonstration, error) {
	if err := l.plane.Kubeconfig(l.file("admin.kubeconfig")); err != nil {
		return nil, err
	}
	for _, name := range []string{"dana", "sam", "kim"} {
		cfg, err := l.plane.User(name)
		if err != nil {
			return nil, err
		}
		if err := stack.WriteKubeconfig(l.file(name+".kubeconfig"), cfg); err != nil {
			return nil, err
		}
	}
	if _, err := l.account(); err != nil {
		return nil, err
	}
	return &demonstration{local: l, out: out, env: append(os.Environ(),
		"DEMO="+l.dir,
		"KUBECONFIG="+l.file("dana.kubeconfig"),
		"KUBECACHEDIR="+l.file("kubectl-cache"),
		"PATH="+strings.Join([]string{filepath.Dir(l.plane.KubectlPath), filepath.Join(l.root, "bin"), os.Getenv("PATH")}, string(os.PathListSeparator)),
	)}, nil
}

func (d *demonstration) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.out, format+"\n", args...)
}

// do shows a step and what came of it, and checks that it held.
func (d *demonstration) do(ctx context.Context, s step) error {
	if s.title != "" {
		d.say("\n## %s", s.title)
	}
	if s.call != nil {
		return d.call(ctx, *s.call)
	}
	command, err := d.fill(ctx, s.run)
	if err != nil {
		return err
	}
	d.say("\n$ %s", command)
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir, cmd.Env = d.root, d.env
	out, err := cmd.CombinedOutput()
	d.say("%s", strings.TrimRight(string(out), "\n"))
	switch {
	case s.refused && err == nil:
		return errors.New("it was not refused")
	case !s.refused && err != nil:
		return fmt.Errorf("the command failed: %w", err)
	}
	return check(s, string(out))
}

// check is nil when the output is what the step promises.
func check(s step, out string) error {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, want := range s.want {
		if !slices.ContainsFunc(lines, regexp.MustCompile(want).MatchString) {
			return fmt.Errorf("no line matches %s", want)
		}
	}
	if got := len(lines) - 1; s.rows > 0 && got != s.rows {
		return fmt.Errorf("%d rows, want exactly %d", got, s.rows)
	}
	return nil
}

// call changes something in the simulated DigitalOcean.
func (d *demonstration) call(ctx context.Context, c call) error {
	path, err := d.fill(ctx, c.path)
	if err != nil {
		return err
	}
	sent, err := d.fill(ctx, c.body)
	if err != nil {
		return err
	}
	d.say("\n%s %s %s", c.method, path, sent)
	status, body, err := d.request(ctx, c.method, path, sent)
	if err != nil {
		return err
	}
	d.say("%s", status)
	if !strings.HasPrefix(status, "2") {
		return fmt.Errorf("%s: %s", status, body)
	}
	return nil
}

func (d *demonstration) request(ctx context.Context, method, path, body string) (status string, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, d.endpoint+path, strings.NewReader(body))
	if err != nil {
		return "", nil, fmt.Errorf("making the request %s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(resp.Body)
	return resp.Status, answer, err
}

var placeholder = regexp.MustCompile(`\{((?:web|web-1|web-2|db-1|size_slug|name|tags|inbound_rules\["[^"]*"\]))\}`)

// fill replaces the placeholders of generated names: a droplet's and a
// firewall's id, and the name of the drift of a field.
func (d *demonstration) fill(ctx context.Context, text string) (string, error) {
	var failed error
	filled := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name, err := d.lookUp(ctx, match[1:len(match)-1])
		failed = errors.Join(failed, err)
		return name
	})
	return filled, failed
}

func (d *demonstration) lookUp(ctx context.Context, what string) (string, error) {
	switch what {
	case "web-1", "web-2", "db-1":
		return d.idOf(ctx, "droplets", what)
	case "web":
		return d.idOf(ctx, "firewalls", what)
	}
	out, _, err := d.plane.Kubectl(ctx, "", "get", "clouddrift", "--field-selector", "spec.field="+what, "-o", "jsonpath={.items[*].metadata.name}")
	if err == nil && (out == "" || strings.Contains(out, " ")) {
		err = fmt.Errorf("want one drift of %s, got %q", what, out)
	}
	return out, err
}

func (d *demonstration) idOf(ctx context.Context, plural, name string) (string, error) {
	_, body, err := d.request(ctx, http.MethodGet, "/v2/"+plural+"?per_page=200", "")
	if err != nil {
		return "", fmt.Errorf("looking for %s: %w", name, err)
	}
	var listing map[string]json.RawMessage
	var items []struct {
		ID   json.RawMessage `json:"id"` // a number or a string
		Name string          `json:"name"`
	}
	if err := errors.Join(json.Unmarshal(body, &listing), json.Unmarshal(listing[plural], &items)); err != nil {
		return "", fmt.Errorf("reading %s: %w", plural, err)
	}
	for _, item := range items {
		if item.Name == name {
			return strings.Trim(string(item.ID), `"`), nil
		}
	}
	return "", fmt.Errorf("no %s among the %s", name, plural)
}

package stack

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// progressInterval is how often a build says that it goes on.
	progressInterval = 15 * time.Second
	// downloadHost serves the index of setup-envtest's archives.
	downloadHost    = "raw.githubusercontent.com:443"
	downloadTimeout = 3 * time.Minute
)

// build builds one program from its pinned module into the cache.
func (f *finder) build(ctx context.Context, p program, position string) (string, error) {
	final := filepath.Join(f.cache, p.name)
	// Unique and on the same file system: what is at the final path is complete.
	partial := fmt.Sprintf("%s.partial-%d", final, os.Getpid())
	defer func() { _ = os.Remove(partial) }()

	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", f.ldflags(), "-o", partial, p.pkg)
	cmd.Dir = filepath.Join(f.root, filepath.Dir(pinFile))
	// The surrounding project's settings (a workspace, a vendor directory, -race)
	// are not meant for this module.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if err := f.runBuild(cmd, p, position); err != nil {
		return "", err
	}
	if err := p.check(ctx, partial, f.version); err != nil {
		return "", err
	}
	return final, os.Rename(partial, final)
}

// ldflags set the version that the release scripts would set: clients and the
// API server itself refuse to work with v0.0.0.
func (f *finder) ldflags() string {
	const pkg = "k8s.io/component-base/version."
	major, minor := numbers(f.version)
	flags := []string{"-s", "-w"}
	for _, v := range []string{
		"gitVersion=" + f.version, "gitMajor=" + major, "gitMinor=" + minor,
		"gitTreeState=clean", "buildDate=1970-01-01T00:00:00Z",
	} {
		flags = append(flags, "-X", pkg+v)
	}
	return strings.Join(flags, " ")
}

// runBuild runs a go build, says every few seconds how far it is, and returns
// what it complained about when it fails.
func (f *finder) runBuild(cmd *exec.Cmd, p program, position string) error {
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	var watch buildWatch
	watched := make(chan struct{})
	go func() { defer close(watched); watch.read(reader) }()

	began := time.Now()
	f.say("building %s (%s)", p.name, position)
	stop := make(chan struct{})
	ticked := make(chan struct{})
	go func() {
		defer close(ticked)
		ticker := time.NewTicker(progressInterval)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				f.say("building %s (%s): %s so far%s", p.name, position, time.Since(began).Round(time.Second), watch.counts())
			}
		}
	}()
	err := cmd.Run()
	_ = writer.Close()
	close(stop)
	<-ticked
	<-watched
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, watch.complaints())
	}
	f.say("built %s in %s", p.name, time.Since(began).Round(time.Second))
	return nil
}

// buildWatch counts what `go build -v` reports and keeps the rest.
type buildWatch struct {
	modules, packages atomic.Int64
	rest              bytes.Buffer // read after the build only
}

func (w *buildWatch) read(r io.Reader) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line := scanner.Text()
		switch {
		case strings.HasPrefix(line, "go: downloading "):
			w.modules.Add(1)
		case !strings.ContainsAny(line, " \t"): // an import path
			w.packages.Add(1)
		default:
			w.rest.WriteString(line + "\n")
		}
	}
	// A line beyond the buffer: the build must not block on us.
	_, _ = io.Copy(io.Discard, r)
}

func (w *buildWatch) counts() string {
	var counts string
	if n := w.modules.Load(); n > 0 {
		counts += fmt.Sprintf(", %d modules downloaded", n)
	}
	if n := w.packages.Load(); n > 0 {
		counts += fmt.Sprintf(", %d packages compiled", n)
	}
	return counts
}

func (w *buildWatch) complaints() string { return strings.TrimSpace(w.rest.String()) }

// envtestDir is where setup-envtest keeps this release.
func (f *finder) envtestDir() string {
	release := fmt.Sprintf("%s-%s-%s", strings.TrimPrefix(f.version, "v"), runtime.GOOS, runtime.GOARCH)
	return filepath.Join(f.envtestBase(), "k8s", release)
}

func (f *finder) envtestBase() string { return filepath.Join(filepath.Dir(f.cache), "envtest") }

// download tries to get the binaries that setup-envtest has. It is a shortcut:
// where it can't be reached, or has not got this release, they are built.
func (f *finder) download(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	dialer := net.Dialer{Timeout: 2 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", downloadHost)
	if err != nil {
		return false
	}
	_ = conn.Close()
	f.say("downloading with setup-envtest")
	cmd := exec.CommandContext(ctx, "go", "tool", "setup-envtest", "use", strings.TrimPrefix(f.version, "v"),
		"--bin-dir", f.envtestBase(), "--print", "path")
	cmd.Dir = filepath.Join(f.root, "hack", "tools")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		f.say("setup-envtest: %v: %s", err, bytes.TrimSpace(out))
		return false
	}
	return true
}

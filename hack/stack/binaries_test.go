package stack

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

func TestFits(t *testing.T) {
	for _, test := range []struct {
		why             string
		fits            func(string, string) bool
		version, pinned string
		want            bool
	}{
		{"another patch release serves the same API", sameMinor, "v1.37.0", "v1.37.2", true},
		{"an older minor release may lack what the tests rely on", sameMinor, "v1.36.9", "v1.37.2", false},
		{"a newer one is not what client-go is pinned to", sameMinor, "v1.38.0", "v1.37.2", false},
		{"a binary built without ldflags", sameMinor, "v0.0.0-master+$Format:%H$", "v1.37.2", false},
		{"etcd has releases of its own", etcdFits, "v3.7.0", "v1.37.2", true},
		{"an etcd of long ago", etcdFits, "v3.5.21", "v1.37.2", false},
	} {
		if got := test.fits(test.version, test.pinned); got != test.want {
			t.Errorf("%s: %s for Kubernetes %s: got %t", test.why, test.version, test.pinned, got)
		}
	}
}

func TestLook(t *testing.T) {
	old, good := t.TempDir(), t.TempDir()
	script(t, filepath.Join(old, "kube-apiserver"), "echo Kubernetes v1.30.1")
	script(t, filepath.Join(good, "kube-apiserver"), "echo Kubernetes v1.37.5")
	script(t, filepath.Join(good, "etcd"), "echo etcd Version: 3.7.1; echo Git SHA: abc")
	script(t, filepath.Join(good, "kubectl"), "exit 1")
	var progress bytes.Buffer
	f := &finder{version: "v1.37.2", progress: &progress}

	found := &Binaries{}
	missing := f.look(context.Background(), found, old, good)

	if want := filepath.Join(good, "kube-apiserver"); found.APIServer != want {
		t.Errorf("API server: got %q, want %q: the first place has a wrong version", found.APIServer, want)
	}
	if want := filepath.Join(good, "etcd"); found.Etcd != want {
		t.Errorf("etcd: got %q, want %q", found.Etcd, want)
	}
	var names []string
	for _, p := range missing {
		names = append(names, p.name)
	}
	if got := strings.Join(names, " "); got != "kubectl kube-controller-manager" {
		t.Errorf("missing: got %q; kubectl does not run and the controller manager is nowhere", got)
	}
	if !strings.Contains(progress.String(), "its version is v1.30.1, and Kubernetes v1.37.2 is wanted") {
		t.Errorf("a binary that is there and not used must be explained, got %q", progress.String())
	}
}

func TestAssetsComeFirst(t *testing.T) {
	assets := t.TempDir()
	t.Setenv(assetsEnv, assets)
	f := &finder{version: "v1.37.2", cache: "/project/bin/controlplane-v1.37.2"}
	if got := f.places(); got[0] != assets || got[1] != f.cache {
		t.Errorf("places: %q", got)
	}
}

func TestFailedBuild(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	f := &finder{root: root, version: "v1.37.2", cache: t.TempDir(), progress: &bytes.Buffer{}}
	_, err = f.build(t.Context(), program{name: "nothing", pkg: "./cmd/nothing"}, "1 of 1")
	if err == nil || !strings.Contains(err.Error(), "cmd/nothing") {
		t.Errorf("the error must say what go build said: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(f.cache, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestWatchSeparatesProgressFromComplaints(t *testing.T) {
	var w buildWatch
	w.read(strings.NewReader("go: downloading k8s.io/api v0.37.2\nk8s.io/api/core/v1\nk8s.io/api/apps/v1\n./main.go:3:1: syntax error\n"))
	if got := w.counts(); got != ", 1 modules downloaded, 2 packages compiled" {
		t.Errorf("counts: %q", got)
	}
	if got := w.complaints(); got != "./main.go:3:1: syntax error" {
		t.Errorf("complaints: %q", got)
	}
}

func TestLockIsExclusive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var holders, most atomic.Int32
	var all errgroup.Group
	for range 4 {
		all.Go(func() error {
			unlock, err := lock(t.Context(), path, nil)
			if err != nil {
				return err
			}
			defer unlock()
			most.Store(max(most.Load(), holders.Add(1)))
			time.Sleep(5 * time.Millisecond)
			holders.Add(-1)
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if most.Load() != 1 {
		t.Errorf("%d held it at once", most.Load())
	}
}

func TestLockGivesUpWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	waited := false
	if _, err := lock(ctx, path, func() { waited = true }); !errors.Is(err, context.DeadlineExceeded) || !waited {
		t.Errorf("got %v, waiting announced: %t", err, waited)
	}
}

func TestRootFromAnyDirectory(t *testing.T) {
	want, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	// Inside a nested module, and outside of any.
	for _, dir := range []string{filepath.Join(want, "hack", "controlplane", "cmd"), t.TempDir()} {
		t.Chdir(dir)
		if got, err := Root(); err != nil || got != want {
			t.Errorf("in %s: %q, %v", dir, got, err)
		}
	}
}

func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

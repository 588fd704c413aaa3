package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
	"golang.org/x/sync/errgroup"
)

const (
	assetsEnv        = "KUBEBUILDER_ASSETS"
	kubernetesModule = "k8s.io/kubernetes"
	// oldestEtcd is the oldest etcd that is taken from elsewhere.
	oldestEtcd = "v3.6.0"
)

// Binaries are the paths of a control plane's programs, all of the pinned
// Kubernetes release.
type Binaries struct {
	// Version is the Kubernetes release that the project is pinned to.
	Version string

	Etcd, APIServer, ControllerManager, Kubectl string
}

// program is one of the binaries.
type program struct {
	name string
	// pkg is what it is built from, seen from hack/controlplane.
	pkg string
	// versionArgs make it print its version.
	versionArgs []string
	// fits says whether a binary of this version can be used for the pinned one.
	fits func(version, pinned string) bool
	// inEnvtest: setup-envtest's archive has it.
	inEnvtest bool
	path      func(*Binaries) *string
}

var programs = []program{
	{
		name: "etcd", pkg: "./cmd/etcd", versionArgs: []string{"--version"}, fits: etcdFits, inEnvtest: true,
		path: func(b *Binaries) *string { return &b.Etcd },
	},
	{
		name: "kubectl", pkg: kubernetesModule + "/cmd/kubectl", versionArgs: []string{"version", "--client"}, fits: sameMinor, inEnvtest: true,
		path: func(b *Binaries) *string { return &b.Kubectl },
	},
	{
		name: "kube-apiserver", pkg: kubernetesModule + "/cmd/kube-apiserver", versionArgs: []string{"--version"}, fits: sameMinor, inEnvtest: true,
		path: func(b *Binaries) *string { return &b.APIServer },
	},
	{
		name: "kube-controller-manager", pkg: kubernetesModule + "/cmd/kube-controller-manager", versionArgs: []string{"--version"}, fits: sameMinor,
		path: func(b *Binaries) *string { return &b.ControllerManager },
	},
}

func sameMinor(version, pinned string) bool {
	return semver.MajorMinor(version) == semver.MajorMinor(pinned)
}

func etcdFits(version, _ string) bool {
	return semver.Major(version) == "v3" && semver.Compare(version, oldestEtcd) >= 0
}

// FindBinaries returns the control plane's programs. Each is looked for, and
// its version checked, in KUBEBUILDER_ASSETS, then in the project's bin/, then
// in what setup-envtest can download, and is else built from its Go module into
// bin/ (which takes minutes, once). progress says what is being done; nil is
// os.Stderr.
func FindBinaries(ctx context.Context, progress io.Writer) (*Binaries, error) {
	if progress == nil {
		progress = os.Stderr
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	version, err := pinned(root, kubernetesModule)
	if err != nil {
		return nil, err
	}
	f := &finder{root: root, version: version, progress: progress}
	f.cache, err = cacheDir(root, version)
	if err != nil {
		return nil, err
	}
	found := &Binaries{Version: version}
	missing := f.look(ctx, found, f.places()...)
	if len(missing) == 0 {
		return found, nil
	}
	if err := f.obtain(ctx, found); err != nil {
		return nil, err
	}
	return found, nil
}

// finder finds the binaries of one release for one checkout.
type finder struct {
	root     string
	version  string
	cache    string
	progress io.Writer
}

func (f *finder) say(format string, args ...any) {
	_, _ = fmt.Fprintf(f.progress, "control plane: "+format+"\n", args...)
}

// places are the directories to look in, best first.
func (f *finder) places() []string {
	places := []string{f.cache, f.envtestDir()}
	if assets := os.Getenv(assetsEnv); assets != "" {
		places = append([]string{assets}, places...)
	}
	return places
}

// look fills in what it finds in dirs and returns the programs that are still
// missing.
func (f *finder) look(ctx context.Context, found *Binaries, dirs ...string) []program {
	var all errgroup.Group
	for _, p := range programs {
		if *p.path(found) != "" {
			continue
		}
		all.Go(func() error {
			for _, dir := range dirs {
				path := filepath.Join(dir, p.name)
				err := p.check(ctx, path, f.version)
				if err == nil {
					*p.path(found) = path
					return nil
				}
				if !errors.Is(err, os.ErrNotExist) {
					f.say("%s is not used: %v", path, err)
				}
			}
			return nil
		})
	}
	_ = all.Wait()
	var missing []program
	for _, p := range programs {
		if *p.path(found) == "" {
			missing = append(missing, p)
		}
	}
	return missing
}

var versionNumber = regexp.MustCompile(`\bv?(\d+\.\d+\.\d+[-.+\w]*)`)

// check is nil when the file at path is this program in a version that fits.
func (p program) check(ctx context.Context, path, pinned string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, path, p.versionArgs...).Output()
	if err != nil {
		return fmt.Errorf("asking it for its version: %w", err)
	}
	match := versionNumber.FindStringSubmatch(string(out))
	if match == nil {
		return fmt.Errorf("it does not say its version: %.80q", out)
	}
	if version := "v" + match[1]; !p.fits(version, pinned) {
		return fmt.Errorf("its version is %s, and Kubernetes %s is wanted", version, pinned)
	}
	return nil
}

// obtain downloads or builds what is missing, one process at a time.
func (f *finder) obtain(ctx context.Context, found *Binaries) error {
	unlock, err := lock(ctx, filepath.Join(f.cache, ".lock"), func() {
		f.say("waiting for another process that is building it")
	})
	if err != nil {
		return fmt.Errorf("building the control plane: %w", err)
	}
	defer unlock()
	// Whoever had the lock may have built what we miss.
	missing := f.look(ctx, found, f.places()...)
	if anyInEnvtest(missing) && f.download(ctx) {
		missing = f.look(ctx, found, f.envtestDir())
	}
	for i, p := range missing {
		path, err := f.build(ctx, p, fmt.Sprintf("%d of %d", i+1, len(missing)))
		if err != nil {
			return fmt.Errorf("building %s: %w", p.name, err)
		}
		*p.path(found) = path
	}
	return nil
}

func anyInEnvtest(missing []program) bool {
	for _, p := range missing {
		if p.inEnvtest {
			return true
		}
	}
	return false
}

// cacheDir is where binaries are kept: the project's bin/, or the user's cache
// where the checkout belongs to somebody else. It has KUBEBUILDER_ASSETS' layout.
func cacheDir(root, version string) (string, error) {
	name := "controlplane-" + version
	inProject := filepath.Join(root, "bin", name)
	if complete(inProject) {
		return inProject, nil
	}
	err := writable(inProject)
	if err == nil {
		return inProject, nil
	}
	base, cacheErr := os.UserCacheDir()
	if cacheErr != nil {
		return "", fmt.Errorf("choosing a directory for the control plane's binaries: %w", errors.Join(err, cacheErr))
	}
	inCache := filepath.Join(base, "clouddrift", name)
	if cacheErr := writable(inCache); cacheErr != nil {
		return "", fmt.Errorf("choosing a directory for the control plane's binaries: %w", errors.Join(err, cacheErr))
	}
	return inCache, nil
}

func complete(dir string) bool {
	for _, p := range programs {
		if _, err := os.Stat(filepath.Join(dir, p.name)); err != nil {
			return false
		}
	}
	return true
}

func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
}

// numbers are a release's major and minor number, as its binaries carry them.
func numbers(version string) (major, minor string) {
	major, minor, _ = strings.Cut(strings.TrimPrefix(semver.MajorMinor(version), "v"), ".")
	return major, minor
}

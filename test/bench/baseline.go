package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/digitalocean/godo"
	"golang.org/x/oauth2"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// roles are what this program runs as beside measuring.
var roles = map[string]func(ctx context.Context, args []string) error{
	"cloud": serveCloud,
	"list":  listBarely,
	"watch": watchBarely,
	"get":   getEach,
}

// result is what a role says of itself.
type result struct {
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"`
	Mebibytes  float64 `json:"mebibytes"`
	Count      int     `json:"count"`
}

func (r result) tell() error { return json.NewEncoder(os.Stdout).Encode(r) }

// inRole runs this program in a role and returns what it says.
func (w *world) inRole(ctx context.Context, env []string, args ...string) (result, error) {
	var out result
	self, err := os.Executable()
	if err != nil {
		return out, fmt.Errorf("finding this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("running the baseline %v: %w", args, err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("running the baseline %v: %w", args, err)
	}
	return out, nil
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func bareClient(url, token string) (*godo.Client, error) {
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
	return godo.New(oauth2.NewClient(context.Background(), source), godo.SetBaseURL(url+"/"))
}

// listBarely is a role: what a sync asks for, read with godo and thrown away. The
// first round opens the connection and is not measured.
func listBarely(ctx context.Context, args []string) error {
	do, err := bareClient(args[0], args[1])
	if err != nil {
		return err
	}
	if _, err := listAll(ctx, do); err != nil {
		return err
	}
	runtime.GC()
	began, cpu := time.Now(), cpuTime()
	n, err := listAll(ctx, do)
	if err != nil {
		return err
	}
	return result{Seconds: time.Since(began).Seconds(), CPUSeconds: (cpuTime() - cpu).Seconds(), Count: n}.tell()
}

func listAll(ctx context.Context, do *godo.Client) (int, error) {
	if _, _, err := do.Account.Get(ctx); err != nil {
		return 0, err
	}
	count := 0
	for page := 1; ; page++ {
		droplets, resp, err := do.Droplets.List(ctx, &godo.ListOptions{Page: page, PerPage: 200})
		if err != nil {
			return 0, err
		}
		count += len(droplets)
		if resp.Links.IsLastPage() {
			break
		}
	}
	all := &godo.ListOptions{Page: 1, PerPage: 200}
	_, _, gpus := do.Droplets.ListWithGPUs(ctx, all)
	_, _, domains := do.Domains.List(ctx, all)
	_, _, firewalls := do.Firewalls.List(ctx, all)
	_, _, tags := do.Tags.List(ctx, all)
	_, _, vpcs := do.VPCs.List(ctx, all)
	_, _, volumes := do.Storage.ListVolumes(ctx, &godo.ListVolumeParams{ListOptions: all})
	return count, errors.Join(gpus, domains, firewalls, tags, vpcs, volumes)
}

// getEach is a role: one GET for each droplet, ten at a time, waiting when it is
// told to. It stops when its time is over.
func getEach(ctx context.Context, args []string) error {
	do, err := bareClient(args[0], args[1])
	if err != nil {
		return err
	}
	limit, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	began := time.Now()
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ids := strings.Split(args[3], ",")
	next, done := atomic.Int64{}, atomic.Int64{}
	errs := make(chan error, 10)
	for range cap(errs) {
		go func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(ids) {
					errs <- nil
					return
				}
				if err := getOne(bounded, do, ids[i]); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return result{Seconds: time.Since(began).Seconds(), Count: int(done.Load())}.tell()
}

func getOne(ctx context.Context, do *godo.Client, id string) error {
	number, err := strconv.Atoi(id)
	if err != nil {
		return err
	}
	for {
		_, resp, err := do.Droplets.Get(ctx, number)
		if resp == nil || resp.StatusCode != http.StatusTooManyRequests {
			return err
		}
		after, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil {
			after = 60 // an hour's limit gives none
		}
		if err := wait(ctx, time.Duration(after)*time.Second); err != nil {
			return err
		}
	}
}

// watchBarely is a role: an informer that holds the same objects as the operator,
// without their managedFields, and nothing else.
func watchBarely(ctx context.Context, args []string) error {
	config, err := clientcmd.BuildConfigFromFlags("", args[0])
	if err != nil {
		return err
	}
	config.QPS = -1
	scheme := k8sruntime.NewScheme()
	if err := driftv1alpha1.AddToScheme(scheme); err != nil {
		return err
	}
	held, err := cache.New(config, cache.Options{Scheme: scheme, DefaultTransform: cache.TransformStripManagedFields()})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	for _, o := range []client.Object{&driftv1alpha1.CloudAccount{}, &driftv1alpha1.CloudProvisioned{}, &driftv1alpha1.CloudResource{}, &driftv1alpha1.CloudDrift{}} {
		if _, err := held.GetInformer(ctx, o, cache.BlockUntilSynced(false)); err != nil {
			return err
		}
	}
	go func() { ended <- held.Start(ctx) }()
	if !held.WaitForCacheSync(ctx) {
		return errors.New("the informers did not fill")
	}
	if len(args) > 1 {
		// What is left when everything that is not needed was given back.
		debug.FreeOSMemory()
	}
	size, err := residentOf(os.Getpid(), "VmRSS")
	if err != nil {
		return err
	}
	cancel()
	return errors.Join(result{Mebibytes: size}.tell(), <-ended)
}

// residentOf is a process's memory in mebibytes: VmRSS now, VmHWM at most.
func residentOf(pid int, what string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading a process's memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, what+":"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("reading a process's memory: no %s", what)
}

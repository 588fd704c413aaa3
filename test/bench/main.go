// Command bench measures the figures that clouddrift promises, each beside what
// one would do without it, in the same run on the same machine. It runs the
// operator's program against a real control plane and a simulated DigitalOcean.
//
// It is no test: a figure that is missed is reported, and only what could not be
// measured makes it fail.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

func main() {
	// What the libraries have to say comes back as an error.
	ctrllog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	// Whatever is measured beside the operator is a process of its own, so that
	// CPU and memory can be told apart.
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok {
			return role(ctx, os.Args[2:])
		}
	}
	b := &bench{}
	flag.IntVar(&b.main, "n", 10000, "how many droplets the figures are measured with")
	flag.BoolVar(&b.large, "large", os.Getenv("BENCH_LARGE") != "", "also measure 50,000 droplets, which takes a quarter of an hour")
	flag.IntVar(&b.pairs, "pairs", 7, "how many pairs of a sync and a bare listing are measured")
	flag.StringVar(&b.only, "only", "", "a regular expression: measure only these of day, aside, limited, calls, listing, sweep, latency, memory, storm and etcd")
	flag.StringVar(&b.profiles, "profiles", "", "a directory for CPU and heap profiles of the operator")
	syncs := flag.Int("soak", 0, "measure nothing of this, but make so many syncs, and fail where the operator grows")
	within := flag.Duration("for", time.Hour, "how long the syncs of --soak take")
	flag.Parse()

	var err error
	if b.dir, err = os.MkdirTemp("", "clouddrift-bench-"); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if b.root, err = stack.Root(); err != nil {
		return err
	}
	if err := b.build(ctx); err != nil {
		return err
	}
	if *syncs > 0 {
		return b.soak(ctx, *syncs, *within)
	}
	machine := describeMachine()
	err = b.measure(ctx)
	b.print(os.Stdout, machine)
	return err
}

// bench is one run.
type bench struct {
	main, pairs int
	large       bool
	// only and profiles are empty for a whole run without profiles.
	only, profiles string
	root, dir      string
	figures        []figure
	growth         []growth
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// build makes the operator as it is released.
func (b *bench) build(ctx context.Context) error {
	b.say("building the operator")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(b.dir, "operator"), "./cmd/operator")
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the operator: %w\n%s", err, out)
	}
	return nil
}

// step measures something in a world.
type step struct {
	name string
	run  func(context.Context, *world) error
}

// measure goes through the sizes; each has a control plane of its own.
func (b *bench) measure(ctx context.Context) error {
	type size struct {
		n     int
		steps []step
	}
	sizes := []size{
		{1000, []step{{"day", b.day}, {"aside", b.sideBySide}, {"limited", b.limited}}},
		{b.main, []step{
			{"calls", b.calls}, {"listing", b.listing}, {"sweep", b.sweep},
			{"latency", b.latency}, {"memory", b.memory}, {"storm", b.storm}, {"etcd", b.stored},
		}},
	}
	if b.large {
		sizes = append(sizes, size{n: 50000})
	}
	only, err := regexp.Compile(b.only)
	if err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	for _, s := range sizes {
		steps := slices.DeleteFunc(s.steps, func(s step) bool { return !only.MatchString(s.name) })
		if len(steps) == 0 && len(s.steps) > 0 {
			continue
		}
		if err := b.inWorld(ctx, s.n, steps); err != nil {
			return fmt.Errorf("with %d droplets: %w", s.n, err)
		}
	}
	return nil
}

// inWorld fills a world with n droplets, notes what it took, and measures in it.
func (b *bench) inWorld(ctx context.Context, n int, steps []step) (err error) {
	w := &world{bench: b, n: n}
	defer func() { err = errors.Join(err, w.stop()) }()
	if err := w.start(ctx); err != nil {
		return err
	}
	if err := b.grow(ctx, w); err != nil {
		return err
	}
	for _, step := range steps {
		if err := step.run(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

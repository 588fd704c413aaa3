package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

// campaign is many sequences.
type campaign struct {
	out io.Writer
	// seed is the first sequence's, and each has the one after that of the one
	// before; seeds, where they are given, are the first ones.
	seed        uint64
	seeds       []uint64
	sequences   int
	within      time.Duration
	parallel    int
	batch       int
	outageEvery int
	// policiesEvery is every how many batches admission policies are taken away and put
	// back; 0: never.
	policiesEvery int
	// failures end a campaign: more of them tell nothing new.
	failures int

	stats   *stats
	cluster *cluster
	mu      sync.Mutex
	failed  []uint64
	// before is what was left behind after the first batch.
	before *leftovers
	leaks  []string
	// broken is why the campaign can't go on.
	broken error
}

func (c *campaign) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, format+"\n", args...)
}

// run runs the campaign. An error says that something was wrong.
func (c *campaign) run(ctx context.Context) error {
	if c.seed == 0 {
		c.seed = rand.Uint64N(1_000_000_000) * 1_000
	}
	if c.batch == 0 {
		c.batch = 4 * c.parallel
	}
	c.stats = newStats()
	var err error
	if c.cluster, err = startCluster(ctx, c.out, c.stats); err != nil {
		return err
	}
	defer func() { _ = c.cluster.Stop() }()
	defer crashpoint.Handle(reached)()
	c.say("seeds from %d", c.seed)
	began, done := time.Now(), 0
	for n := 1; done < c.sequences && time.Since(began) < c.within && ctx.Err() == nil && len(c.failed) < c.failures; n++ {
		size := min(c.batch, c.sequences-done)
		c.runBatch(ctx, began, done, size, c.disturbances(n))
		if c.broken != nil {
			return c.broken
		}
		done += size
		c.lookForLeaks()
		c.say("%s: %d of at most %d sequences, %d failed; %s", time.Since(began).Round(time.Second), c.stats.sequences, c.sequences, len(c.failed), leftNow())
	}
	if now := leftNow(); c.before != nil && now.goroutines > c.before.goroutines {
		c.say("%s are left of %s after the first batch: see %s", now, c.before, c.keepGoroutines())
	}
	c.say("ran %s: %s", time.Since(began).Round(time.Second), c.stats)
	var problems []error
	for _, seed := range c.failed {
		problems = append(problems, fmt.Errorf("the sequence with seed %d failed: make chaos SEED=%d", seed, seed))
	}
	for _, leak := range c.leaks {
		problems = append(problems, errors.New(leak))
	}
	if err := ctx.Err(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// runBatch runs so many sequences, some at once, and perhaps restarts the control
// plane under them.
func (c *campaign) runBatch(ctx context.Context, began time.Time, from, size int, disturb []disturbance) {
	seeds := make(chan uint64, size)
	for i := range size {
		seeds <- c.seedOf(from + i)
	}
	close(seeds)
	var running sync.WaitGroup
	for range min(c.parallel, size) {
		running.Go(func() {
			for seed := range seeds {
				if ctx.Err() != nil || time.Since(began) > c.within {
					return
				}
				c.judge(run(ctx, c.cluster, seed, fmt.Sprintf("chaos-%d", seed)))
			}
		})
	}
	over := make(chan struct{})
	var disturbing sync.WaitGroup
	for _, each := range disturb {
		disturbing.Go(func() { each(ctx, over) })
	}
	running.Wait()
	close(over)
	disturbing.Wait()
}

// disturbance goes on while the sequences of a batch run, until over is closed.
type disturbance func(ctx context.Context, over <-chan struct{})

// disturbances are those of the nth batch.
func (c *campaign) disturbances(n int) []disturbance {
	var out []disturbance
	if c.outageEvery > 0 && n%c.outageEvery == 0 {
		out = append(out, c.disturb)
	}
	if c.policiesEvery > 0 && n%c.policiesEvery == 0 {
		out = append(out, c.disturbPolicies)
	}
	return out
}

func (c *campaign) seedOf(n int) uint64 {
	if n < len(c.seeds) {
		return c.seeds[n]
	}
	return c.seed + uint64(n-len(c.seeds))
}

func (c *campaign) judge(s *sequence) {
	if !s.failed() {
		return
	}
	file := filepath.Join(os.TempDir(), fmt.Sprintf("chaos-%d.txt", s.seed))
	if err := os.WriteFile(file, []byte(s.report()), 0o600); err != nil {
		file = err.Error()
	}
	c.say("FAILED: seed %d (make chaos SEED=%d; what happened is in %s)\n  %s", s.seed, s.seed, file, strings.Join(s.violations, "\n  "))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, s.seed)
}

// disturb restarts the API server and etcd while sequences run.
func (c *campaign) disturb(ctx context.Context, over <-chan struct{}) {
	for n := range 4 {
		select {
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(2000+rand.IntN(4000)) * time.Millisecond):
		}
		away := time.Duration(rand.IntN(1500)) * time.Millisecond
		var err error
		c.cluster.outage(true)
		if n%2 == 0 {
			c.cluster.StopAPIServer()
			time.Sleep(away)
			err = patiently(ctx, c.cluster.StartAPIServer)
		} else {
			c.cluster.KillEtcd()
			time.Sleep(away)
			err = patiently(ctx, c.cluster.StartEtcd)
		}
		c.cluster.outage(false)
		if err != nil {
			c.mu.Lock()
			c.broken = fmt.Errorf("restarting the control plane, which is not the operator's fault: %w", err)
			c.mu.Unlock()
			return
		}
		c.stats.do(func(s *stats) { s.outages++ })
	}
}

// patiently starts a process again where it gives up: an API server does so when
// the machine is too busy for its own time-outs.
func patiently(ctx context.Context, start func(context.Context) error) error {
	var err error
	for range 20 {
		if err = start(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		pause(ctx, 3*time.Second) // the API server may be away itself
	}
	return err
}

// leftovers are what sequences must not leave behind.
type leftovers struct {
	goroutines int
	heap       uint64
}

func (l leftovers) String() string {
	return fmt.Sprintf("%d goroutines, %d MiB", l.goroutines, l.heap>>20)
}

func leftNow() leftovers {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return leftovers{runtime.NumGoroutine(), m.HeapAlloc}
}

// How much more than after the first batch is still no leak: connections come and
// go, and the heap of a program that has just been busy is not the same twice. An
// operator that ends before its cache is filled leaves a goroutine and what that holds:
// controller-runtime 0.25 waits for each namespace's informers without a way out
// (newMultiNamespaceInformerHandlerRegistration). Of 4,500 operators 18 did.
const (
	spareGoroutines = 40
	spareHeap       = 48 << 20
)

// lookForLeaks compares what is left after a batch with what was after the first.
func (c *campaign) lookForLeaks() {
	var now leftovers
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		now = leftNow()
		if c.before == nil {
			time.Sleep(2 * time.Second) // connections and timers of the last sequences
			now = leftNow()
			c.before = &now
			return
		}
		if now.goroutines <= c.before.goroutines+spareGoroutines && now.heap <= c.before.heap+spareHeap {
			return
		}
		if time.Now().After(deadline) {
			break
		}
	}
	if len(c.leaks) == 0 {
		c.leaks = append(c.leaks, fmt.Sprintf("left behind: %s, and after the first batch %s; see %s", now, c.before, c.keepGoroutines()))
	}
}

// keepGoroutines writes down what runs now, and says where.
func (c *campaign) keepGoroutines() string {
	file := filepath.Join(os.TempDir(), fmt.Sprintf("chaos-%d-goroutines.txt", c.seed))
	f, err := os.Create(file)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	if err := pprof.Lookup("goroutine").WriteTo(f, 1); err != nil {
		return err.Error()
	}
	return file
}

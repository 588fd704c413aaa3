package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

// errDead is what a client of an operator says that has crashed. Nothing that the
// operator still does can reach anything then, as if its process had ended.
var errDead = errors.New("this operator has crashed")

// guard stands between an operator and the API server. It ends the operator at a
// crash point or at any of its writes, and makes writes fail, before or after
// their effect, and be late.
type guard struct {
	stats   *stats
	dead    atomic.Bool
	crashed chan struct{}
	once    sync.Once

	mu  sync.Mutex
	rng *rand.Rand
	// point is the crash point at which the operator is to end.
	point crashpoint.Point
	// crashIn is the number of the write, from now, at which it is to end; 0: none.
	crashIn    int
	crashAfter bool
	failures   []writeFailure
	slowest    time.Duration
	lag        time.Duration
	// goroutines are those that this operator's calls came from, while a crash
	// point is armed: a crash point does not say whose it is.
	goroutines map[string]bool
}

// writeFailure makes one of the next writes fail.
type writeFailure struct {
	in    int
	after bool
}

func newGuard(s *stats, seed uint64) *guard {
	return &guard{stats: s, crashed: make(chan struct{}), rng: rand.New(rand.NewPCG(seed, 1)), goroutines: map[string]bool{}}
}

// guards are those of all operators that run.
var guards sync.Map

// reached is the handler of every crash point: it ends the operator whose
// goroutine this is, if it is to end there.
func reached(at crashpoint.Point) {
	guards.Range(func(key, _ any) bool {
		g := key.(*guard)
		g.mu.Lock()
		mine := g.point == at && g.goroutines[goroutine()]
		g.mu.Unlock()
		if mine {
			g.die("at " + string(at))
			runtime.Goexit()
		}
		return true
	})
}

// goroutine is the number of the one that asks.
func goroutine() string {
	var buf [64]byte
	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	return string(fields[1])
}

func (g *guard) die(where string) {
	g.once.Do(func() {
		g.dead.Store(true)
		g.stats.crash(where)
		close(g.crashed)
	})
}

func (g *guard) armPoint(p crashpoint.Point) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.point = p
}

func (g *guard) armWrite(in int, after bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.crashIn, g.crashAfter = in, after
}

func (g *guard) failWrite(in int, after bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures = append(g.failures, writeFailure{in, after})
}

// slow delays every write, and every change that reaches the cache, by up to so much.
func (g *guard) slow(writes, cache time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.slowest, g.lag = writes, cache
}

func (g *guard) heal() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.point, g.crashIn, g.failures, g.slowest, g.lag = "", 0, nil, 0, 0
}

// transform is a cache transform that lets the cache lag behind.
func (g *guard) transform(o any) (any, error) {
	g.mu.Lock()
	var wait time.Duration
	if g.lag > 0 {
		wait = time.Duration(g.rng.Int64N(int64(g.lag)))
	}
	g.mu.Unlock()
	time.Sleep(wait)
	return o, nil
}

// verdict is what happens to one write.
type verdict struct {
	wait                                            time.Duration
	crashBefore, crashAfter, failBefore, failsAfter bool
}

func (g *guard) judge() verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.point != "" {
		g.goroutines[goroutine()] = true
	}
	var v verdict
	if g.slowest > 0 {
		v.wait = time.Duration(g.rng.Int64N(int64(g.slowest)))
	}
	if g.crashIn > 0 {
		g.crashIn--
		v.crashBefore, v.crashAfter = g.crashIn == 0 && !g.crashAfter, g.crashIn == 0 && g.crashAfter
	}
	kept := g.failures[:0]
	for _, f := range g.failures {
		if f.in--; f.in > 0 {
			kept = append(kept, f)
		} else if f.after {
			v.failsAfter = true
		} else {
			v.failBefore = true
		}
	}
	g.failures = kept
	return v
}

// write makes one write of the operator's, or what becomes of it.
func (g *guard) write(do func() error) error {
	if g.dead.Load() {
		return errDead
	}
	v := g.judge()
	time.Sleep(v.wait)
	switch {
	case v.crashBefore:
		g.die("before a write")
	case v.failBefore:
		g.stats.fault("API write refused")
		return apierrors.NewServiceUnavailable("chaos")
	}
	if g.dead.Load() {
		return errDead
	}
	err := do()
	switch {
	case v.crashAfter:
		g.die("after a write")
	case v.failsAfter && err == nil:
		g.stats.fault("API write's answer lost")
		return apierrors.NewTimeoutError("chaos", 0)
	}
	if g.dead.Load() {
		return errDead
	}
	return err
}

// read notes whose goroutine this is.
func (g *guard) read() error {
	if g.dead.Load() {
		return errDead
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.point != "" {
		g.goroutines[goroutine()] = true
	}
	return nil
}

// guarded is an operator's client.
type guarded struct {
	client.Client
	g *guard
}

func (c guarded) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	if err := c.g.read(); err != nil {
		return err
	}
	return c.Client.Get(ctx, key, o, opts...)
}

func (c guarded) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := c.g.read(); err != nil {
		return err
	}
	return c.Client.List(ctx, list, opts...)
}

func (c guarded) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	return c.g.write(func() error { return c.Client.Create(ctx, o, opts...) })
}

func (c guarded) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	return c.g.write(func() error { return c.Client.Update(ctx, o, opts...) })
}

func (c guarded) Patch(ctx context.Context, o client.Object, p client.Patch, opts ...client.PatchOption) error {
	return c.g.write(func() error { return c.Client.Patch(ctx, o, p, opts...) })
}

func (c guarded) Delete(ctx context.Context, o client.Object, opts ...client.DeleteOption) error {
	return c.g.write(func() error { return c.Client.Delete(ctx, o, opts...) })
}

func (c guarded) Status() client.SubResourceWriter {
	return guardedStatus{c.Client.Status(), c.g}
}

type guardedStatus struct {
	client.SubResourceWriter
	g *guard
}

func (s guardedStatus) Update(ctx context.Context, o client.Object, opts ...client.SubResourceUpdateOption) error {
	return s.g.write(func() error { return s.SubResourceWriter.Update(ctx, o, opts...) })
}

func (s guardedStatus) Patch(ctx context.Context, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
	return s.g.write(func() error { return s.SubResourceWriter.Patch(ctx, o, p, opts...) })
}

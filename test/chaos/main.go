// Command chaos attacks the operator with random sequences of changes, faults and
// crashes, on a real control plane and a simulated DigitalOcean, and holds what it
// did against the truth. `make chaos` runs it; `make chaos SEED=n` replays one
// sequence. What happens in which order follows from the seed; how the operators'
// goroutines meet does not, so that a rare failure may take several replays.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/go-logr/logr"
)

func main() {
	c := campaign{out: os.Stdout}
	replay := flag.Uint64("replay", 0, "replay the sequence with this seed, and no other")
	flag.Uint64Var(&c.seed, "seed", 0, "the first sequence's seed; 0: a random one")
	flag.IntVar(&c.sequences, "sequences", 200, "how many sequences to run at most")
	flag.DurationVar(&c.within, "for", 10*time.Minute, "for how long to begin sequences")
	flag.IntVar(&c.parallel, "parallel", 6, "how many sequences run at once")
	flag.IntVar(&c.outageEvery, "outage-every", 8, "every how many batches the API server and etcd are restarted; 0: never")
	flag.IntVar(&c.policiesEvery, "policies-every", 5, "every how many batches admission policies are taken away and put back; 0: never")
	flag.IntVar(&c.failures, "failures", 10, "after how many failed sequences to give up")
	flag.IntVar(&c.batch, "batch", 0, "how many sequences a batch has, after which leaks are looked for; 0: four times -parallel")
	flag.Parse()
	if *replay != 0 {
		c.seed, c.sequences, c.outageEvery, c.policiesEvery = *replay, 1, 0, 0
	}
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := c.run(ctx)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

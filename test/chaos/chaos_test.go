package main

import (
	"strings"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/go-logr/logr"
)

// TestChaos is a short campaign: some seeds that are always the same, then as many
// random ones as the time allows.
func TestChaos(t *testing.T) {
	ctrl.SetLogger(logr.Discard())
	var out strings.Builder
	c := campaign{
		out: &out, seeds: []uint64{1, 2, 3, 4, 5, 6, 7, 8}, sequences: 40, within: 40 * time.Second,
		parallel: 4, batch: 10, outageEvery: 3, policiesEvery: 2, failures: 3,
	}
	err := c.run(t.Context())
	if err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	if c.stats == nil || c.stats.sequences == 0 {
		t.Fatalf("no sequence ran:\n%s", out.String())
	}
	t.Logf("note: chaos: %d sequences (random seeds from %d), %d operations, %d faults, %d operators started, %d of them crashed (%s), %d approvals (%s), %d outages",
		c.stats.sequences, c.seed, sum(c.stats.operations), sum(c.stats.faults), c.stats.operators,
		sum(c.stats.crashes), listed(c.stats.crashes), sum(c.stats.approvals), listed(c.stats.approvals), c.stats.outages)
}

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// stats count what a campaign did.
type stats struct {
	mu                                     sync.Mutex
	operations, faults, crashes, approvals map[string]int
	// drifts and accepted are by kind.
	drifts, accepted     map[string]int
	sequences, operators int
	states, objects      int
	outages, gaps        int
}

func newStats() *stats {
	return &stats{operations: map[string]int{}, faults: map[string]int{}, crashes: map[string]int{}, approvals: map[string]int{},
		drifts: map[string]int{}, accepted: map[string]int{}}
}

func (s *stats) count(in map[string]int, name string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in[name] += n
}

func (s *stats) operation(name string) { s.count(s.operations, name, 1) }
func (s *stats) fault(name string)     { s.count(s.faults, name, 1) }
func (s *stats) crash(where string)    { s.count(s.crashes, where, 1) }

// approval counts what became of an approval.
func (s *stats) approval(outcome string) { s.count(s.approvals, outcome, 1) }

func (s *stats) do(f func(*stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func sum(m map[string]int) int {
	total := 0
	for _, n := range m {
		total += n
	}
	return total
}

func listed(m map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, m[name]))
	}
	return strings.Join(parts, ", ")
}

// String is the campaign's summary.
func (s *stats) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%d sequences, %d operations, %d faults, %d operators started, %d crashes of them, %d approvals, %d outages of the API server or etcd\n"+
		"  checked: %d drifts, %d states of %d objects; %d sequences in which states went by unseen\n"+
		"  drifts: %s\n  accepted: %s\n  operations: %s\n  faults: %s\n  crashes: %s\n  approvals: %s",
		s.sequences, sum(s.operations), sum(s.faults), s.operators, sum(s.crashes), sum(s.approvals), s.outages,
		sum(s.drifts), s.states, s.objects, s.gaps, listed(s.drifts), listed(s.accepted),
		listed(s.operations), listed(s.faults), listed(s.crashes), listed(s.approvals))
}

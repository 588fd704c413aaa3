package inventory

import (
	"fmt"
	"testing"
)

func TestANamespaceTakesNoMoreThanItsPlaces(t *testing.T) {
	var s Shares
	for range syncsOfNamespace {
		if !s.Take("greedy") {
			t.Fatal("a place of its own was refused")
		}
	}
	if s.Take("greedy") {
		t.Error("the namespace takes more than its places")
	}
	if !s.Take("other") {
		t.Error("another namespace has to wait")
	}
	s.GiveBack("greedy")
	if !s.Take("greedy") {
		t.Error("a place that was given back is not to be had")
	}
}

func TestFewNamespacesDoNotTakeEveryPlace(t *testing.T) {
	var s Shares
	taken := map[string]int{}
	for i := range syncsAtOnce {
		for name := fmt.Sprintf("slow-%d", i); s.Take(name); {
			taken[name]++
		}
	}
	if full, want := taken["slow-0"], syncsOfNamespace; full != want {
		t.Errorf("the first namespace has %d syncs, want %d", full, want)
	}
	const alone = syncsAtOnce/2/syncsOfNamespace + 1
	if got := taken[fmt.Sprintf("slow-%d", alone)]; got != 1 {
		t.Errorf("with half of the places taken a namespace has %d syncs, want 1", got)
	}
	if want := syncsAtOnce/2/syncsOfNamespace + syncsAtOnce/2; len(taken) != want {
		t.Errorf("%d namespaces have a place, want %d", len(taken), want)
	}
	if s.Take("last") {
		t.Error("more syncs are made at once than there are places")
	}
	s.GiveBack("slow-0")
	if !s.Take("last") {
		t.Error("a place that was given back is not to be had")
	}
}

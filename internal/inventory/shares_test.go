package inventory

import (
	"testing"
)

func TestANamespaceTakesNoMoreThanItsPlaces(t *testing.T) {
	var s Shares
	for range accountsOfNamespace {
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

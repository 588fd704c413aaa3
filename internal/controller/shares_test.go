package controller

import (
	"testing"
)

func TestANamespaceTakesNoMoreThanItsPlaces(t *testing.T) {
	var s shares
	for range accountsOfNamespace {
		if !s.take("greedy") {
			t.Fatal("a place of its own was refused")
		}
	}
	if s.take("greedy") {
		t.Error("the namespace takes more than its places")
	}
	if !s.take("other") {
		t.Error("another namespace has to wait")
	}
	s.giveBack("greedy")
	if !s.take("greedy") {
		t.Error("a place that was given back is not to be had")
	}
}

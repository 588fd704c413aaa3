package main

import (
	"slices"
	"sync"
	"time"
)

// clock is a sequence's own: the wall clock, and an offset that the sequence
// steps forwards and back. Operators and cloud share it.
type clock struct {
	mu    sync.Mutex
	steps []clockStep
	back  bool
}

type clockStep struct {
	at     time.Time
	offset time.Duration
}

func newClock() *clock { return &clock{steps: []clockStep{{at: time.Now()}}} }

func (c *clock) offset() time.Duration { return c.steps[len(c.steps)-1].offset }

// Now implements clock.PassiveClock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset()).Round(0)
}

// Since implements clock.PassiveClock.
func (c *clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// step sets the clock forwards, or back.
func (c *clock) step(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = append(c.steps, clockStep{at: time.Now(), offset: c.offset() + by})
	c.back = c.back || by < 0
}

// ambiguous says whether the clock has shown some time twice.
func (c *clock) ambiguous() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.back
}

// wall is when the clock showed t, or where it never did, when it jumped over t.
// It means nothing once the clock is ambiguous.
func (c *clock) wall(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	jump := time.Now()
	for _, step := range slices.Backward(c.steps) {
		at := t.Add(-step.offset)
		if at.After(jump) {
			return jump
		}
		if jump = step.at; !at.Before(jump) {
			return at
		}
	}
	return t.Add(-c.steps[0].offset)
}

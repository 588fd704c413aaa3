// Package crashpoint names the places between two writes at which a test ends
// the process, to see that nothing is lost and nothing is done twice.
package crashpoint

import (
	"slices"
	"sync/atomic"
)

// Point is the name of a place.
type Point string

// The places on the way of an accept.
const (
	// AcceptApproved: an approval was found good; nothing is written yet.
	AcceptApproved Point = "accept/approved"
	// AcceptIntended: status.resolution holds the approval; nothing is applied yet.
	AcceptIntended Point = "accept/intended"
	// AcceptApplied: the desired state holds the accepted value; the drift is open.
	AcceptApplied Point = "accept/applied"
	// AcceptClosed: the drift is closed; its memory and its events are not written.
	AcceptClosed Point = "accept/closed"
)

// The places on the way of a withdrawal.
const (
	// WithdrawRestored: the desired state holds what was declared before; the acceptance is
	// still remembered as pending.
	WithdrawRestored Point = "withdraw/restored"
	// WithdrawRemembered: the acceptance is remembered as taken back; the drift does not say
	// so yet.
	WithdrawRemembered Point = "withdraw/remembered"
)

// The places on the way of a detection.
const (
	// DetectRemembered: the episodes are taken; no drift is created yet.
	DetectRemembered Point = "detect/remembered"
	// DetectCreated: a drift is created; it has no status yet.
	DetectCreated Point = "detect/created"
	// DetectClosed: a drift went stale; its event is not sent yet.
	DetectClosed Point = "detect/closed"
)

// All are all places.
var All = []Point{
	AcceptApproved, AcceptIntended, AcceptApplied, AcceptClosed,
	WithdrawRestored, WithdrawRemembered,
	DetectRemembered, DetectCreated, DetectClosed,
}

// Known says whether there is such a place.
func Known(p Point) bool { return slices.Contains(All, p) }

var handler atomic.Pointer[func(Point)]

// Reached is called at each place. Outside tests it does nothing.
func Reached(p Point) {
	if h := handler.Load(); h != nil {
		(*h)(p)
	}
}

// Handle has f called at every place, in the goroutine that reached it, until
// the function that it returns is called.
func Handle(f func(Point)) (stop func()) {
	handler.Store(&f)
	return func() { handler.CompareAndSwap(&f, nil) }
}

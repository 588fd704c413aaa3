package objects

import (
	"cmp"
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// IsRefusal says whether the API server will refuse the same write again: for a
// quota, a policy, a role, or what the object holds.
func IsRefusal(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) ||
		apierrors.IsRequestEntityTooLargeError(err)
}

// IsAnswer says whether the API server said that it did not make the write. After any
// other error, such as a timeout, it may have made it.
func IsAnswer(err error) bool {
	return IsRefusal(err) || apierrors.IsConflict(err) || apierrors.IsNotFound(err) || apierrors.IsAlreadyExists(err)
}

// isOfOneObject says whether the next object may be written all the same. An API
// server that does not answer would let each of ten thousand writes time out.
func isOfOneObject(err error) bool { return err == nil || IsAnswer(err) }

// Failures collects the errors of writes, while the other writes go on.
type Failures struct {
	mu    sync.Mutex
	worst error
	count int
	ended bool
}

// Add takes the outcome of one write.
func (f *Failures) Add(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	f.ended = f.ended || !isOfOneObject(err)
	// What needs a person is told before what heals by itself.
	if f.worst == nil || IsRefusal(err) && !IsRefusal(f.worst) {
		f.worst = err
	}
}

// Ended says that no other write is worth trying.
func (f *Failures) Ended() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// Joined adds what was collected to an error that came before, or nil.
func (f *Failures) Joined(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	collected := f.worst
	if f.count > 1 {
		collected = fmt.Errorf("%w; and %d more", f.worst, f.count-1)
	}
	if err == nil || collected == nil {
		return cmp.Or(err, collected)
	}
	return fmt.Errorf("%w; %w", err, collected)
}

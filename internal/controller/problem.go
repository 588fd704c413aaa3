package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
)

// problem is why something could not be done: a reason of the API and what
// happened. The zero problem is none.
type problem struct {
	reason, message string
	// retryAt is when DigitalOcean will answer again, where it said so.
	retryAt time.Time
}

func (p problem) exists() bool { return p.reason != "" }

// reasons is the one place where an error's class becomes a reason.
var reasons = map[digitalocean.Class]string{
	digitalocean.Throttled:   driftv1alpha1.ReasonThrottled,
	digitalocean.Denied:      driftv1alpha1.ReasonFixCredentials,
	digitalocean.Forbidden:   driftv1alpha1.ReasonFixScopes,
	digitalocean.NotFound:    driftv1alpha1.ReasonRefused,
	digitalocean.Unreachable: driftv1alpha1.ReasonUnreachable,
	digitalocean.ServerError: driftv1alpha1.ReasonServerError,
	digitalocean.Incomplete:  driftv1alpha1.ReasonIncomplete,
	digitalocean.Malformed:   driftv1alpha1.ReasonMalformed,
	digitalocean.Invalid:     driftv1alpha1.ReasonRefused,
}

// cloudProblem is the problem that an error of a Cloud stands for. An error of
// another kind, the API server's say, has none.
func cloudProblem(err error) (problem, bool) {
	reason, ok := reasons[digitalocean.ClassOf(err)]
	if !ok {
		return problem{}, false
	}
	p := problem{reason: reason, message: shorten(err.Error(), messageLimit)}
	if at, ok := digitalocean.RetryAt(err); ok {
		p.retryAt = at
	}
	return p, true
}

// kindProblem is the problem that an error at looking at one kind stands for, so
// that the other kinds go on. The end of the pass itself is none.
func kindProblem(ctx context.Context, err error) (problem, bool) {
	if ctx.Err() != nil {
		return problem{}, false
	}
	if p, ok := cloudProblem(err); ok {
		return p, true
	}
	p := problem{reason: driftv1alpha1.ReasonWriteFailed, message: shorten(err.Error(), messageLimit)}
	switch {
	case errors.Is(err, errOldCRDs):
		p.reason = driftv1alpha1.ReasonFixCRDs
	case isRefusal(err):
		p.reason = driftv1alpha1.ReasonFixRefusedWrite
	}
	return p, true
}

// isRefusal says whether the API server will refuse the same write again: for a
// quota, a policy, a role, or what the object holds.
func isRefusal(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) ||
		apierrors.IsRequestEntityTooLargeError(err)
}

// isOfOneObject says whether the next object may be written all the same. An API
// server that does not answer would let each of ten thousand writes time out.
func isOfOneObject(err error) bool {
	return err == nil || isRefusal(err) || apierrors.IsConflict(err) || apierrors.IsNotFound(err) || apierrors.IsAlreadyExists(err)
}

// failures collects the errors of writes, while the other writes go on.
type failures struct {
	mu    sync.Mutex
	worst error
	count int
	ended bool
}

// add takes the outcome of one write.
func (f *failures) add(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	f.ended = f.ended || !isOfOneObject(err)
	// What needs a person is told before what heals by itself.
	if f.worst == nil || isRefusal(err) && !isRefusal(f.worst) {
		f.worst = err
	}
}

// end says that no other write is worth trying.
func (f *failures) end() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// after adds what was collected to an error that came before, or nil.
func (f *failures) after(err error) error {
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

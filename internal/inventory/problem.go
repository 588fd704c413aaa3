package inventory

import (
	"context"
	"errors"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// Problem is why something could not be done: a reason of the API and what
// happened. The zero problem is none.
type Problem struct {
	Reason, Message string
	// retryAt is when DigitalOcean will answer again, where it said so.
	retryAt time.Time
}

// Exists is false for the zero problem.
func (p Problem) Exists() bool { return p.Reason != "" }

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
func cloudProblem(err error) (Problem, bool) {
	reason, ok := reasons[digitalocean.ClassOf(err)]
	if !ok {
		return Problem{}, false
	}
	p := Problem{Reason: reason, Message: objects.Shorten(err.Error(), objects.MessageLimit)}
	if at, ok := digitalocean.RetryAt(err); ok {
		p.retryAt = at
	}
	return p, true
}

// kindProblem is the problem that an error at looking at one kind stands for, so
// that the other kinds go on. The end of the pass itself is none.
func kindProblem(ctx context.Context, err error) (Problem, bool) {
	if ctx.Err() != nil {
		return Problem{}, false
	}
	if p, ok := cloudProblem(err); ok {
		return p, true
	}
	p := Problem{Reason: driftv1alpha1.ReasonWriteFailed, Message: objects.Shorten(err.Error(), objects.MessageLimit)}
	switch {
	case errors.Is(err, errOldCRDs):
		p.Reason = driftv1alpha1.ReasonFixCRDs
	case objects.IsRefusal(err):
		p.Reason = driftv1alpha1.ReasonFixRefusedWrite
	}
	return p, true
}

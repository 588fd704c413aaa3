package digitalocean

import (
	"context"
	"net/http"
	"time"
)

// Request is one attempt of a request, as DigitalOcean counts them: a retry is
// another one. It names no resource and holds no token.
type Request struct {
	// Kind is what was asked for: one of Kinds, or Account.
	Kind string
	// Class is what came of it: "" where it was answered, else an error's class.
	Class Class
	// Took is how long it took, without the wait for the limiter.
	Took time.Duration
}

// KindOfAccount is the Kind of the requests that ask whose token it is.
const KindOfAccount = "Account"

// WithObserver has observe called after each attempt, by whichever goroutine
// made it.
func WithObserver(observe func(Request)) Option {
	return func(p *Pool) { p.observe = observe }
}

type kindKey struct{}

// asking says what the requests made with this context ask for.
func asking(ctx context.Context, kind string) context.Context {
	return context.WithValue(ctx, kindKey{}, kind)
}

// observed tells the observer of one attempt.
func (t *transport) observed(ctx context.Context, x *exchange, started time.Time, err error) {
	if t.observe == nil {
		return
	}
	kind, _ := ctx.Value(kindKey{}).(string)
	t.observe(Request{Kind: kind, Class: classOfAttempt(ctx, x.status, err), Took: time.Since(started)})
}

func classOfAttempt(ctx context.Context, status int, err error) Class {
	switch {
	case ctx.Err() != nil:
		return Canceled
	case err != nil && ClassOf(err) != Unknown:
		return ClassOf(err)
	case err != nil:
		return Unreachable
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return ""
	default:
		return classOfStatus(status)
	}
}

package digitalocean

import (
	"errors"
	"time"
)

// Class is what an error means for whoever asked, so that one switch decides
// what to do next.
type Class string

// The classes of an error. None of the first nine says anything about what the
// account holds, except NotFound about the one resource that was asked for.
const (
	// Throttled: the token's budget is spent, or kept for writes. RetryAt says until when.
	Throttled Class = "Throttled"
	// Denied: 401, the token is wrong, expired or revoked.
	Denied Class = "Denied"
	// Forbidden: 403, the token lacks a scope.
	Forbidden Class = "Forbidden"
	// NotFound: 404 on one resource.
	NotFound Class = "NotFound"
	// Unreachable: no whole answer came: name, connection, TLS, time-out.
	Unreachable Class = "Unreachable"
	// ServerError: 5xx, after retries.
	ServerError Class = "ServerError"
	// Incomplete: the pages that came do not add up to a listing.
	Incomplete Class = "Incomplete"
	// Malformed: the answer is not what DigitalOcean's API answers.
	Malformed Class = "Malformed"
	// Invalid: DigitalOcean refused the request itself, any other 4xx.
	Invalid Class = "Invalid"
	// Canceled: the caller's context ended.
	Canceled Class = "Canceled"
	// Unknown: not an error of this package.
	Unknown Class = "Unknown"
)

// Error is every error that this package returns. It never holds a token.
type Error struct {
	// Class is what the error means.
	Class Class
	// Doing is what was being done to what: "listing droplets, page 2".
	Doing string
	// Status is the answer's HTTP status, 0 where none came.
	Status int
	// Message is DigitalOcean's own, shortened and free of control characters,
	// or what was wrong with the answer.
	Message string
	// RequestID is what DigitalOcean's support asks for.
	RequestID string

	retryAt time.Time
	cause   error
}

// ClassOf says what err means: "" for nil, Unknown for a stranger's error.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Unknown
}

// RetryAt is when a Throttled request may be tried again.
func RetryAt(err error) (time.Time, bool) {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.retryAt.IsZero() {
		return time.Time{}, false
	}
	return e.retryAt, true
}

// Unwrap gives the cause: a context's or a connection's error.
func (e *Error) Unwrap() error { return e.cause }

// Error says what was being done and what came of it.
func (e *Error) Error() string { return e.Doing + ": " + e.Message }

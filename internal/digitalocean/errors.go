package digitalocean

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/digitalocean/godo"
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
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Doing)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// classify turns what came of a request into an Error.
func (c *Client) classify(ctx context.Context, doing string, x *exchange, err error) error {
	if cause := ctx.Err(); cause != nil {
		return &Error{Class: Canceled, Doing: doing, Message: cause.Error(), cause: cause}
	}
	if own, ok := errors.AsType[*Error](err); ok {
		e := *own
		e.Doing, e.Status, e.RequestID = doing, x.status, clean(x.requestID, c.token)
		return &e
	}
	answer, ok := errors.AsType[*godo.ErrorResponse](err)
	if !ok {
		return c.unreachable(doing, err)
	}
	message := answer.Message
	if message == "" && answer.NestedError != nil {
		message = answer.NestedError.Message
	}
	e := &Error{
		Class:     classOfStatus(x.status),
		Doing:     doing,
		Status:    x.status,
		Message:   clean(message, c.token),
		RequestID: clean(cmp.Or(answer.RequestID, x.requestID), c.token),
	}
	if e.Class == Throttled {
		e.retryAt = c.limiter.retryAt()
	}
	return e
}

// unreachable is for errors of the connection. Each http.Client on the way has
// put the URL around it, which says nothing that doing does not.
func (c *Client) unreachable(doing string, err error) error {
	for {
		outer, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = outer.Err
	}
	return &Error{Class: Unreachable, Doing: doing, Message: clean(err.Error(), c.token), cause: err}
}

func classOfStatus(status int) Class {
	switch {
	case status == http.StatusUnauthorized:
		return Denied
	case status == http.StatusForbidden:
		return Forbidden
	case status == http.StatusNotFound:
		return NotFound
	case status == http.StatusTooManyRequests:
		return Throttled
	case status >= 500:
		return ServerError
	case status >= 400:
		return Invalid
	default:
		// A redirect, which is not followed, or a status that nobody knows.
		return Malformed
	}
}

// clean makes foreign text fit for a message, an event or a terminal.
func clean(text, token string) string {
	const most = 300
	if token != "" {
		text = strings.ReplaceAll(text, token, "[token]")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}

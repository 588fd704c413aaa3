package digitalocean

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// maxBody is far above a page of 200 of anything; beyond it the endpoint is
// not DigitalOcean, or means harm.
const maxBody = 8 << 20

// ordinaryBody is about what a page of 200 droplets takes.
const ordinaryBody = 1 << 20

// exchange is what the attempts of one request leave behind. godo's own error
// is no source for the status: it decodes the answer's body over the struct
// that holds it.
type exchange struct {
	// reads says that the request changes nothing, so that it may be sent again.
	reads     bool
	askedAt   time.Time
	status    int
	requestID string
	waited    time.Duration
	// room is what body is read into.
	room *bytes.Buffer
	body []byte
}

type exchangeKey struct{}

// transport is one attempt: it waits for the limiter, sends, and reads the
// whole body, so that a connection cut in the middle of it is retried as well.
type transport struct {
	base    http.RoundTripper
	limiter *limiter
	now     func() time.Time
	timeout time.Duration
	observe func(Request)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		x = &exchange{room: &bytes.Buffer{}}
	}
	if err := t.limiter.wait(ctx, x, req.Method != http.MethodGet); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	x.askedAt, x.status, x.requestID, x.body = t.now(), 0, "", nil
	started := time.Now()
	resp, err := t.send(req, x)
	t.observed(ctx, x, started, err)
	return resp, err
}

// send makes one attempt: it sends the request and reads the whole answer.
func (t *transport) send(req *http.Request, x *exchange) (*http.Response, error) {
	ctx := req.Context()
	attempt, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	attempt = httptrace.WithClientTrace(attempt, t.countRepeats())
	resp, err := t.base.RoundTrip(req.WithContext(attempt))
	if err != nil {
		return nil, t.explain(ctx, attempt, err)
	}
	defer func() { _ = resp.Body.Close() }()
	x.status, x.requestID = resp.StatusCode, resp.Header.Get("X-Request-Id")
	t.limiter.learn(resp.StatusCode, resp.Header)

	body := x.room
	body.Reset()
	// Room to spare, or ReadFrom grows the buffer once more to find the end.
	// What an answer claims to be is believed up to the size of an ordinary page.
	body.Grow(int(min(max(resp.ContentLength, 0), ordinaryBody)) + bytes.MinRead)
	n, err := body.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, t.explain(ctx, attempt, fmt.Errorf("reading the answer: %w", err))
	}
	if n > maxBody {
		return nil, &Error{Class: Malformed, Message: fmt.Sprintf("the answer is larger than %d MiB", maxBody>>20)}
	}
	x.body = body.Bytes()
	whole := *resp
	whole.Body, whole.ContentLength = io.NopCloser(bytes.NewReader(x.body)), n
	return &whole, nil
}

// countRepeats counts what net/http sends again on its own account, when a
// kept connection turns out to be closed.
func (t *transport) countRepeats() *httptrace.ClientTrace {
	var sent atomic.Int64
	return &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) {
		if sent.Add(1) > 1 {
			t.limiter.count()
		}
	}}
}

// explain says when it was our own time-out that ended the attempt: the
// context package's words for it would read as the caller's.
func (t *transport) explain(ctx, attempt context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(attempt.Err(), context.DeadlineExceeded) {
		return &Error{Class: Unreachable, Message: fmt.Sprintf("no whole answer within %s", t.timeout)}
	}
	return err
}

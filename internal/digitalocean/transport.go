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

const (
	// maxPage is far above a page of 200 of anything; beyond it the endpoint is
	// not DigitalOcean, or means harm.
	maxPage = 8 << 20
	// ordinaryBody is more than a page of 200 droplets takes, and far more than anything
	// else.
	ordinaryBody = 1 << 20
)

// largeBodies are the places for answers above ordinaryBody, of all tokens and endpoints
// together: so much of the process's memory is the most that they can take. An ordinary
// answer never waits for one.
var largeBodies = make(chan struct{}, 4)

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
	// most is how large the body may be.
	most int64
	// turn is closed when a large body may be read: when all that was asked for before it
	// has been looked at. Whoever has a place for a large body so waits for no other. Nil:
	// at once.
	turn <-chan struct{}
	// large says that it has a place in largeBodies.
	large bool
}

// enlarge waits for a place for a large body, unless it has one.
func (x *exchange) enlarge(ctx context.Context) error {
	if x.large {
		return nil
	}
	if x.turn != nil {
		select {
		case <-x.turn:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case largeBodies <- struct{}{}:
		x.large = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done gives the place back, and the memory with it.
func (x *exchange) done() {
	if x.large {
		x.large, x.body = false, nil
		*x.room = bytes.Buffer{}
		<-largeBodies
	}
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
		x = &exchange{room: &bytes.Buffer{}, most: ordinaryBody}
	}
	if err := t.limiter.wait(ctx, x, priorityOf(ctx, req.Method != http.MethodGet)); err != nil {
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

	if err := x.readBody(attempt, resp); err != nil {
		if ClassOf(err) != Unknown {
			return nil, err
		}
		return nil, t.explain(ctx, attempt, fmt.Errorf("reading the answer: %w", err))
	}
	read := *resp
	read.Body, read.ContentLength = io.NopCloser(bytes.NewReader(x.body)), int64(len(x.body))
	return &read, nil
}

// readBody reads the answer's body. Of what is only told in a message, the beginning will
// do.
func (x *exchange) readBody(ctx context.Context, resp *http.Response) error {
	body := x.room
	body.Reset()
	// Room to spare, or ReadFrom grows the buffer once more to find the end.
	// What an answer claims to be is believed up to the size of an ordinary page.
	body.Grow(int(min(max(resp.ContentLength, 0), ordinaryBody)) + bytes.MinRead)
	n, err := body.ReadFrom(io.LimitReader(resp.Body, ordinaryBody+1))
	if err != nil {
		return err
	}
	if n > ordinaryBody && resp.StatusCode >= http.StatusBadRequest {
		body.Truncate(ordinaryBody)
	} else if n > ordinaryBody && x.most > ordinaryBody {
		if err := x.enlarge(ctx); err != nil {
			return err
		}
		more, err := body.ReadFrom(io.LimitReader(resp.Body, x.most+1-n))
		if err != nil {
			return err
		}
		n += more
	}
	if n > x.most && resp.StatusCode < http.StatusBadRequest {
		return &Error{Class: Malformed, Message: fmt.Sprintf("the answer is larger than %d MiB", x.most>>20)}
	}
	x.body = body.Bytes()
	return nil
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

package digitalocean

import (
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/digitalocean/godo"
	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/oauth2"
)

// Pool makes clients that share connections and, for each token, one limiter.
type Pool struct {
	now         func() time.Time
	userAgent   string
	retries     int
	first, most time.Duration
	timeout     time.Duration
	base        http.RoundTripper
	observe     func(Request)
	// minute and hour are how many requests a token may send.
	minute, hour int

	mu sync.Mutex
	// limiters are by the token's hash, so that no token lives here.
	limiters map[[sha256.Size]byte]*limiter
}

// Option sets something of a Pool.
type Option func(*Pool)

// WithVersion puts clouddrift's version in the user agent.
func WithVersion(version string) Option {
	return func(p *Pool) { p.userAgent = "clouddrift/" + version }
}

// WithClock gives the pool its clock, for the times of observations and of
// RetryAt. Waiting is always in real time.
func WithClock(now func() time.Time) Option { return func(p *Pool) { p.now = now } }

// WithRetries says how often a failed read is tried again, and how long to wait
// at first and at most in between.
func WithRetries(retries int, first, most time.Duration) Option {
	return func(p *Pool) { p.retries, p.first, p.most = retries, first, most }
}

// WithTimeout limits each attempt, from its connection to its body's last byte.
func WithTimeout(attempt time.Duration) Option { return func(p *Pool) { p.timeout = attempt } }

// WithLimits allows each token so many requests a minute and an hour, in place
// of DigitalOcean's own limits: fewer to leave some to others. What the answers
// say of the budget counts in any case.
func WithLimits(minute, hour int) Option {
	return func(p *Pool) { p.minute, p.hour = max(minute, 1), max(hour, 1) }
}

// WithTransport sends requests through base.
func WithTransport(base http.RoundTripper) Option { return func(p *Pool) { p.base = base } }

// idleConnections are kept open to an endpoint that speaks HTTP/1.1: about as many as a sync
// has requests under way. Two, as net/http has it, would open most of them anew for each page.
const idleConnections = 32

// NewPool returns a pool that tries a failed read three times more.
func NewPool(opts ...Option) *Pool {
	p := &Pool{
		now:       time.Now,
		userAgent: "clouddrift/dev",
		retries:   3,
		first:     time.Second,
		most:      10 * time.Second,
		timeout:   30 * time.Second,
		minute:    perMinute,
		hour:      perHour,
		limiters:  map[[sha256.Size]byte]*limiter{},
	}
	for _, opt := range opts {
		opt(p)
	}
	if p.base == nil {
		base := http.DefaultTransport.(*http.Transport).Clone()
		base.MaxIdleConnsPerHost = idleConnections
		p.base = base
	}
	return p
}

// Client returns a client for this token at this endpoint. All clients of one
// token share one limiter, whatever the endpoint. It does not try the token.
func (p *Pool) Client(endpoint, token string) (*Client, error) {
	const doing = "making a DigitalOcean client"
	// A Secret made from a file ends in a newline more often than not.
	token = strings.TrimSpace(token)
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &Error{Class: Denied, Doing: doing, Message: "the token is empty or holds characters that no token holds"}
	}
	base, err := parseEndpoint(endpoint)
	if err != nil {
		return nil, &Error{Class: Invalid, Doing: doing, Message: err.Error()}
	}
	limiter := p.limiterOf(token)
	client, err := p.newGodo(base, token, limiter)
	if err != nil {
		return nil, &Error{Class: Invalid, Doing: doing, Message: clean(err.Error(), token)}
	}
	return &Client{godo: client, limiter: limiter, now: p.now, token: token}, nil
}

func (p *Pool) limiterOf(token string) *limiter {
	key := sha256.Sum256([]byte(token))
	p.mu.Lock()
	defer p.mu.Unlock()
	if l, ok := p.limiters[key]; ok {
		return l
	}
	// Tokens are rotated. One that has been quiet for longer than DigitalOcean's
	// longest window has nothing left to remember.
	for old, l := range p.limiters {
		if l.idle() {
			delete(p.limiters, old)
		}
	}
	l := newLimiter(p.now, p.minute, p.hour)
	p.limiters[key] = l
	return l
}

// newGodo builds godo's client for reads: godo retries, and every attempt goes
// through our transport, so that the limiter counts what DigitalOcean counts.
func (p *Pool) newGodo(base, token string, limiter *limiter) (*godo.Client, error) {
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
	client, err := godo.New(oauth2.NewClient(context.Background(), source),
		godo.SetBaseURL(base),
		godo.SetUserAgent(p.userAgent),
		// Never 0, which would mean no retrying client at all: retries are counted below.
		godo.WithRetryAndBackoffs(godo.RetryConfig{RetryMax: max(p.retries, 1)}),
	)
	if err != nil {
		return nil, err
	}
	// godo builds its own stack and offers no way in but this one.
	auth, ok := client.HTTPClient.Transport.(*oauth2.Transport)
	if !ok {
		return nil, errors.New("godo's transport is not the one of its version 1.236")
	}
	retrying, ok := auth.Base.(*retryablehttp.RoundTripper)
	if !ok {
		return nil, errors.New("godo's retrying transport is not the one of its version 1.236")
	}
	// Following a redirect would send the token to wherever it points.
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.HTTPClient.CheckRedirect = refuse
	retrying.Client.RetryMax = p.retries
	retrying.Client.CheckRetry = retryAgain
	retrying.Client.Backoff = p.backoff
	retrying.Client.HTTPClient = &http.Client{
		CheckRedirect: refuse,
		Transport:     &transport{base: p.base, limiter: limiter, now: p.now, timeout: p.timeout, observe: p.observe},
	}
	return client, nil
}

// backoff is what to wait before the next attempt. After a 429 that is the
// limiter's to say, for all clients of the token.
func (p *Pool) backoff(_, _ time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil && resp.StatusCode == http.StatusTooManyRequests {
		return 0
	}
	// Without the response, because its Retry-After has no upper limit.
	return retryablehttp.DefaultBackoff(p.first, p.most, attempt, nil)
}

// retryAgain is for reads only: a write whose answer was lost may have been carried out. An
// answer that came as its context ended is an answer: with an error beside it, it would be
// thrown away, and that logged.
func retryAgain(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if !isRead(ctx) || hasEnded(ctx) {
		return false, nil
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Class != Unreachable {
		return false, nil
	}
	return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
}

func isRead(ctx context.Context) bool {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	return ok && x.reads
}

func hasEnded(ctx context.Context) bool { return ctx.Err() != nil }

// parseEndpoint checks the endpoint and gives it the trailing slash without
// which a path of its own would be lost.
func parseEndpoint(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return "", errors.New("the endpoint is not a URL")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the endpoint must be a scheme, a host and a path, and nothing else")
	}
	switch u.Scheme {
	case "https":
	case "http":
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && !ip.IsLoopback() {
			return "", errors.New("the endpoint would get the token over plain http: that is for loopback addresses only")
		}
	default:
		return "", errors.New("the endpoint's scheme is neither https nor http")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return u.String(), nil
}

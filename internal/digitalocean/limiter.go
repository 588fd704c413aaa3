package digitalocean

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// DigitalOcean's limits for one token. Both windows slide.
	perMinute = 250
	perHour   = 5000

	// A full minute's window is waited out (and a little, for clocks); a spent hour is reported, so that
	// whoever asked can do something else meanwhile.
	burstPatience  = 65 * time.Second
	hourlyPatience = 5 * time.Second
	// probeEvery is how often at most a read finds out whether a spent hour has
	// become better. The header tells when one request expires, not how many.
	probeEvery = time.Minute
)

// priority is what a request leaves of either window to others: so much that one in that many
// is never sent, and nothing where it is 0.
type priority int

const (
	ofWrites priority = 0
	// ofReads leaves the rest to writes, so that a sync never stands in the way of a revert.
	ofReads priority = 20
	// ofChildren is for listings that every parent has of its own: a thousand parents
	// would spend the hour of all other kinds.
	ofChildren priority = 5
)

// of is what is left to others of a limit.
func (p priority) of(limit int) int {
	if p == ofWrites {
		return 0
	}
	return limit / int(p)
}

type priorityKey struct{}

// leaving gives the reads that are made with this context a priority.
func leaving(ctx context.Context, p priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

func priorityOf(ctx context.Context, write bool) priority {
	if write {
		return ofWrites
	}
	if p, ok := ctx.Value(priorityKey{}).(priority); ok {
		return p
	}
	return ofReads
}

// limiter keeps the requests of one token within DigitalOcean's limits. It
// counts exactly as DigitalOcean does, in sliding windows, because a token
// bucket that never exceeds them would have to halve the burst; and it
// believes the answers' headers, because others spend the same budget.
type limiter struct {
	now    func() time.Time
	minute int

	hour int

	mu sync.Mutex
	// sent holds when each of the requests of the last hour was sent, the oldest first.
	sent []time.Time
	last time.Time

	rate RateLimit
	// spentUntil is when the next read may try although the headers said that
	// no more than the reserve is left.
	spentUntil time.Time
	// refusedUntil and hourly are from the last 429.
	refusedUntil time.Time
	hourly       bool
}

func newLimiter(now func() time.Time, minute, hour int) *limiter {
	return &limiter{now: now, minute: min(minute, hour), hour: hour, last: time.Now()}
}

// wait returns when a request may be sent, having counted it, or with a
// Throttled error when that would take too long.
func (l *limiter) wait(ctx context.Context, x *exchange, p priority) error {
	for {
		// What is not sent must not be counted: a listing that has failed leaves many
		// questions behind whose answers nobody waits for.
		if err := ctx.Err(); err != nil {
			return err
		}
		delay, patience := l.take(p)
		if delay <= 0 {
			return nil
		}
		deadline, limited := ctx.Deadline()
		if x.waited+delay > patience || limited && time.Until(deadline) < delay {
			return &Error{
				Class:   Throttled,
				Message: "the token's request budget is spent for the next " + delay.Round(time.Second).String(),
				retryAt: l.now().Add(delay),
			}
		}
		timer := time.NewTimer(delay)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
			x.waited += delay
		}
	}
}

// take counts a request and returns 0, or returns how long to wait for it and
// how much waiting in all is bearable for such a cause.
func (l *limiter) take(p priority) (delay, patience time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if d := l.refusedUntil.Sub(now); d > 0 {
		if l.hourly {
			return d, hourlyPatience
		}
		return d, burstPatience
	}
	if d := l.spent(now, p); d > 0 {
		return d, hourlyPatience
	}
	if d := l.window(now, time.Hour, l.hour, p); d > 0 {
		return d, hourlyPatience
	}
	if d := l.window(now, time.Minute, l.minute, p); d > 0 {
		return d, burstPatience
	}
	l.add(now)
	return 0, 0
}

// count counts a request that was sent without having asked.
func (l *limiter) count() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(time.Now())
}

func (l *limiter) add(now time.Time) {
	l.last = now
	for len(l.sent) > 0 && (len(l.sent) >= l.hour || now.Sub(l.sent[0]) > time.Hour) {
		l.sent = l.sent[1:]
	}
	l.sent = append(l.sent, now)
	l.rate.Remaining = max(l.rate.Remaining-1, 0)
}

// window is how long until one more request fits in the window.
func (l *limiter) window(now time.Time, length time.Duration, limit int, p priority) time.Duration {
	limit -= p.of(limit)
	if len(l.sent) < limit || limit <= 0 {
		return 0
	}
	return l.sent[len(l.sent)-limit].Add(length).Sub(now)
}

// spent is how long to wait because the headers said that too little is left.
func (l *limiter) spent(now time.Time, p priority) time.Duration {
	if !l.rate.Known || l.rate.Remaining > p.of(l.rate.Limit) {
		return 0
	}
	if d := l.spentUntil.Sub(now); d > 0 {
		return d
	}
	l.spentUntil = now.Add(probeEvery)
	return 0
}

// learn takes from an answer what it says of the budget.
func (l *limiter) learn(status int, header http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	limit, errLimit := strconv.ParseInt(header.Get("Ratelimit-Limit"), 10, 32)
	remaining, errRemaining := strconv.ParseInt(header.Get("Ratelimit-Remaining"), 10, 32)
	resetAt := l.resetOf(header)
	var untilReset time.Duration
	if !resetAt.IsZero() {
		untilReset = min(resetAt.Sub(l.now()), time.Hour)
	}
	if errLimit == nil && errRemaining == nil && limit > 0 && remaining >= 0 {
		l.rate = RateLimit{Limit: int(limit), Remaining: int(remaining), ResetAt: resetAt, Known: true}
		l.spentUntil = now.Add(max(untilReset, probeEvery))
	}
	if status != http.StatusTooManyRequests {
		return
	}
	// Only a burst's 429 has a Retry-After.
	if after, err := strconv.Atoi(header.Get("Retry-After")); err == nil && after >= 0 {
		l.hourly, l.refusedUntil = false, now.Add(min(time.Duration(after)*time.Second, time.Hour))
		return
	}
	if untilReset <= 0 {
		untilReset = probeEvery
	}
	l.hourly, l.refusedUntil = true, now.Add(untilReset)
}

// farReset is how far from now a reset may lie. It is within the hour, and clocks differ;
// what lies further off is in another unit or means nothing.
const farReset = 2 * time.Hour

// resetOf is when an answer says that the oldest request expires, zero where it does not.
func (l *limiter) resetOf(header http.Header) time.Time {
	seconds, err := strconv.ParseInt(header.Get("Ratelimit-Reset"), 10, 64)
	now := l.now()
	if err != nil || seconds < now.Add(-farReset).Unix() || seconds > now.Add(farReset).Unix() {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// retryAt is when a request that was refused may be tried again.
func (l *limiter) retryAt() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now().Add(max(time.Until(l.refusedUntil), 0))
}

func (l *limiter) rateLimit() RateLimit {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rate
}

// idle says that nothing was sent for longer than the longest window.
func (l *limiter) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.last) > time.Hour
}

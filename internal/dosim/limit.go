package dosim

import (
	"net/http"
	"strconv"
	"time"
)

// limit allows n requests in any window of the given length; n of 0 is none.
type limit struct {
	n      int
	window time.Duration
}

// limiter counts requests in sliding windows.
type limiter struct {
	windows map[string][]time.Time
}

func (l *limiter) reset() { l.windows = map[string][]time.Time{} }

// take counts one request of a token, or refuses it. A refused request does
// not count.
func (l *limiter) take(h http.Header, token string, rt route, set Settings, now time.Time) error {
	hourly := set.hourly()
	bursts := map[string]limit{
		token + " minute":        {set.RateLimitMinute, time.Minute},
		token + " " + rt.pattern: rt.burst,
	}
	if hourly.n == 0 {
		l.announce(h, token, hourly, now)
		return nil
	}
	for key, burst := range bursts {
		if used := l.used(key, burst, now); burst.n > 0 && len(used) >= burst.n {
			wait := used[0].Add(burst.window).Sub(now)
			seconds := int(wait/time.Second) + 1
			l.announce(h, token, hourly, now)
			h.Set("Retry-After", strconv.Itoa(seconds))
			return tooMany()
		}
	}
	if used := l.used(token, hourly, now); len(used) >= hourly.n {
		l.announce(h, token, hourly, now)
		return tooMany()
	}
	l.windows[token] = append(l.windows[token], now)
	for key, burst := range bursts {
		if burst.n > 0 {
			l.windows[key] = append(l.windows[key], now)
		}
	}
	l.announce(h, token, hourly, now)
	return nil
}

// used drops what slid out of the window and returns the rest.
func (l *limiter) used(key string, lim limit, now time.Time) []time.Time {
	times := l.windows[key]
	for len(times) > 0 && now.Sub(times[0]) >= lim.window {
		times = times[1:]
	}
	l.windows[key] = times
	return times
}

// announce says what is left to a token; to one that is not known, all.
func (l *limiter) announce(h http.Header, token string, hourly limit, now time.Time) {
	if hourly.n == 0 {
		// Switched off; clients still get headers that they can parse.
		hourly.n, token = defaultHourLimit, ""
	}
	used := l.used(token, hourly, now)
	reset := now.Add(hourly.window)
	if len(used) > 0 {
		reset = used[0].Add(hourly.window)
	}
	writeLimit(h, hourly.n, max(hourly.n-len(used), 0), reset)
}

// The names are lower case on the wire, and Go's canonical form reads the same.
func writeLimit(h http.Header, n, remaining int, reset time.Time) {
	h.Set("Ratelimit-Limit", strconv.Itoa(n))
	h.Set("Ratelimit-Remaining", strconv.Itoa(remaining))
	h.Set("Ratelimit-Reset", strconv.FormatInt(reset.Unix(), 10))
}

func tooMany() *apiError {
	return &apiError{status: http.StatusTooManyRequests, id: "too_many_requests", message: "API rate limit exceeded."}
}

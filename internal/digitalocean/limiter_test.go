package digitalocean

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

// answers is a transport that needs no network, so that synctest's clock can
// run it. It keeps when each request came.
type answers struct {
	mu     sync.Mutex
	times  []time.Time
	answer func(n int, r *http.Request) (int, http.Header)
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times = append(a.times, time.Now())
	code, header := http.StatusOK, http.Header{}
	if a.answer != nil {
		code, header = a.answer(len(a.times), r)
	}
	text := `{"volumes":[],"links":{},"meta":{"total":0}}`
	if code != http.StatusOK {
		text = `{"id":"too_many_requests","message":"API rate limit exceeded."}`
	}
	return &http.Response{StatusCode: code, Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// most is the largest number of requests in any window of this length.
func (a *answers) most(window time.Duration) int {
	most, from := 0, 0
	for i, t := range a.times {
		for !a.times[from].After(t.Add(-window)) {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

func budget(limit, remaining int, reset time.Time) http.Header {
	h := http.Header{}
	h.Set("Ratelimit-Limit", fmt.Sprint(limit))
	h.Set("Ratelimit-Remaining", fmt.Sprint(remaining))
	h.Set("Ratelimit-Reset", fmt.Sprint(reset.Unix()))
	return h
}

func inBubble(t *testing.T, a *answers, run func(t *testing.T, c *Client)) {
	synctest.Test(t, func(t *testing.T) {
		run(t, clientOf(t, NewPool(WithTransport(a)), "https://api.digitalocean.com"))
	})
}

func TestLimiterKeepsTheWindows(t *testing.T) {
	a := &answers{}
	inBubble(t, a, func(t *testing.T, c *Client) {
		start := time.Now()
		sent := 0
		for time.Since(start) < 150*time.Minute {
			_, err := c.List(t.Context(), "Volume", "")
			if err == nil {
				sent++
				continue
			}
			wantClass(t, err, Throttled)
			at, ok := RetryAt(err)
			if wait := time.Until(at); !ok || wait <= 0 || wait > time.Hour {
				t.Fatalf("RetryAt in %s", wait)
			}
			time.Sleep(time.Until(at))
		}
		if got := a.most(time.Minute); got > perMinute-ofReads.of(perMinute) {
			t.Errorf("%d requests within a minute", got)
		}
		if got := a.most(time.Hour); got > perHour-ofReads.of(perHour) {
			t.Errorf("%d requests within an hour", got)
		}
		// It must not be slow either: two full hours and the third one's burst.
		if sent < 2*(perHour-ofReads.of(perHour)) {
			t.Errorf("only %d requests in two and a half hours", sent)
		}
	})
}

func TestLimiterLeavesTheReserveToWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Now, perMinute, perHour)
		for range perMinute - ofReads.of(perMinute) {
			if d, _ := l.take(ofReads); d != 0 {
				t.Fatalf("a read has to wait %s", d)
			}
		}
		if d, _ := l.take(ofReads); d != time.Minute {
			t.Errorf("a read has to wait %s, want a minute", d)
		}
		for range ofReads.of(perMinute) {
			if d, _ := l.take(ofWrites); d != 0 {
				t.Fatalf("a write has to wait %s", d)
			}
		}
		if d, _ := l.take(ofWrites); d != time.Minute {
			t.Errorf("a write has to wait %s, want a minute", d)
		}
	})
}

// A thousand parents, each with a listing of its own, leave the other kinds what they need of
// the minute and of the hour.
func TestListingsOfChildrenLeaveTheHourToTheOtherKinds(t *testing.T) {
	inBubble(t, &answers{}, func(t *testing.T, c *Client) {
		sent := 0
		for ; ; sent++ {
			delay, patience := c.limiter.take(ofChildren)
			if delay > patience {
				break
			}
			if delay > 0 {
				time.Sleep(delay)
				sent--
			}
		}
		if want := perHour - ofChildren.of(perHour); sent != want {
			t.Errorf("%d listings of children were sent, want %d", sent, want)
		}
		for range 500 {
			if _, err := c.List(t.Context(), "Volume", ""); err != nil {
				t.Fatal(err)
			}
		}
		_, err := c.List(t.Context(), "DomainRecord", "example.com")
		wantClass(t, err, Throttled)
	})
}

func TestClientsOfOneTokenShareTheLimiter(t *testing.T) {
	a := &answers{answer: func(int, *http.Request) (int, http.Header) {
		return http.StatusOK, budget(5000, 4000, time.Now().Add(time.Hour))
	}}
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool(WithTransport(a))
		// Two accounts, two endpoints, one token, once with its file's newline.
		one := clientOf(t, pool, "https://api.digitalocean.com")
		two, err := pool.Client("https://proxy.example.com/do", testToken+"\n")
		if err != nil {
			t.Fatal(err)
		}
		other, err := pool.Client("https://api.digitalocean.com", "another")
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for _, c := range []*Client{one, two} {
			group.Go(func() {
				for range 200 {
					if _, err := c.List(t.Context(), "Volume", ""); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if got := a.most(time.Minute); got > perMinute {
			t.Errorf("%d requests within a minute", got)
		}
		if !two.RateLimit().Known || one.RateLimit() != two.RateLimit() {
			t.Errorf("%+v and %+v", one.RateLimit(), two.RateLimit())
		}
		if other.RateLimit().Known {
			t.Errorf("another token's budget is %+v", other.RateLimit())
		}
	})
}

func TestLimitsOfOnesOwn(t *testing.T) {
	for _, tt := range []struct{ minute, hour, want int }{{10, 100, 10}, {600, 100000, 570}, {0, 0, 1}, {100, 10, 10}} {
		a := &answers{}
		synctest.Test(t, func(t *testing.T) {
			c := clientOf(t, NewPool(WithTransport(a), WithLimits(tt.minute, tt.hour)), "https://api.digitalocean.com")
			for start := time.Now(); time.Since(start) < time.Minute; {
				if _, err := c.List(t.Context(), "Volume", ""); err != nil {
					break
				}
			}
			if got := a.most(time.Minute); got != tt.want {
				t.Errorf("%d and %d: %d requests within a minute, want %d", tt.minute, tt.hour, got, tt.want)
			}
		})
	}
}

func TestPoolForgetsQuietTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool()
		for i := range 10 {
			if _, err := pool.Client("https://api.digitalocean.com", fmt.Sprint("token", i)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(40 * time.Minute)
		}
		if got := len(pool.limiters); got > 2 {
			t.Errorf("%d limiters are kept", got)
		}
	})
}

func TestThrottledByABurst(t *testing.T) {
	a := &answers{answer: func(n int, _ *http.Request) (int, http.Header) {
		if n == 1 {
			h := budget(5000, 4000, time.Now().Add(time.Hour))
			h.Set("Retry-After", "20")
			return 429, h
		}
		return 200, http.Header{}
	}}
	inBubble(t, a, func(t *testing.T, c *Client) {
		start := time.Now()
		got, err := c.List(t.Context(), "Volume", "")
		wantClass(t, err, "")
		if waited := time.Since(start); !got.Complete || waited != 20*time.Second {
			t.Errorf("complete %v after %s, want 20s", got.Complete, waited)
		}
	})
}

func TestThrottledForLong(t *testing.T) {
	tests := map[string]struct {
		header func() http.Header
		until  time.Duration
	}{
		"the hour is spent: no retry-after": {
			header: func() http.Header { return budget(5000, 0, time.Now().Add(40*time.Minute)) },
			until:  40 * time.Minute,
		},
		"a burst with a long retry-after": {
			header: func() http.Header {
				h := budget(5000, 1000, time.Now().Add(time.Hour))
				h.Set("Retry-After", "600")
				return h
			},
			until: 10 * time.Minute,
		},
		"no header at all":          {header: func() http.Header { return http.Header{} }, until: time.Minute},
		"a reset in the past":       {header: func() http.Header { return budget(5000, 0, time.Now().Add(-time.Hour)) }, until: time.Minute},
		"a reset in the far future": {header: func() http.Header { return budget(5000, 0, time.Now().Add(1e6*time.Hour)) }, until: time.Minute},
		"a reset in milliseconds": {
			header: func() http.Header { return http.Header{"Ratelimit-Reset": {fmt.Sprint(time.Now().UnixMilli())}} },
			until:  time.Minute,
		},
		"a reset beyond all time": {
			header: func() http.Header { return http.Header{"Ratelimit-Reset": {"9223372036854775807"}} },
			until:  time.Minute,
		},
		"headers that are not numbers": {header: func() http.Header { return http.Header{"Ratelimit-Reset": {"soon"}, "Retry-After": {"soon"}} }, until: time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := &answers{answer: func(int, *http.Request) (int, http.Header) { return 429, tt.header() }}
			inBubble(t, a, func(t *testing.T, c *Client) {
				start := time.Now()
				got, err := c.List(t.Context(), "Volume", "")
				wantClass(t, err, Throttled)
				at, ok := RetryAt(err)
				if wait := at.Sub(start); !ok || wait.Round(time.Second) != tt.until {
					t.Errorf("RetryAt in %s, want %s: %v", wait, tt.until, err)
				}
				if time.Since(start) > time.Second || len(a.times) != 1 || got.Complete {
					t.Errorf("%d requests in %s", len(a.times), time.Since(start))
				}
				// Nobody else asks meanwhile.
				_, err = c.Get(t.Context(), "Volume", "v-1")
				wantClass(t, err, Throttled)
				if len(a.times) != 1 {
					t.Errorf("%d requests", len(a.times))
				}
			})
		})
	}
}

func TestThrottledAgainAndAgain(t *testing.T) {
	a := &answers{answer: func(int, *http.Request) (int, http.Header) { return 429, http.Header{"Retry-After": {"1"}} }}
	inBubble(t, a, func(t *testing.T, c *Client) {
		_, err := c.List(t.Context(), "Volume", "")
		wantClass(t, err, Throttled)
		if len(a.times) != 4 {
			t.Errorf("%d attempts, want 4", len(a.times))
		}
		if _, ok := RetryAt(err); !ok || !strings.Contains(err.Error(), "429 Too Many Requests: API rate limit exceeded") {
			t.Error(err)
		}
	})
}

// Others spend the same budget. The reserve is theirs who write, and what is
// left is found out by one request a minute.
func TestReadsStopBeforeTheReserve(t *testing.T) {
	remaining := 260
	a := &answers{}
	a.answer = func(int, *http.Request) (int, http.Header) {
		remaining--
		return 200, budget(5000, remaining, time.Now().Add(3*time.Minute))
	}
	inBubble(t, a, func(t *testing.T, c *Client) {
		list := func() error {
			_, err := c.List(t.Context(), "Volume", "")
			return err
		}
		for range 10 {
			wantClass(t, list(), "")
		}
		err := list()
		wantClass(t, err, Throttled)
		if at, _ := RetryAt(err); time.Until(at).Round(time.Second) != 3*time.Minute {
			t.Errorf("RetryAt in %s", time.Until(at))
		}
		if d, _ := c.limiter.take(ofWrites); d != 0 {
			t.Errorf("a write has to wait %s", d)
		}
		time.Sleep(3 * time.Minute)
		wantClass(t, list(), "")
		wantClass(t, list(), Throttled)
		remaining = 4000
		time.Sleep(3 * time.Minute)
		for range 10 {
			wantClass(t, list(), "")
		}
		if got := c.RateLimit(); got.Remaining != 3990 || got.Limit != 5000 || !got.Known || time.Until(got.ResetAt) <= 0 {
			t.Errorf("%+v", got)
		}
	})
}

// Between two answers the limiter counts for itself, and of all who wait for a
// spent budget one alone may find out how it stands.
func TestLimiterCountsBetweenAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Now, perMinute, perHour)
		l.learn(http.StatusOK, budget(5000, 260, time.Now().Add(2*time.Minute)))
		for i := range 10 {
			if d, _ := l.take(ofReads); d != 0 {
				t.Fatalf("read %d has to wait %s", i, d)
			}
		}
		if d, _ := l.take(ofReads); d != 2*time.Minute {
			t.Errorf("a read has to wait %s, want 2m", d)
		}
		time.Sleep(2 * time.Minute)
		if d, _ := l.take(ofReads); d != 0 {
			t.Errorf("the read that finds out has to wait %s", d)
		}
		if d, _ := l.take(ofReads); d != probeEvery {
			t.Errorf("the next read has to wait %s, want %s", d, probeEvery)
		}
	})
}

func TestThrottledWaitsAddUp(t *testing.T) {
	a := &answers{answer: func(int, *http.Request) (int, http.Header) { return 429, http.Header{"Retry-After": {"30"}} }}
	inBubble(t, a, func(t *testing.T, c *Client) {
		start := time.Now()
		_, err := c.List(t.Context(), "Volume", "")
		wantClass(t, err, Throttled)
		if len(a.times) != 3 || time.Since(start) != time.Minute {
			t.Errorf("%d attempts in %s, want 3 in 1m", len(a.times), time.Since(start))
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	a := &answers{answer: func(int, *http.Request) (int, http.Header) { return 429, http.Header{"Retry-After": {"30"}} }}
	inBubble(t, a, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(10 * time.Second)
			cancel()
		}()
		start := time.Now()
		_, err := c.List(ctx, "Volume", "")
		wantClass(t, err, Canceled)
		if time.Since(start) != 10*time.Second {
			t.Errorf("ended after %s", time.Since(start))
		}
	})
	inBubble(t, a, func(t *testing.T, c *Client) {
		// A deadline before the wait's end is known at once.
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.List(ctx, "Volume", "")
		wantClass(t, err, Throttled)
		if time.Since(start) != 0 {
			t.Errorf("ended after %s", time.Since(start))
		}
	})
}

func TestBackoffHasAnEnd(t *testing.T) {
	a := &answers{answer: func(int, *http.Request) (int, http.Header) { return 503, http.Header{"Retry-After": {"3600"}} }}
	inBubble(t, a, func(t *testing.T, c *Client) {
		start := time.Now()
		_, err := c.List(t.Context(), "Volume", "")
		wantClass(t, err, ServerError)
		if len(a.times) != 4 || time.Since(start) != 7*time.Second {
			t.Errorf("%d attempts in %s, want 4 in 7s", len(a.times), time.Since(start))
		}
		if len(c.limiter.sent) != 4 {
			t.Errorf("the limiter counted %d attempts", len(c.limiter.sent))
		}
	})
}

// What the API can't hold was not said.
func TestAbsurdLimitsAreUnknown(t *testing.T) {
	for _, header := range []http.Header{
		{"Ratelimit-Limit": {"99999999999"}, "Ratelimit-Remaining": {"10"}},
		{"Ratelimit-Limit": {"5000"}, "Ratelimit-Remaining": {"99999999999"}},
		{"Ratelimit-Limit": {"-5000"}, "Ratelimit-Remaining": {"10"}},
	} {
		inBubble(t, &answers{answer: func(int, *http.Request) (int, http.Header) { return 200, header }}, func(t *testing.T, c *Client) {
			if _, err := c.List(t.Context(), "Volume", ""); err != nil {
				t.Fatal(err)
			}
			if got := c.RateLimit(); got.Known {
				t.Errorf("%v is taken for %+v", header, got)
			}
		})
	}
}

// Tokens that are rotated, each of which sends a sync's requests, take little memory.
func TestManyTokensAreSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool()
		room := 0
		for i := range 4000 {
			c := clientOfToken(t, pool, fmt.Sprint("token", i))
			for range 20 {
				c.limiter.count()
			}
			room += cap(c.limiter.sent) * int(unsafe.Sizeof(time.Time{}))
		}
		if room > 8<<20 {
			t.Errorf("4,000 tokens take %d KiB", room>>10)
		}
		time.Sleep(time.Hour + time.Second)
		clientOfToken(t, pool, "another")
		if got := len(pool.limiters); got != 1 {
			t.Errorf("%d tokens are remembered, want the one that is in use", got)
		}
	})
}

func clientOfToken(t *testing.T, pool *Pool, token string) *Client {
	t.Helper()
	c, err := pool.Client("https://api.digitalocean.com", token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

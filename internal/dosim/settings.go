package dosim

import (
	"encoding/json"
	"fmt"
	"time"
)

const (
	defaultHourLimit   = 5000
	defaultMinuteLimit = 250
)

// Settings are the knobs that stay until they are turned.
type Settings struct {
	// Latency delays every answer.
	Latency Duration `json:"latency"`
	// ActionDuration is how long an action stays in progress. With 0 it is
	// still in progress in the answer to its POST, and completed after that.
	ActionDuration Duration `json:"action_duration"`
	// ListLag is how long a new droplet is missing from listings, and a
	// deleted one still shown in them.
	ListLag Duration `json:"list_lag"`
	// RateLimitHour and RateLimitMinute are per token; an hourly limit of 0
	// switches all limits off.
	RateLimitHour   int `json:"rate_limit_hour"`
	RateLimitMinute int `json:"rate_limit_minute"`
}

func defaultSettings() Settings {
	return Settings{RateLimitHour: defaultHourLimit, RateLimitMinute: defaultMinuteLimit}
}

func (s Settings) hourly() limit { return limit{s.RateLimitHour, time.Hour} }

// Option configures a Server.
type Option func(*Server)

// WithClock replaces the clock that timestamps, actions and limits run by.
// Latencies are real time always.
func WithClock(now func() time.Time) Option { return func(s *Server) { s.clock = now } }

// WithActionDuration sets how long actions take.
func WithActionDuration(d time.Duration) Option {
	return func(s *Server) { s.SetActionDuration(d) }
}

// WithRateLimit sets the hourly and the per-minute limit; 0, 0 is no limit.
func WithRateLimit(hour, minute int) Option {
	return func(s *Server) { s.SetRateLimit(hour, minute) }
}

// WithTokens replaces the default token by these.
func WithTokens(tokens ...Token) Option {
	return func(s *Server) {
		s.RevokeToken(DefaultToken)
		for _, t := range tokens {
			if err := s.AddToken(t); err != nil {
				panic(err) // an option of a test that does not make sense
			}
		}
	}
}

// Settings returns the knobs as they stand.
func (s *Server) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// Configure changes some of the knobs.
func (s *Server) Configure(change func(*Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.settings)
}

// SetLatency delays every answer from now on.
func (s *Server) SetLatency(d time.Duration) {
	s.Configure(func(set *Settings) { set.Latency = Duration(d) })
}

// SetActionDuration sets how long actions take that begin from now on.
func (s *Server) SetActionDuration(d time.Duration) {
	s.Configure(func(set *Settings) { set.ActionDuration = Duration(d) })
}

// SetListLag sets how late listings of droplets are.
func (s *Server) SetListLag(d time.Duration) {
	s.Configure(func(set *Settings) { set.ListLag = Duration(d) })
}

// SetRateLimit sets the limits of every token; 0, 0 is no limit.
func (s *Server) SetRateLimit(hour, minute int) {
	s.Configure(func(set *Settings) { set.RateLimitHour, set.RateLimitMinute = hour, minute })
}

// Advance moves the simulated clock: actions complete, limits recover.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Offset += Duration(d)
}

// Duration is a time.Duration that is "1m30s" in JSON.
type Duration time.Duration

// Std is the standard library's type of the same length.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.Std().String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration is a string such as \"250ms\": %w", err)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("reading a duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}

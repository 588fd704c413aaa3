// Package schedule says when a cron line comes due: in its time zone, across
// daylight saving, and a little later for each account so that they do not all
// come at once.
package schedule

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// starBit is how cron marks a field that was written as * or ?.
const starBit = 1 << 63

var parser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// Schedule is a cron line in a time zone.
type Schedule struct {
	spec  *cron.SpecSchedule
	zone  *time.Location
	delay time.Duration
}

// Parse reads a cron line of five fields, or a descriptor such as @daily, in an
// IANA time zone. What can never come due is an error, and so are the forms that
// carry a zone or an interval of their own.
func Parse(line, zone string) (Schedule, error) {
	if strings.Contains(line, "TZ=") {
		return Schedule{}, fmt.Errorf("schedule %q holds a time zone: set spec.timeZone", line)
	}
	if zone == "" || zone == "Local" {
		return Schedule{}, fmt.Errorf("time zone %q depends on the machine: give an IANA name, as Etc/UTC", zone)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return Schedule{}, fmt.Errorf("loading time zone %q: %w", zone, err)
	}
	parsed, err := parser.Parse(line)
	if err != nil {
		return Schedule{}, fmt.Errorf("reading schedule %q: %w", line, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return Schedule{}, fmt.Errorf("schedule %q is an interval: give five fields, as \"15 * * * *\"", line)
	}
	spec.Location = location
	s := Schedule{spec: spec, zone: location}
	// A fixed day in a leap year is the rarest that there is.
	if s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, fmt.Errorf("schedule %q never comes due: %w", line, ErrNever)
	}
	return s, nil
}

// ErrNever is the error of a line that is well formed and never comes due, as
// "0 0 30 2 *".
var ErrNever = errors.New("no such day")

// Delayed returns the schedule with every time later by a share of most that
// depends on key alone.
func (s Schedule) Delayed(key string, most time.Duration) Schedule {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // it never fails
	s.delay = time.Duration(h.Sum64() % uint64(most)).Truncate(time.Second)
	return s
}

// Next is the first time after after. A time that daylight saving skips moves to
// the next valid one; one that it repeats comes once, unless the line means every
// hour. It is zero when nothing comes within five years.
func (s Schedule) Next(after time.Time) time.Time {
	after = after.Add(-s.delay)
	next := s.next(after)
	if next.IsZero() {
		return next
	}
	return next.Add(s.delay)
}

// Missed is how often the schedule came due after since, up to now, at most limit.
func (s Schedule) Missed(since, now time.Time, limit int) int {
	n := 0
	for at := s.Next(since); n < limit && !at.IsZero() && !at.After(now); at = s.Next(at) {
		n++
	}
	return n
}

func (s Schedule) next(after time.Time) time.Time {
	if s.spec.Hour&starBit != 0 {
		return s.spec.Next(after.In(s.zone))
	}
	// Find it on a clock without daylight saving, then see when that is here.
	clock := *s.spec
	clock.Location = time.UTC
	wall := asUTC(after.In(s.zone))
	for {
		wall = clock.Next(wall)
		if wall.IsZero() {
			return wall
		}
		if at := s.instant(wall); at.After(after) {
			return at
		}
	}
}

// instant is when the clock on the wall shows this, or the first instant after
// the gap where daylight saving skips it.
func (s Schedule) instant(wall time.Time) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, s.zone)
	shown := asUTC(at)
	if shown.Equal(wall) {
		return firstOf(at, wall)
	}
	// at lies one gap's width before or after the transition; it is at one of
	// this zone period's ends.
	start, end := at.ZoneBounds()
	if shown.Before(wall) {
		return end
	}
	return start
}

// firstOf is the first of the two instants at which the clock shows this, where
// autumn repeats it; time.Date may give either.
func firstOf(at, wall time.Time) time.Time {
	start, _ := at.ZoneBounds()
	if start.IsZero() {
		return at
	}
	_, before := start.Add(-time.Second).Zone()
	_, since := at.Zone()
	if earlier := at.Add(time.Duration(since-before) * time.Second); earlier.Before(at) && asUTC(earlier).Equal(wall) {
		return earlier
	}
	return at
}

// asUTC is the time that t's clock shows, as if it were UTC.
func asUTC(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

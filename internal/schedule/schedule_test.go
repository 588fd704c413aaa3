package schedule_test

import (
	"errors"
	"testing"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/schedule"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestNext(t *testing.T) {
	for name, c := range map[string]struct {
		line, zone  string
		after, want string
	}{
		"the default, the same hour":                  {"15 * * * *", "Etc/UTC", "2026-11-23T10:14:59Z", "2026-11-23T10:15:00Z"},
		"never the very time it is asked at":          {"15 * * * *", "Etc/UTC", "2026-11-23T10:15:00Z", "2026-11-23T11:15:00Z"},
		"a zone's midnight":                           {"0 0 * * *", "Europe/Berlin", "2026-11-23T10:00:00Z", "2026-11-23T23:00:00Z"},
		"a time that spring skips moves to the next":  {"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		"and the day after is as usual":               {"30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		"two skipped times come once":                 {"0,30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"},
		"a time that autumn repeats comes":            {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		"and does not come again":                     {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		"every hour is every hour also in autumn":     {"15 * * * *", "Europe/Berlin", "2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z"},
		"half an hour of daylight saving (Lord Howe)": {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z"},
		"a leap day":   {"0 0 29 2 *", "Etc/UTC", "2026-11-23T10:00:00Z", "2028-02-29T00:00:00Z"},
		"a descriptor": {"@daily", "Etc/UTC", "2026-11-23T10:00:00Z", "2026-11-24T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := schedule.Parse(c.line, c.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Next(at(t, c.after)); !got.Equal(at(t, c.want)) {
				t.Errorf("after %s: got %s, want %s", c.after, got.UTC().Format(time.RFC3339), c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string][2]string{
		"a zone in the line":     {"TZ=Asia/Tokyo 0 0 * * *", "Etc/UTC"},
		"cron's zone":            {"CRON_TZ=Asia/Tokyo 0 0 * * *", "Etc/UTC"},
		"an interval":            {"@every 1s", "Etc/UTC"},
		"a reversed range":       {"30-10 * * * *", "Etc/UTC"},
		"six fields":             {"0 0 0 * * *", "Etc/UTC"},
		"no zone":                {"0 0 * * *", ""},
		"the machine's zone":     {"0 0 * * *", "Local"},
		"a zone that is nowhere": {"0 0 * * *", "Europe/Atlantis"},
	} {
		if _, err := schedule.Parse(c[0], c[1]); err == nil {
			t.Errorf("%s: %q in %q was taken", name, c[0], c[1])
		}
	}
	if _, err := schedule.Parse("0 0 30 2 *", "Etc/UTC"); !errors.Is(err, schedule.ErrNever) {
		t.Errorf("the 30th of February: got %v", err)
	}
}

func TestDelayed(t *testing.T) {
	s, err := schedule.Parse("15 * * * *", "Etc/UTC")
	if err != nil {
		t.Fatal(err)
	}
	now, seen := at(t, "2026-11-23T10:00:00Z"), map[time.Time]bool{}
	for _, key := range []string{"a", "b", "c", "d"} {
		d := s.Delayed(key, 4*time.Minute)
		next := d.Next(now)
		if early, late := at(t, "2026-11-23T10:15:00Z"), at(t, "2026-11-23T10:19:00Z"); next.Before(early) || !next.Before(late) {
			t.Errorf("%s: %s", key, next)
		}
		if again := d.Next(next); again.Sub(next) != time.Hour {
			t.Errorf("%s: then %s", key, again)
		}
		seen[next] = true
	}
	if len(seen) < 3 {
		t.Errorf("the delays are all the same: %v", seen)
	}
}

func TestMissed(t *testing.T) {
	s, err := schedule.Parse("15 * * * *", "Etc/UTC")
	if err != nil {
		t.Fatal(err)
	}
	since := at(t, "2026-11-23T10:15:01Z")
	for d, want := range map[time.Duration]int{0: 0, time.Hour: 1, 3 * time.Hour: 3, 1000 * time.Hour: 3} {
		if got := s.Missed(since, since.Add(d), 3); got != want {
			t.Errorf("after %s: got %d, want %d", d, got, want)
		}
	}
}

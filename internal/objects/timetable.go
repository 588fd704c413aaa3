package objects

import (
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/schedule"
)

// The schedules of an account that names none, as the CRD's defaults have them.
const (
	defaultSync      = "15 * * * *"
	defaultDetection = "20 * * * *"
	defaultZone      = "Etc/UTC"
	// mostDelay spreads the accounts that follow a default schedule; it is less
	// than what lies between the two, so that a sweep follows its sync.
	mostDelay = 4 * time.Minute
)

// Timetable is when an account is due.
type Timetable struct {
	Sync, Sweep schedule.Schedule
	// Problem is why one of the account's own schedules could not be used. The
	// default is followed instead, because what is never looked at again would stay
	// "in sync" forever.
	Problem error
}

// Timetables keeps what was parsed, because every detection asks.
type Timetables struct{ parsed sync.Map }

// Of is when an account is due.
func (t *Timetables) Of(account *driftv1alpha1.CloudAccount) Timetable {
	zone := account.Spec.TimeZone
	if zone == "" {
		zone = defaultZone
	}
	var out Timetable
	var syncErr, sweepErr error
	key := string(account.UID)
	out.Sync, syncErr = t.parse(string(account.Spec.SyncSchedule), defaultSync, zone, key)
	out.Sweep, sweepErr = t.parse(string(account.Spec.DetectionSchedule), defaultDetection, zone, key)
	if syncErr != nil {
		out.Problem = fmt.Errorf("syncSchedule, following %q meanwhile: %w", defaultSync, syncErr)
	} else if sweepErr != nil {
		out.Problem = fmt.Errorf("detectionSchedule, following %q meanwhile: %w", defaultDetection, sweepErr)
	}
	return out
}

// Forget drops the schedules of an account that is gone.
func (t *Timetables) Forget(account types.UID) {
	t.parsed.Range(func(key, _ any) bool {
		if line, ok := key.(lineOf); ok && line.account == string(account) {
			t.parsed.Delete(key)
		}
		return true
	})
}

// lineOf is an account's schedule, by which it is known once it was parsed.
type lineOf struct{ line, zone, account string }

type parsedSchedule struct {
	schedule schedule.Schedule
	err      error
}

func (t *Timetables) parse(line, standard, zone, key string) (schedule.Schedule, error) {
	if line == "" {
		line = standard
	}
	cacheKey := lineOf{line, zone, key}
	if found, ok := t.parsed.Load(cacheKey); ok {
		p := found.(parsedSchedule)
		return p.schedule, p.err
	}
	var p parsedSchedule
	p.schedule, p.err = schedule.Parse(line, zone)
	if p.err != nil {
		// The default in UTC is known to parse; a test holds it to that.
		p.schedule, _ = schedule.Parse(standard, defaultZone)
		p.schedule = p.schedule.Delayed(key, mostDelay)
	} else if line == standard {
		p.schedule = p.schedule.Delayed(key, mostDelay)
	}
	t.parsed.Store(cacheKey, p)
	return p.schedule, p.err
}

// APITime is the time in the form that the API keeps it in.
func APITime(t time.Time) *metav1.Time {
	m := metav1.NewTime(t).Rfc3339Copy()
	return &m
}

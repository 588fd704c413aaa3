package dosim

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

const backupWindowHours = 4

var weekdays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

type backupPolicy struct {
	Plan                string `json:"plan"`
	Weekday             string `json:"weekday,omitempty"`
	Hour                int    `json:"hour"`
	WindowLengthHours   int    `json:"window_length_hours"`
	RetentionPeriodDays int    `json:"retention_period_days"`
}

// intraDaily are the plans that are billed by what is stored, with more than one
// backup a day. DigitalOcean's clients do not know them yet.
var intraDaily = map[string]time.Duration{
	"intra_daily_4h": 4 * time.Hour, "intra_daily_6h": 6 * time.Hour, "intra_daily_12h": 12 * time.Hour,
}

func (p *backupPolicy) usageBased() bool { return intraDaily[p.Plan] > 0 }

// normaliseUsageBased is normalise for a plan that says itself how long backups are
// kept.
func (p *backupPolicy) normaliseUsageBased() (*backupPolicy, error) {
	out := *p
	out.Weekday = ""
	if out.WindowLengthHours == 0 {
		out.WindowLengthHours = backupWindowHours
	}
	switch {
	case out.Hour < 0 || out.Hour > 23:
		return nil, invalid("Backup policy hour is invalid.")
	case out.WindowLengthHours < 1 || out.WindowLengthHours > 24:
		return nil, invalid("Backup policy window_length_hours is invalid.")
	case out.RetentionPeriodDays < 1:
		return nil, invalid("Backup policy retention_period_days is invalid.")
	}
	return &out, nil
}

// normalise fills in what a request leaves open; no plan at all is daily.
func (p *backupPolicy) normalise() (*backupPolicy, error) {
	var out backupPolicy
	if p != nil {
		out = *p
	}
	if out.Plan == "" {
		out.Plan = "daily"
	}
	if out.usageBased() {
		return out.normaliseUsageBased()
	}
	out.WindowLengthHours = backupWindowHours
	if out.Hour < 0 || out.Hour > 20 || out.Hour%backupWindowHours != 0 {
		return nil, invalid("Backup policy hour is invalid. Must be one of: 0, 4, 8, 12, 16, 20.")
	}
	switch out.Plan {
	case "daily":
		out.Weekday, out.RetentionPeriodDays = "", 7
	case "weekly":
		if out.Weekday == "" {
			out.Weekday = "SUN"
		}
		if !slices.Contains(weekdays, out.Weekday) {
			return nil, invalid("Backup policy weekday is invalid.")
		}
		out.RetentionPeriodDays = 28
	default:
		return nil, invalid("Backup policy plan is invalid. Must be one of: daily, weekly.")
	}
	return &out, nil
}

type window struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

func (p *backupPolicy) nextWindow(now time.Time) window {
	start := time.Date(now.Year(), now.Month(), now.Day(), p.Hour, 0, 0, 0, time.UTC)
	every := 24 * time.Hour
	if p.usageBased() {
		every = intraDaily[p.Plan]
	}
	for !start.After(now) || p.Plan == "weekly" && weekdays[start.Weekday()] != p.Weekday {
		start = start.Add(every)
	}
	return window{start.Format(timeFormat), start.Add(time.Duration(p.WindowLengthHours) * time.Hour).Format(timeFormat)}
}

func (c *call) policyView(d *droplet) any {
	view := map[string]any{"droplet_id": d.ID, "backup_enabled": d.Backups != nil}
	if d.Backups != nil {
		view["backup_policy"] = d.Backups
		view["next_backup_window"] = d.Backups.nextWindow(c.now)
	}
	return view
}

func getBackupPolicy(c *call, d *droplet) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"policy": c.policyView(d)}}, nil
}

// listBackupPolicies answers an object keyed by droplet id, paged all the same.
func listBackupPolicies(c *call) (*reply, error) {
	found := c.team.Droplets.filter(func(d *droplet) bool { return d.DeletedAt == nil })
	return c.page("policies", len(found), func(from, to int) any {
		out := map[string]any{}
		for _, d := range found[from:to] {
			out[strconv.Itoa(d.ID)] = c.policyView(d)
		}
		return out
	})
}

func listSupportedPolicies(*call) (*reply, error) {
	type supported struct {
		Name      string   `json:"name"`
		Starts    []int    `json:"possible_window_starts"`
		Length    int      `json:"window_length_hours"`
		Retention int      `json:"retention_period_days"`
		Days      []string `json:"possible_days"`
	}
	starts := []int{0, 4, 8, 12, 16, 20}
	return &reply{http.StatusOK, map[string]any{"supported_policies": []supported{
		{"weekly", starts, backupWindowHours, 28, weekdays},
		{"daily", starts, backupWindowHours, 7, []string{}},
	}}}, nil
}

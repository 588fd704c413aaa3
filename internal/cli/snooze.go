package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// longestSnooze is how far ahead the API takes one.
const longestSnooze = 366 * 24 * time.Hour

// snoozeGrant is the verb that admission asks the authorizer for.
const snoozeGrant = "snooze"

// snoozing keeps drifts from counting as open until a time.
func snoozing(now clock.PassiveClock, until time.Time) way {
	text := until.UTC().Format(time.RFC3339)
	return way{
		verb: "snooze", past: "snoozed",
		grant:   snoozeGrant,
		all:     "all open drifts",
		states:  []driftv1alpha1.DriftState{driftv1alpha1.DriftOpen},
		refuses: notOpen,
		annotations: func(_ *driftv1alpha1.CloudDrift, user, reason string) map[string]*string {
			return map[string]*string{
				driftv1alpha1.SnoozeUntilAnnotation:  &text,
				driftv1alpha1.SnoozedByAnnotation:    ptr.To(user),
				driftv1alpha1.SnoozeReasonAnnotation: orNil(reason),
			}
		},
		effect: func([]driftv1alpha1.CloudDrift) string {
			return fmt.Sprintf("Until %s (in %s) they stay open, and do not count as open in check, metrics and alerts. Nothing changes in DigitalOcean.",
				text, duration.HumanDuration(until.Sub(now.Now())))
		},
		asked: func(*driftv1alpha1.CloudDrift) string { return "snooze asked for, until " + text },
		outcome: func(d *driftv1alpha1.CloudDrift) (what string, well bool) {
			held := d.Status.Snooze
			switch {
			case stateOf(d) != driftv1alpha1.DriftOpen:
				return fmt.Sprintf("not snoozed: it is %s by now", d.Status.State), false
			case held != nil && held.Until.Time.Equal(until) && held.User == d.Annotations[driftv1alpha1.SnoozedByAnnotation]:
				return "snoozed until " + text, true
			case d.Annotations[driftv1alpha1.SnoozeUntilAnnotation] == "":
				return "the operator took the request off", false
			}
			return "", false
		},
		told: []string{driftv1alpha1.EventSnoozeRefused},
	}
}

func notOpen(d *driftv1alpha1.CloudDrift) string {
	if stateOf(d) != driftv1alpha1.DriftOpen {
		return fmt.Sprintf("it is %s, and history does not change", d.Status.State)
	}
	return ""
}

// waking ends snoozes before their time.
var waking = way{
	verb: "end the snooze of", past: "woken",
	grant:  snoozeGrant,
	all:    "all snoozed drifts",
	states: []driftv1alpha1.DriftState{driftv1alpha1.DriftOpen},
	concerns: func(d *driftv1alpha1.CloudDrift) bool {
		return d.Status.Snooze != nil || d.Annotations[driftv1alpha1.SnoozeUntilAnnotation] != ""
	},
	refuses: func(d *driftv1alpha1.CloudDrift) string {
		if why := notOpen(d); why != "" {
			return why
		}
		if d.Status.Snooze == nil && d.Annotations[driftv1alpha1.SnoozeUntilAnnotation] == "" {
			return "it is not snoozed"
		}
		return ""
	},
	annotations: func(*driftv1alpha1.CloudDrift, string, string) map[string]*string {
		out := map[string]*string{}
		for _, name := range objects.SnoozeAnnotations {
			out[name] = nil
		}
		return out
	},
	effect: func([]driftv1alpha1.CloudDrift) string {
		return "They count as open again. Nothing changes in DigitalOcean."
	},
	asked: func(*driftv1alpha1.CloudDrift) string { return "end of the snooze asked for" },
	outcome: func(d *driftv1alpha1.CloudDrift) (what string, well bool) {
		switch {
		case stateOf(d) != driftv1alpha1.DriftOpen:
			return fmt.Sprintf("the snooze has ended: it is %s by now", d.Status.State), true
		case d.Annotations[driftv1alpha1.SnoozeUntilAnnotation] != "":
			return "not woken: somebody snoozed it anew", false
		case d.Status.Snooze == nil:
			return "counts as open again", true
		}
		return "", false
	},
}

// snoozeOptions are the flags of snooze.
type snoozeOptions struct {
	resolveOptions
	until, lasts string
	end          bool
}

func snoozeCommand(e *Env) *cobra.Command {
	o := &snoozeOptions{resolveOptions: resolveOptions{way: way{all: "all open drifts, or with --end all snoozed ones,"}}}
	cmd := &cobra.Command{
		Use:   "snooze [NAME...] (--until TIME | --for DURATION | --end)",
		Short: "Keep drifts from counting as open until a time",
		Long: `Keep drifts from counting as open until a time, at most a year ahead. They stay open, are shown
with the time, and can be accepted or go stale as before; check, metrics and alerts do not count
them, and count them again by themselves when the time comes. A snooze ends with its drift.

Another time replaces the first; --end ends a snooze now. It needs the verb snooze on the drifts.`,
		Example: `  # Until after the launch
  kubectl drift snooze droplet-3164444-size-slug-d76ivhbsrs-1 --until 2026-12-24T09:00:00Z --reason 'the launch is on the 23rd'

  # The same change of all droplets, for a week
  kubectl drift snooze --kind Droplet --field size_slug --where actual=s-4vcpu-8gb --for 7d

  # What is snoozed, and an end to it
  kubectl drift list --snoozed -o wide
  kubectl drift snooze --end --all`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.decide(e); err != nil {
				return err
			}
			return o.run(cmd.Context(), e, args)
		},
	}
	o.addFlags(e, cmd)
	cmd.Flags().StringVar(&o.until, "until", "", "Until when, as RFC 3339 writes a time: 2026-12-24T09:00:00Z.")
	cmd.Flags().StringVar(&o.lasts, "for", "", "For how long from now, as 90m, 12h or 7d.")
	cmd.Flags().BoolVar(&o.end, "end", false, "End the snooze: the drifts count as open again.")
	return cmd
}

// decide finds out whether drifts are put to sleep, and until when, or woken.
func (o *snoozeOptions) decide(e *Env) error {
	given := 0
	for _, is := range []bool{o.until != "", o.lasts != "", o.end} {
		if is {
			given++
		}
	}
	if given != 1 {
		return errors.New("until when? Give one of --until 2026-12-24T09:00:00Z, --for 7d, or --end to end a snooze")
	}
	if o.end {
		if o.reason != "" {
			return errors.New("--reason says why drifts are snoozed: leave it out with --end")
		}
		o.way = waking
		return nil
	}
	until, err := snoozeUntil(e.Clock, o.until, o.lasts)
	if err != nil {
		return err
	}
	o.way = snoozing(e.Clock, until)
	return nil
}

// snoozeUntil reads a time, or a duration from now on.
func snoozeUntil(now clock.PassiveClock, until, lasts string) (time.Time, error) {
	var at time.Time
	if until != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, until); err != nil {
			return at, fmt.Errorf("--until must be a time as RFC 3339 writes it, like 2026-12-24T09:00:00Z, not %q; a duration is --for 7d", until)
		}
	} else {
		d, err := age("for", lasts)
		if err != nil {
			return at, err
		}
		at = now.Now().Add(d)
	}
	at = at.Truncate(time.Second)
	switch left := at.Sub(now.Now()); {
	case left <= 0:
		return at, fmt.Errorf("%s is past; to end a snooze: --end", at.UTC().Format(time.RFC3339))
	case left > longestSnooze:
		return at, fmt.Errorf("%s is more than a year ahead; what is to stay so long is accepted, or ignored", at.UTC().Format(time.RFC3339))
	}
	return at, nil
}

// snoozedWords say until when a drift is snoozed, by whom and why; "" where it is not.
func (e *Env) snoozedWords(d *driftv1alpha1.CloudDrift) string {
	s := d.Status.Snooze
	if !objects.IsSnoozed(d, e.Clock.Now()) {
		return ""
	}
	words := fmt.Sprintf("until %s (in %s) by %s", s.Until.UTC().Format(time.RFC3339), duration.HumanDuration(s.Until.Sub(e.Clock.Now())), s.User)
	if s.Reason != "" {
		words += ": " + s.Reason
	}
	return words
}

// stateWords are the drift's state, and whether it is snoozed.
func (e *Env) stateWords(d *driftv1alpha1.CloudDrift) string {
	if objects.IsSnoozed(d, e.Clock.Now()) {
		return string(stateOf(d)) + ", snoozed"
	}
	return string(stateOf(d))
}

// splitSnoozed tells open drifts that count from those that are snoozed.
func (e *Env) splitSnoozed(found []driftv1alpha1.CloudDrift) (counting, snoozed []driftv1alpha1.CloudDrift) {
	for i := range found {
		if objects.IsSnoozed(&found[i], e.Clock.Now()) {
			snoozed = append(snoozed, found[i])
		} else {
			counting = append(counting, found[i])
		}
	}
	return counting, snoozed
}

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

type triageOptions struct {
	chosen
	byChange, restart bool
}

func triageCommand(e *Env) *cobra.Command {
	o := &triageOptions{}
	cmd := &cobra.Command{
		Use:   "triage",
		Short: "Go through the open drifts, one after the other",
		Long: `Go through the open drifts on a terminal, one after the other, or change by change. Of each it
shows what it means and asks what to do: accept it, snooze it until a time, ignore the field from
now on, skip it, or see everything that there is to know. What it would write to ignore something,
into spec.ignore of the CloudProvisioned or of the CloudAccount, is shown before it is written.

Left out is what somebody has asked for already, and what is snoozed; --snoozed goes through that.

What was skipped is remembered when you quit, so that the next triage goes on where this one
ended; --restart begins anew. After the last drift it is forgotten.`,
		Example: `  kubectl drift triage
  kubectl drift triage --by-change --kind Droplet
  kubectl drift triage --snoozed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), e) },
	}
	o.addFlags(cmd.Flags())
	o.addSnoozed(cmd.Flags())
	cmd.Flags().BoolVar(&o.byChange, "by-change", false, "Ask once for the same change of several resources.")
	cmd.Flags().BoolVar(&o.restart, "restart", false, "Show again what was skipped before.")
	return cmd
}

// action is what can be done with the drifts of a step.
type action struct {
	key, name string
	// fits says whether it can be done; nil: always.
	fits func(drifts []*driftv1alpha1.CloudDrift) bool
	// do says whether the step is over.
	do func(ctx context.Context, t *triage, drifts []*driftv1alpha1.CloudDrift) (over bool, err error)
}

var errQuit = errors.New("enough")

// actions are what triage offers. This is the one place where one is registered.
func actions() []action {
	return []action{
		{"a", "accept", acceptable, triageAccept},
		{"s", "snooze", nil, triageSnooze},
		{"i", "ignore", acceptable, triageIgnore},
		{"k", "skip", nil, func(_ context.Context, t *triage, drifts []*driftv1alpha1.CloudDrift) (bool, error) {
			t.skipped.add(drifts)
			return true, nil
		}},
		{"d", "details", nil, func(ctx context.Context, t *triage, drifts []*driftv1alpha1.CloudDrift) (bool, error) {
			t.env.line()
			return false, t.env.show(ctx, drifts[0])
		}},
		{"q", "quit", nil, func(context.Context, *triage, []*driftv1alpha1.CloudDrift) (bool, error) { return false, errQuit }},
	}
}

func acceptable(drifts []*driftv1alpha1.CloudDrift) bool { return !gone(drifts[0]) }

// triage is one way through the drifts.
type triage struct {
	env     *Env
	user    string
	skipped *skipped
	// accepts, snoozes and ignored count what was done.
	accepts, snoozes, ignored int
}

func (o *triageOptions) run(ctx context.Context, e *Env) error {
	if !e.Terminal.Asks {
		return errors.New("triage needs a terminal: use kubectl drift list, and accept --yes")
	}
	found, err := e.drifts(ctx, &o.chosen, driftv1alpha1.DriftOpen)
	if err != nil {
		return err
	}
	t := &triage{env: e}
	if t.skipped, err = e.readSkipped(); err != nil {
		return err
	}
	if o.restart {
		t.skipped.Drifts = nil
	}
	all := len(found)
	found = slices.DeleteFunc(found, func(d driftv1alpha1.CloudDrift) bool {
		return request(&d) != "" || t.skipped.has(&d) || !o.snoozed.given && objects.IsSnoozed(&d, e.Clock.Now())
	})
	if left := all - len(found); left > 0 {
		e.note(dim.in("%s left out: skipped before (--restart shows them again), snoozed, or asked for by somebody.", drifts(left)))
	}
	steps := o.steps(found)
	for i, step := range steps {
		switch err := t.step(ctx, step, fmt.Sprintf("%d of %d", i+1, len(steps))); {
		case errors.Is(err, errQuit):
			e.note(fmt.Sprintf("%s. The next triage goes on here.", t.summary()))
			return t.skipped.write()
		case err != nil:
			return errors.Join(err, t.skipped.write())
		}
	}
	e.note(fmt.Sprintf("%s. That was all.", t.summary()))
	return t.skipped.forget()
}

// steps are the drifts one by one, or those of a change together.
func (o *triageOptions) steps(found []driftv1alpha1.CloudDrift) [][]*driftv1alpha1.CloudDrift {
	var out [][]*driftv1alpha1.CloudDrift
	if o.byChange {
		for _, c := range changesOf(found) {
			out = append(out, c.drifts)
		}
		return out
	}
	for i := range found {
		out = append(out, []*driftv1alpha1.CloudDrift{&found[i]})
	}
	return out
}

func (t *triage) summary() string {
	return fmt.Sprintf("Asked to accept %d and to snooze %d, and ignored %d", t.accepts, t.snoozes, t.ignored)
}

// step shows drifts of one change, and asks until it is over.
func (t *triage) step(ctx context.Context, step []*driftv1alpha1.CloudDrift, position string) error {
	e, d := t.env, step[0]
	names := make([]string, 0, len(step))
	for _, d := range step {
		names = append(names, d.Spec.ProvisionedRef.Name)
	}
	m := &meaning{drift: d}
	if err := m.decode(); err != nil {
		return err
	}
	e.line()
	e.line(dim.in("%s", position), "  ", bold.in("%s", strings.Join(names, ", ")), "  ", cyan.in("%s", d.Spec.Field),
		dim.in("  %s, %s ago", d.Spec.ResourceRef.Kind, e.since(d.Status.DetectedAt)))
	e.diff(differing(m.expected, m.actual, m.ordered()))
	if takes := m.takes(); takes != "" {
		e.line(dim.in("  to bring it back, it changes %s", takes))
	}
	var offered []action
	var words []string
	for _, a := range actions() {
		if a.fits == nil || a.fits(step) {
			offered = append(offered, a)
			words = append(words, fmt.Sprintf("[%s] %s", a.key, a.name))
		}
	}
	for {
		answer, err := e.prompt(ctx, strings.Join(words, "  ")+": ")
		if err != nil {
			return err
		}
		if answer == "" && e.ended {
			return errQuit
		}
		i := slices.IndexFunc(offered, func(a action) bool { return answer == a.key || answer == a.name })
		if i < 0 {
			continue
		}
		if over, err := offered[i].do(ctx, t, step); err != nil || over {
			return err
		}
	}
}

// triageAccept asks for the accept of all drifts of the step.
func triageAccept(ctx context.Context, t *triage, step []*driftv1alpha1.CloudDrift) (bool, error) {
	reason, err := t.env.prompt(ctx, "Why (may be empty): ")
	if err != nil {
		return false, err
	}
	return t.request(ctx, accept, reason, step, &t.accepts)
}

// triageSnooze asks for a snooze of all drifts of the step.
func triageSnooze(ctx context.Context, t *triage, step []*driftv1alpha1.CloudDrift) (bool, error) {
	when, err := t.env.prompt(ctx, "Until when, or for how long (2026-12-24T09:00:00Z, 12h, 7d; empty: not): ")
	if err != nil || when == "" {
		return false, err
	}
	lasts, at := when, ""
	if strings.Contains(when, "-") {
		lasts, at = "", when
	}
	until, err := snoozeUntil(t.env.Clock, at, lasts)
	if err != nil {
		t.env.note(red.in("error: %v", err))
		return false, nil
	}
	reason, err := t.env.prompt(ctx, "Why (may be empty): ")
	if err != nil {
		return false, err
	}
	return t.request(ctx, snoozing(t.env.Clock, until), reason, step, &t.snoozes)
}

// request asks for something of all drifts of the step, and says whether all of it could be
// asked for.
func (t *triage) request(ctx context.Context, way way, reason string, step []*driftv1alpha1.CloudDrift, count *int) (all bool, err error) {
	if len([]rune(reason)) > longestReason {
		t.env.note(red.in("error: the reason has more than %d characters", longestReason))
		return false, nil
	}
	if t.user == "" {
		if t.user, err = t.env.whoAmI(ctx); err != nil {
			return false, err
		}
	}
	o := &resolveOptions{way: way, reason: reason, dryRun: "none"}
	all = true
	for _, d := range step {
		if err := o.request(ctx, t.env, d, t.user); err != nil {
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			t.env.note(red.in("error: %v", t.env.refusal(ctx, d, way.grant, t.user, err)))
			all = false
			continue
		}
		*count++
		t.env.line(green.in("%s", o.said(d, way.asked(d))))
	}
	return all, nil
}

// triageIgnore has what the step is about ignored from now on, where the person says.
func triageIgnore(ctx context.Context, t *triage, step []*driftv1alpha1.CloudDrift) (bool, error) {
	path, err := t.env.prompt(ctx, fmt.Sprintf("Ignore which path (in a key, * is any text) [%s]: ", step[0].Spec.Field))
	if err != nil {
		return false, err
	}
	if path = cmp.Or(path, step[0].Spec.Field); !t.isPath(step[0].Spec.ResourceRef.Kind, path) {
		return false, nil
	}
	of := "the CloudProvisioned " + step[0].Spec.ProvisionedRef.Name
	if len(step) > 1 {
		of = fmt.Sprintf("these %d CloudProvisioned", len(step))
	}
	where, err := t.env.prompt(ctx, fmt.Sprintf("In [d] %s, or in [a] the CloudAccount, for every %s that is declared? ", of, step[0].Spec.ResourceRef.Kind))
	if err != nil {
		return false, err
	}
	var edits []*edit
	switch where {
	case "d":
		edits, err = t.env.ignoreInDeclarations(ctx, step, path)
	case "a":
		var reason string
		if reason, err = t.env.prompt(ctx, "Why (may be empty): "); err == nil {
			edits, err = t.env.ignoreInAccounts(ctx, step, path, reason)
		}
	default:
		return false, nil
	}
	if err == nil {
		var sure bool
		if sure, err = t.confirm(ctx, edits); err == nil && !sure {
			return false, nil
		}
	}
	for i := 0; err == nil && i < len(edits); i++ {
		err = edits[i].write(ctx, t.env)
	}
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		t.env.note(red.in("error: %v", t.env.explain(err)))
		return false, nil
	}
	t.ignored += len(step)
	return true, nil
}

// isPath says what is wrong with a path where it is none of the kind's.
func (t *triage) isPath(kind, text string) bool {
	path, err := resource.ParsePath(text)
	if err != nil {
		t.env.note(red.in("error: %v", err))
		return false
	}
	known, ok := kinds.Lookup(kind)
	if name := string(path[0]); ok && !slices.Contains(known.TopNames(), name) {
		t.env.note(red.in("error: %s has no field %s%s", kind, name, didYouMean(name, known.TopNames())))
		return false
	}
	return true
}

// confirm shows what is about to be written, and asks.
func (t *triage) confirm(ctx context.Context, edits []*edit) (bool, error) {
	if len(edits) == 0 {
		t.env.line("It is ignored already; the drift goes stale as soon as the operator has looked.")
		return true, nil
	}
	for _, edit := range edits {
		t.env.line(bold.in("%s", edit.name))
		t.env.diff(edit.lines)
	}
	sure, err := t.env.prompt(ctx, "Write this? [y/N] ")
	return strings.HasPrefix(strings.ToLower(sure), "y"), err
}

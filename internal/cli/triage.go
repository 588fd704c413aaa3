package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
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
shows what it means and asks what to do: accept it, ignore the field from now on, skip it, or see
everything that there is to know.

What was skipped is remembered when you quit, so that the next triage goes on where this one
ended; --restart begins anew. After the last drift it is forgotten.`,
		Example: `  kubectl drift triage
  kubectl drift triage --by-change --kind Droplet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), e) },
	}
	o.addFlags(cmd.Flags())
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
	// asked and ignored count what was done.
	asked, ignored int
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
	found = slices.DeleteFunc(found, func(d driftv1alpha1.CloudDrift) bool { return request(&d) != "" || t.skipped.has(&d) })
	if left := all - len(found); left > 0 {
		e.note(dim.in("%s left out: skipped before (--restart shows them again), or somebody has asked for their resolution.", drifts(left)))
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
	return fmt.Sprintf("Accept asked for: %d, ignored: %d", t.asked, t.ignored)
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
	if t.user == "" {
		if t.user, err = t.env.whoAmI(ctx); err != nil {
			return false, err
		}
	}
	o := &resolveOptions{way: accept, reason: reason, dryRun: "none"}
	over := true
	for _, d := range step {
		if err := o.request(ctx, t.env, d, t.user); err != nil {
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			t.env.note(red.in("error: %v", t.env.refusal(ctx, d, o.way.grant, t.user, err)))
			over = false
			continue
		}
		t.asked++
		t.env.line(green.in("%s", o.said(d, o.way.asked(d))))
	}
	return over, nil
}

// triageIgnore adds the field to what the declarations ignore.
func triageIgnore(ctx context.Context, t *triage, step []*driftv1alpha1.CloudDrift) (bool, error) {
	sure, err := t.env.prompt(ctx, fmt.Sprintf("Ignore %s in %d CloudProvisioned from now on? [y/N] ", step[0].Spec.Field, len(step)))
	if err != nil || !strings.HasPrefix(strings.ToLower(sure), "y") {
		return false, err
	}
	cluster, err := t.env.Client()
	if err != nil {
		return false, err
	}
	for _, d := range step {
		if err := ignoreField(ctx, cluster, d); err != nil {
			t.env.note(red.in("error: %v", t.env.explain(err)))
			return false, nil
		}
		t.ignored++
		t.env.line(green.in("%s ignores %s; where it comes from Git, add it to spec.ignore there", d.Spec.ProvisionedRef.Name, d.Spec.Field))
	}
	return true, nil
}

// ignoreField writes the rule, provided that nobody else writes meanwhile.
func ignoreField(ctx context.Context, cluster client.Client, d *driftv1alpha1.CloudDrift) error {
	p := &driftv1alpha1.CloudProvisioned{}
	if err := cluster.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: d.Spec.ProvisionedRef.Name}, p); err != nil {
		return err
	}
	if slices.Contains(p.Spec.Ignore, d.Spec.Field) {
		return nil
	}
	before := p.DeepCopy()
	p.Spec.Ignore = append(p.Spec.Ignore, d.Spec.Field)
	return cluster.Patch(ctx, p, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), client.FieldOwner("kubectl-drift"))
}

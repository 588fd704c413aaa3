package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

func showCommand(e *Env) *cobra.Command {
	o := newOutput("text")
	cmd := &cobra.Command{
		Use:   "show NAME...",
		Short: "Show what a drift means",
		Long: `Show what a drift means: what is expected and what is there as a diff, element by element for
lists; what it takes to bring the live field back; what accepting would write; of an accepted one
what the manifest has yet to say; until when it is snoozed; and what became of other drifts of
the field.`,
		Example: `  # What is this?
  kubectl drift show droplet-3164444-size-slug-d76ivhbsrs-1

  # The object itself
  kubectl drift show droplet-3164444-size-slug-d76ivhbsrs-1 -o yaml`,
		Args:              atLeastOne("the name of a drift; kubectl drift list has them"),
		ValidArgsFunction: e.completeNames(&driftv1alpha1.CloudDriftList{}),
		RunE: func(cmd *cobra.Command, args []string) error {
			printer, err := o.printer()
			if err != nil {
				return err
			}
			found, err := e.driftsNamed(cmd.Context(), args)
			if err != nil {
				return err
			}
			for i := range found {
				if printer != nil {
					found[i].SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDrift"))
					err = e.print(printer, &found[i])
				} else {
					if i > 0 {
						e.line()
					}
					err = e.show(cmd.Context(), &found[i])
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	o.addFlags(cmd)
	return cmd
}

// atLeastOne wants arguments, and says which.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("give %s", what)
		}
		return nil
	}
}

// driftsNamed are the drifts of these names.
func (e *Env) driftsNamed(ctx context.Context, names []string) ([]driftv1alpha1.CloudDrift, error) {
	cluster, err := e.Client()
	if err != nil {
		return nil, err
	}
	namespace, err := e.Namespace()
	if err != nil {
		return nil, err
	}
	out := make([]driftv1alpha1.CloudDrift, len(names))
	for i, name := range names {
		name = bare(name, "clouddrift")
		err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &out[i])
		if apierrors.IsNotFound(err) && !isMissing(err) {
			return nil, e.noSuch(ctx, "CloudDrift", name, namespace, &driftv1alpha1.CloudDriftList{})
		}
		if err != nil {
			return nil, err
		}
		out[i].ManagedFields = nil
	}
	return out, nil
}

// noSuch says that there is no object of this name, and which may have been meant.
func (e *Env) noSuch(ctx context.Context, kind, name, namespace string, list client.ObjectList) error {
	names, err := e.names(ctx, list)
	if err != nil || len(names) == 0 {
		return fmt.Errorf("there is no %s %q in namespace %s", kind, name, namespace)
	}
	return fmt.Errorf("there is no %s %q in namespace %s%s", kind, name, namespace, didYouMean(name, names))
}

// show writes all there is to know of a drift.
func (e *Env) show(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	m, err := e.meaningOf(ctx, d)
	if err != nil {
		return err
	}
	e.showHead(m)
	e.line()
	e.line(bold.in("What differs"), dim.in("   - expected   + actual"))
	e.diff(differing(m.expected, m.actual, m.ordered()))
	if stateOf(d) == driftv1alpha1.DriftOpen {
		e.showWays(m)
	} else if a := acceptanceIn(m.provisioned, d); a != nil && a.Git == driftv1alpha1.GitPending {
		e.showPending(m, a)
	}
	others := slices.DeleteFunc(m.history, func(other driftv1alpha1.CloudDrift) bool { return other.Name == d.Name })
	if len(others) > 0 {
		e.line()
		e.line(bold.in("Other drifts of the field"))
		e.episodes(others, m.provisioned)
	}
	return nil
}

func (e *Env) showHead(m *meaning) {
	d := m.drift
	e.line(bold.in("%s", d.Spec.ProvisionedRef.Name), "  ", cyan.in("%s", d.Spec.Field))
	row := func(name string, value ...any) { e.line(append([]any{dim.in("%-10s ", name)}, value...)...) }
	row("Drift", d.Name)
	row("Resource", d.Spec.ResourceRef.Kind, " ", d.Spec.ResourceRef.ID, " of account ", d.Spec.AccountRef.Name)
	state := []any{stateStyle(d).in("%s", stateOf(d)), fmt.Sprintf(", detected %s, episode %d", e.at(d.Status.DetectedAt), d.Spec.Episode)}
	if d.Status.ResolvedAt != nil {
		state = append(state, ", resolved ", e.at(d.Status.ResolvedAt), " by ", d.Status.ResolvedBy)
	} else if c := d.Status.ChangedAt; c != nil && !c.Equal(d.Status.DetectedAt) {
		state = append(state, ", changed ", e.at(c))
	}
	row("State", state...)
	if r := d.Status.Resolution; r != nil && r.Reason != "" {
		row("Reason", r.Reason)
	}
	if asked := request(d); asked != "" {
		row("Asked for", yellow.in("%s", asked))
	}
	if words := e.snoozedWords(d); words != "" {
		row("Snoozed", yellow.in("%s", words))
	} else if until := d.Annotations[driftv1alpha1.SnoozeUntilAnnotation]; until != "" && d.Status.Snooze == nil && stateOf(d) == driftv1alpha1.DriftOpen {
		row("Asked for", yellow.in("%s asked to snooze it until %s; the operator has not begun", d.Annotations[driftv1alpha1.SnoozedByAnnotation], until))
	}
	e.showGit(m, row)
}

// showGit says how far what was accepted has come into Git: the drift's own accept, or the one
// that stands in for what is declared of its field.
func (e *Env) showGit(m *meaning, row func(name string, value ...any)) {
	d := m.drift
	if t, ok := takenBack(d); ok {
		words := fmt.Sprintf("Withdrawn by %s at %s", cmp.Or(t.By, "somebody"), t.At.UTC().Format(time.DateTime))
		if t.Reason != "" {
			words += ": " + t.Reason
		}
		row("In Git", words)
		return
	}
	if m.provisioned == nil {
		return
	}
	if a := acceptanceIn(m.provisioned, d); a != nil {
		row("In Git", gitStyle(a.Git).in("%s", a.Git), " since ", e.at(&a.Since), ": ", gitWords[a.Git])
		return
	}
	for i := range m.provisioned.Status.Fields {
		f := &m.provisioned.Status.Fields[i]
		if a := f.Acceptance; a != nil && a.Git == driftv1alpha1.GitPending && f.Path == d.Spec.Field && stateOf(d) == driftv1alpha1.DriftOpen {
			row("In Git", "what is expected was accepted, as ", a.Drift, ", and the manifest has yet to say it")
		}
	}
}

func gitStyle(git driftv1alpha1.GitState) style {
	if git == driftv1alpha1.GitPending {
		return yellow
	}
	return plain
}

func stateStyle(d *driftv1alpha1.CloudDrift) style {
	if stateOf(d) == driftv1alpha1.DriftOpen {
		return yellow
	}
	return green
}

// showPending says what Git has yet to say, and how to take it back.
func (e *Env) showPending(m *meaning, a *driftv1alpha1.Acceptance) {
	accepted, err := objects.AcceptanceOf(m.drift.Spec.Field, a)
	if err != nil {
		return // what is there can't be read, and is shown by -o yaml of the CloudProvisioned
	}
	e.line()
	e.line(bold.in("The manifest of CloudProvisioned %s has yet to say", m.provisioned.Name), dim.in("   - declared   + accepted"))
	e.diff(differing(accepted.From, accepted.To, m.ordered()))
	if request(m.drift) != "" {
		return
	}
	e.line()
	e.line(dim.in("To take it back: kubectl drift withdraw %s%s", e.namespaceFlag(m.drift.Namespace), m.drift.Name))
}

// showWays says how the drift can end.
func (e *Env) showWays(m *meaning) {
	e.line()
	e.line(bold.in("To bring it back, in DigitalOcean"))
	switch words, err := m.restored(); {
	case err != nil:
		e.line("  ", err.Error())
	default:
		e.line("  ", words)
	}
	if takes := m.takes(); takes != "" {
		e.line("  it changes ", takes)
	}
	e.line()
	before, after, err := m.adopted()
	if err != nil {
		e.line(bold.in("It can't be accepted"))
		e.line("  ", err.Error())
		return
	}
	e.line(bold.in("Accepting it writes into CloudProvisioned %s", m.provisioned.Name))
	e.diff(desiredDiff(before, after))
	e.line()
	e.line(dim.in("kubectl drift accept %s%s", e.namespaceFlag(m.drift.Namespace), m.drift.Name))
}

// desiredDiff is the change of a declaration's desired state, as YAML.
func desiredDiff(before, after map[string]any) []diffLine {
	texts := make([]string, 2)
	for i, desired := range []map[string]any{before, after} {
		text, err := yamlOf(map[string]any{"desired": desired})
		if err != nil {
			return []diffLine{{op: ' ', text: err.Error()}}
		}
		texts[i] = text
	}
	return unified(texts[0], texts[1])
}

// namespaceFlag is what a command needs to be about a namespace that is not the usual one.
func (e *Env) namespaceFlag(namespace string) string {
	if usual, _, err := e.Config.ToRawKubeConfigLoader().Namespace(); err == nil && usual == namespace && *e.Config.Namespace == "" {
		return ""
	}
	return "-n " + namespace + " "
}

// at is a time, and how long ago it is.
func (e *Env) at(t *metav1.Time) string {
	if t == nil {
		return "at a time that is not known"
	}
	return fmt.Sprintf("%s ago (%s)", e.since(t), t.UTC().Format(time.DateTime))
}

// episodes has a row for each drift.
func (e *Env) episodes(drifts []driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) {
	t := table{columns: []column{{name: "  EPISODE"}, {name: "DETECTED"}, {name: "EXPECTED", shrinks: true}, {name: "ACTUAL", shrinks: true},
		{name: "STATE"}, {name: "IN GIT"}, {name: "RESOLVED"}, {name: "BY"}, {name: "REASON", shrinks: true}}}
	for i := range drifts {
		d := &drifts[i]
		reason, end := "", ""
		if d.Status.Resolution != nil {
			reason = d.Status.Resolution.Reason
		}
		if d.Status.ResolvedAt != nil {
			end = e.since(d.Status.ResolvedAt)
		}
		t.add(span{text: fmt.Sprintf("  %d", d.Spec.Episode)}, span{text: e.since(d.Status.DetectedAt)},
			red.in("%s", d.Status.Rendered.Expected), green.in("%s", d.Status.Rendered.Actual), stateStyle(d).in("%s", e.stateWords(d)),
			gitSpan(d, acceptanceIn(p, d)), span{text: cmp.Or(end, "-")}, span{text: cmp.Or(d.Status.ResolvedBy, "-")}, span{text: cmp.Or(reason, "-")})
	}
	t.print(e)
}

// gitSpan is gitOf in its style.
func gitSpan(d *driftv1alpha1.CloudDrift, a *driftv1alpha1.Acceptance) span {
	text := gitOf(d, a)
	return gitStyle(driftv1alpha1.GitState(text)).in("%s", text)
}

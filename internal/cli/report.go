package cli

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

//go:embed report.html
var reportPage string

var reportTemplate = template.Must(template.New("report").Parse(reportPage))

type reportOptions struct {
	chosen
	since string
}

func reportCommand(e *Env) *cobra.Command {
	o := &reportOptions{}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a page of what differs, for mail and auditors",
		Long: `Write one HTML page: the verdict, what differs, what is snoozed, which accepted values Git has yet
to say, what nobody can tell, what was seen of each account and how much of it is declared, and
what became of earlier drifts, by whom and why. The page holds everything that it
needs, and no script; it is light or dark as its reader likes.`,
		Example: `  kubectl drift report > report.html
  kubectl drift report -A --since 30d > report.html
  kubectl drift report --account production > production.html`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), e) },
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.everywhere, "all-namespaces", "A", false, "Look at all namespaces.")
	flags.StringSliceVar(&o.accounts, "account", nil, "Only this CloudAccount. May be repeated.")
	flags.StringSliceVar(&o.kinds, "kind", nil, "Only this kind of resource. May be repeated.")
	flags.StringVar(&o.since, "since", "90d", "How far back to look at what became of drifts, as 12h or 30d.")
	return cmd
}

// report is what the page says. Everything in it is text.
type report struct {
	Title, At, Version, Verdict, Sentence, Since string
	Drifts                                       []reportDrift
	Snoozed                                      []reportDrift
	Pending                                      []reportPending
	Unknown                                      []reportUnknown
	Accounts                                     []reportAccount
	History                                      []reportHistory
}

type reportDrift struct {
	Resource, Field, Kind, ID, Account, Detected, Takes, Asked, Snoozed string
	Episode                                                             int64
	Diff                                                                []reportLine
}

type reportLine struct{ Class, Text string }

type reportUnknown struct{ Object, Reason, Message string }

type reportAccount struct {
	Name, Team, Coverage, LastSync, Synced, Ignored string
	Kinds                                           []reportKind
}

type reportKind struct{ Kind, Live, Managed, Unmanaged, Owned, Open, Ignored, Seen, Why string }

type reportPending struct{ Resource, Field, Declared, Accepted, Since string }

type reportHistory struct {
	Detected, Resource, Field, Expected, Actual, Ended, State, Git, By, Reason string
}

func (o *reportOptions) run(ctx context.Context, e *Env) error {
	if e.Terminal.Shows {
		return errors.New("report writes an HTML page: send it to a file, as kubectl drift report > report.html")
	}
	since, err := age("since", o.since)
	if err != nil {
		return err
	}
	found, err := e.find(ctx, &o.chosen, 0)
	if err != nil {
		return err
	}
	past, err := e.drifts(ctx, &o.chosen, driftv1alpha1.DriftAccepted, driftv1alpha1.DriftReverted, driftv1alpha1.DriftStale)
	if err != nil {
		return err
	}
	c := &checked{finding: found, at: e.Clock.Now()}
	c.decide()
	from := c.at.Add(-since)
	r := report{
		Title: o.title(e), At: minute(c.at), Version: e.version, Verdict: c.verdict, Sentence: c.sentence(), Since: minute(from),
		Accounts: o.seen(found.accounts), History: historyOf(past, byName(found.declared), from),
		Pending: o.reportPending(found.declared),
	}
	if r.Drifts, err = e.reportDrifts(found.drifts); err != nil {
		return err
	}
	if r.Snoozed, err = e.reportDrifts(found.snoozed); err != nil {
		return err
	}
	for _, u := range found.unknown {
		r.Unknown = append(r.Unknown, reportUnknown{u.object(o.everywhere), u.Reason, resource.Printable(u.Message)})
	}
	if err := reportTemplate.Execute(e.Out, r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// title says what the page is about.
func (o *reportOptions) title(e *Env) string {
	if len(o.accounts) > 0 {
		return strings.Join(o.accounts, ", ")
	}
	if namespace, err := e.Namespace(); err == nil && !o.everywhere {
		return namespace
	}
	return "all namespaces"
}

// minute is a time for people in any zone.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func minuteOf(t *metav1.Time) string {
	if t == nil {
		return "never"
	}
	return minute(t.Time)
}

func (e *Env) reportDrifts(list []driftv1alpha1.CloudDrift) ([]reportDrift, error) {
	var out []reportDrift
	for i := range list {
		d, err := reportOf(&list[i])
		if err != nil {
			return nil, err
		}
		d.Snoozed = resource.Printable(e.snoozedWords(&list[i]))
		out = append(out, d)
	}
	return out, nil
}

func reportOf(d *driftv1alpha1.CloudDrift) (reportDrift, error) {
	m := &meaning{drift: d}
	if err := m.decode(); err != nil {
		return reportDrift{}, err
	}
	out := reportDrift{
		Resource: d.Spec.ProvisionedRef.Name, Field: d.Spec.Field, Kind: d.Spec.ResourceRef.Kind, ID: resource.Printable(d.Spec.ResourceRef.ID),
		Account: d.Spec.AccountRef.Name, Detected: minute(detectedAt(d)), Episode: d.Spec.Episode, Takes: m.takes(), Asked: resource.Printable(request(d)),
	}
	classes := map[byte]string{'-': "minus", '+': "plus", ' ': "dim"}
	for _, l := range differing(m.expected, m.actual, m.ordered()) {
		out.Diff = append(out.Diff, reportLine{classes[l.op], fmt.Sprintf("%c %s%s", l.op, strings.Repeat("  ", l.depth), resource.Printable(l.text))})
	}
	return out, nil
}

func (o *reportOptions) reportPending(declared []driftv1alpha1.CloudProvisioned) []reportPending {
	var out []reportPending
	for _, p := range pendingOf(declared) {
		from, to := p.rendered()
		name := p.declaration.Name
		if o.everywhere {
			name = p.declaration.Namespace + "/" + name
		}
		out = append(out, reportPending{name, resource.Printable(p.field), resource.Printable(from), resource.Printable(to), minute(p.accepted.Since.Time)})
	}
	return out
}

// seen is what was seen of each account.
func (o *reportOptions) seen(accounts []driftv1alpha1.CloudAccount) []reportAccount {
	var out []reportAccount
	for i := range accounts {
		a := &accounts[i]
		account := reportAccount{Name: a.Name, Team: resource.Printable(a.Status.TeamName), Coverage: capital(coverageWords(a)), LastSync: minuteOf(a.Status.LastSyncTime)}
		if o.everywhere {
			account.Name = a.Namespace + "/" + a.Name
		}
		if why := because(a.Status.Conditions, driftv1alpha1.ConditionSynced); why != "" {
			account.Synced = "It was not complete" + resource.Printable(why)
		}
		if n := a.Status.Ignored; n != nil {
			account.Ignored = capital(ignoredWords(*n)) + "."
		}
		for _, k := range a.Status.Kinds {
			if len(o.kinds) > 0 && !slices.Contains(o.kinds, k.Kind) {
				continue
			}
			kind := reportKind{k.Kind, count(k.Resources).text, count(k.Managed).text, count(k.Unmanaged).text, count(k.Owned).text,
				count(k.OpenDrifts).text, some(ptr.Deref(k.Ignored, 0)).text, minuteOf(k.ObservedAt), ""}
			if k.Reason != "" {
				kind.Why = resource.Printable(k.Reason + ": " + k.Message)
			}
			account.Kinds = append(account.Kinds, kind)
		}
		out = append(out, account)
	}
	return out
}

// historyOf is what became of drifts that ended since, the latest first.
func historyOf(past []driftv1alpha1.CloudDrift, declared declarations, since time.Time) []reportHistory {
	ended := func(d *driftv1alpha1.CloudDrift) time.Time {
		if d.Status.ResolvedAt == nil {
			return time.Time{}
		}
		return d.Status.ResolvedAt.Time
	}
	past = slices.DeleteFunc(past, func(d driftv1alpha1.CloudDrift) bool { return ended(&d).Before(since) })
	slices.SortStableFunc(past, func(a, b driftv1alpha1.CloudDrift) int { return ended(&b).Compare(ended(&a)) })
	var out []reportHistory
	for i := range past {
		d := &past[i]
		h := reportHistory{
			Detected: minute(detectedAt(d)), Resource: d.Spec.ProvisionedRef.Name, Field: d.Spec.Field,
			Expected: resource.Printable(d.Status.Rendered.Expected), Actual: resource.Printable(d.Status.Rendered.Actual),
			Ended: minute(ended(d)), State: string(stateOf(d)), Git: gitOf(d, declared.acceptance(d)), By: resource.Printable(d.Status.ResolvedBy),
		}
		if r := d.Status.Resolution; r != nil {
			h.Reason = resource.Printable(r.Reason)
		}
		out = append(out, h)
	}
	return out
}

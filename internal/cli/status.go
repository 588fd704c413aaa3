package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func statusCommand(e *Env) *cobra.Command {
	var c chosen
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how well the accounts are known",
		Long: `Show how well the accounts are known: whether they can be worked with, how fresh each kind of
the inventory is, how much of it is declared, unmanaged, or owned by something else, what would
differ were nothing ignored, what is snoozed, which accepted values their manifests have yet to
say, and of what nobody can tell whether it is in sync, and why.`,
		Example: `  kubectl drift status
  kubectl drift status -A
  kubectl drift status --account production --kind Droplet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.check(); err != nil {
				return err
			}
			found, err := e.find(cmd.Context(), &c, 0)
			if err != nil {
				return err
			}
			if len(found.accounts) == 0 {
				e.note("No CloudAccount found", e.where(c.everywhere), ".")
				return nil
			}
			for i := range found.accounts {
				if i > 0 {
					e.line()
				}
				e.accountStatus(&found.accounts[i], found, &c)
			}
			if pending := pendingOf(found.declared); len(pending) > 0 {
				e.line()
				e.line(bold.in("Accepted, and not said by Git yet"))
				e.pendingTable(pending, c.everywhere)
			}
			if len(found.unknown) > 0 {
				e.line()
				e.line(bold.in("Nobody can tell"))
				e.unknownTable(found.unknown, c.everywhere)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&c.everywhere, "all-namespaces", "A", false, "Look at all namespaces.")
	flags.StringSliceVar(&c.accounts, "account", nil, "Only this CloudAccount. May be repeated.")
	flags.StringSliceVar(&c.kinds, "kind", nil, "Only this kind of resource. May be repeated.")
	return cmd
}

func (e *Env) accountStatus(a *driftv1alpha1.CloudAccount, found *finding, c *chosen) {
	name := a.Name
	if c.everywhere {
		name = a.Namespace + "/" + name
	}
	e.line(bold.in("%s", name), dim.in("  %s", a.Status.TeamName))
	row := func(name string, value ...any) { e.line(append([]any{dim.in("%-10s ", name)}, value...)...) }
	row("Ready", conditionWords(a.Status.Conditions, driftv1alpha1.ConditionReady)...)
	row("Synced", conditionWords(a.Status.Conditions, driftv1alpha1.ConditionSynced)...)
	last := fmt.Sprintf("%s ago", e.since(a.Status.LastSyncTime))
	if a.Status.LastSyncTime == nil {
		last = "never"
	}
	if next := a.Status.NextSyncTime; next != nil {
		if until := next.Sub(e.Clock.Now()); until > 0 {
			last += fmt.Sprintf(", the next in %s", duration.HumanDuration(until))
		} else {
			last += fmt.Sprintf(", the next was due %s ago", e.since(next))
		}
	}
	row("Last sync", last)
	row("Coverage", coverageWords(a))
	if n := len(pendingIn(found.declared, a)); n > 0 {
		row("Accepted", yellow.in("%d not said by Git yet", n))
	}
	snoozed := snoozedBy(found.snoozed, a)
	if n := len(snoozed); n > 0 {
		row("Snoozed", drifts(n))
	}
	if a.Status.Ignored != nil {
		row("Ignored", ignoredWords(*a.Status.Ignored))
	}
	if r := meta.FindStatusCondition(a.Status.Conditions, driftv1alpha1.ConditionIgnoreRulesMatch); r != nil && r.Status != metav1.ConditionTrue {
		row("Rules", yellow.in("%s", r.Reason), ": ", r.Message)
	}
	if left := a.Status.RateLimit.Remaining; left != nil {
		row("API left", fmt.Sprintf("%d requests this hour", *left))
	}
	if len(a.Status.Kinds) == 0 {
		return
	}
	e.line()
	t := table{columns: []column{{name: "  KIND"}, {name: "LIVE"}, {name: "MANAGED"}, {name: "UNMANAGED"}, {name: "OWNED"}, {name: "OPEN"}, {name: "SNOOZED"}, {name: "IGNORED"}, {name: "SEEN"}, {name: "BEHIND"}, {name: "WHY", shrinks: true}}}
	for _, k := range a.Status.Kinds {
		if len(c.kinds) > 0 && !slices.Contains(c.kinds, k.Kind) {
			continue
		}
		behind, why := span{text: "-"}, span{text: "-"}
		if k.Reason != "" {
			why = yellow.in("%s: %s", k.Reason, k.Message)
		}
		if k.BehindSince != nil {
			behind = yellow.in("%s", e.since(k.BehindSince))
		}
		t.add(span{text: "  " + k.Kind}, count(k.Resources), count(k.Managed), count(k.Unmanaged), count(k.Owned),
			count(k.OpenDrifts), some(snoozed.of(k.Kind)), some(ptr.Deref(k.Ignored, 0)), span{text: e.since(k.ObservedAt)}, behind, why)
	}
	t.print(e)
}

// coverageWords say how much of an account is declared, and what becomes of the rest.
func coverageWords(a *driftv1alpha1.CloudAccount) string {
	if a.Status.Coverage == "" {
		return "nothing is known"
	}
	words := a.Status.Coverage + " managed"
	if n := a.Status.Unmanaged; n != nil {
		words += fmt.Sprintf(", %d unmanaged", *n)
	}
	if n := a.Status.Owned; n != nil && *n > 0 {
		words += fmt.Sprintf("; %d more owned by something else", *n)
	}
	return words
}

// ignoredWords say what is ignored.
func ignoredWords(n int32) string {
	return strings.Replace(drifts(int(n)), " ", " more ", 1) + ", were nothing ignored"
}

// snoozedDrifts are drifts of an account that are snoozed.
type snoozedDrifts []*driftv1alpha1.CloudDrift

func snoozedBy(list []driftv1alpha1.CloudDrift, a *driftv1alpha1.CloudAccount) snoozedDrifts {
	var out snoozedDrifts
	for i := range list {
		if list[i].Namespace == a.Namespace && list[i].Spec.AccountRef.Name == a.Name {
			out = append(out, &list[i])
		}
	}
	return out
}

// of counts those of a kind.
func (s snoozedDrifts) of(kind string) (n int32) {
	for _, d := range s {
		if d.Spec.ResourceRef.Kind == kind {
			n++
		}
	}
	return n
}

// some is a number, or nothing to speak of.
func some(n int32) span {
	if n == 0 {
		return span{text: "-"}
	}
	return span{text: fmt.Sprint(n)}
}

func count(n *int32) span {
	if n == nil {
		return span{text: "?"}
	}
	return span{text: fmt.Sprint(*n)}
}

// conditionWords is a condition in a line.
func conditionWords(conditions []metav1.Condition, name string) []any {
	c := meta.FindStatusCondition(conditions, name)
	switch {
	case c == nil:
		return []any{yellow.in("nothing is known")}
	case c.Status == metav1.ConditionTrue:
		return []any{green.in("yes")}
	case c.Status == metav1.ConditionFalse:
		return []any{red.in("no"), ", ", c.Reason, ": ", c.Message}
	}
	return []any{yellow.in("nobody can tell"), ", ", c.Reason, ": ", c.Message}
}

// unknownTable has a row for each thing of which nobody can tell.
func (e *Env) unknownTable(list []unknown, everywhere bool) {
	t := table{columns: []column{{name: "OBJECT"}, {name: "REASON"}, {name: "MESSAGE", shrinks: true}}}
	for _, u := range list {
		t.add(span{text: u.object(everywhere)}, yellow.in("%s", u.Reason), span{text: u.Message})
	}
	t.print(e)
}

// object names the thing as kubectl does.
func (u unknown) object(everywhere bool) string {
	switch {
	case u.Name == "":
		return "-"
	case everywhere:
		return u.Kind + " " + u.Namespace + "/" + u.Name
	}
	return u.Kind + " " + u.Name
}

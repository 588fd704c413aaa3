package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/duration"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// states are the values of --state.
var states = map[string][]driftv1alpha1.DriftState{
	"open":     {driftv1alpha1.DriftOpen},
	"accepted": {driftv1alpha1.DriftAccepted},
	"reverted": {driftv1alpha1.DriftReverted},
	"stale":    {driftv1alpha1.DriftStale},
	"resolved": {driftv1alpha1.DriftAccepted, driftv1alpha1.DriftReverted, driftv1alpha1.DriftStale},
	"all":      nil,
}

var stateNames = []string{"open", "accepted", "reverted", "stale", "resolved", "all"}

type listOptions struct {
	chosen
	output   output
	state    string
	byChange bool
}

func listCommand(e *Env) *cobra.Command {
	o := &listOptions{output: newOutput("table", "wide")}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List drifts, by resource or by change",
		Long: `List drifts: the open ones, where --state does not say otherwise, by the resource that they
are of. With --by-change the same change of many resources is one row.

Drifts that are snoozed are open, and listed with the time when they count again; --snoozed lists
these alone, --snoozed=false the others.

On a terminal a resource is named once, in a pipe in each of its rows.`,
		Example: `  # What is open?
  kubectl drift list

  # What changed in the same way on many resources?
  kubectl drift list --by-change

  # Firewalls that were changed within the last day, in all namespaces
  kubectl drift list -A --kind Firewall --newer-than 1d

  # What counts as open, and what is snoozed?
  kubectl drift list --snoozed=false
  kubectl drift list --snoozed -o wide

  # What was accepted, and by whom?
  kubectl drift list --state accepted -o wide

  # For scripts
  kubectl drift list --field size_slug -o name`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), e) },
	}
	o.addFlags(cmd.Flags())
	o.addSnoozed(cmd.Flags())
	cmd.Flags().StringVar(&o.state, "state", "open", "Which drifts: "+strings.Join(stateNames, ", ")+".")
	cmd.Flags().BoolVar(&o.byChange, "by-change", false, "List the same change of several resources as one row.")
	o.output.addFlags(cmd)
	return cmd
}

func (o *listOptions) run(ctx context.Context, e *Env) error {
	if err := oneOf("state", o.state, stateNames...); err != nil {
		return err
	}
	printer, err := o.output.printer()
	if err != nil {
		return err
	}
	found, err := e.drifts(ctx, &o.chosen, states[o.state]...)
	if err != nil {
		return err
	}
	if printer != nil {
		return printDrifts(e, printer, found)
	}
	if len(found) == 0 {
		e.note(o.nothing(e))
		return nil
	}
	if o.byChange {
		o.changes(e, found)
		return nil
	}
	o.table(e, found)
	return nil
}

// nothing says that there is nothing, and where.
func (o *listOptions) nothing(e *Env) string {
	what := o.state + " drifts"
	if o.state == "all" {
		what = "drifts"
	}
	return "No " + what + " found" + e.where(o.everywhere) + "."
}

// where ends a sentence with the namespace.
func (e *Env) where(everywhere bool) string {
	namespace, err := e.Namespace()
	if everywhere || err != nil {
		return ""
	}
	return " in namespace " + namespace
}

// table has a row for each drift.
func (o *listOptions) table(e *Env, found []driftv1alpha1.CloudDrift) {
	wide := o.output.is("wide")
	type field struct {
		column
		of   func(d *driftv1alpha1.CloudDrift) span
		when bool
	}
	fields := []field{
		{column{name: "NAMESPACE"}, func(d *driftv1alpha1.CloudDrift) span { return span{text: d.Namespace} }, o.everywhere},
		{column{name: "RESOURCE"}, func(d *driftv1alpha1.CloudDrift) span { return bold.in("%s", d.Spec.ProvisionedRef.Name) }, true},
		{column{name: "KIND"}, func(d *driftv1alpha1.CloudDrift) span { return span{text: d.Spec.ResourceRef.Kind} }, true},
		{column{name: "ID"}, func(d *driftv1alpha1.CloudDrift) span { return span{text: d.Spec.ResourceRef.ID} }, wide},
		{column{name: "ACCOUNT"}, func(d *driftv1alpha1.CloudDrift) span { return span{text: d.Spec.AccountRef.Name} }, wide},
		{column{name: "FIELD", shrinks: true}, func(d *driftv1alpha1.CloudDrift) span { return cyan.in("%s", d.Spec.Field) }, true},
		{column{name: "EXPECTED", shrinks: true}, func(d *driftv1alpha1.CloudDrift) span { return red.in("%s", d.Status.Rendered.Expected) }, true},
		{column{name: "ACTUAL", shrinks: true}, func(d *driftv1alpha1.CloudDrift) span { return green.in("%s", d.Status.Rendered.Actual) }, true},
		{column{name: "STATE"}, func(d *driftv1alpha1.CloudDrift) span { return span{text: string(stateOf(d))} }, wide || o.state != "open"},
		{column{name: "AGE"}, func(d *driftv1alpha1.CloudDrift) span {
			return span{text: duration.HumanDuration(e.Clock.Since(detectedAt(d)))}
		}, true},
		{column{name: "SNOOZED UNTIL"}, func(d *driftv1alpha1.CloudDrift) span { return yellow.in("%s", e.snoozedUntil(d)) }, wide || o.anySnoozed(e, found)},
		{column{name: "EPISODE"}, func(d *driftv1alpha1.CloudDrift) span { return span{text: fmt.Sprint(d.Spec.Episode)} }, wide},
		{column{name: "BY"}, func(d *driftv1alpha1.CloudDrift) span { return span{text: cmp.Or(d.Status.ResolvedBy, "<none>")} }, wide},
		{column{name: "NAME"}, func(d *driftv1alpha1.CloudDrift) span { return dim.in("%s", d.Name) }, true},
	}
	fields = slices.DeleteFunc(fields, func(f field) bool { return !f.when })
	t := table{}
	for _, f := range fields {
		t.columns = append(t.columns, f.column)
	}
	for i := range found {
		row := make([]span, 0, len(fields))
		again := e.Terminal.Shows && i > 0 && sameResource(&found[i-1], &found[i])
		for _, f := range fields {
			cell := f.of(&found[i])
			if again && slices.Contains(ofResource, f.name) {
				cell.text = ""
			}
			row = append(row, cell)
		}
		t.add(row...)
	}
	t.print(e)
}

// anySnoozed says whether there is a snooze to tell of.
func (o *listOptions) anySnoozed(e *Env, found []driftv1alpha1.CloudDrift) bool {
	return slices.ContainsFunc(found, func(d driftv1alpha1.CloudDrift) bool { return objects.IsSnoozed(&d, e.Clock.Now()) })
}

// snoozedUntil is until when a drift does not count as open.
func (e *Env) snoozedUntil(d *driftv1alpha1.CloudDrift) string {
	if !objects.IsSnoozed(d, e.Clock.Now()) {
		return "<none>"
	}
	return d.Status.Snooze.Until.UTC().Format(time.RFC3339)
}

// ofResource are the columns that are the same for all drifts of a resource.
var ofResource = []string{"NAMESPACE", "RESOURCE", "KIND", "ID", "ACCOUNT"}

func sameResource(a, b *driftv1alpha1.CloudDrift) bool {
	return a.Namespace == b.Namespace && a.Spec.ProvisionedRef == b.Spec.ProvisionedRef && a.Spec.ResourceRef == b.Spec.ResourceRef
}

// change is the same difference of several resources.
type change struct {
	kind, field      string
	expected, actual string
	state            driftv1alpha1.DriftState
	drifts           []*driftv1alpha1.CloudDrift
}

// changesOf are the drifts by what changed, those of most resources first.
func changesOf(found []driftv1alpha1.CloudDrift) []*change {
	type key struct {
		kind, field, expected, actual string
		state                         driftv1alpha1.DriftState
	}
	byKey := map[key]*change{}
	var out []*change
	for i := range found {
		d := &found[i]
		k := key{d.Spec.ResourceRef.Kind, d.Spec.Field, string(d.Status.Expected.Raw), string(d.Status.Actual.Raw), stateOf(d)}
		c := byKey[k]
		if c == nil {
			c = &change{kind: k.kind, field: k.field, state: k.state, expected: d.Status.Rendered.Expected, actual: d.Status.Rendered.Actual}
			byKey[k] = c
			out = append(out, c)
		}
		c.drifts = append(c.drifts, d)
	}
	slices.SortStableFunc(out, func(a, b *change) int {
		return cmp.Or(-cmp.Compare(len(a.drifts), len(b.drifts)), cmp.Compare(a.kind, b.kind), cmp.Compare(a.field, b.field))
	})
	return out
}

// apart has each drift of changes by itself.
func apart(changes []*change) []*change {
	var out []*change
	for _, c := range changes {
		for _, d := range c.drifts {
			one := *c
			one.drifts = []*driftv1alpha1.CloudDrift{d}
			out = append(out, &one)
		}
	}
	return out
}

// resources names the change's resources, the first few of them.
func (c *change) resources() string {
	const most = 3
	var names []string
	for _, d := range c.drifts[:min(len(c.drifts), most)] {
		names = append(names, d.Spec.ProvisionedRef.Name)
	}
	if more := len(c.drifts) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// stateWords say the state, and how many of the drifts are snoozed.
func (c *change) stateWords(e *Env) string {
	snoozed := 0
	for _, d := range c.drifts {
		if objects.IsSnoozed(d, e.Clock.Now()) {
			snoozed++
		}
	}
	if snoozed == 0 {
		return string(c.state)
	}
	return fmt.Sprintf("%s, %d snoozed", c.state, snoozed)
}

// changes has a row for each change.
func (o *listOptions) changes(e *Env, found []driftv1alpha1.CloudDrift) {
	t := table{columns: []column{{name: "DRIFTS"}, {name: "KIND"}, {name: "FIELD", shrinks: true}, {name: "EXPECTED", shrinks: true},
		{name: "ACTUAL", shrinks: true}, {name: "STATE"}, {name: "RESOURCES", shrinks: true}}}
	for _, c := range changesOf(found) {
		t.add(bold.in("%d", len(c.drifts)), span{text: c.kind}, cyan.in("%s", c.field), red.in("%s", c.expected),
			green.in("%s", c.actual), span{text: c.stateWords(e)}, dim.in("%s", c.resources()))
	}
	t.print(e)
}

package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func historyCommand(e *Env) *cobra.Command {
	var fields []string
	o := newOutput("table")
	cmd := &cobra.Command{
		Use:   "history RESOURCE",
		Short: "Show all drifts that a resource has had",
		Long: `Show all drifts that a resource has had, the oldest first: what was expected and what was there,
how each ended, by whom and why, and how far what was accepted last of a field has come into Git:
Pending, Landed, Lapsed (the live value went back), Superseded by a third value, or Withdrawn. The
resource is named by its CloudProvisioned, or by kind and id.`,
		Example: `  kubectl drift history web-1
  kubectl drift history Droplet/3164444 --field size_slug`,
		Args:              exactlyOne("the name of a CloudProvisioned, or KIND/ID"),
		ValidArgsFunction: e.completeNames(&driftv1alpha1.CloudProvisionedList{}),
		RunE: func(cmd *cobra.Command, args []string) error {
			printer, err := o.printer()
			if err != nil {
				return err
			}
			found, err := e.driftsOf(cmd.Context(), args[0], fields)
			if err != nil {
				return err
			}
			if printer != nil {
				return printDrifts(e, printer, found)
			}
			if len(found) == 0 {
				e.note(args[0], " has had no drift that is still remembered.")
				return nil
			}
			declared, err := e.declarationsOf(cmd.Context(), found)
			if apierrors.IsForbidden(err) {
				e.note("nobody can tell what is IN GIT: ", e.explain(err).Error())
			} else if err != nil {
				return err
			}
			e.historyTable(found, declared)
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&fields, "field", nil, "Only drifts of this field and what lies below it. May be repeated.")
	o.addFlags(cmd)
	return cmd
}

func exactlyOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("give %s", what)
		}
		return nil
	}
}

// driftsOf are all drifts of a resource, the oldest first.
func (e *Env) driftsOf(ctx context.Context, name string, fields []string) ([]driftv1alpha1.CloudDrift, error) {
	c := chosen{fields: fields}
	name = bare(name, "cloudprovisioned")
	if kind, id, ok := strings.Cut(name, "/"); ok {
		known, err := kindNamed(kind)
		if err != nil {
			return nil, err
		}
		c.kinds, c.where = []string{known.Name}, []string{"id=" + id}
	} else {
		c.where = []string{"resource=" + name}
	}
	found, err := e.drifts(ctx, &c)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && len(c.kinds) == 0 {
		if err := e.provisionedExists(ctx, name); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(found, func(a, b driftv1alpha1.CloudDrift) int { return detectedAt(&a).Compare(detectedAt(&b)) })
	return found, nil
}

func (e *Env) provisionedExists(ctx context.Context, name string) error {
	cluster, err := e.Client()
	if err != nil {
		return err
	}
	namespace, err := e.Namespace()
	if err != nil {
		return err
	}
	err = cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &driftv1alpha1.CloudProvisioned{})
	if apierrors.IsNotFound(err) && !isMissing(err) {
		return e.noSuch(ctx, "CloudProvisioned", name, namespace, &driftv1alpha1.CloudProvisionedList{})
	}
	return err
}

func (e *Env) historyTable(found []driftv1alpha1.CloudDrift, declared declarations) {
	t := table{columns: []column{{name: "DETECTED"}, {name: "FIELD", shrinks: true}, {name: "EXPECTED", shrinks: true}, {name: "ACTUAL", shrinks: true},
		{name: "STATE"}, {name: "IN GIT"}, {name: "RESOLVED"}, {name: "BY"}, {name: "REASON", shrinks: true}}}
	for i := range found {
		d := &found[i]
		end, reason := "-", "-"
		if d.Status.ResolvedAt != nil {
			end = d.Status.ResolvedAt.UTC().Format("2006-01-02 15:04")
		}
		if r := d.Status.Resolution; r != nil {
			reason = cmp.Or(r.Reason, "-")
		}
		t.add(span{text: detectedAt(d).UTC().Format("2006-01-02 15:04")}, cyan.in("%s", d.Spec.Field), red.in("%s", d.Status.Rendered.Expected),
			green.in("%s", d.Status.Rendered.Actual), stateStyle(d).in("%s", e.stateWords(d)), gitSpan(d, declared.acceptance(d)), span{text: end}, span{text: cmp.Or(d.Status.ResolvedBy, "-")}, span{text: reason})
	}
	t.print(e)
}

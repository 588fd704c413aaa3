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
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

// exportOptions are the flags of export.
type exportOptions struct {
	chosen
	output string
	write  string
	yes    bool
	dryRun bool
}

// exportFormats are what -o takes, the default first.
var exportFormats = []string{"table", "kustomize", "json6902", "hcl"}

func exportCommand(e *Env) *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use:   "export [NAME...]",
		Short: "Bring accepted values into Git",
		Long: `Show what accepts ask of Git: the accepted values that the manifests do not say yet, as the
condition AcceptancesPending lists them. An acceptance is over when what is applied says the value.

With --write the manifests in a folder are edited, in place: nothing but the values changes,
and comments, order and layout stay. The diff is shown first. What is declared from a Terraform
state is shown as HCL, with the address of the resource.

-o table lists them, kustomize writes patches for a kustomization, json6902 the JSON patch of
one CloudProvisioned, hcl what to change in a Terraform configuration.

Exit code 3 says that some of it could not be written; what, and why, is written to the error
output.`,
		Example: `  # What has Git yet to say?
  kubectl drift export

  # Say it in the manifests of a checkout
  kubectl drift export --write infra/production --dry-run
  kubectl drift export --write infra/production && git -C infra commit -a

  # As patches in a kustomization
  kubectl drift export -o kustomize

  # What to change in Terraform
  kubectl drift export -o hcl`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), e, args) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", exportFormats[0], "Output format. One of: "+strings.Join(exportFormats, ", ")+".")
	flags.StringVar(&o.write, "write", "", "Edit the manifests in this folder, and in those within it.")
	flags.BoolVar(&o.dryRun, "dry-run", false, "Only show what --write would change.")
	flags.BoolVarP(&o.yes, "yes", "y", false, "Do not ask.")
	flags.StringSliceVar(&o.accounts, "account", nil, "Only declarations of this CloudAccount. May be repeated.")
	flags.StringSliceVar(&o.kinds, "kind", nil, "Only declarations of this kind of resource, as Droplet. May be repeated.")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(exportFormats, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagDirname("write")
	cmd.ValidArgsFunction = e.completeNames(&driftv1alpha1.CloudProvisionedList{})
	return cmd
}

func (o *exportOptions) run(ctx context.Context, e *Env, names []string) error {
	if err := oneOf("output", o.output, exportFormats...); err != nil {
		return err
	}
	if (o.dryRun || o.yes) && o.write == "" {
		return errors.New("--dry-run and --yes are for --write")
	}
	if err := o.check(); err != nil {
		return err
	}
	found, err := o.pending(ctx, e, names)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		e.note("The manifests say all that was accepted", e.where(false), ".")
		return nil
	}
	switch {
	case o.write != "":
		return o.edit(ctx, e, found)
	case o.output == "kustomize":
		return e.exportKustomize(found)
	case o.output == "json6902":
		return e.exportPatch(found)
	case o.output == "hcl":
		return e.exportHCL(found)
	}
	e.exportTable(found)
	return nil
}

// asked is what accepts ask of the manifest of one declaration.
type asked struct {
	declared *driftv1alpha1.CloudProvisioned
	kind     kinds.Kind
	accepted []drift.Acceptance
}

// set is the CloudProvisionedSet that keeps the declaration, or "".
func (a *asked) set() string { return a.declared.Labels[driftv1alpha1.SetLabel] }

// address is Terraform's, or "".
func (a *asked) address() string {
	return a.declared.Annotations[driftv1alpha1.TerraformAddressAnnotation]
}

// pending are the declarations whose manifests have something yet to say, by name.
func (o *exportOptions) pending(ctx context.Context, e *Env, names []string) ([]asked, error) {
	all, err := e.declarations(ctx, &o.chosen)
	if err != nil {
		return nil, err
	}
	var there []string
	for i := range all {
		there = append(there, all[i].Name)
	}
	for i, name := range names {
		if names[i] = bare(name, "cloudprovisioned"); !slices.Contains(there, names[i]) {
			return nil, fmt.Errorf("there is no CloudProvisioned %q%s%s", names[i], e.where(false), didYouMean(names[i], there))
		}
	}
	var out []asked
	for i := range all {
		p := &all[i]
		if len(names) > 0 && !slices.Contains(names, p.Name) {
			continue
		}
		accepted := objects.PendingAcceptances(p)
		kind, known := kinds.Lookup(p.Spec.Resource.Kind)
		if len(accepted) == 0 || !known {
			continue
		}
		slices.SortFunc(accepted, func(a, b drift.Acceptance) int { return cmp.Compare(a.Path, b.Path) })
		out = append(out, asked{declared: p, kind: kind, accepted: accepted})
	}
	return out, nil
}

func (e *Env) exportTable(found []asked) {
	t := table{columns: []column{{name: "NAME"}, {name: "FIELD"}, {name: "MANIFEST", shrinks: true}, {name: "ACCEPTED", shrinks: true}, {name: "TERRAFORM", shrinks: true}}}
	for i := range found {
		a := &found[i]
		for _, accepted := range a.accepted {
			from, to := resource.ShortPair(accepted.From, accepted.To, objects.RenderLimit)
			t.add(bold.in("%s", a.declared.Name), cyan.in("%s", accepted.Path), red.in("%s", from), green.in("%s", to), span{text: cmp.Or(a.address(), "-")})
		}
	}
	t.print(e)
}

// exportHCL writes what to change in Terraform's configuration.
func (e *Env) exportHCL(found []asked) error {
	partly, any := false, false
	for i := range found {
		a := &found[i]
		if a.address() == "" {
			partly = true
			e.note(a.declared.Name, ": it has no Terraform address: edit its manifest, with --write")
			continue
		}
		for _, accepted := range a.accepted {
			hcl, ok := a.hcl(accepted)
			if !ok {
				partly = true
				e.note(a.declared.Name, ": Terraform's provider does not set ", accepted.Path)
				continue
			}
			if any {
				e.line()
			}
			any = true
			for line := range strings.Lines(hcl) {
				e.line(strings.TrimSuffix(line, "\n"))
			}
		}
	}
	return partlyDone(partly)
}

func (a *asked) hcl(accepted drift.Acceptance) (text string, ok bool) {
	at, err := resource.ParsePath(accepted.Path)
	if err != nil {
		return "", false
	}
	return terraform.Edit(a.kind, a.address(), at, accepted.From, accepted.To)
}

// partlyDone is the end of a command that left something undone.
func partlyDone(partly bool) error {
	if partly {
		return &exitError{code: exitPartly}
	}
	return nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declare"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// exitPartly is the exit code of adopt and export where something was left, and told.
const exitPartly = 3

// adoptOptions are the flags of adopt.
type adoptOptions struct {
	account  string
	kinds    []string
	tags     []string
	projects []string
	names    []string
	all      bool
	by       string
	defaults bool
	again    bool
	to       string
	state    string
}

func adoptCommand(e *Env) *cobra.Command {
	o := &adoptOptions{}
	cmd := &cobra.Command{
		Use:   "adopt [RESOURCE...]",
		Short: "Write declarations of what exists",
		Long: `Write a CloudProvisioned for each resource that there is, as one would write it by hand: with
the fields that one would declare, and neither what is only read, nor secrets, nor what is at
DigitalOcean's default.

The resources are those of the inventory: some that are named, as a CloudResource is or as
KIND/ID, those that flags choose, or all of an account. With --terraform-state they are those
of a Terraform or OpenTofu state, and each declaration has its Terraform address as an annotation.

Left out, and counted, is what Kubernetes or DigitalOcean looks after by itself, unless it is
named or Terraform has it, and what is declared already. Nothing is written to the cluster. In
a folder, what it declares already stays as it is, and the kustomization.yaml gets what is new.

Exit code 3 says that something could not be declared, or that the inventory may lack
something; what, and why, is written to the error output.`,
		Example: `  # One resource, looked at before it is applied
  kubectl drift adopt Droplet/3164444
  kubectl drift adopt Droplet/3164444 | kubectl apply -f -

  # All droplets and volumes with a tag
  kubectl drift adopt --kind Droplet --kind Volume --tag prod

  # The whole account, one file a resource, for Git
  kubectl drift adopt --all --to infra/production
  kubectl apply -k infra/production

  # By name, so that a resource that takes the place of another is meant too
  kubectl drift adopt --kind DomainRecord --by name

  # What Terraform has
  terraform state pull | kubectl drift adopt --terraform-state - --to infra/production`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), e, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.account, "account", "", "The CloudAccount whose resources are declared. Needed where the namespace has several; given alone, it means all that the account has.")
	flags.StringSliceVar(&o.kinds, "kind", nil, "Only resources of this kind, as Droplet. May be repeated.")
	flags.StringSliceVar(&o.tags, "tag", nil, "Only resources with this tag. May be repeated: one of them is enough.")
	flags.StringSliceVar(&o.projects, "project", nil, "Only resources of the project of this id. DigitalOcean tells it of "+projectKinds()+" alone. May be repeated.")
	flags.StringSliceVar(&o.names, "name", nil, "Only resources of this name, in which * stands for any text. May be repeated.")
	flags.BoolVar(&o.all, "all", false, "All that the account has.")
	flags.StringVar(&o.by, "by", string(declare.ByID), "How a declaration refers to its resource: id (that one resource), or name (whichever has the name, and what tells it from others of that name).")
	flags.BoolVar(&o.defaults, "defaults", false, "Declare what is at DigitalOcean's default too.")
	flags.BoolVar(&o.again, "declared", false, "Do not leave out what is declared already.")
	flags.StringVar(&o.to, "to", "", "The folder to write to: one file a resource, and a kustomization.yaml. Without it everything goes to the output.")
	flags.StringVar(&o.state, "terraform-state", "", "Declare what this file has: what terraform state pull, or terraform show -json, prints. - is the input.")
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions([]string{string(declare.ByID), string(declare.ByName)}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagDirname("to")
	_ = cmd.MarkFlagFilename("terraform-state", "tfstate", "json")
	cmd.ValidArgsFunction = e.completeNames(&driftv1alpha1.CloudResourceList{})
	return cmd
}

// projectKinds are the kinds that tell their project.
func projectKinds() string {
	var names []string
	for _, kind := range kinds.All() {
		if slices.Contains(kind.TopNames(), projectField) {
			names = append(names, kind.Name)
		}
	}
	return strings.Join(names, ", ")
}

const projectField = "project_id"

func (o *adoptOptions) run(ctx context.Context, e *Env, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	sources, err := o.sources(ctx, e, args)
	if err != nil {
		return err
	}
	made := adopted{owned: map[kinds.Owner]int{}}
	for i := range sources {
		made.add(&sources[i], o)
	}
	if err := o.write(e, &made); err != nil {
		return err
	}
	made.tell(e)
	if made.partly {
		return &exitError{code: exitPartly}
	}
	return nil
}

func (o *adoptOptions) check(args []string) error {
	if err := oneOf("by", o.by, string(declare.ByID), string(declare.ByName)); err != nil {
		return err
	}
	for i, name := range o.kinds {
		kind, err := kindNamed(name)
		if err != nil {
			return err
		}
		o.kinds[i] = kind.Name
	}
	chosen := len(o.kinds)+len(o.tags)+len(o.projects)+len(o.names) > 0 || o.all
	switch {
	case len(args) > 0 && o.state != "":
		return errors.New("of a Terraform state resources are chosen by --kind, --tag, --project or --name, and not by what they are called in the cluster")
	case len(args) > 0 && chosen:
		return errors.New("give resources, or flags that choose, and not both")
	case len(args) == 0 && !chosen && o.account == "" && o.state == "":
		return errors.New("which resources? Give some (kubectl get cloudresource has them), or choose by --kind, --tag, --project or --name, or --all")
	}
	for _, pattern := range o.names {
		if err := checkGlob(pattern); err != nil {
			return err
		}
	}
	return nil
}

// source is what an account has, and what there is to declare of it.
type source struct {
	account, namespace string
	items              []declare.Item
	// among are all resources of the account, taken the names of declarations that there are,
	// and declared the resources that these are of.
	among    []resource.Resource
	taken    map[string]resource.Ref
	declared map[resource.Ref]bool
	// notes say what is missing, or could not be understood. partly says that one of them is
	// about something that nobody declares now.
	notes  []string
	partly bool
}

// adopted is what was made.
type adopted struct {
	declarations []*driftv1alpha1.CloudProvisioned
	owned        map[kinds.Owner]int
	declared     int
	onlyByID     []string
	empty        []string
	notes        []string
	partly       bool
	// written and kept are how many files are new, and how many the folder had already.
	written, kept int
	folder        string
}

func (a *adopted) add(s *source, o *adoptOptions) {
	items := slices.DeleteFunc(slices.Clone(s.items), func(item declare.Item) bool {
		return !o.again && s.declared[keyed(item.Ref)]
	})
	a.declared += len(s.items) - len(items)
	taken := maps.Clone(s.taken)
	if taken == nil {
		taken = map[string]resource.Ref{}
	}
	for _, p := range a.declarations { // of another account
		taken[p.Name] = resource.Ref{}
	}
	made := declare.Make(items, declare.Options{
		Account: s.account, Namespace: s.namespace, By: declare.By(o.by), Defaults: o.defaults, Among: s.among, Taken: taken,
	})
	a.declarations = append(a.declarations, made.Declarations...)
	for owner, n := range made.Owned {
		a.owned[owner] += n
	}
	a.onlyByID = append(a.onlyByID, made.OnlyByID...)
	for _, ref := range made.Empty {
		a.empty = append(a.empty, ref.Kind+"/"+ref.ID)
	}
	for kind, n := range made.Unknown {
		s.partly = true
		s.notes = append(s.notes, fmt.Sprintf("%d of kind %s, which this plugin does not know: it is older than the operator", n, kind))
	}
	a.notes = append(a.notes, s.notes...)
	a.partly = a.partly || s.partly || len(made.Empty) > 0
}

// keyed is a resource's identity, however its id is spelled.
func keyed(ref resource.Ref) resource.Ref {
	if kind, known := kinds.Lookup(ref.Kind); known && kind.ID.NoCase {
		ref.ID = strings.ToLower(ref.ID)
	}
	return ref
}

// tell says what was made, and what was not.
func (a *adopted) tell(e *Env) {
	for _, note := range a.notes {
		e.note(note)
	}
	if len(a.empty) > 0 {
		e.note("not declared, because nothing is known of it that one would declare: ", strings.Join(a.empty, ", "))
	}
	if len(a.onlyByID) > 0 {
		e.note("declared by id, because no name tells it apart: ", strings.Join(a.onlyByID, ", "))
	}
	made := counted(len(a.declarations), "declaration")
	if a.folder != "" {
		made = fmt.Sprintf("%s, %d new in %s", made, a.written, a.folder)
		if a.kept > 0 {
			made += fmt.Sprintf(", %d there already", a.kept)
		}
	}
	var left []string
	for _, owner := range kinds.Owners {
		if n := a.owned[owner]; n > 0 {
			left = append(left, fmt.Sprintf("%d that %s looks after", n, owner))
		}
	}
	if a.declared > 0 {
		left = append(left, fmt.Sprintf("%d declared already", a.declared))
	}
	if len(left) > 0 {
		made += "; left out: " + strings.Join(left, ", ")
	}
	e.note(made, ".")
}

// counted is a number of things.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

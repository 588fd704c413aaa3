package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// verdicts of a check.
const (
	verdictInSync  = "InSync"
	verdictDrifted = "Drifted"
	verdictUnknown = "Unknown"
)

// checked is the outcome of a check.
type checked struct {
	*finding
	verdict string
	strict  bool
	at      time.Time
}

// checkFormats are the ways in which a check is written. This is the one place where a
// format is registered.
var checkFormats = []struct {
	name  string
	write func(e *Env, c *checked, w io.Writer) error
}{
	{"table", checkTable},
	{"json", checkJSON},
	{"markdown", checkMarkdown},
	{"junit", checkJUnit},
	{"sarif", checkSARIF},
}

type checkOptions struct {
	chosen
	sync    bool
	strict  bool
	maxAge  string
	output  string
	timeout time.Duration
}

func checkCommand(e *Env) *cobra.Command {
	o := &checkOptions{}
	var formats []string
	for _, f := range checkFormats {
		formats = append(formats, f.name)
	}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say by the exit code whether anything differs, for pipelines",
		Long: `Say by the exit code whether anything differs:

  0  everything that is declared is in sync
  2  something differs
  3  nobody can tell: the inventory is stale, something is unknown or nothing is declared;
     with --strict also where a resource lives that nobody declared and nothing else looks
     after, or a kind could not be listed
  1  an error: the cluster could not be asked

Drifts that are snoozed are told, and do not count until their time comes.`,
		Example: `  # In a pipeline: look anew, and fail where anything differs
  kubectl drift check --sync

  # As a comment on a pull request
  kubectl drift check -o markdown > comment.md

  # As a test report, of droplets, with an inventory of the last two hours
  kubectl drift check --kind Droplet --max-age 2h -o junit > clouddrift.xml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), e, formats) },
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.sync, "sync", false, "Refresh the inventory first, and wait for it.")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 10*time.Minute, "How long to wait for the sync.")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "Nobody can tell where a resource lives that is not declared, and that nothing else looks after, or a kind could not be listed.")
	cmd.Flags().StringVar(&o.maxAge, "max-age", "", "An inventory that is older tells nothing, as 90m, 12h or 7d.")
	cmd.Flags().StringVarP(&o.output, "output", "o", "table", "Output format. One of: "+strings.Join(formats, ", ")+".")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *checkOptions) run(ctx context.Context, e *Env, formats []string) error {
	if err := oneOf("output", o.output, formats...); err != nil {
		return err
	}
	maxAge, err := age("max-age", o.maxAge)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.sync {
		accounts, err := e.accounts(ctx, &o.chosen)
		if err != nil {
			return err
		}
		// What came of it is seen in what is found.
		if _, err := e.sync(ctx, accounts, &waiting{wait: true, timeout: o.timeout}, func(...any) {}); err != nil {
			return err
		}
	}
	found, err := e.find(ctx, &o.chosen, maxAge)
	if err != nil {
		return err
	}
	out := &checked{finding: found, strict: o.strict, at: e.Clock.Now()}
	code := out.decide()
	for _, f := range checkFormats {
		if f.name == o.output {
			if err := f.write(e, out, e.Out); err != nil {
				return fmt.Errorf("writing the outcome: %w", err)
			}
		}
	}
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}

// decide reaches the verdict. What differs differs, whatever else nobody can tell.
func (c *checked) decide() (code int) {
	if c.strict {
		c.beStrict()
	}
	switch {
	case len(c.drifts) > 0:
		c.verdict = verdictDrifted
		return exitDrift
	case len(c.unknown) > 0:
		c.verdict = verdictUnknown
		return exitUnknown
	}
	c.verdict = verdictInSync
	return exitOK
}

// beStrict takes for unknown what nobody declared, and kinds that could not be listed.
func (c *checked) beStrict() {
	for i := range c.accounts {
		a := &c.accounts[i]
		for _, k := range a.Status.Kinds {
			if k.BehindSince != nil {
				c.unknown = append(c.unknown, unknown{"CloudAccount", a.Namespace, a.Name, k.Reason, k.Kind + ": " + k.Message})
			}
		}
	}
	for _, u := range c.uncovered {
		c.unknown = append(c.unknown, unknown{"CloudAccount", "", u.Account, "NotDeclared",
			fmt.Sprintf("%d of %d resources of kind %s are not declared, and nothing else is known to look after them", u.Unmanaged, u.Live, u.Kind)})
	}
}

// sentence is the verdict in words.
func (c *checked) sentence() string {
	switch c.verdict {
	case verdictDrifted:
		return fmt.Sprintf("%s of %s", drifts(len(c.drifts)), resources(c.drifts))
	case verdictUnknown:
		return "nobody can tell whether everything is in sync"
	}
	if len(c.snoozed) > 0 {
		return fmt.Sprintf("in sync but for %s, snoozed: %d declared", drifts(len(c.snoozed)), len(c.declared))
	}
	return fmt.Sprintf("in sync: %d declared, none differs", len(c.declared))
}

// resources counts those that drifts are of.
func resources(list []driftv1alpha1.CloudDrift) string {
	of := map[string]bool{}
	for i := range list {
		of[list[i].Namespace+"/"+list[i].Spec.ProvisionedRef.Name] = true
	}
	if len(of) == 1 {
		return "1 resource"
	}
	return fmt.Sprintf("%d resources", len(of))
}

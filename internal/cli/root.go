package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// commands are the commands. This is the one place where a command is registered.
func commands() []func(*Env) *cobra.Command {
	return []func(*Env) *cobra.Command{
		listCommand,
		showCommand,
		acceptCommand,
		withdrawCommand,
		snoozeCommand,
		triageCommand,
		watchCommand,
		historyCommand,
		statusCommand,
		syncCommand,
		checkCommand,
		reportCommand,
		explainCommand,
		adoptCommand,
		exportCommand,
	}
}

// Run runs the command that args name, and returns the exit code. What goes wrong is said in
// one line.
func (e *Env) Run(ctx context.Context, args []string) int {
	root := e.Root() //nolint:contextcheck // what it completes takes the context of its command
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var exit *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		if exit.err != nil {
			e.complain(e.explain(exit.err))
		}
		return exit.code
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	e.complain(e.explain(err))
	return exitError1
}

// Root is the command `kubectl drift` with all commands below it.
func (e *Env) Root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kubectl-drift",
		Short: "See and resolve what differs between DigitalOcean and what is declared",
		Long: `See and resolve what differs between DigitalOcean and what is declared.

clouddrift gives every field of a DigitalOcean resource that is not as it was declared an
object of its own, a CloudDrift. kubectl drift lists them, shows what they mean, and asks for
their resolution.`,
		Example: `  # What differs?
  kubectl drift list

  # What does it mean, and what would an accept write?
  kubectl drift show droplet-3164444-size-slug-d76ivhbsrs-1

  # The live value is right: make it the desired one
  kubectl drift accept droplet-3164444-size-slug-d76ivhbsrs-1 --reason 'the launch needs it'`,
		Version:       e.version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl drift"},
		Args:          cobra.ArbitraryArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return e.prepare()
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetIn(e.In)
	root.SetOut(e.Out)
	root.SetErr(e.ErrOut)
	root.SetFlagErrorFunc(flagError)
	e.Config.AddFlags(root.PersistentFlags())
	root.PersistentFlags().StringVar(&e.colour, "color", "auto", "When to use colour: auto (on a terminal, unless NO_COLOR is set), always or never.")
	for _, command := range commands() {
		root.AddCommand(command(e))
	}
	e.completeFlags(root)
	return root
}

func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, command := range root.Commands() {
		if command.IsAvailableCommand() {
			names = append(names, command.Name())
		}
	}
	return fmt.Errorf("there is no command %q%s; kubectl drift --help lists all", name, didYouMean(name, names))
}

// flagError says what may have been meant by a flag that there is not.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	meant := drift.Nearest(unknown.GetSpecifiedName(), names)
	if meant == "" {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	}
	return fmt.Errorf("%w; did you mean --%s?", err, meant)
}

// didYouMean is a clause that names what is most like what somebody wrote, or nothing.
func didYouMean(wrote string, names []string) string {
	if meant := drift.Nearest(wrote, names); meant != "" {
		return "; did you mean " + meant + "?"
	}
	return ""
}

// oneOf refuses a value that is not among the allowed ones.
func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("--%s must be one of %s, not %q%s", flag, strings.Join(allowed, ", "), value, didYouMean(value, allowed))
}

// Command clidoc writes docs/kubectl-drift-reference.md from the commands of internal/cli, so
// that the page says what --help says.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/arcadiacloud/clouddrift/internal/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: clidoc FILE")
		os.Exit(2)
	}
	err := os.WriteFile(os.Args[1], render(), 0o644) //nolint:gosec // a page of documentation
	if err != nil {
		fmt.Fprintln(os.Stderr, "clidoc:", err)
		os.Exit(1)
	}
}

const preamble = `<!-- Written by hack/clidoc from internal/cli; run "make generate". -->

# The commands of kubectl drift

What each command does, as its --help says it. How to install the plugin and a way through it are in [kubectl-drift.md](kubectl-drift.md).

Every command also takes [kubectl's usual flags](#the-usual-flags).
`

func render() []byte {
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	root := cli.NewEnv(streams, "").Root()
	var page bytes.Buffer
	page.WriteString(preamble)
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() {
			section(&page, cmd)
		}
	}
	page.WriteString("\n## The usual flags\n\nThey say which cluster, which namespace and as whom, as for kubectl.\n")
	flags(&page, root.PersistentFlags())
	return page.Bytes()
}

func section(page *bytes.Buffer, cmd *cobra.Command) {
	fmt.Fprintf(page, "\n## %s\n\n%s\n\n```sh\n%s\n```\n", cmd.Name(), prose(cmd), usage(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(page, "\n```sh\n%s\n```\n", unindented(cmd.Example))
	}
	flags(page, cmd.LocalNonPersistentFlags())
}

// prose is the long description, with its tables kept as they are.
func prose(cmd *cobra.Command) string {
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(paragraph, "  ") {
			out = append(out, "```\n"+unindented(paragraph)+"\n```")
			continue
		}
		out = append(out, strings.ReplaceAll(paragraph, "\n", " "))
	}
	return strings.Join(out, "\n\n")
}

func usage(cmd *cobra.Command) string {
	line := "kubectl drift " + cmd.Use
	if cmd.HasAvailableLocalFlags() {
		line += " [flags]"
	}
	return line
}

func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}

func flags(page *bytes.Buffer, set *pflag.FlagSet) {
	first := true
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if first {
			page.WriteString("\n| flag | default | |\n| --- | --- | --- |\n")
			first = false
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		fmt.Fprintf(page, "| %s | %s | %s |\n", name, standard(f), strings.ReplaceAll(f.Usage, "|", `\|`))
	})
}

// standard is a flag's default, where it says something.
func standard(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "false", "[]", "0", "0s":
		return ""
	}
	if f.Name == "cache-dir" { // which depends on who runs this
		return "`~/.kube/cache`"
	}
	return "`" + f.DefValue + "`"
}

package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// output is the flag -o: ways of writing that the command has itself, of which the first is
// the default, and those of kubectl.
type output struct {
	own   []string
	flags *genericclioptions.PrintFlags
}

func newOutput(own ...string) output {
	return output{own: own, flags: genericclioptions.NewPrintFlags("").WithTypeSetter(scheme).WithDefaultOutput(own[0])}
}

func (o *output) addFlags(cmd *cobra.Command) {
	o.flags.AddFlags(cmd)
	formats := o.formats()
	cmd.Flags().Lookup("output").Usage = "Output format. One of: " + strings.Join(formats, ", ") + "."
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

func (o *output) formats() []string {
	others := o.flags.AllowedFormats()
	slices.Sort(others)
	return append(slices.Clone(o.own), slices.DeleteFunc(slices.Compact(others), func(f string) bool { return slices.Contains(o.own, f) })...)
}

// is says whether this is the format.
func (o *output) is(format string) bool { return *o.flags.OutputFormat == format }

// printer is kubectl's for the format, nil where the command writes it itself.
func (o *output) printer() (printers.ResourcePrinter, error) {
	if slices.Contains(o.own, *o.flags.OutputFormat) {
		return nil, nil
	}
	if o.is("yaml") {
		printer, err := o.flags.TypeSetterPrinter.WrapToPrinter(o.flags.JSONYamlPrintFlags.ToPrinter("json"))
		return yamlPrinter{printer}, err
	}
	printer, err := o.flags.ToPrinter()
	if err == nil && o.is("name") {
		return namePrinter{printer}, nil
	}
	if genericclioptions.IsNoCompatiblePrinterError(err) {
		format := *o.flags.OutputFormat
		return nil, fmt.Errorf("-o %s is not an output format; there are %s%s", format, strings.Join(o.formats(), ", "), didYouMean(format, o.formats()))
	}
	return printer, err
}

// printDrifts writes drifts as kubectl would.
func printDrifts(e *Env, printer printers.ResourcePrinter, found []driftv1alpha1.CloudDrift) error {
	for i := range found {
		found[i].SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDrift"))
	}
	if _, named := printer.(namePrinter); named {
		for i := range found {
			if err := e.print(printer, &found[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if found == nil {
		found = []driftv1alpha1.CloudDrift{}
	}
	return e.print(printer, &driftv1alpha1.CloudDriftList{Items: found})
}

// print writes an object, with what can't be printed as its code.
func (e *Env) print(printer printers.ResourcePrinter, o runtime.Object) error {
	return printer.PrintObj(o, escaping{e.Out})
}

// namePrinter writes the name of one object, and does not take a list.
type namePrinter struct{ printers.ResourcePrinter }

// yamlPrinter writes YAML by way of JSON that holds nothing which YAML does not take.
type yamlPrinter struct{ json printers.ResourcePrinter }

// PrintObj implements printers.ResourcePrinter.
func (p yamlPrinter) PrintObj(o runtime.Object, w io.Writer) error {
	var text bytes.Buffer
	if err := p.json.PrintObj(o, escaping{&text}); err != nil {
		return err
	}
	out, err := yaml.JSONToYAML(text.Bytes())
	if err != nil {
		return fmt.Errorf("writing YAML: %w", err)
	}
	_, err = w.Write(out)
	return err
}

// escaping writes each character that is not graphic, but for new lines and tabs, as \u and
// its code. In JSON and YAML it only ever stands within a string.
type escaping struct{ io.Writer }

// Write implements io.Writer.
func (w escaping) Write(data []byte) (int, error) {
	text := string(data)
	hidden := func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' && r != '\t' }
	if strings.IndexFunc(text, hidden) < 0 {
		return w.Writer.Write(data)
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	if _, err := io.WriteString(w.Writer, b.String()); err != nil {
		return 0, err
	}
	return len(data), nil
}

// Command kindsdoc writes docs/kinds.md from the field tables of internal/kinds:
// what can be declared of each kind, how it is compared, what it takes to change
// it. How a comparison behaves is found out by asking it, so that the page can't
// say what the code does not do.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kindsdoc FILE")
		os.Exit(2)
	}
	err := os.WriteFile(os.Args[1], render(), 0o644) //nolint:gosec // a page of documentation
	if err != nil {
		fmt.Fprintln(os.Stderr, "kindsdoc:", err)
		os.Exit(1)
	}
}

const preamble = `<!-- Written by hack/kindsdoc from internal/kinds; run "make generate". -->

# The kinds and their fields

What can be declared in ` + "`spec.desired`" + ` of a CloudProvisioned, for each kind; how to write it is in [declaring.md](declaring.md).

Everywhere a number and its text are equal (` + "`8` and `\"8\"`" + `, ` + "`true` and `\"true\"`" + `), null, missing and empty are alike, the order of a list and repetitions in it do not matter, one value stands for a list of one, and of an object only the keys that you declare are compared. A value that can't be what the field holds, as an object for a text or ` + "`many`" + ` for a number, is told (` + "`FixFieldNames`" + `) and not compared. Where the live value is shown as an object of which one name is compared, as a region's ` + "`slug`" + `, that object may be declared too; what else it names is unknown. The tables say what is compared otherwise:

| compared | means |
| --- | --- |
| as text | as it stands |
| without case | ` + "`NYC3` and `nyc3`" + ` are equal |
| as a number | ` + "`8`, `8.0` and `\"8\"`" + ` are equal |
| as prose | white space at the ends does not count |
| as a host name | without case, and without a dot at the end |
| as an address | IPv6 in any spelling, host bits of a network ignored |
| as a time | the same instant is equal in any zone |
| by its … | the live value is an object; declare one of these of it |
| at least | only what you declare has to be there; more is no drift |
| empty: not compared | a declared ` + "`null` or `\"\"`" + `, and ` + "`0`" + ` where it says so, leaves the choice to DigitalOcean |
| not shown: unknown | every resource has it, so an answer without a value tells nothing |
| unset is … | null, missing and this value are equal |

The last columns say what it takes to bring the live field back to what was declared. clouddrift does not do that yet; it tells you what you would be in for.
`

func render() []byte {
	var page bytes.Buffer
	page.WriteString(preamble)
	for _, kind := range kinds.All() {
		fmt.Fprintf(&page, "\n## %s\n\nIts id is like `%s`%s. A token needs the scope `%s` to read it.\n", kind.Name, kind.ID.Example, caseOfID(kind), kind.Scope)
		if kind.About != "" {
			page.WriteString("\n" + kind.About + "\n")
		}
		if len(kind.CreateOnly) > 0 {
			fmt.Fprintf(&page, "\nDeclare nothing for `%s`: that is only used when a %s is created, and never shown.\n", strings.Join(kind.CreateOnly, "`, `"), kind.One)
		}
		fmt.Fprintf(&page, "\nTerraform's name of it: %s.\n", inTerraform(kind))
		page.WriteString("\n| field | holds | compared | changed | note |\n| --- | --- | --- | --- | --- |\n")
		rows(&page, "", kind.Fields, nil)
	}
	return page.Bytes()
}

// rows writes a row for each field, and one for each field of a list's elements.
func rows(page *bytes.Buffer, prefix string, fields []kinds.Field, within *kinds.Field) {
	for i := range fields {
		field := &fields[i]
		change := field.Change
		if within != nil {
			change = within.Change // an element is changed with its list
		}
		fmt.Fprintf(page, "| `%s%s` | %s | %s | %s | %s |\n", prefix, field.Path, field.Holds, field.ComparedInWords(), kinds.ChangeInWords[change], field.Note)
		rows(page, prefix+field.Path+"[*].", field.Elements, field)
	}
}

// inTerraform names the types of resources, and the blocks, that are of this kind.
func inTerraform(kind kinds.Kind) string {
	var names []string
	for _, name := range kind.Terraform.Types {
		names = append(names, "`"+name+"`")
	}
	for _, within := range kind.Terraform.Within {
		names = append(names, "the block `"+within.Block+"` of `"+within.Type+"`")
	}
	return strings.Join(names, ", ")
}

func caseOfID(kind kinds.Kind) string {
	if kind.SameID("a", "A") {
		return ", in upper or lower case"
	}
	return ""
}

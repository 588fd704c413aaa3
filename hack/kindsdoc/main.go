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

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kindsdoc FILE")
		os.Exit(2)
	}
	page, err := render()
	if err == nil {
		err = os.WriteFile(os.Args[1], page, 0o644) //nolint:gosec // a page of documentation
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kindsdoc:", err)
		os.Exit(1)
	}
}

const preamble = `<!-- Written by hack/kindsdoc from internal/kinds; run "make generate". -->

# The kinds and their fields

What can be declared in ` + "`spec.desired`" + ` of a CloudProvisioned, for each kind; how to write it is in [declaring.md](declaring.md).

Everywhere a number and its text are equal (` + "`8` and `\"8\"`" + `, ` + "`true` and `\"true\"`" + `), null, missing and empty are alike, the order of a list and repetitions in it do not matter, one value stands for a list of one, and of an object only the keys that you declare are compared. The tables say what is compared otherwise:

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

func render() ([]byte, error) {
	var page bytes.Buffer
	page.WriteString(preamble)
	used := map[string]bool{}
	for _, kind := range kinds.All() {
		fmt.Fprintf(&page, "\n## %s\n\nIts id is like `%s`%s.\n", kind.Schema.Kind, kind.ID.Example, caseOfID(kind))
		if about, ok := about[kind.Schema.Kind]; ok {
			used[kind.Schema.Kind] = true
			page.WriteString("\n" + about + "\n")
		}
		page.WriteString("\n| field | compared | changed | note |\n| --- | --- | --- | --- |\n")
		for _, field := range kind.Schema.Fields {
			key := kind.Schema.Kind + "." + field.Path
			words := compared(field)
			if special, ok := special[key]; ok {
				used[key] = true
				words = special
			}
			fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", field.Path, words, changed[field.Change], field.Note)
		}
	}
	for _, words := range []map[string]string{about, special} {
		for key := range words {
			if !used[key] {
				return nil, fmt.Errorf("%s is described here, but internal/kinds has no such kind or field", key)
			}
		}
	}
	return page.Bytes(), nil
}

func caseOfID(kind kinds.Kind) string {
	if kind.SameID("a", "A") {
		return ", in upper or lower case"
	}
	return ""
}

var changed = map[drift.Change]string{
	drift.InPlace:       "in place",
	drift.WithDowntime:  "with downtime",
	drift.ByReplacement: "by replacing the resource",
	drift.Never:         "never",
}

// about is what else there is to know of a kind.
var about = map[string]string{
	"DomainRecord": "An id is the domain and the record's number. A reference by name takes the full domain name, as `www.example.com`; where several records have it, as at the apex, a `where` says which, as `{type: A}`. The `type` in `desired` says it too.",
	"Firewall":     "Rules are compared one by one; each that differs is a drift of its own, at `inbound_rules[\"tcp/22\"]`. A rule that is live and was not declared is a drift whose expected value is null.",
	"Tag":          "What carries a tag is declared on what carries it: `tags` of a droplet, say.",
}

// special are comparisons that look at more than the value, which asking can't
// show.
var special = map[string]string{
	"Droplet.features":           "without case; what DigitalOcean's agents put in counts only where declared; unknown where it rests on whether backups are on, and nobody can tell",
	"Droplet.backups":            "without case; unset is `false`; on with a usage-based policy too",
	"Droplet.backup_policy.hour": "as a number; a policy that does not show it: unknown",
	"Droplet.image":              "without case; by its `id` or `slug`, or an object of these, `name`, `type`, `distribution` and `public`; unknown once DigitalOcean retired the slug, and what else an object names",
	"DomainRecord.name":          "without case; relative to the domain, or in full; `@` is the domain",
	"DomainRecord.data":          "by the record's type: as an address; as a host name (`@` is the domain, and a name without a dot is within it); else as text, but for a line break at the end",
	"Firewall.inbound_rules":     rules,
	"Firewall.outbound_rules":    rules,
}

const rules = "rule by rule, by protocol and ports; ports `0`, `all` and `1-65535` are equal; sources and destinations as sets"

// compared says in words how a field is compared.
func compared(field drift.Field) string {
	comparison := field.Compare
	if comparison == nil {
		comparison = drift.Loose
	}
	words := []string{form(comparison)}
	for _, p := range properties {
		if p.holds(comparison) {
			words = append(words, p.words)
		}
	}
	return strings.Join(words, "; ")
}

package cli

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func checkTable(e *Env, c *checked, _ io.Writer) error {
	style := map[string]style{verdictInSync: green, verdictDrifted: red, verdictUnknown: yellow}[c.verdict]
	e.line(style.in("%s", c.verdict), ": ", c.sentence())
	if len(c.drifts) > 0 {
		e.line()
		(&listOptions{output: newOutput("table", "wide"), state: "open"}).table(e, c.drifts)
	}
	if len(c.unknown) > 0 {
		e.line()
		e.unknownTable(c.unknown, false)
	}
	return nil
}

// driftJSON is a drift for programs.
type driftJSON struct {
	Name       string               `json:"name"`
	Namespace  string               `json:"namespace"`
	Account    string               `json:"account"`
	Resource   string               `json:"resource"`
	Kind       string               `json:"kind"`
	ID         string               `json:"id"`
	Field      string               `json:"field"`
	Expected   apiextensionsv1.JSON `json:"expected"`
	Actual     apiextensionsv1.JSON `json:"actual"`
	DetectedAt time.Time            `json:"detectedAt"`
}

func checkJSON(_ *Env, c *checked, w io.Writer) error {
	out := struct {
		Verdict   string      `json:"verdict"`
		At        time.Time   `json:"at"`
		Declared  int         `json:"declared"`
		Drifts    []driftJSON `json:"drifts"`
		Unknown   []unknown   `json:"unknown"`
		Uncovered []uncovered `json:"uncovered"`
	}{c.verdict, c.at.UTC(), len(c.declared), []driftJSON{}, append([]unknown{}, c.unknown...), append([]uncovered{}, c.uncovered...)}
	for i := range c.drifts {
		d := &c.drifts[i]
		out.Drifts = append(out.Drifts, driftJSON{d.Name, d.Namespace, d.Spec.AccountRef.Name, d.Spec.ProvisionedRef.Name, d.Spec.ResourceRef.Kind,
			d.Spec.ResourceRef.ID, d.Spec.Field, d.Status.Expected, d.Status.Actual, detectedAt(d).UTC()})
	}
	return writeJSON(w, out)
}

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(escaping{w})
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// writeJSONLine writes a value on a line of its own.
func writeJSONLine(w io.Writer, value any) error {
	encoder := json.NewEncoder(escaping{w})
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func checkMarkdown(_ *Env, c *checked, w io.Writer) error {
	var b strings.Builder
	icon := map[string]string{verdictInSync: "✅", verdictDrifted: "❌", verdictUnknown: "❔"}[c.verdict]
	fmt.Fprintf(&b, "### %s clouddrift: %s\n", icon, c.sentence())
	if len(c.drifts) > 0 {
		b.WriteString("\n| resource | kind | field | expected | actual | detected |\n| --- | --- | --- | --- | --- | --- |\n")
		for i := range c.drifts {
			d := &c.drifts[i]
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", code(d.Spec.ProvisionedRef.Name), code(d.Spec.ResourceRef.Kind), code(d.Spec.Field),
				code(d.Status.Rendered.Expected), code(d.Status.Rendered.Actual), detectedAt(d).UTC().Format("2006-01-02 15:04"))
		}
	}
	if len(c.unknown) > 0 {
		b.WriteString("\n| nobody can tell | reason | message |\n| --- | --- | --- |\n")
		for _, u := range c.unknown {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", code(u.object(false)), code(u.Reason), code(u.Message))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// code is text that Markdown shows as it is, within a table.
func code(text string) string {
	text = strings.ReplaceAll(resource.Printable(text), "|", `\|`)
	if text == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Classname string        `xml:"classname,attr"`
	Failure   *junitFailure `xml:"failure,omitempty"`
	Error     *junitFailure `xml:"error,omitempty"`
}

type junitSuite struct {
	XMLName   xml.Name    `xml:"testsuite"`
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

// checkJUnit has a test for each declaration, which fails for what differs and ends in an
// error where nobody can tell; and one for each account of which nobody can tell.
func checkJUnit(_ *Env, c *checked, w io.Writer) error {
	suite := junitSuite{Name: "clouddrift", Timestamp: c.at.UTC().Format("2006-01-02T15:04:05")}
	type key struct{ namespace, name string }
	differs, unsure := map[key][]*driftv1alpha1.CloudDrift{}, map[key]unknown{}
	for i := range c.drifts {
		k := key{c.drifts[i].Namespace, c.drifts[i].Spec.ProvisionedRef.Name}
		differs[k] = append(differs[k], &c.drifts[i])
	}
	var others []unknown
	for _, u := range c.unknown {
		if u.Kind == "CloudProvisioned" {
			unsure[key{u.Namespace, u.Name}] = u
		} else {
			others = append(others, u)
		}
	}
	for i := range c.declared {
		p := &c.declared[i]
		test := junitCase{Name: p.Name, Classname: p.Namespace + "." + p.Spec.AccountRef.Name + "." + p.Spec.Resource.Kind}
		k := key{p.Namespace, p.Name}
		if list := differs[k]; len(list) > 0 {
			var lines []string
			for _, d := range list {
				lines = append(lines, fmt.Sprintf("%s: expected %s, actual %s", d.Spec.Field, d.Status.Rendered.Expected, d.Status.Rendered.Actual))
			}
			test.Failure = &junitFailure{Message: drifts(len(list)), Type: driftv1alpha1.ReasonDrifted, Text: resource.Printable(strings.Join(lines, "; "))}
		} else if u, ok := unsure[k]; ok {
			test.Error = &junitFailure{Message: resource.Printable(u.Message), Type: u.Reason}
		}
		suite.Cases = append(suite.Cases, test)
	}
	for _, u := range others {
		suite.Cases = append(suite.Cases, junitCase{Name: u.object(false), Classname: "clouddrift",
			Error: &junitFailure{Message: resource.Printable(u.Message), Type: u.Reason}})
	}
	for _, test := range suite.Cases {
		suite.Tests++
		if test.Failure != nil {
			suite.Failures++
		}
		if test.Error != nil {
			suite.Errors++
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// checkSARIF has a result for each drift, and for each thing of which nobody can tell.
func checkSARIF(e *Env, c *checked, w io.Writer) error {
	type object map[string]any
	text := func(format string, args ...any) object {
		return object{"text": resource.Printable(fmt.Sprintf(format, args...))}
	}
	at := func(namespace, kind, name string) []object {
		return []object{{
			"physicalLocation": object{"artifactLocation": object{"uri": strings.ToLower(kind) + "/" + namespace + "/" + name}},
			"logicalLocations": []object{{"name": name, "kind": "resource", "fullyQualifiedName": kind + "/" + namespace + "/" + name}},
		}}
	}
	results := []object{}
	for i := range c.drifts {
		d := &c.drifts[i]
		rule := "drift"
		if gone(d) {
			rule = "gone"
		}
		results = append(results, object{
			"ruleId": rule, "level": "error",
			"message":             text("%s %s: expected %s, actual %s", d.Spec.ProvisionedRef.Name, d.Spec.Field, d.Status.Rendered.Expected, d.Status.Rendered.Actual),
			"locations":           at(d.Namespace, "CloudProvisioned", d.Spec.ProvisionedRef.Name),
			"partialFingerprints": object{"clouddrift/v1": d.Namespace + "/" + d.Name},
		})
	}
	for _, u := range c.unknown {
		results = append(results, object{
			"ruleId": "unknown", "level": "warning", "message": text("%s: %s: %s", u.object(false), u.Reason, u.Message),
			"locations": at(u.Namespace, u.Kind, u.Name),
		})
	}
	rule := func(id, short string) object { return object{"id": id, "shortDescription": object{"text": short}} }
	return writeJSON(w, object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{
			"tool": object{"driver": object{"name": "clouddrift", "version": e.version,
				"rules": []object{rule("drift", "A live field is not as it was declared"), rule("gone", "A resource that was declared is gone"),
					rule("unknown", "Nobody can tell whether it is in sync")}}},
			"results": results,
		}},
	})
}

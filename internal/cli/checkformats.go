package cli

import (
	"encoding/json"
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
	if len(c.snoozed) > 0 {
		e.line()
		e.line(bold.in("Snoozed"))
		(&listOptions{output: newOutput("table", "wide"), state: "open"}).table(e, c.snoozed)
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
	Snooze     *snoozeJSON          `json:"snooze,omitempty"`
}

// snoozeJSON is a snooze for programs.
type snoozeJSON struct {
	Until  time.Time `json:"until"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

func driftsJSON(list []driftv1alpha1.CloudDrift, snoozed bool) []driftJSON {
	out := []driftJSON{}
	for i := range list {
		d := &list[i]
		one := driftJSON{d.Name, d.Namespace, d.Spec.AccountRef.Name, d.Spec.ProvisionedRef.Name, d.Spec.ResourceRef.Kind,
			d.Spec.ResourceRef.ID, d.Spec.Field, d.Status.Expected, d.Status.Actual, detectedAt(d).UTC(), nil}
		if snoozed {
			one.Snooze = &snoozeJSON{d.Status.Snooze.Until.UTC(), d.Status.Snooze.User, d.Status.Snooze.Reason}
		}
		out = append(out, one)
	}
	return out
}

func checkJSON(_ *Env, c *checked, w io.Writer) error {
	out := struct {
		Verdict   string      `json:"verdict"`
		At        time.Time   `json:"at"`
		Declared  int         `json:"declared"`
		Drifts    []driftJSON `json:"drifts"`
		Snoozed   []driftJSON `json:"snoozed"`
		Unknown   []unknown   `json:"unknown"`
		Uncovered []uncovered `json:"uncovered"`
	}{c.verdict, c.at.UTC(), len(c.declared), driftsJSON(c.drifts, false), driftsJSON(c.snoozed, true),
		append([]unknown{}, c.unknown...), append([]uncovered{}, c.uncovered...)}
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
	if len(c.snoozed) > 0 {
		b.WriteString("\n| snoozed | kind | field | expected | actual | until | by | why |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
		for i := range c.snoozed {
			d := &c.snoozed[i]
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", code(d.Spec.ProvisionedRef.Name), code(d.Spec.ResourceRef.Kind), code(d.Spec.Field),
				code(d.Status.Rendered.Expected), code(d.Status.Rendered.Actual), d.Status.Snooze.Until.UTC().Format("2006-01-02 15:04"),
				code(d.Status.Snooze.User), code(d.Status.Snooze.Reason))
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

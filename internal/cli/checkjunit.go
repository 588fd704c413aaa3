package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

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
	Skipped   *junitFailure `xml:"skipped,omitempty"`
}

type junitSuite struct {
	XMLName   xml.Name    `xml:"testsuite"`
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

// checkJUnit has a test for each declaration, which fails for what differs, ends in an error
// where nobody can tell, and is skipped where all that differs is snoozed; and one for each
// account of which nobody can tell.
func checkJUnit(_ *Env, c *checked, w io.Writer) error {
	suite := junitSuite{Name: "clouddrift", Timestamp: c.at.UTC().Format("2006-01-02T15:04:05")}
	type key struct{ namespace, name string }
	byDeclaration := func(list []driftv1alpha1.CloudDrift) map[key][]*driftv1alpha1.CloudDrift {
		out := map[key][]*driftv1alpha1.CloudDrift{}
		for i := range list {
			k := key{list[i].Namespace, list[i].Spec.ProvisionedRef.Name}
			out[k] = append(out[k], &list[i])
		}
		return out
	}
	differs, snoozed, unsure := byDeclaration(c.drifts), byDeclaration(c.snoozed), map[key]unknown{}
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
			test.Failure = junitOf(list, drifts(len(list)), driftv1alpha1.ReasonDrifted)
		} else if u, ok := unsure[k]; ok {
			test.Error = &junitFailure{Message: resource.Printable(u.Message), Type: u.Reason}
		} else if list := snoozed[k]; len(list) > 0 {
			test.Skipped = junitOf(list, drifts(len(list))+", snoozed", "Snoozed")
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
		if test.Skipped != nil {
			suite.Skipped++
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

func junitOf(list []*driftv1alpha1.CloudDrift, message, reason string) *junitFailure {
	var lines []string
	for _, d := range list {
		line := fmt.Sprintf("%s: expected %s, actual %s", d.Spec.Field, d.Status.Rendered.Expected, d.Status.Rendered.Actual)
		if reason == "Snoozed" {
			line += ", until " + d.Status.Snooze.Until.UTC().Format(time.RFC3339)
		}
		lines = append(lines, line)
	}
	return &junitFailure{Message: message, Type: reason, Text: resource.Printable(strings.Join(lines, "; "))}
}

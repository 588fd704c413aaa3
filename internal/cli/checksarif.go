package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// checkSARIF has a result for each drift, suppressed where it is snoozed, and for each thing
// of which nobody can tell.
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
	for _, d := range slices.Concat(pointers(c.drifts), pointers(c.snoozed)) {
		rule := "drift"
		if gone(d) {
			rule = "gone"
		}
		result := object{
			"ruleId": rule, "level": "error",
			"message":             text("%s %s: expected %s, actual %s", d.Spec.ProvisionedRef.Name, d.Spec.Field, d.Status.Rendered.Expected, d.Status.Rendered.Actual),
			"locations":           at(d.Namespace, "CloudProvisioned", d.Spec.ProvisionedRef.Name),
			"partialFingerprints": object{"clouddrift/v1": d.Namespace + "/" + d.Name},
		}
		if words := e.snoozedWords(d); words != "" {
			result["suppressions"] = []object{{"kind": "external", "justification": resource.Printable("snoozed " + words)}}
		}
		results = append(results, result)
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

func pointers(list []driftv1alpha1.CloudDrift) []*driftv1alpha1.CloudDrift {
	out := make([]*driftv1alpha1.CloudDrift, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

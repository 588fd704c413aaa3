package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/yamledit"
)

// operation is one of a JSON patch, RFC 6902.
type operation struct {
	op, path string
	value    any
}

// patch is what brings the accepted values into a manifest that says what it said: whole
// fields, because where an element stands in the manifest's list nobody knows.
func (a *asked) patch() ([]operation, error) {
	desired, err := objects.DecodeMap(a.declared.Spec.Desired)
	if err != nil {
		return nil, fmt.Errorf("reading what %s declares: %w", a.declared.Name, err)
	}
	effective, _ := drift.Effective(a.kind.Schema, desired, a.accepted)
	var out []operation
	done := map[string]bool{}
	for _, accepted := range a.accepted {
		at, err := resource.ParsePath(accepted.Path)
		if err != nil {
			continue
		}
		field, known := drift.FieldAt(a.kind.Schema, at)
		if !known || done[field.String()] {
			continue
		}
		done[field.String()] = true
		before, isDeclared := valueAt(desired, field)
		value, stays := valueAt(effective, field)
		next := operation{op: "replace", path: pointer(field), value: value}
		switch {
		case !stays:
			next.op = "remove"
		case !isDeclared || before == nil, accepted.From == nil && len(field) == len(at):
			next.op = "add"
		}
		out = append(out, next)
	}
	return out, nil
}

// valueAt is what an object has at a path of names.
func valueAt(object map[string]any, at resource.Path) (value any, is bool) {
	value = object
	for _, segment := range at {
		inner, _ := value.(map[string]any)
		if value, is = inner[string(segment)]; !is {
			return nil, false
		}
	}
	return value, true
}

// pointer is a field's place in a manifest, as RFC 6901 writes it.
func pointer(field resource.Path) string {
	var b strings.Builder
	b.WriteString("/spec/desired")
	for _, segment := range field {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(string(segment)))
	}
	return b.String()
}

func (o operation) object() map[string]any {
	out := map[string]any{"op": o.op, "path": o.path}
	if o.op != "remove" {
		out["value"] = o.value
	}
	return out
}

// exportPatch writes the JSON patch of one declaration.
func (e *Env) exportPatch(found []asked) error {
	if len(found) > 1 {
		var names []string
		for i := range found {
			names = append(names, found[i].declared.Name)
		}
		return fmt.Errorf("-o json6902 is the patch of one CloudProvisioned, and there are %d: %s; name one, or take -o kustomize", len(found), objects.Shorten(strings.Join(names, ", "), 512))
	}
	patch, err := found[0].patch()
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, each := range patch {
		list = append(list, each.object())
	}
	raw, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the patch: %w", err)
	}
	_, err = (escaping{e.Out}).Write(append(raw, '\n'))
	return err
}

// exportKustomize writes what a kustomization has under patches.
func (e *Env) exportKustomize(found []asked) error {
	patches := &yaml.Node{Kind: yaml.SequenceNode}
	partly := false
	for i := range found {
		a := &found[i]
		if a.set() != "" {
			partly = true
			e.note(a.declared.Name, ": CloudProvisionedSet ", a.set(), " declares it: change Terraform's configuration, which -o hcl shows")
			continue
		}
		patch, err := a.patch()
		if err != nil {
			return err
		}
		text, err := patchText(patch)
		if err != nil {
			return err
		}
		target := yamledit.Mapping("group", yamledit.Text(driftv1alpha1.GroupVersion.Group), "version", yamledit.Text(driftv1alpha1.GroupVersion.Version),
			"kind", yamledit.Text("CloudProvisioned"), "name", yamledit.Text(a.declared.Name))
		patches.Content = append(patches.Content, yamledit.Mapping("target", target,
			"patch", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.LiteralStyle}))
	}
	if len(patches.Content) > 0 {
		out, err := yamledit.Encode(yamledit.Mapping("patches", patches), true)
		if err != nil {
			return err
		}
		if _, err := (escaping{e.Out}).Write([]byte(out + "\n")); err != nil {
			return err
		}
	}
	return partlyDone(partly)
}

// patchText is a JSON patch in YAML.
func patchText(patch []operation) (string, error) {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, each := range patch {
		object := yamledit.Mapping("op", yamledit.Text(each.op), "path", yamledit.Text(each.path))
		if each.op != "remove" {
			yamledit.Append(object, "value", yamledit.Node(each.value))
		}
		list.Content = append(list.Content, object)
	}
	if len(list.Content) == 0 {
		return "", errors.New("there is nothing to patch")
	}
	text, err := yamledit.Encode(list, true)
	return text + "\n", err
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/yamledit"
)

// edits are the changes of a checkout.
type edits struct {
	*checkout
	// changed are the texts of changed documents, by manifest.
	changed map[int][]byte
	partly  bool
}

// edit brings accepted values into the manifests of a folder.
func (o *exportOptions) edit(ctx context.Context, e *Env, found []asked) error {
	there, err := readCheckout(o.write)
	if err != nil {
		return err
	}
	for _, unread := range there.unread {
		e.note("skipped ", unread)
	}
	plan := &edits{checkout: there, changed: map[int][]byte{}}
	for i := range found {
		plan.say(e, &found[i])
	}
	files := plan.files()
	for _, file := range slices.Sorted(maps.Keys(files)) {
		e.line(bold.in("%s", filepath.Join(o.write, file)))
		e.diff(unified(string(there.texts[file]), string(files[file])))
	}
	if len(files) == 0 || o.dryRun {
		return partlyDone(plan.partly)
	}
	if !o.yes {
		if agreed, err := e.ask(ctx, fmt.Sprintf("Write %s?", counted(len(files), "file"))); err != nil || !agreed {
			return err
		}
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if err := writeFile(o.write, file, files[file]); err != nil {
			return err
		}
		e.line("wrote ", filepath.Join(o.write, file))
	}
	return partlyDone(plan.partly)
}

// say changes the manifest of a declaration, or says why it does not.
func (p *edits) say(e *Env, a *asked) {
	name := a.declared.Name
	if a.set() != "" {
		p.partly = true
		e.note(name, ": CloudProvisionedSet ", a.set(), " declares it: change Terraform's configuration, which -o hcl shows")
		return
	}
	manifests := p.of(a)
	if len(manifests) == 0 {
		p.partly = true
		e.note(name, ": no manifest in ", p.root, " declares it")
		return
	}
	for _, accepted := range a.accepted {
		p.sayOne(e, a, accepted, manifests)
	}
	if a.address() != "" {
		e.note(name, " was made of Terraform's ", a.address(), ": kubectl drift export -o hcl shows what to change there")
	}
}

// of are the manifests of a declaration: those of its name, or else those that declare its
// resource, as where a kustomization adds to names.
func (p *edits) of(a *asked) []int {
	var named, alike []int
	for i := range p.manifests {
		d := &p.manifests[i].declared
		is, says := a.isOf(d)
		switch {
		case d.Namespace != "" && d.Namespace != a.declared.Namespace || says && !is:
		case d.Name == a.declared.Name: // a patch of a kustomization need not say the resource
			named = append(named, i)
		case is:
			alike = append(alike, i)
		}
	}
	if len(named) > 0 {
		return named
	}
	return alike
}

// isOf says whether a manifest says of which resource it is, and whether that is this one.
func (a *asked) isOf(manifest *driftv1alpha1.CloudProvisioned) (is, says bool) {
	here, there := a.declared.Spec.Resource, manifest.Spec.Resource
	if there.ID == "" && there.Name == "" {
		return false, false
	}
	return here.Kind == there.Kind && a.kind.SameID(here.ID, there.ID) && here.Name == there.Name && maps.Equal(here.Where, there.Where), true
}

// sayOne brings one value into the one manifest that says what was declared before it.
func (p *edits) sayOne(e *Env, a *asked, accepted drift.Acceptance, manifests []int) {
	var old []int
	said, files := false, []string{}
	for _, i := range manifests {
		desired, err := p.desired(i)
		if err != nil {
			continue
		}
		switch drift.Stands(a.kind.Schema, desired, accepted) {
		case drift.StandsIn:
			old = append(old, i)
			files = append(files, p.manifests[i].file)
		case drift.Declared:
			said = true
		case drift.Overruled:
		}
	}
	field := a.declared.Name + " " + accepted.Path
	switch {
	case len(old) > 1:
		p.partly = true
		e.note(field, ": several manifests declare it, and nobody knows which counts: ", strings.Join(files, ", "))
		return
	case len(old) == 0 && said:
		e.note(field, ": the manifest says it already; apply it")
		return
	case len(old) == 0:
		p.partly = true
		from, to := resource.ShortPair(accepted.From, accepted.To, objects.RenderLimit)
		e.note(field, ": the manifest says neither ", from, " nor ", to)
		return
	}
	if err := p.change(old[0], a, accepted); err != nil {
		p.partly = true
		e.note(field, ", in ", p.manifests[old[0]].file, ": ", err.Error(), "; it is to be ", resource.Short(accepted.To, 0))
	}
}

// text is what a document says by now.
func (p *edits) text(i int) []byte {
	if changed, is := p.changed[i]; is {
		return changed
	}
	m := p.manifests[i]
	return m.document.Of(p.texts[m.file])
}

// desired is what a manifest declares by now.
func (p *edits) desired(i int) (map[string]any, error) {
	value, err := yamledit.Decode(p.text(i))
	if err != nil {
		return nil, err
	}
	desired, _ := valueAt(objectOf(value), resource.Path{"spec", "desired"})
	return objectOf(desired), nil
}

func objectOf(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

// atDesired is how deep in a manifest a declared field lies.
const atDesired = 3

func (p *edits) change(i int, a *asked, accepted drift.Acceptance) error {
	value, err := yamledit.Decode(p.text(i))
	if err != nil {
		return err
	}
	object := maps.Clone(objectOf(value))
	spec := maps.Clone(objectOf(object["spec"]))
	if spec == nil || object == nil {
		return errors.New("it has no spec")
	}
	spec["desired"], _ = drift.Effective(a.kind.Schema, objectOf(spec["desired"]), []drift.Acceptance{accepted})
	object["spec"] = spec
	text, err := yamledit.Rewrite(p.text(i), object, atDesired)
	if err != nil {
		return err
	}
	p.changed[i] = text
	return nil
}

// files are the texts of the files that change.
func (p *edits) files() map[string][]byte {
	out := map[string][]byte{}
	for _, i := range slices.Backward(slices.Sorted(maps.Keys(p.changed))) {
		m := p.manifests[i]
		text, is := out[m.file]
		if !is {
			text = p.texts[m.file]
		}
		out[m.file] = m.document.Replace(text, p.changed[i])
	}
	return out
}

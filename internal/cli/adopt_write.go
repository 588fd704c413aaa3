package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declare"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/yamledit"
)

// write writes the declarations to the output, or to the folder.
func (o *adoptOptions) write(e *Env, made *adopted) error {
	if o.to != "" {
		return o.writeFolder(e, made)
	}
	for i, p := range made.declarations {
		text, err := declare.Manifest(p)
		if err != nil {
			return err
		}
		if i > 0 {
			text = append([]byte("---\n"), text...)
		}
		if _, err := (escaping{e.Out}).Write(text); err != nil {
			return err
		}
	}
	return nil
}

// writeFolder writes one file for each declaration that the folder does not have yet. What it
// has stays as it is, whatever somebody made of it.
func (o *adoptOptions) writeFolder(e *Env, made *adopted) error {
	made.folder = o.to
	there, err := readCheckout(o.to)
	if err != nil {
		return err
	}
	for _, unread := range there.unread {
		made.partly = true
		made.notes = append(made.notes, "can't be read, so that nobody knows what it declares: "+unread)
	}
	if err := os.MkdirAll(o.to, 0o755); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	declared := map[string]bool{}
	for i := range there.manifests {
		declared[referenceOf(&there.manifests[i].declared)] = true
	}
	var files []string
	for _, p := range made.declarations {
		if declared[referenceOf(p)] {
			made.kept++
			continue
		}
		text, err := declare.Manifest(p)
		if err != nil {
			return err
		}
		name := p.Name + ".yaml"
		if _, err := os.Lstat(filepath.Join(o.to, name)); !errors.Is(err, fs.ErrNotExist) {
			made.partly = true
			made.notes = append(made.notes, fmt.Sprintf("not written: %s is there already, and holds something else", filepath.Join(o.to, name)))
			continue
		}
		if err := writeFile(o.to, name, text); err != nil {
			return err
		}
		made.written++
		files = append(files, name)
		e.line("wrote ", filepath.Join(o.to, name))
	}
	return o.kustomize(e, files)
}

// referenceOf is how a declaration refers to its resource: what no two of a folder share.
func referenceOf(p *driftv1alpha1.CloudProvisioned) string {
	of := p.Spec.Resource
	var where strings.Builder
	for _, field := range slices.Sorted(maps.Keys(of.Where)) {
		value := of.Where[field]
		where.WriteString(field + "=" + value.String() + "\n")
	}
	ref := keyed(resource.Ref{Kind: of.Kind, ID: of.ID})
	return strings.Join([]string{p.Spec.AccountRef.Name, ref.Kind, ref.ID, of.Name, where.String()}, "\x00")
}

// kustomizations are the names that kustomize knows.
var kustomizations = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// kustomize adds files to the folder's kustomization, and makes one where there is none.
func (o *adoptOptions) kustomize(e *Env, files []string) error {
	if len(files) == 0 {
		return nil
	}
	name, text := kustomizations[0], []byte("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n")
	for _, each := range kustomizations {
		found, err := os.ReadFile(filepath.Join(o.to, each))
		if err == nil {
			name, text = each, found
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading the kustomization: %w", err)
		}
	}
	after, err := withResources(text, files)
	if err != nil {
		return fmt.Errorf("adding %s to %s: %w", counted(len(files), "file"), filepath.Join(o.to, name), err)
	}
	if err := writeFile(o.to, name, after); err != nil {
		return err
	}
	e.line("wrote ", filepath.Join(o.to, name))
	return nil
}

// withResources adds files to the resources of a kustomization.
func withResources(text []byte, files []string) ([]byte, error) {
	value, err := yamledit.Decode(text)
	if err != nil {
		return nil, err
	}
	object, isObject := value.(map[string]any)
	if !isObject {
		return nil, errors.New("it is no object")
	}
	resources, _ := object["resources"].([]any)
	resources = slices.Clone(resources)
	for _, file := range files {
		if !slices.ContainsFunc(resources, func(each any) bool { name, _ := each.(string); return path.Clean(name) == file }) {
			resources = append(resources, file)
		}
	}
	if object["resources"] != nil {
		object["resources"] = resources
		return yamledit.Rewrite(text, object, 1)
	}
	text = append(bytes.TrimRight(text, "\n"), "\nresources:\n"...)
	for _, file := range files {
		text = append(text, "- "+file+"\n"...)
	}
	return text, nil
}

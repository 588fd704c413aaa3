package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/yamledit"
)

// checkout is a folder of manifests.
type checkout struct {
	root string
	// texts are the files that hold declarations, by their paths below root.
	texts     map[string][]byte
	manifests []manifest
	// unread are files that look as if they held declarations and can't be read, with why.
	unread []string
}

// manifest is a CloudProvisioned in a file.
type manifest struct {
	file     string
	document yamledit.Document
	// object is all that the document says.
	object   map[string]any
	declared driftv1alpha1.CloudProvisioned
}

// largestManifest is how large a file may be that is looked into.
const largestManifest = 4 << 20

// readCheckout looks for declarations in a folder and in those within it, but not in hidden
// ones. A folder that there is not holds none.
func readCheckout(root string) (*checkout, error) {
	out := &checkout{root: root, texts: map[string][]byte{}}
	if resolved, err := filepath.EvalSymlinks(root); err == nil {
		root = resolved // links within it are not followed
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == root:
			return nil
		case err != nil:
			return err
		case entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !isYAML(entry.Name()):
			return nil
		}
		if info, err := entry.Info(); err != nil || info.Size() > largestManifest {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err == nil && bytes.Contains(text, []byte("CloudProvisioned")) {
			out.read(name, text)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for manifests in %s: %w", root, err)
	}
	return out, nil
}

func isYAML(name string) bool {
	return slices.Contains([]string{".yaml", ".yml"}, strings.ToLower(filepath.Ext(name)))
}

// read takes the declarations of a file.
func (c *checkout) read(name string, text []byte) {
	for _, document := range yamledit.Documents(text) {
		part := document.Of(text)
		value, err := yamledit.Decode(part)
		if err != nil {
			if bytes.Contains(part, []byte("CloudProvisioned")) {
				c.unread = append(c.unread, fmt.Sprintf("%s: %v", name, err))
			}
			continue
		}
		object, _ := value.(map[string]any)
		m := manifest{file: name, document: document, object: object}
		version, _ := object["apiVersion"].(string)
		if group, _, _ := strings.Cut(version, "/"); object["kind"] != "CloudProvisioned" || group != driftv1alpha1.GroupVersion.Group {
			continue
		}
		if err := yaml.Unmarshal(part, &m.declared); err != nil {
			c.unread = append(c.unread, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		c.texts[name] = text
		c.manifests = append(c.manifests, m)
	}
}

// writeFile writes a file of a folder, with the mode of the one that is there.
func writeFile(root, name string, text []byte) error {
	path := filepath.Join(root, name)
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.WriteFile(path, text, mode); err != nil {
		return fmt.Errorf("writing a manifest: %w", err)
	}
	return nil
}

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// skipped are the drifts that a triage skipped, in a file of the user's cache folder, one for
// each cluster. A drift whose values have moved since is not among them.
type skipped struct {
	Drifts []string `json:"drifts"`

	file string
}

func (e *Env) readSkipped() (*skipped, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("finding the folder in which to remember what is skipped: %w", err)
	}
	raw, err := e.Config.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	name := raw.CurrentContext
	if *e.Config.Context != "" {
		name = *e.Config.Context
	}
	s := &skipped{file: filepath.Join(folder, "kubectl-drift", "triage-"+resource.Hash(name, *e.Config.APIServer)[:16]+".json")}
	text, err := os.ReadFile(s.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("reading what was skipped: %w", err)
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("reading what was skipped, in %s: %w", s.file, err)
	}
	return s, nil
}

func keyOf(d *driftv1alpha1.CloudDrift) string {
	return d.Namespace + "/" + d.Name + "/" + d.Status.Observation
}

func (s *skipped) has(d *driftv1alpha1.CloudDrift) bool { return slices.Contains(s.Drifts, keyOf(d)) }

func (s *skipped) add(drifts []*driftv1alpha1.CloudDrift) {
	for _, d := range drifts {
		s.Drifts = append(s.Drifts, keyOf(d))
	}
}

func (s *skipped) write() error {
	text, err := json.Marshal(s)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(s.file), 0o700)
	}
	if err == nil {
		err = os.WriteFile(s.file, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("remembering what was skipped: %w", err)
	}
	return nil
}

func (s *skipped) forget() error {
	if err := os.Remove(s.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forgetting what was skipped: %w", err)
	}
	return nil
}

package resolution

import (
	"encoding/json"
	"fmt"
	"strings"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// markOf names a drift for good: another one of its name has another UID.
func markOf(d *driftv1alpha1.CloudDrift) string { return d.Name + "/" + string(d.UID) }

// desiredPatch replaces the top-level fields that changed, and sets the mark where there is
// one. It is a JSON patch, because a merge patch can't write the value null.
func desiredPatch(p *driftv1alpha1.CloudProvisioned, desired map[string]any, mark string) ([]byte, error) {
	before, err := objects.DecodeMap(p.Spec.Desired)
	if err != nil {
		return nil, err
	}
	operations := []map[string]any{
		{"op": "replace", "path": "/metadata/resourceVersion", "value": p.ResourceVersion},
	}
	if p.Annotations == nil && mark != "" {
		operations = append(operations, map[string]any{"op": "add", "path": "/metadata/annotations", "value": map[string]any{}})
	}
	if mark != "" {
		operations = append(operations, map[string]any{
			"op": "add", "path": "/metadata/annotations/" + pointerToken(driftv1alpha1.LastAcceptedAnnotation), "value": mark,
		})
	}
	for key, value := range desired {
		if was, had := before[key]; !had || resource.Hash(was) != resource.Hash(value) {
			operations = append(operations, map[string]any{"op": "add", "path": "/spec/desired/" + pointerToken(key), "value": value})
		}
	}
	for key := range before {
		if _, stays := desired[key]; !stays {
			operations = append(operations, map[string]any{"op": "remove", "path": "/spec/desired/" + pointerToken(key)})
		}
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		return nil, fmt.Errorf("encoding the patch of CloudProvisioned %s: %w", p.Name, err)
	}
	return patch, nil
}

// pointerToken escapes a key for a JSON pointer (RFC 6901).
func pointerToken(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

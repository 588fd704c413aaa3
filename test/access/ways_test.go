package access_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// edit is what somebody wants done to annotations: a value to set, or nil to
// remove. Keys are without drift.arcadia.cloud/.
type edit map[string]*string

// way is one of the ways in which kubectl can change annotations.
type way struct {
	name  string
	apply func(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error
	// conflicts: what another manager set is not changed, whoever asks.
	conflicts bool
}

var ways = []way{
	{name: "kubectl annotate", apply: annotate},
	{name: "kubectl edit", apply: editWithEditor},
	{name: "kubectl patch --type=merge", apply: mergePatch},
	{name: "kubectl patch --type=json", apply: jsonPatch},
	{name: "kubectl apply", apply: func(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error {
		return withManifest(ctx, as, d, e, "apply")
	}},
	{name: "kubectl apply --server-side", conflicts: true, apply: func(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error {
		return serverSide(ctx, as, d, e)
	}},
	{name: "kubectl apply --server-side --force-conflicts", apply: func(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error {
		return serverSide(ctx, as, d, e, "--force-conflicts")
	}},
	{name: "kubectl replace", apply: func(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error {
		return withManifest(ctx, as, d, e, "replace")
	}},
}

func (e edit) sorted() []string { return slices.Sorted(maps.Keys(e)) }

func (e edit) prefixed() map[string]*string {
	out := map[string]*string{}
	for key, value := range e {
		out["drift.arcadia.cloud/"+key] = value
	}
	return out
}

func annotate(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error {
	args := []string{"annotate", "--overwrite", "clouddrift", d.Name}
	for _, key := range e.sorted() {
		if value := e[key]; value != nil {
			args = append(args, "drift.arcadia.cloud/"+key+"="+*value)
		} else {
			args = append(args, "drift.arcadia.cloud/"+key+"-")
		}
	}
	return as.kubectl(ctx, args...)
}

// editWithEditor runs kubectl edit with an editor that replaces the file by the
// object as it is wanted. A refusal is shown to the user as a comment in the file
// that is opened again, so the editor keeps what it was shown.
func editWithEditor(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error {
	wanted := file("wanted.yaml", manifest(ctx, d, e, false))
	shown := file("shown.yaml", "")
	editor := file("editor.sh", fmt.Sprintf("#!/bin/sh\ngrep '^#' \"$1\" >> %q\ncp %q \"$1\"\n", shown, wanted))
	Expect(os.Setenv("KUBE_EDITOR", editor)).To(Succeed())
	if err := as.kubectl(ctx, "edit", "clouddrift", d.Name); err != nil {
		content, readErr := os.ReadFile(shown)
		Expect(readErr).NotTo(HaveOccurred())
		return fmt.Errorf("%w, having shown %s", err, content)
	}
	return nil
}

func mergePatch(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": e.prefixed()}})
	Expect(err).NotTo(HaveOccurred())
	return as.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=merge", "-p", string(patch))
}

func jsonPatch(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit) error {
	var operations []map[string]any
	if live(ctx, d).Annotations == nil {
		operations = append(operations, map[string]any{"op": "add", "path": "/metadata/annotations", "value": map[string]any{}})
	}
	for _, key := range e.sorted() {
		path := "/metadata/annotations/drift.arcadia.cloud~1" + key
		if e[key] == nil {
			operations = append(operations, map[string]any{"op": "remove", "path": path})
		} else {
			operations = append(operations, map[string]any{"op": "add", "path": path, "value": *e[key]})
		}
	}
	patch, err := json.Marshal(operations)
	Expect(err).NotTo(HaveOccurred())
	return as.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=json", "-p", string(patch))
}

func withManifest(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit, args ...string) error {
	if args[0] == "apply" {
		rememberApplied(ctx, d)
	}
	path := file("drift.yaml", manifest(ctx, d, e, args[0] == "apply"))
	return as.kubectl(ctx, append(args, "-f", path)...)
}

// rememberApplied has the administrator record the drift as it is as last applied,
// so that an apply without an annotation removes it.
func rememberApplied(ctx context.Context, d *driftv1alpha1.CloudDrift) {
	path := file("drift.yaml", manifest(ctx, d, nil, true))
	Expect(admin.kubectl(ctx, "apply", "set-last-applied", "--create-annotation", "-f", path)).To(Succeed())
}

// serverSide applies the annotations alone. A manager can only remove what it
// applied before, so a removal first takes ownership as this user's kubectl did.
func serverSide(ctx context.Context, as user, d *driftv1alpha1.CloudDrift, e edit, args ...string) error {
	wanted := map[string]string{}
	removes := false
	for key, value := range e.prefixed() {
		if value == nil {
			removes = true
		} else {
			wanted[key] = *value
		}
	}
	if removes {
		own := partial(d, ours(live(ctx, d).Annotations))
		Expect(admin.kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", file("own.yaml", own))).To(Succeed())
		// Only this manager may own them, or removing its share would remove nothing.
		Expect(admin.kubectl(ctx, "patch", "clouddrift", d.Name, "--type=json", "-p", onlyApplyOwns(ctx, d))).To(Succeed())
		for key, value := range ours(live(ctx, d).Annotations) {
			if _, touched := e.prefixed()[key]; !touched {
				wanted[key] = value
			}
		}
	}
	path := file("drift.yaml", partial(d, wanted))
	return as.kubectl(ctx, append([]string{"apply", "--server-side", "-f", path}, args...)...)
}

// onlyApplyOwns is a patch that leaves, of managedFields, what kubectl applied.
func onlyApplyOwns(ctx context.Context, d *driftv1alpha1.CloudDrift) string {
	managed := slices.DeleteFunc(live(ctx, d).ManagedFields, func(m metav1.ManagedFieldsEntry) bool {
		return m.Operation != "Apply"
	})
	patch, err := json.Marshal([]map[string]any{{"op": "replace", "path": "/metadata/managedFields", "value": managed}})
	Expect(err).NotTo(HaveOccurred())
	return string(patch)
}

func ours(annotations map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range annotations {
		if strings.HasPrefix(key, "drift.arcadia.cloud/") {
			out[key] = value
		}
	}
	return out
}

// partial is a manifest that says nothing but d's annotations.
func partial(d *driftv1alpha1.CloudDrift, annotations map[string]string) string {
	metadata := map[string]any{"name": d.Name, "namespace": d.Namespace}
	if len(annotations) > 0 {
		metadata["annotations"] = annotations
	}
	content, err := yaml.Marshal(map[string]any{
		"apiVersion": "drift.arcadia.cloud/v1alpha1", "kind": "CloudDrift", "metadata": metadata,
	})
	Expect(err).NotTo(HaveOccurred())
	return string(content)
}

// manifest is d as it is now with e done to it; as somebody would keep it in a
// repository if bare, else with all that the server put there.
func manifest(ctx context.Context, d *driftv1alpha1.CloudDrift, e edit, bare bool) string {
	now := live(ctx, d)
	now.SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDrift"))
	now.ManagedFields = nil
	if bare {
		now.UID, now.ResourceVersion, now.Generation = "", "", 0
		now.CreationTimestamp.Reset()
		now.Status = driftv1alpha1.CloudDriftStatus{}
		delete(now.Annotations, "kubectl.kubernetes.io/last-applied-configuration")
	}
	for key, value := range e.prefixed() {
		if value == nil {
			delete(now.Annotations, key)
			continue
		}
		if now.Annotations == nil {
			now.Annotations = map[string]string{}
		}
		now.Annotations[key] = *value
	}
	content, err := yaml.Marshal(now)
	Expect(err).NotTo(HaveOccurred())
	return string(content)
}

package objects

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// ownedBy are the fields that some of the managers own.
func ownedBy(managed []metav1.ManagedFieldsEntry, counts func(manager string) bool) *fieldpath.Set {
	owned := &fieldpath.Set{}
	for _, entry := range managed {
		if entry.Subresource != "" || !counts(entry.Manager) {
			continue
		}
		if set, err := fieldsOf(entry); err == nil {
			owned = owned.Union(set)
		}
	}
	return owned
}

func fieldsOf(entry metav1.ManagedFieldsEntry) (*fieldpath.Set, error) {
	set := &fieldpath.Set{}
	if entry.FieldsV1 == nil {
		return set, nil
	}
	if err := set.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())); err != nil {
		return nil, fmt.Errorf("decoding the fields of manager %s: %w", entry.Manager, err)
	}
	return set, nil
}

// managedPath is where the API server keeps who owns a field of desired.
func managedPath(field resource.Path) fieldpath.Path {
	out := fieldpath.MakePathOrDie("spec", "desired")
	for _, segment := range field {
		out = append(out, fieldpath.FieldNameElement(string(segment)))
	}
	return out
}

// Release gives up what accepts own of the fields at these paths, so that whoever declares
// them may also remove them. p has to have been read past the cache, and is what is stored
// afterwards. A conflict means that somebody wrote meanwhile.
func (a Access) Release(ctx context.Context, p *driftv1alpha1.CloudProvisioned, paths []string) error {
	operations, err := releasing(p, paths)
	if err != nil || len(operations) == 0 {
		return err
	}
	return a.changeOwners(ctx, p, operations)
}

// changeOwners changes nothing but p's managedFields, as they were read.
func (a Access) changeOwners(ctx context.Context, p *driftv1alpha1.CloudProvisioned, operations []map[string]any) error {
	operations = append([]map[string]any{{"op": "replace", "path": "/metadata/resourceVersion", "value": p.ResourceVersion}}, operations...)
	patch, err := json.Marshal(operations)
	if err != nil {
		return fmt.Errorf("encoding the patch of CloudProvisioned %s: %w", p.Name, err)
	}
	if err := a.Client.Patch(ctx, p, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(AcceptManager)); err != nil {
		return fmt.Errorf("changing who owns fields of CloudProvisioned %s: %w", p.Name, err)
	}
	return nil
}

// releasing is what to do to p's managedFields.
func releasing(p *driftv1alpha1.CloudProvisioned, paths []string) ([]map[string]any, error) {
	kind, known := kinds.Lookup(p.Spec.Resource.Kind)
	if !known {
		return nil, nil
	}
	var fields []fieldpath.Path
	for _, path := range paths {
		if field, _, ok := declaredAt(kind.Schema, nil, path); ok {
			fields = append(fields, managedPath(field))
		}
	}
	var operations []map[string]any
	for i, entry := range slices.Backward(p.ManagedFields) { // so that what is removed moves nothing that is still to come
		if entry.Manager != AcceptManager || entry.Subresource != "" {
			continue
		}
		owned, err := fieldsOf(entry)
		if err != nil {
			return nil, err
		}
		kept := owned.Difference(within(owned, fields))
		if kept.Equals(owned) {
			continue
		}
		operation, err := owning(i, kept)
		if err != nil {
			return nil, err
		}
		operations = append(operations, operation)
	}
	return operations, nil
}

// owning has the nth manager own these fields and no others.
func owning(n int, fields *fieldpath.Set) (map[string]any, error) {
	at := fmt.Sprintf("/metadata/managedFields/%d", n)
	if fields.Empty() {
		return map[string]any{"op": "remove", "path": at}, nil
	}
	encoded, err := fields.ToJSON()
	if err != nil {
		return nil, fmt.Errorf("encoding what a manager owns: %w", err)
	}
	return map[string]any{"op": "replace", "path": at + "/fieldsV1", "value": json.RawMessage(encoded)}, nil
}

// within are the members of a set that are one of the fields, or lie in one.
func within(owned *fieldpath.Set, fields []fieldpath.Path) *fieldpath.Set {
	out := &fieldpath.Set{}
	owned.Iterate(func(path fieldpath.Path) {
		for _, field := range fields {
			if len(path) >= len(field) && path[:len(field)].Equals(field) {
				out.Insert(path.Copy())
				return
			}
		}
	})
	return out
}

// HandOver gives the mark of the last accept to the one manager that applies p, so that its
// next apply, of whatever, takes it off. A tool that compares before it applies, as Flux does,
// would find nothing to do where its manifest says the accepted value by then, and nobody
// could tell from the object that it does. Where several apply it, the mark would stay for the
// last of them, and is left alone.
func (a Access) HandOver(ctx context.Context, p *driftv1alpha1.CloudProvisioned) error {
	operations, err := handingOver(p)
	if err != nil || len(operations) == 0 {
		return err
	}
	return a.changeOwners(ctx, p, operations)
}

func handingOver(p *driftv1alpha1.CloudProvisioned) ([]map[string]any, error) {
	mark := fieldpath.MakePathOrDie("metadata", "annotations", driftv1alpha1.LastAcceptedAnnotation)
	to := appliers(p.ManagedFields)
	from := slices.IndexFunc(p.ManagedFields, func(entry metav1.ManagedFieldsEntry) bool {
		owned, err := fieldsOf(entry)
		return entry.Manager == AcceptManager && entry.Subresource == "" && err == nil && owned.Has(mark)
	})
	if len(to) != 1 || from < 0 {
		return nil, nil
	}
	theirs, errTheirs := fieldsOf(p.ManagedFields[to[0]])
	ours, errOurs := fieldsOf(p.ManagedFields[from])
	if err := errors.Join(errTheirs, errOurs); err != nil {
		return nil, err
	}
	given, errGiven := owning(to[0], theirs.Union(fieldpath.NewSet(mark)))
	left, errLeft := owning(from, ours.Difference(fieldpath.NewSet(mark)))
	return []map[string]any{given, left}, errors.Join(errGiven, errLeft) // what is removed comes last
}

// appliers are who applies some of the spec from the server side, by their number.
func appliers(managed []metav1.ManagedFieldsEntry) []int {
	spec := []fieldpath.Path{fieldpath.MakePathOrDie("spec")}
	var out []int
	for i, entry := range managed {
		if entry.Operation != metav1.ManagedFieldsOperationApply || entry.Subresource != "" || entry.Manager == AcceptManager {
			continue
		}
		if owned, err := fieldsOf(entry); err == nil && !within(owned, spec).Empty() {
			out = append(out, i)
		}
	}
	return out
}

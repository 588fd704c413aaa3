package main

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func (w *world) etcd() etcd { return etcd{w.plane.EtcdURL} }

// stored is what the objects take in etcd, beside ConfigMaps that hold nothing but
// the same values. It ends the operator and takes the objects away.
func (b *bench) stored(ctx context.Context, w *world) error {
	if err := w.allDrifted(ctx); err != nil {
		return err
	}
	w.operator.Stop()
	b.say("%d droplets: what they take in etcd", w.n)
	values, err := w.bareValues(ctx)
	if err != nil {
		return err
	}
	if err := w.addNamespace(ctx, elsewhere); err != nil {
		return err
	}
	// What is deleted is deleted in etcd, a type at a time, to see what becomes free.
	// Events go by themselves after an hour.
	if err := w.etcd().forget(ctx, "/registry/events/"); err != nil {
		return err
	}
	var ours, theirs int
	for _, of := range []struct{ kind, plural string }{
		{"CloudResource", "cloudresources"}, {"CloudProvisioned", "cloudprovisioneds"}, {"CloudDrift", "clouddrifts"},
	} {
		f, our, their, err := w.storedOf(ctx, of.plural, values[of.plural])
		if err != nil {
			return err
		}
		f.what = fmt.Sprintf("bytes in etcd for a %s, mean of %d", of.kind, len(values[of.plural]))
		b.add(f)
		ours, theirs = ours+our, theirs+their
	}
	b.add(figure{
		what:     fmt.Sprintf("etcd's file for %d of each, compacted and defragmented", w.n),
		ours:     mebibytes(ours),
		baseline: mebibytes(theirs) + ", those ConfigMaps",
	})
	return nil
}

// storedOf is about one type; it also returns by how much etcd's file is larger for
// it, and would be for ConfigMaps.
func (w *world) storedOf(ctx context.Context, plural string, values []string) (f figure, ours, theirs int, err error) {
	etcd, prefix := w.etcd(), "/registry/"+driftv1alpha1.GroupVersion.Group+"/"+plural+"/"+namespace+"/"
	held, err := etcd.holds(ctx, prefix)
	if err != nil {
		return f, 0, 0, err
	}
	if held.objects != len(values) {
		return f, 0, 0, fmt.Errorf("etcd holds %d %s, not %d", held.objects, plural, len(values))
	}
	with, err := etcd.compacted(ctx)
	if err != nil {
		return f, 0, 0, err
	}
	if err := etcd.forget(ctx, prefix); err != nil {
		return f, 0, 0, err
	}
	without, err := etcd.compacted(ctx)
	if err != nil {
		return f, 0, 0, err
	}
	bare, length := values[:max(len(values)/10, 1)], 0
	for _, value := range bare {
		length += len(value)
	}
	if err := w.configMaps(ctx, plural, bare); err != nil {
		return f, 0, 0, err
	}
	maps, err := etcd.holds(ctx, "/registry/configmaps/"+elsewhere+"/"+plural)
	if err != nil {
		return f, 0, 0, err
	}
	other, err := etcd.compacted(ctx)
	if err != nil {
		return f, 0, 0, err
	}
	ours, theirs = with-without, (other-without)/len(bare)*len(values)
	return figure{
		ours:     fmt.Sprintf("%d, and %d of its file", held.each(), ours/len(values)),
		baseline: fmt.Sprintf("%d and %d, a ConfigMap with the same values; %d, their bare JSON", maps.each(), theirs/len(values), length/len(bare)),
	}, ours, theirs, nil
}

// elsewhere is a namespace that nobody looks at.
const elsewhere = "elsewhere"

func (w *world) addNamespace(ctx context.Context, name string) error {
	err := w.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	if client.IgnoreAlreadyExists(err) != nil {
		return fmt.Errorf("creating the namespace %s: %w", name, err)
	}
	return nil
}

func (w *world) configMaps(ctx context.Context, prefix string, values []string) error {
	return inParallel(ctx, len(values), func(ctx context.Context, i int) error {
		return w.admin.Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: elsewhere, Name: fmt.Sprintf("%s-%d", prefix, i)},
			Data:       map[string]string{"value": values[i]},
		})
	})
}

// bareValues are what our objects say in DigitalOcean's words and nothing else, by type.
func (w *world) bareValues(ctx context.Context) (map[string][]string, error) {
	var (
		resources   driftv1alpha1.CloudResourceList
		provisioned driftv1alpha1.CloudProvisionedList
		drifts      driftv1alpha1.CloudDriftList
	)
	for _, list := range []client.ObjectList{&resources, &provisioned, &drifts} {
		if err := w.admin.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("listing %T: %w", list, err)
		}
	}
	out := map[string][]string{}
	add := func(plural string, value map[string]any) error {
		text, err := json.Marshal(value)
		out[plural] = append(out[plural], string(text))
		return err
	}
	for i := range resources.Items {
		r := &resources.Items[i]
		value := map[string]any{"id": r.Spec.ID, "kind": r.Spec.Kind, "name": r.Observed.Name, "region": r.Observed.Region,
			"size_slug": r.Observed.SizeSlug, "status": r.Observed.Status, "tags": r.Observed.Tags}
		for name, attr := range r.Observed.Attrs {
			value[name] = attr
		}
		if err := add("cloudresources", value); err != nil {
			return nil, err
		}
	}
	for i := range provisioned.Items {
		s := &provisioned.Items[i].Spec
		if err := add("cloudprovisioneds", map[string]any{"id": s.Resource.ID, "kind": s.Resource.Kind, "desired": s.Desired}); err != nil {
			return nil, err
		}
	}
	for i := range drifts.Items {
		d := &drifts.Items[i]
		if err := add("clouddrifts", map[string]any{"id": d.Spec.ResourceRef.ID, "kind": d.Spec.ResourceRef.Kind, "field": d.Spec.Field,
			"expected": d.Status.Expected, "actual": d.Status.Actual, "at": d.Status.DetectedAt}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func mebibytes(n int) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

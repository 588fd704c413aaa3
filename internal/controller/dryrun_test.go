package controller

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// quietSnapshot is n droplets, all declared, as a sweep left them.
func quietSnapshot(tb testing.TB, d *Detector, n int) *Snapshot {
	tb.Helper()
	out := &Snapshot{
		owner: &driftv1alpha1.CloudAccount{
			ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "production", UID: "account"},
			Status: driftv1alpha1.CloudAccountStatus{Kinds: []driftv1alpha1.KindStatus{
				{Kind: "Droplet", ObservedAt: ptr.To(metav1.NewTime(objectstest.Noon))},
			}},
		},
		resources: map[resource.Ref]*driftv1alpha1.CloudResource{},
		byName:    map[kindAndName][]*driftv1alpha1.CloudResource{},
		of:        map[resource.Ref][]*driftv1alpha1.CloudProvisioned{},
		recorded:  map[types.UID][]driftv1alpha1.CloudDrift{},
	}
	var live []driftv1alpha1.CloudResource
	for i := range n {
		id := fmt.Sprint(3164444 + i)
		seen := resource.Resource{
			Ref: resource.Ref{Kind: "Droplet", ID: id}, Name: "web-" + id, ObservedAt: objectstest.Noon,
			Fields: map[string]any{"name": "web-" + id, "region": "nyc3", "size_slug": "s-1vcpu-1gb", "status": "active", "tags": []any{}},
			Attrs: map[string]any{"monitoring": false, "ipv6": true, "vpc_uuid": "5a4981aa-9653-4bd1-bef5-d6bff52042e4", "features": []any{"ipv6"},
				"image": map[string]any{"id": json.Number("7"), "slug": "ubuntu-24-04-x64"}, "memory": json.Number("1024")},
		}
		observed, err := objects.ObservationOf(seen)
		if err != nil {
			tb.Fatal(err)
		}
		live = append(live, driftv1alpha1.CloudResource{
			ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: objects.CloudResourceName("production", seen.Ref)},
			Spec:       driftv1alpha1.CloudResourceSpec{AccountRef: driftv1alpha1.LocalReference{Name: "production"}, Kind: "Droplet", ID: id},
			Observed:   observed,
		})
		p := driftv1alpha1.CloudProvisioned{
			ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "web-" + id, UID: types.UID(id), Generation: 1},
			Spec: driftv1alpha1.CloudProvisionedSpec{
				AccountRef: driftv1alpha1.LocalReference{Name: "production"},
				Resource:   driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: id},
				Desired:    map[string]apiextensionsv1.JSON{},
			},
		}
		for field, value := range map[string]any{"name": "web-" + id, "region": "nyc3", "size_slug": "s-1vcpu-1gb", "tags": []any{}, "monitoring": false} {
			if p.Spec.Desired[field], err = objects.Encode(value); err != nil {
				tb.Fatal(err)
			}
		}
		out.declared = append(out.declared, p)
	}
	out.takeDeclared()
	out.takeResources(live)
	for i := range out.declared {
		p := &out.declared[i]
		run := detection{provisioned: p}
		if err := d.look(tb.Context(), out, &run); err != nil {
			tb.Fatal(err)
		}
		d.draftPlan(&run)
		d.summarise(&run)
	}
	return out
}

func quietDetector() *Detector {
	access := objects.Access{Clock: testingclock.NewFakePassiveClock(objectstest.Noon)}
	return newDetector(access, &objects.Timetables{}, NewPendingRequests(func(types.NamespacedName) {}))
}

// A sweep does this for each declaration: ten thousand have to stay well below a
// second.
func BenchmarkDryRun(b *testing.B) {
	d := quietDetector()
	v := quietSnapshot(b, d, 1000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		found, quiet, err := d.DryRun(b.Context(), v, &v.declared[i%len(v.declared)])
		if err != nil || !quiet || found.open != 0 {
			b.Fatalf("%+v, quiet %v: %v", found, quiet, err)
		}
	}
}

// A sweep writes nothing for what is as it was, and misses nothing that is not.
func TestDryRun(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Snapshot)
		quiet  bool
	}{
		"nothing changed":              {func(*Snapshot) {}, true},
		"a field differs":              {func(v *Snapshot) { first(v).Observed.SizeSlug = ptr.To("s-8vcpu-16gb") }, false},
		"an attribute differs":         {func(v *Snapshot) { first(v).Observed.Attrs["monitoring"] = apiextensionsv1.JSON{Raw: []byte("true")} }, false},
		"a field that nobody declared": {func(v *Snapshot) { first(v).Observed.Attrs["ipv6"] = apiextensionsv1.JSON{Raw: []byte("false")} }, true},
		"it is gone":                   {func(v *Snapshot) { first(v).Observed.AbsentSince = ptr.To(metav1.NewTime(objectstest.Noon)) }, false},
		"a field is not seen any more": {func(v *Snapshot) { first(v).Observed.Unseen = []string{"monitoring"} }, false},
		"the kind was never listed":    {func(v *Snapshot) { v.owner.Status.Kinds = nil }, false},
		"the inventory is too old": {func(v *Snapshot) {
			v.owner.Status.Kinds[0].ObservedAt = ptr.To(metav1.NewTime(objectstest.Noon.Add(-5 * time.Hour)))
		}, false},
		"the declaration was edited":  {func(v *Snapshot) { v.declared[0].Generation++ }, false},
		"the account is gone":         {func(v *Snapshot) { v.owner = nil }, false},
		"an older declaration came":   {func(v *Snapshot) { addOlder(v) }, false},
		"it is being deleted":         {func(v *Snapshot) { v.declared[0].DeletionTimestamp = ptr.To(metav1.NewTime(objectstest.Noon)) }, true},
		"a drift that agrees is open": {func(v *Snapshot) { addDrift(v, driftv1alpha1.DriftOpen) }, false},
		"history changes nothing to see": {func(v *Snapshot) {
			addDrift(v, driftv1alpha1.DriftStale)
			v.declared[0].Status.Fields = []driftv1alpha1.FieldStatus{{Path: "size_slug", Episode: 1}}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := quietDetector()
			v := quietSnapshot(t, d, 2)
			c.change(v)
			before := v.declared[0].DeepCopy()
			_, quiet, err := d.DryRun(t.Context(), v, &v.declared[0])
			if err != nil || quiet != c.quiet {
				t.Errorf("quiet %v, want %v: %v", quiet, c.quiet, err)
			}
			if !equality.Semantic.DeepEqual(before, &v.declared[0]) {
				t.Error("a glance changed what the cache holds")
			}
		})
	}
}

// first is the resource of the first declaration.
func first(v *Snapshot) *driftv1alpha1.CloudResource {
	return v.resources[objects.CanonicalRef(objects.RefOf(&v.declared[0], v.declared[0].Spec.Resource.ID))]
}

func addOlder(v *Snapshot) {
	older := v.declared[0].DeepCopy()
	older.UID, older.Name = "older", "a-web"
	ref := objects.CanonicalRef(objects.RefOf(older, older.Spec.Resource.ID))
	v.of[ref] = append(v.of[ref], older)
}

func addDrift(v *Snapshot, state driftv1alpha1.DriftState) {
	p := &v.declared[0]
	v.recorded[p.UID] = []driftv1alpha1.CloudDrift{{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: "d"},
		Spec: driftv1alpha1.CloudDriftSpec{Field: "size_slug", Episode: 1,
			ResourceRef: driftv1alpha1.ResourceReference{Kind: p.Spec.Resource.Kind, ID: p.Spec.Resource.ID}},
		Status: driftv1alpha1.CloudDriftStatus{State: state},
	}}
}

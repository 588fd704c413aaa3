package detection

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
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// sweptAccount is what the cache holds of an account that was swept.
type sweptAccount struct {
	account   *driftv1alpha1.CloudAccount
	declared  []driftv1alpha1.CloudProvisioned
	resources []driftv1alpha1.CloudResource
	drifts    []driftv1alpha1.CloudDrift
}

func (a *sweptAccount) snapshot() *binding.Snapshot {
	return binding.NewSnapshot(a.account, a.declared, a.drifts, a.resources)
}

// swept is n droplets, all declared, as a sweep left them.
func swept(tb testing.TB, d *Detector, n int) *sweptAccount {
	tb.Helper()
	out := &sweptAccount{
		account: &driftv1alpha1.CloudAccount{
			ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "production", UID: "account"},
			Status: driftv1alpha1.CloudAccountStatus{Kinds: []driftv1alpha1.KindStatus{
				{Kind: "Droplet", ObservedAt: ptr.To(metav1.NewTime(objectstest.Noon))},
			}},
		},
	}
	for i := range n {
		id := fmt.Sprint(3164444 + i)
		seen := resource.Resource{
			Ref: resource.Ref{Kind: "Droplet", ID: id}, Name: "web-" + id, ObservedAt: objectstest.Noon,
			Values: map[string]any{"name": "web-" + id, "region": "nyc3", "size_slug": "s-1vcpu-1gb", "status": "active", "tags": []any{},
				"monitoring": false, "ipv6": true, "vpc_uuid": "5a4981aa-9653-4bd1-bef5-d6bff52042e4", "features": []any{"ipv6"},
				"image": map[string]any{"id": json.Number("7"), "slug": "ubuntu-24-04-x64"}, "memory": json.Number("1024")},
		}
		observed, err := objects.ObservationOf(seen)
		if err != nil {
			tb.Fatal(err)
		}
		out.resources = append(out.resources, driftv1alpha1.CloudResource{
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
	snapshot := out.snapshot()
	for i := range out.declared {
		p := &out.declared[i]
		run := detectionRun{provisioned: p}
		if err := d.look(tb.Context(), snapshot, &run); err != nil {
			tb.Fatal(err)
		}
		d.draftPlan(&run)
		d.summarise(&run)
	}
	return out
}

func quietDetector() *Detector {
	access := objects.Access{Clock: testingclock.NewFakePassiveClock(objectstest.Noon)}
	return NewDetector(access, &objects.Timetables{}, NewPendingRequests(func(types.NamespacedName) {}))
}

// A sweep does this for each declaration: ten thousand have to stay well below a
// second.
func BenchmarkDryRun(b *testing.B) {
	d := quietDetector()
	v := swept(b, d, 1000)
	snapshot := v.snapshot()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		found, quiet, err := d.DryRun(b.Context(), snapshot, &v.declared[i%len(v.declared)])
		if err != nil || !quiet || found.open != 0 {
			b.Fatalf("%+v, quiet %v: %v", found, quiet, err)
		}
	}
}

// A sweep writes nothing for what is as it was, and misses nothing that is not.
func TestDryRun(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*sweptAccount)
		quiet  bool
	}{
		"nothing changed": {func(*sweptAccount) {}, true},
		"a field differs": {func(v *sweptAccount) { first(v).Observed.SizeSlug = ptr.To("s-8vcpu-16gb") }, false},
		"an attribute differs": {func(v *sweptAccount) {
			first(v).Observed.Attrs["monitoring"] = apiextensionsv1.JSON{Raw: []byte("true")}
		}, false},
		"a field that nobody declared": {func(v *sweptAccount) { first(v).Observed.Attrs["ipv6"] = apiextensionsv1.JSON{Raw: []byte("false")} }, true},
		"it is gone":                   {func(v *sweptAccount) { first(v).Observed.AbsentSince = ptr.To(metav1.NewTime(objectstest.Noon)) }, false},
		"a field is not seen any more": {func(v *sweptAccount) { first(v).Observed.Unseen = []string{"monitoring"} }, false},
		"the kind was never listed":    {func(v *sweptAccount) { v.account.Status.Kinds = nil }, false},
		"the inventory is too old": {func(v *sweptAccount) {
			v.account.Status.Kinds[0].ObservedAt = ptr.To(metav1.NewTime(objectstest.Noon.Add(-5 * time.Hour)))
		}, false},
		"the declaration was edited":  {func(v *sweptAccount) { v.declared[0].Generation++ }, false},
		"the account is gone":         {func(v *sweptAccount) { v.account = nil }, false},
		"an older declaration came":   {addOlder, false},
		"it is being deleted":         {func(v *sweptAccount) { v.declared[0].DeletionTimestamp = ptr.To(metav1.NewTime(objectstest.Noon)) }, true},
		"a drift that agrees is open": {func(v *sweptAccount) { addDrift(v, driftv1alpha1.DriftOpen) }, false},
		"history changes nothing to see": {func(v *sweptAccount) {
			addDrift(v, driftv1alpha1.DriftStale)
			v.declared[0].Status.Fields = []driftv1alpha1.FieldStatus{{Path: "size_slug", Episode: 1}}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := quietDetector()
			v := swept(t, d, 2)
			c.change(v)
			before := v.declared[0].DeepCopy()
			_, quiet, err := d.DryRun(t.Context(), v.snapshot(), &v.declared[0])
			if err != nil || quiet != c.quiet {
				t.Errorf("quiet %v, want %v: %v", quiet, c.quiet, err)
			}
			if !equality.Semantic.DeepEqual(before, &v.declared[0]) {
				t.Error("a dry run changed what the cache holds")
			}
		})
	}
}

// first is the resource of the first declaration.
func first(v *sweptAccount) *driftv1alpha1.CloudResource { return &v.resources[0] }

func addOlder(v *sweptAccount) {
	older := v.declared[0].DeepCopy()
	older.UID, older.Name = "older", "a-web"
	v.declared = append(v.declared, *older)
}

func addDrift(v *sweptAccount, state driftv1alpha1.DriftState) {
	p := &v.declared[0]
	v.drifts = append(v.drifts, driftv1alpha1.CloudDrift{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: "d", OwnerReferences: []metav1.OwnerReference{{UID: p.UID, Controller: ptr.To(true)}}},
		Spec: driftv1alpha1.CloudDriftSpec{Field: "size_slug", Episode: 1,
			ResourceRef: driftv1alpha1.ResourceReference{Kind: p.Spec.Resource.Kind, ID: p.Spec.Resource.ID}},
		Status: driftv1alpha1.CloudDriftStatus{State: state},
	})
}

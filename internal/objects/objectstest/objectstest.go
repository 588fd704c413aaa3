// Package objectstest is for tests of what works with our API objects: an API server in
// memory, and objects as a sync leaves them.
package objectstest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Noon is when tests take place.
var Noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type indexedBuilder struct{ *fake.ClientBuilder }

func (b indexedBuilder) IndexField(_ context.Context, o client.Object, field string, f client.IndexerFunc) error {
	b.WithIndex(o, field, f)
	return nil
}

// Stored is an API server in memory that holds these, with the cache's indexes.
func Stored(t *testing.T, funcs interceptor.Funcs, stored ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(driftv1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(stored...).WithInterceptorFuncs(funcs).
		WithStatusSubresource(&driftv1alpha1.CloudAccount{}, &driftv1alpha1.CloudProvisioned{}, &driftv1alpha1.CloudDrift{})
	if err := objects.AddIndexes(t.Context(), indexedBuilder{b}); err != nil {
		t.Fatal(err)
	}
	return b.Build()
}

// Access is access to what is stored in memory, at Noon.
func Access(cached, live client.WithWatch) objects.Access {
	return objects.Access{
		Client: cached, Live: live, Clock: testingclock.NewFakePassiveClock(Noon), Events: objects.NewEventRecorder(events.NewFakeRecorder(1000)),
	}
}

// Account is an account that has never been synced.
func Account() *driftv1alpha1.CloudAccount {
	return &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "a", UID: "u"}}
}

// Quiet is an account that was synced and swept an hour before Noon, and is due at midnight.
func Quiet() *driftv1alpha1.CloudAccount {
	return &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{UID: "quiet", Annotations: map[string]string{}},
		Spec:       driftv1alpha1.CloudAccountSpec{SyncSchedule: "0 0 * * *", DetectionSchedule: "0 0 * * *"},
		Status: driftv1alpha1.CloudAccountStatus{
			LastSyncTime:      ptr.To(metav1.NewTime(Noon.Add(-time.Hour))),
			NextSyncTime:      ptr.To(metav1.NewTime(Noon.Add(12 * time.Hour))),
			LastDetectionTime: ptr.To(metav1.NewTime(Noon.Add(-time.Hour))),
		},
	}
}

// Droplet is a droplet as DigitalOcean shows it.
func Droplet(tags, features []any, unseen ...string) resource.Resource {
	return resource.Resource{
		Ref: resource.Ref{Kind: "Droplet", ID: "1"}, Name: "web-1",
		Values: map[string]any{"name": "web-1", "region": "nyc3", "size_slug": "s-1vcpu-1gb", "status": "active", "tags": tags,

			"features": features, "memory": json.Number("1024"), "vcpus": json.Number("1"), "disk": json.Number("25"),
			"networks": map[string]any{"v6": []any{}, "v4": []any{
				map[string]any{"ip_address": "198.51.100.7", "netmask": "255.255.240.0", "gateway": "198.51.100.1", "type": "public"},
				map[string]any{"ip_address": "10.100.0.2", "netmask": "255.255.240.0", "gateway": "", "type": "private"},
			}},
			"image":    map[string]any{"id": json.Number("195932982"), "slug": "ubuntu-24-04-x64", "name": "24.04 (LTS) x64", "type": "base"},
			"vpc_uuid": "760e09ef-dc84-11e8-981e-3cfdfeaae000", "volume_ids": []any{}, "backup_ids": []any{}, "snapshot_ids": []any{},
		},
		Unseen: unseen,
	}
}

// Observation is r as a CloudResource holds it.
func Observation(tb testing.TB, r resource.Resource) driftv1alpha1.Observation {
	tb.Helper()
	out, err := objects.ObservationOf(r)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// Live is a CloudResource of the account infra/production, as a listing at Noon recorded
// it.
func Live(tb testing.TB, kind, id, name string, fields, attrs map[string]any) driftv1alpha1.CloudResource {
	tb.Helper()
	if fields == nil {
		fields = map[string]any{}
	}
	maps.Copy(fields, attrs)
	fields["name"] = name
	ref := resource.Ref{Kind: kind, ID: id}
	return driftv1alpha1.CloudResource{
		ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: objects.CloudResourceName("production", ref)},
		Spec:       driftv1alpha1.CloudResourceSpec{AccountRef: driftv1alpha1.LocalReference{Name: "production"}, Kind: kind, ID: id},
		Observed:   Observation(tb, resource.Resource{Ref: ref, Name: name, Values: fields, ObservedAt: Noon}),
	}
}

// Recorded is the account infra/production, in which all of a listing of the kind at Noon
// is recorded.
func Recorded(kind string) *driftv1alpha1.CloudAccount {
	recorded, observed := metav1.NewMicroTime(Noon.Add(time.Minute)), metav1.NewTime(Noon)
	return &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "production", UID: "account"},
		Status: driftv1alpha1.CloudAccountStatus{Kinds: []driftv1alpha1.KindStatus{
			{Kind: kind, ObservedAt: &observed, RecordedAt: &recorded}}},
	}
}

// Named is a declaration by name for the account infra/production.
func Named(kind, name string, where map[string]intstr.IntOrString, desired map[string]string) *driftv1alpha1.CloudProvisioned {
	out := &driftv1alpha1.CloudProvisioned{
		ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "declared", UID: types.UID("declared"), Generation: 1},
		Spec: driftv1alpha1.CloudProvisionedSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: "production"},
			Resource:   driftv1alpha1.ResourceSelector{Kind: kind, Name: name, Where: where},
			Desired:    map[string]apiextensionsv1.JSON{},
		},
	}
	for field, value := range desired {
		out.Spec.Desired[field] = apiextensionsv1.JSON{Raw: []byte(value)}
	}
	return out
}

package access_test

import (
	"context"

	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

const observation = "observed-now"

func newAccount() *driftv1alpha1.CloudAccount {
	return &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "account-", Namespace: namespace},
		Spec:       driftv1alpha1.CloudAccountSpec{TokenSecretRef: driftv1alpha1.SecretKeyReference{Name: "digitalocean"}},
	}
}

func newProvisioned() *driftv1alpha1.CloudProvisioned {
	return &driftv1alpha1.CloudProvisioned{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "web-", Namespace: namespace},
		Spec: driftv1alpha1.CloudProvisionedSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: "production"},
			Resource:   driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: "3164444"},
			Desired:    map[string]apiextensionsv1.JSON{"size_slug": {Raw: []byte(`"s-2vcpu-4gb"`)}},
		},
	}
}

func newSet() *driftv1alpha1.CloudProvisionedSet {
	return &driftv1alpha1.CloudProvisionedSet{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "set-", Namespace: namespace},
		Spec: driftv1alpha1.CloudProvisionedSetSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: "production"},
			Terraform:  driftv1alpha1.TerraformSource{SecretRef: &driftv1alpha1.StateSecretReference{Name: "tfstate-default-infra"}},
		},
	}
}

func newResource() *driftv1alpha1.CloudResource {
	return &driftv1alpha1.CloudResource{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "resource-", Namespace: namespace},
		Spec:       driftv1alpha1.CloudResourceSpec{AccountRef: driftv1alpha1.LocalReference{Name: "production"}, Kind: "Droplet", ID: "3164444"},
		Observed:   driftv1alpha1.Observation{Name: ptr.To("web-1"), ObservedAt: metav1.NowMicro()},
	}
}

func newDrift() *driftv1alpha1.CloudDrift {
	return &driftv1alpha1.CloudDrift{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: "web-size-slug-", Namespace: namespace,
			Labels: map[string]string{driftv1alpha1.KindLabel: "Droplet"},
		},
		Spec: driftv1alpha1.CloudDriftSpec{
			AccountRef:     driftv1alpha1.LocalReference{Name: "production"},
			ProvisionedRef: driftv1alpha1.LocalReference{Name: "web"},
			ResourceRef:    driftv1alpha1.ResourceReference{Name: "production-droplet-web", Kind: "Droplet", ID: "3164444"},
			Field:          "size_slug",
			Episode:        1,
		},
	}
}

func openStatus() driftv1alpha1.CloudDriftStatus {
	return driftv1alpha1.CloudDriftStatus{
		State:       driftv1alpha1.DriftOpen,
		Expected:    apiextensionsv1.JSON{Raw: []byte(`"s-2vcpu-4gb"`)},
		Actual:      apiextensionsv1.JSON{Raw: []byte(`"s-4vcpu-8gb"`)},
		Rendered:    driftv1alpha1.RenderedValues{Expected: "s-2vcpu-4gb", Actual: "s-4vcpu-8gb"},
		Observation: observation,
		DetectedAt:  ptr.To(metav1.Now()),
	}
}

// provisioned, account and resource create one, as who may.
func provisioned(ctx context.Context) *driftv1alpha1.CloudProvisioned {
	return create(ctx, admin, newProvisioned())
}

func account(ctx context.Context) *driftv1alpha1.CloudAccount {
	return create(ctx, admin, newAccount())
}

func resource(ctx context.Context) *driftv1alpha1.CloudResource {
	return create(ctx, operator, newResource())
}

// unseenDrift has no status yet.
func unseenDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	return create(ctx, operator, newDrift())
}

// openDrift is observed, and nobody asked for anything.
func openDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := unseenDrift(ctx)
	d.Status = openStatus()
	Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
	return d
}

// approvedDrift is one that alice asked to have accepted.
func approvedDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := openDrift(ctx)
	d.Annotations = approval(alice.name, observation)
	Expect(alice.client.Update(ctx, d)).To(Succeed())
	return d
}

// begunDrift is an approved one on which the operator has begun to work.
func begunDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := approvedDrift(ctx)
	begin(d)
	Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
	return d
}

// resolvedDrift is an approved one that was accepted. Its annotations stay.
func resolvedDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := begunDrift(ctx)
	resolve(d)
	Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
	return d
}

// reasonedDrift is an accepted one, and its annotations say why.
func reasonedDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := openDrift(ctx)
	d.Annotations = approval(alice.name, observation)
	d.Annotations[driftv1alpha1.ResolveReasonAnnotation] = "the launch needs it"
	Expect(alice.client.Update(ctx, d)).To(Succeed())
	begin(d)
	Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
	resolve(d)
	Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
	return d
}

// withdrawnDrift is an accepted one whose accept alice asked to take back.
func withdrawnDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := resolvedDrift(ctx)
	d.Annotations = withdrawal(alice.name)
	Expect(alice.client.Update(ctx, d)).To(Succeed())
	return d
}

// staleDrift is a resolved one that nobody ever asked for.
func staleDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := openDrift(ctx)
	resolve(d)
	d.Status.State = driftv1alpha1.DriftStale
	Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
	return d
}

// brokenOffDrift is one on which work has begun, and whose annotations are gone.
func brokenOffDrift(ctx context.Context) *driftv1alpha1.CloudDrift {
	d := openDrift(ctx)
	begin(d)
	Expect(operator.client.Status().Update(ctx, d)).To(Succeed())
	return d
}

func begin(d *driftv1alpha1.CloudDrift) {
	d.Status.Resolution = &driftv1alpha1.Resolution{
		Verb: driftv1alpha1.VerbAccept, User: alice.name, Observation: observation,
		Value: d.Status.Actual, StartedAt: metav1.Now(),
	}
}

func resolve(d *driftv1alpha1.CloudDrift) {
	d.Status.State = driftv1alpha1.DriftAccepted
	d.Status.ResolvedAt = ptr.To(metav1.Now())
	d.Status.ResolvedBy = alice.name
}

func approval(by, of string) map[string]string {
	return map[string]string{
		driftv1alpha1.ResolveAnnotation:            driftv1alpha1.ResolveAccept,
		driftv1alpha1.ResolvedByAnnotation:         by,
		driftv1alpha1.ResolveObservationAnnotation: of,
	}
}

func withdrawal(by string) map[string]string {
	out := approval(by, observation)
	out[driftv1alpha1.ResolveAnnotation] = driftv1alpha1.ResolveWithdraw
	return out
}

func create[T client.Object](ctx context.Context, as user, object T) T {
	Expect(as.client.Create(ctx, object)).To(Succeed())
	return object
}

// live is d as the API server has it now.
func live(ctx context.Context, d *driftv1alpha1.CloudDrift) *driftv1alpha1.CloudDrift {
	var found driftv1alpha1.CloudDrift
	Expect(admin.client.Get(ctx, client.ObjectKeyFromObject(d), &found)).To(Succeed())
	return &found
}

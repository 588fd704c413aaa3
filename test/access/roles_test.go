package access_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

var (
	reads  = []string{"get", "list", "watch"}
	writes = []string{"create", "update", "patch", "delete", "deletecollection"}
	kinds  = []string{"cloudaccounts", "cloudresources", "cloudprovisioneds", "cloudprovisionedsets", "clouddrifts"}
	// cloudresources has no status: an observation is one write.
	statuses = []string{"cloudaccounts/status", "cloudprovisioneds/status", "cloudprovisionedsets/status", "clouddrifts/status"}
	// ourVerbs are asked for by the admission policies; no request of the API has them.
	ourVerbs = []string{"accept", "revert", "snooze", "operate"}
)

// rights are what a user may do, verb by verb, by resource. What is not named is
// refused.
type rights map[string][]string

var everyoneReads = rights{
	"cloudaccounts": reads, "cloudresources": reads, "cloudprovisioneds": reads, "cloudprovisionedsets": reads, "clouddrifts": reads,
	"cloudaccounts/status": {"get"}, "cloudprovisioneds/status": {"get"}, "cloudprovisionedsets/status": {"get"}, "clouddrifts/status": {"get"},
}

func (r rights) and(more rights) rights {
	sum := rights{}
	for _, from := range []rights{r, more} {
		for resource, verbs := range from {
			sum[resource] = append(slices.Clone(sum[resource]), verbs...)
		}
	}
	return sum
}

var matrix = []struct {
	who    string
	as     *user
	rights rights
}{
	{"nobody", &nobody, rights{}},
	{"viewer", &viewer, everyoneReads},
	{"editor", &editor, everyoneReads.and(rights{
		"cloudprovisioneds": {"create", "update", "patch", "delete"},
	})},
	{"platform-admin", &alice, everyoneReads.and(rights{
		"cloudaccounts":        {"create", "update", "patch", "delete"},
		"cloudprovisioneds":    {"create", "update", "patch", "delete"},
		"cloudprovisionedsets": {"create", "update", "patch", "delete"},
		"clouddrifts":          {"update", "patch", "accept", "revert", "snooze"},
	})},
	{"operator", &operator, rights{
		"cloudaccounts":               reads,
		"cloudprovisionedsets":        reads,
		"cloudprovisioneds":           {"get", "list", "watch", "create", "update", "patch", "delete"},
		"cloudresources":              {"get", "list", "watch", "create", "update", "patch", "delete"},
		"clouddrifts":                 {"get", "list", "watch", "create", "update", "patch", "delete", "operate"},
		"cloudaccounts/status":        {"get", "update", "patch"},
		"cloudprovisioneds/status":    {"get", "update", "patch"},
		"cloudprovisionedsets/status": {"get", "update", "patch"},
		"clouddrifts/status":          {"get", "update", "patch"},
	}},
}

var _ = Describe("the roles", func() {
	for _, row := range matrix {
		for _, resource := range slices.Concat(kinds, statuses) {
			It(fmt.Sprintf("%s on %s", row.who, resource), func(ctx SpecContext) {
				verbs := slices.Concat(reads, writes)
				if strings.Contains(resource, "/") {
					// A subresource knows no other requests.
					verbs = []string{"get", "update", "patch"}
				}
				for _, verb := range verbs {
					err := request(ctx, *row.as, verb, resource)
					if slices.Contains(row.rights[resource], verb) {
						Expect(err).NotTo(HaveOccurred(), "%s may %s %s", row.who, verb, resource)
					} else {
						Expect(apierrors.IsForbidden(err)).To(BeTrue(), "%s may not %s %s: %v", row.who, verb, resource, err)
					}
				}
			})
		}
		It(row.who+" and the verbs of ours", func(ctx SpecContext) {
			for _, verb := range ourVerbs {
				Expect(may(ctx, *row.as, attributes(namespace, verb, "drift.arcadia.cloud", "clouddrifts", ""))).
					To(Equal(slices.Contains(row.rights["clouddrifts"], verb)), verb)
			}
		})
	}

	It("give nothing in a namespace where they are not bound", func(ctx SpecContext) {
		for _, as := range []user{viewer, editor, alice} {
			for _, resource := range kinds {
				for _, verb := range slices.Concat(reads, writes, ourVerbs) {
					Expect(may(ctx, as, attributes("default", verb, "drift.arcadia.cloud", resource, ""))).
						To(BeFalse(), "%s %s %s", as.name, verb, resource)
				}
			}
		}
	})

	It("viewer and editor are part of the built-in roles, platform-admin is of none", func(ctx SpecContext) {
		for role, want := range map[string]rights{
			"view":  {"clouddrifts": {"get"}},
			"edit":  {"clouddrifts": {"get"}, "cloudprovisioneds": {"create", "update", "patch", "delete"}},
			"admin": {"clouddrifts": {"get"}, "cloudprovisioneds": {"create", "update", "patch", "delete"}},
		} {
			member := newUser("member-of-" + role)
			bind(ctx, namespace, role, member)
			for _, resource := range kinds {
				for _, verb := range slices.Concat([]string{"get"}, writes, ourVerbs) {
					wanted := slices.Contains(want[resource], verb) || verb == "get"
					Eventually(func() bool {
						return may(ctx, member, attributes(namespace, verb, "drift.arcadia.cloud", resource, ""))
					}).Should(Equal(wanted), "%s %s %s", role, verb, resource)
				}
			}
		}
	})
})

var _ = Describe("beyond our own kinds the operator may", func() {
	for _, c := range []struct {
		group, resource, name, in string
		verbs                     []string
	}{
		{"", "secrets", "digitalocean", namespace, []string{"get"}},
		{"", "events", "", namespace, []string{"create", "patch"}},
		{"events.k8s.io", "events", "", namespace, []string{"create", "patch"}},
		{"", "pods", "", namespace, nil},
		{"", "configmaps", "", namespace, nil},
		{"", "namespaces", "", "", nil},
		{"coordination.k8s.io", "leases", "clouddrift.drift.arcadia.cloud", "clouddrift-system", []string{"create", "get", "update", "patch"}},
		{"coordination.k8s.io", "leases", "another", "clouddrift-system", []string{"create", "get"}},
		{"coordination.k8s.io", "leases", "lock-tfstate-default-infra", namespace, []string{"get"}},
		{"authentication.k8s.io", "tokenreviews", "", "", []string{"create"}},
		{"authorization.k8s.io", "subjectaccessreviews", "", "", []string{"create"}},
		{"admissionregistration.k8s.io", "validatingadmissionpolicies", "clouddrift-resolution", "", []string{"get"}},
		{"admissionregistration.k8s.io", "validatingadmissionpolicies", "another", "", nil},
		{"admissionregistration.k8s.io", "validatingadmissionpolicybindings", "clouddrift-resolution", "", []string{"get"}},
		{"rbac.authorization.k8s.io", "clusterroles", "", "", nil},
		{"apiextensions.k8s.io", "customresourcedefinitions", "", "", nil},
	} {
		It(fmt.Sprintf("%v %s.%s %s in %q, and no other verb", c.verbs, c.resource, c.group, c.name, c.in), func(ctx SpecContext) {
			for _, verb := range slices.Concat(reads, writes, []string{"escalate", "bind", "impersonate"}) {
				Expect(may(ctx, operator, attributes(c.in, verb, c.group, c.resource, c.name))).
					To(Equal(slices.Contains(c.verbs, verb)), verb)
			}
		})
	}
})

func attributes(namespace, verb, group, resource, name string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Namespace: namespace, Verb: verb, Group: group, Resource: resource, Name: name}
}

func may(ctx context.Context, as user, attributes authorizationv1.ResourceAttributes) bool {
	requests.Add(1)
	review := &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &attributes},
	}
	Expect(as.client.Create(ctx, review)).To(Succeed())
	return review.Status.Allowed
}

// request makes one real request, as a dry run where it would write.
func request(ctx context.Context, as user, verb, resource string) error {
	requests.Add(1)
	dynamicClient, err := dynamic.NewForConfig(as.config)
	Expect(err).NotTo(HaveOccurred())
	kind, subresource, _ := strings.Cut(resource, "/")
	var subresources []string
	if subresource != "" {
		subresources = []string{subresource}
	}
	api := dynamicClient.Resource(driftv1alpha1.GroupVersion.WithResource(kind)).Namespace(namespace)
	dryRun := []string{metav1.DryRunAll}
	switch verb {
	case "list":
		_, err = api.List(ctx, metav1.ListOptions{Limit: 1})
		return err
	case "watch":
		w, err := api.Watch(ctx, metav1.ListOptions{})
		if err == nil {
			w.Stop()
		}
		return err
	case "create":
		_, err = api.Create(ctx, fresh(kind), metav1.CreateOptions{DryRun: dryRun})
		return err
	case "deletecollection":
		return api.DeleteCollection(ctx, metav1.DeleteOptions{DryRun: dryRun}, metav1.ListOptions{Limit: 1})
	}
	existing := sample(ctx, kind)
	switch verb {
	case "get":
		_, err = api.Get(ctx, existing.GetName(), metav1.GetOptions{}, subresources...)
	case "update":
		_, err = api.Update(ctx, existing, metav1.UpdateOptions{DryRun: dryRun}, subresources...)
	case "patch":
		patch := `{"metadata":{"annotations":{"example.com/a":"b"}}}`
		_, err = api.Patch(ctx, existing.GetName(), types.MergePatchType, []byte(patch), metav1.PatchOptions{DryRun: dryRun}, subresources...)
	case "delete":
		err = api.Delete(ctx, existing.GetName(), metav1.DeleteOptions{DryRun: dryRun})
	default:
		Fail("no request is known for " + verb)
	}
	return err
}

func typed(kind string) client.Object {
	return map[string]client.Object{
		"cloudaccounts": newAccount(), "cloudresources": newResource(),
		"cloudprovisioneds": newProvisioned(), "cloudprovisionedsets": newSet(), "clouddrifts": newDrift(),
	}[kind]
}

func fresh(kind string) *unstructured.Unstructured {
	object := typed(kind)
	kindOf, err := admin.client.GroupVersionKindFor(object)
	Expect(err).NotTo(HaveOccurred())
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	Expect(err).NotTo(HaveOccurred())
	out := &unstructured.Unstructured{Object: content}
	out.SetGroupVersionKind(kindOf)
	return out
}

// sample is one of a kind that was there before.
func sample(ctx context.Context, kind string) *unstructured.Unstructured {
	out := fresh(kind)
	Expect(admin.client.Create(ctx, out)).To(Succeed())
	return out
}

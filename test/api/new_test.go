package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kstatus "sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// What waits for objects to be ready, as Flux and Argo CD do, goes by kstatus.
var _ = Describe("a new object", func() {
	DescribeTable("is in progress until the operator has looked at it", func(ctx SpecContext, manifest string) {
		o := created(ctx, manifest)
		content := live(ctx, o)
		keeps(at(content, "status"), `{"observedGeneration":-1}`)
		status, err := kstatus.Compute(&unstructured.Unstructured{Object: content})
		Expect(err).NotTo(HaveOccurred())
		Expect(status.Status).To(Equal(kstatus.InProgressStatus))
	},
		Entry("CloudAccount", account),
		Entry("CloudProvisioned", provisioned),
		Entry("CloudProvisionedSet", set),
	)
})

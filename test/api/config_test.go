package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	compare "github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	inventory "github.com/arcadiacloud/clouddrift/internal/resource"
)

// built is what kustomize makes of a folder, without a network.
func built(ctx context.Context, folder string) []*unstructured.Unstructured {
	GinkgoHelper()
	stdout, _, err := controlPlane.Kubectl(ctx, "", "kustomize", folder)
	Expect(err).NotTo(HaveOccurred())
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(stdout), 4096)
	var objects []*unstructured.Unstructured
	for {
		o := &unstructured.Unstructured{}
		err := decoder.Decode(o)
		if errors.Is(err, io.EOF) {
			return objects
		}
		Expect(err).NotTo(HaveOccurred())
		objects = append(objects, o)
	}
}

var _ = Describe("config", func() {
	folders, err := filepath.Glob("../../config/*/kustomization.yaml")
	if err != nil {
		panic(err)
	}
	for _, file := range folders {
		folder := filepath.Dir(file)
		It("builds "+filepath.Base(folder), func(ctx SpecContext) {
			Expect(built(ctx, folder)).NotTo(BeEmpty())
		})
	}

	It("default is default-without-mutation and the mutating policies", func(ctx SpecContext) {
		count := func(folder string) map[string]int {
			kinds := map[string]int{}
			for _, o := range built(ctx, "../../config/"+folder) {
				kinds[o.GetKind()]++
			}
			return kinds
		}
		without := count("default-without-mutation")
		Expect(without).NotTo(HaveKey("MutatingAdmissionPolicy"))
		without["MutatingAdmissionPolicy"] += 2 // of resolutions and of snoozes
		without["MutatingAdmissionPolicyBinding"] += 2
		Expect(count("default")).To(Equal(without))
	})

	It("has a sample of each kind, which the server takes and the operator understands", func(ctx SpecContext) {
		seen := map[string]bool{}
		for _, o := range built(ctx, "../../config/samples") {
			o.SetNamespace(namespace)
			Expect(server.Create(ctx, o, client.DryRunAll)).To(Succeed(), o.GetName())
			if o.GetKind() != "CloudProvisioned" {
				continue
			}
			name := at(o.Object, "spec", "resource", "kind").(string)
			kind, known := kinds.Lookup(name)
			Expect(known).To(BeTrue(), name)
			if id, ok := at(o.Object, "spec", "resource", "id").(string); ok {
				Expect(kind.ValidateID(id)).To(Succeed())
			}
			result := compare.Differences(kind.Schema, at(o.Object, "spec", "desired").(map[string]any), inventory.Resource{}, nil)
			Expect(result.Unknown).To(BeEmpty(), name)
			// Nothing was observed here, so that some fields leave it open.
			Expect(result.Fields+len(result.Unseen)).To(BeNumerically(">", 0), name)
			seen[name] = true
		}
		for _, kind := range kinds.All() {
			Expect(seen).To(HaveKey(kind.Kind))
		}
	})
})

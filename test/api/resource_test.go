package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var _ = Describe("CloudResource", func() {
	tryEach(resource,
		c{"the whole", `{"observed":{"region":"nyc3","size_slug":"s-1vcpu-1gb","status":"active","tags":["a","a"],"unseen":["image"],"matchName":"x"}}`, ""},
		c{"no tags, which is not unknown tags", `{"observed":{"tags":[]}}`, ""},
		c{"no kind", `{"spec":{"kind":{"$remove":true}}}`, "spec.kind: Required value"},
		c{"no id", `{"spec":{"id":{"$remove":true}}}`, "spec.id: Required value"},
		c{"no accountRef", `{"spec":{"accountRef":{"$remove":true}}}`, "spec.accountRef: Required value"},
		c{"an id that is too long", `{"spec":{"id":"` + repeat("i", 513) + `"}}`, "spec.id: Too long"},
		c{"an observation without its time", `{"observed":{"observedAt":{"$remove":true}}}`, "observed.observedAt: Required value"},
		c{"unseen twice", `{"observed":{"unseen":["image","image"]}}`, "Duplicate value"},
		c{"attrs that are no object", `{"observed":{"attrs":[1]}}`, "observed.attrs: Invalid value"},
		c{"too many tags", `{"observed":{"tags":` + numbered(1025) + `}}`, "observed.tags: Too many"},
		c{"who looks after it", `{"coverage":{"state":"Owned","owner":"Kubernetes"}}`, ""},
		c{"a coverage that there is not", `{"coverage":{"state":"Lost"}}`, "coverage.state: Unsupported value"},
		c{"an empty coverage", `{"coverage":{"state":""}}`, "coverage.state: Unsupported value"},
		c{"an owner whose name is too long", `{"coverage":{"owner":"` + repeat("o", 64) + `"}}`, "coverage.owner: Too long"},
		c{"a field that there is not", `{"observed":{"password":"x"}}`, `unknown field "observed.password"`},
		c{"a status, which it has not", `{"status":{"a":"b"}}`, `unknown field "status"`},
	)
	for _, value := range anyJSON {
		It("keeps in attrs "+value, func(ctx SpecContext) {
			o := created(ctx, resource, `{"observed":{"attrs":{"field":`+value+`}}}`)
			keeps(at(live(ctx, o), "observed", "attrs"), `{"field":`+value+`}`)
		})
	}
	for _, patch := range []string{`{"spec":{"id":"1"}}`, `{"spec":{"kind":"Volume"}}`, `{"spec":{"accountRef":{"name":"x"}}}`} {
		It("can't change by "+patch, func(ctx SpecContext) {
			expect(patchSpec(ctx, created(ctx, resource), patch), "the identity of a CloudResource cannot change")
		})
	}
	It("can be observed anew, to the microsecond", func(ctx SpecContext) {
		o := created(ctx, resource)
		Expect(patchSpec(ctx, o, `{"observed":{"name":"web-2","observedAt":"2026-11-01T10:00:00.123457Z"}}`)).To(Succeed())
		Expect(at(live(ctx, o), "observed", "observedAt")).To(Equal("2026-11-01T10:00:00.123457Z"))
	})
	It("takes a name of 253 characters: it becomes no label", func(ctx SpecContext) {
		o := object(resource)
		o.SetName(repeat("n", 253))
		Expect(server.Create(ctx, o, client.DryRunAll)).To(Succeed())
	})
})

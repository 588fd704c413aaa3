package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const set = `
kind: CloudProvisionedSet
spec:
  accountRef: {name: production}
  terraform: {secretRef: {name: tfstate-default-infra}}`

var _ = Describe("CloudProvisionedSet", func() {
	const both = `"secretRef":{"$remove":true},`
	tryEach(set,
		c{"a Secret", `{}`, ""},
		c{"a URL", `{"spec":{"terraform":{` + both + `"url":"https://states.example.com/infra"}}}`, ""},
		c{"a URL over plain http, which the operator's flag decides on", `{"spec":{"terraform":{` + both + `"url":"http://states.infra.svc:8080/infra"}}}`, ""},
		c{"a Secret with a URL", `{"spec":{"terraform":{` + both + `"urlSecretRef":{"name":"presigned"}}}}`, ""},
		c{"defaults too", `{"spec":{"defaults":"Include"}}`, ""},
		c{"no source", `{"spec":{"terraform":{"$replace":true}}}`, "give exactly one of secretRef, url and urlSecretRef"},
		c{"two sources", `{"spec":{"terraform":{"url":"https://states.example.com/infra"}}}`, "give exactly one of secretRef, url and urlSecretRef"},
		c{"a Secret and a Secret with a URL", `{"spec":{"terraform":{"urlSecretRef":{"name":"presigned"}}}}`, "give exactly one of secretRef, url and urlSecretRef"},
		c{"what is no URL", `{"spec":{"terraform":{` + both + `"url":"states.example.com"}}}`, "must be a URL"},
		c{"another scheme", `{"spec":{"terraform":{` + both + `"url":"ftp://states.example.com/infra"}}}`, "must start with https:// or http://"},
		c{"a signature in the URL", `{"spec":{"terraform":{` + both + `"url":"https://states.example.com/infra?X-Amz-Signature=s"}}}`, "belongs in a Secret, see urlSecretRef"},
		c{"a password in the URL", `{"spec":{"terraform":{` + both + `"url":"https://u:p@states.example.com/infra"}}}`, "belongs in a Secret, see urlSecretRef"},
		c{"no account", `{"spec":{"accountRef":{"$remove":true}}}`, "spec.accountRef"},
		c{"other defaults", `{"spec":{"defaults":"Some"}}`, "Unsupported value"},
		c{"a name that leaves no room for those of its declarations", `{"metadata":{"name":"` + repeat("x", 25) + `"}}`, "metadata.name must be at most 24 characters"},
	)

	It("keeps its account", func(ctx SpecContext) {
		o := created(ctx, set)
		expect(patchSpec(ctx, o, `{"spec":{"accountRef":{"name":"another"}}}`), "accountRef is immutable")
		expect(patchSpec(ctx, o, `{"spec":{"terraform":{"secretRef":{"name":"tfstate-default-other"}}}}`), "")
	})

	It("begins without anything known, with its defaults", func(ctx SpecContext) {
		o := live(ctx, created(ctx, set))
		Expect(at(o, "status", "observedGeneration")).To(BeEquivalentTo(-1))
		Expect(at(o, "spec", "defaults")).To(Equal("Omit"))
	})
})

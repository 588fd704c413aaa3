package api_test

import (
	"encoding/json"

	. "github.com/onsi/ginkgo/v2"
)

var _ = Describe("CloudProvisioned", func() {
	Describe("resource", func() {
		const exactlyOne = "give exactly one of id and name"
		tryEach(provisioned,
			c{"an id", `{}`, ""},
			c{"a name", `{"spec":{"resource":{"$replace":true,"kind":"Droplet","name":"web-1"}}}`, ""},
			c{"an id and a name", `{"spec":{"resource":{"name":"web-1"}}}`, exactlyOne},
			c{"neither an id nor a name", `{"spec":{"resource":{"id":{"$remove":true}}}}`, exactlyOne},
			c{"an empty id", `{"spec":{"resource":{"id":""}}}`, "spec.resource.id: Invalid value"},
			c{"an id that is a number", `{"spec":{"resource":{"id":3164444}}}`, "spec.resource.id: Invalid value"},
			c{"an id that is too long", `{"spec":{"resource":{"id":"` + repeat("i", 513) + `"}}}`, "spec.resource.id: Too long"},
			c{"a name that is too long", `{"spec":{"resource":{"$replace":true,"kind":"Droplet","name":"` + repeat("n", 1025) + `"}}}`, "spec.resource.name: Too long"},
			c{"no kind", `{"spec":{"resource":{"kind":{"$remove":true}}}}`, "spec.resource.kind: Required value"},
			c{"a kind in lower case", `{"spec":{"resource":{"kind":"droplet"}}}`, "spec.resource.kind: Invalid value"},
			c{"a kind with other characters", `{"spec":{"resource":{"kind":"Load-Balancer"}}}`, "spec.resource.kind: Invalid value"},
			c{"a kind that is too long", `{"spec":{"resource":{"kind":"` + "D" + repeat("k", 63) + `"}}}`, "spec.resource.kind: Too long"},
			c{"a kind that nobody knows yet, which is for a condition to say", `{"spec":{"resource":{"kind":"Teapot"}}}`, ""},
			c{"no resource", `{"spec":{"resource":{"$remove":true}}}`, "spec.resource: Required value"},
		)
	})

	Describe("resource.where", func() {
		const besideName = "where tells resources of one name apart: give name beside it, and not id"
		where := func(fields string) string {
			return `{"spec":{"resource":{"$replace":true,"kind":"DomainRecord","name":"api.example.com","where":` + fields + `}}}`
		}
		tryEach(provisioned,
			c{"beside a name", where(`{"type":"A"}`), ""},
			c{"beside an id", `{"spec":{"resource":{"where":{"type":"A"}}}}`, besideName},
			c{"alone", `{"spec":{"resource":{"$replace":true,"kind":"DomainRecord","where":{"type":"A"}}}}`, "give exactly one of id and name"},
			c{"text and whole numbers", where(`{"type":"MX","priority":10,"port":-1,"weight":"10"}`), ""},
			c{"the least and the greatest number", where(`{"ttl":-2147483648,"priority":2147483647}`), ""},
			c{"a path", where(`{"image.slug":"ubuntu-24-04-x64"}`), ""},
			c{"empty text", where(`{"data":""}`), ""},
			c{"eight fields", where(`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1}`), ""},
			c{"nine fields", where(`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}`), "spec.resource.where: Too many"},
			c{"no field", where(`{}`), "spec.resource.where: Invalid value"},
			c{"a field without a name", where(`{"":"A"}`), "the name of a field has 1 to 256 characters"},
			c{"a field's name of 256 characters", where(`{"` + repeat("f", 256) + `":"A"}`), ""},
			c{"a field's name of 257 characters", where(`{"` + repeat("f", 257) + `":"A"}`), "the name of a field has 1 to 256 characters"},
			c{"true", where(`{"ipv6":true}`), "spec.resource.where.ipv6: Invalid value"},
			c{"half a number", where(`{"priority":1.5}`), "spec.resource.where.priority: Invalid value"},
			c{"null, which the API server leaves out", where(`{"type":null}`), "spec.resource.where: Invalid value"},
			c{"a list", where(`{"type":["A"]}`), "spec.resource.where.type: Invalid value"},
			c{"an object", where(`{"image":{"slug":"x"}}`), `unknown field "spec.resource.where.image.slug"`},
			c{"a list of fields", where(`["type"]`), "spec.resource.where: Invalid value"},
			c{"text", where(`"type"`), "spec.resource.where: Invalid value"},
		)
		It("keeps numbers numbers and text text", func(ctx SpecContext) {
			o := created(ctx, provisioned, where(`{"priority":10,"weight":"10"}`))
			keeps(at(live(ctx, o), "spec", "resource", "where"), `{"priority":10,"weight":"10"}`)
		})
	})

	Describe("the rest of the spec", func() {
		tryEach(provisioned,
			c{"no accountRef", `{"spec":{"accountRef":{"$remove":true}}}`, "spec.accountRef: Required value"},
			c{"an empty accountRef", `{"spec":{"accountRef":{"name":""}}}`, "spec.accountRef.name: Invalid value"},
			c{"an accountRef that is too long", `{"spec":{"accountRef":{"name":"` + repeat("n", 254) + `"}}}`, "spec.accountRef.name: Too long"},
			c{"an account in another namespace", `{"spec":{"accountRef":{"namespace":"x"}}}`, `unknown field "spec.accountRef.namespace"`},
			c{"no desired", `{"spec":{"desired":{"$remove":true}}}`, "spec.desired: Required value"},
			c{"a desired that is null", `{"spec":{"desired":null}}`, "spec.desired: Required value"},
			c{"a desired that is a list", `{"spec":{"desired":["size_slug"]}}`, "spec.desired: Invalid value"},
			c{"a desired that is a string", `{"spec":{"desired":"size_slug"}}`, "spec.desired: Invalid value"},
			c{"ignored paths", `{"spec":{"ignore":["tags","backup_policy.hour","inbound_rules[\"tcp/22\"]"]}}`, ""},
			c{"a path ignored twice", `{"spec":{"ignore":["tags","tags"]}}`, "spec.ignore[1]: Duplicate value"},
			c{"an empty path", `{"spec":{"ignore":[""]}}`, "spec.ignore[0]: Invalid value"},
			c{"a path that is too long", `{"spec":{"ignore":["` + repeat("p", 513) + `"]}}`, "spec.ignore[0]: Too long"},
			c{"too many paths", `{"spec":{"ignore":` + numbered(65) + `}}`, "spec.ignore: Too many"},
			c{"no spec", `{"spec":{"$remove":true}}`, "spec: Required value"},
			c{"a field that there is not", `{"spec":{"Desired":{}}}`, `unknown field "spec.Desired"`},
			c{"a name of 63 characters", `{"metadata":{"name":"` + repeat("p", 63) + `"}}`, ""},
			c{"a name of 64 characters", `{"metadata":{"name":"` + repeat("p", 64) + `"}}`, "metadata.name must be at most 63 characters, because it becomes a label"},
		)
	})

	Describe("changes", func() {
		for _, c := range []c{
			{"of desired", `{"spec":{"desired":{"size_slug":"s-4vcpu-8gb","region":"nyc3"}}}`, ""},
			{"of ignore", `{"spec":{"ignore":["tags"]}}`, ""},
			{"of the resource's id", `{"spec":{"resource":{"id":"1"}}}`, "resource is immutable; make a new CloudProvisioned"},
			{"of the resource's kind", `{"spec":{"resource":{"kind":"Volume"}}}`, "resource is immutable; make a new CloudProvisioned"},
			{"from an id to a name", `{"spec":{"resource":{"id":null,"name":"web-1"}}}`, "resource is immutable; make a new CloudProvisioned"},
			{"of the account", `{"spec":{"accountRef":{"name":"staging"}}}`, "accountRef is immutable; make a new CloudProvisioned"},
		} {
			It(c.why, func(ctx SpecContext) { expect(patchSpec(ctx, created(ctx, provisioned), c.patch), c.refused) })
		}
	})

	Describe("changes of where", func() {
		const immutable = "resource is immutable; make a new CloudProvisioned"
		byWhere := `{"spec":{"resource":{"$replace":true,"kind":"DomainRecord","name":"api.example.com","where":{"type":"A","priority":10}}}}`
		byName := `{"spec":{"resource":{"$replace":true,"kind":"DomainRecord","name":"api.example.com"}}}`
		for _, c := range []struct{ why, from, patch, refused string }{
			{"none", byWhere, `{"spec":{"resource":{"where":{"priority":10}},"desired":{"ttl":300}}}`, ""},
			{"another value", byWhere, `{"spec":{"resource":{"where":{"type":"TXT"}}}}`, immutable},
			{"a number for text of the same digits", byWhere, `{"spec":{"resource":{"where":{"priority":"10"}}}}`, immutable},
			{"one field more", byWhere, `{"spec":{"resource":{"where":{"data":"203.0.113.9"}}}}`, immutable},
			{"one field less", byWhere, `{"spec":{"resource":{"where":{"type":null}}}}`, immutable},
			{"its going", byWhere, `{"spec":{"resource":{"where":null}}}`, immutable},
			{"its coming", byName, `{"spec":{"resource":{"where":{"type":"A"}}}}`, immutable},
		} {
			It("judges "+c.why, func(ctx SpecContext) {
				expect(patchSpec(ctx, created(ctx, provisioned, c.from), c.patch), c.refused)
			})
		}
	})

	Describe("any JSON in desired", func() {
		for _, value := range anyJSON {
			It("keeps "+value, func(ctx SpecContext) {
				o := created(ctx, provisioned, `{"spec":{"desired":{"field":`+value+`,"nested":{"deep":[`+value+`]}}}}`)
				keeps(at(live(ctx, o), "spec", "desired"), `{"field":`+value+`,"nested":{"deep":[`+value+`]},"size_slug":"s-2vcpu-4gb"}`)
			})
		}
		It("keeps names that Go or YAML would bend", func(ctx SpecContext) {
			desired := `{"$replace":true,"a.b/c":1,"":2,"apiVersion":"x","kind":"y","metadata":{"name":7},"n":true,"size-slug":null}`
			o := created(ctx, provisioned, `{"spec":{"desired":`+desired+`}}`)
			keeps(at(live(ctx, o), "spec", "desired"), `{"":2,"a.b/c":1,"apiVersion":"x","kind":"y","metadata":{"name":7},"n":true,"size-slug":null}`)
		})
	})

	Describe("status", func() {
		acceptance := func(git string) string {
			return `,"acceptance":{"drift":"d","from":null,"to":{"a":[1]},"git":"` + git + `","since":"2026-11-01T10:00:00Z"}`
		}
		field := func(path, episode, more string) string {
			return `{"path":"` + path + `","episode":` + episode + more + `}`
		}
		for _, c := range []c{
			{"what is remembered of fields", `{"status":{"fields":[` + field("tags", "1", "") + `,` + field("size_slug", "2", `,"openDrift":"d"`) + `]}}`, ""},
			{"a path twice", `{"status":{"fields":[` + field("tags", "1", "") + `,` + field("tags", "2", "") + `]}}`, "Duplicate value"},
			{"an episode 0", `{"status":{"fields":[` + field("tags", "0", "") + `]}}`, "episode: Invalid value"},
			{"an empty path", `{"status":{"fields":[` + field("", "1", "") + `]}}`, "path: Invalid value"},
			{"a path that is too long", `{"status":{"fields":[` + field(repeat("p", 1025), "1", "") + `]}}`, "path: Too long"},
			{"an acceptance", `{"status":{"fields":[` + field("tags", "1", acceptance("Pending")) + `]}}`, ""},
			{"an acceptance of which nobody knows how far it has come", `{"status":{"fields":[` + field("tags", "1", acceptance("Merged")) + `]}}`, "Unsupported value"},
			{"a negative specVersion", `{"status":{"specVersion":-1}}`, "specVersion: Invalid value"},
			{"a resourceRef without a name", `{"status":{"resourceRef":{}}}`, "resourceRef.name: Required value"},
			{"a condition twice", `{"status":{"conditions":[` + condition + `,` + condition + `]}}`, "Duplicate value"},
			{"a field that there is not", `{"status":{"drifted":true}}`, `unknown field "status.drifted"`},
		} {
			It("of "+c.why, func(ctx SpecContext) { expect(patchStatus(ctx, created(ctx, provisioned), c.patch), c.refused) })
		}
		It("is not set by who creates", func(ctx SpecContext) {
			content := live(ctx, created(ctx, provisioned, `{"status":{"resourceID":"1"}}`))
			keeps(at(content, "status"), `{"observedGeneration":-1}`)
		})
	})
})

// anyJSON are values that have to come back as they went in.
var anyJSON = []string{
	`null`, `true`, `false`, `0`, `-1`, `8.5`, `9223372036854775807`, `-9223372036854775808`, `1e-7`, `""`, `"text"`, `"8"`, `"null"`, `"ünïcödé \u0000\u001b[31m"`,
	`[]`, `{}`, `[null]`, `[1,"1",true,null,[],{}]`, `{"a":{"b":{"c":[{"d":null}]}}}`, `[[["deep"]]]`,
}

// numbered is a JSON list of n different strings.
func numbered(n int) string {
	list := make([]string, 0, n)
	for i := range n {
		list = append(list, repeat("x", i+1))
	}
	out, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return string(out)
}

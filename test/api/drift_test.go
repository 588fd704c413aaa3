package api_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	kjson "k8s.io/apimachinery/pkg/util/json"
)

const (
	historyStays  = "a resolved drift never changes again: it is the history"
	statusStays   = "the status of a drift cannot be removed: it is the history"
	stateStays    = "the state of a drift cannot be removed"
	specStays     = "the spec of a CloudDrift cannot change"
	resolvedSays  = "a resolved drift says when it was resolved and by whom"
	openSaysNone  = "an open drift has neither resolvedAt nor resolvedBy"
	invalidStatus = "status.state: Unsupported value"
)

var _ = Describe("CloudDrift", func() {
	Describe("spec", func() {
		tryEach(drift,
			c{"the whole", `{}`, ""},
			c{"the field (existence)", `{"spec":{"field":"(existence)"}}`, ""},
			c{"no spec", `{"spec":{"$remove":true}}`, "spec: Required value"},
			c{"no field", `{"spec":{"field":{"$remove":true}}}`, "spec.field: Required value"},
			c{"an empty field", `{"spec":{"field":""}}`, "spec.field: Invalid value"},
			c{"a field that is too long", `{"spec":{"field":"` + repeat("f", 1025) + `"}}`, "spec.field: Too long"},
			c{"no episode", `{"spec":{"episode":{"$remove":true}}}`, "spec.episode: Required value"},
			c{"episode 0", `{"spec":{"episode":0}}`, "spec.episode: Invalid value"},
			c{"an episode that is no number", `{"spec":{"episode":"1"}}`, "spec.episode: Invalid value"},
			c{"no accountRef", `{"spec":{"accountRef":{"$remove":true}}}`, "spec.accountRef: Required value"},
			c{"no provisionedRef", `{"spec":{"provisionedRef":{"$remove":true}}}`, "spec.provisionedRef: Required value"},
			c{"no resourceRef", `{"spec":{"resourceRef":{"$remove":true}}}`, "spec.resourceRef: Required value"},
			c{"a resourceRef without kind", `{"spec":{"resourceRef":{"kind":{"$remove":true}}}}`, "spec.resourceRef.kind: Required value"},
			c{"a resourceRef without id", `{"spec":{"resourceRef":{"id":{"$remove":true}}}}`, "spec.resourceRef.id: Required value"},
			c{"a resourceRef with an id that is too long", `{"spec":{"resourceRef":{"id":"` + repeat("i", 513) + `"}}}`, "spec.resourceRef.id: Too long"},
			c{"a field that there is not", `{"spec":{"expected":1}}`, `unknown field "spec.expected"`},
		)
		for _, patch := range []string{
			`{"spec":{"field":"region"}}`, `{"spec":{"episode":2}}`, `{"spec":{"accountRef":{"name":"x"}}}`,
			`{"spec":{"provisionedRef":{"name":"x"}}}`, `{"spec":{"resourceRef":{"name":"x"}}}`,
			`{"spec":{"resourceRef":{"kind":"Volume"}}}`, `{"spec":{"resourceRef":{"id":"x"}}}`,
		} {
			It("can't change by "+patch, func(ctx SpecContext) {
				for _, d := range []func() error{
					func() error { return patchSpec(ctx, created(ctx, drift), patch) },
					func() error { return patchSpec(ctx, openDrift(ctx), patch) },
					func() error { return patchSpec(ctx, resolvedDrift(ctx), patch) },
				} {
					expect(d(), specStays)
				}
			})
		}
		It("keeps its metadata free, resolved or not", func(ctx SpecContext) {
			Expect(patchSpec(ctx, resolvedDrift(ctx), `{"metadata":{"annotations":{"a":"b"}}}`)).To(Succeed())
		})
	})

	Describe("status of a new drift", func() {
		It("is not there: a default would fake an open drift", func(ctx SpecContext) {
			Expect(live(ctx, created(ctx, drift))).NotTo(HaveKey("status"))
		})
		It("is not set by who creates", func(ctx SpecContext) {
			Expect(live(ctx, created(ctx, drift, open))).NotTo(HaveKey("status"))
		})
		It("gets no state by default", func(ctx SpecContext) {
			d := created(ctx, drift)
			Expect(patchStatus(ctx, d, `{"status":{"observation":"9c1e"}}`)).To(Succeed())
			Expect(at(live(ctx, d), "status")).To(Equal(map[string]any{"observation": "9c1e"}))
		})
		for _, c := range []c{
			{"Open", open, ""},
			{"Stale at once", `{"status":{"state":"Stale","resolvedAt":"2026-11-01T11:00:00Z","resolvedBy":"system:clouddrift"}}`, ""},
			{"Reverted", `{"status":{"state":"Reverted","resolvedAt":"2026-11-01T11:00:00Z","resolvedBy":"alice"}}`, ""},
			{"a state that there is not", `{"status":{"state":"Closed"}}`, invalidStatus},
			{"an empty state", `{"status":{"state":""}}`, invalidStatus},
			{"resolved without when", `{"status":{"state":"Accepted","resolvedBy":"alice"}}`, resolvedSays},
			{"resolved without who", `{"status":{"state":"Accepted","resolvedAt":"2026-11-01T11:00:00Z"}}`, resolvedSays},
			{"resolved by nobody", `{"status":{"state":"Accepted","resolvedAt":"2026-11-01T11:00:00Z","resolvedBy":""}}`, "status.resolvedBy: Invalid value"},
			{"open and resolved by somebody", `{"status":{"state":"Open","resolvedBy":"alice"}}`, openSaysNone},
			{"open and resolved some time", `{"status":{"state":"Open","resolvedAt":"2026-11-01T11:00:00Z"}}`, openSaysNone},
			{"a time that is none", `{"status":{"detectedAt":"yesterday"}}`, "status.detectedAt: Invalid value"},
			{"an observation that is too long", `{"status":{"observation":"` + repeat("o", 129) + `"}}`, "status.observation: Too long"},
			{"a rendering that is too long", `{"status":{"rendered":{"actual":"` + repeat("r", 257) + `"}}}`, "status.rendered.actual: Too long"},
			{"a name that is too long", `{"status":{"state":"Stale","resolvedAt":"2026-11-01T11:00:00Z","resolvedBy":"` + repeat("n", 1025) + `"}}`, "status.resolvedBy: Too long"},
			{"a field that there is not", `{"status":{"phase":"x"}}`, `unknown field "status.phase"`},
			{"work that has begun", `{"status":{"state":"Open","resolution":` + resolution(``) + `}}`, ""},
			{"work on what can't be asked for", `{"status":{"resolution":` + resolution(`,"verb":"Ignore"`) + `}}`, "status.resolution.verb: Unsupported value"},
			{"work for nobody", `{"status":{"resolution":` + resolution(`,"user":""`) + `}}`, "status.resolution.user: Invalid value"},
			{"work on no observation", `{"status":{"resolution":` + resolution(`,"observation":""`) + `}}`, "status.resolution.observation: Invalid value"},
			{"a reason that is too long", `{"status":{"resolution":` + resolution(`,"reason":"`+repeat("r", 1025)+`"`) + `}}`, "status.resolution.reason: Too long"},
			{"snoozed", `{"status":{"state":"Open","snooze":{"until":"2026-12-24T09:00:00Z","user":"alice","reason":"holidays","since":"2026-11-01T10:00:00Z"}}}`, ""},
			{"snoozed by nobody", `{"status":{"snooze":{"until":"2026-12-24T09:00:00Z","user":"","since":"2026-11-01T10:00:00Z"}}}`, "status.snooze.user: Invalid value"},
			{"snoozed without end", `{"status":{"snooze":{"user":"alice","since":"2026-11-01T10:00:00Z"}}}`, "status.snooze.until: Required value"},
			{"snoozed since no time", `{"status":{"snooze":{"until":"2026-12-24T09:00:00Z","user":"alice"}}}`, "status.snooze.since: Required value"},
			{"snoozed for a reason that is too long", `{"status":{"snooze":{"until":"2026-12-24T09:00:00Z","user":"alice","since":"2026-11-01T10:00:00Z","reason":"` + repeat("r", 1025) + `"}}}`, "status.snooze.reason: Too long"},
			{"work that has not begun", `{"status":{"resolution":{"verb":"Accept","user":"alice","observation":"9c1e"}}}`, "status.resolution.startedAt: Required value"},
		} {
			It("can be: "+c.why, func(ctx SpecContext) { expect(patchStatus(ctx, created(ctx, drift), c.patch), c.refused) })
		}
	})

	Describe("status of an open drift", func() {
		for _, c := range []c{
			{"new values", `{"status":{"expected":1,"actual":[2],"observation":"aa","changedAt":"2026-11-02T10:00:00Z"}}`, ""},
			{"values become null", `[{"op":"replace","path":"/status/expected","value":null},{"op":"replace","path":"/status/actual","value":null}]`, ""},
			{"work begins", `{"status":{"resolution":` + resolution(``) + `}}`, ""},
			{"resolved", resolved, ""},
			{"without a state", `{"status":{"state":null}}`, stateStays},
			{"emptied", `[{"op":"replace","path":"/status","value":{}}]`, stateStays},
			{"removed", `[{"op":"remove","path":"/status"}]`, statusStays},
			{"null", `{"status":null}`, statusStays},
			{"resolved without who and when", `{"status":{"state":"Stale"}}`, resolvedSays},
		} {
			It("can become: "+c.why, func(ctx SpecContext) { expect(patchStatus(ctx, openDrift(ctx), c.patch), c.refused) })
		}
		It("stays when the main resource is replaced without it", func(ctx SpecContext) {
			d := openDrift(ctx)
			replacement := object(drift)
			replacement.SetName(d.GetName())
			replacement.SetResourceVersion(live(ctx, d)["metadata"].(map[string]any)["resourceVersion"].(string))
			Expect(server.Update(ctx, replacement)).To(Succeed())
			Expect(at(live(ctx, d), "status", "state")).To(Equal("Open"))
		})
	})

	Describe("status of a resolved drift", func() {
		patches := map[string]string{
			"emptied":                          `[{"op":"replace","path":"/status","value":{}}]`,
			"removed":                          `[{"op":"remove","path":"/status"}]`,
			"null":                             `{"status":null}`,
			"open again":                       `{"status":{"state":"Open","resolvedAt":null,"resolvedBy":null}}`,
			"without its state":                `{"status":{"state":null}}`,
			"another end":                      `{"status":{"state":"Reverted"}}`,
			"a new expected":                   `{"status":{"expected":"x"}}`,
			"an expected of another type":      `{"status":{"expected":{"a":1}}}`,
			"an expected that is null":         `[{"op":"replace","path":"/status/expected","value":null}]`,
			"no expected":                      `[{"op":"remove","path":"/status/expected"}]`,
			"a new actual":                     `{"status":{"actual":["s-4vcpu-8gb"]}}`,
			"an actual that is null":           `[{"op":"replace","path":"/status/actual","value":null}]`,
			"no actual":                        `[{"op":"remove","path":"/status/actual"}]`,
			"another rendering":                `{"status":{"rendered":{"expected":"x"}}}`,
			"another observation":              `{"status":{"observation":"x"}}`,
			"another detectedAt":               `{"status":{"detectedAt":"2026-11-01T10:00:01Z"}}`,
			"another changedAt":                `{"status":{"changedAt":"2026-11-01T10:00:01Z"}}`,
			"another resolvedAt":               `{"status":{"resolvedAt":"2026-11-01T11:00:01Z"}}`,
			"another resolvedBy":               `{"status":{"resolvedBy":"bob"}}`,
			"no resolution":                    `{"status":{"resolution":null}}`,
			"another resolution's user":        `{"status":{"resolution":{"user":"bob"}}}`,
			"another resolution's value":       `{"status":{"resolution":{"value":"x"}}}`,
			"another resolution's value, null": `[{"op":"replace","path":"/status/resolution/value","value":null}]`,
			"another resolution's reason":      `{"status":{"resolution":{"reason":"x"}}}`,
			"another resolution's time":        `{"status":{"resolution":{"startedAt":"2026-11-01T10:59:01Z"}}}`,
			"another resolution's observation": `{"status":{"resolution":{"observation":"x"}}}`,
			"another resolution's verb":        `{"status":{"resolution":{"verb":"Revert"}}}`,
		}
		for why, patch := range patches {
			refused := historyStays
			if why == "removed" || why == "null" {
				refused = statusStays
			}
			It("can't become: "+why, func(ctx SpecContext) {
				d := resolvedDrift(ctx)
				before := at(live(ctx, d), "status")
				expect(patchStatus(ctx, d, patch), refused)
				Expect(at(live(ctx, d), "status")).To(Equal(before))
			})
		}
		It("can be written again as it is", func(ctx SpecContext) {
			d := resolvedDrift(ctx)
			Expect(patchStatus(ctx, d, resolved)).To(Succeed())
		})
		It("holds nested and null values fast, too", func(ctx SpecContext) {
			d := created(ctx, drift)
			Expect(patchStatus(ctx, d, `[{"op":"add","path":"/status","value":{"state":"Stale","expected":null,"actual":{"a":[{"b":1}]},
				"resolvedAt":"2026-11-01T11:00:00Z","resolvedBy":"system:clouddrift"}}]`)).To(Succeed())
			for _, patch := range []string{
				`[{"op":"replace","path":"/status/expected","value":0}]`,
				`[{"op":"remove","path":"/status/expected"}]`,
				`[{"op":"replace","path":"/status/actual/a/0/b","value":2}]`,
				`[{"op":"add","path":"/status/actual/a/-","value":null}]`,
				`[{"op":"add","path":"/status/actual/c","value":null}]`,
			} {
				expect(patchStatus(ctx, d, patch), historyStays)
			}
		})
		It("does not keep the drift from being deleted", func(ctx SpecContext) {
			Expect(server.Delete(ctx, resolvedDrift(ctx))).To(Succeed())
		})
	})

	Describe("any JSON in expected, actual and a resolution's value", func() {
		for _, value := range anyJSON {
			It("keeps "+value, func(ctx SpecContext) {
				d := created(ctx, drift)
				status := fmt.Sprintf(`{"state":"Open","expected":%s,"actual":%s,"resolution":%s}`, value, value, resolution(`,"value":`+value))
				Expect(patchStatus(ctx, d, `[{"op":"add","path":"/status","value":`+status+`}]`)).To(Succeed())
				for _, path := range [][]string{{"expected"}, {"actual"}, {"resolution", "value"}} {
					parent := at(live(ctx, d), append([]string{"status"}, path[:len(path)-1]...)...).(map[string]any)
					Expect(parent).To(HaveKey(path[len(path)-1]), "null is not absent")
					keeps(parent[path[len(path)-1]], value)
				}
			})
		}
	})
})

// resolution is one, with fields changed.
func resolution(more string) string {
	var fields, changes map[string]any
	Expect(kjson.Unmarshal([]byte(`{"verb":"Accept","user":"alice","observation":"9c1e","startedAt":"2026-11-01T10:59:00Z"}`), &fields)).To(Succeed())
	Expect(kjson.Unmarshal([]byte(`{"_":0`+more+`}`), &changes)).To(Succeed())
	delete(changes, "_")
	merge(fields, changes)
	out, err := kjson.Marshal(fields)
	Expect(err).NotTo(HaveOccurred())
	return string(out)
}

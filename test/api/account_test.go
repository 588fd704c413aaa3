package api_test

import (
	"fmt"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/robfig/cron/v3"
)

var _ = Describe("CloudAccount", func() {
	It("gets its defaults", func(ctx SpecContext) {
		a := live(ctx, created(ctx, account))
		Expect(a["spec"]).To(Equal(map[string]any{
			"tokenSecretRef":        map[string]any{"name": "digitalocean", "key": "token"},
			"endpoint":              "https://api.digitalocean.com",
			"syncSchedule":          "15 * * * *",
			"detectionSchedule":     "20 * * * *",
			"timeZone":              "Etc/UTC",
			"maxNewDriftsPerMinute": int64(600),
			"history":               map[string]any{"retainDays": int64(90), "retainEpisodes": int64(10)},
		}))
		keeps(a["status"], `{"observedGeneration":-1}`)
	})

	Describe("tokenSecretRef", func() {
		tryEach(account,
			c{"a key", `{"spec":{"tokenSecretRef":{"key":"do_token.v1-a"}}}`, ""},
			c{"none", `{"spec":{"tokenSecretRef":{"$remove":true}}}`, "spec.tokenSecretRef: Required value"},
			c{"no name", `{"spec":{"tokenSecretRef":{"name":{"$remove":true}}}}`, "spec.tokenSecretRef.name: Required value"},
			c{"an empty name", `{"spec":{"tokenSecretRef":{"name":""}}}`, "spec.tokenSecretRef.name: Invalid value"},
			c{"a name that is too long", `{"spec":{"tokenSecretRef":{"name":"` + repeat("n", 254) + `"}}}`, "spec.tokenSecretRef.name: Too long"},
			c{"an empty key", `{"spec":{"tokenSecretRef":{"key":""}}}`, "spec.tokenSecretRef.key: Invalid value"},
			c{"a key that no Secret can have", `{"spec":{"tokenSecretRef":{"key":"a/b"}}}`, "spec.tokenSecretRef.key: Invalid value"},
			c{"a key that is too long", `{"spec":{"tokenSecretRef":{"key":"` + repeat("k", 254) + `"}}}`, "spec.tokenSecretRef.key: Too long"},
			c{"the Secret of another namespace", `{"spec":{"tokenSecretRef":{"namespace":"kube-system"}}}`, `unknown field "spec.tokenSecretRef.namespace"`},
			c{"the token itself", `{"spec":{"token":"dop_v1_x"}}`, `unknown field "spec.token"`},
		)
	})

	const (
		notURL  = "must be a URL, as https://api.digitalocean.com"
		notTLS  = "must start with https://; plain http is for loopback addresses only"
		hasMore = "must not hold a user, a query or a fragment"
	)
	Describe("endpoint", func() {
		for _, e := range []struct{ endpoint, refused string }{
			{"https://api.digitalocean.com", ""},
			{"https://api.digitalocean.com/", ""},
			{"https://proxy.example.com:8443/digitalocean/", ""},
			{"http://localhost:8080", ""},
			{"http://127.0.0.1:8080/", ""},
			{"http://[::1]:8080", ""},
			{"http://api.digitalocean.com", notTLS},
			{"http://10.0.0.1", notTLS},
			{"http://127.0.0.1.example.com", notTLS},
			{"http://localhost.example.com", notTLS},
			{"http://2130706433", notTLS},
			{"ftp://api.digitalocean.com", notTLS},
			{"file:///etc/passwd", notURL},
			{"HTTP://api.digitalocean.com", notTLS},
			{"api.digitalocean.com", notURL},
			{"not a url", notURL},
			{"https://", notURL},
			{"/v2", notURL},
			{"https://user:secret@api.digitalocean.com", hasMore},
			{"http://127.0.0.1@evil.example.com", notTLS},
			{"http://evil.example.com@127.0.0.1", hasMore},
			{"https://api.digitalocean.com?token=x", hasMore},
			{"https://api.digitalocean.com/#x", hasMore},
			{"", "spec.endpoint: Invalid value"},
			{"https://" + repeat("a", 512), "spec.endpoint: Too long"},
		} {
			tryEach(account, c{fmt.Sprintf("%.60q", e.endpoint), `{"spec":{"endpoint":` + strconv.Quote(e.endpoint) + `}}`, e.refused})
		}
	})

	const (
		noZone     = "must be an IANA time zone name, as Europe/Berlin or Etc/UTC"
		notPortble = "Local and offsets depend on the machine or on the season"
	)
	Describe("timeZone", func() {
		for _, z := range []struct{ zone, refused string }{
			{"Etc/UTC", ""}, {"UTC", ""}, {"Europe/Berlin", ""}, {"America/Argentina/Buenos_Aires", ""}, {"Asia/Kolkata", ""}, {"Etc/GMT+3", ""},
			{"Mars/Olympus_Mons", noZone}, {"Berlin", noZone}, {"GMT+2", noZone}, {"../../etc/passwd", noZone}, {" UTC", noZone},
			{"Local", notPortble}, {"+02:00", notPortble}, {"-05:30", notPortble}, {"02:00", notPortble},
			{"", "spec.timeZone: Invalid value"},
			{repeat("Z", 65), "spec.timeZone: Too long"},
		} {
			tryEach(account, c{fmt.Sprintf("%.40q", z.zone), `{"spec":{"timeZone":` + strconv.Quote(z.zone) + `}}`, z.refused})
		}
	})

	Describe("bounds", func() {
		tryEach(account,
			c{"the least of everything", `{"spec":{"maxNewDriftsPerMinute":1,"history":{"retainDays":0,"retainEpisodes":1}}}`, ""},
			c{"the most of everything", `{"spec":{"maxNewDriftsPerMinute":100000,"history":{"retainDays":36500,"retainEpisodes":1000}}}`, ""},
			c{"no new drifts at all", `{"spec":{"maxNewDriftsPerMinute":0}}`, "spec.maxNewDriftsPerMinute: Invalid value"},
			c{"too many new drifts", `{"spec":{"maxNewDriftsPerMinute":100001}}`, "spec.maxNewDriftsPerMinute: Invalid value"},
			c{"negative days", `{"spec":{"history":{"retainDays":-1}}}`, "spec.history.retainDays: Invalid value"},
			c{"too many days", `{"spec":{"history":{"retainDays":36501}}}`, "spec.history.retainDays: Invalid value"},
			c{"no episodes", `{"spec":{"history":{"retainEpisodes":0}}}`, "spec.history.retainEpisodes: Invalid value"},
			c{"too many episodes", `{"spec":{"history":{"retainEpisodes":1001}}}`, "spec.history.retainEpisodes: Invalid value"},
			c{"a name of 63 characters", `{"metadata":{"name":"` + repeat("n", 63) + `"}}`, ""},
			c{"a name of 64 characters", `{"metadata":{"name":"` + repeat("n", 64) + `"}}`, "metadata.name must be at most 63 characters, because it becomes a label"},
			c{"no spec", `{"spec":{"$remove":true}}`, "spec: Required value"},
			c{"a field that there is not", `{"spec":{"syncSchedul":"@hourly"}}`, `unknown field "spec.syncSchedul"`},
		)
	})

	Describe("ignore", func() {
		rule := func(fields string) string { return `{"spec":{"ignore":[{"kind":"Droplet"` + fields + `}]}}` }
		tryEach(account,
			c{"a rule", rule(`,"fields":["tags[\"k8s:*\"]","backup_policy"],"reason":"Kubernetes tags its nodes"`), ""},
			c{"two rules of a kind, each with its reason", `{"spec":{"ignore":[{"kind":"Tag","fields":["name"],"reason":"a"},{"kind":"Tag","fields":["name"],"reason":"b"}]}}`, ""},
			c{"a kind and a field that nobody knows yet, which is for a condition to say", `{"spec":{"ignore":[{"kind":"Teapot","fields":["spout["]}]}}`, ""},
			c{"no rule", `{"spec":{"ignore":[]}}`, "spec.ignore: Invalid value"},
			c{"too many rules", `{"spec":{"ignore":[` + strings.TrimSuffix(repeat(`{"kind":"Tag","fields":["name"]},`, 65), ",") + `]}}`, "spec.ignore: Too many"},
			c{"no kind", `{"spec":{"ignore":[{"fields":["tags"]}]}}`, "spec.ignore[0].kind: Required value"},
			c{"a kind in lower case", `{"spec":{"ignore":[{"kind":"droplet","fields":["tags"]}]}}`, "spec.ignore[0].kind: Invalid value"},
			c{"no fields", rule(``), "spec.ignore[0].fields: Required value"},
			c{"an empty list of fields", rule(`,"fields":[]`), "spec.ignore[0].fields: Invalid value"},
			c{"too many fields", rule(`,"fields":` + numbered(33)), "spec.ignore[0].fields: Too many"},
			c{"a field twice", rule(`,"fields":["tags","tags"]`), "spec.ignore[0].fields[1]: Duplicate value"},
			c{"an empty field", rule(`,"fields":[""]`), "spec.ignore[0].fields[0]: Invalid value"},
			c{"a field that is too long", rule(`,"fields":["` + repeat("f", 513) + `"]`), "spec.ignore[0].fields[0]: Too long"},
			c{"an empty reason", rule(`,"fields":["tags"],"reason":""`), "spec.ignore[0].reason: Invalid value"},
			c{"a reason that is too long", rule(`,"fields":["tags"],"reason":"` + repeat("r", 1025) + `"`), "spec.ignore[0].reason: Too long"},
		)
	})

	Describe("status", func() {
		kind := func(fields string) string { return `{"status":{"kinds":[{"kind":"Droplet"` + fields + `}]}}` }
		for _, c := range []c{
			{"a kind", kind(`,"observedAt":"2026-11-01T10:00:00Z","resources":3,"managed":1,"openDrifts":0`), ""},
			{"a kind twice", `{"status":{"kinds":[{"kind":"Droplet"},{"kind":"Droplet"}]}}`, "Duplicate value"},
			{"a kind without a name", `{"status":{"kinds":[{"resources":3}]}}`, "kind: Required value"},
			{"a reason that is too long", kind(`,"reason":"` + repeat("R", 64) + `"`), "reason: Too long"},
			{"a message that is too long", kind(`,"message":"` + repeat("m", 1025) + `"`), "message: Too long"},
			{"a request that is too long", `{"status":{"lastHandledSyncRequest":"` + repeat("r", 1025) + `"}}`, "lastHandledSyncRequest: Too long"},
			{"negative seconds", `{"status":{"lastSyncSeconds":-1}}`, "lastSyncSeconds: Invalid value"},
			{"a condition twice", `{"status":{"conditions":[` + condition + `,` + condition + `]}}`, "Duplicate value"},
			{"a field that there is not", `{"status":{"healthy":true}}`, `unknown field "status.healthy"`},
		} {
			It("of "+c.why, func(ctx SpecContext) { expect(patchStatus(ctx, created(ctx, account), c.patch), c.refused) })
		}
	})
})

const condition = `{"type":"Ready","status":"True","reason":"Ready","message":"","lastTransitionTime":"2026-11-01T10:00:00Z"}`

var _ = Describe("a schedule", func() {
	const (
		zone   = "must not hold a time zone; set spec.timeZone"
		shape  = "must be five fields with one space between them"
		minute = "minute, the first field, must be"
		hour   = "hour, the second field, must be"
		day    = "day of month, the third field, must be"
		month  = "month, the fourth field, must be"
		wday   = "day of week, the fifth field, must be"
	)
	lines := []struct{ line, refused string }{
		{"15 * * * *", ""}, {"*/10 * * * *", ""}, {"0,30 8-18 * * mon-fri", ""}, {"0 0 1 jan,JUL ?", ""}, {"5-55/10 0-23/2 1-31 1-12 0-6", ""},
		{"00 07 01 01 0", ""}, {"59 23 31 12 6", ""}, {"0 0 30 2 *", ""}, // never comes due: a condition says so
		{"@hourly", ""}, {"@daily", ""}, {"@midnight", ""}, {"@weekly", ""}, {"@monthly", ""}, {"@yearly", ""}, {"@annually", ""},

		{"TZ=Europe/Berlin 15 * * * *", zone}, {"CRON_TZ=UTC 15 * * * *", zone}, {"15 * * * * TZ=UTC", zone}, {"TZ=UTC @hourly", zone},
		{"@every 1s", shape}, {"@every 1h30m", shape}, {"@reboot", shape}, {"@Hourly", shape}, {"@hourly ", shape}, {"@", shape},
		{"* * * *", shape}, {"0 15 * * * *", shape}, {"15 * * * * ", shape}, {" 15 * * * *", shape}, {"15  * * * *", shape}, {"15\t* * * *", shape},
		{"hourly", shape}, {" ", shape}, {"15 * * * *\n", wday},
		{"60 * * * *", minute}, {"-1 * * * *", minute}, {"a * * * *", minute}, {"*/0 * * * *", minute}, {"1,,2 * * * *", minute}, {"1- * * * *", minute}, {"1.5 * * * *", minute},
		{"0 24 * * *", hour}, {"0 x * * *", hour}, {"0 0-24 * * *", hour},
		{"0 0 0 * *", day}, {"0 0 32 * *", day}, {"0 0 L * *", day},
		{"0 0 1 0 *", month}, {"0 0 1 13 *", month}, {"0 0 1 janvier *", month},
		{"0 0 * * 7", wday}, {"0 0 * * 8", wday}, {"0 0 * * monday", wday}, {"0 0 * * 1#2", wday}, {"0 0 * * 5L", wday},
		{"", "Invalid value"}, {repeat("1,", 50) + "1 * * * *", "Too long"},
	}
	It("that is accepted can be read by the operator", func() {
		for _, s := range lines {
			if s.refused == "" {
				_, err := cron.ParseStandard(s.line)
				Expect(err).NotTo(HaveOccurred(), s.line)
			}
		}
	})
	for _, s := range lines {
		for _, field := range []string{"syncSchedule", "detectionSchedule"} {
			tryEach(account, c{fmt.Sprintf("as %s %.40q", field, s.line), `{"spec":{"` + field + `":` + strconv.Quote(s.line) + `}}`, s.refused})
		}
	}
})

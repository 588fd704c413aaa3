package dosim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("faults", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.unchecked()
		Expect(w.Seed("Droplet", 5)).To(Succeed())
	})

	list := func(options *godo.ListOptions) ([]godo.Droplet, *godo.Response, error) {
		return c.Droplets.List(ctx, options)
	}

	It("strike the chosen page, so often, and then no more", func() {
		w.AddFault(dosim.Fault{Method: "GET", Path: "/v2/droplets", Page: 2, Count: 2, Status: http.StatusBadGateway})
		_, _, err := list(&godo.ListOptions{PerPage: 2})
		Expect(err).NotTo(HaveOccurred())
		for range 2 {
			_, _, err = list(&godo.ListOptions{PerPage: 2, Page: 2})
			Expect(failure(err)).To(Equal("502 Unexpected server-side error"))
		}
		_, _, err = list(&godo.ListOptions{PerPage: 2, Page: 2})
		Expect(err).NotTo(HaveOccurred())
	})

	It("are chosen by query, token, path pattern, and by how many pass first", func() {
		Expect(w.AddToken(dosim.Token{Value: "second"})).To(Succeed())
		w.AddFault(dosim.Fault{Query: map[string]string{"type": "gpus"}, Status: 500})
		w.AddFault(dosim.Fault{Token: "second", Status: 403})
		w.AddFault(dosim.Fault{Path: "/v2/droplets/{id}", Status: 404})
		w.AddFault(dosim.Fault{Path: "/v2/vpcs", Skip: 1, Status: 429, Headers: map[string]string{"Retry-After": "7"}})
		all, _, err := list(nil)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Droplets.ListWithGPUs(ctx, nil)
		Expect(failure(err)).To(HavePrefix("500 "))
		_, _, err = w.godo(w.plain("second")).Account.Get(ctx)
		Expect(failure(err)).To(HavePrefix("403 "))
		_, _, err = c.Droplets.Get(ctx, all[0].ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		_, _, err = c.VPCs.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		_, answer, err := c.VPCs.List(ctx, nil)
		Expect(failure(err)).To(HavePrefix("429 "))
		Expect(answer.Header.Get("Retry-After")).To(Equal("7"))
	})

	It("are taken back", func() {
		remove := w.AddFault(dosim.Fault{Status: 500})
		_, _, err := list(nil)
		Expect(failure(err)).To(HavePrefix("500 "))
		remove()
		_, _, err = list(nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.Faults()).To(BeEmpty())
	})

	It("answer with a body of their own", func() {
		w.AddFault(dosim.Fault{Status: 200, Body: `{"droplets": []}`})
		got, _, err := list(nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(got).To(BeEmpty())
	})

	It("hang until the client gives up", func() {
		w.AddFault(dosim.Fault{Hang: true})
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, _, err := c.Account.Get(short)
		Expect(err).To(MatchError(context.DeadlineExceeded))
		Eventually(w.Requests).Should(ContainElement(HaveField("Status", 0)))
	})

	It("are slow", func() {
		w.AddFault(dosim.Fault{Latency: dosim.Duration(time.Minute)})
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, _, err := c.Account.Get(short)
		Expect(err).To(MatchError(context.DeadlineExceeded))
	})

	It("cut the connection in mid-body", func() {
		w.AddFault(dosim.Fault{Path: "/v2/droplets", Cut: true})
		answer, err := w.plain(dosim.DefaultToken).Get(w.url + "/v2/droplets")
		Expect(err).NotTo(HaveOccurred())
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		Expect(errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue(), "%v", err)
		Expect(body).NotTo(BeEmpty())
		_, _, err = list(nil)
		Expect(err).To(HaveOccurred())
	})

	It("end the JSON early", func() {
		w.AddFault(dosim.Fault{Truncate: true})
		_, _, err := list(nil)
		Expect(err).To(MatchError(io.ErrUnexpectedEOF))
	})

	It("drip, for as long as the client waits", func() {
		w.AddFault(dosim.Fault{Path: "/v2/droplets", Drip: dosim.Duration(time.Microsecond)})
		w.AddFault(dosim.Fault{Path: "/v2/vpcs", Drip: dosim.Duration(time.Hour)})
		got, _, err := list(&godo.ListOptions{PerPage: 1})
		Expect(err).NotTo(HaveOccurred())
		Expect(got).To(HaveLen(1), "the answer is whole")
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, _, err = c.VPCs.List(short, nil)
		Expect(err).To(MatchError(context.DeadlineExceeded))
	})

	It("make answers as long as they are told", func() {
		const more = 50 << 20
		w.AddFault(dosim.Fault{Path: "/v2/droplets", Pad: more})
		for query, want := range map[string]int{"": 5, "?page=2": 0} {
			answer, err := w.plain(dosim.DefaultToken).Get(w.url + "/v2/droplets" + query)
			Expect(err).NotTo(HaveOccurred())
			defer func() { _ = answer.Body.Close() }()
			Expect(answer.ContentLength).To(BeNumerically(">", more))
			var page struct {
				Droplets []any  `json:"droplets"`
				Padding  string `json:"padding"`
			}
			Expect(json.NewDecoder(answer.Body).Decode(&page)).To(Succeed())
			Expect(page.Droplets).To(HaveLen(want))
			Expect(page.Padding).To(HaveLen(more))
		}
	})

	It("plant a key in every object, and change nothing else", func() {
		_, before := do(w.plain(dosim.DefaultToken), "GET", w.url+"/v2/droplets", nil)
		w.AddFault(dosim.Fault{Plant: "planted_secret"})
		_, answer := do(w.plain(dosim.DefaultToken), "GET", w.url+"/v2/droplets", nil)
		for _, at := range []string{"planted_secret", "meta.planted_secret", "droplets.4.planted_secret",
			"droplets.0.image.planted_secret", "droplets.0.networks.v4.0.planted_secret", "droplets.0.disk_info.0.size.planted_secret"} {
			Expect(lookUp(answer, at)).To(Equal("planted"), at)
		}
		var weed func(v any)
		weed = func(v any) {
			switch v := v.(type) {
			case object:
				delete(v, "planted_secret")
				for _, item := range v {
					weed(item)
				}
			case []any:
				for _, item := range v {
					weed(item)
				}
			}
		}
		weed(answer)
		Expect(answer).To(Equal(before))
	})

	It("make a listing lie", func() {
		w.AddFault(dosim.Fault{Count: 1, DropItems: 2})
		w.AddFault(dosim.Fault{Count: 1, RepeatItem: true})
		w.AddFault(dosim.Fault{Count: 1, TotalDelta: -1})
		shape := func() []int {
			GinkgoHelper()
			got, answer, err := list(nil)
			Expect(err).NotTo(HaveOccurred())
			return []int{len(got), answer.Meta.Total}
		}
		Expect(shape()).To(Equal([]int{3, 5}))
		Expect(shape()).To(Equal([]int{6, 5}))
		Expect(shape()).To(Equal([]int{5, 4}))
		Expect(shape()).To(Equal([]int{5, 5}))
	})

	It("lose the answer to a change that was made", func() {
		w.AddFault(dosim.Fault{Method: "POST", Status: 500, AfterEffect: true})
		_, _, err := c.Tags.Create(ctx, &godo.TagCreateRequest{Name: "made"})
		Expect(failure(err)).To(HavePrefix("500 "))
		_, _, err = c.Tags.Get(ctx, "made")
		Expect(err).NotTo(HaveOccurred())
	})

	It("make an action fail", func() {
		all, _, err := list(nil)
		Expect(err).NotTo(HaveOccurred())
		w.AddFault(dosim.Fault{Path: "/v2/droplets/*/actions", FailAction: true})
		a, _, err := c.DropletActions.PowerOff(ctx, all[0].ID)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		a, _, err = c.Actions.Get(ctx, a.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.Status).To(Equal("errored"))
		Expect(w.read(c, all[0].ID).Status).To(Equal("active"))
	})
})

var _ = Describe("the log", func() {
	It("counts by route", func() {
		w := newWorld()
		c := w.client(dosim.DefaultToken)
		d := w.droplet(c, "web-1")
		w.ClearRequests()
		w.read(c, d.ID)
		w.read(c, d.ID)
		_, _, err := w.client("wrong").Droplets.List(ctx, nil)
		Expect(err).To(HaveOccurred())
		Expect(w.Counts()).To(Equal(map[string]int{"GET /v2/droplets/{droplet}": 2, "GET /v2/droplets": 1}))
		last := w.Requests()[2]
		Expect([]any{last.Method, last.Path, last.Status}).To(Equal([]any{"GET", "/v2/droplets", http.StatusUnauthorized}))
	})
})

var _ = Describe("the state", func() {
	It("survives in a file, actions in progress included", func() {
		w := newWorld()
		d, _, err := w.client(dosim.DefaultToken).Droplets.Create(ctx, dropletRequest("web-1", tagged("web")))
		Expect(err).NotTo(HaveOccurred())
		Expect(w.AddToken(dosim.Token{Value: "other", Team: otherTeam})).To(Succeed())
		file := filepath.Join(GinkgoT().TempDir(), "state.json")
		Expect(w.SaveFile(file)).To(Succeed())
		info, err := os.Stat(file)
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)), "there are tokens in it")

		again := newWorld()
		Expect(again.LoadFile(file)).To(Succeed())
		c := again.client(dosim.DefaultToken)
		Expect(again.read(c, d.ID).Status).To(Equal("new"))
		again.settle()
		got := again.read(c, d.ID)
		Expect([]any{got.Status, got.Tags}).To(Equal([]any{"active", []string{"web"}}))
		_, _, err = again.client("other").Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred())
		next := again.droplet(c, "web-2")
		Expect(next.ID).To(BeNumerically(">", d.ID))
		_, _, err = w.client(dosim.DefaultToken).Droplets.Get(ctx, next.ID)
		Expect(failure(err)).To(HavePrefix("404 "), "two servers share nothing")
	})

	It("is not touched by a file that is none", func() {
		w := newWorld()
		Expect(w.Seed("Tag", 1)).To(Succeed())
		Expect(w.UnmarshalState([]byte("{"))).NotTo(Succeed())
		_, answer := w.call("GET", "/v2/tags", nil)
		Expect(answer["tags"]).To(HaveLen(1))
	})

	It("is forgotten by a reset; tokens and settings stay", func() {
		w := newWorld()
		Expect(w.AddToken(dosim.Token{Value: "other", Team: otherTeam})).To(Succeed())
		Expect(w.SeedTeam(otherTeam, "Droplet", 3)).To(Succeed())
		w.AddFault(dosim.Fault{Status: 500})
		w.Reset()
		all, _, err := w.client("other").Droplets.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(BeEmpty())
		Expect(w.Settings().ActionDuration.Std()).To(Equal(time.Minute))
	})
})

var _ = Describe("the control API", func() {
	var w *world

	BeforeEach(func() { w = newWorld() })

	knob := func(method, path string, body any) (int, object) {
		GinkgoHelper()
		return do(http.DefaultClient, method, w.url+"/_dosim/"+path, body)
	}
	turn := func(method, path string, body any) object {
		GinkgoHelper()
		status, answer := knob(method, path, body)
		Expect(status).To(Equal(http.StatusOK), "%v", answer)
		return answer
	}

	It("turns every knob without a token, and does not log itself", func() {
		turn("GET", "healthz", nil)
		Expect(turn("PATCH", "settings", object{"action_duration": "2s", "latency": "1ms"})).To(HaveKeyWithValue("action_duration", "2s"))
		Expect(w.Settings().RateLimitHour).To(BeZero(), "what is not named stays")
		turn("POST", "seed", object{"kind": "demo"})
		turn("POST", "seed", object{"kind": "droplet", "count": 2})
		turn("POST", "tokens", object{"value": "other", "team": otherTeam})
		_, _, err := w.client("other").Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred())
		turn("DELETE", "tokens/other", nil)
		_, _, err = w.client("other").Account.Get(ctx)
		Expect(failure(err)).To(HavePrefix("401 "))

		id := turn("POST", "faults", object{"path": "/v2/account", "status": 503})["id"].(string)
		_, _, err = w.unchecked().Account.Get(ctx)
		Expect(failure(err)).To(HavePrefix("503 "))
		turn("DELETE", "faults/"+id, nil)
		turn("DELETE", "faults", nil)
		all, _, err := w.client(dosim.DefaultToken).Droplets.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(HaveLen(5))
		Expect(turn("GET", "requests", nil)["counts"]).To(Equal(object{"GET /v2/account": 3.0, "GET /v2/droplets": 1.0}))
		turn("DELETE", "requests", nil)
		Expect(w.Counts()).To(BeEmpty())
	})

	It("moves the clock, saves and restores", func() {
		c := w.client(dosim.DefaultToken)
		d, _, err := c.Droplets.Create(ctx, dropletRequest("web-1"))
		Expect(err).NotTo(HaveOccurred())
		turn("POST", "clock", object{"advance": "1m"})
		Expect(w.read(c, d.ID).Status).To(Equal("active"))
		saved := turn("GET", "state", nil)
		turn("POST", "reset", nil)
		_, _, err = c.Droplets.Get(ctx, d.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		turn("PUT", "state", saved)
		Expect(w.read(c, d.ID).Name).To(Equal("web-1"))
	})

	DescribeTable("refuses what it does not understand, so that no knob is turned in vain",
		func(method, path string, body any, message string) {
			status, answer := knob(method, path, body)
			Expect(status).To(BeNumerically(">=", 400))
			Expect(answer["message"]).To(ContainSubstring(message))
		},
		Entry("a misspelt setting", "PATCH", "settings", object{"latensy": "1s"}, "latensy"),
		Entry("a number for a duration", "PATCH", "settings", object{"latency": 5}, "duration"),
		Entry("a misspelt fault", "POST", "faults", object{"stauts": 500}, "stauts"),
		Entry("a fault whose path is no pattern", "POST", "faults", object{"path": "/v2/[", "status": 500}, "syntax error"),
		Entry("a fault that is not there", "DELETE", "faults/1", nil, "could not be found"),
		Entry("an unknown kind", "POST", "seed", object{"kind": "Spaceship", "count": 1}, "unknown kind"),
		Entry("a token without a value", "POST", "tokens", object{}, "must not be empty"),
		Entry("a broken state", "PUT", "state", []int{1}, "reading the state"),
		Entry("an unknown knob", "GET", "warp", nil, "could not be found"),
	)

	It("shows JSON that a person can read", func() {
		answer, err := http.Get(w.url + "/_dosim/settings")
		Expect(err).NotTo(HaveOccurred())
		defer func() { _ = answer.Body.Close() }()
		var settings dosim.Settings
		Expect(json.NewDecoder(answer.Body).Decode(&settings)).To(Succeed())
		Expect(settings).To(Equal(w.Settings()))
	})
})

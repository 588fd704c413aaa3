package dosim_test

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

const otherTeam = "11111111-0000-4000-8000-000000000000"

var _ = Describe("pages", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	It("hold 20 unless asked, never more than 200, and add up", func() {
		Expect(w.Seed("Droplet", 450)).To(Succeed())
		sizes := func(c *godo.Client, perPage int) (lengths []int) {
			GinkgoHelper()
			seen := map[int]bool{}
			options := &godo.ListOptions{PerPage: perPage}
			for {
				page, answer, err := c.Droplets.List(ctx, options)
				Expect(err).NotTo(HaveOccurred())
				Expect(answer.Meta.Total).To(Equal(450))
				lengths = append(lengths, len(page))
				for _, d := range page {
					seen[d.ID] = true
				}
				if answer.Links.IsLastPage() {
					Expect(seen).To(HaveLen(450))
					return lengths
				}
				current, err := answer.Links.CurrentPage()
				Expect(err).NotTo(HaveOccurred())
				options.Page = current + 1
			}
		}
		Expect(sizes(c, 0)).To(HaveLen(23))
		Expect(sizes(c, 200)).To(Equal([]int{200, 200, 50}))
		Expect(sizes(w.unchecked(), 1000)).To(Equal([]int{200, 200, 50}))
	})

	It("have only the links that make sense", func() {
		Expect(w.Seed("Tag", 3)).To(Succeed())
		rels := func(query string) []string {
			GinkgoHelper()
			_, answer := w.call("GET", "/v2/tags"+query, nil)
			pages, _ := answer["links"].(object)["pages"].(object)
			return sortedKeys(pages)
		}
		Expect(rels("")).To(BeEmpty())
		Expect(rels("?per_page=1")).To(Equal([]string{"last", "next"}))
		Expect(rels("?per_page=1&page=2")).To(Equal([]string{"first", "last", "next", "prev"}))
		Expect(rels("?per_page=1&page=3")).To(Equal([]string{"first", "prev"}))
		Expect(rels("?per_page=1&page=9")).To(Equal([]string{"first", "prev"}))
	})

	DescribeTable("are the nearest that make sense where the numbers do not",
		func(query string, want int, rels ...string) {
			Expect(w.Seed("Tag", 45)).To(Succeed())
			status, answer := do(w.plain(dosim.DefaultToken), "GET", w.url+"/v2/tags?"+query, nil)
			Expect(status).To(Equal(http.StatusOK))
			Expect(answer["tags"]).To(HaveLen(want))
			pages, _ := answer["links"].(object)["pages"].(object)
			Expect(sortedKeys(pages)).To(Equal(rels))
		},
		Entry("a page so far that its offset is no number", "per_page=200&page=92233720368547758", 0, "first", "prev"),
		Entry("a page that is no number", "page=99999999999999999999", 20, "last", "next"),
		Entry("a page before the first", "page=-3", 20, "last", "next"),
		Entry("no items a page", "per_page=0", 20, "last", "next"),
		Entry("fewer than none", "per_page=-5", 20, "last", "next"),
	)

	It("go by offset: what is deleted on one hides another from the next", func() {
		Expect(w.Seed("Droplet", 4)).To(Succeed())
		first, _, err := c.Droplets.List(ctx, &godo.ListOptions{PerPage: 2})
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Droplets.Delete(ctx, first[0].ID)
		Expect(err).NotTo(HaveOccurred())
		second, _, err := c.Droplets.List(ctx, &godo.ListOptions{PerPage: 2, Page: 2})
		Expect(err).NotTo(HaveOccurred())
		Expect(names(second)).To(Equal([]string{"seed-4"}))
	})
})

var _ = Describe("limits", func() {
	header := func(answer *godo.Response, name string) int {
		GinkgoHelper()
		n, err := strconv.Atoi(answer.Header.Get(name))
		Expect(err).NotTo(HaveOccurred())
		return n
	}

	It("slide, and are announced in every answer", func() {
		w := newWorld(dosim.WithRateLimit(5, 2))
		c := w.client(dosim.DefaultToken)
		start := w.clock.now
		_, answer, err := c.Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(header(answer, "ratelimit-limit")).To(Equal(5))
		Expect(header(answer, "ratelimit-remaining")).To(Equal(4))
		Expect(header(answer, "ratelimit-reset")).To(BeEquivalentTo(start.Add(time.Hour).Unix()))
		w.clock.Advance(30 * time.Second)
		_, _, err = c.Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred())

		_, answer, err = c.Account.Get(ctx)
		Expect(failure(err)).To(Equal("429 API rate limit exceeded."))
		Expect(header(answer, "retry-after")).To(Equal(31), "a burst's 429 says when to come back")
		w.clock.Advance(30 * time.Second)
		_, _, err = c.Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred(), "the first request has slid out of the minute")

		for range 2 {
			w.clock.Advance(time.Minute)
			_, _, err = c.Account.Get(ctx)
			Expect(err).NotTo(HaveOccurred())
		}
		w.clock.Advance(time.Minute)
		_, answer, err = w.client("wrong").Account.Get(ctx)
		Expect(failure(err)).To(HavePrefix("401 "))
		Expect(header(answer, "ratelimit-remaining")).To(Equal(5), "who is not known has used nothing up")
		_, answer, err = c.Account.Get(ctx)
		Expect(failure(err)).To(HavePrefix("429 "))
		Expect(answer.Header).NotTo(HaveKey("Retry-After"), "the hour's 429 does not")
		Expect(header(answer, "ratelimit-remaining")).To(BeZero())
		w.clock.now = start.Add(time.Hour)
		_, _, err = c.Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred())
	})

	It("are each token's own, and tighter for keys", func() {
		w := newWorld(dosim.WithRateLimit(100, 50))
		Expect(w.AddToken(dosim.Token{Value: "second"})).To(Succeed())
		for range 10 {
			_, _, err := w.client(dosim.DefaultToken).Keys.List(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
		}
		_, _, err := w.client(dosim.DefaultToken).Keys.List(ctx, nil)
		Expect(failure(err)).To(HavePrefix("429 "))
		_, _, err = w.client(dosim.DefaultToken).Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = w.client("second").Keys.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
	})
})

var _ = Describe("bad requests", func() {
	DescribeTable("are answered in DigitalOcean's shape, and logged",
		func(method, path string, body any, status int, id string) {
			w := newWorld()
			got, answer := w.call(method, path, body)
			Expect(got).To(Equal(status))
			Expect(answer).To(HaveKeyWithValue("id", id))
			Expect(answer).To(HaveKeyWithValue("message", Not(BeEmpty())))
			Expect(answer).To(HaveKeyWithValue("request_id", Not(BeEmpty())))
			Expect(w.Requests()).To(ConsistOf(HaveField("Status", status)))
		},
		Entry("not the JSON that was expected", "POST", "/v2/droplets", []int{1}, 400, "bad_request"),
		Entry("a wrong type", "POST", "/v2/volumes", object{"size_gigabytes": "ten"}, 400, "bad_request"),
		Entry("more than anybody reads", "POST", "/v2/volumes", raw(strings.Repeat(" ", 4<<20+1)), 400, "bad_request"),
		Entry("a tag of nothing at all", "POST", "/v2/tags", nil, 400, "bad_request"),
		Entry("a tag of half an object", "POST", "/v2/tags", raw("{"), 400, "bad_request"),
		Entry("a tag of a list", "POST", "/v2/tags", raw("[]"), 400, "bad_request"),
		Entry("a tag of a number", "POST", "/v2/tags", object{"name": 1}, 400, "bad_request"),
		Entry("a tag of no name", "POST", "/v2/tags", object{}, 400, "bad_request"),
		Entry("a tag of more than anybody reads", "POST", "/v2/tags", raw(strings.Repeat(" ", 4<<20+1)), 400, "bad_request"),
		Entry("fields missing", "POST", "/v2/domains", object{}, 422, "unprocessable_entity"),
		Entry("no number where one belongs", "GET", "/v2/droplets/web-1", nil, 404, "not_found"),
		Entry("no tag to delete by", "DELETE", "/v2/droplets", nil, 422, "unprocessable_entity"),
	)

	It("have no shape of their own for a method that the path does not have", func() {
		w := newWorld()
		status, answer := do(w.plain(dosim.DefaultToken), "PUT", w.url+"/v2/droplets", object{})
		Expect(status).To(Equal(http.StatusNotFound))
		Expect(answer).To(HaveKeyWithValue("id", "not_found"))
	})
})

var _ = Describe("paths that are not clean", func() {
	DescribeTable("are unknown routes, and nothing that only looks like one is answered",
		func(path string) {
			w := newWorld()
			status, answer := do(w.plain(dosim.DefaultToken), "GET", w.url+path, nil)
			Expect(status).To(Equal(http.StatusNotFound))
			Expect(answer).To(HaveKeyWithValue("id", "not_found"))
			status, answer = do(http.DefaultClient, "GET", w.url+path, nil)
			Expect(status).To(Equal(http.StatusUnauthorized))
			Expect(answer).To(HaveKeyWithValue("id", "unauthorized"))
			Expect(w.Counts()).To(Equal(map[string]int{"/": 2}))
		},
		Entry("a segment that is empty", "/v2//droplets"),
		Entry("one that is empty at the start", "//v2/account"),
		Entry("a way back", "/v2/droplets/../account"),
		Entry("a way to nowhere", "/v2/./account"),
		Entry("an end that is open", "/v2/droplets/"),
	)
})

var _ = Describe("a bug of dosim's own", func() {
	It("is an answer and not a broken connection, and is logged", func() {
		w := newWorld()
		broken := `{"teams":{"a":{"uuid":"a","vpcs":[{"id":"1","ip_range":"nonsense"}]}},"tokens":[{"value":%q,"team":"a"}]}`
		Expect(w.UnmarshalState(fmt.Appendf(nil, broken, dosim.DefaultToken))).To(Succeed())
		log.SetOutput(GinkgoWriter)
		DeferCleanup(log.SetOutput, os.Stderr)
		status, answer := w.call("POST", "/v2/vpcs", object{"name": "net", "region": "nyc3"})
		Expect(status).To(Equal(http.StatusInternalServerError))
		Expect(answer).To(HaveKeyWithValue("id", "server_error"))
		Expect(answer).To(HaveKeyWithValue("message", ContainSubstring("panic: ")))
		Expect(w.Requests()).To(ConsistOf(HaveField("Status", http.StatusInternalServerError)))
		status, _ = w.call("GET", "/v2/tags", nil)
		Expect(status).To(Equal(http.StatusOK), "the lock was let go")
	})
})

var _ = Describe("what is done behind a client's back", func() {
	It("is not limited, logged or struck by faults, and is done at once", func() {
		w := newWorld(dosim.WithRateLimit(1, 1))
		w.AddFault(dosim.Fault{Status: http.StatusInternalServerError})
		w.RevokeToken(dosim.DefaultToken)
		Expect(w.SeedDemo()).To(Succeed())
		Expect(w.Requests()).To(BeEmpty())
		Expect(w.Counts()).To(BeEmpty())
		w.ClearFaults()
		Expect(w.AddToken(dosim.Token{Value: dosim.DefaultToken})).To(Succeed())
		droplets, _, err := w.client(dosim.DefaultToken).Droplets.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(names(droplets)).To(Equal([]string{"web-1", "web-2", "db-1"}))
		Expect(droplets[2].Status).To(Equal("active"))
		Expect(droplets[2].VolumeIDs).To(HaveLen(1))

		_, err = w.Change("POST", fmt.Sprintf("/v2/droplets/%d/actions", droplets[0].ID), object{"type": "power_off"})
		Expect(err).NotTo(HaveOccurred())
		_, err = w.Change("POST", fmt.Sprintf("/v2/droplets/%d/actions", droplets[0].ID), object{"type": "resize", "size": "s-4vcpu-8gb"})
		Expect(err).NotTo(HaveOccurred())
		w.SetRateLimit(0, 0)
		Expect(w.read(w.client(dosim.DefaultToken), droplets[0].ID).SizeSlug).To(Equal("s-4vcpu-8gb"))
		_, err = w.Change("DELETE", "/v2/droplets/1", nil)
		Expect(err).To(MatchError(ContainSubstring("DELETE /v2/droplets/1: 404")))
	})
})

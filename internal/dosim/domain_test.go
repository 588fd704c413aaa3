package dosim_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("domains", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
		_, _, err := c.Domains.Create(ctx, &godo.DomainCreateRequest{Name: "example.com", IPAddress: "203.0.113.10"})
		Expect(err).NotTo(HaveOccurred())
	})

	create := func(r godo.DomainRecordEditRequest) *godo.DomainRecord {
		GinkgoHelper()
		got, _, err := c.Domains.CreateRecord(ctx, "example.com", &r)
		Expect(err).NotTo(HaveOccurred())
		return got
	}

	It("come with their SOA and name servers, and an A record where asked", func() {
		records, _, err := c.Domains.Records(ctx, "example.com", nil)
		Expect(err).NotTo(HaveOccurred())
		got := []string{}
		for _, r := range records {
			Expect(r.TTL).To(Equal(1800))
			got = append(got, r.Type+" "+r.Name+" "+r.Data)
		}
		Expect(got).To(Equal([]string{
			"SOA @ 1800", "NS @ ns1.digitalocean.com", "NS @ ns2.digitalocean.com", "NS @ ns3.digitalocean.com", "A @ 203.0.113.10",
		}))
		d, _, err := c.Domains.Get(ctx, "example.com")
		Expect(err).NotTo(HaveOccurred())
		Expect(d.ZoneFile).To(ContainSubstring("$ORIGIN example.com."))
		Expect(d.ZoneFile).To(ContainSubstring("example.com. 1800 IN A 203.0.113.10"))
	})

	It("belong to one team", func() {
		Expect(w.AddToken(dosim.Token{Value: "other", Team: "11111111-0000-4000-8000-000000000000"})).To(Succeed())
		_, _, err := w.client("other").Domains.Create(ctx, &godo.DomainCreateRequest{Name: "EXAMPLE.com"})
		Expect(failure(err)).To(HavePrefix("422 "))
		_, _, err = w.client("other").Domains.Get(ctx, "example.com")
		Expect(failure(err)).To(HavePrefix("404 "))
	})

	It("have records whose host names end with a dot in the request only", func() {
		mx := create(godo.DomainRecordEditRequest{Type: "MX", Name: "@", Data: "mail.example.com.", Priority: 10})
		Expect(mx.Data).To(Equal("mail.example.com"))
		Expect(mx.Priority).To(Equal(10))
		Expect(create(godo.DomainRecordEditRequest{Type: "CNAME", Name: "www", Data: "@"}).Data).To(Equal("@"))
		_, _, err := c.Domains.CreateRecord(ctx, "example.com", &godo.DomainRecordEditRequest{Type: "CNAME", Name: "x", Data: "example.net"})
		Expect(failure(err)).To(Equal("422 Data needs to end with a dot (.)"))
	})

	DescribeTable("show what records point at",
		func(r godo.DomainRecordEditRequest, want string) {
			Expect(create(r).Data).To(Equal(want))
			d, _, err := c.Domains.Get(ctx, "example.com")
			Expect(err).NotTo(HaveOccurred())
			Expect(d.ZoneFile).NotTo(ContainSubstring(".."), "its zone file is one")
		},
		Entry("no service at all", godo.DomainRecordEditRequest{Type: "SRV", Name: "_imap._tcp", Data: "."}, "."),
		Entry("the domain, as a mail server", godo.DomainRecordEditRequest{Type: "MX", Name: "@", Data: "example.com."}, "@"),
		Entry("as an alias", godo.DomainRecordEditRequest{Type: "CNAME", Name: "www", Data: "Example.com."}, "@"),
		Entry("as a name server", godo.DomainRecordEditRequest{Type: "NS", Name: "sub", Data: "example.com."}, "@"),
		Entry("as a service", godo.DomainRecordEditRequest{Type: "SRV", Name: "_sip._tcp", Data: "example.com."}, "@"),
		Entry("as an authority", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "example.com.", Tag: "issue"}, "example.com"),
		Entry("an authority", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "letsencrypt.org.", Tag: "issue"}, "letsencrypt.org"),
		Entry("whom to tell", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "mailto:sec@example.com", Tag: "iodef"}, "mailto:sec@example.com"),
		Entry("whom to tell, with a dot", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "mailto:sec@example.com.", Tag: "iodef"}, "mailto:sec@example.com"),
		Entry("a text, which is nobody's name", godo.DomainRecordEditRequest{Type: "TXT", Name: "a", Data: "example.com."}, "example.com."),
	)

	DescribeTable("take a name without a dot at its end as below the domain",
		func(name, want string) {
			Expect(create(godo.DomainRecordEditRequest{Type: "TXT", Name: name, Data: "x"}).Name).To(Equal(want))
		},
		Entry("the domain's own name too", "example.com", "example.com"),
		Entry("and one that ends with it", "_acme-challenge.example.com", "_acme-challenge.example.com"),
		Entry("any other", "_acme-challenge", "_acme-challenge"),
		Entry("absolute", "_acme-challenge.example.com.", "_acme-challenge"),
		Entry("the domain, absolute", "Example.com.", "@"),
		Entry("the domain", "@", "@"),
		Entry("no name", "", "@"),
	)

	It("have a doubled name for who forgot the dot", func() {
		create(godo.DomainRecordEditRequest{Type: "TXT", Name: "_acme-challenge.example.com", Data: "x"})
		for name, want := range map[string]int{"_acme-challenge.example.com": 0, "_acme-challenge.example.com.example.com": 1} {
			found, _, err := c.Domains.RecordsByName(ctx, "example.com", name, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(found).To(HaveLen(want), name)
		}
	})

	It("have records with relative names, found by whole ones", func() {
		Expect(create(godo.DomainRecordEditRequest{Type: "A", Name: "api.example.com.", Data: "203.0.113.1"}).Name).To(Equal("api"))
		for name, want := range map[string]int{"api.example.com": 1, "API.example.com.": 1, "example.com": 1, "api": 0, "@": 0} {
			found, _, err := c.Domains.RecordsByTypeAndName(ctx, "example.com", "A", name, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(found).To(HaveLen(want), name)
		}
	})

	It("have an SOA record of which the TTL can change", func() {
		all, _, err := c.Domains.RecordsByType(ctx, "example.com", "SOA", nil)
		Expect(err).NotTo(HaveOccurred())
		at := fmt.Sprintf("/v2/domains/example.com/records/%d", all[0].ID)
		for _, change := range []object{{"data": "x"}, {"name": "www"}} {
			change["type"] = "SOA"
			status, _ := w.call("PATCH", at, change)
			Expect(status).To(Equal(http.StatusUnprocessableEntity))
		}
		status, answer := w.call("PATCH", at, object{"type": "SOA", "ttl": 600, "name": "@", "data": "1800"})
		Expect(status).To(Equal(http.StatusOK))
		Expect(lookUp(answer, "domain_record.ttl")).To(BeEquivalentTo(600))
	})

	DescribeTable("have names that DNS has",
		func(name string) {
			_, _, err := c.Domains.CreateRecord(ctx, "example.com", &godo.DomainRecordEditRequest{Type: "TXT", Name: name, Data: "x"})
			Expect(err).NotTo(HaveOccurred())
		},
		Entry(nil, "*"),
		Entry(nil, "*.dev"),
		Entry(nil, "_sip._tcp"),
		Entry(nil, "xn--bcher-kva"),
		Entry("a part of a reverse zone", "0/25"),
		Entry("the longest label", strings.Repeat("a", 63)),
		Entry("the longest name", strings.Repeat("a.", 120)+"b"),
	)

	DescribeTable("are refused by names that are none",
		func(name, address string) {
			_, _, err := c.Domains.Create(ctx, &godo.DomainCreateRequest{Name: name, IPAddress: address})
			Expect(failure(err)).To(HavePrefix("422 "))
		},
		Entry("one that is too long", strings.Repeat("a.", 124)+"example", ""),
		Entry("one of one label", "example", ""),
		Entry("an address in a zone", "example.org", "fe80::1%eth0"),
	)

	It("share one TTL in an RRset", func() {
		one := create(godo.DomainRecordEditRequest{Type: "A", Name: "api", Data: "203.0.113.1"})
		create(godo.DomainRecordEditRequest{Type: "A", Name: "api", Data: "203.0.113.2", TTL: 60})
		got, _, err := c.Domains.Record(ctx, "example.com", one.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(got.TTL).To(Equal(60))
		edited, _, err := c.Domains.EditRecord(ctx, "example.com", one.ID, &godo.DomainRecordEditRequest{Type: "A", Data: "203.0.113.9"})
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{edited.Name, edited.Data, edited.TTL}).To(Equal([]any{"api", "203.0.113.9", 60}))
	})

	DescribeTable("refuse records",
		func(r godo.DomainRecordEditRequest) {
			_, _, err := c.Domains.CreateRecord(ctx, "example.com", &r)
			Expect(failure(err)).To(HavePrefix("422 "))
		},
		Entry("of no known type", godo.DomainRecordEditRequest{Type: "HINFO", Name: "a", Data: "x"}),
		Entry("that are a second SOA", godo.DomainRecordEditRequest{Type: "SOA", Name: "@", Data: "1800"}),
		Entry("with a TTL below 30", godo.DomainRecordEditRequest{Type: "A", Name: "a", Data: "203.0.113.1", TTL: 5}),
		Entry("without data", godo.DomainRecordEditRequest{Type: "TXT", Name: "a"}),
		Entry("whose address is of the other family", godo.DomainRecordEditRequest{Type: "A", Name: "a", Data: "2001:db8::1"}),
		Entry("that alias a name in use", godo.DomainRecordEditRequest{Type: "CNAME", Name: "@", Data: "example.net."}),
		Entry("with a TTL that is too long for DNS", godo.DomainRecordEditRequest{Type: "A", Name: "a", Data: "203.0.113.1", TTL: 1 << 31}),
		Entry("of CAA with too large a flag", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "letsencrypt.org.", Flags: 256, Tag: "issue"}),
		Entry("whose address is in a zone", godo.DomainRecordEditRequest{Type: "AAAA", Name: "a", Data: "fe80::1%eth0"}),
		Entry("whose name is too long", godo.DomainRecordEditRequest{Type: "TXT", Name: strings.Repeat("a.", 150) + "b", Data: "x"}),
		Entry("whose name has a label that is too long", godo.DomainRecordEditRequest{Type: "TXT", Name: strings.Repeat("a", 64), Data: "x"}),
		Entry("whose name has a blank", godo.DomainRecordEditRequest{Type: "TXT", Name: "a b", Data: "x"}),
		Entry("whose name is a blank", godo.DomainRecordEditRequest{Type: "TXT", Name: " ", Data: "x"}),
		Entry("whose name has a new line", godo.DomainRecordEditRequest{Type: "TXT", Name: "a\n", Data: "x"}),
		Entry("whose name has an empty label", godo.DomainRecordEditRequest{Type: "TXT", Name: "a..b", Data: "x"}),
		Entry("that point at no host name", godo.DomainRecordEditRequest{Type: "CNAME", Name: "a", Data: "no host."}),
		Entry("of CAA without a dot", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "letsencrypt.org", Tag: "issue"}),
		Entry("of CAA for wildcards without one", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "letsencrypt.org", Tag: "issuewild"}),
		Entry("of CAA for nobody", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: ";", Tag: "issue"}),
		Entry("of CAA with parameters", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "letsencrypt.org; validationmethods=dns-01.", Tag: "issue"}),
		Entry("that point at a name without a dot", godo.DomainRecordEditRequest{Type: "NS", Name: "a", Data: "ns1.example.net"}),
		Entry("of mail for nobody", godo.DomainRecordEditRequest{Type: "MX", Name: "@", Data: "."}),
		Entry("that alias nothing", godo.DomainRecordEditRequest{Type: "CNAME", Name: "a", Data: "."}),
		Entry("with an absolute name of another domain", godo.DomainRecordEditRequest{Type: "TXT", Name: "a.example.net.", Data: "x"}),
		Entry("of CAA without a tag", godo.DomainRecordEditRequest{Type: "CAA", Name: "@", Data: "letsencrypt.org."}),
	)
})

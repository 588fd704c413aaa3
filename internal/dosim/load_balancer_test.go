package dosim_test

import (
	"net/http"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// plainHTTP is the rule that a load balancer has where a spec is about something else.
var plainHTTP = godo.ForwardingRule{EntryProtocol: "http", EntryPort: 80, TargetProtocol: "http", TargetPort: 80}

func loadBalancerRequest(name string, change ...func(*godo.LoadBalancerRequest)) *godo.LoadBalancerRequest {
	r := &godo.LoadBalancerRequest{Name: name, Region: "nyc3", ForwardingRules: []godo.ForwardingRule{plainHTTP}}
	for _, f := range change {
		f(r)
	}
	return r
}

// loadBalancer creates one and waits for it.
func (w *world) loadBalancer(c *godo.Client, name string, change ...func(*godo.LoadBalancerRequest)) *godo.LoadBalancer {
	GinkgoHelper()
	lb, _, err := c.LoadBalancers.Create(ctx, loadBalancerRequest(name, change...))
	Expect(err).NotTo(HaveOccurred())
	w.settle()
	return readLoadBalancer(c, lb.ID)
}

func readLoadBalancer(c *godo.Client, id string) *godo.LoadBalancer {
	GinkgoHelper()
	lb, _, err := c.LoadBalancers.Get(ctx, id)
	Expect(err).NotTo(HaveOccurred())
	return lb
}

var _ = Describe("load balancers", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	It("are new, without an address and not to be changed, until their creation has ended", func() {
		lb, _, err := c.LoadBalancers.Create(ctx, loadBalancerRequest("web"))
		Expect(err).NotTo(HaveOccurred())
		Expect(lb.Status).To(Equal("new"))
		Expect(lb.IP).To(BeEmpty())
		_, _, err = c.LoadBalancers.Update(ctx, lb.ID, loadBalancerRequest("site"))
		Expect(failure(err)).To(Equal("403 Load Balancer can't be updated while it processes previous actions"))
		w.settle()
		lb = readLoadBalancer(c, lb.ID)
		Expect(lb.Status).To(Equal("active"))
		Expect(lb.IP).NotTo(BeEmpty())

		lb, _, err = c.LoadBalancers.Update(ctx, lb.ID, loadBalancerRequest("site"))
		Expect(err).NotTo(HaveOccurred())
		Expect(lb.Status).To(Equal("active"), "a change does not make it new again")
		_, err = c.LoadBalancers.AddForwardingRules(ctx, lb.ID, godo.ForwardingRule{EntryProtocol: "tcp", EntryPort: 22, TargetProtocol: "tcp", TargetPort: 22})
		Expect(failure(err)).To(HavePrefix("403 "), "one change at a time")
		_, err = c.LoadBalancers.Delete(ctx, lb.ID)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.LoadBalancers.Get(ctx, lb.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
	})

	It("are errored where their creation fails", func() {
		w.AddFault(dosim.Fault{Path: "/v2/load_balancers", FailAction: true})
		Expect(w.loadBalancer(c, "web").Status).To(Equal("errored"))
	})

	It("show what their request left out", func() {
		_, answer := w.call("POST", "/v2/load_balancers", loadBalancerRequest("web"))
		lb := answer["load_balancer"].(object)
		Expect(lb).To(HaveKeyWithValue("region", HaveKeyWithValue("slug", "nyc3")))
		Expect(lb).To(HaveKeyWithValue("vpc_uuid", Not(BeEmpty())), "the default network of the region")
		Expect(lb).To(HaveKeyWithValue("project_id", Not(BeEmpty())), "the default project")
		Expect(lb).To(HaveKeyWithValue("forwarding_rules", []any{object{
			"entry_protocol": "http", "entry_port": 80.0, "target_protocol": "http", "target_port": 80.0,
			"certificate_id": "", "tls_passthrough": false,
		}}))
		Expect(lb).To(HaveKeyWithValue("health_check", object{
			"protocol": "http", "port": 80.0, "path": "/", "check_interval_seconds": 10.0, "response_timeout_seconds": 5.0,
			"healthy_threshold": 5.0, "unhealthy_threshold": 3.0,
		}))
		Expect(lb).To(HaveKeyWithValue("sticky_sessions", object{"type": "none"}))
		Expect(lb).To(HaveKeyWithValue("firewall", object{"allow": []any{}, "deny": []any{}}))
		for key, want := range map[string]any{
			"size_unit": 1.0, "algorithm": "round_robin", "http_idle_timeout_seconds": 60.0, "tag": "", "droplet_ids": []any{},
			"type": "REGIONAL", "network": "EXTERNAL", "network_stack": "IPV4", "tls_cipher_policy": "DEFAULT",
			"redirect_http_to_https": false, "enable_proxy_protocol": false, "enable_backend_keepalive": false,
			"disable_lets_encrypt_dns_records": false,
		} {
			Expect(lb).To(HaveKeyWithValue(key, want))
		}
		Expect(lb).NotTo(HaveKey("size"))
	})

	DescribeTable("count nodes, whichever word says how many",
		func(region, word string, unit int, shown object) {
			lb := w.loadBalancer(c, "web", func(r *godo.LoadBalancerRequest) { r.Region, r.SizeSlug, r.SizeUnit = region, word, uint32(unit) })
			_, answer := w.call("GET", "/v2/load_balancers/"+lb.ID, nil)
			view := answer["load_balancer"].(object)
			got := object{}
			for _, key := range []string{"size", "size_unit"} {
				if value, ok := view[key]; ok {
					got[key] = value
				}
			}
			Expect(got).To(Equal(shown))
		},
		Entry("none", "nyc3", "", 0, object{"size_unit": 1.0}),
		Entry("a number", "nyc3", "", 4, object{"size_unit": 4.0}),
		Entry("small", "nyc3", "lb-small", 0, object{"size_unit": 1.0}),
		Entry("medium", "nyc3", "lb-medium", 0, object{"size_unit": 3.0}),
		Entry("large", "nyc3", "lb-large", 0, object{"size_unit": 6.0}),
		Entry("a region that knows words only", "nyc2", "lb-medium", 0, object{"size": "lb-medium"}),
		Entry("none in such a region", "nyc2", "", 0, object{"size": "lb-small"}),
	)

	It("have the droplets that carry their tag now", func() {
		one := w.droplet(c, "one", tagged("web"))
		w.droplet(c, "far", tagged("web"), func(r *godo.DropletCreateRequest) { r.Region = "fra1" })
		lb := w.loadBalancer(c, "web", func(r *godo.LoadBalancerRequest) { r.Tag = "web" })
		Expect(lb.DropletIDs).To(Equal([]int{one.ID}), "of its region")
		two := w.droplet(c, "two", tagged("web"))
		Expect(readLoadBalancer(c, lb.ID).DropletIDs).To(Equal([]int{one.ID, two.ID}))
		_, err := c.Droplets.Delete(ctx, one.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(readLoadBalancer(c, lb.ID).DropletIDs).To(Equal([]int{two.ID}))
		_, err = c.LoadBalancers.AddDroplets(ctx, lb.ID, two.ID)
		Expect(failure(err)).To(HavePrefix("422 "))
		_, err = c.Tags.Delete(ctx, "web")
		Expect(err).NotTo(HaveOccurred())
		lb = readLoadBalancer(c, lb.ID)
		Expect(lb.Tag).To(BeEmpty())
		Expect(lb.DropletIDs).To(BeEmpty())
	})

	It("have the droplets that they name, for as long as those exist", func() {
		one, two := w.droplet(c, "one"), w.droplet(c, "two")
		far := w.droplet(c, "far", func(r *godo.DropletCreateRequest) { r.Region = "fra1" })
		lb := w.loadBalancer(c, "web", func(r *godo.LoadBalancerRequest) { r.DropletIDs = []int{one.ID} })
		_, err := c.LoadBalancers.AddDroplets(ctx, lb.ID, one.ID, two.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(readLoadBalancer(c, lb.ID).DropletIDs).To(Equal([]int{one.ID, two.ID}))
		w.settle()
		_, err = c.LoadBalancers.AddDroplets(ctx, lb.ID, far.ID)
		Expect(failure(err)).To(HavePrefix("422 "))
		_, err = c.LoadBalancers.AddDroplets(ctx, lb.ID)
		Expect(failure(err)).To(Equal("422 need to provide either a tag or a list of droplets"))
		_, err = c.Droplets.Delete(ctx, one.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(readLoadBalancer(c, lb.ID).DropletIDs).To(Equal([]int{two.ID}))
		_, err = c.LoadBalancers.RemoveDroplets(ctx, lb.ID, two.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(readLoadBalancer(c, lb.ID).DropletIDs).To(BeEmpty())
	})

	It("keep a rule at least, of rules that are edited one by one", func() {
		more := godo.ForwardingRule{EntryProtocol: "https", EntryPort: 443, TargetProtocol: "https", TargetPort: 443, TlsPassthrough: true}
		lb := w.loadBalancer(c, "web")
		_, err := c.LoadBalancers.AddForwardingRules(ctx, lb.ID, more)
		Expect(err).NotTo(HaveOccurred())
		Expect(readLoadBalancer(c, lb.ID).ForwardingRules).To(Equal([]godo.ForwardingRule{plainHTTP, more}))
		w.settle()
		_, err = c.LoadBalancers.AddForwardingRules(ctx, lb.ID, more)
		Expect(failure(err)).To(HavePrefix("422 "), "its port is taken")
		_, err = c.LoadBalancers.RemoveForwardingRules(ctx, lb.ID, plainHTTP)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		_, err = c.LoadBalancers.RemoveForwardingRules(ctx, lb.ID, more)
		Expect(failure(err)).To(HavePrefix("422 "))
		Expect(readLoadBalancer(c, lb.ID).ForwardingRules).To(Equal([]godo.ForwardingRule{more}))
	})

	It("are reset by what a PUT leaves out, but keep their name and their place", func() {
		d := w.droplet(c, "web-1")
		lb := w.loadBalancer(c, "web", func(r *godo.LoadBalancerRequest) {
			r.SizeUnit, r.DropletIDs, r.EnableProxyProtocol = 3, []int{d.ID}, true
			r.Firewall = &godo.LBFirewall{Deny: []string{"cidr:198.51.100.0/24"}}
			r.HTTPIdleTimeoutSeconds = godo.PtrTo(uint64(90))
		})
		again, _, err := c.LoadBalancers.Update(ctx, lb.ID, lb.AsRequest())
		Expect(err).NotTo(HaveOccurred())
		Expect(again).To(Equal(lb), "a GET can be PUT back")
		w.settle()
		bare, _, err := c.LoadBalancers.Update(ctx, lb.ID, &godo.LoadBalancerRequest{ForwardingRules: lb.ForwardingRules})
		Expect(err).NotTo(HaveOccurred())
		Expect(bare).To(And(
			HaveField("Name", "web"), HaveField("Region.Slug", "nyc3"), HaveField("VPCUUID", lb.VPCUUID),
			HaveField("SizeUnit", BeEquivalentTo(1)), HaveField("DropletIDs", BeEmpty()), HaveField("EnableProxyProtocol", false),
			HaveField("Firewall.Deny", BeEmpty()), HaveField("HTTPIdleTimeoutSeconds", HaveValue(BeEquivalentTo(60))),
		))
		w.settle()
		for _, change := range []func(*godo.LoadBalancerRequest){
			func(r *godo.LoadBalancerRequest) { r.Region = "fra1" },
			func(r *godo.LoadBalancerRequest) { r.VPCUUID = "4de7ac8b-495b-4884-9a69-1050c6793cd6" },
			func(r *godo.LoadBalancerRequest) { r.Network = "INTERNAL" },
			func(r *godo.LoadBalancerRequest) { r.NetworkStack = "DUALSTACK" },
			func(r *godo.LoadBalancerRequest) { r.Type = "REGIONAL_NETWORK" },
		} {
			_, _, err = c.LoadBalancers.Update(ctx, lb.ID, loadBalancerRequest("web", change))
			Expect(failure(err)).To(MatchRegexp("^422 .* cannot be changed$"))
		}
	})

	DescribeTable("refuse what cannot be",
		func(change func(d *godo.Droplet, r *godo.LoadBalancerRequest), message string) {
			d := w.droplet(c, "web-1")
			_, _, err := c.LoadBalancers.Create(ctx, loadBalancerRequest("web", func(r *godo.LoadBalancerRequest) { change(d, r) }))
			Expect(failure(err)).To(Equal("422 " + message))
			all, _, err := c.LoadBalancers.List(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(all).To(BeEmpty())
			_, _, err = c.Tags.Get(ctx, "web")
			Expect(failure(err)).To(HavePrefix("404 "), "a refusal leaves no tag behind")
		},
		Entry("no name", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.Name = "" }, "name is invalid: only alphanumeric characters, dashes and periods are allowed"),
		Entry("no region", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.Region = "" }, "region is invalid"),
		Entry("a network of nobody", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.VPCUUID = "4de7ac8b-495b-4884-9a69-1050c6793cd6" }, "vpc_uuid is invalid: there is no such VPC in the region"),
		Entry("a project of nobody", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) {
			r.ProjectID = "4de7ac8b-495b-4884-9a69-1050c6793cd6"
		}, "project_id is invalid: there is no such project"),
		Entry("droplets twice", func(d *godo.Droplet, r *godo.LoadBalancerRequest) { r.DropletIDs, r.Tag = []int{d.ID}, "web" }, "droplet_ids and tag are mutually exclusive"),
		Entry("its size twice", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.SizeSlug, r.SizeUnit = "lb-small", 1 }, "only one of size and size_unit may be specified"),
		Entry("too many nodes", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.SizeUnit, r.Tag = 101, "web" }, "size_unit must be between 1 and 100"),
		Entry("nodes where sizes are words", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.Region, r.SizeUnit = "nyc2", 2 }, "size_unit is not available in this region: use size"),
		Entry("no rules", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.ForwardingRules, r.Tag = nil, "web" }, "forwarding_rules must contain at least one rule"),
		Entry("TLS that nobody ends", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.ForwardingRules[0].EntryProtocol = "https" }, "https needs a certificate_id or tls_passthrough"),
		Entry("udp on one side", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) { r.ForwardingRules[0].EntryProtocol = "udp" }, "entry_protocol and target_protocol must both be udp, or neither"),
		Entry("a path for tcp", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) {
			r.HealthCheck = &godo.HealthCheck{Protocol: "tcp", Path: "/"}
		}, "health check path isn't available for TCP"),
		Entry("a cookie without a name", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) {
			r.StickySessions = &godo.StickySessions{Type: "cookies"}
		}, "sticky sessions of type cookies need cookie_name and cookie_ttl_seconds"),
		Entry("an address without its form", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) {
			r.Firewall = &godo.LBFirewall{Allow: []string{"192.0.2.1"}}
		}, `firewall rule "192.0.2.1" must be of the form ip:1.2.3.4 or cidr:1.2.0.0/16`),
		Entry("an hour of idling", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) {
			r.HTTPIdleTimeoutSeconds = godo.PtrTo(uint64(3600))
		}, "http_idle_timeout_seconds must be between 30 and 600"),
		Entry("what is of global ones", func(_ *godo.Droplet, r *godo.LoadBalancerRequest) {
			r.Domains = []*godo.LBDomain{{Name: "example.com"}}
		}, "domains, glb_settings and target_load_balancer_ids are of global load balancers only"),
	)

	It("may be global: without a region, in front of others", func() {
		lb := w.loadBalancer(c, "web")
		_, err := c.LoadBalancers.PurgeCache(ctx, lb.ID)
		Expect(failure(err)).To(HavePrefix("422 "), "a regional one caches nothing")
		request := &godo.LoadBalancerRequest{
			Name: "world", Type: "GLOBAL", TargetLoadBalancerIDs: []string{lb.ID}, Domains: []*godo.LBDomain{{Name: "example.com", IsManaged: true}},
			GLBSettings: &godo.GLBSettings{TargetProtocol: "http", TargetPort: 80, CDN: &godo.CDNSettings{IsEnabled: true}},
		}
		world, _, err := c.LoadBalancers.Create(ctx, request)
		Expect(err).NotTo(HaveOccurred())
		Expect(world).To(And(
			HaveField("Region", BeNil()), HaveField("VPCUUID", BeEmpty()), HaveField("ForwardingRules", BeEmpty()),
			HaveField("TargetLoadBalancerIDs", []string{lb.ID}), HaveField("GLBSettings", request.GLBSettings),
			HaveField("Domains", request.Domains),
		))
		_, err = c.LoadBalancers.PurgeCache(ctx, world.ID)
		Expect(err).NotTo(HaveOccurred())
		_, err = c.LoadBalancers.Delete(ctx, lb.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(readLoadBalancer(c, world.ID).TargetLoadBalancerIDs).To(BeEmpty())
		request.Region = "nyc3"
		_, _, err = c.LoadBalancers.Create(ctx, request)
		Expect(failure(err)).To(HavePrefix("422 a global load balancer has no region"))
	})

	It("are in a network, with an address of it where they are internal", func() {
		v, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "net", RegionSlug: "nyc3", IPRange: "10.9.0.0/24"})
		Expect(err).NotTo(HaveOccurred())
		other, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "other", RegionSlug: "nyc3", IPRange: "10.9.1.0/24"})
		Expect(err).NotTo(HaveOccurred())
		inside := func(r *godo.LoadBalancerRequest) { r.VPCUUID, r.Network = other.ID, "INTERNAL" }
		lb := w.loadBalancer(c, "inside", inside)
		Expect(lb.IP).To(Equal("10.9.1.2"))
		Expect(w.loadBalancer(c, "web").VPCUUID).To(Equal(v.ID), "the region's default")
		members, _, err := c.VPCs.ListMembers(ctx, other.ID, &godo.VPCListMembersRequest{ResourceType: "load_balancer"}, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(members).To(ConsistOf(HaveField("URN", lb.URN())))
		_, err = c.VPCs.Delete(ctx, other.ID)
		Expect(failure(err)).To(Equal("403 Can not delete VPC with members"))
		_, err = c.LoadBalancers.Delete(ctx, lb.ID)
		Expect(err).NotTo(HaveOccurred())
		_, err = c.VPCs.Delete(ctx, other.ID)
		Expect(err).NotTo(HaveOccurred())
	})

	It("are in a project, and are moved by naming another", func() {
		p, _, err := c.Projects.Create(ctx, &godo.CreateProjectRequest{Name: "shop", Purpose: "Web Application"})
		Expect(err).NotTo(HaveOccurred())
		lb := w.loadBalancer(c, "web", func(r *godo.LoadBalancerRequest) { r.ProjectID = p.ID })
		held := func() []string {
			resources, _, err := c.Projects.ListResources(ctx, p.ID, nil)
			Expect(err).NotTo(HaveOccurred())
			out := []string{}
			for _, r := range resources {
				out = append(out, r.URN)
			}
			return out
		}
		Expect(held()).To(Equal([]string{lb.URN()}))
		_, _, err = c.LoadBalancers.Update(ctx, lb.ID, loadBalancerRequest("web"))
		Expect(err).NotTo(HaveOccurred())
		Expect(held()).To(Equal([]string{lb.URN()}), "a change that names none leaves it there")
		_, _, err = c.Projects.AssignResources(ctx, "default", lb.URN())
		Expect(err).NotTo(HaveOccurred())
		Expect(readLoadBalancer(c, lb.ID).ProjectID).NotTo(Equal(p.ID))
		Expect(held()).To(BeEmpty())
	})

	It("are forgotten by the rules of firewalls when they are gone", func() {
		lb := w.loadBalancer(c, "web")
		f, _, err := c.Firewalls.Create(ctx, &godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{
			{Protocol: "tcp", PortRange: "80", Sources: &godo.Sources{LoadBalancerUIDs: []string{lb.ID}, Addresses: []string{"192.0.2.1"}}},
		}})
		Expect(err).NotTo(HaveOccurred())
		Expect(f.InboundRules[0].Sources.LoadBalancerUIDs).To(Equal([]string{lb.ID}))
		_, err = c.LoadBalancers.Delete(ctx, lb.ID)
		Expect(err).NotTo(HaveOccurred())
		f, _, err = c.Firewalls.Get(ctx, f.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(f.InboundRules[0].Sources).To(Equal(&godo.Sources{Addresses: []string{"192.0.2.1"}}))
	})

	It("are listed page by page, by name and by id, by those who may", func() {
		Expect(w.Seed("LoadBalancer", 3)).To(Succeed())
		page, answer, err := c.LoadBalancers.List(ctx, &godo.ListOptions{PerPage: 2})
		Expect(err).NotTo(HaveOccurred())
		Expect(page).To(HaveLen(2))
		Expect(page[0].Status).To(Equal("active"))
		Expect(answer.Meta.Total).To(Equal(3))
		named, _, err := c.LoadBalancers.ListByNames(ctx, []string{"seed-1", "seed-3"}, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(named).To(HaveLen(2))
		one, _, err := c.LoadBalancers.ListByUUIDs(ctx, []string{page[1].ID}, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(one).To(ConsistOf(HaveField("Name", "seed-2")))
		Expect(w.AddToken(dosim.Token{Value: "narrow", Without: []string{"load_balancer:read", "load_balancer:update"}})).To(Succeed())
		_, _, err = w.client("narrow").LoadBalancers.List(ctx, nil)
		Expect(failure(err)).To(Equal("403 You are missing the required permission load_balancer:read."))
		_, err = w.client("narrow").LoadBalancers.AddDroplets(ctx, page[0].ID, 1)
		Expect(failure(err)).To(Equal("403 You are missing the required permission load_balancer:update."))
	})

	It("survive a restart as they are", func() {
		lb := w.loadBalancer(c, "web", func(r *godo.LoadBalancerRequest) { r.Tag, r.SizeUnit = "web", 2 })
		state, err := w.MarshalState()
		Expect(err).NotTo(HaveOccurred())
		w.Reset()
		status, _ := w.call("GET", "/v2/load_balancers/"+lb.ID, nil)
		Expect(status).To(Equal(http.StatusNotFound))
		Expect(w.UnmarshalState(state)).To(Succeed())
		Expect(readLoadBalancer(c, lb.ID)).To(Equal(lb))
	})
})

package dosim_test

import (
	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("reserved IPs", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	reserve := func(region string) *godo.ReservedIP {
		GinkgoHelper()
		ip, _, err := c.ReservedIPs.Create(ctx, &godo.ReservedIPCreateRequest{Region: region})
		Expect(err).NotTo(HaveOccurred())
		return ip
	}
	read := func(address string) *godo.ReservedIP {
		GinkgoHelper()
		ip, _, err := c.ReservedIPs.Get(ctx, address)
		Expect(err).NotTo(HaveOccurred())
		return ip
	}
	assign := func(address string, droplet int) *godo.Action {
		GinkgoHelper()
		a, _, err := c.ReservedIPActions.Assign(ctx, address, droplet)
		Expect(err).NotTo(HaveOccurred())
		return a
	}

	It("are reserved in a region at once, each another", func() {
		one, two := reserve("nyc3"), reserve("NYC3")
		Expect(one.IP).NotTo(Equal(two.IP))
		Expect(two.Region.Slug).To(Equal("nyc3"))
		Expect(one.Droplet).To(BeNil())
		Expect(one.Locked).To(BeFalse())
		all, answer, err := c.ReservedIPs.List(ctx, &godo.ListOptions{PerPage: 1})
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(HaveLen(1))
		Expect(answer.Meta.Total).To(Equal(2))
		actions, _, err := c.ReservedIPActions.List(ctx, one.IP, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(actions).To(ConsistOf(And(HaveField("Type", "reserve_ip"), HaveField("Status", "completed"))))
	})

	It("are assigned to a droplet and unassigned, which takes a while", func() {
		d, ip := w.droplet(c, "web-1"), reserve("nyc3")
		a := assign(ip.IP, d.ID)
		Expect(a).To(And(HaveField("Type", "assign_ip"), HaveField("Status", "in-progress"), HaveField("ResourceType", "reserved_ip")))
		Expect(read(ip.IP)).To(And(HaveField("Locked", true), HaveField("Droplet", BeNil())))
		_, _, err := c.ReservedIPActions.Unassign(ctx, ip.IP)
		Expect(failure(err)).To(Equal("422 The reserved IP already has a pending event."))
		_, err = c.ReservedIPs.Delete(ctx, ip.IP)
		Expect(failure(err)).To(Equal("422 The reserved IP already has a pending event."))
		_, _, err = c.DropletActions.Reboot(ctx, d.ID)
		Expect(failure(err)).To(Equal("422 Droplet already has a pending event."))
		w.settle()
		a, _, err = c.ReservedIPActions.Get(ctx, ip.IP, a.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.Status).To(Equal("completed"))
		Expect(read(ip.IP)).To(And(HaveField("Locked", false), HaveField("Droplet.ID", d.ID)))
		d = w.read(c, d.ID)
		own, err := d.PublicIPv4()
		Expect(err).NotTo(HaveOccurred())
		Expect(own).NotTo(Equal(ip.IP), "the droplet's own comes first")
		Expect(d.Networks.V4).To(ContainElement(And(HaveField("IPAddress", ip.IP), HaveField("Type", "public"))))

		_, _, err = c.ReservedIPActions.Unassign(ctx, ip.IP)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		Expect(read(ip.IP).Droplet).To(BeNil())
		_, _, err = c.ReservedIPActions.Unassign(ctx, ip.IP)
		Expect(failure(err)).To(Equal("422 The reserved IP is not assigned to a Droplet."))
		_, err = c.ReservedIPs.Delete(ctx, ip.IP)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.ReservedIPs.Get(ctx, ip.IP)
		Expect(failure(err)).To(HavePrefix("404 "))
	})

	It("are reserved for a droplet in one request", func() {
		d := w.droplet(c, "web-1")
		ip, answer, err := c.ReservedIPs.Create(ctx, &godo.ReservedIPCreateRequest{DropletID: d.ID})
		Expect(err).NotTo(HaveOccurred())
		Expect(ip).To(And(HaveField("Locked", true), HaveField("Droplet", BeNil()), HaveField("Region.Slug", "nyc3")))
		Expect(answer.Links.Actions).To(ConsistOf(HaveField("Rel", "assign_ip")))
		w.settle()
		Expect(read(ip.IP).Droplet.ID).To(Equal(d.ID))
		_, _, err = c.ReservedIPs.Create(ctx, &godo.ReservedIPCreateRequest{DropletID: d.ID})
		Expect(failure(err)).To(Equal("422 The Droplet already has a reserved IP."))
		_, _, err = c.ReservedIPs.Create(ctx, &godo.ReservedIPCreateRequest{})
		Expect(failure(err)).To(Equal("422 You must specify a region or a Droplet."))
		_, _, err = c.ReservedIPs.Create(ctx, &godo.ReservedIPCreateRequest{Region: "mars1"})
		Expect(failure(err)).To(Equal("422 region is invalid"))
		_, _, err = c.ReservedIPs.Create(ctx, &godo.ReservedIPCreateRequest{Region: "nyc3", ProjectID: "4de7ac8b-495b-4884-9a69-1050c6793cd6"})
		Expect(failure(err)).To(Equal("422 project_id is invalid: there is no such project"))
	})

	It("move from droplet to droplet, within their region", func() {
		one, two, ip := w.droplet(c, "one"), w.droplet(c, "two"), reserve("nyc3")
		far := w.droplet(c, "far", func(r *godo.DropletCreateRequest) { r.Region = "fra1" })
		assign(ip.IP, one.ID)
		w.settle()
		assign(ip.IP, two.ID)
		w.settle()
		Expect(read(ip.IP).Droplet.ID).To(Equal(two.ID))
		_, _, err := c.ReservedIPActions.Assign(ctx, ip.IP, far.ID)
		Expect(failure(err)).To(Equal("422 The Droplet is not in the region of the address."))
		_, _, err = c.ReservedIPActions.Assign(ctx, ip.IP, 1)
		Expect(failure(err)).To(HavePrefix("422 "))
		_, _, err = c.DropletActions.Reboot(ctx, two.ID)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.ReservedIPActions.Unassign(ctx, ip.IP)
		Expect(failure(err)).To(Equal("422 Droplet already has a pending event."))
		_, _, err = c.ReservedIPActions.Get(ctx, ip.IP, 1)
		Expect(failure(err)).To(HavePrefix("404 "))
	})

	It("survive their droplet, unassigned", func() {
		one, two, ip, late := w.droplet(c, "one"), w.droplet(c, "two"), reserve("nyc3"), reserve("nyc3")
		assign(ip.IP, one.ID)
		w.settle()
		a := assign(late.IP, two.ID)
		for _, d := range []*godo.Droplet{one, two} {
			_, err := c.Droplets.Delete(ctx, d.ID)
			Expect(err).NotTo(HaveOccurred())
		}
		w.settle()
		Expect(read(ip.IP).Droplet).To(BeNil())
		Expect(read(late.IP).Droplet).To(BeNil())
		a, _, err := c.ReservedIPActions.Get(ctx, late.IP, a.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.Status).To(Equal("errored"), "there was nothing left to assign it to")
	})

	It("are in the project of their droplet", func() {
		d, ip := w.droplet(c, "web-1"), reserve("nyc3")
		p, _, err := c.Projects.Create(ctx, &godo.CreateProjectRequest{Name: "shop", Purpose: "Web Application"})
		Expect(err).NotTo(HaveOccurred())
		assigned, _, err := c.Projects.AssignResources(ctx, p.ID, ip.URN())
		Expect(err).NotTo(HaveOccurred())
		Expect(assigned).To(ConsistOf(And(HaveField("URN", "do:floatingip:"+ip.IP), HaveField("Status", "assigned"))), "by its former name")
		Expect(read(ip.IP).ProjectID).To(Equal(p.ID))
		assign(ip.IP, d.ID)
		w.settle()
		Expect(read(ip.IP).ProjectID).NotTo(Equal(p.ID))
		_, _, err = c.Projects.AssignResources(ctx, p.ID, ip.URN())
		Expect(failure(err)).To(Equal("412 Cannot move a Reserved IP with an associated Droplet. Move the Droplet instead"))
		_, _, err = c.Projects.AssignResources(ctx, p.ID, d.URN())
		Expect(err).NotTo(HaveOccurred())
		Expect(read(ip.IP).ProjectID).To(Equal(p.ID))
	})

	It("show their droplet and their project to those who may see these", func() {
		d, ip := w.droplet(c, "web-1"), reserve("nyc3")
		assign(ip.IP, d.ID)
		w.settle()
		Expect(w.AddToken(dosim.Token{Value: "narrow", Without: []string{"droplet:read", "project:read", "reserved_ip:delete"}})).To(Succeed())
		_, body := do(w.plain("narrow"), "GET", w.url+"/v2/reserved_ips/"+ip.IP, nil)
		Expect(sortedKeys(body["reserved_ip"].(object))).To(Equal([]string{"ip", "locked", "region"}))
		_, err := w.client("narrow").ReservedIPs.Delete(ctx, ip.IP)
		Expect(failure(err)).To(Equal("403 You are missing the required permission reserved_ip:delete."))
	})

	It("are the floating IPs of clients that know them by that name", func() {
		ip, d := reserve("nyc3"), w.droplet(c, "web-1")
		a, _, err := c.FloatingIPActions.Assign(ctx, ip.IP, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.ResourceType).To(Equal("floating_ip"))
		w.settle()
		same, _, err := c.FloatingIPs.Get(ctx, ip.IP)
		Expect(err).NotTo(HaveOccurred())
		Expect(same.Droplet.ID).To(Equal(d.ID))
		_, err = c.FloatingIPs.Delete(ctx, ip.IP)
		Expect(err).NotTo(HaveOccurred(), "an assigned one too")
		_, _, err = c.ReservedIPs.Get(ctx, ip.IP)
		Expect(failure(err)).To(HavePrefix("404 "))
	})

	It("can be seeded", func() {
		Expect(w.Seed("ReservedIP", 300)).To(Succeed())
		all, _, err := c.ReservedIPs.List(ctx, &godo.ListOptions{PerPage: 200, Page: 2})
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(HaveLen(100))
	})
})

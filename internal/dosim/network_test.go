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

var _ = Describe("VPCs", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	create := func(name, ipRange string) *godo.VPC {
		GinkgoHelper()
		v, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: name, RegionSlug: "nyc3", IPRange: ipRange, Description: "a network"})
		Expect(err).NotTo(HaveOccurred())
		return v
	}

	It("have one default a region; making another the default flips it", func() {
		first, second := create("first", ""), create("second", "")
		Expect([]bool{first.Default, second.Default}).To(Equal([]bool{true, false}))
		_, _, err := c.VPCs.Set(ctx, second.ID, godo.VPCSetDefault())
		Expect(err).NotTo(HaveOccurred())
		all, _, err := c.VPCs.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect([]bool{all[0].Default, all[1].Default}).To(Equal([]bool{false, true}))
		_, err = c.VPCs.Delete(ctx, second.ID)
		Expect(failure(err)).To(Equal("403 Can not delete default VPCs"))
	})

	It("are not deleted with members", func() {
		create("first", "")
		v := create("second", "10.9.0.0/16")
		d := w.droplet(c, "web-1", func(r *godo.DropletCreateRequest) { r.VPCUUID = v.ID })
		Expect(d.PrivateIPv4()).To(HavePrefix("10.9.0."))
		_, err := c.VPCs.Delete(ctx, v.ID)
		Expect(failure(err)).To(Equal("403 Can not delete VPC with members"))
		_, err = c.Droplets.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		_, err = c.VPCs.Delete(ctx, v.ID)
		Expect(err).NotTo(HaveOccurred())
	})

	It("give out the addresses that are theirs, each once, until none is left", func() {
		v := create("tiny", "10.9.0.16/28")
		inside := func(r *godo.DropletCreateRequest) { r.VPCUUID = v.ID }
		var all []*godo.Droplet
		var addresses []string
		for n := range 13 {
			d := w.droplet(c, "web-1", inside)
			all = append(all, d)
			Expect(d.Networks.V4).To(ContainElement(godo.NetworkV4{
				IPAddress: fmt.Sprintf("10.9.0.%d", 18+n), Netmask: "255.255.255.240", Gateway: "nil", Type: "private",
			}))
			address, err := d.PrivateIPv4()
			Expect(err).NotTo(HaveOccurred())
			addresses = append(addresses, address)
		}
		Expect(addresses).NotTo(ContainElement("10.9.0.31"), "it reaches all")
		_, _, err := c.Droplets.Create(ctx, dropletRequest("web-1", inside))
		Expect(failure(err)).To(HavePrefix("422 The VPC has no addresses left"))
		_, err = c.Droplets.Delete(ctx, all[3].ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.droplet(c, "web-1", inside).PrivateIPv4()).To(Equal(addresses[3]))
	})

	It("have descriptions of 255 characters, however many bytes those are", func() {
		v := create("first", "")
		describe := func(n int) error {
			_, _, err := c.VPCs.Set(ctx, v.ID, godo.VPCSetDescription(strings.Repeat("ж", n)))
			return err
		}
		Expect(describe(255)).To(Succeed())
		Expect(failure(describe(256))).To(HavePrefix("422 "))
	})

	It("do not overlap, and have names of their own", func() {
		create("first", "10.9.0.0/16")
		_, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "second", RegionSlug: "fra1", IPRange: "10.9.1.0/24"})
		Expect(failure(err)).To(HavePrefix("422 This range/size overlaps"))
		_, _, err = c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "first", RegionSlug: "fra1"})
		Expect(failure(err)).To(HavePrefix("422 "))
		_, _, err = c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "public", RegionSlug: "fra1", IPRange: "8.8.8.0/24"})
		Expect(failure(err)).To(HavePrefix("422 ip_range"))
	})

	It("are updated in full by PUT and in part by PATCH", func() {
		v := create("first", "")
		patched, _, err := c.VPCs.Set(ctx, v.ID, godo.VPCSetName("renamed"))
		Expect(err).NotTo(HaveOccurred())
		Expect([]string{patched.Name, patched.Description}).To(Equal([]string{"renamed", "a network"}))
		put, _, err := c.VPCs.Update(ctx, v.ID, &godo.VPCUpdateRequest{Name: "again"})
		Expect(err).NotTo(HaveOccurred())
		Expect([]string{put.Name, put.Description}).To(Equal([]string{"again", ""}))
	})
})

var _ = Describe("tags", func() {
	It("keep their first spelling, and count what carries them", func() {
		w := newWorld()
		c := w.client(dosim.DefaultToken)
		d := w.droplet(c, "web-1", tagged("Web"))
		again, _, err := c.Tags.Create(ctx, &godo.TagCreateRequest{Name: "WEB"})
		Expect(err).NotTo(HaveOccurred())
		Expect(again.Name).To(Equal("Web"))
		v, _, err := c.Storage.CreateVolume(ctx, &godo.VolumeCreateRequest{Name: "data", Region: "nyc3", SizeGigaBytes: 10})
		Expect(err).NotTo(HaveOccurred())
		resource := []godo.Resource{{ID: v.ID, Type: godo.VolumeResourceType}}
		_, err = c.Tags.TagResources(ctx, "web", &godo.TagResourcesRequest{Resources: resource})
		Expect(err).NotTo(HaveOccurred())
		tag, _, err := c.Tags.Get(ctx, "wEB")
		Expect(err).NotTo(HaveOccurred())
		Expect(tag.Resources.Count).To(Equal(2))
		Expect(tag.Resources.Droplets.Count).To(Equal(1))
		Expect(tag.Resources.Volumes.Count).To(Equal(1))
		for name, part := range map[string]any{"images": tag.Resources.Images, "snapshots": tag.Resources.VolumeSnapshots, "databases": tag.Resources.Databases} {
			Expect(part).NotTo(BeNil(), "%s: the Terraform provider crashes without it", name)
		}
		_, err = c.Tags.UntagResources(ctx, "web", &godo.UntagResourcesRequest{Resources: resource})
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Tags.Delete(ctx, "web")
		Expect(err).NotTo(HaveOccurred())
		Expect(w.read(c, d.ID).Tags).To(BeEmpty())
	})

	DescribeTable("are refused by a name that none can have, as each operation says that",
		func(path string, body object, status int) {
			w := newWorld()
			got, answer := w.call("POST", path, body)
			Expect(got).To(Equal(status))
			Expect(answer).To(HaveKeyWithValue("message", `Error validating resource tag: "tag-name \"здорово\" contains invalid characters"`))
			_, tags := w.call("GET", "/v2/tags", nil)
			Expect(tags["tags"]).To(BeEmpty(), "the good one is not made either")
			_, vpcs := w.call("GET", "/v2/vpcs", nil)
			Expect(vpcs["vpcs"]).To(BeEmpty())
		},
		Entry(nil, "/v2/tags", object{"name": "здорово"}, 400),
		Entry(nil, "/v2/volumes", object{"name": "data", "region": "nyc3", "size_gigabytes": 1, "tags": []string{"good", "здорово"}}, 400),
		Entry("a 400 is not described", "/v2/droplets", object{
			"name": "web-1", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "tags": []string{"good", "здорово"},
		}, 422),
	)

	It("are not given to what does not exist", func() {
		w := newWorld()
		w.call("POST", "/v2/tags", object{"name": "web"})
		status, _ := w.call("POST", "/v2/tags/web/resources", object{"resources": []object{{"resource_id": "1", "resource_type": "droplet"}}})
		Expect(status).To(Equal(http.StatusNotFound))
		status, _ = w.call("POST", "/v2/tags/nope/resources", object{"resources": []object{}})
		Expect(status).To(Equal(http.StatusNotFound))
	})
})

var _ = Describe("VPC peerings", func() {
	It("come and go after a while, and keep their networks from being deleted", func() {
		w := newWorld()
		c := w.client(dosim.DefaultToken)
		ids := []string{}
		for _, region := range []string{"nyc3", "ams3", "nyc3"} {
			v, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: fmt.Sprint("net-", len(ids)), RegionSlug: region})
			Expect(err).NotTo(HaveOccurred())
			ids = append(ids, v.ID)
		}
		p, _, err := c.VPCs.CreateVPCPeering(ctx, &godo.VPCPeeringCreateRequest{Name: "both", VPCIDs: ids[1:]})
		Expect(err).NotTo(HaveOccurred())
		Expect(p.Status).To(Equal("PROVISIONING"))
		w.settle()
		of, _, err := c.VPCs.ListVPCPeeringsByVPCID(ctx, ids[2], nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(of).To(HaveLen(1))
		Expect(of[0].Status).To(Equal("ACTIVE"))
		_, err = c.VPCs.Delete(ctx, ids[2])
		Expect(failure(err)).To(Equal("403 Can not delete VPC with peerings"))
		_, _, err = c.VPCs.UpdateVPCPeeringByVPCID(ctx, ids[0], p.ID, &godo.VPCPeeringUpdateRequest{Name: "pair"})
		Expect(failure(err)).To(HavePrefix("404 "), "it is not of that network")
		_, err = c.VPCs.DeleteVPCPeering(ctx, p.ID)
		Expect(err).NotTo(HaveOccurred())
		p, _, err = c.VPCs.GetVPCPeering(ctx, p.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(p.Status).To(Equal("DELETING"))
		w.settle()
		_, _, err = c.VPCs.GetVPCPeering(ctx, p.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		_, err = c.VPCs.Delete(ctx, ids[2])
		Expect(err).NotTo(HaveOccurred())
	})

	DescribeTable("are refused",
		func(name string, vpcs func(id string) []string) {
			w := newWorld()
			c := w.client(dosim.DefaultToken)
			v, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "net", RegionSlug: "nyc3"})
			Expect(err).NotTo(HaveOccurred())
			status, _ := do(w.plain(dosim.DefaultToken), "POST", w.url+"/v2/vpc_peerings", object{"name": name, "vpc_ids": vpcs(v.ID)})
			Expect(status).To(Equal(http.StatusUnprocessableEntity))
		},
		Entry("of a network with itself", "pair", func(id string) []string { return []string{id, id} }),
		Entry("of one network", "pair", func(id string) []string { return []string{id} }),
		Entry("with a network that is none", "pair", func(id string) []string { return []string{id, "4de7ac8b-495b-4884-9a69-1050c6793cd6"} }),
		Entry("by a name that is none", "a b", func(id string) []string { return []string{id, id} }),
	)
})

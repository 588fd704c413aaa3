package dosim_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("creating droplets", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	body := func(change object) object {
		b := object{"name": "web-1", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64"}
		maps.Copy(b, change)
		return b
	}
	total := func(kind string) any {
		GinkgoHelper()
		_, answer := w.call("GET", "/v2/"+kind, nil)
		return answer["meta"].(object)["total"]
	}
	volume := func(name string) string {
		GinkgoHelper()
		v, _, err := c.Storage.CreateVolume(ctx, &godo.VolumeCreateRequest{Name: name, Region: "nyc3", SizeGigaBytes: 1})
		Expect(err).NotTo(HaveOccurred())
		return v.ID
	}

	DescribeTable("leaves nothing behind where it is refused",
		func(change object, status int) {
			volume("data")
			change["tags"] = []string{"fresh"}
			got, answer := w.call("POST", "/v2/droplets", body(change))
			Expect(got).To(Equal(status), "%v", answer)
			for _, kind := range []string{"tags", "vpcs", "droplets"} {
				Expect(total(kind)).To(BeZero(), kind)
			}
		},
		Entry("a name that is none", object{"name": "a_b"}, 422),
		Entry("a volume of nobody", object{"volumes": []string{"506f78a4-e098-11e5-ad9f-000f53306ae1"}}, 422),
		Entry("a policy that is none", object{"backups": true, "backup_policy": object{"plan": "hourly"}}, 422),
		Entry("user data that is no text", object{"user_data": object{"a": 1}}, 400),
		Entry("user data that is too long", object{"user_data": strings.Repeat("x", 64<<10+1)}, 422),
	)

	DescribeTable("finds a place for what was asked",
		func(region, size, want string) {
			d := w.droplet(c, "web-1", sized(size), func(r *godo.DropletCreateRequest) { r.Region = region })
			Expect(d.Region.Slug).To(Equal(want))
		},
		Entry("the letters of a region are any of them", "sfo", "s-1vcpu-1gb", "sfo2"),
		Entry("of those, one that has the size", "nyc", "gpu-h100x1-80gb", "nyc2"),
		Entry("no region is any that has the size", "", "gpu-h100x1-80gb", "nyc2"),
	)

	It("goes where the network is, where the region is left open", func() {
		v, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "net", RegionSlug: "nyc3"})
		Expect(err).NotTo(HaveOccurred())
		for _, region := range []string{"", "nyc"} {
			d := w.droplet(c, "web-1", func(r *godo.DropletCreateRequest) { r.Region, r.VPCUUID = region, v.ID })
			Expect(d.Region.Slug).To(Equal("nyc3"))
		}
		_, _, err = c.Droplets.Create(ctx, dropletRequest("web-1", func(r *godo.DropletCreateRequest) { r.Region, r.VPCUUID = "ams3", v.ID }))
		Expect(failure(err)).To(HavePrefix("422 You specified an invalid VPC"))
	})

	DescribeTable("keeps backups as they were asked for",
		func(change object, want string) {
			_, answer := w.call("POST", "/v2/droplets", body(change))
			id := answer["droplet"].(object)["id"]
			_, answer = w.call("GET", fmt.Sprintf("/v2/droplets/%.0f/backups/policy", id), nil)
			record := answer["policy"].(object)
			Expect(record["backup_enabled"]).To(Equal(want != ""))
			if want == "" {
				Expect(record).NotTo(HaveKey("backup_policy"))
				Expect(record).NotTo(HaveKey("next_backup_window"))
				return
			}
			Expect(record["backup_policy"]).To(HaveKeyWithValue("plan", want))
		},
		Entry("without a policy they are daily", object{"backups": true}, "daily"),
		Entry("a policy says when", object{"backups": true, "backup_policy": object{"plan": "weekly", "hour": 8}}, "weekly"),
		Entry("a policy does not switch them on", object{"backups": false, "backup_policy": object{"plan": "weekly"}}, ""),
		Entry("nor does it by itself", object{"backup_policy": object{"plan": "weekly"}}, ""),
	)

	It("attaches a volume to one droplet, once, and fifteen at most", func() {
		data := volume("data")
		status, _ := w.call("POST", "/v2/droplets", object{
			"names": []string{"a", "b"}, "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "volumes": []string{data},
		})
		Expect(status).To(Equal(http.StatusUnprocessableEntity))
		with := func(ids ...string) func(*godo.DropletCreateRequest) {
			return func(r *godo.DropletCreateRequest) {
				for _, id := range ids {
					r.Volumes = append(r.Volumes, godo.DropletCreateVolume{ID: id})
				}
			}
		}
		_, _, err := c.Droplets.Create(ctx, dropletRequest("a", with(data, data)))
		Expect(failure(err)).To(HavePrefix("422 "))
		var many []string
		for n := range 16 {
			many = append(many, volume(fmt.Sprintf("many-%d", n)))
		}
		_, _, err = c.Droplets.Create(ctx, dropletRequest("a", with(many...)))
		Expect(failure(err)).To(HavePrefix("422 At most 15 volumes"))
		d := w.droplet(c, "a", with(many[:15]...))
		Expect(d.VolumeIDs).To(HaveLen(15))
		_, _, err = c.StorageActions.Attach(ctx, data, d.ID)
		Expect(failure(err)).To(HavePrefix("422 At most 15 volumes"))
		_, _, err = c.Droplets.Create(ctx, dropletRequest("b", with(many[0])))
		Expect(failure(err)).To(Equal("422 The volume is already attached to a Droplet."))
	})
})

var _ = Describe("what an image needs", func() {
	var w *world
	var c *godo.Client
	var d *godo.Droplet
	var image int

	// A snapshot of a droplet in nyc3 whose disk is of 50 GB.
	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
		d = w.droplet(c, "web-1", sized("s-1vcpu-2gb"))
		_, _, err := c.DropletActions.Snapshot(ctx, d.ID, "before")
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		image = w.read(c, d.ID).SnapshotIDs[0]
	})

	It("keeps a droplet from being created elsewhere, or smaller", func() {
		of := func(region, size string) error {
			_, _, err := c.Droplets.Create(ctx, dropletRequest("copy", sized(size), func(r *godo.DropletCreateRequest) {
				r.Region, r.Image = region, godo.DropletCreateImage{ID: image}
			}))
			return err
		}
		Expect(failure(of("ams3", "s-1vcpu-2gb"))).To(Equal("422 The image is not available in this region."))
		Expect(failure(of("nyc3", "s-1vcpu-1gb"))).To(Equal("422 The image needs a disk of at least 50 GB."))
		Expect(of("nyc3", "s-2vcpu-4gb")).To(Succeed())
		Expect(of("nyc", "s-2vcpu-4gb")).To(Succeed(), "there is one of these regions that has it")
	})

	It("keeps one from being rebuilt or restored of it", func() {
		small, far := w.droplet(c, "small"), w.droplet(c, "far", sized("s-2vcpu-4gb"), func(r *godo.DropletCreateRequest) { r.Region = "ams3" })
		_, _, err := c.DropletActions.RebuildByImageID(ctx, small.ID, image)
		Expect(failure(err)).To(Equal("422 The image needs a disk of at least 50 GB."))
		_, _, err = c.DropletActions.RebuildByImageID(ctx, far.ID, image)
		Expect(failure(err)).To(Equal("422 The image is not available in this region."))
		twin := w.droplet(c, "twin", sized("s-1vcpu-2gb"))
		_, _, err = c.DropletActions.Restore(ctx, twin.ID, image)
		Expect(failure(err)).To(Equal("422 You specified an image that is no backup of this Droplet."))
		status, _ := w.call("POST", fmt.Sprintf("/v2/droplets/%d/actions", d.ID), object{"type": "restore", "image": "debian-12-x64"})
		Expect(status).To(Equal(http.StatusUnprocessableEntity))
		_, _, err = c.DropletActions.RebuildByImageID(ctx, twin.ID, image)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.DropletActions.Restore(ctx, d.ID, image)
		Expect(err).NotTo(HaveOccurred())
	})

	It("is not changed with its name, which is all that can change", func() {
		at := fmt.Sprintf("/v2/images/%d", image)
		// The enumeration knows no Foo, the text accepts and ignores it.
		status, answer := do(w.plain(dosim.DefaultToken), "PUT", w.url+at, object{"name": "after", "distribution": "Foo", "description": "bar"})
		Expect(status).To(Equal(http.StatusOK))
		Expect(answer["image"]).To(And(HaveKeyWithValue("name", "after"), HaveKeyWithValue("distribution", "Ubuntu"), HaveKeyWithValue("description", "")))
		status, _ = w.call("PUT", at, object{"name": ""})
		Expect(status).To(Equal(http.StatusUnprocessableEntity))
		_, answer = w.call("GET", at, nil)
		Expect(answer["image"]).To(HaveKeyWithValue("name", "after"))
	})
})

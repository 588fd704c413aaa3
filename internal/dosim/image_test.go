package dosim_test

import (
	"strconv"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("images and snapshots", func() {
	var w *world
	var c *godo.Client
	var d *godo.Droplet

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
		d = w.droplet(c, "web-1")
		_, _, err := c.DropletActions.Snapshot(ctx, d.ID, "before")
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		v, _, err := c.Storage.CreateVolume(ctx, &godo.VolumeCreateRequest{Name: "data", Region: "nyc3", SizeGigaBytes: 10})
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Storage.CreateSnapshot(ctx, &godo.SnapshotCreateRequest{VolumeID: v.ID, Name: "monday"})
		Expect(err).NotTo(HaveOccurred())
	})

	imageNames := func(images []godo.Image, _ *godo.Response, err error) []string {
		GinkgoHelper()
		Expect(err).NotTo(HaveOccurred())
		out := []string{}
		for _, i := range images {
			out = append(out, i.Name)
		}
		return out
	}
	snapshotNames := func(snapshots []godo.Snapshot, _ *godo.Response, err error) []string {
		GinkgoHelper()
		Expect(err).NotTo(HaveOccurred())
		out := []string{}
		for _, s := range snapshots {
			out = append(out, s.Name)
		}
		return out
	}

	It("are listed by what they are of", func() {
		Expect(snapshotNames(c.Snapshots.List(ctx, nil))).To(ConsistOf("before", "monday"))
		Expect(snapshotNames(c.Snapshots.ListDroplet(ctx, nil))).To(ConsistOf("before"))
		Expect(snapshotNames(c.Snapshots.ListVolume(ctx, nil))).To(ConsistOf("monday"))
	})

	It("are listed by whose they are and of which sort", func() {
		Expect(imageNames(c.Images.ListUser(ctx, nil))).To(ConsistOf("before"))
		Expect(imageNames(c.Images.ListDistribution(ctx, nil))).To(And(ContainElement("24.04 (LTS) x64"), Not(ContainElement("before"))))
		Expect(imageNames(c.Images.ListApplication(ctx, nil))).To(ConsistOf("Docker on Ubuntu 22.04"))
		Expect(imageNames(c.Images.List(ctx, nil))).To(ContainElements("24.04 (LTS) x64", "before"))
	})

	It("make droplets, and carry tags", func() {
		id := w.read(c, d.ID).SnapshotIDs[0]
		copied := w.droplet(c, "copy", func(r *godo.DropletCreateRequest) { r.Image = godo.DropletCreateImage{ID: id} })
		Expect(copied.Image.ID).To(Equal(id))
		_, _, err := c.Tags.Create(ctx, &godo.TagCreateRequest{Name: "golden"})
		Expect(err).NotTo(HaveOccurred())
		golden := []godo.Resource{{ID: strconv.Itoa(id), Type: godo.ImageResourceType}}
		_, err = c.Tags.TagResources(ctx, "golden", &godo.TagResourcesRequest{Resources: golden})
		Expect(err).NotTo(HaveOccurred())
		Expect(imageNames(c.Images.ListByTag(ctx, "golden", nil))).To(ConsistOf("before"))
	})

	It("stay visible in the droplets that were made of them", func() {
		id := w.read(c, d.ID).SnapshotIDs[0]
		copied := w.droplet(c, "copy", func(r *godo.DropletCreateRequest) { r.Image = godo.DropletCreateImage{ID: id} })
		_, err := c.Snapshots.Delete(ctx, strconv.Itoa(id))
		Expect(err).NotTo(HaveOccurred())
		got := w.read(c, copied.ID)
		Expect(got.Image).NotTo(BeNil())
		Expect(got.Image.ID).To(Equal(id))
		Expect(got.Image.Status).To(Equal("deleted"))
		Expect(w.read(c, d.ID).SnapshotIDs).To(BeEmpty())
		_, _, err = c.Images.GetByID(ctx, id)
		Expect(failure(err)).To(HavePrefix("404 "))
		Expect(imageNames(c.Images.ListUser(ctx, nil))).To(BeEmpty())
	})

	It("are not deleted when they are everybody's", func() {
		image, _, err := c.Images.GetBySlug(ctx, "debian-12-x64")
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Images.Delete(ctx, image.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
	})
})

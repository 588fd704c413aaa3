package dosim_test

import (
	"net/http"
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

	It("are brought to another region, and make droplets there", func() {
		id := w.read(c, d.ID).SnapshotIDs[0]
		transfer := func(region string) (*godo.Action, error) {
			a, _, err := c.ImageActions.Transfer(ctx, id, &godo.ActionRequest{"type": "transfer", "region": region})
			return a, err
		}
		a, err := transfer("ams3")
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{a.ResourceType, a.ResourceID, a.Status}).To(Equal([]any{"image", id, "in-progress"}))
		w.settle()
		a, _, err = c.ImageActions.Get(ctx, id, a.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.Status).To(Equal("completed"))
		image, _, err := c.Images.GetByID(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		Expect(image.Regions).To(ConsistOf("nyc3", "ams3"))
		for _, region := range []string{"ams3", "moon1"} {
			_, err = transfer(region)
			Expect(failure(err)).To(HavePrefix("422 "), region)
		}
		_, _, err = c.ImageActions.Convert(ctx, id)
		Expect(failure(err)).To(HavePrefix("422 "), "it is no backup")
		_, _, err = c.ImageActions.Transfer(ctx, 195932981, &godo.ActionRequest{"type": "transfer", "region": "ams3"})
		Expect(failure(err)).To(HavePrefix("404 "), "it is everybody's")
	})

	It("are imported after a while, and then make droplets", func() {
		image, _, err := c.Images.Create(ctx, &godo.CustomImageCreateRequest{
			Name: "own", Url: "https://example.com/own.qcow2", Region: "nyc3", Distribution: "Debian", Tags: []string{"golden"},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{image.Type, image.Status, image.Tags}).To(Equal([]any{"custom", "NEW", []string{"golden"}}))
		request := object{"name": "x", "region": "nyc3", "size": "s-1vcpu-1gb", "image": image.ID}
		status, _ := w.call("POST", "/v2/droplets", request)
		Expect(status).To(Equal(http.StatusUnprocessableEntity))
		w.settle()
		status, _ = w.call("POST", "/v2/droplets", request)
		Expect(status).To(Equal(http.StatusAccepted))
		image, _, err = c.Images.Update(ctx, image.ID, &godo.ImageUpdateRequest{Name: "mine", Distribution: "Fedora", Description: "kept"})
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{image.Name, image.Distribution, image.Description, image.Status}).To(Equal([]any{"mine", "Fedora", "kept", "available"}))
		_, _, err = c.Images.Create(ctx, &godo.CustomImageCreateRequest{Name: "own", Url: "own.qcow2", Region: "nyc3"})
		Expect(failure(err)).To(HavePrefix("422 "))
	})

	It("are not deleted when they are everybody's", func() {
		image, _, err := c.Images.GetBySlug(ctx, "debian-12-x64")
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Images.Delete(ctx, image.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
	})
})

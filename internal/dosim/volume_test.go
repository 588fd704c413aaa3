package dosim_test

import (
	"strings"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("volumes", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	request := func(name string) *godo.VolumeCreateRequest {
		return &godo.VolumeCreateRequest{Name: name, Region: "nyc3", SizeGigaBytes: 10, FilesystemType: "ext4", Tags: []string{"data"}}
	}
	create := func(name string) *godo.Volume {
		GinkgoHelper()
		v, _, err := c.Storage.CreateVolume(ctx, request(name))
		Expect(err).NotTo(HaveOccurred())
		return v
	}
	read := func(id string) *godo.Volume {
		GinkgoHelper()
		v, _, err := c.Storage.GetVolume(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		return v
	}

	It("have a name that is theirs alone in a region", func() {
		create("data")
		_, _, err := c.Storage.CreateVolume(ctx, request("data"))
		Expect(failure(err)).To(HavePrefix("409 "))
		elsewhere := request("data")
		elsewhere.Region = "fra1"
		_, _, err = c.Storage.CreateVolume(ctx, elsewhere)
		Expect(err).NotTo(HaveOccurred())
		found, _, err := c.Storage.ListVolumes(ctx, &godo.ListVolumeParams{Name: "data", Region: "fra1"})
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(HaveLen(1))
		Expect(found[0].Region.Slug).To(Equal("fra1"))
	})

	It("are attached to one droplet of their region, and not deleted until detached", func() {
		d, v := w.droplet(c, "web-1"), create("data")
		far := w.droplet(c, "far", func(r *godo.DropletCreateRequest) { r.Region = "fra1" })
		_, _, err := c.StorageActions.Attach(ctx, v.ID, far.ID)
		Expect(failure(err)).To(HavePrefix("422 "))

		action, _, err := c.StorageActions.Attach(ctx, v.ID, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(action.Status).To(Equal("in-progress"))
		Expect(read(v.ID).DropletIDs).To(BeEmpty(), "not before the action has ended")
		_, _, err = c.DropletActions.Reboot(ctx, d.ID)
		Expect(failure(err)).To(Equal("422 Droplet already has a pending event."))
		w.settle()
		action, _, err = c.StorageActions.Get(ctx, v.ID, action.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(action.Status).To(Equal("completed"))
		Expect(read(v.ID).DropletIDs).To(Equal([]int{d.ID}))
		Expect(w.read(c, d.ID).VolumeIDs).To(Equal([]string{v.ID}))

		_, err = c.Storage.DeleteVolume(ctx, v.ID)
		Expect(failure(err)).To(HavePrefix("409 "))
		_, _, err = c.StorageActions.DetachByDropletID(ctx, v.ID, d.ID)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		Expect(w.read(c, d.ID).VolumeIDs).To(BeEmpty())
		_, err = c.Storage.DeleteVolume(ctx, v.ID)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Storage.GetVolume(ctx, v.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
	})

	It("have one action at a time, and are not deleted during it", func() {
		one, two, v := w.droplet(c, "one"), w.droplet(c, "two"), create("data")
		_, _, err := c.StorageActions.Attach(ctx, v.ID, one.ID)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.StorageActions.Attach(ctx, v.ID, two.ID)
		Expect(failure(err)).To(Equal("422 Volume already has a pending event."))
		_, _, err = c.StorageActions.Resize(ctx, v.ID, 50, "nyc3")
		Expect(failure(err)).To(Equal("422 Volume already has a pending event."))
		_, err = c.Storage.DeleteVolume(ctx, v.ID)
		Expect(failure(err)).To(HavePrefix("409 "))
		_, _, err = c.Droplets.Create(ctx, dropletRequest("three", func(r *godo.DropletCreateRequest) { r.Volumes = []godo.DropletCreateVolume{{ID: v.ID}} }))
		Expect(failure(err)).To(Equal("422 Volume already has a pending event."))
		w.settle()
		Expect(read(v.ID).DropletIDs).To(Equal([]int{one.ID}))
		_, _, err = c.StorageActions.Resize(ctx, v.ID, 50, "nyc3")
		Expect(err).NotTo(HaveOccurred())
	})

	DescribeTable("have a label that fits their file system",
		func(filesystem string, longest int) {
			r := request("data")
			r.FilesystemType, r.FilesystemLabel = filesystem, strings.Repeat("ж", longest+1)
			_, _, err := c.Storage.CreateVolume(ctx, r)
			Expect(failure(err)).To(HavePrefix("422 filesystem_label must be at most"))
			r.FilesystemLabel = strings.Repeat("ж", longest)
			_, _, err = c.Storage.CreateVolume(ctx, r)
			Expect(err).NotTo(HaveOccurred())
		},
		Entry(nil, "ext4", 16),
		Entry(nil, "xfs", 12),
		Entry("none yet", "", 16),
	)

	It("survive their droplet, detached", func() {
		v := create("data")
		d := w.droplet(c, "web-1", func(r *godo.DropletCreateRequest) { r.Volumes = []godo.DropletCreateVolume{{ID: v.ID}} })
		Expect(read(v.ID).DropletIDs).To(Equal([]int{d.ID}))
		_, err := c.Droplets.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(read(v.ID).DropletIDs).To(BeEmpty())
	})

	It("only grow", func() {
		v := create("data")
		_, _, err := c.StorageActions.Resize(ctx, v.ID, 5, "nyc3")
		Expect(failure(err)).To(HavePrefix("422 "))
		_, _, err = c.StorageActions.Resize(ctx, v.ID, 50, "nyc3")
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		Expect(read(v.ID).SizeGigaBytes).To(BeEquivalentTo(50))
	})

	It("are restored from snapshots", func() {
		v := create("data")
		s, _, err := c.Storage.CreateSnapshot(ctx, &godo.SnapshotCreateRequest{VolumeID: v.ID, Name: "monday"})
		Expect(err).NotTo(HaveOccurred())
		all, _, err := c.Snapshots.ListVolume(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(HaveLen(1))
		Expect(all[0].ResourceID).To(Equal(v.ID))
		copied := &godo.VolumeCreateRequest{Name: "copy", Region: "nyc3", SnapshotID: s.ID, SizeGigaBytes: 20}
		restored, _, err := c.Storage.CreateVolume(ctx, copied)
		Expect(err).NotTo(HaveOccurred())
		Expect(restored.SizeGigaBytes).To(BeEquivalentTo(20))
		Expect(restored.FilesystemType).To(Equal("ext4"), "it was formatted before the snapshot was taken")
		copied.Name, copied.Region = "far", "fra1"
		_, _, err = c.Storage.CreateVolume(ctx, copied)
		Expect(failure(err)).To(Equal("422 The snapshot is not available in this region."))
		_, err = c.Storage.DeleteSnapshot(ctx, s.ID)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Storage.GetSnapshot(ctx, s.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
	})
})

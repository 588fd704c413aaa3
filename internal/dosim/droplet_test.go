package dosim_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var ctx = context.Background()

func dropletRequest(name string, change ...func(*godo.DropletCreateRequest)) *godo.DropletCreateRequest {
	r := &godo.DropletCreateRequest{Name: name, Region: "nyc3", Size: "s-1vcpu-1gb", Image: godo.DropletCreateImage{Slug: "ubuntu-24-04-x64"}}
	for _, c := range change {
		c(r)
	}
	return r
}

func sized(slug string) func(*godo.DropletCreateRequest) {
	return func(r *godo.DropletCreateRequest) { r.Size = slug }
}

func tagged(tags ...string) func(*godo.DropletCreateRequest) {
	return func(r *godo.DropletCreateRequest) { r.Tags = tags }
}

// droplet creates one that is active.
func (w *world) droplet(c *godo.Client, name string, change ...func(*godo.DropletCreateRequest)) *godo.Droplet {
	GinkgoHelper()
	d, _, err := c.Droplets.Create(ctx, dropletRequest(name, change...))
	Expect(err).NotTo(HaveOccurred())
	w.settle()
	return w.read(c, d.ID)
}

func (w *world) read(c *godo.Client, id int) *godo.Droplet {
	GinkgoHelper()
	d, _, err := c.Droplets.Get(ctx, id)
	Expect(err).NotTo(HaveOccurred())
	return d
}

func names(droplets []godo.Droplet) []string {
	out := []string{}
	for _, d := range droplets {
		out = append(out, d.Name)
	}
	return out
}

var _ = Describe("droplets", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	It("are new until their create action has ended", func() {
		d, answer, err := c.Droplets.Create(ctx, dropletRequest("web-1"))
		Expect(err).NotTo(HaveOccurred())
		Expect(d.Status).To(Equal("new"))
		Expect(d.Networks.V4).To(BeEmpty())
		Expect(answer.Links.Actions).To(HaveLen(1))
		w.clock.Advance(59 * time.Second)
		Expect(w.read(c, d.ID).Status).To(Equal("new"))
		w.clock.Advance(time.Second)
		d = w.read(c, d.ID)
		Expect(d.Status).To(Equal("active"))
		Expect(d.PublicIPv4()).NotTo(BeEmpty())
		action, _, err := c.Actions.Get(ctx, answer.Links.Actions[0].ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(action.Status).To(Equal("completed"))
		Expect(action.CompletedAt.Sub(action.StartedAt.Time)).To(Equal(time.Minute))
	})

	It("join their region's default VPC unless told otherwise", func() {
		one, two := w.droplet(c, "one"), w.droplet(c, "two")
		Expect(one.VPCUUID).To(Equal(two.VPCUUID))
		v, _, err := c.VPCs.Get(ctx, one.VPCUUID)
		Expect(err).NotTo(HaveOccurred())
		Expect(v.Default).To(BeTrue())
		Expect(v.Name).To(Equal("default-nyc3"))
		members, _, err := c.VPCs.ListMembers(ctx, v.ID, nil, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(members).To(HaveLen(2))
	})

	It("are put somewhere where nobody says where", func() {
		Expect(w.droplet(c, "anywhere", func(r *godo.DropletCreateRequest) { r.Region = "" }).Region.Slug).NotTo(BeEmpty())
	})

	It("are listed by kind: those with a GPU only when asked for", func() {
		w.droplet(c, "plain")
		w.droplet(c, "gpu", sized("gpu-h100x1-80gb"), func(r *godo.DropletCreateRequest) { r.Region = "nyc2" })
		all, answer, err := c.Droplets.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(names(all)).To(Equal([]string{"plain"}))
		Expect(answer.Meta.Total).To(Equal(1))
		gpus, _, err := c.Droplets.ListWithGPUs(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(names(gpus)).To(Equal([]string{"gpu"}))
		Expect(w.read(c, gpus[0].ID).SizeSlug).To(Equal("gpu-h100x1-80gb"))
	})

	It("are listed by tag and by name, without regard to case", func() {
		w.droplet(c, "web-1", tagged("Web"))
		w.droplet(c, "db-1", tagged("db"))
		byTag, _, err := c.Droplets.ListByTag(ctx, "WEB", nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(names(byTag)).To(Equal([]string{"web-1"}))
		byName, _, err := c.Droplets.ListByName(ctx, "DB-1", nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(names(byName)).To(Equal([]string{"db-1"}))
	})

	DescribeTable("are refused",
		func(spoil func(*godo.DropletCreateRequest), message string) {
			_, _, err := c.Droplets.Create(ctx, dropletRequest("web-1", spoil))
			Expect(failure(err)).To(HavePrefix("422 " + message))
		},
		Entry("without a name", func(r *godo.DropletCreateRequest) { r.Name = "" }, "Name can't be blank"),
		Entry("with a name that is no hostname", func(r *godo.DropletCreateRequest) { r.Name = "a_b" }, "Name is invalid."),
		Entry("in no region", func(r *godo.DropletCreateRequest) { r.Region = "mars1" }, "You specified an invalid region"),
		Entry("of no size", func(r *godo.DropletCreateRequest) { r.Size = "s-0" }, "You specified an invalid size"),
		Entry("of a size that the region lacks", func(r *godo.DropletCreateRequest) { r.Size = "gpu-h100x1-80gb" }, "You specified an invalid size"),
		Entry("of no image", func(r *godo.DropletCreateRequest) { r.Image.Slug = "temple-os" }, "You specified an invalid image"),
		Entry("in a VPC of nobody", func(r *godo.DropletCreateRequest) { r.VPCUUID = "fa2dd8b5-3f8b-4c4e-9d05-0d3f6f3ad001" }, "You specified an invalid VPC"),
		Entry("with a key of nobody", func(r *godo.DropletCreateRequest) { r.SSHKeys = []godo.DropletCreateSSHKey{{ID: 7}} }, "7 are invalid key identifiers"),
		Entry("with a bad tag", func(r *godo.DropletCreateRequest) { r.Tags = []string{"no spaces"} }, "Error validating resource tag"),
	)

	It("have one action at a time", func() {
		d := w.droplet(c, "web-1")
		_, _, err := c.DropletActions.Reboot(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.read(c, d.ID).Locked).To(BeTrue())
		_, _, err = c.DropletActions.PowerOff(ctx, d.ID)
		Expect(failure(err)).To(Equal("422 Droplet already has a pending event."))
		w.settle()
		_, _, err = c.DropletActions.PowerOff(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		_, _, err = c.DropletActions.PowerOff(ctx, d.ID)
		Expect(failure(err)).To(Equal("422 Droplet is already powered off."))
		w.settle()
		Expect(w.read(c, d.ID).Locked).To(BeFalse())
	})

	It("act by tag all or none", func() {
		one, two := w.droplet(c, "one", tagged("web")), w.droplet(c, "two", tagged("web"))
		_, _, err := c.DropletActions.PowerOff(ctx, two.ID)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		_, _, err = c.DropletActions.PowerOffByTag(ctx, "web")
		Expect(failure(err)).To(Equal("422 Droplet is already powered off."))
		Expect(w.read(c, one.ID).Locked).To(BeFalse())
		status, answer := do(w.plain(dosim.DefaultToken), "POST", w.url+"/v2/droplets/actions?tag_name=web", object{"type": "Shutdown"})
		Expect(status).To(Equal(http.StatusCreated), "%v", answer)
		Expect(answer["actions"]).To(HaveLen(2))
		w.settle()
		Expect([]string{w.read(c, one.ID).Status, w.read(c, two.ID).Status}).To(Equal([]string{"off", "off"}))
	})

	It("are resized when off; a disk that grew never shrinks", func() {
		d := w.droplet(c, "web-1")
		_, _, err := c.DropletActions.Resize(ctx, d.ID, "s-2vcpu-4gb", false)
		Expect(failure(err)).To(Equal("422 Droplet is currently on. Please power it off to run this event."))
		act := func(_ *godo.Action, _ *godo.Response, err error) {
			GinkgoHelper()
			Expect(err).NotTo(HaveOccurred())
			w.settle()
		}
		act(c.DropletActions.PowerOff(ctx, d.ID))
		act(c.DropletActions.Resize(ctx, d.ID, "s-2vcpu-4gb", false))
		d = w.read(c, d.ID)
		Expect([]any{d.SizeSlug, d.Vcpus, d.Memory, d.Disk, d.Status}).To(Equal([]any{"s-2vcpu-4gb", 2, 4096, 25, "off"}))
		act(c.DropletActions.Resize(ctx, d.ID, "s-1vcpu-1gb", false))
		act(c.DropletActions.Resize(ctx, d.ID, "s-2vcpu-4gb", true))
		Expect(w.read(c, d.ID).Disk).To(Equal(80))
		_, _, err = c.DropletActions.Resize(ctx, d.ID, "s-1vcpu-1gb", false)
		Expect(failure(err)).To(Equal("422 This size is not available because it has a smaller disk."))
		act(c.DropletActions.PowerOn(ctx, d.ID))
		Expect(w.read(c, d.ID).Status).To(Equal("active"))
	})

	It("change by actions", func() {
		d := w.droplet(c, "web-1")
		do := func(_ *godo.Action, _ *godo.Response, err error) *godo.Droplet {
			GinkgoHelper()
			Expect(err).NotTo(HaveOccurred())
			w.settle()
			return w.read(c, d.ID)
		}
		Expect(do(c.DropletActions.Rename(ctx, d.ID, "web-one")).Name).To(Equal("web-one"))
		_, _, err := c.DropletActions.EnableIPv6(ctx, d.ID)
		Expect(failure(err)).To(Equal("422 Droplet is currently on. Please power it off to run this event."))
		do(c.DropletActions.PowerOff(ctx, d.ID))
		Expect(do(c.DropletActions.EnableIPv6(ctx, d.ID)).Networks.V6).To(HaveLen(1))
		Expect(do(c.DropletActions.RebuildByImageSlug(ctx, d.ID, "debian-12-x64")).Image.Slug).To(Equal("debian-12-x64"))
		Expect(do(c.DropletActions.Snapshot(ctx, d.ID, "before")).SnapshotIDs).To(HaveLen(1))
		Expect(do(c.DropletActions.Shutdown(ctx, d.ID)).Status).To(Equal("off"))
		Expect(do(c.DropletActions.PowerOn(ctx, d.ID)).Status).To(Equal("active"))
		actions, _, err := c.Droplets.Actions(ctx, d.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		kinds := []string{}
		for _, a := range actions {
			kinds = append(kinds, a.Type)
		}
		Expect(kinds).To(Equal([]string{"power_on", "shutdown", "snapshot", "rebuild", "enable_ipv6", "power_off", "rename", "create"}))
	})

	It("take a shutdown when they are off, but no power_off", func() {
		d := w.droplet(c, "web-1")
		for range 2 {
			_, _, err := c.DropletActions.Shutdown(ctx, d.ID)
			Expect(err).NotTo(HaveOccurred())
			w.settle()
			Expect(w.read(c, d.ID).Status).To(Equal("off"))
		}
		_, _, err := c.DropletActions.PowerOff(ctx, d.ID)
		Expect(failure(err)).To(Equal("422 Droplet is already powered off."))
	})

	It("have snapshots that are as old as the action that took them", func() {
		d := w.droplet(c, "web-1")
		action, _, err := c.DropletActions.Snapshot(ctx, d.ID, "before")
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		snapshots, _, err := c.Droplets.Snapshots(ctx, d.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(snapshots).To(HaveLen(1))
		Expect(time.Parse(time.RFC3339, snapshots[0].Created)).To(Equal(action.StartedAt.Time))
	})

	It("have a backup policy", func() {
		hour := 8
		daily := &godo.DropletBackupPolicyRequest{Plan: "daily", Weekday: "MON", Hour: &hour}
		d := w.droplet(c, "web-1", func(r *godo.DropletCreateRequest) { r.Backups = true })
		Expect(d.Features).To(ContainElement("backups"))
		Expect(d.NextBackupWindow).NotTo(BeNil())
		policy, _, err := c.Droplets.GetBackupPolicy(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(policy.BackupPolicy.Plan).To(Equal("daily"))
		_, _, err = c.DropletActions.ChangeBackupPolicy(ctx, d.ID, &godo.DropletBackupPolicyRequest{Plan: "weekly", Weekday: "WED"})
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		policy, _, err = c.Droplets.GetBackupPolicy(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{policy.BackupPolicy.Plan, policy.BackupPolicy.Weekday}).To(Equal([]any{"weekly", "WED"}))
		_, _, err = c.DropletActions.ChangeBackupPolicy(ctx, d.ID, daily)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		policies, _, err := c.Droplets.ListBackupPolicies(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(policies[d.ID].BackupPolicy.Plan).To(Equal("daily"))
		Expect(policies[d.ID].BackupPolicy.Hour).To(Equal(8))
		Expect(policies[d.ID].BackupPolicy.RetentionPeriodDays).To(Equal(7))
		Expect(policies[d.ID].BackupPolicy.Weekday).To(BeEmpty(), "a daily plan has none")
		_, _, err = c.DropletActions.DisableBackups(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		Expect(w.read(c, d.ID).Features).NotTo(ContainElement("backups"))
		_, _, err = c.DropletActions.ChangeBackupPolicy(ctx, d.ID, &godo.DropletBackupPolicyRequest{Plan: "daily"})
		Expect(failure(err)).To(Equal("422 Backups are not enabled for this Droplet."))
	})

	It("have a usage-based backup policy, of which their features say nothing", func() {
		policy := object{"plan": "intra_daily_4h", "hour": 0, "window_length_hours": 2, "retention_period_days": 14}
		status, answer := w.call("POST", "/v2/droplets", object{
			"name": "web-1", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "backups": true, "backup_policy": policy,
		})
		Expect(status).To(Equal(http.StatusAccepted))
		id := int(lookUp(answer, "droplet.id").(float64))
		w.settle()
		d := w.read(c, id)
		Expect(d.Features).NotTo(ContainElement("backups"))
		Expect(d.NextBackupWindow.Start.Time).To(Equal(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)))
		Expect(d.NextBackupWindow.End.Time).To(Equal(time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)))
		shown, _, err := c.Droplets.GetBackupPolicy(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		Expect(shown.BackupEnabled).To(BeTrue())
		Expect(*shown.BackupPolicy).To(Equal(godo.DropletBackupPolicyConfig{Plan: "intra_daily_4h", WindowLengthHours: 2, RetentionPeriodDays: 14}))
		at := fmt.Sprintf("/v2/droplets/%d/actions", id)
		status, _ = w.call("POST", at, object{"type": "change_backup_policy", "backup_policy": object{"plan": "intra_daily_12h", "hour": 4, "retention_period_days": 7}})
		Expect(status).To(Equal(http.StatusCreated))
		w.settle()
		shown, _, err = c.Droplets.GetBackupPolicy(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		Expect(*shown.BackupPolicy).To(Equal(godo.DropletBackupPolicyConfig{Plan: "intra_daily_12h", Hour: 4, WindowLengthHours: 4, RetentionPeriodDays: 7}))
		for _, bad := range []object{
			{"plan": "intra_daily_5h", "retention_period_days": 7},
			{"plan": "intra_daily_4h"},
			{"plan": "intra_daily_4h", "hour": 24, "retention_period_days": 7},
			{"plan": "intra_daily_4h", "window_length_hours": -1, "retention_period_days": 7},
		} {
			status, _ = do(w.plain(dosim.DefaultToken), "POST", w.url+at, object{"type": "change_backup_policy", "backup_policy": bad})
			Expect(status).To(Equal(http.StatusUnprocessableEntity), "%v", bad)
		}
	})

	It("go, alone or by tag", func() {
		one, two, three := w.droplet(c, "one", tagged("old")), w.droplet(c, "two", tagged("old")), w.droplet(c, "three")
		_, err := c.Droplets.DeleteByTag(ctx, "OLD")
		Expect(err).NotTo(HaveOccurred())
		for _, d := range []*godo.Droplet{one, two} {
			_, _, err := c.Droplets.Get(ctx, d.ID)
			Expect(failure(err)).To(HavePrefix("404 "))
		}
		_, err = c.Droplets.Delete(ctx, three.ID)
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Droplets.Delete(ctx, three.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		left, _, err := c.Droplets.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(left).To(BeEmpty())
	})

	It("end an action as errored when they go during it", func() {
		d := w.droplet(c, "web-1")
		a, _, err := c.DropletActions.Reboot(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Droplets.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		a, _, err = c.Actions.Get(ctx, a.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.Status).To(Equal("errored"))
	})

	It("appear in listings late and stay in them too long, where the listing lags", func() {
		w.SetListLag(time.Hour)
		d := w.droplet(c, "web-1")
		listed := func() []string {
			GinkgoHelper()
			all, answer, err := c.Droplets.List(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(answer.Meta.Total).To(Equal(len(all)))
			return names(all)
		}
		Expect(listed()).To(BeEmpty())
		w.clock.Advance(time.Hour)
		Expect(listed()).To(Equal([]string{"web-1"}))
		_, err := c.Droplets.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Droplets.Get(ctx, d.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		Expect(listed()).To(Equal([]string{"web-1"}))
		w.clock.Advance(time.Hour)
		Expect(listed()).To(BeEmpty())
	})
})

package dosim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// databaseRequest asks for a small cluster of PostgreSQL, changed by edits.
func databaseRequest(name string, edits ...func(*godo.DatabaseCreateRequest)) *godo.DatabaseCreateRequest {
	r := &godo.DatabaseCreateRequest{Name: name, EngineSlug: "pg", SizeSlug: "db-s-1vcpu-2gb", Region: "nyc3", NumNodes: 1}
	for _, edit := range edits {
		edit(r)
	}
	return r
}

// databaseCluster creates one and lets it come online.
func (w *world) databaseCluster(c *godo.Client, name string, edits ...func(*godo.DatabaseCreateRequest)) *godo.Database {
	GinkgoHelper()
	made, _, err := c.Databases.Create(ctx, databaseRequest(name, edits...))
	Expect(err).NotTo(HaveOccurred())
	w.settle()
	return getDatabase(c, made.ID)
}

func getDatabase(c *godo.Client, id string) *godo.Database {
	GinkgoHelper()
	d, _, err := c.Databases.Get(ctx, id)
	Expect(err).NotTo(HaveOccurred())
	return d
}

// body is the whole answer to a GET.
func (w *world) body(token, path string) string {
	GinkgoHelper()
	answer, err := w.plain(token).Get(w.url + path)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	Expect(err).NotTo(HaveOccurred())
	Expect(answer.StatusCode).To(Equal(http.StatusOK), "%s", data)
	return string(data)
}

var _ = Describe("database clusters", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	It("get what the request leaves out, and are online after a while", func() {
		made, _, err := c.Databases.Create(ctx, databaseRequest("shop", func(r *godo.DatabaseCreateRequest) { r.Tags = []string{"Prod"} }))
		Expect(err).NotTo(HaveOccurred())
		Expect(made.Status).To(Equal("creating"))
		Expect(made.VersionSlug).To(Equal("17"), "the default of the engine")
		Expect(made.StorageSizeMib).To(BeEquivalentTo(30*1024), "what comes with the size")
		vpcs, _, err := c.VPCs.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(made.PrivateNetworkUUID).To(Equal(vpcs[0].ID), "the region's default network")
		project, _, err := c.Projects.GetDefault(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(made.ProjectID).To(Equal(project.ID))
		Expect(made.MaintenanceWindow.Day).To(MatchRegexp("^[a-z]+day$"))
		Expect(made.MaintenanceWindow.Hour).To(MatchRegexp(`^\d\d:\d\d:\d\d$`))
		Expect(made.DBNames).To(Equal([]string{"defaultdb"}))
		Expect(made.Users).To(HaveLen(1))
		Expect(made.Connection.URI).To(Equal(fmt.Sprintf("postgres://doadmin:%s@%s:25060/defaultdb?sslmode=require", made.Users[0].Password, made.Connection.Host)))
		Expect(made.StandbyConnection).To(BeNil(), "there is one node")
		Expect(made.Tags).To(Equal([]string{"Prod"}))
		w.settle()
		Expect(getDatabase(c, made.ID).Status).To(Equal("online"))
	})

	It("of Redis are of Valkey, in its one version", func() {
		d := w.databaseCluster(c, "cache", func(r *godo.DatabaseCreateRequest) { r.EngineSlug, r.Version = "redis", "6" })
		Expect([]string{d.EngineSlug, d.VersionSlug}).To(Equal([]string{"valkey", "8"}))
		Expect(d.Connection.URI).To(HavePrefix("rediss://default:"))
		Expect(w.body(dosim.DefaultToken, "/v2/databases/"+d.ID)).To(ContainSubstring(`"db_names":null`))
	})

	DescribeTable("refuses a request that asks for", func(edit func(*godo.DatabaseCreateRequest), want string) {
		w.databaseCluster(c, "taken")
		_, _, err := c.Databases.Create(ctx, databaseRequest("shop", edit))
		Expect(failure(err)).To(HavePrefix(want))
		all, _, err := c.Databases.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(HaveLen(1))
		tags, _, err := c.Tags.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(tags).To(BeEmpty(), "a refusal leaves nothing behind")
	},
		Entry("a name with an underscore", func(r *godo.DatabaseCreateRequest) { r.Name = "the_shop" }, "422 invalid cluster name"),
		Entry("a name that is taken", func(r *godo.DatabaseCreateRequest) { r.Name = "taken" }, "422 cluster name is not available"),
		Entry("an unknown engine", func(r *godo.DatabaseCreateRequest) { r.EngineSlug = "oracle" }, "422 invalid engine"),
		Entry("a version that there is not", func(r *godo.DatabaseCreateRequest) { r.Version = "9" }, "422 invalid version"),
		Entry("an unknown size", func(r *godo.DatabaseCreateRequest) { r.SizeSlug = "s-1vcpu-1gb" }, "422 invalid size"),
		Entry("standby nodes of the smallest size", func(r *godo.DatabaseCreateRequest) { r.SizeSlug, r.NumNodes = "db-s-1vcpu-1gb", 2 }, "422 invalid size"),
		Entry("more nodes than there can be", func(r *godo.DatabaseCreateRequest) { r.NumNodes = 4 }, "422 invalid num_nodes"),
		Entry("less storage than comes with the size", func(r *godo.DatabaseCreateRequest) { r.StorageSizeMib = 10240 }, "422 invalid storage_size_mib"),
		Entry("an unknown region", func(r *godo.DatabaseCreateRequest) { r.Region = "mars1" }, "422 invalid region"),
		Entry("a network that there is not", func(r *godo.DatabaseCreateRequest) { r.PrivateNetworkUUID = missingID }, "422 invalid private_network_uuid"),
		Entry("a project that there is not", func(r *godo.DatabaseCreateRequest) { r.ProjectID = missingID }, "422 invalid project_id"),
		Entry("a bad tag beside a good one", func(r *godo.DatabaseCreateRequest) { r.Tags = []string{"good", "not good"} }, "422 Error validating"),
		Entry("a backup of nothing", func(r *godo.DatabaseCreateRequest) {
			r.BackupRestore = &godo.DatabaseBackupRestore{DatabaseName: "nothing"}
		}, "404"),
		Entry("a backup before there is one", func(r *godo.DatabaseCreateRequest) {
			r.BackupRestore = &godo.DatabaseBackupRestore{DatabaseName: "taken"}
		}, "422 no backup"),
	)

	It("are listed at once, whatever page is asked for", func() {
		Expect(w.Seed("DatabaseCluster", 30)).To(Succeed())
		for _, page := range []int{1, 2, 9} {
			all, answer, err := c.Databases.List(ctx, &godo.ListOptions{Page: page, PerPage: 10})
			Expect(err).NotTo(HaveOccurred())
			Expect(all).To(HaveLen(30))
			Expect(answer.Links).To(BeNil())
		}
		_, whole := w.call("GET", "/v2/databases?page=2", nil)
		Expect(sortedKeys(whole)).To(Equal([]string{"databases"}), "neither links nor meta")
	})

	It("change their size and storage in a while, and take nothing else on meanwhile", func() {
		d := w.databaseCluster(c, "shop", func(r *godo.DatabaseCreateRequest) { r.StorageSizeMib = 40 * 1024 })
		_, err := c.Databases.Resize(ctx, d.ID, &godo.DatabaseResizeRequest{SizeSlug: "db-s-2vcpu-4gb", NumNodes: 2})
		Expect(err).NotTo(HaveOccurred())
		d = getDatabase(c, d.ID)
		Expect([]any{d.Status, d.SizeSlug, d.NumNodes}).To(Equal([]any{"resizing", "db-s-1vcpu-2gb", 1}))
		_, err = c.Databases.Migrate(ctx, d.ID, &godo.DatabaseMigrateRequest{Region: "ams3"})
		Expect(failure(err)).To(HavePrefix("412 cluster is not online"))
		_, _, err = c.Databases.CreateUser(ctx, d.ID, &godo.DatabaseCreateUserRequest{Name: "app"})
		Expect(failure(err)).To(HavePrefix("412"))
		w.settle()
		d = getDatabase(c, d.ID)
		Expect([]any{d.Status, d.SizeSlug, d.NumNodes}).To(Equal([]any{"online", "db-s-2vcpu-4gb", 2}))
		Expect(d.StorageSizeMib).To(BeEquivalentTo(70*1024), "what was added to the old size is added to the new one")
		Expect(d.StandbyPrivateConnection.Host).To(HavePrefix("private-replica-shop-"))
	})

	It("move to another region, and to its network", func() {
		d := w.databaseCluster(c, "shop")
		_, err := c.Databases.Migrate(ctx, d.ID, &godo.DatabaseMigrateRequest{Region: "ams3"})
		Expect(err).NotTo(HaveOccurred())
		Expect(getDatabase(c, d.ID).Status).To(Equal("migrating"))
		w.settle()
		moved := getDatabase(c, d.ID)
		Expect([]string{moved.Status, moved.RegionSlug}).To(Equal([]string{"online", "ams3"}))
		v, _, err := c.VPCs.Get(ctx, moved.PrivateNetworkUUID)
		Expect(err).NotTo(HaveOccurred())
		Expect(v.RegionSlug).To(Equal("ams3"))
	})

	It("stay as they were when a change fails, and in creation when that does", func() {
		d := w.databaseCluster(c, "shop")
		w.AddFault(dosim.Fault{FailAction: true})
		_, err := c.Databases.Resize(ctx, d.ID, &godo.DatabaseResizeRequest{SizeSlug: "db-s-2vcpu-4gb", NumNodes: 2})
		Expect(err).NotTo(HaveOccurred())
		stuck, _, err := c.Databases.Create(ctx, databaseRequest("stuck"))
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		d = getDatabase(c, d.ID)
		Expect([]any{d.Status, d.SizeSlug, d.NumNodes}).To(Equal([]any{"online", "db-s-1vcpu-2gb", 1}))
		Expect(getDatabase(c, stuck.ID).Status).To(Equal("creating"))
	})

	It("are upgraded, never back", func() {
		d := w.databaseCluster(c, "shop", func(r *godo.DatabaseCreateRequest) { r.Version = "15" })
		_, err := c.Databases.UpgradeMajorVersion(ctx, d.ID, &godo.UpgradeVersionRequest{Version: "16"})
		Expect(err).NotTo(HaveOccurred())
		Expect(getDatabase(c, d.ID).VersionSlug).To(Equal("16"))
		for _, version := range []string{"15", "16", "99"} {
			_, err = c.Databases.UpgradeMajorVersion(ctx, d.ID, &godo.UpgradeVersionRequest{Version: version})
			Expect(failure(err)).To(HavePrefix("422 invalid version"))
		}
	})

	It("show the maintenance window in lower case and with seconds", func() {
		d := w.databaseCluster(c, "shop")
		_, err := c.Databases.UpdateMaintenance(ctx, d.ID, &godo.DatabaseUpdateMaintenanceRequest{Day: "Tuesday", Hour: "4:30"})
		Expect(err).NotTo(HaveOccurred())
		Expect(*getDatabase(c, d.ID).MaintenanceWindow).To(Equal(godo.DatabaseMaintenanceWindow{Day: "tuesday", Hour: "04:30:00"}))
		for _, wrong := range []godo.DatabaseUpdateMaintenanceRequest{{Day: "someday", Hour: "14:00"}, {Day: "monday", Hour: "24:00"}} {
			_, err = c.Databases.UpdateMaintenance(ctx, d.ID, &wrong)
			Expect(failure(err)).To(HavePrefix("422"))
		}
	})

	It("install the updates that are pending", func() {
		Expect(w.Seed("DatabaseCluster", 1)).To(Succeed())
		all, _, err := c.Databases.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(all[0].MaintenanceWindow.Pending).To(BeTrue())
		Expect(all[0].MaintenanceWindow.Description).NotTo(BeEmpty())
		_, err = c.Databases.InstallUpdate(ctx, all[0].ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(getDatabase(c, all[0].ID).MaintenanceWindow.Pending).To(BeFalse())
		events, _, err := c.Databases.ListDatabaseEvents(ctx, all[0].ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(events[len(events)-1].EventType).To(Equal("cluster_maintenance_perform"))
	})

	It("are made of the backups of others", func() {
		d := w.databaseCluster(c, "shop")
		w.clock.Advance(9 * 24 * time.Hour)
		backups, _, err := c.Databases.ListBackups(ctx, d.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(backups).To(HaveLen(7), "they are daily, and kept for a week")
		fork, _, err := c.Databases.Create(ctx, databaseRequest("fork", func(r *godo.DatabaseCreateRequest) {
			r.BackupRestore = &godo.DatabaseBackupRestore{DatabaseName: "shop"}
		}))
		Expect(err).NotTo(HaveOccurred())
		Expect(fork.Status).To(Equal("forking"))
		w.settle()
		Expect(getDatabase(c, fork.ID).Status).To(Equal("online"))
	})

	It("can be tagged, and found by their tag", func() {
		d := w.databaseCluster(c, "shop", func(r *godo.DatabaseCreateRequest) { r.Tags = []string{"shop"} })
		other := w.databaseCluster(c, "other")
		_, err := c.Tags.TagResources(ctx, "shop", &godo.TagResourcesRequest{Resources: []godo.Resource{{ID: other.ID, Type: godo.DatabaseResourceType}}})
		Expect(err).NotTo(HaveOccurred())
		t, _, err := c.Tags.Get(ctx, "shop")
		Expect(err).NotTo(HaveOccurred())
		Expect(t.Resources.Databases.Count).To(Equal(2))
		_, err = c.Tags.UntagResources(ctx, "shop", &godo.UntagResourcesRequest{Resources: []godo.Resource{{ID: d.ID, Type: godo.DatabaseResourceType}}})
		Expect(err).NotTo(HaveOccurred())
		_, tagged := w.call("GET", "/v2/databases?tag_name=SHOP", nil)
		Expect(tagged["databases"]).To(HaveLen(1))
		Expect(w.body(dosim.DefaultToken, "/v2/databases/"+d.ID)).To(ContainSubstring(`"tags":null`), "as a cluster without any has it")
	})

	It("are in a project and a network, which they keep from being deleted", func() {
		project, _, err := c.Projects.Create(ctx, &godo.CreateProjectRequest{Name: "shop", Purpose: "IoT"})
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "default", RegionSlug: "nyc3"})
		Expect(err).NotTo(HaveOccurred())
		v, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "shop", RegionSlug: "nyc3"})
		Expect(err).NotTo(HaveOccurred())
		d := w.databaseCluster(c, "shop", func(r *godo.DatabaseCreateRequest) { r.ProjectID, r.PrivateNetworkUUID = project.ID, v.ID })
		Expect(d.ProjectID).To(Equal(project.ID))
		resources, _, err := c.Projects.ListResources(ctx, project.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(resources[0].URN).To(Equal(d.URN()))
		members, _, err := c.VPCs.ListMembers(ctx, v.ID, nil, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(members[0].URN).To(Equal(d.URN()))
		_, err = c.VPCs.Delete(ctx, v.ID)
		Expect(failure(err)).To(Equal("403 Can not delete VPC with members"))
		_, err = c.Databases.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Databases.Get(ctx, d.ID)
		Expect(failure(err)).To(HavePrefix("404"))
		_, err = c.VPCs.Delete(ctx, v.ID)
		Expect(err).NotTo(HaveOccurred())
	})

	It("survive a restart in the middle of a change", func() {
		d := w.databaseCluster(c, "shop")
		_, err := c.Databases.Resize(ctx, d.ID, &godo.DatabaseResizeRequest{SizeSlug: "db-s-2vcpu-4gb", NumNodes: 1})
		Expect(err).NotTo(HaveOccurred())
		saved, err := w.MarshalState()
		Expect(err).NotTo(HaveOccurred())
		again := newWorld()
		Expect(again.UnmarshalState(saved)).To(Succeed())
		other := again.client(dosim.DefaultToken)
		again.clock.now = w.clock.now
		Expect(getDatabase(other, d.ID).Status).To(Equal("resizing"))
		again.settle()
		Expect(getDatabase(other, d.ID).SizeSlug).To(Equal("db-s-2vcpu-4gb"))
	})

	It("show no secret to a token that may not see any", func() {
		d := w.databaseCluster(c, "shop")
		user, _, err := c.Databases.CreateUser(ctx, d.ID, &godo.DatabaseCreateUserRequest{Name: "app"})
		Expect(err).NotTo(HaveOccurred())
		Expect(w.AddToken(dosim.Token{Value: "blind", Without: []string{"database:view_credentials"}})).To(Succeed())
		for _, path := range []string{"/v2/databases", "/v2/databases/" + d.ID, "/v2/databases/" + d.ID + "/users", "/v2/databases/" + d.ID + "/users/app"} {
			seen := w.body("blind", path)
			for _, secret := range []string{d.Connection.Password, user.Password} {
				Expect(seen).NotTo(ContainSubstring(secret), path)
			}
			Expect(seen).NotTo(ContainSubstring(`"password"`), path)
			Expect(w.body(dosim.DefaultToken, path)).To(ContainSubstring(user.Password), path)
		}
		blind := getDatabase(w.client("blind"), d.ID)
		Expect(blind.Connection.User).To(BeEmpty())
		Expect(blind.Connection.URI).To(Equal(strings.Replace(d.Connection.URI, "doadmin:"+d.Connection.Password+"@", "", 1)))
	})

	It("show and do only what a token's scopes allow", func() {
		d := w.databaseCluster(c, "shop", func(r *godo.DatabaseCreateRequest) { r.Tags = []string{"shop"} })
		Expect(w.AddToken(dosim.Token{Value: "reader", Scopes: []string{"database:read"}})).To(Succeed())
		var seen map[string]map[string]json.RawMessage
		Expect(json.Unmarshal([]byte(w.body("reader", "/v2/databases/"+d.ID)), &seen)).To(Succeed())
		for _, hidden := range []string{"tags", "private_network_uuid", "project_id"} {
			Expect(seen["database"]).NotTo(HaveKey(hidden))
		}
		reader := w.client("reader")
		_, err := reader.Databases.Delete(ctx, d.ID)
		Expect(failure(err)).To(Equal("403 You are missing the required permission database:delete."))
		_, err = reader.Databases.InstallUpdate(ctx, d.ID)
		Expect(failure(err)).To(Equal("403 You are missing the required permission database:update."))
		Expect(w.AddToken(dosim.Token{Value: "creator", Scopes: []string{"database:create"}})).To(Succeed())
		creator := w.client("creator")
		for scope, edit := range map[string]func(*godo.DatabaseCreateRequest){
			"tag:create":              func(r *godo.DatabaseCreateRequest) { r.Tags = []string{"shop"} },
			"vpc:read":                func(r *godo.DatabaseCreateRequest) { r.PrivateNetworkUUID = d.PrivateNetworkUUID },
			"project:assign_resource": func(r *godo.DatabaseCreateRequest) { r.ProjectID = d.ProjectID },
		} {
			_, _, err = creator.Databases.Create(ctx, databaseRequest("other", edit))
			Expect(failure(err)).To(Equal("403 You are missing the required permission " + scope + "."))
		}
	})
})

// missingID is nobody's.
const missingID = "00000000-0000-4000-8000-000000000000"

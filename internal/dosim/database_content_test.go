package dosim_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("what a database cluster holds", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	rules := func(id string) []godo.DatabaseFirewallRule {
		GinkgoHelper()
		all, _, err := c.Databases.GetFirewallRules(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		return all
	}
	replace := func(id string, wanted ...*godo.DatabaseFirewallRule) error {
		_, err := c.Databases.UpdateFirewallRules(ctx, id, &godo.DatabaseUpdateFirewallRulesRequest{Rules: append([]*godo.DatabaseFirewallRule{}, wanted...)})
		return err
	}

	It("has the trusted sources of the request, with ids of the server's", func() {
		d := w.databaseCluster(c, "shop", func(r *godo.DatabaseCreateRequest) {
			r.Rules = []*godo.DatabaseCreateFirewallRule{{Type: "ip_addr", Value: "192.0.2.7/24"}, {Type: "tag", Value: "web"}}
		})
		got := rules(d.ID)
		Expect(got).To(HaveLen(2))
		Expect(got[0].UUID).To(HaveLen(36))
		Expect(got[0].ClusterUUID).To(Equal(d.ID))
		Expect(got[0].Value).To(Equal("192.0.2.7/24"), "an address is kept as it came")
		Expect(got[0].CreatedAt).To(Equal(w.clock.now.Add(-time.Minute)))
	})

	It("has all its trusted sources replaced by a PUT", func() {
		d := w.databaseCluster(c, "shop")
		droplet := w.droplet(c, "web-1")
		Expect(replace(d.ID, &godo.DatabaseFirewallRule{Type: "ip_addr", Value: "192.0.2.1"}, &godo.DatabaseFirewallRule{Type: "droplet", Value: fmt.Sprint(droplet.ID)})).To(Succeed())
		before := rules(d.ID)
		w.settle()
		kept := before[0]
		Expect(replace(d.ID, &kept, &godo.DatabaseFirewallRule{Type: "app", Value: missingID})).To(Succeed())
		after := rules(d.ID)
		Expect(after).To(HaveLen(2))
		Expect(after[0]).To(Equal(before[0]), "it was named by its id")
		Expect(replace(d.ID, &godo.DatabaseFirewallRule{Type: "ip_addr", Value: "192.0.2.1"})).To(Succeed())
		Expect(rules(d.ID)[0].UUID).NotTo(Equal(before[0].UUID), "it was not")
		Expect(replace(d.ID)).To(Succeed())
		Expect(rules(d.ID)).To(BeEmpty())
	})

	It("refuses a trusted source that there cannot be, and keeps those that it has", func() {
		d := w.databaseCluster(c, "shop")
		Expect(replace(d.ID, &godo.DatabaseFirewallRule{Type: "ip_addr", Value: "192.0.2.1"})).To(Succeed())
		for _, wrong := range []*godo.DatabaseFirewallRule{
			{Type: "ip_addr", Value: "2001:db8::1"}, {Type: "ip_addr", Value: "192.0.2.0/33"}, {Type: "droplet", Value: "42"},
			{Type: "k8s", Value: "cluster"}, {Type: "tag", Value: "not good"}, {Type: "vpc", Value: missingID},
		} {
			Expect(failure(replace(d.ID, wrong))).To(HavePrefix("422 invalid"), wrong.Value)
		}
		many := make([]*godo.DatabaseFirewallRule, 101)
		for i := range many {
			many[i] = &godo.DatabaseFirewallRule{Type: "ip_addr", Value: fmt.Sprintf("192.0.2.%d", i)}
		}
		Expect(failure(replace(d.ID, many...))).To(Equal("422 at most 100 rules are allowed"))
		Expect(rules(d.ID)).To(HaveLen(1))
	})

	It("has users, of whom the first stays", func() {
		d := w.databaseCluster(c, "shop", func(r *godo.DatabaseCreateRequest) { r.EngineSlug = "mysql" })
		made, _, err := c.Databases.CreateUser(ctx, d.ID, &godo.DatabaseCreateUserRequest{Name: "app"})
		Expect(err).NotTo(HaveOccurred())
		Expect([]string{made.Role, made.MySQLSettings.AuthPlugin}).To(Equal([]string{"normal", "caching_sha2_password"}))
		_, _, err = c.Databases.CreateUser(ctx, d.ID, &godo.DatabaseCreateUserRequest{Name: "app"})
		Expect(failure(err)).To(HavePrefix("409"))
		reset, _, err := c.Databases.ResetUserAuth(ctx, d.ID, "app", &godo.DatabaseResetUserAuthRequest{
			MySQLSettings: &godo.DatabaseMySQLUserSettings{AuthPlugin: "mysql_native_password"},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(reset.Password).NotTo(Equal(made.Password))
		Expect(reset.MySQLSettings.AuthPlugin).To(Equal("mysql_native_password"))
		_, err = c.Databases.DeleteUser(ctx, d.ID, "doadmin")
		Expect(failure(err)).To(HavePrefix("422"))
		_, err = c.Databases.DeleteUser(ctx, d.ID, "app")
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Databases.GetUser(ctx, d.ID, "app")
		Expect(failure(err)).To(HavePrefix("404"))
		users, _, err := c.Databases.ListUsers(ctx, d.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(users).To(HaveLen(1))
	})

	It("connects with the new password of the first user", func() {
		d := w.databaseCluster(c, "shop")
		reset, _, err := c.Databases.ResetUserAuth(ctx, d.ID, "doadmin", &godo.DatabaseResetUserAuthRequest{})
		Expect(err).NotTo(HaveOccurred())
		Expect(reset.Password).NotTo(Equal(d.Connection.Password))
		Expect(getDatabase(c, d.ID).Connection.Password).To(Equal(reset.Password))
	})

	It("shows the password of MongoDB once, to who created it", func() {
		made, _, err := c.Databases.Create(ctx, databaseRequest("docs", func(r *godo.DatabaseCreateRequest) { r.EngineSlug = "mongodb" }))
		Expect(err).NotTo(HaveOccurred())
		Expect(made.Connection.Password).NotTo(BeEmpty())
		w.settle()
		Expect(getDatabase(c, made.ID).Connection.Password).To(BeEmpty())
		user, _, err := c.Databases.CreateUser(ctx, made.ID, &godo.DatabaseCreateUserRequest{Name: "app"})
		Expect(err).NotTo(HaveOccurred())
		Expect(user.Password).NotTo(BeEmpty())
		user, _, err = c.Databases.GetUser(ctx, made.ID, "app")
		Expect(err).NotTo(HaveOccurred())
		Expect(user.Password).To(BeEmpty())
	})

	It("has neither users, databases nor backups to manage in Valkey", func() {
		d := w.databaseCluster(c, "cache", func(r *godo.DatabaseCreateRequest) { r.EngineSlug = "valkey" })
		_, _, err := c.Databases.CreateUser(ctx, d.ID, &godo.DatabaseCreateUserRequest{Name: "app"})
		Expect(failure(err)).To(HavePrefix("422"))
		_, _, err = c.Databases.CreateDB(ctx, d.ID, &godo.DatabaseCreateDBRequest{Name: "orders"})
		Expect(failure(err)).To(HavePrefix("422"))
		_, _, err = c.Databases.ListBackups(ctx, d.ID, nil)
		Expect(failure(err)).To(HavePrefix("422"))
	})

	It("has databases, and pools of connections to them", func() {
		d := w.databaseCluster(c, "shop")
		_, _, err := c.Databases.CreateDB(ctx, d.ID, &godo.DatabaseCreateDBRequest{Name: "orders"})
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Databases.CreateDB(ctx, d.ID, &godo.DatabaseCreateDBRequest{Name: "orders"})
		Expect(failure(err)).To(HavePrefix("409"))
		Expect(getDatabase(c, d.ID).DBNames).To(Equal([]string{"defaultdb", "orders"}))
		pool := &godo.DatabaseCreatePoolRequest{Name: "orders-pool", Mode: "session", Size: 40, Database: "orders", User: "doadmin"}
		_, _, err = c.Databases.CreatePool(ctx, d.ID, pool)
		Expect(err).NotTo(HaveOccurred())
		for _, wrong := range []*godo.DatabaseCreatePoolRequest{
			{Name: "second-pool", Mode: "session", Size: 8, Database: "orders"},
			{Name: "second-pool", Mode: "nothing", Size: 1, Database: "orders"},
			{Name: "second-pool", Mode: "session", Size: 1, Database: "nothing"},
			{Name: "second-pool", Mode: "session", Size: 1, Database: "orders", User: "nobody"},
		} {
			_, _, err = c.Databases.CreatePool(ctx, d.ID, wrong)
			Expect(failure(err)).To(HavePrefix("422"), "2 GB are good for 50 connections, of which 3 are the cluster's")
		}
		_, err = c.Databases.UpdatePool(ctx, d.ID, "orders-pool", &godo.DatabaseUpdatePoolRequest{Mode: "transaction", Size: 47, Database: "orders"})
		Expect(err).NotTo(HaveOccurred())
		got, _, err := c.Databases.GetPool(ctx, d.ID, "orders-pool")
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{got.Mode, got.Size, got.User}).To(Equal([]any{"transaction", 47, ""}), "what an update leaves out is reset")
		_, err = c.Databases.DeletePool(ctx, d.ID, "orders-pool")
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Databases.DeleteDB(ctx, d.ID, "orders")
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Databases.GetDB(ctx, d.ID, "orders")
		Expect(failure(err)).To(HavePrefix("404"))
	})

	It("has settings of its engine, one of which has two addresses", func() {
		d := w.databaseCluster(c, "cache", func(r *godo.DatabaseCreateRequest) { r.EngineSlug = "valkey" })
		_, err := c.Databases.SetEvictionPolicy(ctx, d.ID, "allkeys_lru")
		Expect(err).NotTo(HaveOccurred())
		config, _, err := c.Databases.GetValkeyConfig(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(*config.ValkeyMaxmemoryPolicy).To(Equal("allkeys-lru"), "here it is spelled as Valkey does")
		Expect(*config.ValkeyTimeout).To(Equal(300))
		_, err = c.Databases.UpdateValkeyConfig(ctx, d.ID, &godo.ValkeyConfig{ValkeyMaxmemoryPolicy: godo.PtrTo("volatile-ttl")})
		Expect(err).NotTo(HaveOccurred())
		policy, _, err := c.Databases.GetEvictionPolicy(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(policy).To(Equal("volatile_ttl"))
		_, err = c.Databases.SetEvictionPolicy(ctx, d.ID, "nothing")
		Expect(failure(err)).To(HavePrefix("422"))
		_, err = c.Databases.SetSQLMode(ctx, d.ID, "ANSI")
		Expect(failure(err)).To(HavePrefix("422"), "that is MySQL's")
	})

	It("has replicas, which are resized by their own ids and can become clusters", func() {
		d := w.databaseCluster(c, "shop")
		made, _, err := c.Databases.CreateReplica(ctx, d.ID, &godo.DatabaseCreateReplicaRequest{Name: "read-1", Region: "ams3", Size: "db-s-1vcpu-2gb"})
		Expect(err).NotTo(HaveOccurred())
		Expect(made.Status).To(Equal("forking"))
		Expect(made.Connection.Password).To(Equal(d.Connection.Password), "users are the cluster's")
		listed := func() int {
			GinkgoHelper()
			all, _, err := c.Databases.List(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
			return len(all)
		}
		Expect(listed()).To(Equal(1), "a replica is listed with its cluster only")
		w.settle()
		_, err = c.Databases.Resize(ctx, made.ID, &godo.DatabaseResizeRequest{SizeSlug: "db-s-2vcpu-4gb", NumNodes: 1})
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		replica, _, err := c.Databases.GetReplica(ctx, d.ID, "read-1")
		Expect(err).NotTo(HaveOccurred())
		Expect([]string{replica.Status, replica.Size, replica.Region}).To(Equal([]string{"online", "db-s-2vcpu-4gb", "ams3"}))
		_, err = c.Databases.PromoteReplicaToPrimary(ctx, d.ID, "read-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(listed()).To(Equal(2))
		_, _, err = c.Databases.CreateReplica(ctx, d.ID, &godo.DatabaseCreateReplicaRequest{Name: "read-2", Region: "ams3", Size: "db-s-1vcpu-2gb"})
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Databases.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(listed()).To(Equal(1), "a cluster goes with its replicas")
	})

	It("has no replicas of Valkey", func() {
		d := w.databaseCluster(c, "cache", func(r *godo.DatabaseCreateRequest) { r.EngineSlug = "valkey" })
		_, _, err := c.Databases.CreateReplica(ctx, d.ID, &godo.DatabaseCreateReplicaRequest{Name: "read-1", Region: "ams3", Size: "db-s-1vcpu-2gb"})
		Expect(failure(err)).To(HavePrefix("422"))
	})

	It("is trusted by the certificate of its team", func() {
		d := w.databaseCluster(c, "shop")
		ca, _, err := c.Databases.GetCA(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		block, _ := pem.Decode(ca.Certificate)
		Expect(block).NotTo(BeNil())
		certificate, err := x509.ParseCertificate(block.Bytes)
		Expect(err).NotTo(HaveOccurred())
		Expect(certificate.IsCA).To(BeTrue())
	})
})

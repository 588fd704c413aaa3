package dosim_test

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("tokens", func() {
	var w *world

	BeforeEach(func() { w = newWorld() })

	It("are needed, on unknown routes too", func() {
		_, _, err := w.client("wrong").Account.Get(ctx)
		Expect(failure(err)).To(Equal("401 Unable to authenticate you."))
		status, body := do(http.DefaultClient, "GET", w.url+"/v2/no/such/thing", nil)
		Expect(status).To(Equal(http.StatusUnauthorized))
		Expect(body).To(HaveKeyWithValue("id", "unauthorized"))
		status, body = do(w.plain(dosim.DefaultToken), "GET", w.url+"/v2/no/such/thing", nil)
		Expect(status).To(Equal(http.StatusNotFound))
		Expect(body).To(HaveKeyWithValue("id", "not_found"))
		Expect(body).To(HaveKey("request_id"))
		status, _ = do(http.DefaultClient, "POST", w.url+"/v2/tags", raw(strings.Repeat(" ", 4<<20+1)))
		Expect(status).To(Equal(http.StatusUnauthorized), "before the body is looked at")
	})

	It("come and go at run time", func() {
		Expect(w.AddToken(dosim.Token{Value: "second"})).To(Succeed())
		_, _, err := w.client("second").Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred())
		w.RevokeToken("second")
		_, _, err = w.client("second").Account.Get(ctx)
		Expect(failure(err)).To(HavePrefix("401 "))
	})

	It("say which team they are of, and show its resources only", func() {
		Expect(w.AddToken(dosim.Token{Value: "other", Team: otherTeam, TeamName: "Others", Email: "o@example.com"})).To(Succeed())
		account, _, err := w.client("other").Account.Get(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect([]string{account.Team.UUID, account.Team.Name, account.Email}).To(Equal([]string{otherTeam, "Others", "o@example.com"}))
		mine := w.droplet(w.client(dosim.DefaultToken), "web-1")
		_, _, err = w.client("other").Droplets.Get(ctx, mine.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		theirs, _, err := w.client("other").Droplets.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(theirs).To(BeEmpty())
		Expect(w.SeedTeam(otherTeam, "Droplet", 3)).To(Succeed())
		theirs, _, err = w.client("other").Droplets.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(theirs).To(HaveLen(3))
	})

	It("come to be of another team when they are added again", func() {
		Expect(w.Seed("Droplet", 2)).To(Succeed())
		c := w.client("moving")
		for team, want := range map[string]int{otherTeam: 0, dosim.DefaultTeam: 2} {
			Expect(w.AddToken(dosim.Token{Value: "moving", Team: team})).To(Succeed())
			account, _, err := c.Account.Get(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(account.Team.UUID).To(Equal(team))
			droplets, _, err := c.Droplets.List(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(droplets).To(HaveLen(want))
		}
	})

	It("lack scopes: a kind that may not be listed", func() {
		Expect(w.AddToken(dosim.Token{Value: "narrow", Without: []string{"block_storage:read"}})).To(Succeed())
		_, _, err := w.client("narrow").Storage.ListVolumes(ctx, nil)
		Expect(failure(err)).To(Equal("403 You are missing the required permission block_storage:read."))
		_, _, err = w.client("narrow").Droplets.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.AddToken(dosim.Token{Value: "reader", Scopes: []string{"droplet:read"}})).To(Succeed())
		_, _, err = w.client("reader").Droplets.Create(ctx, dropletRequest("web-1"))
		Expect(failure(err)).To(HavePrefix("403 "))
	})

	DescribeTable("lack scopes: fields that do not come, though the droplet does",
		func(scope string, gone ...any) {
			w.droplet(w.client(dosim.DefaultToken), "web-1")
			Expect(w.AddToken(dosim.Token{Value: "narrow", Without: []string{scope}})).To(Succeed())
			for token, matcher := range map[string]func(any) OmegaMatcher{
				dosim.DefaultToken: func(key any) OmegaMatcher { return HaveKey(key) },
				"narrow":           func(key any) OmegaMatcher { return Not(HaveKey(key)) },
			} {
				_, body := do(w.plain(token), "GET", w.url+"/v2/droplets", nil)
				droplet := body["droplets"].([]any)[0].(object)
				Expect(droplet).To(HaveKeyWithValue("name", "web-1"))
				for _, key := range gone {
					Expect(droplet).To(matcher(key))
				}
			}
		},
		Entry(nil, "tag:read", "tags"),
		Entry(nil, "vpc:read", "vpc_uuid"),
		Entry(nil, "image:read", "image", "snapshot_ids", "backup_ids"),
		Entry(nil, "block_storage:read", "volume_ids"),
	)

	// A world of one droplet with a volume and snapshots, all tagged, in a network.
	furnished := func() (d *godo.Droplet, v *godo.Volume) {
		GinkgoHelper()
		c := w.client(dosim.DefaultToken)
		v, _, err := c.Storage.CreateVolume(ctx, &godo.VolumeCreateRequest{Name: "data", Region: "nyc3", SizeGigaBytes: 10, Tags: []string{"web"}})
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Storage.CreateSnapshot(ctx, &godo.SnapshotCreateRequest{VolumeID: v.ID, Name: "monday", Tags: []string{"web"}})
		Expect(err).NotTo(HaveOccurred())
		d = w.droplet(c, "web-1", tagged("web"), func(r *godo.DropletCreateRequest) { r.Volumes = []godo.DropletCreateVolume{{ID: v.ID}} })
		_, _, err = c.DropletActions.Snapshot(ctx, d.ID, "before")
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		return w.read(c, d.ID), v
	}

	It("lack scopes: tags of what carries them", func() {
		furnished()
		Expect(w.AddToken(dosim.Token{Value: "narrow", Without: []string{"tag:read"}})).To(Succeed())
		for path, key := range map[string]string{"/v2/volumes": "volumes.0", "/v2/snapshots": "snapshots.0", "/v2/snapshots?resource_type=volume": "snapshots.0"} {
			_, all := do(w.plain(dosim.DefaultToken), "GET", w.url+path, nil)
			Expect(lookUp(all, key)).To(HaveKey("tags"), path)
			_, less := do(w.plain("narrow"), "GET", w.url+path, nil)
			Expect(lookUp(less, key)).To(And(HaveKey("name"), Not(HaveKey("tags"))), path)
		}
	})

	It("lack scopes: what is tagged, is of a network, or goes with a droplet", func() {
		d, _ := furnished()
		vpc := "/v2/vpcs/" + d.VPCUUID + "/members"
		goes := fmt.Sprintf("/v2/droplets/%d/destroy_with_associated_resources", d.ID)
		for _, seen := range []struct{ scope, path, at string }{
			{"droplet:read", "/v2/tags/web", "tag.resources.droplets.count"},
			{"block_storage:read", "/v2/tags/web", "tag.resources.volumes.count"},
			{"block_storage_snapshot:read", "/v2/tags/web", "tag.resources.volume_snapshots.count"},
			{"droplet:read", vpc, "meta.total"},
			{"image:read", goes, "snapshots.#"},
			{"block_storage:read", goes, "volumes.#"},
			{"block_storage_snapshot:read", goes, "volume_snapshots.#"},
		} {
			Expect(w.AddToken(dosim.Token{Value: "narrow", Without: []string{seen.scope}})).To(Succeed())
			for token, want := range map[string]int{dosim.DefaultToken: 1, "narrow": 0} {
				_, answer := do(w.plain(token), "GET", w.url+seen.path, nil)
				list, counts := strings.CutSuffix(seen.at, ".#")
				if got := lookUp(answer, list); counts {
					Expect(got).To(HaveLen(want), "%s of %s for %s", seen.at, seen.path, token)
				} else {
					Expect(got).To(BeEquivalentTo(want), "%s of %s for %s", seen.at, seen.path, token)
				}
			}
		}
	})

	It("lack scopes: what a request asks for besides", func() {
		d, v := furnished()
		at := fmt.Sprintf("/v2/droplets/%d", d.ID)
		tagging := object{"resources": []object{{"resource_id": strconv.Itoa(d.ID), "resource_type": "droplet"}}}
		create := func(more object) object {
			body := object{"name": "more", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64"}
			maps.Copy(body, more)
			return body
		}
		for _, r := range []struct {
			scope, method, path string
			body                any
		}{
			{"tag:read", "GET", "/v2/droplets?tag_name=web", nil},
			{"tag:read", "DELETE", "/v2/droplets?tag_name=web", nil},
			{"droplet:update", "POST", "/v2/tags/web/resources", tagging},
			{"droplet:update", "DELETE", "/v2/tags/web/resources", tagging},
			{"image:create", "POST", at + "/actions", object{"type": "snapshot"}},
			{"droplet:create", "POST", at + "/actions", object{"type": "resize", "size": "s-2vcpu-4gb"}},
			{"droplet:admin", "POST", at + "/actions", object{"type": "rebuild", "image": "debian-12-x64"}},
			{"droplet:admin", "POST", at + "/actions", object{"type": "restore", "image": "debian-12-x64"}},
			{"droplet:admin", "POST", at + "/actions", object{"type": "password_reset"}},
			{"image:read", "POST", "/v2/droplets", create(nil)},
			{"tag:create", "POST", "/v2/droplets", create(object{"tags": []string{"new"}})},
			{"vpc:read", "POST", "/v2/droplets", create(object{"vpc_uuid": d.VPCUUID})},
			{"ssh_key:read", "POST", "/v2/droplets", create(object{"ssh_keys": []int{1}})},
			{"block_storage:read", "POST", "/v2/droplets", create(object{"volumes": []string{v.ID}})},
		} {
			Expect(w.AddToken(dosim.Token{Value: "narrow", Without: []string{r.scope}})).To(Succeed())
			status, answer := do(w.plain("narrow"), r.method, w.url+r.path, r.body)
			Expect(status).To(Equal(http.StatusForbidden), "%s %s without %s", r.method, r.path, r.scope)
			Expect(answer["message"]).To(ContainSubstring(r.scope))
		}
	})

	It("are refused with a scope that nothing asks for", func() {
		Expect(w.AddToken(dosim.Token{Value: "x", Without: []string{"volume:read"}})).To(MatchError(ContainSubstring(`unknown scope "volume:read"`)))
		Expect(w.AddToken(dosim.Token{})).To(MatchError(ContainSubstring("must not be empty")))
	})
})

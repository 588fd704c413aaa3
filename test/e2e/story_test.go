package e2e_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/hack/stack"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// What is changed in the stories' account, see internal/terraform/testdata.
const (
	storyDroplet  = "3164464" // module.web[0].digitalocean_droplet.this
	storyFirewall = "f1d2a9d1-8d15-4c54-a2df-72dd3388eb37"
	storyRecord   = "adopted.example/3164458"
	storyVolume   = "1085706a-8558-4624-9d4f-b3ad528324cc"
	storyVPC      = "d2c82fe0-18bc-45c8-9f37-f871efcc3253"
)

// story is an account, its operator, and a folder of manifests.
type story struct {
	*scene
	cloud  *dosim.Server
	folder string
}

func testdata(name string) string {
	GinkgoHelper()
	root, err := stack.Root()
	Expect(err).NotTo(HaveOccurred())
	return filepath.Join(root, "internal", "terraform", "testdata", name)
}

// newStory is in the account that Terraform left when its states were recorded. One is over
// before the next begins.
func newStory(ctx context.Context, seed func(*dosim.Server)) *story {
	GinkgoHelper()
	buildPlugin(ctx)
	s := &story{cloud: dosim.New(dosim.WithActionDuration(0), dosim.WithRateLimit(0, 0)), folder: filepath.Join(GinkgoT().TempDir(), "infra")}
	Expect(s.cloud.LoadFile(testdata("account.json"))).To(Succeed())
	seed(s.cloud)
	_, err := s.cloud.Start()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(s.cloud.Close)
	start(ctx, operator(ctx, "--allowed-endpoint", s.cloud.URL()))
	s.scene = newSceneIn(ctx, s.cloud)
	s.awaitReady(ctx)
	s.sync(ctx)
	return s
}

func (s *story) change(method, path string, body any) {
	GinkgoHelper()
	_, err := s.cloud.Change(method, path, body)
	Expect(err).NotTo(HaveOccurred())
}

type object = map[string]any

// changeFive changes five things behind everybody's back, and returns what a check says.
func (s *story) changeFive() (drifts []string) {
	GinkgoHelper()
	for _, action := range []object{{"type": "power_off"}, {"type": "resize", "size": "s-2vcpu-2gb"}, {"type": "power_on"}} {
		s.change("POST", "/v2/droplets/"+storyDroplet+"/actions", action)
	}
	s.change("POST", "/v2/firewalls/"+storyFirewall+"/rules", object{"inbound_rules": []object{
		{"protocol": "tcp", "ports": "5432", "sources": object{"addresses": []string{"0.0.0.0/0"}}}}})
	s.setTTL(600)
	s.tagVolume("DELETE")
	s.change("PATCH", "/v2/vpcs/"+storyVPC, object{"description": "Another"})
	return []string{
		"Droplet " + storyDroplet + " size_slug", "Firewall " + storyFirewall + ` inbound_rules["tcp/5432"]`,
		"DomainRecord " + storyRecord + " ttl", "Volume " + storyVolume + " tags", "VPC " + storyVPC + " description",
	}
}

func (s *story) setTTL(seconds int) {
	GinkgoHelper()
	domain, id, _ := strings.Cut(storyRecord, "/")
	s.change("PATCH", "/v2/domains/"+domain+"/records/"+id, object{"type": "A", "ttl": seconds})
}

func (s *story) tagVolume(method string) {
	GinkgoHelper()
	s.change(method, "/v2/tags/db/resources", object{"resources": []object{{"resource_id": storyVolume, "resource_type": "volume"}}})
}

// acceptTwo accepts the size and the rule.
func (s *story) acceptTwo(ctx context.Context) {
	GinkgoHelper()
	size, rule := s.nameOf(ctx, "size_slug"), s.nameOf(ctx, `inbound_rules["tcp/5432"]`)
	r := s.drift(ctx, "", "accept", size, rule, "--yes", "--wait", "--reason", "both were meant")
	Expect(r.code).To(BeZero(), r.err)
}

// settle snoozes one and mends two.
func (s *story) settle(ctx context.Context) {
	GinkgoHelper()
	s.as(ctx, "dana", "annotate", "clouddrift", s.nameOf(ctx, "description"),
		"drift.arcadia.cloud/snooze-until="+time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339), "drift.arcadia.cloud/snooze-reason=next week")
	Eventually(ctx, func() string {
		return s.get(ctx, "clouddrift/"+s.nameOf(ctx, "description"), ".status.snooze.until")
	}).ShouldNot(BeEmpty())
	s.setTTL(300)
	s.tagVolume("POST")
}

// expectCalm is what the end of each story is.
func (s *story) expectCalm(ctx context.Context) {
	GinkgoHelper()
	Expect(s.differing(ctx, 0)).To(BeEmpty())
}

// throughGit tells the story of a folder of manifests that is applied. bring has it say what
// was accepted.
func (s *story) throughGit(ctx context.Context, bring func(context.Context, *story)) {
	GinkgoHelper()
	apply := func() { s.as(ctx, "dana", "apply", "-k", s.folder) }
	By("somebody looks after the manifests, and applies them")
	rewrite(s.folder, `id: "`+storyDroplet+`"`, "    size_slug: s-1vcpu-1gb\n", "    # enough for last summer\n    size_slug:   's-1vcpu-1gb'  # see the plan\n")
	rewrite(s.folder, "id: "+storyFirewall, "    inbound_rules:\n", "    inbound_rules: # as agreed\n\n      # the web\n")
	apply()
	Expect(s.differing(ctx, 0)).To(BeEmpty())
	Expect(s.drifts(ctx)).To(BeEmpty())

	By("five things are changed in the account")
	five := s.changeFive()
	Expect(s.differing(ctx, 2)).To(ConsistOf(five))

	By("two are accepted, and outlast what the folder says")
	s.acceptTwo(ctx)
	apply()
	Expect(s.differing(ctx, 2)).To(ConsistOf(five[2:]))

	bring(ctx, s)
	apply()
	Eventually(ctx, func() string { return s.drift(ctx, "", "export").err }).Should(ContainSubstring("The manifests say all that was accepted"))

	By("one is snoozed, and two are mended in the account")
	s.settle(ctx)
	s.expectCalm(ctx)
}

// inManifests edits the manifests, and nothing else of them.
func inManifests(ctx context.Context, s *story) {
	GinkgoHelper()
	By("they are exported into the folder, where nothing else changes")
	before := texts(s.folder)
	r := s.drift(ctx, "", "export", "--write", s.folder, "--yes")
	Expect(r.code).To(BeZero(), r.err)
	droplet, firewall := s.declarationOf(ctx, storyDroplet), s.declarationOf(ctx, storyFirewall)
	Expect(changedLines(before, texts(s.folder))).To(ConsistOf(
		"-"+droplet+".yaml:     size_slug:   's-1vcpu-1gb'  # see the plan",
		"+"+droplet+".yaml:     size_slug:   's-2vcpu-2gb'  # see the plan",
		"+"+firewall+`.yaml:       - ports: "5432"`,
		"+"+firewall+".yaml:         protocol: tcp",
		"+"+firewall+".yaml:         sources:",
		"+"+firewall+".yaml:           addresses: [0.0.0.0/0]",
	))
}

// inPatches has the kustomization patch the manifests.
func inPatches(ctx context.Context, s *story) {
	GinkgoHelper()
	By("they are exported as patches")
	r := s.drift(ctx, "", "export", "-o", "kustomize")
	Expect(r.code).To(BeZero(), r.err)
	file := filepath.Join(s.folder, "kustomization.yaml")
	text, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(file, append(text, r.out...), 0o600)).To(Succeed())
}

// declarationOf is the name of the declaration of a resource.
func (s *story) declarationOf(ctx context.Context, id string) string {
	GinkgoHelper()
	return s.kubectl(ctx, "get", "cprov", "--field-selector", "status.resourceID="+id, "-o", "jsonpath={.items[*].metadata.name}")
}

// keepState keeps a state as Terraform's kubernetes backend does.
func (s *story) keepState(ctx context.Context, state object) {
	GinkgoHelper()
	text, err := json.Marshal(state)
	Expect(err).NotTo(HaveOccurred())
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err = w.Write(text)
	Expect(err).NotTo(HaveOccurred())
	Expect(w.Close()).To(Succeed())
	s.apply(ctx, fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: tfstate-default-infra, labels: {tfstate: "true"}}
data: {tfstate: %s}`, base64.StdEncoding.EncodeToString(b.Bytes())))
}

// instance is one of a state's resources.
func instance(state object, resourceType, name string, n int) object {
	GinkgoHelper()
	for _, each := range state["resources"].([]any) {
		each := each.(object)
		if each["type"] == resourceType && each["name"] == name && each["mode"] == "managed" {
			return each["instances"].([]any)[n].(object)["attributes"].(object)
		}
	}
	Fail("the state has no " + resourceType + "." + name)
	return nil
}

var _ = Describe("Somebody who declares what exists", func() {
	It("adopts an account into a folder, applies it, and lives with it", func(ctx SpecContext) {
		s := newStory(ctx, func(cloud *dosim.Server) {
			for _, kind := range kinds.All() {
				Expect(cloud.Seed(kind.Name, 2)).To(Succeed())
			}
		})
		r := s.drift(ctx, "", "adopt", "--all", "--to", s.folder)
		Expect(r.code).To(BeZero(), r.err)
		AddReportEntry("adopt", r.err)
		Expect(len(texts(s.folder)) - 1).To(BeNumerically(">=", 60))
		for _, kind := range kinds.All() {
			Expect(r.out).To(ContainSubstring("/" + strings.ToLower(kind.Name) + "-"))
		}
		s.as(ctx, "dana", "apply", "-k", s.folder)
		Expect(s.differing(ctx, 0)).To(BeEmpty())
		Expect(s.get(ctx, "cloudaccount/production", ".status.coverage")).To(HaveSuffix("(100%)"))
		Expect(s.get(ctx, "cloudaccount/production", ".status.unmanaged")).To(Equal("0"))

		before := texts(s.folder)
		r = s.drift(ctx, "", "adopt", "--all", "--to", s.folder)
		Expect(r.code).To(BeZero(), r.err)
		Expect(r.err).To(HavePrefix("0 declarations"))
		r = s.drift(ctx, "", "adopt", "--all", "--declared", "--to", s.folder)
		Expect(r.code).To(BeZero(), r.err)
		Expect(texts(s.folder)).To(Equal(before))

		By("whatever is at its default is declared too")
		r = s.drift(ctx, "", "adopt", "--all", "--declared", "--defaults")
		Expect(r.code).To(BeZero(), r.err)
		file := filepath.Join(scratch, "defaults.yaml")
		Expect(os.WriteFile(file, []byte(r.out), 0o600)).To(Succeed())
		s.as(ctx, "dana", "apply", "-f", file)
		Expect(s.differing(ctx, 0)).To(BeEmpty())
		s.throughGit(ctx, inManifests)
	})

	It("does the same with what Terraform has, by its state", func(ctx SpecContext) {
		s := newStory(ctx, func(*dosim.Server) {})
		r := s.drift(ctx, "", "adopt", "--terraform-state", testdata("state.json"), "--to", s.folder)
		Expect(r.code).To(Equal(3), "three resources are of no kind that can be declared")
		Expect(strings.Count(r.err, "not declared: ")).To(Equal(3), r.err)
		s.throughGit(ctx, inPatches)
	})

	It("does the same with a state in a Secret, which declares by itself", func(ctx SpecContext) {
		s := newStory(ctx, func(*dosim.Server) {})
		data, err := os.ReadFile(testdata("state.json"))
		Expect(err).NotTo(HaveOccurred())
		state := object{}
		Expect(json.Unmarshal(data, &state)).To(Succeed())
		s.keepState(ctx, state)
		s.apply(ctx, `
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudProvisionedSet
metadata: {name: infra}
spec: {accountRef: {name: production}, terraform: {secretRef: {name: tfstate-default-infra}}}`)
		s.kubectl(ctx, "wait", "cset/infra", "--for=jsonpath={.status.declared}=27", "--timeout=60s")
		Expect(s.differing(ctx, 0)).To(BeEmpty())

		By("five things are changed in the account, and two are accepted")
		five := s.changeFive()
		Expect(s.differing(ctx, 2)).To(ConsistOf(five))
		s.acceptTwo(ctx)
		Expect(s.differing(ctx, 2)).To(ConsistOf(five[2:]))

		By("what to change in Terraform is shown, and changed")
		r := s.drift(ctx, "", "export", "-o", "hcl")
		Expect(r.code).To(BeZero(), r.err)
		Expect(r.out).To(ContainSubstring("# module.web[0].digitalocean_droplet.this\nsize = \"s-2vcpu-2gb\"   # was \"s-1vcpu-1gb\"\n"))
		Expect(r.out).To(ContainSubstring("# digitalocean_firewall.web\ninbound_rule {   # one more: tcp/5432\n  port_range = \"5432\"\n  protocol = \"tcp\"\n  source_addresses = [\"0.0.0.0/0\"]\n}\n"))
		Expect(instance(state, "digitalocean_droplet", "this", 0)).To(HaveKey("size"))
		for _, each := range state["resources"].([]any) {
			for _, of := range each.(object)["instances"].([]any) {
				if attributes := of.(object)["attributes"].(object); attributes["id"] == storyDroplet {
					attributes["size"] = "s-2vcpu-2gb"
				}
			}
		}
		firewall := instance(state, "digitalocean_firewall", "web", 0)
		firewall["inbound_rule"] = append(firewall["inbound_rule"].([]any), object{"protocol": "tcp", "port_range": "5432", "source_addresses": []string{"0.0.0.0/0"}})
		state["serial"] = 99
		s.keepState(ctx, state)
		Eventually(ctx, func() string { return s.drift(ctx, "", "export").err }).Should(ContainSubstring("The manifests say all that was accepted"))

		By("Terraform makes one resource and destroys another")
		vpc := instance(state, "digitalocean_vpc", "main", 0)
		tag := instance(state, "digitalocean_tag", "web", 0)
		Expect(vpc["id"]).To(Equal(storyVPC))
		s.change("POST", "/v2/tags", object{"name": "fresh"})
		tag["id"], tag["name"] = "fresh", "fresh"
		state["serial"] = 100
		s.keepState(ctx, state)
		Eventually(ctx, func() string { return s.declarationOf(ctx, "fresh") }).ShouldNot(BeEmpty())
		Eventually(ctx, func() string { return s.declarationOf(ctx, "web") }).Should(BeEmpty())

		By("one is snoozed, and two are mended in the account")
		s.settle(ctx)
		s.expectCalm(ctx)
	})
})

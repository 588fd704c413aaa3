package api_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"
)

func kubectl(ctx context.Context, args ...string) string {
	GinkgoHelper()
	stdout, _, err := controlPlane.Kubectl(ctx, "", append([]string{"--namespace", namespace}, args...)...)
	Expect(err).NotTo(HaveOccurred())
	return stdout
}

func header(table string) []string {
	line, _, _ := strings.Cut(table, "\n")
	var columns []string
	for column := range strings.SplitSeq(line, "  ") {
		if column = strings.TrimSpace(column); column != "" {
			columns = append(columns, column)
		}
	}
	return columns
}

var _ = Describe("kubectl", func() {
	for _, k := range []struct {
		names        []string
		columns      []string
		wide         []string
		createSample func(context.Context) string
	}{
		{[]string{"cloudaccount", "cloudaccounts", "cacc"},
			[]string{"NAME", "READY", "SYNCED", "LAST SYNC", "COVERAGE", "OPEN", "AGE"},
			[]string{"REASON", "TEAM", "API LEFT", "ENDPOINT"},
			func(ctx context.Context) string { return created(ctx, account).GetName() }},
		{[]string{"cloudresource", "cloudresources", "cres"},
			[]string{"NAME", "KIND", "ID", "LIVE NAME", "REGION", "SIZE", "STATUS", "ABSENT"},
			[]string{"ACCOUNT", "COVERAGE", "OWNER", "CHANGED"},
			func(ctx context.Context) string { return created(ctx, resource).GetName() }},
		{[]string{"cloudprovisioned", "cloudprovisioneds", "cprov"},
			[]string{"NAME", "KIND", "ID", "READY", "IN SYNC", "DRIFTS", "AGE"},
			[]string{"REASON", "IGNORED", "SPEC VERSION", "ACCOUNT"},
			func(ctx context.Context) string { return created(ctx, provisioned).GetName() }},
		{[]string{"cloudprovisionedset", "cloudprovisionedsets", "cset"},
			[]string{"NAME", "ACCOUNT", "READY", "DECLARED", "UNMAPPED", "SERIAL", "AGE"},
			[]string{"REASON"},
			func(ctx context.Context) string { return created(ctx, set).GetName() }},
		{[]string{"clouddrift", "clouddrifts", "cdrift"},
			[]string{"NAME", "RESOURCE", "FIELD", "EXPECTED", "ACTUAL", "STATE", "AGE"},
			[]string{"EPISODE", "BY", "SNOOZED UNTIL", "KIND", "ID"},
			func(ctx context.Context) string { return openDrift(ctx).GetName() }},
	} {
		It("shows "+k.names[0]+" by each of its names, with its columns", func(ctx SpecContext) {
			name := k.createSample(ctx)
			for _, as := range k.names {
				Expect(header(kubectl(ctx, "get", as, name))).To(Equal(k.columns), as)
			}
			Expect(header(kubectl(ctx, "get", k.names[0], name, "-o", "wide"))).To(Equal(append(k.columns, k.wide...)))
			By("and the plain name means this kind alone")
			for line := range strings.Lines(kubectl(ctx, "get", k.names[0], "-o", "name")) {
				Expect(line).To(HavePrefix(k.names[0] + ".drift.arcadia.cloud/"))
			}
		})
	}

	It("says in one line what a drift is", func(ctx SpecContext) {
		d := resolvedDrift(ctx)
		row := strings.Fields(kubectl(ctx, "get", "clouddrift", d.GetName(), "--no-headers", "-o", "wide"))
		// The age between them goes on.
		Expect(row[:6]).To(Equal([]string{d.GetName(), "web-1", "size_slug", "s-2vcpu-4gb", "s-4vcpu-8gb", "Accepted"}))
		Expect(row[7:]).To(Equal([]string{"1", "alice", "Droplet", "3164444"}))
	})

	It("shows all kinds by their category", func(ctx SpecContext) {
		for _, manifest := range []string{account, resource, provisioned, set, drift} {
			created(ctx, manifest)
		}
		kinds := map[string]bool{}
		for line := range strings.Lines(kubectl(ctx, "get", "clouddrift-all", "-o", "name")) {
			kind, _, _ := strings.Cut(line, ".")
			kinds[kind] = true
		}
		Expect(kinds).To(Equal(map[string]bool{
			"cloudaccount": true, "cloudresource": true, "cloudprovisioned": true, "cloudprovisionedset": true, "clouddrift": true,
		}))
	})

	It("annotates a clouddrift by its singular name", func(ctx SpecContext) {
		d := openDrift(ctx)
		kubectl(ctx, "annotate", "clouddrift", d.GetName(), "example.com/a=b")
		Expect(at(live(ctx, d), "metadata", "annotations")).To(HaveKeyWithValue("example.com/a", "b"))
	})

	It("selects by fields", func(ctx SpecContext) {
		isOpen, isResolved := openDrift(ctx).GetName(), resolvedDrift(ctx).GetName()
		for selector, kind := range map[string]string{
			"status.state": "clouddrift", "spec.provisionedRef.name": "clouddrift", "spec.accountRef.name": "clouddrift",
			"spec.resourceRef.name": "clouddrift", "spec.field": "clouddrift",
			"spec.kind": "cloudresource", "spec.id": "cloudresource",
			"spec.resource.kind": "cloudprovisioned", "status.resourceID": "cloudprovisioned",
		} {
			Expect(kubectl(ctx, "get", kind, "--field-selector", selector+"=nothing-has-this", "-o", "name")).To(BeEmpty(), selector)
		}
		selected := kubectl(ctx, "get", "clouddrift", "--field-selector", "status.state=Open", "-o", "name")
		Expect(selected).To(ContainSubstring("/" + isOpen + "\n"))
		Expect(selected).NotTo(ContainSubstring("/" + isResolved + "\n"))
		Expect(kubectl(ctx, "get", "clouddrift", "--field-selector", "status.state!=Open,spec.field=size_slug", "-o", "name")).
			To(ContainSubstring("/" + isResolved + "\n"))
		_, _, err := controlPlane.Kubectl(ctx, "", "get", "clouddrift", "--field-selector", "spec.episode=1")
		Expect(err).To(MatchError(ContainSubstring("field label not supported")))
	})

	It("is told at apply what is wrong, all at once", func(ctx SpecContext) {
		bad := object(account, `{"spec":{"endpoint":"http://api.digitalocean.com","syncSchedule":"@every 1s","timeZone":"Mars/Olympus_Mons"}}`)
		content, err := yaml.Marshal(bad.Object)
		Expect(err).NotTo(HaveOccurred())
		path := filepath.Join(GinkgoT().TempDir(), "account.yaml")
		Expect(os.WriteFile(path, content, 0o600)).To(Succeed())
		for _, how := range [][]string{{"apply"}, {"apply", "--server-side"}, {"create"}} {
			_, stderr, err := controlPlane.Kubectl(ctx, "", append(how, "-f", path)...)
			Expect(err).To(HaveOccurred())
			Expect(stderr).To(And(
				ContainSubstring("must start with https://"),
				ContainSubstring("must be five fields with one space between them"),
				ContainSubstring("must be an IANA time zone name"),
			))
		}
	})

	It("keeps null in desired when it creates or applies from the server side", func(ctx SpecContext) {
		for _, how := range [][]string{{"create"}, {"apply", "--server-side"}} {
			o := object(provisioned, `{"spec":{"desired":{"vpc_uuid":null}}}`)
			content, err := yaml.Marshal(o.Object)
			Expect(err).NotTo(HaveOccurred())
			path := filepath.Join(GinkgoT().TempDir(), "provisioned.yaml")
			Expect(os.WriteFile(path, content, 0o600)).To(Succeed())
			kubectl(ctx, append(how, "-f", path)...)
			Expect(at(live(ctx, o), "spec", "desired")).To(HaveKeyWithValue("vpc_uuid", BeNil()))
		}
	})
})

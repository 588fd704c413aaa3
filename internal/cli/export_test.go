package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// accepted remembers that a value was accepted which the manifest does not say yet.
func accepted(p *driftv1alpha1.CloudProvisioned, path string, from, to any) *driftv1alpha1.CloudProvisioned {
	p.Status.Fields = append(p.Status.Fields, driftv1alpha1.FieldStatus{Path: path, Episode: 1, Acceptance: &driftv1alpha1.Acceptance{
		Drift: p.Name + "-1", From: jsonOf(from), To: jsonOf(to), Git: driftv1alpha1.GitPending, Since: *ago(0)}})
	return p
}

func rule(port string, from ...any) map[string]any {
	return map[string]any{"protocol": "tcp", "ports": port, "sources": map[string]any{"addresses": from}}
}

// asking is a namespace in which values were accepted. Of web-1 the accept wrote the size;
// the tags have been applied again as they were.
func asking(*testing.T) []client.Object {
	web := declared("web-1", "Droplet", "3164444", map[string]any{"region": "nyc3", "size_slug": "s-4vcpu-8gb", "tags": []any{"web", "prod"}})
	accepted(accepted(web, "size_slug", "s-2vcpu-4gb", "s-4vcpu-8gb"), "tags", []any{"web", "prod"}, []any{"web", "load-test"})
	firewall := declared("web-firewall", "Firewall", "158ed8a0-92e0-4647-8959-5a8ea942534e",
		map[string]any{"name": "web", "inbound_rules": []any{rule("443", "0.0.0.0/0"), rule("22", "192.0.2.0/24")}})
	accepted(accepted(firewall, `inbound_rules["tcp/5432"]`, nil, rule("5432", "0.0.0.0/0")), `inbound_rules["tcp/22"]`, rule("22", "192.0.2.0/24"), nil)
	state := declared("vpc-main", "VPC", "d2c82fe0-18bc-45c8-9f37-f871efcc3253", map[string]any{"name": "main", "description": "Main network"})
	state.Annotations = map[string]string{driftv1alpha1.TerraformAddressAnnotation: "digitalocean_vpc.main"}
	accepted(state, "description", "Main network", "Main")
	set := declared("infra-droplet-3164468", "Droplet", "3164468", map[string]any{"size_slug": "s-1vcpu-1gb", "status": "active"})
	set.Annotations = map[string]string{driftv1alpha1.TerraformAddressAnnotation: "digitalocean_droplet.db"}
	set.Labels = map[string]string{driftv1alpha1.SetLabel: "infra"}
	accepted(accepted(set, "size_slug", "s-1vcpu-1gb", "s-2vcpu-2gb"), "status", "active", "off")
	landed := accepted(declared("web-2", "Droplet", "3164446", map[string]any{"size_slug": "s-2vcpu-4gb"}), "size_slug", "s-2vcpu-4gb", "s-4vcpu-8gb")
	landed.Status.Fields[0].Acceptance.Git = driftv1alpha1.GitLanded
	return []client.Object{account(), web, firewall, state, set, landed}
}

func TestExport(t *testing.T) {
	p := newPlugin(t, asking(t)...)
	p.goldens(map[string]string{
		"export":                  "export",
		"export-kind":             "export --kind vpc",
		"export-name":             "export cloudprovisioned/web-firewall",
		"export-nothing":          "export web-2",
		"export-bad-name":         "export web-3",
		"export-bad-output":       "export -o kustomise",
		"export-kustomize":        "export -o kustomize",
		"export-json6902":         "export web-1 -o json6902",
		"export-json6902-several": "export -o json6902",
		"export-hcl":              "export -o hcl",
		"export-dry-run":          "export --dry-run",
	})
}

// byHand are manifests as people lay them out.
const webByHand = `# All that serves the web.
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudProvisioned
metadata: {name: web-1}
spec:
  accountRef: {name: production}
  resource: {kind: Droplet, id: "3164444"}
  desired:
    tags: [web, prod]       # by the firewall

    # The size of last summer.
    size_slug: "s-2vcpu-4gb"   # see the capacity plan
    region: nyc3
---
apiVersion: v1
kind: ConfigMap
metadata: {name:   as-it-is}
---
# Who may come in.
apiVersion: drift.arcadia.cloud/v1alpha1
kind: CloudProvisioned
metadata:
    name: web-firewall
    namespace: infra
spec:
    accountRef: {name: production}
    resource: {kind: Firewall, id: 158ed8a0-92e0-4647-8959-5a8ea942534e}
    desired:
        name: web
        inbound_rules:
        # HTTPS is for all
        - {protocol: tcp, ports: "443", sources: {addresses: [0.0.0.0/0]}}

        # SSH is for the office
        - protocol: tcp
          ports: 22
          sources:
              addresses: [192.0.2.0/24]
        # the end of the rules
`

const vpcByHand = `kind: CloudProvisioned
apiVersion: drift.arcadia.cloud/v1alpha1
metadata:
  name: main # a prefix comes before it
spec:
  accountRef:
    name: production
  resource:
    kind: VPC
    id: D2C82FE0-18BC-45C8-9F37-F871EFCC3253
  desired: {name: main, description: 'Main network'}
`

func TestExportIntoManifests(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(folder, "git", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("web.yaml", webByHand)
	write("base/vpc.yml", vpcByHand)
	write(".cache/web.yaml", webByHand)
	write("values.yaml", "kind: CloudProvisioned\nname: {{ .Values.name }}\n")
	p := newPlugin(t, asking(t)...)
	before := tree(t, folder)
	golden(t, "export-write-dry-run", "export --write git --dry-run", p.runIn(folder, "", "export --write git --dry-run"))
	golden(t, "export-write-pipe", "export web-1 --write git", p.runIn(folder, "", "export web-1 --write git"))
	p.onTerminal(120, "n\n")
	golden(t, "export-write-no", "export web-1 --write git", p.runIn(folder, "", "export web-1 --write git --color=never"))
	if tree(t, folder) != before {
		t.Error("something was written")
	}
	p.terminal = Terminal{}
	golden(t, "export-write", "export --write git --yes", p.runIn(folder, "git", "export --write git --yes"))
	after := tree(t, folder)
	golden(t, "export-write-again", "export --write git --yes", p.runIn(folder, "", "export --write git --yes"))
	if tree(t, folder) != after {
		t.Error("a second time changes something")
	}
}

// What nobody can tell is left to a person.
func TestExportIntoManifestsThatLeaveItOpen(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"export-write-none":    {"other.yaml": strings.ReplaceAll(vpcByHand, "D2C82FE0", "E2C82FE0")},
		"export-write-several": {"a.yaml": vpcByHand, "b.yaml": vpcByHand},
		"export-write-third":   {"a.yaml": strings.Replace(vpcByHand, "Main network", "A third", 1)},
		"export-write-anchor":  {"a.yaml": strings.Replace(vpcByHand, "name: main, description: 'Main network'", "name: &n main, description: &d Main network, other: *d", 1)},
		"export-write-other":   {"staging.yaml": strings.Replace(strings.ReplaceAll(vpcByHand, "D2C82FE0", "E2C82FE0"), "name: main #", "name: vpc-main #", 1)},
		"export-write-overlay": {"base.yaml": strings.Replace(vpcByHand, "Main network", "A third", 1), "overlay/patch.yaml": vpcByHand},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for file, text := range files {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, file)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			golden(t, name, "export vpc-main --write . --yes", newPlugin(t, asking(t)...).runIn(folder, "", "export vpc-main --write . --yes"))
		})
	}
}

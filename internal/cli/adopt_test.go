package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// existing is a namespace with an account of which one droplet is declared.
func existing(t *testing.T, more ...client.Object) []client.Object {
	t.Helper()
	live := func(kind, id, name string, values map[string]any) client.Object {
		r := objectstest.Live(t, kind, id, name, values, nil)
		return &r
	}
	a := account()
	a.Status.Kinds = nil
	for _, kind := range kinds.All() {
		a.Status.Kinds = append(a.Status.Kinds, driftv1alpha1.KindStatus{Kind: kind.Name, ObservedAt: ago(0), Resources: ptr.To(int32(1))})
	}
	droplet := func(id, name, region string, tags ...any) client.Object {
		return live("Droplet", id, name, map[string]any{"region": region, "size_slug": "s-2vcpu-4gb", "status": "active", "tags": tags,
			"vcpus": 2, "memory": 4096, "image": map[string]any{"id": 195932982, "slug": "ubuntu-24-04-x64"}, "vpc_uuid": "760e09ef-dc84-11e8-981e-3cfdfeaae000"})
	}
	gone := objectstest.Live(t, "Droplet", "3164400", "gone", nil, nil)
	gone.Observed.AbsentSince = ago(0)
	withheld := objectstest.Live(t, "Droplet", "3164401", "withheld", map[string]any{"region": "nyc3"}, nil)
	withheld.Observed.WithheldSince = ago(0)
	www := objectstest.Live(t, "DomainRecord", "example.com/3352896", "www", map[string]any{"type": "A", "data": "203.0.113.10", "ttl": 1800}, nil)
	www.Observed.MatchName = "www.example.com"
	ns := objectstest.Live(t, "DomainRecord", "example.com/3352897", "@", map[string]any{"type": "NS", "data": "ns1.digitalocean.com", "ttl": 1800}, nil)
	ns.Observed.MatchName = "example.com"
	return append([]client.Object{
		a, declared("web-1", "Droplet", "3164444", map[string]any{"size_slug": "s-2vcpu-4gb"}),
		droplet("3164444", "web-1", "nyc3", "web", "prod"), droplet("3164446", "web-2", "nyc3", "web", "prod"), droplet("3164448", "web-2", "fra1", "web"),
		droplet("3164450", "pool-x7d2f", "nyc3", "k8s", "k8s:worker"), &gone, &withheld, &www, &ns,
		live("Volume", "506f78a4-e098-11e5-ad9f-000f53306ae1", "data", map[string]any{"size_gigabytes": 100, "region": "nyc3", "tags": []any{"prod"}, "filesystem_type": "ext4"}),
		live("LoadBalancer", "4de7ac8b-495b-4884-9a69-1050c6793cd6", "public", map[string]any{"region": "nyc3", "size_unit": 1, "project_id": "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30",
			"forwarding_rules": []any{map[string]any{"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 8080, "tls_passthrough": false}}}),
		live("Firewall", "158ed8a0-92e0-4647-8959-5a8ea942534e", "web", map[string]any{"tags": []any{"web"},
			"inbound_rules": []any{map[string]any{"protocol": "tcp", "ports": "22", "sources": map[string]any{"addresses": []any{"192.0.2.0/24"}}}}, "outbound_rules": []any{}}),
	}, more...)
}

func TestAdopt(t *testing.T) {
	p := newPlugin(t, existing(t)...)
	p.goldens(map[string]string{
		"adopt":             "adopt Droplet/3164446",
		"adopt-name":        "adopt cloudresource/" + existing(t)[3].GetName(),
		"adopt-all":         "adopt --all",
		"adopt-by-name":     "adopt --by name --kind Droplet,domainrecord",
		"adopt-tag":         "adopt --tag PROD --declared",
		"adopt-project":     "adopt --project 9cc10173-e9ea-4176-9dbc-a4cee4c4ff30 --defaults",
		"adopt-glob":        "adopt --name 'W*' --kind firewall",
		"adopt-owned":       "adopt droplet/3164450",
		"adopt-nothing":     "adopt --tag nobody",
		"adopt-what":        "adopt",
		"adopt-both":        "adopt Droplet/3164446 --all",
		"adopt-bad-name":    "adopt Droplet/1",
		"adopt-bad-account": "adopt --account prodction",
		"adopt-bad-kind":    "adopt --kind Dropplet",
		"adopt-bad-by":      "adopt --all --by nmae",
		"adopt-bad-glob":    "adopt --name '[a'",
		"adopt-elsewhere":   "adopt --all -n elsewhere",
	})
}

// Of a kind that is behind, or that was never listed, something may be missing.
func TestAdoptFromAnInventoryThatIsBehind(t *testing.T) {
	stored := existing(t)
	a := stored[0].(*driftv1alpha1.CloudAccount)
	for i := range a.Status.Kinds {
		switch k := &a.Status.Kinds[i]; k.Kind {
		case "Volume":
			k.Reason, k.Message = driftv1alpha1.ReasonServerError, "listing volumes: 503 Service Unavailable"
		case "VPC":
			k.ObservedAt, k.Reason, k.Message = nil, driftv1alpha1.ReasonFixScopes, "listing VPCs: 403 Forbidden"
		}
	}
	p := newPlugin(t, stored...)
	p.goldens(map[string]string{"adopt-behind": "adopt --kind Volume,VPC"})
}

// tree is what a folder holds.
func tree(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		b.WriteString("==> " + path + "\n" + string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// in runs in a folder.
func in(t *testing.T, folder string, f func()) {
	t.Helper()
	back, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	f()
	t.Chdir(back)
}

// runIn runs a command line in a folder, and adds to the output what is in a folder below it.
func (p *plugin) runIn(folder, show, line string) (r result) {
	p.t.Helper()
	in(p.t, folder, func() {
		r = p.run(fieldsOf(line)...)
		if show != "" {
			r.out += tree(p.t, show)
		}
	})
	return r
}

func TestAdoptIntoAFolder(t *testing.T) {
	folder := t.TempDir()
	p := newPlugin(t, existing(t)...)
	const line = "adopt --all --to infra"
	golden(t, "adopt-to", line, p.runIn(folder, "infra", line))
	before := tree(t, filepath.Join(folder, "infra"))
	golden(t, "adopt-to-again", line, p.runIn(folder, "", line))
	if after := tree(t, filepath.Join(folder, "infra")); after != before {
		t.Error("a second run changes the folder")
	}

	if err := os.Symlink("infra", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	if r := p.runIn(folder, "", "adopt --all --to link"); !strings.Contains(r.err, "0 new in link, 6 there already") {
		t.Errorf("by a link to the folder: %s", r.err)
	}

	// What somebody made of it stays, comments included, and so does what is there beside it.
	in(t, filepath.Join(folder, "infra"), func() {
		editFile(t, "volume-data-506f78a4.yaml", "size_gigabytes: 100", "size_gigabytes: 200 # soon")
		editFile(t, "kustomization.yaml", "resources:\n", "namePrefix: prod-\n# what we have\nresources:\n- account.yaml # by hand\n")
		editFile(t, "kustomization.yaml", "droplet-web-2-3164446.yaml", "web.yaml")
		editFile(t, "kustomization.yaml", "- droplet-web-2-3164448.yaml\n", "")
		if err := errors.Join(os.Rename("droplet-web-2-3164446.yaml", "web.yaml"), os.Remove("droplet-web-2-3164448.yaml"),
			os.WriteFile("firewall-x.yaml", []byte("kind: CloudProvisioned\nspec: {{ .Values }}\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	})
	golden(t, "adopt-to-edited", line, p.runIn(folder, "infra", line))
}

// editFile replaces a text in a file.
func editFile(t *testing.T, file, before, after string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), before) {
		t.Fatalf("%s: %v\n%s", file, err, text)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), before, after, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAdoptATerraformState(t *testing.T) {
	state, err := os.ReadFile("../terraform/testdata/state.json")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := os.ReadFile("../terraform/testdata/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlugin(t, existing(t)...)
	folder := t.TempDir()
	for name, data := range map[string][]byte{"terraform.tfstate": state, "plan.json": plan, "bad.json": []byte("{"), "empty.json": nil} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, line := range map[string]string{
		"adopt-state":         "adopt --terraform-state terraform.tfstate",
		"adopt-state-chosen":  "adopt --terraform-state terraform.tfstate --kind Volume --by name",
		"adopt-plan":          "adopt --terraform-state plan.json --kind Droplet",
		"adopt-state-bad":     "adopt --terraform-state bad.json",
		"adopt-state-empty":   "adopt --terraform-state empty.json",
		"adopt-state-missing": "adopt --terraform-state nowhere.json",
		"adopt-state-named":   "adopt Droplet/1 --terraform-state terraform.tfstate",
	} {
		golden(t, name, line, p.runIn(folder, "", line))
	}
	p.typed = string(state)
	golden(t, "adopt-state-input", "adopt --terraform-state - --kind VPC", p.run("adopt", "--terraform-state", "-", "--kind", "VPC"))
}

// Two accounts of a namespace may have resources of one name.
func TestAdoptSeveralAccounts(t *testing.T) {
	staging := account()
	staging.Name, staging.UID = "staging", "staging"
	staging.Status.Kinds = existing(t)[0].(*driftv1alpha1.CloudAccount).Status.Kinds
	web := objectstest.Live(t, "Droplet", "4164446", "web-2", map[string]any{"region": "nyc3", "size_slug": "s-1vcpu-1gb"}, nil)
	web.Name, web.Spec.AccountRef.Name = "staging-droplet", "staging"
	other := objectstest.Live(t, "Droplet", "4164447", "web-2", map[string]any{"region": "fra1", "size_slug": "s-1vcpu-1gb"}, nil)
	other.Name, other.Spec.AccountRef.Name = "staging-other", "staging"
	p := newPlugin(t, existing(t, staging, &web, &other)...)
	p.goldens(map[string]string{
		"adopt-accounts":       "adopt --kind Droplet --name web-2 --by name",
		"adopt-account":        "adopt --account staging",
		"adopt-state-accounts": "adopt --terraform-state ../terraform/testdata/state.json",
	})
}

func TestAdoptAndExportSayWhatIsMissing(t *testing.T) {
	of := schema.GroupResource{Group: driftv1alpha1.GroupVersion.Group, Resource: "cloudresources"}
	missing := apierrors.NewGenericServerResponse(404, "list", of, "", "404 page not found", 0, true)
	forbidden := apierrors.NewForbidden(of, "", errors.New(`User "alice" cannot list resource "cloudresources" in API group "drift.arcadia.cloud" in the namespace "infra"`))
	for name, err := range map[string]error{"missing": missing, "forbidden": forbidden} {
		p := newPlugin(t)
		p.cluster = memory(interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return err }})
		golden(t, "adopt-"+name, "adopt --all", p.run("adopt", "--all"))
		golden(t, "export-"+name, "export", p.run("export"))
	}
}

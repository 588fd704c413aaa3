package terraform_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

func compressed(t *testing.T, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBadInputSaysWhatToDo(t *testing.T) {
	for _, c := range []struct{ why, input, says string }{
		{"nothing", " \n", "it is empty; give what"},
		{"an older format", `{"version":3,"modules":[]}`, "it has format 3, and only format 4 is known"},
		{"a newer format", `{"version":5,"resources":[]}`, "it has format 5"},
		{"a version that is none", `{"version":"four"}`, `it has format`},
		{"a state that OpenTofu encrypted", `{"serial":1,"lineage":"a","meta":{"key_provider.pbkdf2.mykey":"e30="},"encrypted_data":"c2VjcmV0","encryption_version":"v0"}`,
			"it is encrypted by OpenTofu"},
		{"the kubernetes backend's", compressed(t, `{"version":4}`), "it is compressed with gzip"},
		{"what show prints for people", "# digitalocean_droplet.web:\nresource \"digitalocean_droplet\" \"web\" {", "it is not JSON; give what"},
		{"what kubectl prints of the Secret", "H4sIAAAAAAAA/2yQ", "it is not JSON"},
		{"half a state", `{"version":4,"resources":[`, "it is not JSON from byte"},
		{"two states", `{"version":4}{"version":4}`, "it is not JSON from byte 14 of 26 on"},
		{"other JSON", `{"apiVersion":"v1","kind":"Secret"}`, "it has neither version nor format_version"},
		{"a list", `[{"version":4}]`, "it is not JSON"},
		{"resources that are no list", `{"version":4,"resources":{"password":"hunter2"}}`, "resources has another form than a state has it"},
		{"a newer show", `{"format_version":"2.0","values":{}}`, "it has format_version 2.0, and only 1 is known"},
		{"the providers' schema", `{"format_version":"1.0","provider_schemas":{}}`, "it describes providers"},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, err := terraform.Read([]byte(c.input))
			if err == nil || !strings.HasPrefix(err.Error(), "reading the Terraform state: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %s", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds a value: %v", err)
			}
		})
	}
}

// state4 is a state with these resources.
func state4(t *testing.T, resources ...string) *terraform.State {
	t.Helper()
	state, err := terraform.Read([]byte("\ufeff" + `{"version":4,"serial":7,"lineage":"l","resources":[` + strings.Join(resources, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func of(resourceType, instance string) string {
	return fmt.Sprintf(`{"mode":"managed","type":%q,"name":"x","provider":"provider[\"registry.opentofu.org/digitalocean/digitalocean\"]","instances":[%s]}`, resourceType, instance)
}

func TestOfAState(t *testing.T) {
	const droplet = "digitalocean_droplet"
	for _, c := range []struct {
		why, resource string
		// adopted is what is declared, unmapped and left what is listed.
		adopted        map[string]any
		unmapped, left string
	}{
		{why: "of OpenTofu's registry", resource: of(droplet, `{"attributes":{"id":"1","name":"web","size":"s-1vcpu-1gb"}}`),
			adopted: map[string]any{"name": "web", "size_slug": "s-1vcpu-1gb"}},
		{why: "a value that the configuration calls sensitive", resource: of(droplet, `{"attributes":{"id":"1","name":"web","tags":["hunter2"]},"sensitive_attributes":[[{"type":"get_attr","value":"tags"}]]}`),
			adopted: map[string]any{"name": "web"}, left: "digitalocean_droplet.x tags: is sensitive"},
		{why: "one within a block", resource: of(droplet, `{"attributes":{"id":"1","name":"web","backup_policy":[{"plan":"hunter2","hour":4}]},
			"sensitive_attributes":[[{"type":"get_attr","value":"backup_policy"},{"type":"index","value":{"value":0,"type":"number"}},{"type":"get_attr","value":"plan"}]]}`),
			adopted: map[string]any{"name": "web", "backup_policy": map[string]any{"hour": "4"}}, left: "digitalocean_droplet.x backup_policy.plan: is sensitive"},
		{why: "one within a rule, which is nothing without it", resource: of("digitalocean_firewall", `{"attributes":{"id":"506f78a4-e098-11e5-ad9f-000f53306ae1","name":"web",
			"inbound_rule":[{"protocol":"tcp","port_range":"hunter2"}]},"sensitive_attributes":[[{"type":"get_attr","value":"inbound_rule"},{"type":"index","value":{"value":0,"type":"number"}}]]}`),
			adopted: map[string]any{"name": "web"}, left: "digitalocean_firewall.x inbound_rule: is sensitive"},
		{why: "an attribute of a newer provider", resource: of(droplet, `{"attributes":{"id":"1","name":"web","colour":"red","shape":null,"round":false}}`),
			adopted: map[string]any{"name": "web"}, left: "digitalocean_droplet.x colour: Droplet has no such field (unknown)"},
		{why: "one that is being replaced", resource: of(droplet, `{"deposed":"01234567","attributes":{"id":"1","name":"web"}}`), unmapped: "digitalocean_droplet.x: is being replaced"},
		{why: "one that is to be replaced is there until then", resource: of(droplet, `{"status":"tainted","attributes":{"id":"1","name":"web"}}`), adopted: map[string]any{"name": "web"}},
		{why: "attributes of Terraform 0.11", resource: of(droplet, `{"attributes_flat":{"id":"1"}}`), unmapped: "digitalocean_droplet.x: has no attributes that can be read"},
		{why: "one without an id", resource: of(droplet, `{"attributes":{"name":"web"}}`), unmapped: "digitalocean_droplet.x: has no id yet"},
		{why: "an id of another form", resource: of(droplet, `{"attributes":{"id":"web","name":"web"}}`), unmapped: `digitalocean_droplet.x: "web" is no ID of a Droplet`},
		{why: "a kind that is not known", resource: of("digitalocean_app", `{"attributes":{"id":"1"}}`), unmapped: "digitalocean_app.x: digitalocean_app is of no kind"},
		{why: "a data source", resource: `{"mode":"data","type":"digitalocean_droplet","name":"x","instances":[{"attributes":{"id":"1","name":"web"}}]}`},
		{why: "another provider's", resource: of("random_id", `{"attributes":{"id":"1"}}`)},
		{why: "of floating IPs, as they were called", resource: of("digitalocean_floating_ip", `{"attributes":{"id":"203.0.113.7","region":"nyc3","droplet_id":7}}`),
			adopted: map[string]any{"region": "nyc3", "droplet": "7"}},
		{why: "no rules are rules", resource: of("digitalocean_database_firewall", `{"attributes":{"id":"x","cluster_id":"506f78a4-e098-11e5-ad9f-000f53306ae1","rule":[]}}`),
			adopted: map[string]any{"rules": "[]"}},
		{why: "a certificate that the provider knows by its name", resource: of("digitalocean_cdn", `{"attributes":{"id":"506f78a4-e098-11e5-ad9f-000f53306ae1","origin":"a.example","certificate_id":"name","certificate_name":"name"}}`),
			adopted: map[string]any{"origin": "a.example"}},
		{why: "what only people may switch off, of a cluster's first pool", resource: of("digitalocean_kubernetes_cluster", `{"attributes":{"id":"506f78a4-e098-11e5-ad9f-000f53306ae1","name":"c","node_pool":[{"name":"p"}]}}`),
			adopted: map[string]any{"name": "c"}, unmapped: "digitalocean_kubernetes_cluster.x.node_pool[0]: has no id yet"},
	} {
		t.Run(c.why, func(t *testing.T) {
			state := state4(t, c.resource)
			var adopted map[string]any
			for _, each := range state.Resources {
				kind, _ := kinds.Lookup(each.Kind)
				adopted = kind.Adopted(each.Resource, kinds.Wanted{Asked: each.Asked})
			}
			if diff := cmp.Diff(texts(c.adopted), texts(adopted)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var unmapped, left []string
			for _, each := range state.Unmapped {
				unmapped = append(unmapped, each.Address+": "+each.Reason)
			}
			for _, each := range state.LeftOut {
				text := each.Address + " " + each.Attribute + ": " + each.Reason
				if each.Unknown {
					text += " (unknown)"
				}
				left = append(left, text)
			}
			for _, list := range []struct{ got, want string }{{strings.Join(unmapped, "; "), c.unmapped}, {strings.Join(left, "; "), c.left}} {
				if !strings.HasPrefix(list.got, list.want) || list.want == "" && list.got != "" {
					t.Errorf("listed is %q, want %q", list.got, list.want)
				}
			}
			if text := fmt.Sprintf("%+v", state); strings.Contains(text, "hunter2") {
				t.Errorf("a sensitive value is left: %s", text)
			}
		})
	}
}

// texts are values as texts, but for objects.
func texts(values map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range values {
		if object, isObject := value.(map[string]any); isObject {
			out[name] = texts(object)
		} else {
			out[name] = fmt.Sprint(value)
		}
	}
	return out
}

func TestAddresses(t *testing.T) {
	state, err := terraform.Read([]byte(`{"version":4,"serial":7,"lineage":"l","resources":[
		{"mode":"managed","type":"digitalocean_droplet","name":"a","instances":[{"attributes":{"id":"1"}}]},
		{"mode":"managed","type":"digitalocean_droplet","name":"b","instances":[{"index_key":0,"attributes":{"id":"2"}},{"index_key":1,"attributes":{"id":"3"}}]},
		{"module":"module.m[\"a.b\"].module.n","mode":"managed","type":"digitalocean_droplet","name":"c","instances":[{"index_key":"x \"y\"","attributes":{"id":"4"}}]},
		{"mode":"managed","type":"digitalocean_droplet","name":"again","instances":[{"attributes":{"id":"1"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, each := range state.Resources {
		got = append(got, each.Address)
	}
	want := []string{"digitalocean_droplet.a", "digitalocean_droplet.b[0]", "digitalocean_droplet.b[1]", `module.m["a.b"].module.n.digitalocean_droplet.c["x \"y\""]`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(state.Unmapped) != 1 || state.Unmapped[0].Reason != "is the same resource as digitalocean_droplet.a" {
		t.Errorf("of a resource that is there twice: %v", state.Unmapped)
	}
	if state.Serial != 7 || state.Lineage != "l" {
		t.Errorf("serial %d of lineage %q", state.Serial, state.Lineage)
	}
}

// A plan says what the configuration sets: a module's once for all that is made of it.
func TestOfAPlan(t *testing.T) {
	state, err := terraform.Read([]byte(`{"format_version":"1.2","planned_values":{"root_module":{"child_modules":[{"address":"module.m[\"a[0]\"]","resources":[
		{"address":"module.m[\"a[0]\"].digitalocean_droplet.x[0]","mode":"managed","type":"digitalocean_droplet","name":"x","index":0,
			"values":{"id":"1","name":"web","monitoring":false,"ipv6":true,"vpc_uuid":"v"},"sensitive_values":{"tags":[]}},
		{"address":"module.m[\"a[0]\"].digitalocean_droplet.new","mode":"managed","type":"digitalocean_droplet","name":"new","values":{"name":"new"},"sensitive_values":{}}]}]}},
		"configuration":{"root_module":{"module_calls":{"m":{"module":{"resources":[
			{"address":"digitalocean_droplet.x","mode":"managed","expressions":{"name":{"references":["each.key"]},"monitoring":{"constant_value":false}}}]}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	kind, _ := kinds.Lookup("Droplet")
	if len(state.Resources) != 1 {
		t.Fatalf("%d resources, want 1", len(state.Resources))
	}
	got := texts(kind.Adopted(state.Resources[0].Resource, kinds.Wanted{Asked: state.Resources[0].Asked}))
	if diff := cmp.Diff(map[string]any{"name": "web", "monitoring": "false"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(state.Unmapped) != 1 || !strings.Contains(state.Unmapped[0].Reason, "has no id yet") {
		t.Errorf("of a resource that is yet to be made: %v", state.Unmapped)
	}
}

// Whatever is read, nothing panics, and no error holds more than where it went wrong.
func FuzzRead(f *testing.F) {
	for _, file := range recordings {
		if data, err := os.ReadFile("testdata/" + file); err == nil {
			f.Add(data)
		}
	}
	f.Add([]byte(`{"version":4,"resources":[{"mode":"managed","type":"digitalocean_firewall","instances":[{"attributes":{"id":"506f78a4-e098-11e5-ad9f-000f53306ae1","inbound_rule":{"a":[1]}}}]}]}`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		state, err := terraform.Read(data)
		if err != nil {
			return
		}
		for _, each := range state.Resources {
			kind, _ := kinds.Lookup(each.Kind)
			kind.Adopted(each.Resource, kinds.Wanted{Asked: each.Asked})
			kind.Adopted(each.Resource, kinds.Wanted{Defaults: true})
		}
	})
}

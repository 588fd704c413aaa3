package digitalocean

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

const plantedSecret = "planted-secret"

// plantings are copies of a body with a secret in another place each: as an unknown key of
// every object, as one more element of every list, and as an object in the place of every
// value.
func plantings(value any) []any {
	secret := map[string]any{"password": plantedSecret, "inner": []any{map[string]any{"key": plantedSecret}}}
	out := []any{secret, []any{secret}, []any{[]any{plantedSecret}}}
	switch value := value.(type) {
	case map[string]any:
		whole := map[string]any{"password": plantedSecret, "inner": secret}
		for key, inner := range value {
			whole[key] = inner
			for _, planted := range plantings(inner) {
				with := maps.Clone(value)
				with[key] = planted
				out = append(out, with)
			}
		}
		out = append(out, whole)
	case []any:
		out = append(out, append(slices.Clone(value), secret), append(slices.Clone(value), []any{secret}))
		for i, inner := range value {
			for _, planted := range plantings(inner) {
				with := slices.Clone(value)
				with[i] = planted
				out = append(out, with)
			}
		}
	}
	return out
}

// Whatever comes in whichever place, nothing of it is kept that no table names.
func TestNothingPlantedIsKeptAnywhere(t *testing.T) {
	for kind, k := range registry {
		tried, read := 0, 0
		for _, body := range plantings(testBody(t, fileOf(kind))) {
			whole, isObject := body.(map[string]any)
			if !isObject {
				continue
			}
			tried++
			o, err := cutObject(json.RawMessage(toJSON(t, whole)))
			if err != nil {
				t.Fatal(err)
			}
			res, err := k.read(o, parentOf(k), newValues())
			if err != nil {
				if strings.Contains(err.Error(), plantedSecret) {
					t.Errorf("%s: the error tells it: %v", kind, err)
				}
				continue
			}
			read++
			for _, part := range k.Parts() {
				res.Values[part.Name] = withoutFreeNames(res.Values[part.Name], part.Names())
			}
			if text := toJSON(t, res); strings.Contains(text, plantedSecret) {
				t.Errorf("%s keeps what was planted in %s: %s", kind, toJSON(t, whole), text)
			}
		}
		if tried < 10 || read < tried/2 {
			t.Errorf("%s: %d of %d bodies were read", kind, read, tried)
		}
	}
}

// withoutFreeNames leaves out what lies under names that people choose: what they put there is
// kept.
func withoutFreeNames(value any, names drift.Members) any {
	object, isObject := value.(map[string]any)
	if _, free := names[drift.AnyName]; free {
		return nil
	}
	if !isObject {
		return value
	}
	for name, inner := range object {
		object[name] = withoutFreeNames(inner, names[name].Members)
	}
	return object
}

// A value of another shape than the table's tells nothing. A list of which a part is left
// out would pass for the whole list.
func TestWhatCannotBeReadIsUnseen(t *testing.T) {
	for _, c := range []struct{ kind, body, unseen string }{
		{"Volume", `{"id":"1","name":"x","tags":["a",{"name":"b"}]}`, "tags"},
		{"Volume", `{"id":"1","name":"x","region":{"slug":{"a":1}}}`, "region"},
		{"Droplet", `{"id":1,"name":"x","image":{"id":1,"slug":{"a":1}}}`, "image"},
		{"Droplet", `{"id":1,"name":"x","networks":{"v4":[{"ip_address":["10.0.0.1"]},{"ip_address":{}}]}}`, "networks"},
		{"Firewall", `{"id":"1","name":"x","inbound_rules":[{"protocol":"tcp","sources":{"tags":[{"name":"web"}]}}]}`, "inbound_rules"},
	} {
		body, err := cutObject(json.RawMessage(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := registry[c.kind].read(body, "", newValues())
		if err != nil || !slices.Contains(res.Unseen, c.unseen) {
			t.Errorf("%s: unseen %v, want %s: %v", c.body, res.Unseen, c.unseen, err)
		}
	}
}

const hiddenFirewall = `{"id":"bb4b2611-3d72-467b-8602-280330ecd65c","name":"fw","status":"succeeded","droplet_ids":[],
	"inbound_rules":[{"protocol":"tcp","ports":"5432","sources":{}}],"outbound_rules":[],"created_at":"2026-01-01T00:00:00Z"}`

// firewalls serves one firewall, listed and by its id, and refuses with a status to list the
// kinds of these paths.
func firewalls(t *testing.T, refused map[string]int) *Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch status := refused[r.URL.Path]; {
		case status != 0:
			refuse(w, status, "refused", "not yours")
		case r.URL.Path == "/v2/firewalls":
			_, _ = fmt.Fprint(w, pageOf("firewalls", []string{hiddenFirewall}, "{}", 1))
		case strings.HasPrefix(r.URL.Path, "/v2/firewalls/"):
			_, _ = fmt.Fprintf(w, `{"firewall":%s}`, hiddenFirewall)
		default:
			_, _ = fmt.Fprint(w, `{}`)
		}
	})
}

// The API takes a list of unseen paths as a set, and refuses one that has a path twice.
func TestUnseenPathsComeOnce(t *testing.T) {
	c := firewalls(t, map[string]int{"/v2/tags": 403})
	listed, err := c.List(t.Context(), "Firewall", "")
	wantClass(t, err, "")
	got, err := c.Get(t.Context(), "Firewall", listed.Resources[0].ID)
	wantClass(t, err, "")
	want := []string{"tags", "inbound_rules[*].sources.tags", "outbound_rules[*].destinations.tags"}
	for _, unseen := range [][]string{listed.Resources[0].Unseen, got.Unseen} {
		if !slices.Equal(unseen, want) {
			t.Errorf("unseen %v, want %v", unseen, want)
		}
	}
}

// An endpoint that has no such listing must not make the resource itself read as gone.
func TestAQuestionsOwn404IsNotTheResources(t *testing.T) {
	c := firewalls(t, map[string]int{"/v2/kubernetes/clusters": 404})
	got, err := c.Get(t.Context(), "Firewall", "bb4b2611-3d72-467b-8602-280330ecd65c")
	wantClass(t, err, "")
	if !slices.Contains(got.Unseen, "inbound_rules[*].sources.kubernetes_ids") || slices.Contains(got.Unseen, "droplet_ids") {
		t.Errorf("unseen %v", got.Unseen)
	}
}

package conformance

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

const tiny = `
openapi: 3.0.0
info: {title: tiny, version: "1"}
paths:
  /things/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: page, in: query, schema: {type: integer, minimum: 1}}
      responses:
        "200":
          description: one thing
          content:
            application/json:
              schema:
                type: object
                required: [name]
                properties: {name: {type: string}, size: {type: integer}, parts: {type: array, items: {type: object, properties: {color: {type: string}}}}}
        "404": {description: none, headers: {content-type: {schema: {type: string}}, ratelimit-limit: {schema: {type: integer}}}, content: {application/json: {schema: {type: object, required: [id], properties: {id: {type: string}}}}}}
  /things/all:
    get:
      responses:
        "200": {description: all, content: {application/json: {schema: {type: object}}}}
`

func load(t *testing.T) *Spec {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	return newSpec(doc)
}

// exchange checks one made-up request and answer.
func exchange(t *testing.T, tr *Transport, url string, status int, body string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if status == http.StatusNotFound && !strings.Contains(url, "unlimited") {
		header.Set("Ratelimit-Limit", "5000")
	}
	tr.Base = roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	})
	answer, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(answer.Body); string(got) != body {
		t.Errorf("the body was disturbed: %s", got)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWhatIsWrongIsFound(t *testing.T) {
	for _, c := range []struct {
		name, url, body string
		status          int
		want            string // empty: nothing is wrong
	}{
		{name: "as described", url: "/things/1?page=2", status: 200, body: `{"name":"a"}`},
		{name: "a literal segment beats a parameter", url: "/things/all", status: 200, body: `{}`},
		{name: "a field that must be there is not", url: "/things/1", status: 200, body: `{}`, want: `"name" is missing`},
		{name: "a field of the wrong type", url: "/things/1", status: 200, body: `{"name":1}`, want: "must be a string"},
		{name: "an error body of another shape", url: "/things/1", status: 404, body: `{}`, want: `"id" is missing`},
		{name: "a status nobody described", url: "/things/1", status: 201, body: `{"name":"a"}`, want: "status"},
		{name: "a bad parameter", url: "/things/1?page=0", status: 200, body: `{"name":"a"}`, want: "at least 1"},
		{name: "a refused request is not judged", url: "/things/1?page=0", status: 404, body: `{"id":"x"}`},
		{name: "a header that was promised", url: "/things/1?unlimited", status: 404, body: `{"id":"x"}`, want: "no header ratelimit-limit"},
		{name: "a path nobody described", url: "/nothing", status: 200, body: `{}`, want: "no such operation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := &Transport{Spec: load(t)}
			exchange(t, tr, "http://api"+c.url, c.status, c.body)
			found := tr.Violations()
			if c.want == "" && len(found) != 0 || c.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), c.want)) {
				t.Errorf("want %q, found %v", c.want, found)
			}
		})
	}
}

func TestMissingFieldsAreThoseThatNoAnswerHad(t *testing.T) {
	tr := &Transport{Spec: load(t)}
	exchange(t, tr, "http://api/things/1", 200, `{"name":"a","parts":[]}`)
	if diff := cmp.Diff([]string{"GET /things/{id}: size"}, tr.MissingFields()); diff != "" {
		t.Errorf("parts is empty, so nothing is known of its items: %s", diff)
	}
	exchange(t, tr, "http://api/things/1", 200, `{"name":"a","size":1,"parts":[{}]}`)
	if diff := cmp.Diff([]string{"GET /things/{id}: parts.color"}, tr.MissingFields()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"GET /things/{id}": 2}, tr.Operations()); diff != "" {
		t.Error(diff)
	}
}

func TestAnotherDescriptionIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tiny.yaml")
	if err := os.WriteFile(file, []byte(tiny), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil {
		t.Error("the corrections have nothing to correct in it, and nobody says so")
	}
}

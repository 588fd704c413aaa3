package digitalocean

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestGetClassesErrors(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		class  Class
		says   string
	}{
		"wrong token":   {status(401, "Unable to authenticate you"), Denied, "reading volume v-1: 401 Unauthorized: Unable to authenticate you (request 4d9d8375"},
		"missing scope": {status(403, "You are not authorized to perform this operation"), Forbidden, "403 Forbidden"},
		"gone":          {status(404, "The resource you were accessing could not be found."), NotFound, "404 Not Found"},
		"refused":       {status(422, "id is invalid"), Invalid, "422"},
		"broken":        {status(502, "bad gateway"), ServerError, "502"},
		// godo decodes the body over the struct that points to the response.
		"a body that would change the status": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(500)
				_, _ = fmt.Fprint(w, `{"response":{"StatusCode":404},"message":"x"}`)
			}, ServerError, "500",
		},
		"a body that would drop the response": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(500)
				_, _ = fmt.Fprint(w, `{"response":null,"message":"x"}`)
			}, ServerError, "500",
		},
		"a database's error": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(400)
				_, _ = fmt.Fprint(w, `{"error":"x","messages":["y"]}`)
			}, Invalid, `{"error":"x"`,
		},
		"an error in an envelope": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(409)
				_, _ = fmt.Fprint(w, `{"error":{"code":9,"message":"it is attached"}}`)
			}, Invalid, "409 Conflict: it is attached",
		},
		"an error page with a terminal's escapes": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(400)
				_, _ = fmt.Fprint(w, "\x1b[2J\r\nboo\u202e"+strings.Repeat("é", 1000))
			}, Invalid, "[2J  boo ééé",
		},
		"the token in the message": {
			func(w http.ResponseWriter, r *http.Request) {
				refuse(w, 400, "bad_request", "bad header: "+r.Header.Get("Authorization"))
			}, Invalid, "[token]",
		},
		"another resource": {body(`{"volume":{"id":"v-2","name":"other"}}`), Malformed, "the answer is about v-2"},
		"no resource":      {body(`{"droplet":{}}`), Malformed, `no "volume"`},
		"null":             {body(`{"volume":null}`), Malformed, `no "volume"`},
		"an id of no use":  {body(`{"volume":{"id":{},"name":"x"}}`), Malformed, "without a usable id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, tt.answer).Get(t.Context(), "Volume", "v-1")
			wantClass(t, err, tt.class)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%v does not say %q", err, tt.says)
			}
			if strings.ContainsAny(err.Error(), "\x1b\r\n\u202e") || len([]rune(err.Error())) > 450 {
				t.Errorf("not fit for a terminal: %q", err)
			}
		})
	}
}

func status(code int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refuse(w, code, "some_id", message) }
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, text) }
}

func TestGetUnreachable(t *testing.T) {
	tests := map[string]string{
		"nobody listens":  "http://127.0.0.1:1",
		"no such name":    "https://no-such-host.invalid",
		"plain, not TLS":  "",
		"a strange path":  "http://127.0.0.1:1/with/a/path",
		"without a slash": "http://localhost:1",
	}
	for name, endpoint := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(http.ResponseWriter, *http.Request) {})
			if endpoint == "" {
				endpoint = strings.Replace(c.godo.BaseURL.String(), "http:", "https:", 1)
			}
			_, err := clientOf(t, NewPool(quick, WithTimeout(10*time.Second)), endpoint).Get(t.Context(), "Volume", "v-1")
			wantClass(t, err, Unreachable)
			if strings.Contains(err.Error(), "/v2/") {
				t.Errorf("the error holds a URL: %v", err)
			}
		})
	}
}

func TestGetPaths(t *testing.T) {
	tests := map[string]struct {
		kind, id, path string
		class          Class
	}{
		"a droplet":              {kind: "Droplet", id: "3164444", path: "/v2/droplets/3164444", class: NotFound},
		"a record":               {kind: "DomainRecord", id: "example.com/7", path: "/v2/domains/example.com/records/7", class: NotFound},
		"a tag with a colon":     {kind: "Tag", id: "env:prod", path: "/v2/tags/env:prod", class: NotFound},
		"an id with a slash":     {kind: "Volume", id: "a/b?c#d", path: "/v2/volumes/a%2Fb%3Fc%23d", class: NotFound},
		"an id that climbs":      {kind: "Volume", id: "..", class: Invalid},
		"an id that stays":       {kind: "Volume", id: ".", class: Invalid},
		"a domain that climbs":   {kind: "DomainRecord", id: "../7", class: Invalid},
		"a record's own climbs":  {kind: "DomainRecord", id: "example.com/..", class: Invalid},
		"no id":                  {kind: "Volume", id: "", class: Invalid},
		"a record, no domain":    {kind: "DomainRecord", id: "7", class: Invalid},
		"a record, empty domain": {kind: "DomainRecord", id: "/7", class: Invalid},
		"an endless id":          {kind: "Volume", id: strings.Repeat("x", 600), class: Invalid},
		"an unknown kind":        {kind: "Dropplet", id: "1", class: Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			asked := ""
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.EscapedPath()
				refuse(w, 404, "not_found", "gone")
			})
			_, err := c.Get(t.Context(), tt.kind, tt.id)
			wantClass(t, err, tt.class)
			if asked != tt.path {
				t.Errorf("asked for %q, want %q", asked, tt.path)
			}
		})
	}
}

func TestGetKeepsTheEndpointsPath(t *testing.T) {
	for _, suffix := range []string{"/proxy/do", "/proxy/do/"} {
		asked := ""
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.Path
			refuse(w, 404, "not_found", "gone")
		})
		base := strings.TrimSuffix(c.godo.BaseURL.String(), "/")
		_, err := clientOf(t, NewPool(quick), base+suffix).Get(t.Context(), "Volume", "v-1")
		wantClass(t, err, NotFound)
		if asked != "/proxy/do/v2/volumes/v-1" {
			t.Errorf("asked for %q", asked)
		}
	}
}

func TestGetTagSpeltOtherwise(t *testing.T) {
	c := serve(t, body(`{"tag":{"name":"Prod","resources":{"count":1}}}`))
	got, err := c.Get(t.Context(), "Tag", "PROD")
	wantClass(t, err, "")
	if got.ID != "Prod" {
		t.Errorf("id %q, want the first spelling", got.ID)
	}
}

func TestGetRefusesAnEndlessAnswer(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<20)
		for range ordinaryBody>>20 + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	_, err := c.Get(t.Context(), "Volume", "v-1")
	wantClass(t, err, Malformed)
	if !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Error(err)
	}
}

func TestClientRefuses(t *testing.T) {
	tests := map[string]struct {
		endpoint, token string
		class           Class
	}{
		"no token":             {"https://api.digitalocean.com", "", Denied},
		"a blank token":        {"https://api.digitalocean.com", " \n", Denied},
		"two lines":            {"https://api.digitalocean.com", "a\nHost: b", Denied},
		"no endpoint":          {"", testToken, Invalid},
		"not a URL":            {"http://[::1", testToken, Invalid},
		"userinfo":             {"https://user:hunter2@api.digitalocean.com", testToken, Invalid},
		"a query":              {"https://api.digitalocean.com?x=1", testToken, Invalid},
		"a file":               {"file:///etc/passwd", testToken, Invalid},
		"another scheme":       {"ftp://api.digitalocean.com", testToken, Invalid},
		"plain, not loopback":  {"http://api.digitalocean.com", testToken, Invalid},
		"plain, looks so only": {"http://localhost.example.com", testToken, Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := NewPool().Client(tt.endpoint, tt.token)
			wantClass(t, err, tt.class)
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds a password: %v", err)
			}
		})
	}
	for _, endpoint := range []string{"https://api.digitalocean.com", "http://127.0.0.1:8080/", "http://[::1]:8080", "http://localhost"} {
		if _, err := NewPool().Client(endpoint, testToken+"\n"); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestClientPrintsNoToken(t *testing.T) {
	c := clientOf(t, NewPool(), "https://api.digitalocean.com")
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %q %d %x", c, c, c, c, c, c), toJSON(t, c)} {
		if strings.Contains(text, testToken) || strings.Contains(text, fmt.Sprintf("%x", testToken)) {
			t.Errorf("the client prints its token: %s", text)
		}
	}
}

func TestAccount(t *testing.T) {
	user := `"uuid":"user-1","name":"Sammy","status":"active","droplet_limit":25,"email":"sammy@example.com"`
	tests := map[string]struct {
		answer http.HandlerFunc
		want   Account
		class  Class
	}{
		"in a team": {
			answer: body(`{"account":{` + user + `,"team":{"uuid":"team-1","name":"My Team"}}}`),
			want:   Account{TeamUUID: "team-1", TeamName: "My Team", UUID: "user-1", Status: "active", DropletLimit: 25},
		},
		"without a team": {
			answer: body(`{"account":{` + user + `}}`),
			want:   Account{UUID: "user-1", Status: "active", DropletLimit: 25},
		},
		"nobody's":       {answer: body(`{"account":{}}`), class: Malformed},
		"no JSON":        {answer: body(`hello`), class: Malformed},
		"another API":    {answer: status(404, "no such page"), class: Malformed},
		"a wrong token":  {answer: status(401, "no"), class: Denied},
		"a scoped token": {answer: status(403, "no"), class: Forbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := serve(t, tt.answer).Account(t.Context())
			wantClass(t, err, tt.class)
			if got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

package conformance

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Transport is an http.RoundTripper that checks every request and every
// answer. What it finds it collects; the traffic itself is not disturbed.
type Transport struct {
	// Base sends the requests; nil is http.DefaultTransport.
	Base http.RoundTripper
	Spec *Spec

	mu         sync.Mutex
	violations []Violation
	seen       map[string]int
	fields     fieldCoverage
}

// Violation is one request or answer that the description does not allow.
type Violation struct {
	// Operation is "POST /v2/droplets/{droplet_id}/actions".
	Operation string
	// Part is "request" or "answer".
	Part   string
	Status int
	Detail string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (%d): %s", v.Operation, v.Part, v.Status, v.Detail)
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := drain(&r.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	answer, err := base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answerBody, err := drain(&answer.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	t.Check(r, body, answer, answerBody)
	return answer, nil
}

// drain reads a body and puts a fresh one in its place.
func drain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(*body)
	if closeErr := (*body).Close(); err == nil {
		err = closeErr
	}
	*body = io.NopCloser(bytes.NewReader(data))
	return data, err
}

// Check judges one exchange; recorded traffic comes in here.
func (t *Transport) Check(r *http.Request, body []byte, answer *http.Response, answerBody []byte) {
	route, params := t.Spec.find(r.Method, r.URL.Path)
	if route == nil {
		t.note(Violation{Operation: r.Method + " " + r.URL.Path, Part: "request", Status: answer.StatusCode, Detail: "no such operation"})
		return
	}
	operation := r.Method + " " + route.Path
	t.mu.Lock()
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	t.seen[operation]++
	t.fields.visit(operation, route, answer.StatusCode, answerBody)
	t.mu.Unlock()
	request := t.input(r, body, route, params)
	// A refused request may well be one that the description refuses too.
	if answer.StatusCode < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil {
			t.note(Violation{operation, "request", answer.StatusCode, fmt.Sprintf("%v; body %.300s", err, body)})
		}
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: answer.StatusCode, Header: answer.Header, Options: request.Options,
	}
	input.SetBodyBytes(answerBody)
	if err := openapi3filter.ValidateResponse(r.Context(), input); err != nil {
		t.note(Violation{operation, "answer", answer.StatusCode, err.Error()})
	}
	for _, name := range missingHeaders(route, answer) {
		t.note(Violation{operation, "answer", answer.StatusCode, "no header " + name})
	}
}

// missingHeaders are those that the description has for an answer. It requires
// none, and there is no reason for an answer to lack any.
func missingHeaders(route *routers.Route, answer *http.Response) []string {
	response := route.Operation.Responses.Status(answer.StatusCode)
	if response == nil {
		response = route.Operation.Responses.Default()
	}
	if response == nil || response.Value == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(response.Value.Headers)), func(name string) bool {
		return answer.Header.Get(name) != ""
	})
}

func (t *Transport) input(r *http.Request, body []byte, route *routers.Route, params map[string]string) *openapi3filter.RequestValidationInput {
	checked := r.Clone(r.Context())
	checked.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		checked.Body = http.NoBody
	}
	options := &openapi3filter.Options{
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		IncludeResponseStatus: true,
		SkipSettingDefaults:   true,
		// godo repeats read-only fields, such as an id, in some requests.
		ExcludeReadOnlyValidations: true,
		MultiError:                 true,
	}
	options.WithCustomSchemaErrorFunc(short)
	return &openapi3filter.RequestValidationInput{Request: checked, PathParams: params, Route: route, Options: options}
}

// short says where and why; the library's own text quotes schema and value.
func short(err *openapi3.SchemaError) string {
	text := "/" + strings.Join(err.JSONPointer(), "/") + ": " + err.Reason
	if err.Origin != nil {
		text += ": " + err.Origin.Error()
	}
	return text
}

func (t *Transport) note(v Violation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.violations = append(t.violations, v)
}

// Violations are what was found, in the order of the traffic.
func (t *Transport) Violations() []Violation {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.violations)
}

// Operations counts the exchanges that were checked, by operation.
func (t *Transport) Operations() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.seen)
}

// MissingFields are the properties of successful answers that the description
// has and no answer had, as "GET /v2/x: a.b"; those of objects in lists have
// no index. An operation without a successful answer is not judged.
func (t *Transport) MissingFields() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fields.missing()
}

// Documented lists the operations of the description below a path prefix.
func (s *Spec) Documented(prefix string) []string {
	var out []string
	for _, r := range s.routes {
		if r.Path == prefix || strings.HasPrefix(r.Path, prefix+"/") {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	slices.Sort(out)
	return out
}

// Package conformance checks HTTP traffic against DigitalOcean's own OpenAPI
// description: what a client asks, and what dosim answers.
package conformance

import (
	"fmt"
	"os"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// EnvSpec names the file that holds the description. It is DigitalOcean's and
// not part of this repository.
const EnvSpec = "CLOUDDRIFT_OPENAPI"

// Spec is a loaded description.
type Spec struct {
	routes []*routers.Route
}

// Load reads a description from a file, and mends where it is known to be
// behind the API.
func Load(path string) (*Spec, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("loading the OpenAPI description: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("loading the OpenAPI description %s: %w", path, err)
	}
	if err := correct(doc); err != nil {
		return nil, err
	}
	return newSpec(doc), nil
}

func newSpec(doc *openapi3.T) *Spec {
	s := &Spec{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			s.routes = append(s.routes, &routers.Route{
				Spec: doc, Path: path, PathItem: item, Method: method, Operation: op,
			})
		}
	}
	return s
}

// find returns the operation of a request and its path parameters. Of several
// that match, the one with the fewest parameters is meant.
func (s *Spec) find(method, path string) (*routers.Route, map[string]string) {
	var best *routers.Route
	var bestParams map[string]string
	for _, r := range s.routes {
		if r.Method != method {
			continue
		}
		params, ok := matchPath(r.Path, path)
		if ok && (best == nil || len(params) < len(bestParams)) {
			best, bestParams = r, params
		}
	}
	return best, bestParams
}

func matchPath(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range want {
		if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
			params[strings.Trim(segment, "{}")] = got[i]
			continue
		}
		if segment != got[i] {
			return nil, false
		}
	}
	return params, true
}

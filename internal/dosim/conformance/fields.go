package conformance

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// fieldCoverage remembers which documented properties answers have had. The
// description requires few of them, so that an answer can be valid and still
// lack what a client relies on.
type fieldCoverage struct {
	documented, present map[string]bool
}

func (c *fieldCoverage) visit(operation string, route *routers.Route, status int, body []byte) {
	if status >= http.StatusBadRequest || len(body) == 0 {
		return
	}
	response := route.Operation.Responses.Status(status)
	if response == nil || response.Value == nil {
		return
	}
	media := response.Value.Content.Get("application/json")
	var value any
	if media == nil || media.Schema == nil || json.Unmarshal(body, &value) != nil {
		return
	}
	if c.documented == nil {
		c.documented, c.present = map[string]bool{}, map[string]bool{}
	}
	c.walk(operation+": ", media.Schema.Value, value)
}

// walk goes where the answer goes: what is below an absent, null or empty
// value is not judged.
func (c *fieldCoverage) walk(at string, schema *openapi3.Schema, value any) {
	switch value := value.(type) {
	case []any:
		items := itemsOf(schema)
		for _, item := range value {
			if items != nil {
				c.walk(at, items, item)
			}
		}
	case map[string]any:
		for name, property := range propertiesOf(schema) {
			path := at + name
			c.documented[path] = true
			v, ok := value[name]
			if !ok {
				continue
			}
			c.present[path] = true
			c.walk(path+".", property, v)
		}
	}
}

func (c *fieldCoverage) missing() []string {
	gone := maps.Clone(c.documented)
	maps.DeleteFunc(gone, func(path string, _ bool) bool { return c.present[path] })
	return slices.Sorted(maps.Keys(gone))
}

func itemsOf(schema *openapi3.Schema) *openapi3.Schema {
	if schema.Items != nil {
		return schema.Items.Value
	}
	for _, part := range schema.AllOf {
		if items := itemsOf(part.Value); items != nil {
			return items
		}
	}
	return nil
}

// propertiesOf joins what allOf takes apart. Alternatives are not judged: an
// answer need not have the properties of all of them.
func propertiesOf(schema *openapi3.Schema) map[string]*openapi3.Schema {
	out := map[string]*openapi3.Schema{}
	for _, part := range schema.AllOf {
		maps.Copy(out, propertiesOf(part.Value))
	}
	for name, property := range schema.Properties {
		out[name] = property.Value
	}
	return out
}

package kinds

import (
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// bodies are where DigitalOcean's OpenAPI description says what each kind's body is like.
var bodies = map[string]string{
	"CDNEndpoint": "/v2/cdn/endpoints/{cdn_id}", "DatabaseCluster": "/v2/databases/{database_cluster_uuid}",
	"DatabaseFirewall": "/v2/databases/{database_cluster_uuid}/firewall", "Domain": "/v2/domains/{domain_name}",
	"DomainRecord": "/v2/domains/{domain_name}/records/{domain_record_id}", "Droplet": "/v2/droplets/{droplet_id}",
	"Firewall": "/v2/firewalls/{firewall_id}", "KubernetesCluster": "/v2/kubernetes/clusters/{cluster_id}",
	"KubernetesNodePool": "/v2/kubernetes/clusters/{cluster_id}/node_pools/{node_pool_id}", "LoadBalancer": "/v2/load_balancers/{lb_id}",
	"ReservedIP": "/v2/reserved_ips/{reserved_ip}", "Tag": "/v2/tags/{tag_id}", "VPC": "/v2/vpcs/{vpc_id}", "Volume": "/v2/volumes/{volume_id}",
}

// The shapes of the tables are those of DigitalOcean's own description.
func TestShapesAreDigitalOceans(t *testing.T) {
	path := os.Getenv("CLOUDDRIFT_OPENAPI")
	if path == "" {
		t.Skip("CLOUDDRIFT_OPENAPI names no OpenAPI description: nothing was checked")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, kind := range All() {
		item := doc.Paths.Value(bodies[kind.Name])
		if item == nil {
			t.Errorf("the description has no path of a %s", kind.Name)
			continue
		}
		body := item.Get.Responses.Value("200").Value.Content.Get("application/json").Schema
		if inner := property(body, kind.Listing.ItemKey); kind.Listing.ItemKey != "" {
			body = inner
		}
		for _, field := range kind.Fields {
			shape := described(body, field)
			if shape == "" {
				t.Logf("%s.%s is not described", kind.Name, field.Path)
				continue
			}
			checked++
			isNamed := field.Reads != nil && shape == drift.OneObject // it is declared by a name of it, or as it is
			if holds := field.Holds; holds != shape && !isNamed {
				t.Errorf("%s.%s holds %s, and DigitalOcean says %s", kind.Name, field.Path, holds, shape)
			}
		}
	}
	t.Logf("%d fields", checked)
	if checked < 150 {
		t.Errorf("only %d fields are described", checked)
	}
}

// described is the shape of a field as the description has it; "": it has none.
func described(body *openapi3.SchemaRef, field Field) drift.Shape {
	if field.Has != "" {
		return drift.OneBoolean
	}
	segments := strings.Split(field.Path, ".")
	if field.In != "" {
		segments[0] = field.In
	}
	if field.Of != "" {
		segments = append(segments, field.Of)
	}
	for i, segment := range segments {
		inner := property(body, segment)
		if inner == nil && i == len(segments)-1 && field.Of != "" {
			break // some kinds show it as it is
		}
		body = inner
	}
	if body == nil {
		return ""
	}
	body = whole(body)
	if items := body.Value.Items; items != nil {
		return map[drift.Shape]drift.Shape{drift.OneText: drift.Texts, drift.OneNumber: drift.Numbers, drift.OneObject: drift.Objects}[scalarShape(items)]
	}
	return scalarShape(body)
}

func scalarShape(schema *openapi3.SchemaRef) drift.Shape {
	schema = whole(schema)
	types := schema.Value.Type
	switch {
	case types.Is("integer"), types.Is("number"):
		return drift.OneNumber
	case types.Is("boolean"):
		return drift.OneBoolean
	case types.Is("string"):
		return drift.OneText
	case types.Is("object"), len(schema.Value.Properties) > 0:
		return drift.OneObject
	}
	return ""
}

// whole is what a schema that is made of others says of its type.
func whole(schema *openapi3.SchemaRef) *openapi3.SchemaRef {
	for schema.Value.Type == nil && len(schema.Value.Properties) == 0 && len(schema.Value.AllOf)+len(schema.Value.AnyOf) > 0 {
		schema = append(schema.Value.AllOf, schema.Value.AnyOf...)[0]
	}
	return schema
}

// property is a property of an object, in whichever of its parts it is described.
func property(schema *openapi3.SchemaRef, name string) *openapi3.SchemaRef {
	if schema == nil || schema.Value == nil {
		return nil
	}
	if inner := schema.Value.Properties[name]; inner != nil {
		return inner
	}
	for _, parts := range []openapi3.SchemaRefs{schema.Value.AllOf, schema.Value.OneOf, schema.Value.AnyOf} {
		for _, part := range parts {
			if inner := property(part, name); inner != nil {
				return inner
			}
		}
	}
	return nil
}

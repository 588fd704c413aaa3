package objects

import (
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestCloudResourceNames(t *testing.T) {
	name := CloudResourceName("production", resource.Ref{Kind: "DomainRecord", ID: "example.com/3352896"})
	if !strings.HasPrefix(name, "production-domainrecord-example-com-3352896-") {
		t.Errorf("got %s", name)
	}
	if CloudResourceName("p", resource.Ref{Kind: "Tag", ID: "Web"}) != CloudResourceName("p", resource.Ref{Kind: "Tag", ID: "web"}) {
		t.Error("a tag has two names")
	}
	if CloudResourceName("p", resource.Ref{Kind: "Tag", ID: "a:b"}) == CloudResourceName("p", resource.Ref{Kind: "Tag", ID: "a-b"}) {
		t.Error("two tags have one name")
	}
	if long := CloudResourceName(strings.Repeat("a", 63), resource.Ref{Kind: "Tag", ID: strings.Repeat("ä", 255)}); len(long) > 253 {
		t.Errorf("%d characters", len(long))
	}
}

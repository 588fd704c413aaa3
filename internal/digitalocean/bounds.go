package digitalocean

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// What one answer, one resource and one value may be. Nothing of DigitalOcean's comes near;
// what is larger costs memory, or could not be recorded.
const (
	// largestElement and mostValues are of one resource's body.
	largestElement = 256 << 10
	mostValues     = 10_000
	// mostKept is of the bodies of all resources of a listing that are kept.
	mostKept = 256 << 20
	// longestID is of an id, with its parent's.
	longestID = 512
	// longestName is of a name that a reference by name is matched with, in characters.
	longestName = 1024
)

// bounded says in which respect a resource's body is larger than any of DigitalOcean's.
func bounded(element json.RawMessage) error {
	if len(element) > largestElement {
		return fmt.Errorf("one of %d bytes is larger than any", len(element))
	}
	// A value and what parts it from the next take two bytes at least.
	if len(element) > 2*mostValues && resource.Measure(element).Values > mostValues {
		return fmt.Errorf("one of more than %d values is larger than any", mostValues)
	}
	return nil
}

// length is that of a scalar, in characters.
func length(value any) int {
	switch value := value.(type) {
	case string:
		return utf8.RuneCountInString(value)
	case json.Number:
		return len(value)
	default:
		return 0
	}
}

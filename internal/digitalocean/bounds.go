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
	// largestElement and mostValues are of what is read of one resource's body. What nothing
	// reads is only skipped: clusters come with a thousand nodes, or with their users' keys.
	largestElement = 256 << 10
	mostValues     = 10_000
	// mostKept is of the bodies of all resources of a listing that are kept.
	mostKept = 256 << 20
	// longestID is of an id, with its parent's.
	longestID = 512
	// longestName is of a name that a reference by name is matched with, in characters.
	longestName = 1024
)

// bounded says how many bytes are read of a resource's body, and in which respect it is
// larger than any of DigitalOcean's.
func (k *kind) bounded(body object) (size int, err error) {
	for _, f := range k.fields {
		size += len(body[f.key])
	}
	if size > largestElement {
		return size, fmt.Errorf("one of %d bytes is larger than any", size)
	}
	if size <= 2*mostValues { // a value and what parts it from the next take two bytes at least
		return size, nil
	}
	values := 0
	for _, f := range k.fields {
		values += resource.Measure(body[f.key]).Values
	}
	if values > mostValues {
		return size, fmt.Errorf("one of more than %d values is larger than any", mostValues)
	}
	return size, nil
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

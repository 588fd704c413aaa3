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
	// longestName and longestText are of the fields beside attrs, and mostTags of a list
	// there, in characters: the API's own limits.
	longestName = 1024
	longestText = 256
	mostTags    = 1024
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

// recordable says whether the value of a field beside attrs is one that the API holds.
func recordable(path string, value any) bool {
	most := longestText
	if path == "name" {
		most = longestName
	}
	list, isList := value.([]any)
	if !isList {
		return length(value) <= most
	}
	for _, element := range list {
		if length(element) > most {
			return false
		}
	}
	return len(list) <= mostTags
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

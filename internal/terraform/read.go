package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// State is what a state, or a plan, says of DigitalOcean.
type State struct {
	// Serial and Lineage are those of a state; a plan, and what "show" says, have none.
	Serial  int64
	Lineage string
	// Resources are what can be declared, in the order in which the state has them.
	Resources []Resource
	// Unmapped are the resources of DigitalOcean's provider that can't be declared.
	Unmapped []Unmapped
	// LeftOut are the attributes with a value that a declaration can't have.
	LeftOut []LeftOut
	// Foreign is how many resources belong to other providers.
	Foreign int
}

// Resource is a resource as a declaration can have it.
type Resource struct {
	resource.Resource
	// Address is Terraform's, as module.web[0].digitalocean_droplet.this.
	Address string
	// Asked says which fields the configuration sets; nil: nothing says it.
	Asked func(path string) bool
}

// Unmapped is a resource that can't be declared.
type Unmapped struct{ Address, Reason string }

// LeftOut is an attribute that is not declared.
type LeftOut struct {
	Address, Attribute, Reason string
	// Unknown says that nothing is known of the attribute; otherwise it is known why nothing
	// can be compared with it.
	Unknown bool
}

// providerPrefix begins the types of all of DigitalOcean's resources.
const providerPrefix = "digitalocean_"

// instance is one resource as any of the formats has it.
type instance struct {
	address, resourceType string
	attributes            map[string]any
	// sensitive has true where a value is, in objects of names and of lists' indices.
	sensitive any
	// asked are the expressions of the configuration; nil: it is not known.
	asked map[string]any
	// problem is why nothing can be made of it.
	problem string
}

// Read reads a state of format 4, or what "show -json" prints.
func Read(data []byte) (*State, error) {
	state, err := read(data)
	if err != nil {
		return nil, fmt.Errorf("reading the Terraform state: %w", err)
	}
	return state, nil
}

const howTo = `give what "terraform state pull" or "terraform show -json" prints`

func read(data []byte) (*State, error) {
	data = bytes.TrimPrefix(bytes.TrimSpace(data), []byte("\xef\xbb\xbf"))
	switch {
	case len(data) == 0:
		return nil, errors.New("it is empty; " + howTo)
	case IsCompressed(data):
		return nil, errors.New("it is compressed with gzip, as Terraform's kubernetes backend keeps it; decompress it with gunzip, or " + howTo)
	case data[0] != '{':
		return nil, errors.New("it is not JSON; " + howTo)
	}
	var head struct {
		Version       *json.RawMessage `json:"version"`
		FormatVersion *string          `json:"format_version"`
		Encrypted     *json.RawMessage `json:"encrypted_data"`
	}
	if err := unmarshal(data, &head); err != nil {
		return nil, err
	}
	switch {
	case head.Encrypted != nil:
		return nil, errors.New(`it is encrypted by OpenTofu, and can't be read without its key; give what "tofu show -json" prints`)
	case head.FormatVersion != nil:
		return readShown(data, *head.FormatVersion)
	case head.Version == nil:
		return nil, errors.New("it is JSON, but no state: it has neither version nor format_version; " + howTo)
	}
	return readState(data, string(*head.Version))
}

// IsCompressed says whether data begins as gzip does.
func IsCompressed(data []byte) bool { return bytes.HasPrefix(data, []byte{0x1f, 0x8b}) }

// unmarshal says where JSON is wrong, and nothing of what it holds.
func unmarshal(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	if err == nil {
		return nil
	}
	if syntax, is := errors.AsType[*json.SyntaxError](err); is {
		return fmt.Errorf("it is not JSON from byte %d of %d on; %s", syntax.Offset, len(data), howTo)
	}
	if shape, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return fmt.Errorf("%s has another form than a state has it, at byte %d; %s", strings.TrimPrefix(shape.Field, "."), shape.Offset, howTo)
	}
	return errors.New("it is not JSON; " + howTo)
}

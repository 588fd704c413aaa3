package objects

import (
	"encoding/json"
	"fmt"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Decode turns an API object's JSON into a value. The API server took it, so it
// is JSON; an empty one is null.
func Decode(in apiextensionsv1.JSON) (any, error) {
	if len(in.Raw) == 0 {
		return nil, nil
	}
	return resource.Decode(in.Raw)
}

// DecodeMap decodes each value of an API object, see Decode.
func DecodeMap(in map[string]apiextensionsv1.JSON) (map[string]any, error) {
	out := make(map[string]any, len(in))
	for key, raw := range in {
		value, err := Decode(raw)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", key, err)
		}
		out[key] = value
	}
	return out, nil
}

// Encode is the way back from Decode.
func Encode(value any) (apiextensionsv1.JSON, error) {
	if value == nil {
		return apiextensionsv1.JSON{}, nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return apiextensionsv1.JSON{}, fmt.Errorf("encoding a JSON value: %w", err)
	}
	return apiextensionsv1.JSON{Raw: raw}, nil
}

// columns are the fields that an observation holds beside attrs.
var columns = sets.New("name", "region", "size_slug", "status", "tags")

// FieldTable names the fields that this operator reads of a kind.
func FieldTable(kind string) string {
	known, _ := kinds.Lookup(kind)
	return known.FieldTable()
}

// ObservationOf is a resource as a CloudResource holds it.
func ObservationOf(in resource.Resource) (driftv1alpha1.Observation, error) {
	out := driftv1alpha1.Observation{
		Name:       text(in.Fields["name"]),
		Region:     text(in.Fields["region"]),
		SizeSlug:   text(in.Fields["size_slug"]),
		Status:     text(in.Fields["status"]),
		Unseen:     in.Unseen,
		Digest:     DigestOf(in),
		FieldTable: FieldTable(in.Kind),
		ObservedAt: metav1.NewMicroTime(in.ObservedAt),
	}
	if name, _ := in.Fields["name"].(string); name != in.Name {
		out.MatchName = in.Name
	}
	if tags, ok := in.Fields["tags"].([]any); ok {
		out.Tags = make([]string, 0, len(tags))
		for _, tag := range tags {
			out.Tags = append(out.Tags, fmt.Sprint(tag))
		}
	}
	out.Attrs = make(map[string]apiextensionsv1.JSON, len(in.Attrs))
	for _, values := range []map[string]any{in.Fields, in.Attrs} {
		for key, value := range values {
			if columns.Has(key) {
				continue
			}
			encoded, err := Encode(value)
			if err != nil {
				return out, fmt.Errorf("%s %s, field %q: %w", in.Kind, in.ID, key, err)
			}
			out.Attrs[key] = encoded
		}
	}
	return out, nil
}

// DigestOf is the same for two observations that show the same, in whatever order
// DigitalOcean lists a resource's tags or rules. It only says whether one resource
// changed, and half of the hash is enough for that.
func DigestOf(in resource.Resource) string {
	unseen := make([]any, 0, len(in.Unseen))
	for _, path := range in.Unseen {
		unseen = append(unseen, path)
	}
	return resource.HashUnordered(in.Name, in.Fields, in.Attrs, unseen)[:32]
}

// ResourceOf is the way back. What is observed must not change while it is in use.
func ResourceOf(in *driftv1alpha1.CloudResource) resource.Resource {
	fields := make(map[string]any, 5)
	put := func(key string, value *string) {
		fields[key] = nil // the table that it was read with has these: none is an answer
		if value != nil {
			fields[key] = *value
		}
	}
	put("name", in.Observed.Name)
	put("region", in.Observed.Region)
	put("size_slug", in.Observed.SizeSlug)
	put("status", in.Observed.Status)
	fields["tags"] = nil
	if in.Observed.Tags != nil {
		tags := make([]any, 0, len(in.Observed.Tags))
		for _, tag := range in.Observed.Tags {
			tags = append(tags, tag)
		}
		fields["tags"] = tags
	}
	return resource.Resource{
		Ref:    resource.Ref{Kind: in.Spec.Kind, ID: in.Spec.ID},
		Name:   LiveName(in),
		Fields: fields,
		Stored: func(name string) (any, bool, error) {
			raw, ok := in.Observed.Attrs[name]
			if !ok {
				return nil, false, nil
			}
			value, err := Decode(raw)
			return value, true, err
		},
		Unseen:     in.Observed.Unseen,
		ObservedAt: in.Observed.ObservedAt.Time,
	}
}

// LiveName is what a reference by name is matched with.
func LiveName(in *driftv1alpha1.CloudResource) string {
	if in.Observed.MatchName != "" {
		return in.Observed.MatchName
	}
	if in.Observed.Name != nil {
		return *in.Observed.Name
	}
	return ""
}

func text(value any) *string {
	if value == nil {
		return nil
	}
	s := fmt.Sprint(value)
	return &s
}

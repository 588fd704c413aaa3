package objects

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
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

// columns are the fields that an observation holds beside attrs. This file alone knows
// which field goes where.
var columns = sets.New("name", "region", "size_slug", "status", "tags")

// The API's own limits for the columns, in characters, and elements of tags.
const (
	longestName   = 1024
	longestColumn = 256
	mostTags      = 1024
)

// FieldTable names the fields that this operator reads of a kind.
func FieldTable(kind string) string {
	known, _ := kinds.Lookup(kind)
	return known.FieldTable()
}

// ObservationOf is a resource as a CloudResource holds it. A column that the API would
// refuse is unseen: it would keep its whole kind from being known.
func ObservationOf(in resource.Resource) (driftv1alpha1.Observation, error) {
	out := driftv1alpha1.Observation{
		Unseen:     in.Unseen,
		Digest:     DigestOf(in),
		FieldTable: FieldTable(in.Kind),
		ObservedAt: metav1.NewMicroTime(in.ObservedAt),
		Attrs:      make(map[string]apiextensionsv1.JSON, len(in.Values)),
	}
	for key, value := range in.Values {
		if columns.Has(key) {
			if !setColumn(&out, key, value) {
				out.Unseen = append(slices.Clip(out.Unseen), key)
			}
			continue
		}
		encoded, err := Encode(value)
		if err != nil {
			return out, fmt.Errorf("%s %s, field %q: %w", in.Kind, in.ID, key, err)
		}
		out.Attrs[key] = encoded
	}
	if name, _ := in.Values["name"].(string); name != in.Name {
		out.MatchName = in.Name
	}
	return out, nil
}

// DigestOf is the same for two observations that show the same, in whatever order
// DigitalOcean lists a resource's tags or rules, but for lists whose order means something.
// It only says whether one resource changed, and half of the hash is enough for that.
func DigestOf(in resource.Resource) string {
	unseen := make([]any, 0, len(in.Unseen))
	for _, path := range in.Unseen {
		unseen = append(unseen, path)
	}
	kind, _ := kinds.Lookup(in.Kind)
	return resource.HashUnordered(in.Name, kind.Sequenced(in.Values), unseen)[:32]
}

// setColumn puts a value beside attrs. ok is false for one that the API does not take.
func setColumn(out *driftv1alpha1.Observation, key string, value any) (ok bool) {
	if key == "tags" {
		tags, isList := value.([]any)
		if !isList {
			return value == nil
		}
		texts := make([]string, 0, len(tags))
		for _, tag := range tags {
			texts = append(texts, fmt.Sprint(tag))
		}
		if len(texts) > mostTags || slices.ContainsFunc(texts, func(tag string) bool { return utf8.RuneCountInString(tag) > longestColumn }) {
			return false
		}
		out.Tags = texts
		return true
	}
	if value == nil {
		return true
	}
	most := longestColumn
	if key == "name" {
		most = longestName
	}
	text := fmt.Sprint(value)
	if utf8.RuneCountInString(text) > most {
		return false
	}
	*column(out, key) = &text
	return true
}

// column is where an observation holds a field beside attrs, of those that are texts.
func column(of *driftv1alpha1.Observation, key string) **string {
	switch key {
	case "name":
		return &of.Name
	case "region":
		return &of.Region
	case "size_slug":
		return &of.SizeSlug
	default:
		return &of.Status
	}
}

// ResourceOf is the way back. What is observed must not change while it is in use. A field
// of the kind that was never recorded is unseen; the columns always were.
func ResourceOf(in *driftv1alpha1.CloudResource) resource.Resource {
	observed := &in.Observed
	out := resource.Resource{
		Ref:        resource.Ref{Kind: in.Spec.Kind, ID: in.Spec.ID},
		Name:       LiveName(in),
		Values:     ValuesOf(observed),
		Unseen:     observed.Unseen,
		ObservedAt: observed.ObservedAt.Time,
	}
	kind, _ := kinds.Lookup(in.Spec.Kind)
	for _, name := range kind.TopNames() {
		if _, recorded := observed.Attrs[name]; !recorded && !columns.Has(name) && !slices.Contains(observed.Unseen, name) {
			out.Unseen = append(slices.Clip(out.Unseen), name)
		}
	}
	return out
}

// ValuesOf are the values of an observation, those beside attrs and those in it.
func ValuesOf(observed *driftv1alpha1.Observation) map[string]any {
	values := make(map[string]any, len(columns)+len(observed.Attrs))
	for key := range columns {
		if key == "tags" {
			if observed.Tags != nil {
				tags := make([]any, 0, len(observed.Tags))
				for _, tag := range observed.Tags {
					tags = append(tags, tag)
				}
				values[key] = tags
			}
		} else if text := *column(observed, key); text != nil {
			values[key] = *text
		}
	}
	for key, raw := range observed.Attrs {
		values[key] = nil
		if len(raw.Raw) > 0 {
			values[key] = resource.Raw(raw.Raw)
		}
	}
	return values
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

// AcceptanceOf is what is remembered of an accepted value, as planning sees it.
func AcceptanceOf(path string, accepted *driftv1alpha1.Acceptance) (drift.Acceptance, error) {
	from, err := Decode(accepted.From)
	if err != nil {
		return drift.Acceptance{}, fmt.Errorf("field %q, accepted from: %w", path, err)
	}
	to, err := Decode(accepted.To)
	if err != nil {
		return drift.Acceptance{}, fmt.Errorf("field %q, accepted to: %w", path, err)
	}
	return drift.Acceptance{Path: path, From: from, To: to}, nil
}

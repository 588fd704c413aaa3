package drift

import "github.com/arcadiacloud/clouddrift/internal/resource"

// Matches says whether a resource has the values that where asks for, by each field's
// own comparison. known is false where one of them could not be observed, and the
// others are equal.
func Matches(s Schema, where map[string]any, observed resource.Resource) (equal, known bool) {
	result := Differences(s, where, observed, nil)
	if len(result.Differences) > 0 || len(result.Unknown) > 0 {
		return false, true
	}
	return len(result.Unseen) == 0, len(result.Unseen) == 0
}

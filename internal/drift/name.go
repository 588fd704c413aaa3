package drift

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strconv"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// ErrGone is why a drift of Existence can't be accepted.
var ErrGone = errors.New("the resource is gone, and there is no value to accept: remove the CloudProvisioned")

// FieldPath reads a drift's field. For Existence, which is no path, it fails with
// ErrGone.
func FieldPath(field string) (resource.Path, error) {
	if field == Existence {
		return nil, ErrGone
	}
	return resource.ParsePath(field)
}

// Subject names the resource whose drifts are planned.
type Subject struct {
	// Account is the CloudAccount's name.
	Account string
	resource.Ref
}

const (
	maxName   = 63
	hashChars = 10
	kindChars = 14
	idChars   = 12
)

// Name is the name of the nth drift of a field of a resource, as in
// droplet-3164444-size-slug-7f3k2m9x1c-1.
//
// It is the unique index on (resource, field, episode): the API server refuses a
// second create of it. So it is made of nothing else: two CloudProvisioned that
// declare one resource, or a droplet that was renamed in between, come to the same
// name. The readable part is for people, the hash makes it unique.
func (s Subject) Name(field string, episode int64) string {
	sum := sha256.Sum256(resource.Canonical([]any{s.Account, s.Kind, s.ID, field}))
	hash := strings.ToLower(base32.HexEncoding.EncodeToString(sum[:]))[:hashChars]
	tail := "-" + hash + "-" + strconv.FormatInt(episode, 10)
	head := joinSlugs(slug(s.Kind, kindChars), slug(s.ID, idChars))
	field = slug(field, maxName-len(head)-len("-")-len(tail))
	return strings.TrimLeft(joinSlugs(head, field)+tail, "-")
}

func joinSlugs(first, second string) string {
	return strings.Trim(first+"-"+second, "-")
}

// slug keeps the letters and digits that a DNS label may have, at most limit of
// them, and a dash for whatever was between.
func slug(text string, limit int) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(text) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			dash = b.Len() > 0
			continue
		}
		if dash {
			b.WriteByte('-')
			dash = false
		}
		b.WriteRune(r)
		if b.Len() >= limit {
			break
		}
	}
	return strings.TrimRight(b.String()[:min(b.Len(), limit)], "-")
}

// Observation identifies what was seen of a field: a hash of the three. An
// approval names it, so that nobody accepts a value that they did not see.
func Observation(field string, expected, actual any) string {
	return resource.Hash(field, expected, actual)
}

// maxValue is the most that a drift records of a value: objects in Kubernetes are
// limited, and a drift holds two values.
const maxValue = 16 << 10

// summaryChars is how much of a value that was too large is still shown.
const summaryChars = 256

// ErrCapped is why the record of a large value can't be accepted as it stands.
var ErrCapped = errors.New("only a hash of the value was recorded: take the value from the observation")

// Cap returns the value, or a hash and a summary of it where its JSON is over
// 16 KiB.
func Cap(value any) any {
	encoded := resource.Canonical(value)
	if len(encoded) <= maxValue {
		return value
	}
	return map[string]any{
		"sha256":  resource.Hash(value),
		"size":    len(encoded),
		"summary": resource.Short(value, summaryChars),
	}
}

// IsCapped recognises what Cap made. No field of DigitalOcean's has this shape.
func IsCapped(value any) bool {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 3 {
		return false
	}
	hash, _ := object["sha256"].(string)
	_, sized := resource.Decimal(object["size"])
	_, summarised := object["summary"].(string)
	return len(hash) == 2*sha256.Size && sized && summarised
}

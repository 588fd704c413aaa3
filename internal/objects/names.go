package objects

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// slugLimit bounds the readable part of a name; the hash keeps it unique.
const slugLimit = 40

// CloudResourceName is the name of the CloudResource for a live resource: readable,
// and always the same.
func CloudResourceName(account string, ref resource.Ref) string {
	sum := sha256.Sum256([]byte(resource.Hash(account, ref.Kind, CanonicalID(ref))))
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:10]
	parts := []string{account, strings.ToLower(ref.Kind)}
	if slug := slugOf(CanonicalID(ref)); slug != "" {
		parts = append(parts, slug)
	}
	return strings.Join(append(parts, hash), "-")
}

func slugOf(id string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(id) {
		switch {
		case b.Len() >= slugLimit:
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// CanonicalID is the one spelling that an id is compared and indexed in.
func CanonicalID(ref resource.Ref) string {
	kind, ok := kinds.Lookup(ref.Kind)
	if ok && kind.SameID("a", "A") {
		return strings.ToLower(ref.ID)
	}
	return ref.ID
}

// CanonicalRef is the ref by which a resource is known, however its id is spelled.
func CanonicalRef(ref resource.Ref) resource.Ref {
	ref.ID = CanonicalID(ref)
	return ref
}

// RefOf is the resource of p's kind with this id.
func RefOf(p *driftv1alpha1.CloudProvisioned, id string) resource.Ref {
	return resource.Ref{Kind: p.Spec.Resource.Kind, ID: id}
}

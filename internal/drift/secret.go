package drift

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Digest stands for a secret wherever it is recorded. It is the same for the same value, so
// that a change shows; who guesses the value can tell that the guess is right. A number and
// its text are one value, as everywhere.
func Digest(value any) string {
	if text, isScalar := scalarText(value); isScalar {
		value = text
	}
	return "sha256:" + resource.Hash(value)
}

// secret compares a declared secret with the digest that is observed of the live one. What it
// shows of either is a digest.
type secret struct{}

// Compare implements Comparison. No secret that is seen is not that there is none.
func (secret) Compare(desired any, live Live) Outcome {
	want := digested(desired)
	switch {
	case whole.key(want) == whole.key(live.Value):
		return Outcome{}
	case live.Value == nil:
		return undecided
	}
	return different(want, live.Value)
}

func digested(value any) any {
	if whole.key(value) == nothing {
		return nil
	}
	return Digest(value)
}

var errSecret = fmt.Errorf("%w: only a digest of a secret is known; set the new one in the declaration", ErrNotAdoptable)

// errSecretElements is why a list with secrets can't be written but as a whole.
var errSecretElements = errors.New("only digests of the secrets in this list are known, and writing it would put them in the secrets' place")

// Adopt implements Comparison.
func (secret) Adopt(any, any, resource.Path) (any, error) { return nil, errSecret }

// Restore implements Comparison.
func (secret) Restore(desired any, _ Live, _ resource.Path) (any, error) { return desired, nil }

// sealed is a declared value with a digest in the place of every secret that these members
// have within its objects, and within its lists' objects.
func (m Members) sealed(value any) any { return m.withSecrets(value, digested) }

// unsealed is a value without the secrets.
func (m Members) unsealed(value any) any {
	return m.withSecrets(value, func(any) any { return nil })
}

// withSecrets is a value with what replaced makes of each secret in its place, and without
// those of which it makes nil.
func (m Members) withSecrets(value any, replaced func(secret any) any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for name, inner := range value {
			member, _ := m.Of(name)
			if !member.Sensitive {
				out[name] = member.Members.withSecrets(inner, replaced)
			} else if secret := replaced(inner); secret != nil {
				out[name] = secret
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(value))
		for _, element := range value {
			out = append(out, m.withSecrets(element, replaced))
		}
		return out
	}
	return value
}

// haveSecrets says whether any of the members is one.
func (m Members) haveSecrets() bool {
	for _, member := range m {
		if member.Sensitive || member.Members.haveSecrets() {
			return true
		}
	}
	return false
}

// DeclaredSecrets are the paths of the secrets that a desired state holds, in the clear as
// somebody wrote them. [*] stands for each element of a list.
func (s Schema) DeclaredSecrets(desired map[string]any) []string {
	members := Members{}
	for i := range s.Fields {
		field := &s.Fields[i]
		members.add(strings.Split(field.Path, "."), Member{Members: field.Names(), Sensitive: field.Sensitive})
	}
	found := map[string]bool{}
	members.eachSecret("", desired, func(at string) { found[at] = true })
	return slices.Sorted(maps.Keys(found))
}

// eachSecret calls is with the path of each secret that is within a value.
func (m Members) eachSecret(at string, value any, is func(at string)) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			member, known := m.Of(name)
			path := strings.TrimPrefix(at+"."+string(resource.Segment(name)), ".")
			switch {
			case !known:
			case !member.Sensitive:
				member.Members.eachSecret(path, inner, is)
			case digested(inner) != nil:
				is(path)
			}
		}
	case []any:
		for _, element := range value {
			m.eachSecret(at+"[*]", element, is)
		}
	}
}

// Place implements Comparison.
func (secret) Place(_, value any, at resource.Path) any { return withValue(nil, at, value) }

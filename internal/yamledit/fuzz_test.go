package yamledit_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/yamledit"
)

// Whatever somebody writes, it says what it should afterwards, or is left alone.
func FuzzRewrite(f *testing.F) {
	for i, text := range []string{byHand, "a: [1, {b: c}] # d\n", "- 1\n- a: |\n   x\n", "? a\n: b\n", "a: &x {b: *x}\n", "a: !!str 1\nb: >\n x\n\n y\n", "{\"a\": \"b\\n\"}", "a:\t1\n", "\ufeffa: é\n"} {
		f.Add(text, uint64(i))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		have, err := yamledit.Decode([]byte(text))
		if err != nil {
			return
		}
		want := mutate(rand.New(rand.NewPCG(seed, 1)), have)
		out, err := yamledit.Rewrite([]byte(text), want, int(seed%4))
		if errors.Is(err, yamledit.ErrByHand) || err != nil && out == nil {
			return
		}
		now, err := yamledit.Decode(out)
		if err != nil || resource.Hash(now) != resource.Hash(want) {
			t.Fatalf("%v: it says %v and not %v:\n%s", err, now, want, out)
		}
	})
}

package digitalocean

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// nested is a value that lies within so many lists.
func nested(levels int) []byte {
	return []byte(strings.Repeat("[", levels) + strings.Repeat("]", levels))
}

// An answer may be so deep and no deeper, and one that is ten thousand times deeper is refused
// as fast.
func TestAnAnswerHasADepth(t *testing.T) {
	for levels, want := range map[int]error{0: errCutShort, 1: nil, deepest: nil, deepest + 1: errTooDeep, 100 * deepest: errTooDeep} {
		if err := checkJSON(nested(levels)); !errors.Is(err, want) {
			t.Errorf("%d levels: %v, want %v", levels, err, want)
		}
	}
	started := time.Now()
	if err := checkJSON([]byte(strings.Repeat(`{"a":`, 1<<20))); !errors.Is(err, errTooDeep) {
		t.Errorf("a million levels, and no end: %v", err)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if err := checkJSON([]byte(`"` + strings.Repeat("[", 10*deepest) + `"`)); err != nil {
		t.Errorf("brackets in a text: %v", err)
	}
}

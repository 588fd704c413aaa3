package kinds

import (
	"encoding/json"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// Asking has to tell the comparisons apart, or the page would describe one as
// another.
func TestWordsTellComparisonsApart(t *testing.T) {
	for _, c := range []struct {
		compare drift.Comparison
		want    string
	}{
		{nil, "as text"},
		{drift.Loose, "as text"},
		{drift.FoldCase, "without case"},
		{drift.Number, "as a number"},
		{drift.Text, "as prose"},
		{drift.Addresses, "as an address"},
		{drift.Time, "as a time"},
		{drift.Alias("slug"), "without case; by its `slug`"},
		{drift.Subset(drift.Fold), "without case; at least; empty: not compared"},
		{drift.Subset(drift.Decimal), "as a number; at least; empty: not compared"},
		{drift.Unset(drift.FoldCase), "without case; empty: not compared"},
		{drift.Unset(drift.Default(json.Number("0"), drift.Number)), "as a number; empty or `0`: not compared"},
		{drift.Default(false, drift.Loose), "as text; unset is `false`"},
	} {
		if got := (&Field{Compare: c.compare}).ComparedInWords(); got != c.want {
			t.Errorf("%#v: %q, want %q", c.compare, got, c.want)
		}
	}
}

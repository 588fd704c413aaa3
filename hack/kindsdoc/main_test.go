package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

func TestPageIsCurrent(t *testing.T) {
	want := render()
	have, err := os.ReadFile("../../docs/kinds.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		t.Errorf("docs/kinds.md is not what internal/kinds says; run 'make generate' (-want +have):\n%s", diff)
	}
}

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
		if got := compared(&kinds.Field{Compare: c.compare}); got != c.want {
			t.Errorf("%#v: %q, want %q", c.compare, got, c.want)
		}
	}
}

package kinds

import (
	"regexp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// What is tagged is not compared: it is declared on what carries the tag.
var _ = register(Kind{
	ID: IDShape{
		Pattern: regexp.MustCompile(`^[A-Za-z0-9:_-]{1,255}$`),
		Example: "env:production",
		NoCase:  true, // the first spelling is the one that is shown
	},
	Name: drift.Fold,
	Schema: drift.Schema{Kind: "Tag", Fields: []drift.Field{
		{Path: "name", Compare: drift.FoldCase, Change: drift.ByReplacement},
	}},
})

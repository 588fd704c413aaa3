package kinds

import (
	"cmp"
	"slices"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// Terraform is how Terraform's provider has a kind. An attribute is the field whose path it
// is, or one of whose other names; a block of which there is one at most is the object that
// its fields lie in.
type Terraform struct {
	// Types are the types of its resources.
	Types []string
	// Within are blocks of other resources that are resources of this kind too: a cluster's
	// first pool. Such a block has an id of its own, within that of the resource.
	Within []TerraformBlock
	// ID are the attributes that make its ID, joined by a slash; nil: id.
	ID []string
	// Blocks are the blocks that have another name here.
	Blocks map[string]string
	// Others are attributes that no declaration needs: what the provider works out, and what
	// it keeps for itself. One that ends in * stands for all that begin so; one within a
	// block has the block's name and a dot in front.
	Others []string
}

// TerraformBlock is a block of a resource.
type TerraformBlock struct{ Type, Block string }

// noAttribute is for fields that nobody sets by the provider.
const noAttribute = "-"

// TerraformField is how Terraform's provider has a field, where its attribute has not the
// same name or value as the field.
type TerraformField struct {
	// Attribute is the attribute, or the block, that sets it; empty: the end of its path.
	Attribute string
	// Number says that a text stands for a number.
	Number bool
	// Unless is an attribute beside it, from which the provider works it out.
	Unless string
	// Computed says that it is only ever read, so that no configuration sets it.
	Computed bool
}

// ByTerraformType finds the kind of a Terraform resource.
func ByTerraformType(resourceType string) (Kind, bool) {
	i := slices.IndexFunc(all, func(k Kind) bool { return slices.Contains(k.Terraform.Types, resourceType) })
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

// InTerraformBlocks are the kinds of the blocks of a Terraform resource that are resources by
// themselves, by the block's name.
func InTerraformBlocks(resourceType string) map[string]Kind {
	out := map[string]Kind{}
	for _, kind := range all {
		for _, within := range kind.Terraform.Within {
			if within.Type == resourceType {
				out[within.Block] = kind
			}
		}
	}
	return out
}

// Needless says whether a declaration has nothing to say of an attribute, whose blocks' names
// stand before its own with dots between.
func (t Terraform) Needless(attribute string) bool {
	return slices.ContainsFunc(t.Others, func(other string) bool {
		prefix, isPrefix := strings.CutSuffix(other, "*")
		return other == attribute || isPrefix && strings.HasPrefix(attribute, prefix)
	})
}

// TerraformAttribute is what sets a field by Terraform's provider: the blocks that it lies in,
// and the attribute's name, or that of the blocks that are a list's objects. ok is false where
// nothing does.
func (k Kind) TerraformAttribute(f Field) (blocks []string, name string, ok bool) {
	names := strings.Split(f.Path, ".")
	blocks, name = names[:len(names)-1], cmp.Or(f.Terraform.Attribute, names[len(names)-1])
	for block, object := range k.Terraform.Blocks {
		if len(blocks) > 0 && blocks[0] == object {
			blocks[0] = block
		}
	}
	return blocks, name, name != noAttribute && !f.Terraform.Computed && f.Change != drift.Never
}

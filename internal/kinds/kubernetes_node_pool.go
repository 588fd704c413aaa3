package kinds

import (
	"math"
	"regexp"
	"strconv"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// The nodes are not compared: they are droplets, and come and go.
var kubernetesNodePool = Kind{
	Name: "KubernetesNodePool", One: "node pool", Many: "node pools", Scope: "kubernetes:read",
	About:  "An id is the cluster's and the pool's. A reference by name takes the pool's name; where pools of several clusters have it, declare them by id.",
	Parent: "KubernetesCluster",
	Listing: Listing{
		Path: "v2/kubernetes/clusters", Key: "kubernetes_clusters", Within: "node_pools",
		ItemPath: "v2/kubernetes/clusters/%s/node_pools/%s", ItemKey: "node_pool",
	},
	ID: IDShape{
		Pattern: regexp.MustCompile(`^` + uuidText + `/` + uuidText + `$`),
		Example: "bd5f5959-5e1e-4205-a714-a914373942af/cdda885e-7663-40c8-bc74-3a036c66545d",
		NoCase:  true,
	},
	Terraform: Terraform{
		Types:  []string{"digitalocean_kubernetes_node_pool"},
		ID:     []string{"cluster_id", "id"},
		Within: []TerraformBlock{{Type: "digitalocean_kubernetes_cluster", Block: "node_pool"}},
		Others: []string{"cluster_id", "nodes", "actual_node_count", "gpu_partition_mode"},
	},
	Unreadable: map[string]string{
		"nodes": "are droplets, which come and go without anybody's doing",
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.InPlace},
		{Path: "size", Compare: drift.FoldCase, Change: drift.ByReplacement},
		{Path: "count", Terraform: TerraformField{Attribute: "node_count"}, Compare: drift.Unset(drift.With(poolCount)), Change: drift.InPlace, Others: []string{"node_count"}, Follows: "auto_scale",
			Words: "as a number; with `auto_scale`, every count between `min_nodes` and `max_nodes` is equal"},
		{Path: "auto_scale", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "min_nodes", Optional: true, Compare: limit{count}, Change: drift.InPlace, Words: poolLimitWords},
		{Path: "max_nodes", Optional: true, Compare: limit{count}, Change: drift.InPlace, Words: poolLimitWords},
		{Path: "tags", Compare: ownTags, Words: ownTagWords, Holds: drift.Texts, Change: drift.InPlace},
		{Path: "labels", Optional: true, Compare: drift.Loose, Holds: drift.OneObject, Change: drift.InPlace, Members: drift.Members{drift.AnyName: {Holds: drift.OneText}}},
		{Path: "taints", Terraform: TerraformField{Attribute: "taint"}, Optional: true, Key: taintKey, Change: drift.InPlace, Others: []string{"taint"},
			Words: "taint by taint, by `key` and `effect`",
			Elements: []Field{
				{Path: "key", Compare: drift.Loose},
				{Path: "value", Compare: drift.Loose},
				{Path: "effect", Compare: drift.FoldCase},
			}},
	},
}

// poolCount is the autoscaler's to choose within the pool's bounds.
func poolCount(live resource.Resource) drift.Comparison {
	if on, _ := live.Lookup(resource.Path{"auto_scale"}); on != true {
		return drift.Number
	}
	bound := func(name resource.Segment, otherwise float64) float64 {
		value, _ := live.Lookup(resource.Path{name})
		number, err := strconv.ParseFloat(text(value), 64)
		if err != nil {
			return otherwise
		}
		return number
	}
	return drift.Between(bound("min_nodes", 0), bound("max_nodes", math.MaxInt32))
}

const poolLimitWords = "as a number; where `auto_scale` is declared, and the pool is not scaled, an answer shows 0 whatever was set, and nothing is compared"

// limit is that of an autoscaler. Of a pool that is not scaled DigitalOcean shows 0: where
// auto_scale is declared, that alone says whether it is as it should be.
type limit struct{ drift.Comparison }

// Compare implements drift.Comparison.
func (l limit) Compare(desired any, live drift.Live) drift.Outcome {
	scaled, _ := live.Of.Lookup(resource.Path{"auto_scale"})
	_, says := live.Declared["auto_scale"]
	if scaled == false && says && l.Comparison.Compare(nil, live).Equal() {
		return drift.Outcome{}
	}
	return l.Comparison.Compare(desired, live)
}

func taintKey(taint any) string {
	object, _ := taint.(map[string]any)
	return short(text(object["key"]) + "/" + drift.Fold(text(object["effect"])))
}

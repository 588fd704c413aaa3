// Package metrics is what the operator tells Prometheus: what this process does (syncs,
// sweeps, requests), counted by whoever does it, and what the cluster holds, counted from
// the cache at each scrape. docs/metrics.md describes all of them.
//
// It promises that a series ends with what it counts, that no label is an id or a name of a
// resource, and that a scrape neither asks DigitalOcean for anything nor fails because the
// cache is not filled yet. It never decides anything, and knows nothing of who counts.
package metrics

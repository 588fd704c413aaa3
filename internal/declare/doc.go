// Package declare makes CloudProvisioned of resources: of what the inventory shows, and of
// what another tool's state says. What one would declare of each kind, and what tells a
// resource from its namesakes, is in the kinds' tables. Everything in it is a pure function:
// the same resources make the same declarations, in the same order, byte by byte.
package declare

// Package detection compares what is declared with the inventory, and keeps a CloudDrift for
// each field that differs: it finds the input of a plan, carries the plan out, and says in
// the declaration's status what was found. A sweep does so for everything that an account
// declares, and the retention lets old drifts go.
//
// It promises that it may run any number of times, at once and with a stale cache, and that
// a field then has one open drift at most and no drift is lost: every write is guarded by the
// resourceVersion that was read, or by a name that only one create can take. It never changes
// what is declared, never resolves a drift in anybody's name, and asks DigitalOcean for
// nothing: a field that no sync has looked for is asked for by a pending request.
package detection

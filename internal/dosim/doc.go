// Package dosim is a simulated DigitalOcean: a stateful http.Handler that
// speaks DigitalOcean's API v2 closely enough that clients which know nothing
// of it (godo, doctl, the Terraform provider) work unchanged.
//
// Everything is kept in memory and guarded by one lock. Nothing runs in the
// background: an action that takes a while is finished by the first request
// that arrives after its time, so a test that moves the clock sees exactly
// what it expects.
//
// Adding a DigitalOcean kind means one file with its routes, and one entry in
// kinds.go.
package dosim

// Package binding finds out which resource a declaration means: by id, or by name and
// where, and which of several declarations of one resource decides. It looks things up in
// the cache, or in one consistent snapshot of it.
//
// It promises that a name is bound to a resource only when that resource is the only one to
// have it, as far as a complete and recorded listing shows, and that what is bound stays
// bound while nobody can tell. It never writes anything, asks neither the API server nor
// DigitalOcean, and changes nothing of what it is shown.
package binding

// Package objects is what every part of the operator knows of its own API objects: their
// names, the indexes that they are found by, their values as JSON and as Go values, the
// conditions and events that they bear, what the cache keeps of them, and when an account
// is due.
//
// It promises that one thing is called, found, encoded and said in one way. It never
// decides what is written: it holds no state of an account, asks DigitalOcean for nothing
// and, but for the two helpers that sort the errors of writes, knows nothing of who writes.
package objects

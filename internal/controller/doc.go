// Package controller holds the reconcilers. They are thin: what differs is
// decided in internal/drift, what DigitalOcean shows comes from a Cloud, and here
// is when to look, what to write, and in which order, so that an interruption at
// any point loses nothing and repeats nothing.
package controller

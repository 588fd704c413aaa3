// Package controller holds the three reconcilers and the wiring. An account's reconciler
// syncs and sweeps when each is due, and makes the account's status of what both found; a
// declaration's runs the detection; a drift's resolves it. Here is when to look, and who is
// told of what; what to do is in the packages that Setup wires.
//
// It promises that what is due is done, again after an interruption, and that no namespace
// waits for another's work. It never decides what differs, what is gone or what may be
// accepted, and is imported by nobody but the program and tests.
package controller

// Package cli is the kubectl plugin `kubectl drift`. Each command is a file, and an entry in
// commands.
//
// It promises that nothing which comes from DigitalOcean reaches a terminal unescaped, that
// an approval carries the observation that a person was shown, and that in a pipe there is
// neither colour nor a question. It decides nothing that the operator decides: what differs,
// what an accept writes and what is known of a kind come from the packages drift and kinds.
package cli

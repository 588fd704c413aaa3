// Package yamledit changes values in YAML that people write: what is not changed stays as it
// is, byte by byte, comments, order, blank lines and quotes included. It also writes values
// as one would by hand. No library does the first: those that keep comments lay out the whole
// file anew. So a parser tells where each value stands, and the text is cut there.
//
// Whatever it returns was read again and says what was asked for. Everything in it is a pure
// function.
package yamledit

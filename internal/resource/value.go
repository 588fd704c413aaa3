package resource

// Canonical is the one encoding of a JSON value: keys sorted, numbers by their
// value (8, 8.0 and 8e0 are one), nothing else changed.
func Canonical(value any) []byte { return nil }

// Hash is the hexadecimal SHA-256 of the values' canonical encoding.
func Hash(values ...any) string { return "" }

// Short renders a value for a column or a message.
func Short(value any, limit int) string { return "" }

// Lookup finds an observed value: at the top level first, then among the
// attributes. seen is false where the answer that the observation was made from
// did not hold the path or a parent of it.
func (r Resource) Lookup(p Path) (value any, seen bool) { return nil, false }

// Presence says whether the resource is there. It is Absent only when the
// listing is complete.
func (l Listing) Presence(id string) Presence { return Unknown }
